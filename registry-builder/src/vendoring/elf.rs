//! The needs of a shared library or program on the machine that loads it.
//!
//! Source: the ELF gABI's dynamic section, and glibc's symbol versions (`GLIBC_2.17`).

use goblin::elf::Elf;

/// The needs of an ELF file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ElfFacts {
    /// The name that others need it by, where it says one.
    pub(crate) soname: Option<String>,
    /// The libraries that it needs.
    pub(crate) needed: Vec<String>,
    /// Where it looks for them first: the parts of its RUNPATH and RPATH.
    pub(crate) search_path: Vec<String>,
    /// The newest glibc whose symbols it uses, major and minor.
    pub(crate) glibc: Option<(u16, u16)>,
}

/// The first bytes of every ELF file.
pub(crate) const MAGIC: [u8; 4] = *b"\x7fELF";

/// Reads `bytes`; `None` where they are no sound ELF file.
pub(crate) fn read_elf(bytes: &[u8]) -> Option<ElfFacts> {
    let elf = Elf::parse(bytes).ok()?;
    let paths = elf.runpaths.iter().chain(&elf.rpaths);
    let parts = paths.flat_map(|path| path.split(':')).filter(|part| !part.is_empty());
    let verneed = elf.verneed.iter().flat_map(goblin::elf::symver::VerneedSection::iter);
    let versions =
        verneed.flat_map(|need| need.iter().map(|auxiliary| auxiliary.vna_name).collect::<Vec<_>>());
    let glibc = versions.filter_map(|name| glibc_version(elf.dynstrtab.get_at(name)?)).max();
    Some(ElfFacts {
        soname: elf.soname.map(str::to_owned),
        needed: elf.libraries.iter().map(|&library| library.to_owned()).collect(),
        search_path: parts.map(str::to_owned).collect(),
        glibc,
    })
}

/// Whether `bytes` use the engine of Node.js directly, and not the interface that stays the same
/// between its releases (Node-API).
pub(crate) fn uses_v8(bytes: &[u8]) -> bool {
    let Ok(elf) = Elf::parse(bytes) else { return false };
    let names = elf.dynsyms.iter().filter(goblin::elf::Sym::is_import);
    let mut names = names.filter_map(|symbol| elf.dynstrtab.get_at(symbol.st_name));
    names.any(|name| {
        name.starts_with("_ZN2v8") || name.starts_with("_ZNK2v8") || name == "node_module_register"
    })
}

fn glibc_version(name: &str) -> Option<(u16, u16)> {
    let (major, rest) = name.strip_prefix("GLIBC_")?.split_once('.')?;
    let minor = rest.split('.').next()?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

/// Whether `library` is part of the C library, which every machine of a platform has.
pub(crate) fn is_of_the_c_library(library: &str) -> bool {
    const STEMS: [&str; 8] =
        ["libc.so", "libm.so", "libdl.so", "librt.so", "libpthread.so", "libutil.so", "ld-linux", "ld-musl"];
    library.starts_with("libc.musl") || STEMS.iter().any(|stem| library.starts_with(stem))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_very_program_is_read() {
        let bytes = fs_err::read(std::env::current_exe().unwrap()).unwrap();
        let facts = read_elf(&bytes).unwrap();
        assert!(facts.needed.iter().any(|library| is_of_the_c_library(library)), "{facts:?}");
        if cfg!(target_env = "gnu") {
            assert!(facts.glibc >= Some((2, 2)), "{facts:?}");
        }
    }

    #[test]
    fn what_is_no_elf_file_is_passed_over() {
        assert_eq!(read_elf(b"#!/bin/sh\n"), None);
        assert_eq!(read_elf(&MAGIC), None);
        assert_eq!(read_elf(&[&MAGIC[..], &[2, 1, 1, 0], &[0xff; 200]].concat()), None);
    }

    #[test]
    fn glibc_symbols_have_versions() {
        assert_eq!(glibc_version("GLIBC_2.34"), Some((2, 34)));
        assert_eq!(glibc_version("GLIBC_2.2.5"), Some((2, 2)));
        assert_eq!(glibc_version("GLIBC_PRIVATE"), None);
        assert_eq!(glibc_version("OPENSSL_3.0.0"), None);
    }
}
