//! Answers of interpreters, kept in a root so that the next change of it need not ask again.
//!
//! Starting an interpreter is most of the time that a plan takes. An answer is kept of programs alone that name
//! themselves, whose file has no other say in it than its content (no script); and it is believed while the file has
//! the same place, device, inode, size and times, and the C library is the same. So an entry can say of a program that
//! is found anyhow which release it is, and nothing else: it leads to no other program. A file that is damaged, or that
//! others than its owner may write, or that belongs to another user than root and the caller, is as good as none.

use std::collections::BTreeMap;
use std::io::{self, Read as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use attune_registry::atomic_file::{Durability, replace_file_with};
use rustix::fs::OFlags;
use rustix::process::geteuid;
use serde::{Deserialize, Serialize};

use super::program::{FileIdentity, Program};
use super::{AskedInterpreter, Interpreter, NodeInterpreter};

/// The format; a file of another one counts for nothing.
const FORMAT: &str = "attune.interpreters/v1";
/// The size of the largest file that is read, in bytes.
const MAX_BYTES: u64 = 256 * 1024;
/// The dynamic linkers, each the C library's own.
const LINKERS: [&str; 4] = [
    "/lib64/ld-linux-x86-64.so.2",
    "/lib/ld-linux-aarch64.so.1",
    "/lib/ld-musl-x86_64.so.1",
    "/lib/ld-musl-aarch64.so.1",
];

/// The answer of an interpreter, and the file that gave it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer<T> {
    file: FileIdentity,
    interpreter: T,
}

impl<T: AskedInterpreter> Answer<T> {
    /// The answer of `program`, if it is one that may be kept.
    pub(super) fn of(program: &Program, interpreter: &T) -> Option<Self> {
        let file = program.identity.filter(|asked| FileIdentity::of(&program.real) == Some(*asked))?;
        (interpreter.executable() == program.real).then(|| Self { file, interpreter: interpreter.clone() })
    }

    /// The interpreter, if `program` is still the file that answered.
    pub(super) fn holds_for(&self, program: &Program) -> Option<&T> {
        let is_it = self.interpreter.executable() == program.real && program.identity == Some(self.file);
        is_it.then_some(&self.interpreter)
    }

    fn is_current(&self) -> bool {
        FileIdentity::of(self.interpreter.executable()) == Some(self.file)
    }
}

/// The answers that are kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KeptAnswers {
    format: String,
    /// The dynamic linker of the time: interpreters tell the version of the C library.
    linker: Option<FileIdentity>,
    /// Those of Pythons.
    pub pythons: Vec<Answer<Interpreter>>,
    /// Those of Node.js interpreters.
    pub nodes: Vec<Answer<NodeInterpreter>>,
}

impl KeptAnswers {
    /// The answers `pythons` and `nodes`, of now.
    pub fn new(pythons: Vec<Answer<Interpreter>>, nodes: Vec<Answer<NodeInterpreter>>) -> Self {
        let linker = LINKERS.iter().find_map(|linker| FileIdentity::of(Path::new(linker)));
        Self { format: FORMAT.to_owned(), linker, pythons, nodes }
    }

    /// The answers in the file at `path`; none where it is not there, or not to be believed.
    pub fn load(path: &Path) -> Self {
        let none = Self::new(Vec::new(), Vec::new());
        let kept = read_own(path).ok().and_then(|bytes| serde_json::from_slice::<Self>(&bytes).ok());
        kept.filter(|kept| kept.format == FORMAT && kept.linker == none.linker).unwrap_or(none)
    }

    /// Writes them to the file at `path`, with those of `before` that still hold, unless all are there already.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn save(self, before: Self, path: &Path) -> io::Result<()> {
        let known = before.clone();
        let kept = Self {
            pythons: together(self.pythons, before.pythons),
            nodes: together(self.nodes, before.nodes),
            ..self
        };
        if kept == known {
            return Ok(());
        }
        let mut bytes = serde_json::to_vec(&kept).map_err(io::Error::from)?;
        bytes.push(b'\n');
        replace_file_with(path, &bytes, Durability::Unsynced)
    }
}

/// The answers `new`, and those of `before` that still hold, in the order of their programs.
fn together<T: AskedInterpreter>(new: Vec<Answer<T>>, before: Vec<Answer<T>>) -> Vec<Answer<T>> {
    let current = before.into_iter().filter(Answer::is_current);
    let by_program = current.chain(new).map(|answer| (answer.interpreter.executable().to_owned(), answer));
    by_program.collect::<BTreeMap<_, _>>().into_values().collect()
}

/// The content of a file that nobody but root and this process's user can have written.
fn read_own(path: &Path) -> io::Result<Vec<u8>> {
    let foreign = || io::Error::new(io::ErrorKind::PermissionDenied, "it is somebody else's");
    let mut options = fs_err::OpenOptions::new();
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    options.read(true).options_mut().custom_flags(flags.bits().cast_signed());
    let file = options.open(path)?;
    let found = file.metadata()?;
    let is_own = found.uid() == 0 || found.uid() == geteuid().as_raw();
    if !found.is_file() || !is_own || found.mode() & 0o022 != 0 || found.len() > MAX_BYTES {
        return Err(foreign());
    }
    let mut bytes = Vec::new();
    file.take(MAX_BYTES).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::PathBuf;

    use super::*;

    /// An interpreter that says of itself that it is `executable`.
    fn python(executable: &Path) -> Interpreter {
        Interpreter {
            executable: executable.to_owned(),
            version: "3.11.7".to_owned(),
            implementation: "cpython".to_owned(),
            os: "linux".to_owned(),
            machine: "x86_64".to_owned(),
            libc: "gnu".to_owned(),
            libc_version: (2, 36),
            gil_disabled: false,
        }
    }

    /// A directory with a program, and its answer kept in a file.
    fn kept() -> (tempfile::TempDir, PathBuf, PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let place = fs_err::canonicalize(directory.path()).unwrap();
        let (program, file) = (place.join("python3"), place.join("interpreters.json"));
        fs_err::copy("/proc/self/exe", &program).unwrap();
        let answer = Answer::of(&Program::at(&program).unwrap(), &python(&program)).unwrap();
        KeptAnswers::new(vec![answer], Vec::new()).save(KeptAnswers::load(&file), &file).unwrap();
        (directory, program, file)
    }

    /// Whether the answer that `file` keeps is believed of `program`.
    fn is_believed(program: &Path, file: &Path) -> bool {
        let program = Program::at(program).unwrap();
        KeptAnswers::load(file).pythons.iter().any(|answer| answer.holds_for(&program).is_some())
    }

    #[test]
    fn an_answer_is_believed_until_the_file_is_another() {
        let (_directory, program, file) = kept();
        assert!(is_believed(&program, &file));
        let content = fs_err::read(&program).unwrap();
        fs_err::remove_file(&program).unwrap();
        fs_err::write(&program, content).unwrap();
        assert!(!is_believed(&program, &file));
    }

    #[test]
    fn a_file_that_others_may_write_is_not_believed() {
        for mode in [0o664, 0o646] {
            let (_directory, program, file) = kept();
            fs_err::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
            assert!(!is_believed(&program, &file), "{mode:o}");
        }
    }

    #[test]
    fn a_file_that_is_damaged_linked_or_of_another_form_is_not_believed() {
        let (directory, program, file) = kept();
        let good = fs_err::read_to_string(&file).unwrap();
        for bad in [&good[..good.len() / 2], "", "[]", &good.replace("/v1", "/v2")] {
            fs_err::write(&file, bad).unwrap();
            assert!(!is_believed(&program, &file), "{bad}");
        }
        let elsewhere = directory.path().join("elsewhere");
        fs_err::write(&elsewhere, &good).unwrap();
        assert!(is_believed(&program, &elsewhere));
        fs_err::remove_file(&file).unwrap();
        fs_err::os::unix::fs::symlink(&elsewhere, &file).unwrap();
        assert!(!is_believed(&program, &file));
    }

    #[test]
    fn an_answer_leads_to_no_other_program() {
        let (directory, program, file) = kept();
        let other = directory.path().join("other");
        fs_err::copy(&program, &other).unwrap();
        let forged = fs_err::read_to_string(&file).unwrap();
        let forged = forged.replace(program.to_str().unwrap(), other.to_str().unwrap());
        fs_err::write(&file, forged).unwrap();
        assert!(!is_believed(&program, &file) && !is_believed(&other, &file));
        // Nor is one kept that names another in the first place, or of a script.
        assert!(Answer::of(&Program::at(&program).unwrap(), &python(&other)).is_none());
        fs_err::write(&other, "#!/bin/sh\n").unwrap();
        let other = fs_err::canonicalize(other).unwrap();
        assert!(Answer::of(&Program::at(&other).unwrap(), &python(&other)).is_none());
    }
}
