//! The packs that are added.

use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Result;
use attune_registry::atomic_file::create_unshared;
use attune_schemas::Digest;
use attune_tests::PackBuilder;

/// `count` packs of six small files: two actions with their programs.
pub(crate) fn small(parent: &Path, count: usize) -> Result<Vec<PathBuf>> {
    let write = |number| {
        let script = format!("#!/bin/sh\nset -eu\necho '{{\"number\": {number}}}'\n");
        let readme = format!("# Pack {number}\n\n{}", "It does one thing.\n".repeat(40));
        let pack = PackBuilder::new(&format!("small_{number:04}"), "1.0.0").file("README.md", readme);
        Ok(pack.action("one", "shell", &script).action("two", "shell", &script).write(parent))
    };
    (0..count).map(write).collect()
}

/// A pack of `mebibytes`, half of them noise, half of them text.
pub(crate) fn large(parent: &Path, mebibytes: usize) -> Result<PathBuf> {
    let pack = PackBuilder::new("large", "1.0.0").write(parent);
    let mut noise = BufWriter::new(create_unshared(&pack.join("noise"))?);
    for block in 0..mebibytes as u64 * (1 << 19) / 32 {
        noise.write_all(Digest::of(&block.to_le_bytes()).as_bytes())?;
    }
    noise.flush()?;
    let mut text = BufWriter::new(create_unshared(&pack.join("text"))?);
    let mut written = 0;
    let mut line = 0_u64;
    while written < mebibytes << 19 {
        let digest = Digest::of(&line.to_le_bytes()).hex();
        let words = format!("{line}: measured {} of {} at {}\n", &digest[..6], &digest[6..8], line / 60);
        text.write_all(words.as_bytes())?;
        (written, line) = (written + words.len(), line + 1);
    }
    text.flush()?;
    Ok(pack)
}

/// `count` packs, each with a requirement of its own.
pub(crate) fn with_requirements(parent: &Path, count: usize) -> Result<Vec<PathBuf>> {
    let write = |number| {
        let pack = PackBuilder::new(&format!("needs_{number:02}"), "1.0.0");
        Ok(pack.file("requirements.txt", format!("lib-{number:02}\n")).write(parent))
    };
    (0..count).map(write).collect()
}
