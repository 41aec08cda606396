//! `attune-install register`

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use attune_registry::origin::PackSource as UnsignedSource;
use attune_terminal::{Output, Table, success};
use clap::{Args, ValueHint};
use jiff::Timestamp;

use crate::cli::failure::CommandError;
use crate::cli::install::{Asked, SourceArgs, UsageError, registry_source};
use crate::cli::lifecycle::packs_counted;
use crate::cli::logged::failure_logged;
use crate::cli::shown::list::registry_text;
use crate::operations::{RegisterOptions, RegisterReport, register};
use crate::plan::Purpose;
use crate::source::PackSource;

/// Install the packs of directories: all of them, or none.
///
/// A directory whose files are those of a release that a registry signed, as `download` leaves them, is installed as that
/// release. Any other needs --allow-unsigned: this host signs it itself, and marks it. Environments are built and tests run
/// as in any installation. With --json it writes the output of Attune's action `core.register_packs`, also where it fails.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  attune-install register packs/weather packs/net_tools
  attune-install register packs/slack --allow-unsigned --skip-tests --json")]
pub(in crate::cli) struct RegisterArgs {
    /// The packs' directories
    #[arg(value_name = "DIR", required = true, value_hint = ValueHint::DirPath)]
    directories: Vec<PathBuf>,
    #[command(flatten)]
    source: SourceArgs,
}

impl RegisterArgs {
    pub(in crate::cli) fn run(self, now: Timestamp) -> (Output, Result<(), CommandError>) {
        self.source.common.start_log();
        (self.source.common.output(), self.register(now))
    }

    fn register(&self, now: Timestamp) -> Result<(), CommandError> {
        let args = &self.source;
        let common = &args.common;
        let root = common.host_root()?;
        args.packs_base_dir.check(&root)?;
        let options = self.options(now)?;
        let change = options.install.change.clone();
        let limit = args.timeout.start(&change.interrupt);
        let registered = register(&options, &common.report.reporter());
        if !common.report.is_quiet() || change.dry_run {
            common.write(&registered.report, render)?;
        }
        let result = registered.failure.map_or(Ok(()), |failure| Err(failure.into()));
        failure_logged(&root, &change, limit.told(result))
    }

    fn options(&self, now: Timestamp) -> Result<RegisterOptions, CommandError> {
        let args = &self.source;
        let (source, has_registry) = match registry_source(&args.common.root, args.registry.clone()) {
            // What the packs depend on may be installed, or be among them.
            Err(UsageError::NoSource) if args.unsigned.allow_unsigned => (PackSource::of_none(), false),
            Err(UsageError::NoSource) => {
                // There is no registry that could have signed it.
                let found = self.directories.iter().find(|directory| directory.is_dir());
                let unsigned = found.map(|directory| UsageError::Unsigned(directory.display().to_string()));
                return Err(unsigned.unwrap_or(UsageError::NoSource).into());
            }
            source => (source?, true),
        };
        let unsigned = if args.unsigned.allow_unsigned {
            let parse = |path: &PathBuf| UnsignedSource::parse(&as_path(path), Path::new(""));
            let sources = self.directories.iter().map(parse).collect::<Result<Vec<_>, _>>();
            Some(args.unsigned_sources(sources.map_err(UsageError::of_origin)?)?)
        } else {
            None
        };
        let asked = Asked::from_source(source, args)?;
        let install = args.options(asked, Purpose::Install, now);
        Ok(RegisterOptions { directories: self.directories.clone(), unsigned, install, has_registry })
    }
}

/// `path` as one that cannot be taken for anything else.
fn as_path(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

fn render(report: &RegisterReport) -> String {
    let mut text = String::new();
    if !report.registered_packs.is_empty() {
        let mut table = Table::new(&["PACK", "VERSION", "COMPONENTS", "TESTS", "REGISTRY", "PATH"]);
        for pack in &report.registered_packs {
            let components = &pack.components_registered;
            table.push(vec![
                pack.pack_ref.to_string(),
                pack.pack_version.to_string(),
                components.total().to_string(),
                pack.test_result.as_ref().map_or("-".to_owned(), |tests| {
                    format!("{} of {} passed", tests.passed, tests.total_tests)
                }),
                registry_text(&pack.registry),
                pack.storage_path.display().to_string(),
            ]);
        }
        let _ = writeln!(text, "{table}");
    }
    for failed in &report.failed_packs {
        let _ = writeln!(text, "failed: {}: {} [{}]", failed.pack_path.display(), failed.error, failed.code);
    }
    let count = packs_counted(report.summary.success_count);
    let _ = match (report.dry_run, report.generation) {
        (true, _) => writeln!(text, "would register {count}"),
        (false, Some(generation)) => {
            writeln!(text, "{} as generation {generation}", success(&format!("registered {count}")))
        }
        (false, None) => writeln!(text, "registered no pack"),
    };
    text
}
