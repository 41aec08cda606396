//! `attune-install workflow graph`

use std::ffi::OsString;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use attune_host::inventory::show_workflow;
use attune_registry::atomic_file::AtomicWrite;
use attune_schemas::diagnostics::Findings;
use attune_schemas::problem::ErrorCode;
use attune_schemas::workflow::{Drawing, DrawingFormat, Workflow, parse, read_definition};
use attune_terminal::{Failure, success};
use clap::{Args, ValueEnum, ValueHint};

use crate::cli::args::settings::CommonArgs;
use crate::cli::failure::CommandError;
use crate::operations::WorkflowDrawing;

/// Larger files are no workflows.
const MOST_BYTES: u64 = 1024 * 1024;

/// Draw a workflow.
///
/// Tasks are boxes, and transitions are lines: in the colour and dash of their outcome, with their condition beside them. A task that
/// is not there is drawn as well, and so is a file with errors. The picture needs no other program, and is the same for the same
/// workflow.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  attune-install workflow graph weather.report -o report.svg
  attune-install workflow graph actions/workflows/report.workflow.yaml --format mermaid
  attune-install workflow graph weather.report --format dot | dot -Tpng > report.png")]
pub(super) struct GraphArgs {
    /// The workflow's ref, `PACK.NAME`, or its file, whose name has a `/` or ends with `.yaml`
    #[arg(value_name = "REF|FILE", value_hint = ValueHint::AnyPath)]
    what: OsString,
    /// The language of the drawing
    #[arg(long, value_name = "FORMAT", default_value = "svg")]
    format: Format,
    /// The file to write, in the place of one that is there; standard output without it
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    output: Option<PathBuf>,
    #[command(flatten)]
    pub(super) common: CommonArgs,
}

/// The languages, as they are written.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// The language of Graphviz
    Dot,
    /// The language of Mermaid, which forges and wikis show
    Mermaid,
    /// A picture
    Svg,
}

impl From<Format> for DrawingFormat {
    fn from(format: Format) -> Self {
        match format {
            Format::Dot => Self::Dot,
            Format::Mermaid => Self::Mermaid,
            Format::Svg => Self::Svg,
        }
    }
}

impl GraphArgs {
    /// Draws; no host is looked at where a file is named.
    pub(super) fn run(&self) -> Result<(), CommandError> {
        let (workflow, title): (Workflow, String) = if let Some(path) = self.file() {
            (of_file(path)?, path.display().to_string())
        } else {
            let reference = self.what.to_string_lossy().into_owned();
            let shown = show_workflow(&self.common.host_root()?, &reference)?;
            (read_definition(&shown.definition), reference)
        };
        let text = Drawing::of(&workflow, &title).to_text(self.format.into());
        let drawn = |drawing| WorkflowDrawing {
            workflow: title.clone(),
            drawing_format: self.format.into(),
            output: self.output.clone(),
            drawing,
        };
        let Some(path) = &self.output else {
            return self.common.write(&drawn(Some(text)), |drawn| drawn.drawing.clone().unwrap_or_default());
        };
        let write = || {
            path.parent().map_or(Ok(()), fs_err::create_dir_all)?;
            AtomicWrite::default().write_beside_others(path, text.as_bytes())
        };
        write().map_err(|error| CommandError::of_machine(&error))?;
        if self.common.report.is_quiet() {
            return Ok(());
        }
        self.common.write(&drawn(None), |_| format!("{} {}\n", success("wrote"), path.display()))
    }

    fn file(&self) -> Option<&Path> {
        let path = Path::new(&self.what);
        let is_yaml = path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml");
        (is_yaml || self.what.as_encoded_bytes().contains(&b'/')).then_some(path)
    }
}

/// The workflow in the file at `path`.
fn of_file(path: &Path) -> Result<Workflow, CommandError> {
    let refused = |message: String, code: ErrorCode, hint: &str| {
        CommandError(Failure::from_message(message, code).with_hint(Some(hint.to_owned())))
    };
    let read = || {
        let mut bytes = Vec::new();
        fs_err::File::open(path)?.take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
        std::io::Result::Ok(bytes)
    };
    let bytes = read().map_err(|error| {
        refused(
            error.to_string(),
            ErrorCode::UnreadableWorkflow,
            "name a file that can be read, or an installed workflow",
        )
    })?;
    let name = path.display().to_string();
    let mut findings = Findings::new();
    let text = String::from_utf8(bytes).ok().filter(|text| text.len() as u64 <= MOST_BYTES);
    let parsed = text.and_then(|text| parse(&name, &text, &mut findings));
    parsed.filter(|workflow| !workflow.tasks.is_empty()).ok_or_else(|| {
        let found =
            findings.iter().next().map(|finding| format!(": {}", finding.message)).unwrap_or_default();
        refused(
            format!("`{name}` is no workflow{found}"),
            ErrorCode::UnreadableWorkflow,
            "see all findings of the pack with `attune-install workflow validate DIR`",
        )
    })
}
