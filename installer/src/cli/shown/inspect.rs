//! `attune-install inspect`

use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::PathBuf;

use attune_host::preferences::KnownRegistries;
use attune_host::root::HostRoot;
use attune_registry::contents::{DescribedBundle, DescribedPackage, DescribedRelease};
use attune_registry::human_bytes;
use attune_schemas::PackRequest;
use attune_terminal::{ArgValueCandidates, COVERAGE_COLUMNS, Output, Table, printable, push_coverage};
use clap::{Args, ValueHint};
use jiff::Timestamp;

use crate::cli::args::settings::{CommonArgs, variable};
use crate::cli::args::trust::JudgeArgs;
use crate::cli::failure::CommandError;
use crate::cli::install::{UsageError, freshness_text, parse_request, registry_source};
use crate::cli::shown::list::{components_counted, contents_text};
use crate::cli::shown::show::Lines;
use crate::cli::words::installed_packs;
use crate::operations::{
    InspectOptions, InspectReport, InspectTarget, InspectedKind, InspectedRelease, SourceTrust, inspect,
};
use crate::source::{PackSource, SourceLocation};

/// Show what a bundle, a registry or a pack contains.
///
/// Nothing is installed, and nothing is changed. A bundle that this host does not trust is shown as well: then its contents
/// are its own word, and it is said not to be verified. A pack is that of the registries that the host knows, else the
/// installed one.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  attune-install inspect bundle.tar.zst
  attune-install inspect bundle.tar.zst --trust root.json
  attune-install inspect weather@^1
  attune-install inspect weather --registry https://packs.example.com --json")]
pub(in crate::cli) struct InspectArgs {
    /// A bundle, an unpacked bundle or a registry's directory (`-` for a bundle on standard input), or a pack
    #[arg(value_name = "BUNDLE|PACK", value_hint = ValueHint::AnyPath)]
    #[arg(add = ArgValueCandidates::new(installed_packs))]
    what: OsString,
    /// Look for the pack in this registry alone, a URL, directory or known name
    #[arg(long, value_name = "URL|DIR|NAME")]
    registry: Option<OsString>,
    #[command(flatten)]
    judge: JudgeArgs,
    #[command(flatten)]
    common: CommonArgs,
}

impl InspectArgs {
    pub(in crate::cli) fn run(self, now: Timestamp) -> (Output, Result<(), CommandError>) {
        self.common.start_log();
        let run = || {
            let root = self.common.host_root()?;
            let options = InspectOptions { target: self.target(&root)?, trust: self.judge.settings(), now };
            let report = inspect(&root, &options, &self.common.report.reporter())?;
            self.common.write(&report, render)
        };
        (self.common.output(), run())
    }

    fn target(&self, root: &HostRoot) -> Result<InspectTarget, UsageError> {
        if let Some(location) = SourceLocation::of_bundle(&self.what)? {
            if self.registry.is_some() {
                return Err(UsageError::TwoSources);
            }
            return Ok(InspectTarget::Source(path_of(location)));
        }
        let request: PackRequest = parse_request(&self.what)?;
        let has_registry = self.registry.is_some()
            || variable("ATTUNE_REGISTRY").is_some()
            || !KnownRegistries::load(root)?.is_empty();
        let source: Option<PackSource> =
            has_registry.then(|| registry_source(&self.common.root, self.registry.clone())).transpose()?;
        Ok(InspectTarget::Pack(request, source))
    }
}

/// The path of a bundle or directory; `-` for standard input.
pub(in crate::cli) fn path_of(location: SourceLocation) -> PathBuf {
    match location {
        SourceLocation::Bundle(path) | SourceLocation::Directory(path) => path,
        SourceLocation::StandardInput => PathBuf::from("-"),
        SourceLocation::Url(url) => PathBuf::from(url),
    }
}

fn render(report: &InspectReport) -> String {
    let mut text = printable(&source_text(report)).into_owned();
    match &report.releases[..] {
        [] => text += "it holds no packs\n",
        [only] if report.bundle.is_none() => text += &release_text(only, &report.versions),
        releases => text += &releases_text(releases),
    }
    for carried in &report.runtimes {
        let size = human_bytes(carried.size);
        let _ = writeln!(
            text,
            "carries {} {} for {}, {size}",
            carried.runtime, carried.version, carried.platform
        );
    }
    if report.kind != InspectedKind::Installed {
        text += "metadata, indexes and manifests were checked; `attune-install validate` reads the other files as well\n";
    }
    text
}

/// The registry, its roots, and whether the host trusts it.
fn source_text(report: &InspectReport) -> String {
    let mut text = format!("registry {}\n", report.registry);
    if let Some(roots) = &report.roots {
        let _ = writeln!(text, "root 1: {}", roots.first_root_fingerprint);
        if roots.root_version > 1 {
            let _ = writeln!(text, "root {}: {}", roots.root_version, roots.root_fingerprint);
        }
    }
    if let Some(expires) = &report.expires_at {
        let _ = writeln!(text, "valid until {expires}");
    }
    let signers = report.roles.iter();
    let signers = signers.map(|role| format!("{} {} of {}", role.role, role.threshold, role.keys.len()));
    let signers = signers.collect::<Vec<_>>().join(", ");
    if !signers.is_empty() {
        let _ = writeln!(text, "keys that must sign: {signers}");
    }
    text += &report.trust.as_ref().map(trust_text).unwrap_or_default();
    text += &report.bundle.as_ref().map(bundle_text).unwrap_or_default();
    text + "\n"
}

fn trust_text(trust: &SourceTrust) -> String {
    match (&trust.freshness, &trust.reason) {
        (Some(freshness), _) => format!("verified: this host trusts it\n{}", freshness_text(freshness)),
        (None, reason) => {
            format!("not verified: {}; all below is its own word\n", reason.as_deref().unwrap_or_default())
        }
    }
}

fn bundle_text(bundle: &DescribedBundle) -> String {
    let requested: Vec<String> = bundle.requested.iter().map(ToString::to_string).collect();
    let platforms: Vec<String> = bundle.platforms.iter().map(ToString::to_string).collect();
    let mut text = format!("made for {} on {}", requested.join(", "), platforms.join(", "));
    if !bundle.pythons.is_empty() {
        let pythons: Vec<String> = bundle.pythons.iter().map(ToString::to_string).collect();
        let _ = write!(text, " with Python {}", pythons.join(", "));
    }
    if let (Some(size), Some(digest)) = (bundle.size, bundle.digest) {
        let _ = write!(text, "\n{digest}, {}", human_bytes(size));
    }
    text + "\n"
}

fn releases_text(releases: &[InspectedRelease]) -> String {
    let mut table = Table::new(&["PACK", "VERSION", "INSTALLED", "SIZE", "PACKAGES", "CONTENTS"]);
    let mut coverage = Table::new(COVERAGE_COLUMNS);
    for inspected in releases {
        let release = &inspected.release;
        let contents = release.components.iter().map(|(kind, refs)| (kind.clone(), refs.len() as u64));
        table.push(vec![
            release.pack.to_string(),
            release.version.to_string(),
            installed_text(inspected),
            human_bytes(release.size),
            if release.vendored == 0 { "-".to_owned() } else { release.vendored.to_string() },
            contents_text(&contents.collect()),
        ]);
        push_coverage(&mut coverage, &format!("{} {}", release.pack, release.version), &release.targets);
    }
    format!("{table}\n{coverage}\n")
}

/// `yes`; the version that is; `no`.
fn installed_text(inspected: &InspectedRelease) -> String {
    match &inspected.installed_version {
        _ if inspected.is_installed => "yes".to_owned(),
        Some(version) => version.to_string(),
        None => "no".to_owned(),
    }
}

/// One release with all its parts.
fn release_text(inspected: &InspectedRelease, versions: &[attune_schemas::Version]) -> String {
    let DescribedRelease { pack, version, dependencies, components, environments, .. } = &inspected.release;
    let release = &inspected.release;
    let mut lines = Lines::default();
    lines.add("pack", pack.as_str());
    lines.add("version", version.to_string());
    lines.add("installed", installed_text(inspected));
    lines.add("versions", versions.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "));
    lines.add("manifest", release.manifest.to_string());
    lines.add("size", format!("{}, {} packages", human_bytes(release.size), release.vendored));
    lines.add("origin", release.origin.as_ref().map(ToString::to_string).unwrap_or_default());
    lines.add_all("needs", dependencies.iter().map(|(pack, requirement)| format!("{pack} {requirement}")));
    lines.add_all(
        "components",
        components.iter().map(|(kind, refs)| {
            format!("{}: {}", components_counted(refs.len() as u64, kind), refs.join(", "))
        }),
    );
    let package = |DescribedPackage { name, version }: &DescribedPackage| format!("{name} {version}");
    lines.add_all(
        "environments",
        environments.iter().map(|(runtime, packages)| match &packages[..] {
            [] => runtime.clone(),
            packages => {
                format!("{runtime}: {}", packages.iter().map(package).collect::<Vec<_>>().join(", "))
            }
        }),
    );
    let mut coverage = Table::new(COVERAGE_COLUMNS);
    push_coverage(&mut coverage, &format!("{pack} {version}"), &release.targets);
    format!("{}\n{coverage}\n", lines.into_text())
}
