//! Adds packs whose dependencies come from a package index, with one cache for all tests of a run.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use attune_tests::binaries::Binary;
use attune_tests::{PackBuilder, Run, World};

/// Empty when the tests begin, so that what is built was built by them; uv is fetched once.
fn cache() -> &'static Path {
    static CACHE: OnceLock<PathBuf> = OnceLock::new();
    CACHE.get_or_init(|| {
        let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("vendor-cache");
        if cache.exists() {
            fs_err::remove_dir_all(&cache).unwrap();
        }
        fs_err::create_dir_all(&cache).unwrap();
        cache
    })
}

pub(crate) fn add(world: &World, pack: &PackBuilder, options: &[&str]) -> Run {
    add_directory(world, &pack.write(&world.path().join("packs")), options)
}

pub(crate) fn add_directory(world: &World, pack: &Path, options: &[&str]) -> Run {
    let mut command = world.command(Binary::Build);
    command.arg("add").arg(world.registry()).arg(pack).args(options).arg("--cache-dir").arg(cache());
    Run::of(command)
}
