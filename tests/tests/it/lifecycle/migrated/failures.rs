//! Changes that fail: the root is as it was, and migrations that had run are taken back.

use std::path::Path;
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use attune_tests::standard_packs::greeter;
use attune_tests::{PackBuilder, Run, World};
use rustix::process::{Pid, Signal, kill_process};

use super::{ledger, notes, noting, upgrade, world};

/// A world with `ledger` 1.0.0, and 3.0.0 whose second migration runs `script`.
fn failing(script: &str) -> World {
    let world = world();
    let entries = "\
- {from: '<2.0.0', to: 2.0.0, script: up.sh, down: down.sh}
- {from: ^2, to: 3.0.0, script: bad.sh, down: down.sh, timeout: 1}";
    world.add(&[&ledger(&world, "3.0.0", entries).file("bad.sh", script)]).succeeds();
    world
}

/// Asserts that an upgrade fails with `words`, and that the first migration was taken back and the root is as it was.
#[track_caller]
fn refused(world: &World, words: &[&str]) -> Run {
    let before = world.root_tree().without_touched();
    let run = upgrade(world, &[]).fails(5, words).with_hint();
    world.root_tree().without_touched().assert_same(&before);
    assert_eq!(notes(world), ["ledger up 1.0.0 2.0.0", "ledger down 2.0.0 1.0.0"]);
    assert!(run.stderr.contains("warning[W030]"), "{}", run.stderr);
    assert_eq!(world.installed(), ["ledger 1.0.0"]);
    world.verify(&[]).succeeds();
    run
}

#[test]
fn a_migration_that_fails_takes_the_change_back() {
    let world = failing("echo first line\necho the table is locked >&2\nexit 3\n");
    let words = [
        "error[H060]",
        "pack `ledger` from 2.0.0 to 3.0.0 failed",
        "`bad.sh`",
        "status: 3",
        "table is locked",
    ];
    let run = refused(&world, &words);
    assert!(run.stderr.contains("--skip-migrations"), "{}", run.stderr);
    let failed = world.install(["history", "--json"]).succeeds().json()["failed"].clone();
    assert_eq!(failed[0]["code"], "H060");
    // The host goes on.
    upgrade(&world, &["--skip-migrations"]).succeeds();
    assert_eq!(world.installed(), ["ledger 3.0.0"]);
}

#[test]
fn a_migration_beyond_its_limit_ends_with_all_that_it_started() {
    let world = failing("sleep 600 & echo $! > \"$(dirname \"$ATTUNE_ROOT\")/sleeping\"; wait\n");
    let started = Instant::now();
    refused(&world, &["error[H061]", "ran longer than 1 s"]);
    assert!(started.elapsed() < Duration::from_mins(1));
    let sleeping = fs_err::read_to_string(world.path().join("sleeping")).unwrap();
    let line = fs_err::read(Path::new("/proc").join(sleeping.trim()).join("cmdline")).unwrap_or_default();
    assert!(line.is_empty(), "it sleeps on");
}

#[test]
fn a_failure_without_a_way_back_says_so() {
    let world = world();
    let entries = "- {from: '<2.0.0', to: 2.0.0, script: up.sh}\n- {from: ^2, to: 3.0.0, script: bad.sh}";
    world.add(&[&ledger(&world, "3.0.0", entries).file("bad.sh", "exit 1\n")]).succeeds();
    let run = upgrade(&world, &[]).fails(5, &["warning[W031]", "no script leads back"]);
    assert!(!run.stderr.contains("W030"), "{}", run.stderr);
    assert_eq!(notes(&world), ["ledger up 1.0.0 2.0.0"]);
    // A way back that fails as well.
    let entries =
        "- {from: '<2.0.0', to: 2.0.0, script: up.sh, down: bad.sh}\n- {from: ^2, to: 3.1.0, script: bad.sh}";
    world.add(&[&ledger(&world, "3.1.0", entries).file("bad.sh", "exit 1\n")]).succeeds();
    upgrade(&world, &[]).fails(5, &["warning[W031]", "was not taken back", "`bad.sh` ended with"]);
    assert_eq!(world.installed(), ["ledger 1.0.0"]);
}

#[test]
fn a_later_step_of_the_change_that_fails_takes_them_back() {
    let world = World::with_packs(&[&greeter()]);
    world.add(&[&ledger(&world, "1.0.0", "  []")]).succeeds();
    world.install_packs(&["greeter", "ledger"]).succeeds();
    // Its action has the ref of another pack's, which is found when the rows are written.
    let action = "ref: greeter.greet\nlabel: \"Greet\"\ndescription: \"Not one\"\nenabled: true\n\
                  runner_type: shell\nentry_point: greet.sh\n";
    let entries = "- {from: '*', to: 2.0.0, script: up.sh, down: down.sh}";
    let thief = ledger(&world, "2.0.0", entries)
        .file("actions/greet.yaml", action)
        .program("actions/greet.sh", "#!/bin/sh\necho '{}'\n");
    world.add(&[&thief]).succeeds();
    let before = world.root_tree().without_touched();
    upgrade(&world, &["ledger"]).fails(7, &["its ref is taken", "warning[W030]"]);
    assert_eq!(notes(&world), ["ledger up 1.0.0 2.0.0", "ledger down 2.0.0 1.0.0"]);
    world.root_tree().without_touched().assert_same(&before);
}

#[test]
fn no_migration_runs_after_tests_that_fail() {
    let world = world();
    let entries = "- {from: '*', to: 3.0.0, script: up.sh}";
    let tested = ledger(&world, "3.0.0", entries).tested_by("#!/bin/sh\nexit 1\n", 30, "block");
    world.add(&[&tested]).succeeds();
    upgrade(&world, &[]).fails(6, &["tests of pack `ledger` failed"]);
    assert_eq!(notes(&world), [""; 0]);
}

#[test]
fn a_script_that_cannot_run_is_told_before_the_first_one_runs() {
    let script = "print('x')\n";
    for (file, words) in
        [("more.txt", "`more.txt` is not executable"), ("more.bin", "`more.bin` is not executable")]
    {
        let world = world();
        let entries = format!(
            "- {{from: '<2.0.0', to: 2.0.0, script: up.sh}}\n- {{from: ^2, to: 3.0.0, script: up.sh, down: {file}}}"
        );
        world.add(&[&ledger(&world, "3.0.0", &entries).file(file, script)]).succeeds();
        upgrade(&world, &[]).fails(5, &["error[H062]", words]).with_hint();
        assert_eq!(notes(&world), [""; 0]);
        assert_eq!(world.installed(), ["ledger 1.0.0"]);
    }
    // What is executable and no program is found when it is started.
    let world = world();
    let entries = "- {from: '*', to: 3.0.0, script: garbage}";
    world.add(&[&ledger(&world, "3.0.0", entries).program("garbage", "#!/no/such/program\n")]).succeeds();
    upgrade(&world, &[]).fails(5, &["garbage"]).with_hint();
    assert_eq!(world.installed(), ["ledger 1.0.0"]);
}

/// Upgrades, and sends `signal` once `count` migrations have begun.
fn stopped(world: &World, count: usize, signal: Signal) -> Output {
    let mut command = world.installer();
    command.arg("upgrade").arg("--registry").arg(world.registry());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    let started = Instant::now();
    while notes(world).len() < count {
        assert!(started.elapsed() < Duration::from_mins(1), "waited in vain for the migration");
        std::thread::sleep(Duration::from_millis(5));
    }
    kill_process(Pid::from_child(&child), signal).unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn a_migration_of_a_killed_installer_is_told_and_runs_again() {
    let world = World::with_registry();
    world.add(&[&ledger(&world, "1.0.0", "  []")]).succeeds();
    world.install_packs(&["ledger"]).succeeds();
    // It sleeps the first time alone.
    let slow = "d=$(dirname \"$ATTUNE_ROOT\"); [ -e \"$d/ran\" ] || { touch \"$d/ran\"; sleep 600; }";
    let entries = "- {from: '*', to: 2.0.0, script: slow.sh, down: down.sh}";
    world.add(&[&ledger(&world, "2.0.0", entries).file("slow.sh", noting(&world, slow))]).succeeds();
    stopped(&world, 1, Signal::KILL);
    assert_eq!(world.installed(), ["ledger 1.0.0"]);
    // It may have been killed before it said so.
    fs_err::write(world.path().join("ran"), "").unwrap();
    let run = upgrade(&world, &[]).succeeds();
    for words in ["W031", "the migration of pack `ledger` from 1.0.0 to 2.0.0 had begun"] {
        assert!(run.stderr.contains(words), "{}", run.stderr);
    }
    assert_eq!(notes(&world), ["ledger up 1.0.0 2.0.0"; 2]);
    assert_eq!(world.installed(), ["ledger 2.0.0"]);
    world.verify(&[]).succeeds();
}

#[test]
fn a_signal_while_one_runs_takes_the_change_back() {
    let world = World::with_registry();
    world.add(&[&ledger(&world, "1.0.0", "  []")]).succeeds();
    world.install_packs(&["ledger"]).succeeds();
    let entries = "\
- {from: '<2.0.0', to: 2.0.0, script: up.sh, down: down.sh}
- {from: ^2, to: 3.0.0, script: slow.sh}";
    world.add(&[&ledger(&world, "3.0.0", entries).file("slow.sh", noting(&world, "sleep 600"))]).succeeds();
    let before = world.root_tree().without_touched();
    let output = stopped(&world, 2, Signal::INT);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(130), "{stderr}");
    for words in ["was interrupted, and may be done in part", "from 1.0.0 to 2.0.0 was taken back"] {
        assert!(stderr.contains(words), "{stderr}");
    }
    assert_eq!(notes(&world)[2..], ["ledger down 2.0.0 1.0.0"]);
    world.root_tree().without_touched().assert_same(&before);
}

#[test]
fn migrations_that_cannot_be_published() {
    let world = World::with_registry();
    let pack = |entries: &str| ledger(&world, "2.0.0", entries);
    let refused = |pack: &PackBuilder, words: &[&str]| {
        world.add(&[pack]).fails(1, words);
    };
    refused(&pack("- {from: '*', to: 2.0.0, script: gone.sh}"), &["P025", "`gone.sh`", "pack.yaml:"]);
    refused(&pack("- {from: '*', to: 2.0.0, script: actions}"), &["P025", "`actions`"]);
    refused(&pack("- {from: '*', to: 2.0.0, script: ../up.sh}"), &["F006"]);
    refused(&pack("- {from: new, to: 2.0.0, script: up.sh}"), &["P026"]);
    refused(&pack("- {from: '*', to: '2.0', script: up.sh}"), &["P026"]);
    let ignored = pack("- {from: '*', to: 2.0.0, script: up.sh}").file(".packignore", "up.sh\n");
    refused(&ignored, &["C019", "`up.sh`", ".packignore"]);
    let run = world.add(&[&pack("- {from: '*', to: 2.1.0, script: up.sh}")]).succeeds();
    assert!(run.stderr.contains("P027") || run.stdout.contains("P027"), "{}{}", run.stdout, run.stderr);
}
