//! Counts the layers of a source tree: `cargo run -p attune-tests --example layers -- [TREE]`.
//!
//! For each crate: the entries at the top of `src`, the arrows between rooms, how many of them must point upward
//! whatever the order of the rooms, and the size of the largest circle of files.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use attune_tests::import_graph::ImportGraph;

const CRATES: [&str; 7] =
    ["schemas", "registry", "host", "terminal", "installer", "server", "registry-builder"];

fn main() -> anyhow::Result<()> {
    let tree = std::env::args_os().nth(1).map_or_else(|| PathBuf::from("."), PathBuf::from);
    anyhow::ensure!(tree.join("Cargo.toml").is_file(), "`{}` is no source tree: name one", tree.display());
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "{:<17} {:>5} {:>6} {:>7} {:>7} {:>14} {:>15}",
        "CRATE", "FILES", "TOP", "ARROWS", "UPWARD", "LARGEST CIRCLE", "ACROSS ROOMS"
    )?;
    for name in CRATES {
        let src = tree.join(name).join("src");
        if !src.is_dir() {
            continue;
        }
        let graph = ImportGraph::read(&src)?;
        let arrows: Vec<(&str, &str)> = graph.arrows().into_keys().collect();
        let circles = graph.circles();
        let largest = circles.iter().map(BTreeSet::len).max().unwrap_or(0);
        let across = circles.iter().filter(|circle| {
            let mut rooms = circle.iter().filter_map(|module| module.first());
            let first = rooms.next();
            rooms.any(|room| Some(room) != first)
        });
        writeln!(
            out,
            "{name:<17} {:>5} {:>6} {:>7} {:>7} {largest:>14} {:>15}",
            graph.files.len(),
            entries(&src)?,
            arrows.len(),
            fewest_upward(&arrows),
            across.map(BTreeSet::len).max().unwrap_or(0),
        )?;
    }
    Ok(())
}

fn entries(directory: &Path) -> anyhow::Result<usize> {
    Ok(fs_err::read_dir(directory)?.count())
}

/// The arrows that point upward in the best order of the rooms that moving one room at a time finds.
fn fewest_upward(arrows: &[(&str, &str)]) -> usize {
    let mut rooms: Vec<&str> = arrows.iter().flat_map(|(from, to)| [*from, *to]).collect();
    rooms.sort_unstable();
    rooms.dedup();
    let upward = |order: &[&str]| {
        let floors: BTreeMap<&str, usize> =
            order.iter().enumerate().map(|(floor, room)| (*room, floor)).collect();
        arrows.iter().filter(|(from, to)| floors[to] > floors[from]).count()
    };
    let mut best = upward(&rooms);
    loop {
        let before = best;
        for at in 0..rooms.len() {
            for to in 0..rooms.len() {
                let mut moved = rooms.clone();
                let room = moved.remove(at);
                moved.insert(to, room);
                let count = upward(&moved);
                if count < best {
                    (best, rooms) = (count, moved);
                }
            }
        }
        if best == before {
            return best;
        }
    }
}
