//! Actions that ask for a version of their runtime: environments of their own beside the pack's.

use std::path::PathBuf;
use std::process::Command;

use attune_tests::binaries::Binary;
use attune_tests::{PackBuilder, Run, WheelBuilder, World, fake_node};

/// The feature release of `python3` here.
fn here() -> u8 {
    let mut python = Command::new("python3");
    python.args(["-c", "import sys; print(sys.version_info[1])"]);
    Run::of(python).succeeds().stdout.trim().parse().unwrap()
}

fn python_pack(constraint: &str) -> PackBuilder {
    let shout = WheelBuilder::new("shout", "1.0.0").file("shout.py", "LOUD = 1\n").build();
    let yaml = format!(
        "ref: weaver.pinned\nlabel: x\ndescription: x\nenabled: true\nrunner_type: python\nentry_point: run.py\n\
         runtime_version: \"{constraint}\"\n"
    );
    PackBuilder::new("weaver", "1.0.0")
        .action("run", "python", "import shout\n")
        .file("actions/pinned.yaml", yaml)
        .wheel(&shout)
}

#[test]
fn an_action_that_asks_for_a_version_gets_an_environment_of_its_own() {
    let minor = here();
    let world = World::with_packs(&[&python_pack(&format!(">=3.{minor},<3.{}", minor + 1))]);
    world.bundle(&["weaver"]).succeeds();
    world.install_bundle().succeeds();
    let name = format!("python-3.{minor}");
    assert!(world.root().join("packenvs/weaver").join(&name).join("bin/python").exists());
    let mut path = world.command(Binary::Install);
    path.args(["env", "path", "weaver", "--runtime", &name, "--root"]).arg(world.root());
    let mut python = Command::new(Run::of(path).succeeds().stdout.trim_end());
    python.args(["-c", "import shout"]);
    Run::of(python).succeeds();
    // The same interpreter and wheels are one environment in the store.
    assert_eq!(fs_err::read_dir(world.root().join("store/envs")).unwrap().count(), 1);
    let database = rusqlite::Connection::open(world.root().join("state/attune.db")).unwrap();
    let sql = "SELECT runtime_version_text, env_key, env_path FROM pack_environment WHERE runtime_version IS NOT NULL";
    let row = database.query_row(sql, [], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?))
    });
    let (version, key, path) = row.unwrap();
    assert_eq!(version, format!("3.{minor}"));
    assert!(key.starts_with("version:") && PathBuf::from(path).ends_with(&name), "{key}");
}

#[test]
fn a_version_that_nothing_is_built_for_is_refused_when_it_is_added() {
    let world = World::with_registry();
    world.add(&[&python_pack(">=3.99")]).fails(4, &["weaver.pinned", ">=3.99"]).with_hint();
    world.add(&[&python_pack("newest")]).fails(4, &["weaver.pinned", "newest"]).with_hint();
}

#[test]
fn a_version_that_the_host_has_not_is_told() {
    let other = if here() == 14 { 13 } else { 14 };
    let world = World::with_registry();
    let options = [format!("--python=3.{}", here()), format!("--python=3.{other}")];
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    world.add_for(&[&python_pack(&format!("3.{other}"))], &options).succeeds();
    world.bundle(&[&["weaver"], &options[..]].concat()).succeeds();
    let run = world.install_bundle();
    // Some machine may have that one, too.
    if run.status != Some(0) {
        run.fails(5, &["weaver.pinned", &format!("3.{other}")]).with_hint();
        assert!(world.root_tree().is_absent());
    }
}

#[test]
fn versions_of_node_lie_beside_each_other() {
    let yaml = "ref: weaver.pinned\nlabel: x\ndescription: x\nenabled: true\nrunner_type: nodejs\nentry_point: pinned.js\n\
                runtime_version: \"20\"\n";
    let pack =
        PackBuilder::new("weaver", "1.0.0").yaml("runtime_deps: [nodejs]").file("actions/pinned.yaml", yaml);
    let world = World::with_packs(&[&pack.file("actions/pinned.js", "")]);
    world.bundle(&["weaver"]).succeeds();
    let places = ["22.3.0", "20.1.0"].map(|version| {
        let place = world.path().join(version);
        fake_node::write(&place, version);
        place.join("bin")
    });
    let mut install = world.installer();
    install.arg(world.bundle_path()).arg("--trust").arg(world.trust());
    install.env("PATH", std::env::join_paths(&places).unwrap());
    Run::of(install).succeeds();
    for (name, version) in [("nodejs", "22.3.0"), ("nodejs-20", "20.1.0"), ("node.js-20", "20.1.0")] {
        let node =
            fs_err::canonicalize(world.root().join("packenvs/weaver").join(name).join("bin/node")).unwrap();
        assert!(
            node.starts_with(fs_err::canonicalize(world.path().join(version)).unwrap()),
            "{name}: {}",
            node.display()
        );
    }
}
