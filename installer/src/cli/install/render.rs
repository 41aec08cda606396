//! The report of an installation, for people.

use attune_host::generation::PackChange;
use attune_registry::human_bytes;
use attune_terminal::{Table, success};

use crate::cli::lifecycle::packs_counted;
use crate::cli::shown::list::{contents_text, tests_text};
use crate::operations::{InstallReport, LeftOut, LeftOutKind, Outcome, PlannedChange};
use crate::plan::{HeldBack, KeptNewer};
use crate::trust::FreshnessReport;

/// The report for people.
pub(super) fn render(report: &InstallReport, has_stages: bool) -> String {
    if report.outcome == Outcome::Unchanged {
        return format!(
            "nothing to do: everything is installed in {} (generation {})\n{}{}",
            report.root.display(),
            report.generation,
            kept_newer_text(report),
            freshness_text(&report.freshness),
        );
    }
    if let (Outcome::Planned, Some(planned)) = (report.outcome, &report.planned) {
        return plan_text(report, planned);
    }
    let mut text = packs_table(report).to_string();
    text += &kept_newer_text(report);
    text += &left_out_lines(report);
    text += &freshness_text(&report.freshness);
    let count = report.packs.iter().filter(|pack| pack.change != PackChange::Unchanged).count();
    let installed = format!("installed {}", packs_counted(count));
    let summary = format!(
        "\n{} from {} into {} as generation {}, {} read\n",
        success(&installed),
        registries_text(report),
        report.root.display(),
        report.generation,
        human_bytes(report.read_bytes),
    );
    text += &summary;
    if has_stages { text + &stages_text(report) } else { text }
}

/// The packs that change.
fn packs_table(report: &InstallReport) -> Table {
    let mut table = Table::new(&["PACK", "VERSION", "STATUS", "PACKAGES", "TESTS", "CONTENTS"]);
    let installed = report.packs.iter().filter(|pack| pack.change != PackChange::Unchanged);
    for pack in installed {
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
    table
}

/// The plan of an installation that was only looked at.
fn plan_text(report: &InstallReport, planned: &PlannedChange) -> String {
    let mut text = packs_table(report).to_string();
    text += &kept_newer_text(report);
    text += &left_out_lines(report);
    text += &freshness_text(&report.freshness);
    let tested = match planned.tested.len() {
        0 => "no tests".to_owned(),
        1 => "the tests of 1 pack".to_owned(),
        number => format!("the tests of {number} packs"),
    };
    let count = report.packs.iter().filter(|pack| pack.change != PackChange::Unchanged).count();
    let environments = match planned.environments {
        1 => "1 environment".to_owned(),
        number => format!("{number} environments"),
    };
    text + &format!(
        "\nwould install {} from {} into {}: {} to read, {} on disk, {environments} to build, {tested} to run\n",
        packs_counted(count),
        registries_text(report),
        report.root.display(),
        human_bytes(planned.fetch_bytes),
        human_bytes(planned.disk_bytes),
    )
}

/// The registries that the installed packs came from, that of the first pack asked for first.
fn registries_text(report: &InstallReport) -> String {
    let mut registries = vec![report.registry.as_str()];
    for pack in report.packs.iter().filter(|pack| pack.change != PackChange::Unchanged) {
        if !registries.contains(&pack.registry.as_str()) {
            registries.push(&pack.registry);
        }
    }
    registries.join(", ")
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
