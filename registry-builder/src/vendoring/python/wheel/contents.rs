//! The facts that the files of a wheel tell: what they require and import, which libraries they need, whether
//! they mind where they lie, and whether RECORD is true.
//!
//! Read once per wheel; the answer is kept beside the cached wheel, by its digest.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Seek};
use std::path::Path;

use attune_registry::release_check::WheelError;
use attune_registry::wheel::header_values;
use attune_registry::wheel::record::{base64_of_digest, record_entries};
use attune_schemas::Digest;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use zip::ZipArchive;

use super::imports::imports_of_setuptools;
use super::placement::{WheelLayout, library_reason, module_reason};
use crate::vendoring::elf::{self, ElfFacts, is_of_the_c_library, read_elf};

/// The facts that the files of a wheel tell.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct WheelContents {
    /// Why its directories must be real in every environment, where they must.
    pub(crate) unfolded: Option<String>,
    /// The shared libraries that it has, by file name and soname.
    pub(crate) provides: BTreeSet<String>,
    /// The shared libraries that it needs and does not have; those of the C library apart.
    pub(crate) needs: BTreeSet<String>,
    /// The newest glibc whose symbols it uses, major and minor.
    pub(crate) glibc: Option<(u16, u16)>,
    /// Its `Requires-Python`.
    pub(crate) requires_python: Option<String>,
    /// Its `Requires-Dist`.
    pub(crate) requires: Vec<String>,
    /// Modules of setuptools that its own modules import, each with one that does.
    pub(crate) imports: BTreeMap<String, String>,
    /// Why its RECORD is not to be believed, if so.
    pub(crate) wrong_record: Option<String>,
}

/// The most bytes of a file that are held in memory to be looked into.
const MAX_READ_BYTES: u64 = 2 << 30;
/// The most bytes of a module that is looked into.
const MAX_MODULE_BYTES: u64 = 4 << 20;

/// Reads every file of the wheel at `path`, which must have been judged safe to unpack.
pub(crate) fn read_contents(path: &Path) -> Result<WheelContents, WheelError> {
    let archive = ZipArchive::new(std::io::BufReader::new(fs_err::File::open(path)?))?;
    let mut reading = Reading::default();
    reading.read(archive)?;
    Ok(reading.finish())
}

#[derive(Default)]
struct Reading {
    tree: WheelLayout,
    libraries: BTreeMap<String, ElfFacts>,
    unfolded: Option<String>,
    metadata: String,
    imports: BTreeMap<String, String>,
    wrong_record: Option<String>,
}

impl Reading {
    fn read<R: Read + Seek>(&mut self, mut archive: ZipArchive<R>) -> Result<(), WheelError> {
        let mut record = Record::of(&mut archive)?;
        for index in 0..archive.len() {
            let mut entry = archive.by_index(index)?;
            if entry.is_dir() {
                continue;
            }
            let name = entry.name().to_owned();
            let (digest, kept) = read_entry(&name, entry.size(), &mut entry)?;
            record.check(&name, &digest);
            self.look_into(&name, &kept);
        }
        self.wrong_record = record.finish();
        Ok(())
    }

    fn look_into(&mut self, name: &str, bytes: &[u8]) {
        // Where the file will lie in an environment.
        let path = installed_path(name);
        let mut directory = path;
        while let Some((parent, _)) = directory.rsplit_once('/') {
            self.tree.directories.insert(parent.to_owned());
            directory = parent;
        }
        self.tree.directories.insert(String::new());
        if bytes.starts_with(&elf::MAGIC) {
            let Some(facts) = read_elf(bytes) else { return };
            self.tree.libraries.extend(path.rsplit('/').next().map(str::to_owned));
            self.tree.libraries.extend(facts.soname.clone());
            self.libraries.insert(path.to_owned(), facts);
        } else if is_metadata(name) {
            self.metadata = String::from_utf8_lossy(bytes).into_owned();
        } else if !bytes.is_empty() && !name.contains(".dist-info/") {
            let text = String::from_utf8_lossy(bytes);
            if self.unfolded.is_none() {
                self.unfolded = module_reason(path, &text);
            }
            for module in imports_of_setuptools(path, &text) {
                self.imports.entry(module.to_owned()).or_insert_with(|| path.to_owned());
            }
        }
    }

    fn finish(self) -> WheelContents {
        let Self { tree, libraries, unfolded, metadata, imports, wrong_record } = self;
        let reason = || libraries.iter().find_map(|(path, facts)| library_reason(path, facts, &tree));
        let needed = libraries.values().flat_map(|facts| &facts.needed);
        let needs = needed
            .filter(|library| !is_of_the_c_library(library) && !tree.libraries.contains(library.as_str()));
        WheelContents {
            unfolded: unfolded.or_else(reason),
            needs: needs.cloned().collect(),
            glibc: libraries.values().filter_map(|facts| facts.glibc).max(),
            provides: tree.libraries,
            requires_python: header_values(&metadata, "Requires-Python").next().map(str::to_owned),
            requires: header_values(&metadata, "Requires-Dist").map(str::to_owned).collect(),
            imports,
            wrong_record,
        }
    }
}

/// The digest of an entry, and its bytes where they are worth a look: modules, ELF files and METADATA.
fn read_entry(name: &str, size: u64, entry: &mut impl Read) -> Result<(Digest, Vec<u8>), WheelError> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 64 * 1024];
    let (mut kept, mut length, mut keeps) = (Vec::new(), 0_u64, false);
    loop {
        let count = entry.read(&mut buffer)?;
        if count == 0 {
            break;
        }
        let bytes = &buffer[..count];
        if length == 0 {
            let is_module = has_extension(name, "py") && size <= MAX_MODULE_BYTES;
            keeps =
                is_module || is_metadata(name) || (bytes.starts_with(&elf::MAGIC) && size <= MAX_READ_BYTES);
        }
        length += count as u64;
        hasher.update(bytes);
        if keeps {
            kept.extend_from_slice(bytes);
        }
    }
    Ok((Digest::from_bytes(hasher.finalize().into()), kept))
}

/// Whether the entry is the `METADATA` of a `.dist-info` at the top.
fn is_metadata(name: &str) -> bool {
    name.split_once('/').is_some_and(|(top, file)| top.ends_with(".dist-info") && file == "METADATA")
}

fn has_extension(name: &str, wanted: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension.eq_ignore_ascii_case(wanted))
}

/// Where a file of a wheel comes to lie: what is in `.data/purelib` lies beside the other modules.
fn installed_path(name: &str) -> &str {
    let Some((top, rest)) = name.split_once('/') else { return name };
    if !top.ends_with(".data") {
        return name;
    }
    ["purelib/", "platlib/"].iter().find_map(|kind| rest.strip_prefix(kind)).unwrap_or(name)
}

/// The digests of files by RECORD.
struct Record {
    path: String,
    /// The digest of each file, in RECORD's own spelling; what is left was not found yet.
    expected: BTreeMap<String, Option<String>>,
    /// The first untruth that was found.
    fault: Option<String>,
}

impl Record {
    fn of<R: Read + Seek>(archive: &mut ZipArchive<R>) -> Result<Self, WheelError> {
        let is_record = |name: &&str| {
            name.split_once('/').is_some_and(|(top, file)| top.ends_with(".dist-info") && file == "RECORD")
        };
        let records: Vec<String> = archive.file_names().filter(is_record).map(str::to_owned).collect();
        let [path] = records.as_slice() else {
            return Err(WheelError::Record { reason: format!("it has {} of them, not one", records.len()) });
        };
        let path = path.clone();
        let (entries, fault) = match record_entries(archive.by_name(&path)?) {
            Ok(entries) => (entries, None),
            Err(error) => (Vec::new(), Some(error.to_string())),
        };
        let expected = entries.into_iter().map(|entry| {
            let hash = entry.sha256().map(str::to_owned);
            (entry.path, hash)
        });
        let expected = expected.collect();
        Ok(Self { path, expected, fault })
    }

    fn check(&mut self, name: &str, digest: &Digest) {
        if let Some(Some(expected)) = self.expected.remove(name)
            && base64_of_digest(digest) != expected
        {
            self.fault.get_or_insert_with(|| format!("`{name}` has another digest than it says"));
        }
    }

    /// The first untruth.
    fn finish(mut self) -> Option<String> {
        self.expected.remove(&self.path);
        // Bytecode is listed by some and shipped by few.
        self.expected.retain(|name, _| !has_extension(name, "pyc") && !name.ends_with('/'));
        let missing = || self.expected.keys().next().map(|name| format!("`{name}` is not there"));
        self.fault.or_else(missing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::zip_bytes;

    fn contents(files: &[(&str, &[u8])]) -> Result<WheelContents, WheelError> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("wheel.whl");
        fs_err::write(&path, zip_bytes(files)).unwrap();
        read_contents(&path)
    }

    fn line(name: &str, content: &[u8]) -> String {
        format!("{name},sha256={},{}\n", base64_of_digest(&Digest::of(content)), content.len())
    }

    const RECORD: &str = "a-1.dist-info/RECORD";

    #[test]
    fn an_honest_record_is_believed() {
        let record = line("a/b.py", b"x") + "a-1.dist-info/RECORD,,\na/c.pyc,,\n";
        let found = contents(&[("a/b.py", b"x"), ("unlisted", b"y"), (RECORD, record.as_bytes())]).unwrap();
        assert_eq!(found, WheelContents::default());
    }

    #[test]
    fn a_record_that_lies_is_not_believed() {
        let cases = [
            (line("a/b.py", b"other"), "`a/b.py` has another digest"),
            (line("a/missing.py", b""), "`a/missing.py` is not there"),
            (line("a\\b.py", b"x"), "`a\\b.py` is not there"),
            (line(RECORD, b""), "RECORD` has another digest"),
        ];
        for (record, blamed) in cases {
            let found = contents(&[("a/b.py", b"x"), (RECORD, record.as_bytes())]).unwrap();
            assert!(found.wrong_record.as_ref().is_some_and(|fault| fault.contains(blamed)), "{found:?}");
        }
    }

    #[test]
    fn metadata_tells_what_a_wheel_requires() {
        let metadata = b"Name: a\nRequires-Python: <3.10\nRequires-Dist: b>=1\nRequires-Dist: c; extra == 'x'\n\nRequires-Dist: no\n";
        let found = contents(&[("a-1.dist-info/METADATA", metadata), (RECORD, b"")]).unwrap();
        assert_eq!(found.requires_python.as_deref(), Some("<3.10"));
        assert_eq!(found.requires, ["b>=1", "c; extra == 'x'"]);
    }

    #[test]
    fn no_record_and_two_are_refused() {
        let none = contents(&[("a/b.py", b"x")]).unwrap_err();
        let two = contents(&[(RECORD, b""), ("b-1.dist-info/RECORD", b"")]).unwrap_err();
        for error in [none, two] {
            assert!(matches!(error, WheelError::Record { .. }), "{error}");
        }
    }

    #[test]
    fn modules_and_libraries_are_looked_into() {
        let module = b"import os\nx = os.path.join(os.path.dirname(__file__), '..', 'y')\n";
        let found = contents(&[("a-1.data/purelib/a/b.py", module), (RECORD, b"")]).unwrap();
        assert!(found.unfolded.unwrap().starts_with("`a/b.py` looks above its package"));

        let program = fs_err::read("/bin/sh").unwrap();
        let found = contents(&[("a/libsh.so.1", &program), (RECORD, b"")]).unwrap();
        assert!(found.provides.contains("libsh.so.1"), "{found:?}");
    }
}
