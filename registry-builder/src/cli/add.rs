//! `attune-build add`

use std::ffi::OsString;
use std::path::PathBuf;

use attune_registry::fetch::{DownloadSettings, Logins, Variables, netrc_of};
use attune_registry::human_bytes;
use attune_registry::origin::{IndexPlace, ObtainSettings};
use attune_terminal::{
    COVERAGE_COLUMNS, HeldSignals, Output, ReportArgs, Table, hold_signals, push_coverage,
};
use clap::Args;
use jiff::Timestamp;

use super::failure::CommandError;
use super::findings::{ShownFindings, show_findings};
use super::settings::{KeyArgs, SecretArgs, TargetArgs, write_report};
use super::signing::warn_of_root;
use super::sources::SourceArgs;
use crate::operations::{AddOptions, AddReport, AddedPack, NamedPack, ObtainedPacks, add, obtain_all};
use crate::vendoring::VendorSettings;
use crate::vendoring::node::NpmSettings;
use crate::vendoring::python::{Glibc, UvSettings};

/// The last lines of the help.
const HELP: &str = "\
A source is one of
  DIRECTORY                     a pack's own
  ARCHIVE[//SUB]                .tar.gz, .tar.zst, .tar.xz, .tar or .zip, by path or https URL
  REPOSITORY[//SUB][@REF|#REF]  https://HOST/PATH.git, ssh://HOST/PATH, USER@HOST:PATH, file:///PATH.git,
                                PATH.git, git+https://..., github:ORG/REPO or gitlab:GROUP/REPO
The pack is at the top, in pack/, in the one top folder that is a pack, or in SUB. Repositories are fetched by the
program git, without hooks and questions; the commit is written down in the release.

Examples:
  attune-build add ./packs-registry packs/weather https://example.com/slack-1.0.0.tar.gz
  attune-build add ./packs-registry https://example.com/slack.zip --checksum sha256:HEX
  attune-build add ./packs-registry github:example/packs//slack@v1.0.0
  attune-build add ./packs-registry git@example.com:packs/slack.git --ref main
  attune-build add ./packs-registry --from-file packs.toml
  attune-build add ./packs-registry slack@^1 --index https://example.com/index.json

Downloads use the proxies of HTTPS_PROXY, HTTP_PROXY and NO_PROXY, the certificates of SSL_CERT_FILE
or SSL_CERT_DIR, or the machine's, and the logins of .npmrc, .netrc and uv's configuration, never
those of a pack.";

/// Adds packs to a registry.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(super) struct AddArgs {
    /// The registry
    #[arg(value_name = "REGISTRY")]
    registry: PathBuf,
    #[command(flatten)]
    sources: SourceArgs,
    #[command(flatten)]
    targets: TargetArgs,
    /// Publish releases that lack some of the requested targets, instead of refusing them
    #[arg(long)]
    allow_missing: bool,
    #[command(flatten)]
    secrets: SecretArgs,
    /// The oldest glibc to support; wheels that need a newer one are skipped
    #[arg(long, value_name = "2.N", default_value_t)]
    glibc: Glibc,
    /// The package index, instead of the one in uv's configuration
    #[arg(long, value_name = "URL", env = "ATTUNE_INDEX_URL", hide_env_values = true)]
    index_url: Option<String>,
    /// A further package index; repeatable
    #[arg(long, value_name = "URL")]
    extra_index_url: Vec<String>,
    /// A directory or page with further wheels; repeatable
    #[arg(long, value_name = "DIR|URL")]
    find_links: Vec<String>,
    /// The uv to resolve with [default: from PATH, else fetched once with pip]
    #[arg(long, value_name = "PATH", env = "ATTUNE_UV")]
    uv: Option<PathBuf>,
    /// The npm that locks packs without a lock [default: from PATH]
    #[arg(long, value_name = "PATH", env = "ATTUNE_NPM")]
    npm: Option<PathBuf>,
    /// The npm registry, instead of the one in npm's configuration
    #[arg(long, value_name = "URL", env = "ATTUNE_NPM_REGISTRY", hide_env_values = true)]
    npm_registry: Option<String>,
    /// Run this npm package's install script once, here, offline and confined; its files are published with the pack;
    /// repeatable
    #[arg(long, value_name = "PACKAGE")]
    allow_scripts: Vec<String>,
    /// Use the cache only, no network
    #[arg(long)]
    offline: bool,
    /// Refuse packages without a suitable wheel, since building them runs their code
    #[arg(long)]
    no_build: bool,
    /// The directory of the download cache, which is verified on each use [default: attune-build in the user's cache]
    #[arg(long, value_name = "DIR", env = "ATTUNE_CACHE_DIR")]
    cache_dir: Option<PathBuf>,
    #[command(flatten)]
    keys: KeyArgs,
    #[command(flatten)]
    common: ReportArgs,
}

impl AddArgs {
    pub(super) fn run(self, now: Timestamp) -> (Output, Result<(), CommandError>) {
        let output = self.common.output();
        self.common.start_log();
        let reporter = self.common.reporter();
        let common = self.common.clone();
        let shown = ShownFindings::asked(&common);
        let held = hold_signals();
        let prepared = self.asked(&held).and_then(|asked| {
            let Asked { packs, indexes, settings } = asked;
            let obtained = obtain_all(&self.registry, &packs, &indexes, &settings, &reporter)?;
            release(held, &obtained);
            Ok(obtained)
        });
        let obtained = match prepared {
            Ok(obtained) => obtained,
            Err(error) => return (output, Err(error)),
        };
        let options = self.options(now);
        let result = add(&options, &obtained, &reporter).map_err(CommandError::of_add);
        let result = result.and_then(|report| {
            warn_of_root(&options.registry, now, &reporter);
            if !common.is_quiet() {
                for pack in &report.packs {
                    show_findings(pack.pack.as_str(), &pack.findings, shown);
                }
            }
            write_report(&report, &common, render)
        });
        (output, result)
    }

    /// The sources, and how they are obtained.
    fn asked(&self, held: &HeldSignals) -> Result<Asked, CommandError> {
        let (packs, indexes) = (self.sources.packs()?, self.sources.indexes()?);
        let variables = caller_variables();
        let mut downloads =
            DownloadSettings { logins: logins_of_caller(&variables), ..DownloadSettings::default() };
        downloads.headers = self.sources.headers(&packs, &indexes)?;
        let settings = ObtainSettings {
            cache_dir: self.cache_dir.clone().unwrap_or_else(default_cache_directory),
            variables,
            offline: self.offline,
            interrupt: held.interrupt(),
            downloads,
        };
        Ok(Asked { packs, indexes, settings })
    }

    fn options(self, now: Timestamp) -> AddOptions {
        let keys = self.keys.settings(Some(&self.registry));
        // uv runs elsewhere, where a relative path would lead to something else.
        let absolute = |path: PathBuf| std::path::absolute(&path).unwrap_or(path);
        let links = |link: String| match PathBuf::from(&link) {
            path if path.exists() => absolute(path).display().to_string(),
            _ => link,
        };
        let cache = self.cache_dir.unwrap_or_else(default_cache_directory);
        let mut vendor = VendorSettings::new(absolute(cache));
        vendor.search_path = search_path();
        vendor.home = variable("HOME").map(PathBuf::from);
        vendor.variables = caller_variables();
        vendor.uv = UvSettings {
            path: self.uv.map(absolute),
            index_url: self.index_url,
            extra_index_urls: self.extra_index_url,
            find_links: self.find_links.into_iter().map(links).collect(),
            no_index: false,
            offline: self.offline,
        };
        vendor.downloads.offline = self.offline;
        vendor.npm = NpmSettings {
            path: self.npm.map(absolute),
            registry: self.npm_registry,
            offline: self.offline,
            allow_scripts: self.allow_scripts.into_iter().collect(),
            variables: vendor.variables.clone(),
        };
        vendor.no_build = self.no_build;
        vendor.glibc = self.glibc;
        AddOptions {
            registry: self.registry,
            keys,
            targets: self.targets.selection(),
            allow_missing: self.allow_missing,
            include_secrets: self.secrets.include_secrets,
            vendor,
            script_advice: |name| format!("add it with --allow-scripts {name}"),
            now,
        }
    }
}

/// The packs that are asked for, and how they are obtained.
struct Asked {
    packs: Vec<NamedPack>,
    indexes: Vec<IndexPlace>,
    settings: ObtainSettings,
}

/// The logins of the caller's `.netrc`, which are those of curl and git.
fn logins_of_caller(variables: &Variables) -> Logins {
    Logins { netrc: netrc_of(variables), ..Logins::default() }
}

/// From now on a signal ends this program, and takes along what was obtained.
fn release(held: HeldSignals, obtained: &ObtainedPacks) {
    let leftovers = obtained.leftovers();
    held.release(move || {
        for path in &leftovers {
            // The next one clears what cannot be removed now.
            let _ = if path.is_dir() { fs_err::remove_dir_all(path) } else { fs_err::remove_file(path) };
        }
    });
}

/// `attune-build` in the user's cache directory.
pub(super) fn default_cache_directory() -> PathBuf {
    let cache = variable("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| Some(PathBuf::from(variable("HOME")?).join(".cache")));
    cache.unwrap_or_else(std::env::temp_dir).join("attune-build")
}

/// The directories of `PATH`; relative ones would lead elsewhere for a program that runs elsewhere.
fn search_path() -> Vec<PathBuf> {
    let path = variable("PATH").unwrap_or_default();
    std::env::split_paths(&path).filter(|directory| directory.is_absolute()).collect()
}

/// The environment that this program was called with.
#[expect(clippy::disallowed_methods, reason = "the command line is where variables are read")]
pub(super) fn caller_variables() -> Variables {
    Variables::new(std::env::vars_os())
}

#[expect(clippy::disallowed_methods, reason = "the command line is where variables are read")]
fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

fn render(report: &AddReport) -> String {
    let mut table = Table::new(&["PACK", "VERSION", "STATUS", "VENDORED", "SIZE"]);
    for pack in &report.packs {
        table.push(vec![
            pack.pack.to_string(),
            pack.version.to_string(),
            if pack.unchanged { "was there" } else { "added" }.to_owned(),
            if pack.unchanged { "-".to_owned() } else { pack.vendored.to_string() },
            human_bytes(pack.size),
        ]);
    }
    let coverage = report.packs.iter().map(coverage_of).fold(origins(report), |text, table| text + &table);
    let mut targets = Table::new(COVERAGE_COLUMNS);
    let mut has_node = false;
    for pack in &report.packs {
        // Python alone has a table of its own, which says more.
        if pack.targets.iter().any(|cell| cell.requires_nodejs.is_some()) {
            has_node = true;
            push_coverage(&mut targets, &format!("{} {}", pack.pack, pack.version), &pack.targets);
        }
    }
    if has_node { format!("{table}{coverage}\n{targets}") } else { format!("{table}{coverage}") }
}

fn origins(report: &AddReport) -> String {
    let told = report.packs.iter().filter_map(|pack| {
        let origin = pack.origin.as_ref()?;
        Some(format!("{} {} is from {origin}\n", pack.pack, pack.version))
    });
    told.collect()
}

fn coverage_of(pack: &AddedPack) -> String {
    match &pack.coverage {
        Some(coverage) => format!("\n{} {} installs on\n{}", pack.pack, pack.version, coverage.render()),
        None => String::new(),
    }
}
