//! Readers beside a change: each tells the state before it or the one after, and none tells one in between.

use std::fmt;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::kill::traced;
use super::missing_tool;
use super::subject::Subject;
use super::together::{end, start};
use crate::binaries::Binary;
use crate::run::Run;
use crate::world::NEVER_INSTALLED;

/// The commands that read; `PACK` is a pack that is there before or after.
const READERS: [&[&str]; 6] =
    [&["list"], &["status"], &["show", "PACK"], &["history"], &["inventory"], &["verify"]];
/// The calls between which a change would be over too soon for anybody to look.
const SLOWED: &str = "rename,renameat,renameat2,symlink,symlinkat,fsync,fdatasync,syncfs,unlink";
/// Fields that are of the moment; `change` says that one is at work.
const OF_THE_MOMENT: [&str; 3] = ["change", "checkedAt", "writtenAt"];
/// The remark that a change is at work.
const IN_PROGRESS: &str = "I016";

/// What a reader told.
#[derive(Clone, PartialEq)]
struct Told {
    status: Option<i32>,
    /// The trust in registries, which a change brings along before it is active.
    trust: Value,
    document: Value,
    error: String,
}

impl fmt::Debug for Told {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "exit code {:?}: {} {}", self.status, self.document, self.error)
    }
}

impl Told {
    fn by(reader: &[&str], subject: &Subject, pack: &str) -> Self {
        let mut command = subject.world.command(Binary::Install);
        command.args(reader.iter().map(|word| if *word == "PACK" { pack } else { word }));
        command.arg("--json").arg("--root").arg(subject.world.root());
        let run = Run::of(command);
        let mut document = serde_json::from_str(&run.stdout).unwrap_or(Value::Null);
        let mut trust = Value::Null;
        if let Some(fields) = document.as_object_mut() {
            trust = fields.remove("trust").unwrap_or_default();
            fields.retain(|name, _| !OF_THE_MOMENT.contains(&name.as_str()));
            if let Some(remarks) = fields.get_mut("remarks").and_then(Value::as_array_mut) {
                remarks.retain(|remark| remark["code"] != IN_PROGRESS);
            }
        }
        Self { status: run.status, trust, document, error: run.stderr }
    }

    /// Whether it tells the same, in whatever words it fails.
    fn is_as(&self, other: &Self) -> bool {
        self.status == other.status && self.document == other.document
    }

    /// Whether nothing was ever installed, by what it tells.
    fn is_of_nothing(&self) -> bool {
        let is_told = NEVER_INSTALLED.iter().any(|words| self.error.contains(words));
        is_told || self.document["operations"].as_array().is_some_and(Vec::is_empty)
    }

    fn is_sane(&self) -> bool {
        matches!(self.status, Some(0..=8)) && !self.error.contains("panicked")
    }
}

/// Runs `subject` slowly, while others read: they find the one state or the other.
pub(super) fn while_read(subject: &Subject) -> Result<(), String> {
    let pack = packs(subject).first().cloned().unwrap_or_else(|| "greeter".to_owned());
    let look = || READERS.map(|reader| Told::by(reader, subject, &pack));
    let before = look();
    let mut seen: Vec<(usize, Told)> = Vec::new();
    let mut child = start(slowed(subject));
    let mut workers = Ok(());
    'reading: loop {
        for (index, reader) in READERS.iter().enumerate() {
            if child.try_wait().unwrap().is_some() {
                break 'reading;
            }
            let told = Told::by(reader, subject, &pack);
            if !seen.iter().any(|(known, other)| *known == index && told.is_as(other)) {
                seen.push((index, told));
            }
            workers = workers.and_then(|()| worker_reads(subject));
        }
    }
    let run = end(child);
    if !subject.is_success(&run) {
        return Err(format!("while others read: {run:?}"));
    }
    workers?;
    let after = look();
    for (index, told) in seen {
        let good = [&before[index], &after[index]];
        let is_one = |good: &&Told| told.is_as(good) || (told.is_of_nothing() && good.is_of_nothing());
        let is_trust = good.iter().any(|good| told.trust == good.trust || good.trust.is_null());
        let is_good = told.is_sane() && (subject.is_done_in_parts() || (is_trust && good.iter().any(is_one)));
        if !is_good {
            let reader = READERS[index].join(" ");
            return Err(format!(
                "meanwhile `{reader}` told {told:?}\n  and not, as before or after, {good:?}"
            ));
        }
    }
    Ok(())
}

fn slowed(subject: &Subject) -> Command {
    let trace = format!("trace={SLOWED}");
    let inject = format!("inject={SLOWED}:delay_enter=4000");
    match missing_tool() {
        Some(_) => subject.command(),
        None => traced(&subject.command(), &["-e", &trace, "-e", &inject], Path::new("/dev/null")),
    }
}

/// The packs that are installed, where that is told.
fn packs(subject: &Subject) -> Vec<String> {
    let listed = Told::by(&["list"], subject, "").document;
    let packs = listed["packs"].as_array().into_iter().flatten();
    packs.filter_map(|pack| pack["ref"].as_str().map(str::to_owned)).collect()
}

/// A worker opens what `packs` says is there; a pack that is gone when it looks again may be missing.
fn worker_reads(subject: &Subject) -> Result<(), String> {
    for pack in &packs(subject) {
        let file = subject.world.root().join("packs").join(pack).join("pack.yaml");
        if let Err(error) = fs_err::read(file)
            && packs(subject).contains(pack)
        {
            return Err(format!("a worker meanwhile: {error}"));
        }
    }
    Ok(())
}
