//! The report of an installation, for people.

use attune_host::generation::{PackChange, PackDifference};
use attune_registry::human_bytes;
use attune_terminal::{Table, success};

use crate::cli::lifecycle::{migrations_text, packs_counted};
use crate::cli::shown::list::{contents_text, registry_text, tests_text};
use crate::operations::{InstallReport, LeftOut, LeftOutKind, Outcome, PackReport, PlannedChange};
use crate::plan::{HeldBack, KeptNewer};
use crate::trust::FreshnessReport;

/// The report for people.
pub(super) fn render(report: &InstallReport, has_stages: bool) -> String {
    if report.outcome == Outcome::Unchanged {
        return format!(
            "nothing to do: everything is installed in {} (generation {})\n{}{}{}{}",
            report.root.display(),
            report.generation,
            kept_originals_text(report),
            kept_newer_text(report),
            unlisted_text(report),
            freshness_text(&report.freshness),
        );
    }
    if let (Outcome::Planned, Some(planned)) = (report.outcome, &report.planned) {
        return plan_text(report, planned);
    }
    let mut text = changes_text(report);
    let count = changed(report).count();
    let root = report.root.display();
    let done = match (count, report.removed.len()) {
        (0, 0) => format!("{} which packs were asked for in {root}", success("recorded")),
        (0, gone) => format!("{} from {root}", success(&format!("removed {}", packs_counted(gone)))),
        (count, gone) => {
            let removed =
                if gone == 0 { String::new() } else { format!(" and removed {}", packs_counted(gone)) };
            let done = success(&format!("installed {}{removed}", packs_counted(count)));
            format!("{done} from {} into {root}", registries_text(report))
        }
    };
    let read = human_bytes(report.read_bytes);
    text = format!("{text}\n{done} as generation {}, {read} read\n", report.generation);
    text += &kept_originals_text(report);
    if has_stages { text + &stages_text(report) } else { text }
}

/// The originals that are kept beside.
fn kept_originals_text(report: &InstallReport) -> String {
    let kept = report.kept_originals.as_ref();
    kept.map_or_else(String::new, |kept| match kept.releases {
        1 => format!("kept the originals of 1 release, {}\n", human_bytes(kept.bytes)),
        number => format!("kept the originals of {number} releases, {}\n", human_bytes(kept.bytes)),
    })
}

/// The packs that change, and what is told of the others.
fn changes_text(report: &InstallReport) -> String {
    let is_empty = changed(report).next().is_none() && report.removed.is_empty();
    let mut text = if is_empty { String::new() } else { packs_table(report).to_string() };
    text += &kept_newer_text(report);
    text += &unlisted_text(report);
    text += &migrations_text(&report.migrations);
    text += &left_out_lines(report);
    text + &freshness_text(&report.freshness)
}

/// The packs that are installed.
fn changed(report: &InstallReport) -> impl Iterator<Item = &PackReport> {
    report.packs.iter().filter(|pack| pack.change != PackChange::Unchanged)
}

/// The packs that change.
fn packs_table(report: &InstallReport) -> Table {
    let mut table = Table::new(&["PACK", "VERSION", "STATUS", "PACKAGES", "TESTS", "CONTENTS"]);
    for pack in changed(report) {
        let change = match (pack.change, &pack.replaces) {
            (PackChange::Upgraded, Some(old)) => format!("up from {old}"),
            (PackChange::Downgraded, Some(old)) => format!("down from {old}"),
            (PackChange::Reinstalled, _) => "again".to_owned(),
            _ if pack.requested => "new".to_owned(),
            _ => "new dependency".to_owned(),
        };
        let tests = report.tests.iter().find(|result| result.pack == pack.pack);
        table.push(vec![
            pack.pack.to_string(),
            pack.version.to_string(),
            change,
            if pack.packages == 0 { "-".to_owned() } else { pack.packages.to_string() },
            tests.map_or("-".to_owned(), |result| tests_text(&result.summary)),
            contents_text(&pack.contents),
        ]);
    }
    for PackDifference { pack, from, .. } in &report.removed {
        let version = from.as_ref().map(ToString::to_string).unwrap_or_default();
        let none = || "-".to_owned();
        table.push(vec![pack.to_string(), version, "removed".to_owned(), none(), none(), none()]);
    }
    table
}

/// The plan of an installation that was only looked at.
fn plan_text(report: &InstallReport, planned: &PlannedChange) -> String {
    let text = changes_text(report);
    let tested = match planned.tested.len() {
        0 => "no tests".to_owned(),
        1 => "the tests of 1 pack".to_owned(),
        number => format!("the tests of {number} packs"),
    };
    let root = report.root.display();
    let gone = packs_counted(report.removed.len());
    let removing = if report.removed.is_empty() { String::new() } else { format!(" and remove {gone}") };
    let count = match changed(report).count() {
        0 if report.removed.is_empty() => {
            return text + &format!("\nwould record which packs were asked for in {root}\n");
        }
        0 => return text + &format!("\nwould remove {gone} from {root}\n"),
        count => packs_counted(count),
    };
    let environments = match planned.environments {
        1 => "1 environment".to_owned(),
        number => format!("{number} environments"),
    };
    text + &format!(
        "\nwould install {count}{removing} from {} into {root}: {} to read, {} on disk, {environments} to build, \
         {tested} to run\n",
        registries_text(report),
        human_bytes(planned.fetch_bytes),
        human_bytes(planned.disk_bytes),
    )
}

/// The registries that the installed packs came from, that of the first pack asked for first.
fn registries_text(report: &InstallReport) -> String {
    let mut registries = vec![report.registry.as_str()];
    for pack in changed(report) {
        if !registries.contains(&pack.registry.as_str()) {
            registries.push(&pack.registry);
        }
    }
    registries.into_iter().map(registry_text).collect::<Vec<_>>().join(", ")
}

/// A line on how long each stage took.
fn stages_text(report: &InstallReport) -> String {
    let stage = report.stages.iter().map(|stage| format!("{} {:.0} ms", stage.stage, stage.duration_ms));
    stage.collect::<Vec<_>>().join(", ") + "\n"
}

/// A line on each pack of which something newer is installed than what was offered.
fn kept_newer_text(report: &InstallReport) -> String {
    let line = |KeptNewer { pack, installed, offered, offered_by }: &KeptNewer| {
        format!(
            "{pack} {installed} is newer than {offered} in the {offered_by} and was kept; name `{pack}@{offered}` to \
             go back\n"
        )
    };
    let held = |HeldBack { pack, installed, offered, pinned }: &HeldBack| match pinned {
        Some(range) => format!("{pack} {installed} is pinned to {range}, and {offered} was offered\n"),
        None => format!("{pack} {installed} is held, and {offered} was offered\n"),
    };
    report.kept_newer.iter().map(line).chain(report.held_back.iter().map(held)).collect()
}

/// A line on the packs that the set does not have and that stay.
fn unlisted_text(report: &InstallReport) -> String {
    let Some(set) = report.set.as_ref().filter(|set| !set.unlisted.is_empty()) else { return String::new() };
    let packs = set.unlisted.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let stay = if set.unlisted.len() == 1 { "stays" } else { "stay" };
    format!("{packs} {stay}: not in {}, nor needed by it; `--prune` removes such packs\n", set.file)
}

/// A line on each thing that a pack goes without.
fn left_out_lines(report: &InstallReport) -> String {
    let line = |left_out: &LeftOut| format!("left out: {}: {}\n", left_out_text(left_out), left_out.reason);
    report.left_out.iter().map(line).collect()
}

/// Something that a pack goes without, in a few words.
pub(super) fn left_out_text(left_out: &LeftOut) -> String {
    let LeftOut { pack, name, .. } = left_out;
    match left_out.kind {
        LeftOutKind::Pack => format!("pack {name}"),
        LeftOutKind::Dependency => format!("{name}, which {pack} needs"),
        LeftOutKind::Environment => format!("the environment {name} of {pack}"),
        LeftOutKind::Tests => format!("the tests of {pack}"),
    }
}

/// A line on stale metadata, and none on fresh.
pub(in crate::cli) fn freshness_text(freshness: &FreshnessReport) -> String {
    let Some(allowed_by) = &freshness.allowed_by else { return String::new() };
    let expired = freshness.expired.iter().map(|role| format!("{} expired {}", role.role, role.expired_at));
    let expired = expired.collect::<Vec<_>>().join(", ");
    format!("the registry's metadata is stale: {expired}; allowed by {allowed_by}\n")
}
