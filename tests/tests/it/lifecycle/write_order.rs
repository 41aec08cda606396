//! The order in which a change reaches the disk, as strace records it: whatever a generation is made of is there before
//! its rows are, and its rows before the link moves. A power failure in between finds the one or the other state.

use std::path::Path;
use std::process::Command;

use attune_tests::soak::{missing_tool, traced};
use attune_tests::standard_packs::{greeter, reporter, watcher};
use attune_tests::{Run, World};

/// Calls that change what is on disk.
const CHANGES: [&str; 15] = [
    "write",
    "pwrite64",
    "writev",
    "copy_file_range",
    "rename",
    "renameat",
    "renameat2",
    "link",
    "linkat",
    "symlink",
    "symlinkat",
    "mkdir",
    "mkdirat",
    "unlink",
    "unlinkat",
];
/// Calls that wait for the disk.
const SYNCS: [&str; 3] = ["fsync", "fdatasync", "syncfs"];

/// A call, with the lines on which it began and ended.
#[derive(Debug)]
struct Call {
    name: String,
    began: usize,
    ended: usize,
    /// The paths that it names, by strings and by descriptors.
    paths: Vec<String>,
}

/// The calls of a run in the order in which they began.
fn calls(log: &str) -> Vec<Call> {
    let mut calls: Vec<(String, Call)> = Vec::new();
    for (line, text) in log.lines().enumerate() {
        let Some((thread, rest)) = text.split_once(' ') else { continue };
        let rest = rest.trim_start();
        if let Some(resumed) = rest.strip_prefix("<... ") {
            let name = resumed.split(' ').next().unwrap_or_default();
            let open = calls.iter_mut().rev().find(|(of, call)| of == thread && call.name == name);
            if let Some((_, call)) = open {
                call.ended = line;
                call.paths.extend(paths_in(resumed));
            }
        } else if let Some((name, arguments)) = rest.split_once('(') {
            let call = Call { name: name.to_owned(), began: line, ended: line, paths: paths_in(arguments) };
            calls.push((thread.to_owned(), call));
        }
    }
    calls.into_iter().map(|(_, call)| call).collect()
}

/// What is in quotes, and what descriptors lead to.
fn paths_in(text: &str) -> Vec<String> {
    let quoted = text.split('"').skip(1).step_by(2);
    let described = text.split('<').skip(1).filter_map(|part| part.split_once('>')).map(|(path, _)| path);
    quoted.chain(described).filter(|path| path.starts_with('/')).map(str::to_owned).collect()
}

/// Runs `command` and holds the order of its calls against the promise.
fn require_order(world: &World, name: &str, command: &Command) {
    in_order(world, command).unwrap_or_else(|reason| panic!("{name}: {reason}"));
}

/// The same; `Err` says which promise is broken.
fn in_order(world: &World, command: &Command) -> Result<(), String> {
    let log = world.path().join("calls");
    let trace = format!("trace={},{}", CHANGES.join(","), SYNCS.join(","));
    Run::of(traced(command, &["-y", "-e", &trace], &log)).succeeds();
    let root = fs_err::canonicalize(world.root()).unwrap();
    let calls = calls(&fs_err::read_to_string(&log).unwrap());
    let is_at = |call: &Call, path: &Path| call.paths.iter().any(|named| Path::new(named) == path);
    let link = root.join("current");
    let moved = calls.iter().find(|call| call.name.starts_with("rename") && is_at(call, &link));
    let moved = moved.ok_or("the link does not move")?;

    let log_of_rows = root.join("state/attune.db-wal");
    let last_rows = calls
        .iter()
        .rfind(|call| call.name == "pwrite64" && is_at(call, &log_of_rows) && call.began < moved.began);
    let last_rows = last_rows.ok_or("no rows are written")?;
    let synced = |call: &&Call| call.name == "fdatasync" || call.name == "fsync";
    let rows_on_disk = calls
        .iter()
        .filter(synced)
        .any(|call| is_at(call, &log_of_rows) && call.began > last_rows.ended && call.ended < moved.began);
    if !rows_on_disk {
        return Err("the rows are not on disk when the link moves".to_owned());
    }

    // What the generation is made of: written before a sync of all, which ended before its rows were committed.
    let is_part = |path: &String| {
        let path = Path::new(path);
        // The lists' stamps are looked at anew, and promise nothing.
        let is_stamp = path.starts_with(root.join("store/lists"));
        !is_stamp && ["store", "generations"].iter().any(|part| path.starts_with(root.join(part)))
    };
    let is_signed_here = |call: &Call| {
        let is_new = matches!(&*call.name, "write" | "link" | "linkat" | "copy_file_range");
        is_new && call.paths.iter().any(|path| path.contains("/staging/") && path.contains("/local/"))
    };
    let of_generation = |call: &&Call| {
        is_signed_here(call) || CHANGES.contains(&&*call.name) && call.paths.iter().any(is_part)
    };
    let last = calls.iter().filter(of_generation).rfind(|call| call.began < moved.began);
    let last = last.ok_or("no generation is written")?;
    let synced = calls.iter().any(|call| {
        call.name == "syncfs"
            && call.began > last.ended
            && call.ended < last_commit(&calls, &log_of_rows, moved)
    });
    if !synced {
        return Err(format!("this is not on disk when the rows are: {last:?}"));
    }

    let lasts =
        calls.iter().any(|call| call.name == "fsync" && is_at(call, &root) && call.began > moved.ended);
    if lasts { Ok(()) } else { Err("the move of the link is not on disk in the end".to_owned()) }
}

/// The line on which the last commit before the move of the link waits for the disk.
fn last_commit(calls: &[Call], log_of_rows: &Path, moved: &Call) -> usize {
    let commit = calls.iter().rfind(|call| {
        SYNCS.contains(&call.name.as_str())
            && call.paths.iter().any(|path| Path::new(path) == log_of_rows)
            && call.ended < moved.began
    });
    commit.map_or(0, |call| call.began)
}

fn command(world: &World, arguments: &[&str]) -> Command {
    let mut command = world.installer();
    command.args(arguments);
    command
}

#[test]
#[ignore = "needs strace"]
fn strace_what_a_change_needs_is_on_disk_before_the_link_moves() {
    if let Some(missing) = missing_tool() {
        println!("skipped: {missing}");
        return;
    }
    let world = World::with_packs(&[&greeter(), &reporter(), &watcher()]);
    let (registry, trust) = (world.registry(), world.trust());
    let (registry, trust) = (registry.to_str().unwrap(), trust.to_str().unwrap());
    let install = ["install", "reporter", "watcher", "--registry", registry, "--trust", trust];
    require_order(&world, "install", &command(&world, &install));
    world.add(&[&greeter().version("1.1.0").file("new.txt", "new")]).succeeds();
    require_order(&world, "upgrade", &command(&world, &["upgrade", "greeter", "--registry", registry]));
    require_order(&world, "rollback", &command(&world, &["rollback"]));
    require_order(&world, "uninstall", &command(&world, &["uninstall", "watcher"]));
    let pack = greeter().version("1.2.0").write(&world.path().join("made"));
    let unsigned = ["install", pack.to_str().unwrap(), "--allow-unsigned", "--change-registry"];
    require_order(&world, "unsigned", &command(&world, &unsigned));
    // Where nothing is waited for, the promise is not kept, and this test would tell.
    let unsynced = command(&world, &["rollback", "--no-sync"]);
    assert!(in_order(&world, &unsynced).is_err());
}
