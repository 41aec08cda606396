//! Installers that are asked to stop while a pack's tests run: nothing is installed, nothing runs on.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use attune_tests::standard_packs::greeter;
use attune_tests::{Hosts, PackBuilder, Run, World};
use rustix::process::{Pid, Signal, kill_process};

/// Far more than anything here takes.
const LIMIT: Duration = Duration::from_mins(1);

/// Where the sleeping test writes its own process and that of its child.
fn processes(publisher: &World) -> PathBuf {
    publisher.path().join("processes")
}

/// A `greeter` whose tests sleep.
fn sleeper(publisher: &World, on_failure: &str) -> PackBuilder {
    let script = format!(
        "#!/bin/sh\nsleep 600 &\necho $$ $! > {0}.new\nmv {0}.new {0}\nwait\n",
        processes(publisher).display()
    );
    greeter().tested_by(&script, 600, on_failure)
}

/// A registry with a `greeter` whose tests sleep.
fn sleeping(on_failure: &str) -> World {
    let publisher = World::with_registry();
    publisher.add(&[&sleeper(&publisher, on_failure)]).succeeds();
    publisher
}

/// What `look` finds, as soon as it finds something.
#[track_caller]
fn wait_for<T>(what: &str, look: impl Fn() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(started.elapsed() < LIMIT, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Whether `process` has ended, be it reaped or not.
fn has_ended(process: &str) -> bool {
    let Ok(line) = fs_err::read(Path::new("/proc").join(process).join("cmdline")) else { return true };
    line.is_empty()
}

/// Installs `greeter` with `options` on `host`, and sends `signal` once its tests sleep.
///
/// Asserts that the tests do not sleep on.
fn stop(publisher: &World, host: &World, signal: Signal, options: &[&str]) -> Run {
    let _ = fs_err::remove_file(processes(publisher));
    let mut command = host.installer();
    command.arg("greeter").args(options);
    command.arg("--registry").arg(publisher.registry()).arg("--trust").arg(publisher.trust());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    let sleeping = wait_for("the tests to start", || fs_err::read_to_string(processes(publisher)).ok());
    kill_process(Pid::from_child(&child), signal).unwrap();
    let output = child.wait_with_output().unwrap();
    for process in sleeping.split_whitespace() {
        wait_for("the tests to end", || has_ended(process).then_some(()));
    }
    Run {
        status: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
fn interrupted_while_the_tests_run() {
    let publisher = sleeping("block");
    let hosts = Hosts::new();
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let run = hosts
            .refuse(130, &["error[M012]: interrupted"], |host| stop(&publisher, host, signal, &[]))
            .with_hint();
        assert!(run.stderr.contains("nothing was changed"), "{}", run.stderr);
        assert!(!run.stderr.contains("--force"), "tests that were stopped did not fail: {}", run.stderr);
    }
}

#[test]
fn an_interrupt_is_no_failure_that_could_be_ignored() {
    let publisher = sleeping("ignore");
    let hosts = Hosts::new();
    hosts.refuse(130, &["interrupted"], |host| stop(&publisher, host, Signal::INT, &["--force"]));
}

#[test]
fn interrupted_while_the_tests_of_an_upgrade_run() {
    let world = World::with_packs(&[&greeter()]);
    world.install_packs(&["greeter"]).succeeds();
    let before = world.root_tree().without_touched();
    world.add(&[&sleeper(&world, "block").version("1.1.0")]).succeeds();
    stop(&world, &world, Signal::TERM, &[]).fails(130, &["interrupted"]);
    world.root_tree().without_touched().assert_same(&before);
    assert_eq!(world.installed(), ["greeter 1.0.0"]);
}

#[test]
fn an_interrupt_is_told_in_json() {
    let publisher = sleeping("block");
    let run = stop(&publisher, &World::new(), Signal::INT, &["--json"]);
    assert_eq!((run.status, run.stdout.as_str()), (Some(130), ""));
    let error: serde_json::Value = serde_json::from_str(&run.stderr).unwrap();
    assert_eq!(error["error"]["exitCode"], 130);
    assert_eq!(error["error"]["message"], "interrupted");
}
