//! Installers that die while the steps of an environment run: half of one is never used, and what the steps of the
//! dead go on to write is nobody's environment.

use std::path::Path;
use std::time::{Duration, Instant};

use attune_tests::binaries::Binary;
use attune_tests::{PackBuilder, Run, World};
use serde_json::json;

/// The moments at which the installer can be killed: before and after what each step makes.
const MOMENTS: usize = 8;

/// A pack whose environment is made by four steps; the installer is killed at the moment that `trap` names, and the
/// step goes on all the same.
fn weaver(trap: &Path) -> PackBuilder {
    let script = format!(
        "at() {{ [ \"$(cat {0} 2>/dev/null)\" = \"$1\" ] && kill -9 $PPID && sleep 0.3; :; }}\n\
         at \"$2.before\"; mkdir -p \"$1/$2\"; echo \"$1\" > \"$1/$2/where\"; at \"$2.after\"; \
         mkdir -p \"$1/$2\"; echo done > \"$1/$2/done\"",
        trap.display()
    );
    let step = |name: usize| {
        let name = name.to_string();
        json!({"name": name, "command": "sh", "args": ["-c", script, "sh", "{env_path}", name], "order": 1})
    };
    let definition = json!({
        "ref": "weaver.tool", "name": "Tool",
        "distributions": {"verification": {"always_available": true}},
        "installers": {"installers": [step(0), step(1), step(2), step(3)]},
    });
    let pack = PackBuilder::new("weaver", "1.0.0").yaml("runtime_deps: [tool]");
    let pack = pack.file("runtimes/tool.yaml", definition.to_string());
    pack.action("run", "shell", "#!/bin/sh\necho '{}'\n")
}

/// Asserts that the environment is whole, and where it says that it is.
#[track_caller]
fn assert_whole(world: &World) {
    let place = world.root().join("packenvs/weaver/tool");
    for step in 0..4 {
        let read = |name: &str| fs_err::read_to_string(place.join(format!("{step}/{name}"))).unwrap();
        assert_eq!(read("done"), "done\n");
        let there = Path::new(read("where").trim()).join(step.to_string());
        assert_eq!(there, fs_err::canonicalize(place.join(step.to_string())).unwrap());
    }
}

fn arm(trap: &Path, moment: usize) {
    fs_err::write(trap, format!("{}.{}", moment / 2, ["before", "after"][moment % 2])).unwrap();
}

fn environments(world: &World) -> usize {
    fs_err::read_dir(world.root().join("store/envs")).map_or(0, Iterator::count)
}

fn rebuild(world: &World) -> Run {
    let mut command = world.command(Binary::Install);
    command.args(["env", "rebuild", "weaver", "--root"]).arg(world.root());
    Run::of(command)
}

#[test]
fn an_install_that_is_killed_while_steps_run_is_built_whole_by_the_next() {
    let world = World::new();
    let trap = world.path().join("trap");
    world.init("demo").succeeds();
    world.add(&[&weaver(&trap)]).succeeds();
    for moment in 0..MOMENTS {
        let _ = fs_err::remove_dir_all(world.root());
        arm(&trap, moment);
        assert_eq!(world.install_packs(&["weaver"]).status, None, "moment {moment}");
        fs_err::remove_file(&trap).unwrap();
        world.install_packs(&["weaver"]).succeeds();
        assert_whole(&world);
        assert_eq!(environments(&world), 1, "moment {moment}");
        assert!(!world.root().join("staging").exists());
    }
}

#[test]
fn a_rebuild_that_is_killed_while_steps_run_leaves_the_environment_as_it_was() {
    let world = World::new();
    let trap = world.path().join("trap");
    world.init("demo").succeeds();
    world.add(&[&weaver(&trap)]).succeeds();
    world.install_packs(&["weaver"]).succeeds();
    for moment in 0..MOMENTS {
        arm(&trap, moment);
        assert_eq!(rebuild(&world).status, None, "moment {moment}");
        fs_err::remove_file(&trap).unwrap();
        // At no time is there a moment without it.
        assert_whole(&world);
        rebuild(&world).succeeds();
        assert_whole(&world);
        assert!(!world.root().join("staging").exists());
    }
    let mut gc = world.command(Binary::Install);
    gc.args(["gc", "--keep", "0", "--root"]).arg(world.root());
    Run::of(gc).succeeds();
    assert_eq!(environments(&world), 1);
    assert_whole(&world);
}

#[test]
fn a_rebuild_whose_step_fails_leaves_the_environment_as_it_was() {
    let world = World::new();
    let trap = world.path().join("fails");
    let script = format!("test ! -e {} && mkdir -p \"$1/made\"", trap.display());
    let steps = json!([{"name": "make", "command": "sh", "args": ["-c", script, "sh", "{env_path}"]}]);
    world.init("demo").succeeds();
    world.add(&[&super::runtimes_as_data::installers(&steps)]).succeeds();
    world.install_packs(&["weaver"]).succeeds();
    let before = world.root_tree().without_touched();
    fs_err::write(&trap, "").unwrap();
    rebuild(&world).fails(5, &["Installer 'make' failed"]);
    world.root_tree().without_touched().assert_same(&before);
    fs_err::remove_file(&trap).unwrap();
    rebuild(&world).succeeds();
    assert!(world.root().join("packenvs/weaver/tool/made").is_dir());
}

#[test]
fn half_an_environment_in_the_store_is_not_taken_for_one() {
    let world = World::new();
    world.init("demo").succeeds();
    world.add(&[&weaver(&world.path().join("no-trap"))]).succeeds();
    world.install_packs(&["weaver"]).succeeds();
    let store = world.root().join("store/envs");
    let name = fs_err::read_dir(&store).unwrap().next().unwrap().unwrap().file_name();
    let host = World::new();
    let half = host.root().join("store/envs").join(&name);
    fs_err::create_dir_all(half.join("0")).unwrap();
    fs_err::create_dir_all(host.root().join("state")).unwrap();
    let mut install = host.installer();
    install.arg("weaver").arg("--registry").arg(world.registry()).arg("--trust").arg(world.trust());
    Run::of(install).succeeds();
    assert_whole(&host);
    assert!(!half.join("0/done").exists(), "nothing was added to what somebody else had made");
}

#[test]
fn what_a_killed_install_had_running_ends_with_it() {
    let world = World::new();
    let (started, trap) = (world.path().join("started"), world.path().join("alive"));
    let script = format!("echo x > {}; sleep 1; echo x > {}", started.display(), trap.display());
    let steps = json!([{"name": "wait", "command": "sh", "args": ["-c", script]}]);
    world.init("demo").succeeds();
    world.add(&[&super::runtimes_as_data::installers(&steps)]).succeeds();
    let mut install = world.installer();
    install.arg("weaver").arg("--registry").arg(world.registry()).arg("--trust").arg(world.trust());
    let mut child = install.spawn().unwrap();
    let begun = Instant::now();
    while !started.exists() {
        assert!(begun.elapsed() < Duration::from_mins(1), "the step does not start");
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    std::thread::sleep(Duration::from_secs(2));
    assert!(!trap.exists(), "the step ran on");
}
