//! Paths to an interpreter's own libraries: made relative to itself where they name the place that it was
//! built for.
//!
//! A path in an ELF file is overwritten in place by a shorter one; where that cannot be, the interpreter is
//! refused. Source: the ELF gABI, dynamic section; `ld.so(8)` for `$ORIGIN`.

use std::collections::{BTreeMap, BTreeSet};

use attune_schemas::EntryPath;
use goblin::elf::Elf;
use goblin::elf::dynamic::{DT_RPATH, DT_RUNPATH};

use super::contents::Contents;
use super::error::RuntimeError;
use crate::vendoring::elf::{ElfFacts, MAGIC, is_of_the_c_library, read_elf};

/// The needs of an interpreter that finds its own libraries.
#[derive(Debug, Default)]
pub(super) struct Mended {
    /// New bytes of files that were mended.
    pub(super) files: BTreeMap<EntryPath, Vec<u8>>,
    /// Shared libraries of the operating system that the program needs.
    pub(super) libraries: BTreeSet<String>,
    /// The newest glibc whose symbols the program uses.
    pub(super) glibc: Option<(u16, u16)>,
}

/// Looks at `executable` and at what it is linked to in `contents`.
pub(super) fn mend(contents: &Contents, executable: &EntryPath) -> Result<Mended, RuntimeError> {
    let carried = Carried::of(contents);
    let mut mended = Mended::default();
    let (mut pending, mut seen) = (vec![executable.clone()], BTreeSet::new());
    while let Some(path) = pending.pop() {
        if !seen.insert(path.clone()) {
            continue;
        }
        let Some(file) = contents.files.get(&path) else { continue };
        let bytes = fs_err::read(&file.place)?;
        if !bytes.starts_with(&MAGIC) {
            continue;
        }
        let Some(facts) = read_elf(&bytes) else { continue };
        mended.glibc = mended.glibc.max(facts.glibc);
        let mut wanted = BTreeSet::new();
        for library in facts.needed.iter().filter(|library| !is_of_the_c_library(library)) {
            match carried.find(library) {
                Some(found) => {
                    pending.push(found.clone());
                    wanted.insert((library.clone(), directory_of(found)));
                }
                None => {
                    mended.libraries.insert(library.clone());
                }
            }
        }
        if let Some(bytes) = with_relative_path(&path, bytes, &facts, &wanted)? {
            mended.files.insert(path, bytes);
        }
    }
    Ok(mended)
}

/// The libraries of an interpreter, by file name, links included.
struct Carried<'a> {
    by_name: BTreeMap<&'a str, &'a EntryPath>,
    links: BTreeMap<&'a EntryPath, &'a EntryPath>,
}

impl<'a> Carried<'a> {
    fn of(contents: &'a Contents) -> Self {
        let links: BTreeMap<_, _> = contents.links.iter().map(|link| (&link.path, &link.target)).collect();
        let files = contents.files.keys().chain(links.keys().copied());
        let libraries = files.filter(|path| path.file_name().contains(".so"));
        Self { by_name: libraries.map(|path| (path.file_name(), path)).collect(), links }
    }

    fn find(&self, library: &str) -> Option<&'a EntryPath> {
        let path = self.by_name.get(library)?;
        Some(self.links.get(path).unwrap_or(path))
    }
}

/// The directory that a file is in; empty at the top.
fn directory_of(path: &EntryPath) -> String {
    path.parent().map(|parent| parent.to_string()).unwrap_or_default()
}

/// The bytes of the file at `path` with a search path that leads to `wanted`, libraries with their
/// directories; `None` where its own does.
fn with_relative_path(
    path: &EntryPath,
    mut bytes: Vec<u8>,
    facts: &ElfFacts,
    wanted: &BTreeSet<(String, String)>,
) -> Result<Option<Vec<u8>>, RuntimeError> {
    let own = directory_of(path);
    let leads_to = |directory: &str| {
        facts.search_path.iter().any(|entry| resolved(entry, &own).is_some_and(|found| found == directory))
    };
    let Some((library, directory)) = wanted.iter().find(|(_, directory)| !leads_to(directory)) else {
        return Ok(None);
    };
    let refuse = |place: String| RuntimeError::NotRelocatable {
        file: path.to_string(),
        library: library.clone(),
        place,
    };
    let Some(old) = facts.search_path.iter().find(|entry| entry.starts_with('/')) else {
        return Err(refuse("a place that the machine's linker is told of".to_owned()));
    };
    let new = origin_path(&own, directory);
    if overwrite(&mut bytes, old, &new) { Ok(Some(bytes)) } else { Err(refuse(format!("`{old}`"))) }
}

/// `entry` of a search path as a directory below the prefix, where it is relative to the file's own.
fn resolved(entry: &str, own: &str) -> Option<String> {
    let rest = entry.strip_prefix("$ORIGIN").or_else(|| entry.strip_prefix("${ORIGIN}"))?;
    let mut parts: Vec<&str> = own.split('/').filter(|part| !part.is_empty()).collect();
    for part in rest.split('/').filter(|part| !part.is_empty() && *part != ".") {
        if part == ".." {
            parts.pop()?;
        } else {
            parts.push(part);
        }
    }
    Some(parts.join("/"))
}

/// The search path of a file in `own` that leads to `directory`, both below the prefix.
fn origin_path(own: &str, directory: &str) -> String {
    let up = own.split('/').filter(|part| !part.is_empty()).map(|_| "..");
    let down = directory.split('/').filter(|part| !part.is_empty());
    let parts: Vec<&str> = ["$ORIGIN"].into_iter().chain(up).chain(down).collect();
    parts.join("/")
}

/// Writes `new` over the search path `old`; `false` where it is longer, or where others use the same bytes.
fn overwrite(bytes: &mut [u8], old: &str, new: &str) -> bool {
    let Some((start, length)) = place_of_search_path(bytes, old) else { return false };
    if new.len() > length {
        return false;
    }
    bytes[start..start + length].fill(0);
    bytes[start..start + new.len()].copy_from_slice(new.as_bytes());
    true
}

/// Where in the file a search path is that is nothing but `old`, and its length.
fn place_of_search_path(bytes: &[u8], old: &str) -> Option<(usize, usize)> {
    let elf = Elf::parse(bytes).ok()?;
    let dynamic = elf.dynamic.as_ref()?;
    let entry = dynamic.dyns.iter().find(|entry| {
        matches!(entry.d_tag, DT_RPATH | DT_RUNPATH)
            && usize::try_from(entry.d_val).ok().and_then(|at| elf.dynstrtab.get_at(at)) == Some(old)
    })?;
    let at = usize::try_from(entry.d_val).ok()?;
    // Linkers let a string be the end of another.
    let is_inside = |name: usize| name > at && name <= at + old.len();
    if elf.dynsyms.iter().any(|symbol| is_inside(symbol.st_name)) {
        return None;
    }
    let table = dynamic.info.strtab as u64;
    let segment = elf
        .program_headers
        .iter()
        .find(|header| header.vm_range().contains(&usize::try_from(table).unwrap_or(0)))?;
    let start = usize::try_from(table - segment.p_vaddr + segment.p_offset).ok()? + at;
    (bytes.get(start..start + old.len())? == old.as_bytes()).then_some((start, old.len()))
}

#[cfg(test)]
mod tests {
    use super::super::contents::CarriedFile;
    use super::*;

    /// A program that needs a library of its own, linked with `options`.
    fn program(directory: &std::path::Path, options: &[&str]) -> Contents {
        let at = |name: &str| directory.join(name);
        for part in ["bin", "lib"] {
            fs_err::create_dir_all(at(part)).unwrap();
        }
        fs_err::write(at("own.c"), "int own(void) { return 7; }\n").unwrap();
        fs_err::write(at("main.c"), "int own(void);\nint main(void) { return own(); }\n").unwrap();
        let compile = |arguments: &[&str]| {
            let mut command = std::process::Command::new("cc");
            assert!(command.current_dir(directory).args(arguments).status().unwrap().success());
        };
        compile(&["-shared", "-fPIC", "-o", "lib/libown.so.1", "own.c"]);
        compile(&[&["-o", "bin/program", "main.c", "-Llib", "-l:libown.so.1"], options].concat());
        let mut contents = Contents::default();
        for path in ["bin/program", "lib/libown.so.1"] {
            let file = CarriedFile { place: at(path), executable: true };
            contents.files.insert(path.parse().unwrap(), file);
        }
        contents
    }

    fn runs(contents: &Contents, mended: &Mended) -> Option<i32> {
        let place = tempfile::tempdir().unwrap();
        for (path, file) in &contents.files {
            let target = path.below(place.path());
            fs_err::create_dir_all(target.parent().unwrap()).unwrap();
            fs_err::copy(&file.place, &target).unwrap();
            if let Some(bytes) = mended.files.get(path) {
                crate::testing::write_bytes_of_program(&target, bytes);
            }
        }
        std::process::Command::new(place.path().join("bin/program")).status().unwrap().code()
    }

    #[test]
    fn a_path_to_the_old_place_is_made_relative() {
        let directory = tempfile::tempdir().unwrap();
        let executable = "bin/program".parse().unwrap();
        for tags in ["-Wl,--enable-new-dtags", "-Wl,--disable-new-dtags"] {
            let contents = program(directory.path(), &["-Wl,-rpath,/the/place/it/was/built/for/lib", tags]);
            let mended = mend(&contents, &executable).unwrap();
            assert!(mended.files.contains_key(&executable) && mended.libraries.is_empty());
            assert_eq!(runs(&contents, &mended), Some(7), "{tags}");
        }
        let relative = program(directory.path(), &["-Wl,-rpath,$ORIGIN/../lib"]);
        let mended = mend(&relative, &executable).unwrap();
        assert!(mended.files.is_empty());
        assert_eq!(runs(&relative, &mended), Some(7));
    }

    #[test]
    fn what_finds_its_library_only_at_its_old_place_is_refused_by_name() {
        let directory = tempfile::tempdir().unwrap();
        for options in [&[][..], &["-Wl,-rpath,/l"]] {
            let contents = program(directory.path(), options);
            let error = mend(&contents, &"bin/program".parse().unwrap()).unwrap_err();
            assert!(matches!(&error, RuntimeError::NotRelocatable { .. }), "{error}");
            assert!(error.to_string().contains("libown.so.1"), "{error}");
        }
    }

    #[test]
    fn search_paths_are_relative_to_the_file() {
        assert_eq!(origin_path("bin", "lib"), "$ORIGIN/../lib");
        assert_eq!(origin_path("lib", "lib"), "$ORIGIN/../lib");
        assert_eq!(resolved("$ORIGIN/../lib", "bin").as_deref(), Some("lib"));
        assert_eq!(resolved("${ORIGIN}", "lib").as_deref(), Some("lib"));
        assert_eq!(resolved("$ORIGIN/../../..", "bin"), None);
        assert_eq!(resolved("/usr/lib", "bin"), None);
    }
}
