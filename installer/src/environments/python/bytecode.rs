//! Compiles the modules of wheels to bytecode, once per wheel and Python feature release, in the store,
//! where every environment finds it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, OnceLock};

use attune_host::environment::{LinkMode, PythonEnvironment};
use attune_host::process::Interrupt;
use attune_host::root::{HostRoot, StoreKind, seal_all_below, unseal_tree};
use attune_host::transaction::Staging;
use attune_registry::atomic_file::write_sealed;
use attune_registry::workers::{processors_for, share_work};
use attune_schemas::{Digest, PythonMinor};

use crate::environments::linker::FileLinker;

/// Begins the name of the file that says for which Python a wheel of the store is compiled.
pub(super) const COMPILED_PREFIX: &str = ".attune-compiled-cpython-";

/// Modules that a process compiles between two words with it.
const BATCH: usize = 32;

/// Compiles the files that it is told, a batch a line. A module that does not compile, as templates and
/// code for another Python do not, is left as it is.
const COMPILER: &str = r#"
import os, py_compile, sys
for line in sys.stdin.buffer:
    for name in line[:-1].split(b"\0"):
        try:
            py_compile.compile(os.fsdecode(name), doraise=True)
        except Exception:
            pass
    sys.stdout.write("done\n")
    sys.stdout.flush()
"#;

/// Compiles those wheels of `environments` that are not compiled yet, by several processes; tells how many
/// modules there were. Nothing in the store changes: a wheel that is there already is linked into `staging`,
/// compiled, and takes the other's place.
pub fn compile_bytecode<'a>(
    environments: impl Iterator<Item = &'a PythonEnvironment>,
    root: &HostRoot,
    staging: &mut Staging,
    interrupt: &Interrupt,
) -> io::Result<usize> {
    let mut wanted: BTreeMap<(Digest, PythonMinor), &Path> = BTreeMap::new();
    for environment in environments {
        let Some(minor) = environment.interpreter.minor() else { continue };
        for wheel in &environment.wheels {
            wanted.insert((wheel.digest, minor), &environment.interpreter.executable);
        }
    }
    staging.create_part(StoreKind::Wheels)?;
    let mut pythons: BTreeMap<&Path, Vec<PathBuf>> = BTreeMap::new();
    let (mut opened, mut replacing, mut markers) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
    for ((digest, minor), python) in wanted {
        let marker = format!("{COMPILED_PREFIX}{}", minor.to_string().replace('.', ""));
        let (staged, stored) =
            (staging.tree(StoreKind::Wheels, &digest), root.store(StoreKind::Wheels, &digest));
        if stored.join(&marker).exists() {
            continue;
        }
        if opened.insert(digest) {
            if staged.exists() {
                unseal_tree(&staged)?;
            } else {
                fs_err::create_dir(&staged)?;
                FileLinker::new(LinkMode::Hardlink).link_tree(&stored, &staged, false)?;
                replacing.insert(digest);
            }
        }
        let modules = pythons.entry(python).or_default();
        find_modules(&staged, Path::new(&digest.hex()), modules)?;
        markers.push(staged.join(marker));
    }
    let wheels = staging.directory().join("wheels");
    let mut count = 0;
    for (python, modules) in pythons {
        compile(python, &wheels, &modules, interrupt)?;
        if interrupt.is_raised() {
            return Ok(count);
        }
        count += modules.len();
    }
    markers.iter().try_for_each(|marker| write_sealed(marker, ""))?;
    for digest in opened {
        seal_all_below(&staging.tree(StoreKind::Wheels, &digest))?;
        staging.extend_list(StoreKind::Wheels, digest, &is_of_compilation)?;
        if replacing.contains(&digest) {
            staging.put_back(StoreKind::Wheels, &digest)?;
        }
    }
    Ok(count)
}

/// Whether compiling wrote the file at `path` of a wheel, or the directory that it is in.
fn is_of_compilation(path: &Path) -> bool {
    let is_marker = path.to_str().is_some_and(|name| name.starts_with(COMPILED_PREFIX));
    let in_cache = path.iter().any(|part| part == "__pycache__");
    is_marker || (in_cache && path.extension().is_none_or(|extension| extension == "pyc"))
}

/// The modules below `directory`, relative to the directory of all wheels.
fn find_modules(directory: &Path, relative: &Path, modules: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs_err::read_dir(directory)? {
        let entry = entry?;
        let path = relative.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            find_modules(&entry.path(), &path, modules)?;
        } else if path.extension().is_some_and(|extension| extension == "py") {
            modules.push(path);
        }
    }
    Ok(())
}

fn compile(python: &Path, wheels: &Path, modules: &[PathBuf], interrupt: &Interrupt) -> io::Result<()> {
    let batches = Mutex::new(modules.chunks(BATCH));
    let failure = OnceLock::new();
    let compile = || {
        let mut compiler = Compiler::start(python, wheels)?;
        loop {
            let batch = batches.lock().expect("no worker panics while it holds this").next();
            match batch {
                Some(batch) if !interrupt.is_raised() && failure.get().is_none() => {
                    compiler.compile(batch)?;
                }
                _ => return compiler.finish(),
            }
        }
    };
    share_work(processors_for(modules.len().div_ceil(BATCH)), || {
        if let Err(error) = compile() {
            // The first failure is the one that is told.
            let _ = failure.set(error);
        }
    });
    failure.into_inner().map_or(Ok(()), Err)
}

/// A process that compiles.
struct Compiler {
    process: Child,
    answers: BufReader<std::process::ChildStdout>,
}

impl Compiler {
    fn start(python: &Path, wheels: &Path) -> io::Result<Self> {
        let mut process = Command::new(python)
            .args(["-I", "-S", "-W", "ignore", "-c", COMPILER])
            .current_dir(wheels)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let answers = BufReader::new(process.stdout.take().expect("its output is a pipe"));
        Ok(Self { process, answers })
    }

    fn compile(&mut self, batch: &[PathBuf]) -> io::Result<()> {
        use std::os::unix::ffi::OsStrExt;
        // No file of a wheel has a line break or a zero byte in its name.
        let names: Vec<&[u8]> = batch.iter().map(|path| path.as_os_str().as_bytes()).collect();
        let mut line = names.join(&b'\0');
        line.push(b'\n');
        self.process.stdin.as_mut().expect("its input is a pipe").write_all(&line)?;
        let mut answer = String::new();
        self.answers.read_line(&mut answer)?;
        if answer == "done\n" { Ok(()) } else { Err(io::Error::other("the compiler of bytecode ended")) }
    }

    fn finish(mut self) -> io::Result<()> {
        drop(self.process.stdin.take());
        self.process.wait().map(drop)
    }
}

impl Drop for Compiler {
    fn drop(&mut self) {
        // Gone already, unless something failed.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
