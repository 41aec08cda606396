//! Imports run downwards: a file uses its own room and those on lower floors alone.
//!
//! The tables are the design; `docs/ARCHITECTURE.md` shows them. A room without a floor fails, and so does a floor
//! without its room.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use attune_tests::import_graph::ImportGraph;

/// A crate's rooms, the ground first; those of one floor do not use each other.
type Floors = &'static [&'static [&'static str]];

const SCHEMAS: Floors = &[
    &["canonical_json", "diagnostics", "digest", "entry_path", "pack_ref", "platform", "problem"],
    &["runtime_constraint", "version", "origin"],
    &["requirement", "yaml", "runtime_definition", "environment_lock", "release", "tuf"],
    &["pack_index", "pack_set", "upstream_index", "workflow"],
    &["runtime_index", "pack"],
    &["bundle", "component", "pack_test_result"],
    &["pack_config", "lint", "fixes"],
    &["coverage", "json_schema"],
];
const REGISTRY: Floors = &[
    &["layout", "report", "resolve", "machine_fault", "workers", "confinement", "process", "checksum"],
    &["atomic_file", "archive", "wheel", "system_libraries"],
    &["pack_directory", "release_check", "blob"],
    &["trust", "packing"],
    &["source"],
    &["bundle", "fetch"],
    &["reader", "origin"],
    &["contents"],
];
const HOST: Floors = &[
    &["process"],
    &["machine", "root"],
    &["environment", "local", "preferences", "trees"],
    &["generation"],
    &["database"],
    &["inventory", "verification"],
    &["transaction"],
    &["store"],
];
const TERMINAL: Floors = &[
    &[
        "color",
        "duration",
        "error_document",
        "exit",
        "file_limit",
        "machine_hint",
        "palette",
        "printable",
        "screen",
        "warnings",
    ],
    &["output", "table"],
    &["coverage", "failure", "log", "progress", "signals"],
    &["command_line", "confirm", "report_args"],
    &["documents"],
];
const INSTALLER: Floors = &[
    &["trust"],
    &["source"],
    &["plan"],
    &["environments"],
    &["unpack", "pack_tests"],
    &["migrations", "originals"],
    &["failure"],
    &["operations"],
    &["cli"],
];
const SERVER: Floors =
    &[&["files", "access_log", "signals", "connections", "tokens"], &["api", "page"], &["serve"], &["cli"]];
const BUILDER: Floors = &[
    &["testing", "targets", "registry"],
    &["signing"],
    &["vendoring"],
    &["pack", "runtime", "bundle"],
    &["operations"],
    &["failure"],
    &["cli"],
];

/// The crates, each with its name in imports, its floors, and the crates of this workspace that it may use.
const CRATES: [(&str, &str, Floors, &[&str]); 7] = [
    ("schemas", "schemas", SCHEMAS, &[]),
    ("registry", "registry", REGISTRY, &["schemas"]),
    ("host", "host", HOST, &["registry", "schemas"]),
    ("terminal", "terminal", TERMINAL, &["registry", "schemas"]),
    ("installer", "install", INSTALLER, &["host", "registry", "schemas", "terminal"]),
    ("server", "serve", SERVER, &["host", "install", "registry", "schemas", "terminal"]),
    ("registry-builder", "build", BUILDER, &["registry", "schemas", "terminal"]),
];

/// The largest number of entries at the top of a crate that is divided into rooms.
const MAX_ENTRIES: usize = 14;

fn source(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join(name).join("src")
}

/// The faults of a crate, in words.
fn faults(graph: &ImportGraph, floors: Floors) -> Vec<String> {
    let mut faults = Vec::new();
    let floor: BTreeMap<&str, usize> = floors
        .iter()
        .enumerate()
        .flat_map(|(floor, rooms)| rooms.iter().map(move |room| (*room, floor)))
        .collect();
    let listed: BTreeSet<&str> = floor.keys().copied().collect();
    let rooms = graph.rooms();
    faults.extend(rooms.difference(&listed).map(|room| format!("room `{room}` has no floor")));
    faults.extend(listed.difference(&rooms).map(|room| format!("floor of `{room}`, which is no room")));
    for ((from, to), files) in graph.arrows() {
        if let (Some(above), Some(below)) = (floor.get(from), floor.get(to))
            && below >= above
        {
            faults.push(format!("`{from}` uses `{to}`, which is not below it: {files:?}"));
        }
    }
    faults
}

#[test]
fn imports_run_downwards() {
    for (name, _, floors, _) in CRATES {
        let graph = ImportGraph::read(&source(name)).unwrap();
        assert_eq!(faults(&graph, floors), [""; 0], "{name}");
        for circle in graph.circles() {
            let rooms: BTreeSet<_> = circle.iter().map(|module| module.first()).collect();
            assert!(rooms.len() == 1, "{name}: a circle of files spans rooms: {circle:?}");
        }
    }
}

#[test]
fn crates_use_those_below_them() {
    for (name, own, _, allowed) in CRATES {
        let graph = ImportGraph::read(&source(name)).unwrap();
        for (file, other) in graph.crates.iter().filter(|(_, other)| other != own) {
            assert!(allowed.contains(&other.as_str()), "{name}/{}: attune_{other}", file.display());
            let is_edge =
                file.starts_with("cli") || file == Path::new("cli.rs") || file == Path::new("main.rs");
            assert!(other != "terminal" || is_edge, "{name}/{} talks to people", file.display());
        }
        let manifest = fs_err::read_to_string(source(name).with_file_name("Cargo.toml")).unwrap();
        let dependencies = manifest.split("\n[").find(|part| part.starts_with("dependencies]")).unwrap();
        for other in dependencies.lines().filter_map(|line| line.strip_prefix("attune-")) {
            let other = other.split(['.', ' ']).next().unwrap();
            assert!(allowed.contains(&other), "{name}/Cargo.toml: attune-{other}");
        }
    }
}

#[test]
fn the_floors_are_those_that_the_architecture_shows() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("docs/ARCHITECTURE.md");
    let document = fs_err::read_to_string(path).unwrap();
    for (name, _, floors, _) in CRATES {
        let shown = |rooms: &&[&str]| {
            // Fixtures of unit tests are no part of the design.
            let rooms: Vec<&str> = rooms.iter().copied().filter(|room| *room != "testing").collect();
            format!("`{}`", rooms.join(" "))
        };
        let floors: Vec<String> = floors.iter().map(shown).collect();
        let row = format!("| `{name}` | {} |", floors.join(" / "));
        assert!(document.lines().any(|line| line == row), "ARCHITECTURE has no row\n{row}");
    }
}

#[test]
fn crates_of_rooms_have_few_at_their_top() {
    for name in ["host", "installer", "server", "registry-builder"] {
        let entries = fs_err::read_dir(source(name)).unwrap().count();
        assert!(entries <= MAX_ENTRIES, "{name}/src has {entries} entries");
    }
}

fn graph(files: &[(&str, &str)]) -> ImportGraph {
    ImportGraph::of(&files.iter().map(|(file, text)| (PathBuf::from(file), (*text).to_owned())).collect())
}

#[test]
fn an_import_that_points_upward_is_found() {
    const TWO: Floors = &[&["ground"], &["roof"]];
    let uses = [
        "use crate::roof::Tile;",
        "use crate::{self as own, roof::{Tile, nail}};",
        "use super::roof;",
        "pub fn f() { let _ = crate::roof::nail(1); }",
        "mod inner { use super::super::roof::Tile; }",
        "use crate::Tile;",
        "const QUOTE: char = '\"'; use crate::roof::Tile; const OTHER: char = '\\'';",
    ];
    for text in uses {
        let files = [
            ("lib.rs", "mod ground; mod roof; pub use roof::Tile;"),
            ("ground.rs", text),
            ("roof/mod.rs", "mod tiles; pub use tiles::Tile;"),
            ("roof/tiles.rs", "use crate::ground::stone;"),
        ];
        let found = faults(&graph(&files), TWO);
        assert!(found.len() == 1 && found[0].contains("`ground` uses `roof`"), "{text}: {found:?}");
    }
}

#[test]
fn what_is_no_import_is_not_found() {
    const TWO: Floors = &[&["ground"], &["roof"]];
    let texts = [
        "// use crate::roof::Tile;\n/// See [`crate::roof::Tile`].\npub struct Stone;",
        "const TEXT: &str = \"use crate::roof::Tile; \\\" crate::roof::x\";",
        "const TEXT: &str = r#\"crate::roof::Tile \" \"#;",
        "mod inner { use super::Stone; } pub struct Stone;",
    ];
    for text in texts {
        let files = [("lib.rs", "mod ground; mod roof;"), ("ground.rs", text), ("roof.rs", "")];
        assert_eq!(faults(&graph(&files), TWO), [""; 0], "{text}");
    }
}

#[test]
fn a_room_without_a_floor_and_a_floor_without_a_room_are_found() {
    let found = faults(&graph(&[("lib.rs", ""), ("cellar.rs", "")]), &[&["attic"]]);
    assert_eq!(found, ["room `cellar` has no floor", "floor of `attic`, which is no room"]);
}

#[test]
fn a_circle_of_files_is_found_through_names_that_are_handed_on() {
    let files = [
        ("lib.rs", "mod a; mod b;"),
        ("a/mod.rs", "mod deep; pub use deep::Deep;"),
        ("a/deep.rs", "use crate::b::B;"),
        ("b.rs", "use crate::a::Deep;"),
    ];
    let graph = graph(&files);
    let circles = graph.circles();
    assert!(circles.len() == 1 && circles[0].len() == 2, "{circles:?}");
}
