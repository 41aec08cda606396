//! The time that people wait at `attune-build add`, `bundle`, and an install of much data.
//!
//! `cargo bench -p attune-tests --bench add -- [--packs N] [--large-mib N] [--repeat N] [--peer ATTUNE_BUILD] [--uv UV]`:
//! many small packs, one large one, and packs with Python requirements from an index that takes its time, on tmpfs
//! and on disk. With `--peer`, another `attune-build` does the same in turn.

#![allow(clippy::print_stdout, reason = "the report is what a benchmark is for")]

mod index;
mod measure;
mod packs;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;
use attune_tests::World;
use attune_tests::binaries::Binary;
use clap::Parser;

use index::SlowIndex;
use measure::{Measured, run};

/// Measures the publisher.
#[derive(Debug, Parser)]
struct Options {
    /// Small packs, of five files each
    #[arg(long, default_value_t = 1000)]
    packs: usize,
    /// The size of the large pack in MiB, half of which shrinks
    #[arg(long, default_value_t = 1024)]
    large_mib: usize,
    /// Packs with requirements
    #[arg(long, default_value_t = 15)]
    needs: usize,
    /// Milliseconds that the index takes for each answer
    #[arg(long, default_value_t = 100)]
    delay_ms: u64,
    /// Rounds
    #[arg(long, default_value_t = 3)]
    repeat: usize,
    /// Another attune-build, to be measured in turn
    #[arg(long)]
    peer: Option<PathBuf>,
    /// The uv to resolve with; without one, packs with requirements are left out
    #[arg(long)]
    uv: Option<PathBuf>,
    /// Given by `cargo bench`
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> Result<()> {
    let options = Options::parse();
    let own = Binary::Build.path();
    let builders: Vec<&Path> = std::iter::once(&*own).chain(options.peer.as_deref()).collect();
    println!("| on | round | attune-build | what | time | CPU | memory |\n|---|--:|---|---|--:|--:|--:|");
    let places = [("tmpfs", PathBuf::from("/dev/shm")), ("disk", std::env::temp_dir())];
    for (place, directory) in places.iter().filter(|(_, directory)| directory.is_dir()) {
        let sources = tempfile::tempdir_in(directory)?;
        let small = packs::small(sources.path(), options.packs)?;
        let large = packs::large(sources.path(), options.large_mib)?;
        let needs = packs::with_requirements(sources.path(), options.needs)?;
        for round in 1..=options.repeat {
            for builder in &builders {
                let name = if *builder == own { "this" } else { "peer" };
                let tell = |what: &str, measured: &Measured| {
                    println!("| {place} | {round} | {name} | {what} | {measured} |");
                };
                add_twice(builder, directory, &small, "small packs", &tell)?;
                large_pack(builder, directory, &large, &tell)?;
                if let Some(uv) = &options.uv {
                    resolve_twice(builder, directory, &needs, uv, options.delay_ms, &tell)?;
                }
            }
        }
    }
    Ok(())
}

type Tell<'a> = &'a dyn Fn(&str, &Measured);

fn registry_in(directory: &Path) -> World {
    let world = World::in_directory(directory);
    world.init("demo").succeeds();
    world
}

fn add_command(builder: &Path, world: &World, packs: &[PathBuf]) -> Command {
    let mut command = Command::new(builder);
    world.prepare(&mut command);
    command.arg("add").arg(world.registry()).args(packs).args(["--quiet", "--python=3.11"]);
    command
}

fn add_twice(builder: &Path, place: &Path, packs: &[PathBuf], what: &str, tell: Tell<'_>) -> Result<()> {
    let world = registry_in(place);
    tell(&format!("{} {what}", packs.len()), &run(add_command(builder, &world, packs))?);
    tell("again", &run(add_command(builder, &world, packs))?);
    Ok(())
}

/// Adds, bundles and installs one pack.
fn large_pack(builder: &Path, place: &Path, pack: &Path, tell: Tell<'_>) -> Result<()> {
    let world = registry_in(place);
    let packs = [pack.to_owned()];
    tell("the large pack", &run(add_command(builder, &world, &packs))?);
    tell("again", &run(add_command(builder, &world, &packs))?);
    let mut bundle = Command::new(builder);
    world.prepare(&mut bundle);
    bundle.arg("bundle").arg(world.registry()).args(["large", "--quiet", "-o"]).arg(world.bundle_path());
    tell("its bundle", &run(bundle)?);
    let mut install = world.installer();
    install.arg(world.bundle_path()).arg("--trust").arg(world.trust());
    tell("its installation", &run(install)?);
    Ok(())
}

fn resolve_twice(
    builder: &Path,
    place: &Path,
    packs: &[PathBuf],
    uv: &Path,
    delay_ms: u64,
    tell: Tell<'_>,
) -> Result<()> {
    let world = registry_in(place);
    let index = SlowIndex::start(packs.len(), delay_ms);
    let command = || {
        let mut command = add_command(builder, &world, packs);
        command.arg("--uv").arg(uv).args(["--index-url", &index.url()]);
        command.env("UV_CACHE_DIR", world.path().join("uv"));
        command
    };
    tell(&format!("{} packs with requirements", packs.len()), &run(command())?);
    let asked = index.asked();
    tell("again", &run(command())?);
    anyhow::ensure!(index.asked() == asked, "the index was asked again");
    Ok(())
}
