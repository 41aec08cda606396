//! What a change looks at, as strace records it: it costs what it changes, however many packs there are beside it.

use std::process::Command;

use attune_tests::soak::{missing_tool, traced};
use attune_tests::standard_packs::{greeter, reporter};
use attune_tests::{PackBuilder, Run, World};

/// Packs that no change is about.
const OTHERS: usize = 12;

fn other(number: usize) -> PackBuilder {
    PackBuilder::new(&format!("other_{number}"), "1.0.0").action("run", "shell", "#!/bin/sh\necho '{}'\n")
}

/// The calls of `command` that open something in the trees of other packs, or in the lists of those.
fn opened_in_others(world: &World, command: &Command) -> Vec<String> {
    let tree = |number| fs_err::canonicalize(world.root().join(format!("packs/other_{number}"))).unwrap();
    let trees: Vec<String> =
        (0..OTHERS).map(|number| tree(number).file_name().unwrap().to_str().unwrap().to_owned()).collect();
    let log = world.path().join("calls");
    let calls = "trace=open,openat,readlink,readlinkat,getdents64";
    Run::of(traced(command, &["-y", "-s", "4096", "-e", calls], &log)).succeeds();
    let calls = fs_err::read_to_string(&log).unwrap();
    let of_others = calls.lines().filter(|call| trees.iter().any(|tree| call.contains(tree)));
    of_others.map(str::to_owned).collect()
}

#[test]
#[ignore = "needs strace"]
fn strace_a_change_opens_nothing_in_the_trees_of_packs_that_it_is_not_about() {
    if let Some(missing) = missing_tool() {
        println!("skipped: {missing}");
        return;
    }
    let others: Vec<PackBuilder> = (0..OTHERS).map(other).collect();
    let (greeter, reporter) = (greeter(), reporter());
    let world = World::with_packs(&others.iter().chain([&greeter, &reporter]).collect::<Vec<_>>());
    let names: Vec<String> = (0..OTHERS).map(|number| format!("other_{number}")).collect();
    world.install_packs(&names.iter().map(String::as_str).collect::<Vec<_>>()).succeeds();
    world.install_packs(&["greeter"]).succeeds();
    world.add(&[&greeter.version("1.1.0")]).succeeds();

    let registry = world.registry();
    let from_registry = ["--registry", registry.to_str().unwrap()];
    let with_source = |arguments: &[&str]| [arguments, &from_registry].concat().join(" ");
    let changes = [
        with_source(&["upgrade", "greeter"]),
        "rollback".to_owned(),
        with_source(&["install", "reporter"]),
        with_source(&["install", "reporter"]),
        "uninstall reporter".to_owned(),
        with_source(&["install", "greeter", "--reinstall"]),
    ];
    for change in changes {
        let mut command = world.installer();
        command.args(change.split(' '));
        let opened = opened_in_others(&world, &command);
        assert!(opened.is_empty(), "{change}: {} calls, such as {}", opened.len(), opened[0]);
    }
    // Whoever asks for all of them has them looked at, and this test would tell.
    let mut command = world.installer();
    command.args(["upgrade", "--registry"]).arg(&registry);
    assert!(!opened_in_others(&world, &command).is_empty());
}
