//! The packs' own tests: what they block, and what lets them pass.

use std::path::Path;
use std::time::{Duration, Instant};

use attune_tests::standard_packs::{greeter, reporter};
use attune_tests::{Hosts, PackBuilder, Run, Tree, World};
use rusqlite::Connection;

const FAILING: &str = "#!/bin/sh\necho 'Total Tests: 3'\necho 'Passed: 1'\necho 'Failed: 2'\n\
    echo 'the second one is broken' >&2\nexit 1\n";

fn failing(on_failure: &str) -> World {
    World::with_packs(&[&greeter().tested_by(FAILING, 30, on_failure)])
}

/// Installs `greeter` with `options` on `host`.
fn install(publisher: &World, host: &World, options: &[&str]) -> Run {
    let mut command = host.installer();
    command.arg("greeter").args(options);
    command.arg("--registry").arg(publisher.registry()).arg("--trust").arg(publisher.trust());
    Run::of(command)
}

/// The counts of the last test run that is registered: total, passed, failed.
fn recorded(host: &World) -> Vec<(i64, i64, i64)> {
    let database = Connection::open(host.root().join("state/attune.db")).unwrap();
    let mut statement =
        database.prepare("SELECT total_tests, passed, failed FROM pack_test_execution").unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
    rows.map(Result::unwrap).collect()
}

#[test]
fn failing_tests_block() {
    let publisher = failing("block");
    let hosts = Hosts::new();
    let words = ["the tests of pack `greeter` failed", "the second one is broken"];
    let run = hosts.refuse(6, &words, |host| install(&publisher, host, &[])).with_hint();
    assert!(run.stderr.contains("--force") && run.stderr.contains("--skip-tests"), "{}", run.stderr);
}

#[test]
fn failing_tests_of_an_upgrade_leave_the_old_version_running() {
    let world = World::with_packs(&[&greeter()]);
    world.install_packs(&["greeter"]).succeeds();
    let before = world.root_tree().without_touched();
    world.add(&[&greeter().version("1.1.0").tested_by(FAILING, 30, "block")]).succeeds();
    world.install_packs(&["greeter"]).fails(6, &["greeter"]);
    world.root_tree().without_touched().assert_same(&before);
    assert_eq!(world.installed(), ["greeter 1.0.0"]);
}

#[test]
fn failing_tests_that_only_warn() {
    let publisher = failing("warn");
    let host = World::new();
    let run = install(&publisher, &host, &[]).succeeds();
    assert!(run.stderr.contains("the tests of pack `greeter` failed"), "{}", run.stderr);
    assert_eq!(recorded(&host), [(3, 1, 2)]);
}

#[test]
fn failing_tests_are_overruled_by_force() {
    let publisher = failing("block");
    let host = World::new();
    let run = install(&publisher, &host, &["--force"]).fails(1, &["H055", "the tests of greeter"]);
    assert!(run.stderr.contains("installed all the same"), "{}", run.stderr);
    assert_eq!(host.installed(), ["greeter 1.0.0"]);
    assert_eq!(recorded(&host), [(3, 1, 2)]);
}

#[test]
fn tests_are_counted_rather_than_runners() {
    let unit = "import unittest\n\n\nclass Pack(unittest.TestCase):\n    def test_one(self):\n        pass\n\n    \
        def test_two(self):\n        pass\n\n    @unittest.skip('no disk')\n    def test_three(self):\n        pass\n";
    let counted = reporter().unittested_by(unit);
    let silent = greeter().tested_by("#!/bin/sh\nexit 0\n", 30, "block");
    let world = World::with_packs(&[&counted, &silent]);
    world.install_packs(&["reporter", "greeter"]).succeeds();
    let list = world.list_text();
    let line = |pack: &str| list.lines().find(|line| line.starts_with(pack)).unwrap().to_owned();
    assert!(line("reporter").contains("2 of 3 passed"), "{list}");
    assert!(line("greeter").contains(" passed") && !line("greeter").contains("1 passed"), "{list}");
    let json = world.list();
    assert_eq!(json["packs"][1]["tests"]["total"], 3);
    assert_eq!(json["packs"][0]["tests"]["uncounted"], 1);
    let mut recorded = recorded(&world);
    recorded.sort_unstable();
    assert_eq!(recorded, [(1, 1, 0), (3, 2, 0)]);
}

#[test]
fn skipped_tests_do_not_run() {
    let publisher = failing("block");
    let host = World::new();
    install(&publisher, &host, &["--skip-tests"]).succeeds();
    assert_eq!(recorded(&host), []);
    install(&publisher, &World::new(), &["--skip-tests", "--force"]).succeeds();
}

#[test]
fn tests_that_do_not_end() {
    let script = "#!/bin/sh\nsleep 600 &\nsleep 600\n";
    let publisher = World::with_packs(&[&greeter().tested_by(script, 1, "block")]);
    let hosts = Hosts::new();
    let started = Instant::now();
    hosts.refuse(6, &["greeter"], |host| install(&publisher, host, &[]));
    assert!(started.elapsed() < Duration::from_mins(1));
}

#[test]
fn tests_see_the_pack_and_nothing_of_the_caller() {
    let script = "#!/bin/sh\nset -eu\ntest \"$ATTUNE_PACK_REF\" = greeter\ntest -f pack.yaml\n\
        test -z \"${SECRET_TOKEN:-}\"\n: > \"$TMPDIR/scratch\"\n";
    let publisher = World::with_packs(&[&greeter().tested_by(script, 30, "block")]);
    let host = World::new();
    let mut command = host.installer();
    command.arg("greeter").env("SECRET_TOKEN", "hunter2");
    command.arg("--registry").arg(publisher.registry()).arg("--trust").arg(publisher.trust());
    Run::of(command).succeeds();
    assert!(!host.root().join("staging").exists());
}

#[test]
fn tests_that_make_a_mess_leave_nothing_in_the_pack() {
    let script = "#!/bin/sh\nmkdir -p mess 2>/dev/null; echo x > mess/file 2>/dev/null; exit 1\n";
    let publisher = World::with_packs(&[&greeter().tested_by(script, 30, "block")]);
    let hosts = Hosts::new();
    hosts.refuse(6, &["greeter"], |host| install(&publisher, host, &[]));
}

#[test]
fn tests_that_change_their_pack_do_not_change_what_is_installed() {
    let script = "#!/bin/sh\nset -eu\nrm actions/wave.sh\necho 'echo changed' > actions/greet.sh\n\
        echo x >> pack.yaml\nmkdir mess\necho x > mess/file\nchmod 777 actions/greet.yaml\n\
        ln -s /etc/passwd stolen\nrm -r tests\n";
    let publisher = World::with_packs(&[&greeter().tested_by(script, 30, "block")]);
    let source = publisher.path().join("packs/greeter");
    let host = World::new();
    install(&publisher, &host, &[]).succeeds();
    assert_eq!(recorded(&host), [(1, 1, 0)]);
    assert_installed_is(&host, "greeter", &source);
    assert!(!host.root().join("staging").exists());
}

#[test]
fn unit_tests_that_change_their_pack_do_not_change_what_is_installed() {
    let pack = greeter().yaml("python: \"3.8\"").unittested_by(
        "import os, pathlib, unittest\n\nclass Messy(unittest.TestCase):\n    def test_it(self):\n        \
         pack = pathlib.Path(__file__).resolve().parent.parent\n        \
         (pack / 'actions/wave.sh').unlink()\n        (pack / 'pack.yaml').write_text('gone')\n        \
         (pack / 'made.py').write_text('x = 1')\n        import sys; sys.path.insert(0, str(pack)); import made\n",
    );
    let publisher = World::with_packs(&[&pack]);
    let source = publisher.path().join("packs/greeter");
    let host = World::new();
    install(&publisher, &host, &[]).succeeds();
    assert_eq!(recorded(&host), [(1, 1, 0)]);
    assert_installed_is(&host, "greeter", &source);
}

#[track_caller]
fn assert_installed_is(host: &World, pack: &str, source: &Path) {
    let installed = fs_err::canonicalize(host.root().join("packs").join(pack)).unwrap();
    Tree::of(&installed).as_packed().assert_same(&Tree::of(source).as_packed());
}

#[test]
fn failing_unit_tests_block() {
    let pack = PackBuilder::new("greeter", "1.0.0").yaml("runtime_deps: [python]").unittested_by(
        "import unittest\n\nclass Broken(unittest.TestCase):\n    def test_it(self):\n        self.assertEqual(1, 2)\n",
    );
    let publisher = World::with_packs(&[&pack]);
    let hosts = Hosts::new();
    hosts.refuse(6, &["greeter"], |host| install(&publisher, host, &[]));
}

/// Packs that depend on nothing, each tested by its script.
fn tested(scripts: &[(&str, &str)]) -> World {
    let packs = scripts.iter().map(|(name, script)| {
        PackBuilder::new(name, "1.0.0").action("act", "shell", "#!/bin/sh\n").tested_by(script, 60, "block")
    });
    let packs: Vec<PackBuilder> = packs.collect();
    World::with_packs(&packs.iter().collect::<Vec<_>>())
}

#[test]
fn packs_are_tested_side_by_side_and_reported_in_order() {
    if std::thread::available_parallelism().map_or(1, usize::from) < 2 {
        println!("skipped: there is one processor");
        return;
    }
    let place = tempfile::tempdir().unwrap();
    // Each waits for the other to be at work; one after another, the first would wait in vain.
    let script = |own: &str, other: &str| {
        format!(
            "#!/bin/sh\n: > {place}/{own}\nfor _ in $(seq 600); do test -f {place}/{other} && exit 0; sleep 0.05; done\nexit 1\n",
            place = place.path().display()
        )
    };
    let world = tested(&[("one", &script("one", "two")), ("two", &script("two", "one"))]);
    let mut install = world.installer();
    install.args(["one", "two", "--json", "--registry"]).arg(world.registry());
    let report = Run::of({
        install.arg("--trust").arg(world.trust());
        install
    });
    let report = report.succeeds().json();
    let tests = report["tests"].as_array().unwrap().iter();
    assert_eq!(tests.map(|test| test["ref"].as_str().unwrap()).collect::<Vec<_>>(), ["one", "two"]);
}

#[test]
fn the_first_pack_that_fails_is_told_and_the_others_are_stopped() {
    let slow = "#!/bin/sh\nsleep 1; echo 'the first is broken' >&2; exit 1\n";
    let quick = "#!/bin/sh\necho 'the second is broken' >&2; exit 1\n";
    let endless = "#!/bin/sh\nsleep 600\n";
    let world = tested(&[("one", slow), ("two", quick), ("zero", endless)]);
    let started = Instant::now();
    let run = world.install_packs(&["one", "two", "zero"]).fails(6, &["pack `one`", "the first is broken"]);
    assert!(!run.stderr.contains("second"), "{}", run.stderr);
    assert!(started.elapsed() < Duration::from_mins(1));
    assert!(world.root_tree().is_absent());
}
