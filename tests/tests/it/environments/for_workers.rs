//! Environments as Attune's workers look for them: names, markers, rows, and no pip.

use std::path::{Path, PathBuf};
use std::process::Command;

use attune_schemas::Digest;
use attune_tests::binaries::Binary;
use attune_tests::metadata_forge::republish;
use attune_tests::{PackBuilder, Run, WheelBuilder, World, fake_node};
use rusqlite::Connection;

/// The name of a pack's environment, the version in its row, the path there, and the checksum.
type Row = (Option<String>, String, Option<String>);

fn rows(world: &World) -> Vec<Row> {
    let database = Connection::open(world.root().join("state/attune.db")).unwrap();
    let sql = "SELECT runtime_version_text, env_path, manifest_checksum FROM pack_environment \
        WHERE status = 'ready' ORDER BY env_path";
    let mut statement = database.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
    rows.map(Result::unwrap).collect()
}

fn marker(environment: &Path) -> Option<String> {
    fs_err::read_to_string(environment.join(".attune_deps_installed")).ok()
}

fn hex(content: &str) -> String {
    Digest::of(content.as_bytes()).hex()
}

/// A pack whose action runs on `runtime`, with a dependency file.
fn pack(runtime: &str, name: &str, manifest: &str) -> PackBuilder {
    PackBuilder::new("weaver", "1.0.0")
        .yaml(&format!("runtime_deps: [{runtime}]"))
        .action("run", runtime, "")
        .file(name, manifest)
}

/// The feature releases of Python here that can be called by their names, each with its directory.
fn pythons() -> Vec<(u8, PathBuf)> {
    let mut found = Vec::new();
    let versions = fs_err::read_dir("/root/.pyenv/versions").map(|entries| {
        entries.filter_map(Result::ok).map(|entry| entry.path().join("bin")).collect::<Vec<_>>()
    });
    let places =
        versions.unwrap_or_default().into_iter().chain(["/usr/local/bin", "/usr/bin"].map(PathBuf::from));
    for place in places {
        for minor in 8..=14_u8 {
            let works = || {
                let mut python = Command::new(place.join(format!("python3.{minor}")));
                python.arg("--version").output().is_ok_and(|output| output.status.success())
            };
            if found.iter().all(|(known, _)| *known != minor) && works() {
                found.push((minor, place.clone()));
            }
        }
    }
    found
}

/// Installs `world`'s packs with nothing but `directories` to find interpreters in.
fn install_with(world: &World, directories: &[&Path]) -> Run {
    let mut install = world.installer();
    install.arg("weaver").arg("--registry").arg(world.registry()).arg("--trust").arg(world.trust());
    install.env("PATH", std::env::join_paths(directories).unwrap());
    Run::of(install)
}

#[test]
fn requirements_without_a_line_have_their_marker() {
    for manifest in ["# nothing yet\n\n", "", "\n"] {
        let world = World::with_packs(&[&pack("python", "requirements.txt", manifest)]);
        world.install_packs(&["weaver"]).succeeds();
        let environments = world.root().join("packenvs/weaver");
        for environment in fs_err::read_dir(environments).unwrap() {
            assert_eq!(marker(&environment.unwrap().path()), Some(hex(manifest)), "{manifest:?}");
        }
        assert!(rows(&world).iter().all(|row| row.2 == Some(hex(manifest))), "{:?}", rows(&world));
    }
}

#[test]
fn a_package_file_without_dependencies_has_its_marker() {
    let manifest = "{\"name\": \"weaver\"}\n";
    let world = World::with_packs(&[&pack("nodejs", "package.json", manifest)]);
    let node = world.path().join("node");
    fake_node::write(&node, "20.1.0");
    install_with(&world, &[&node.join("bin")]).succeeds();
    for name in ["nodejs", "node.js", "nodejs-20", "node.js-20"] {
        let environment = world.root().join("packenvs/weaver").join(name);
        assert_eq!(marker(&environment), Some(hex(manifest)), "{name}");
    }
}

#[test]
fn a_release_that_does_not_name_its_dependency_file_has_the_marker_all_the_same() {
    let world = World::with_packs(&[&pack("python", "requirements.txt", "# nothing\n")]);
    // As an earlier builder published it.
    republish(&world.registry(), &world.keys(), "weaver", "1.0.0", |release| {
        release.config.environments.python.as_mut().unwrap().manifest = None;
    });
    world.install_packs(&["weaver"]).succeeds();
    let environment = world.root().join("packenvs/weaver/python");
    assert_eq!(marker(&environment), Some(hex("# nothing\n")));
}

#[test]
fn a_pack_without_a_dependency_file_has_no_marker() {
    let world = World::with_packs(&[&pack("python", "notes.txt", "")]);
    world.install_packs(&["weaver"]).succeeds();
    assert_eq!(marker(&world.root().join("packenvs/weaver/python")), None);
    assert!(rows(&world).iter().all(|row| row.2.is_none()));
}

#[test]
fn an_action_without_a_version_finds_an_environment_for_each_python_of_the_host() {
    let pythons = pythons();
    if pythons.len() < 2 {
        eprintln!("skipped: there is one Python here");
        return;
    }
    let shout = WheelBuilder::new("shout", "1.0.0").file("shout.py", "LOUD = 1\n").build();
    let weaver = PackBuilder::new("weaver", "1.0.0")
        .action("run", "python", "import shout\n")
        .file("requirements.txt", "shout==1.0.0\n")
        .wheel(&shout);
    let world = World::with_registry();
    let targets: Vec<String> = pythons.iter().map(|(minor, _)| format!("--python=3.{minor}")).collect();
    // One of the host's Pythons is not among those that the release is made for.
    let (left_out, made_for) = targets.split_last().unwrap();
    world.add_for(&[&weaver], &made_for.iter().map(String::as_str).collect::<Vec<_>>()).succeeds();
    let directories: Vec<&Path> = pythons.iter().map(|(_, place)| place.as_path()).collect();
    install_with(&world, &directories).succeeds();
    let rows = rows(&world);
    for (minor, _) in &pythons[..pythons.len() - 1] {
        let environment = world.root().join(format!("packenvs/weaver/python-3.{minor}"));
        // The very program that a worker runs for this version.
        let mut python = Command::new(environment.join(format!("bin/python3.{minor}")));
        python.args(["-c", "import shout, sys; print(sys.version_info[1], shout.LOUD)"]);
        assert_eq!(Run::of(python).succeeds().stdout, format!("{minor} 1\n"));
        assert_eq!(marker(&environment), Some(hex("shout==1.0.0\n")));
        let path = environment.display().to_string();
        let row =
            rows.iter().find(|row| row.1 == path).unwrap_or_else(|| panic!("no row for {path}: {rows:?}"));
        assert_eq!(row.0, Some(format!("3.{minor}")));
    }
    let left_out = left_out.trim_start_matches("--python=");
    assert!(!world.root().join(format!("packenvs/weaver/python-{left_out}")).exists());
    // The one without a version is one of them.
    let base = world.root().join("packenvs/weaver/python/bin/python3");
    Run::of({
        let mut python = Command::new(base);
        python.args(["-c", "import shout"]);
        python
    })
    .succeeds();
    let json = world.install_packs(&["weaver", "--json"]).succeeds().json();
    assert_eq!(json["outcome"], "unchanged");
}

#[test]
fn the_packages_of_an_environment_count_once_whatever_names_it_has() {
    let shout = WheelBuilder::new("shout", "1.0.0").file("shout.py", "LOUD = 1\n").build();
    let weaver = PackBuilder::new("weaver", "1.0.0").action("run", "python", "").wheel(&shout);
    let world = World::with_packs(&[&weaver]);
    let json = world.install_packs(&["weaver", "--json"]).succeeds().json();
    assert_eq!(json["packs"][0]["packages"], 1);
}

#[test]
fn versions_that_no_action_allows_get_no_environment() {
    let pythons = pythons();
    let Some(((minor, _), others)) = pythons.split_first() else { return };
    let yaml = format!(
        "ref: weaver.run\nlabel: x\ndescription: x\nenabled: true\nrunner_type: python\nentry_point: run.py\n\
         runtime_version: \"3.{minor}\"\n"
    );
    let weaver =
        PackBuilder::new("weaver", "1.0.0").file("actions/run.yaml", yaml).file("actions/run.py", "");
    let world = World::with_packs(&[&weaver]);
    let directories: Vec<&Path> = pythons.iter().map(|(_, place)| place.as_path()).collect();
    install_with(&world, &directories).succeeds();
    assert!(world.root().join(format!("packenvs/weaver/python-3.{minor}")).exists());
    let own = fs_err::read_link(world.root().join("packenvs/weaver/python/bin")).unwrap();
    for (other, _) in others {
        let environment = world.root().join(format!("packenvs/weaver/python-3.{other}"));
        // That of the pack itself has a name by its version as well.
        let is_own = fs_err::read_link(environment.join("bin")).is_ok_and(|bin| bin == own);
        assert!(!environment.exists() || is_own, "3.{other}");
    }
}

#[test]
fn each_node_of_the_host_has_an_environment_by_the_name_that_workers_use() {
    let world = World::with_packs(&[&pack("nodejs", "package.json", "{}")]);
    let first = world.path().join("22");
    fake_node::write(&first, "22.3.0");
    let named = world.path().join("named");
    fake_node::write(&named, "20.1.0");
    fs_err::rename(named.join("bin/node"), named.join("bin/node20")).unwrap();
    // The stand-in says that it is `node` beside itself.
    std::os::unix::fs::symlink("node20", named.join("bin/node")).unwrap();
    install_with(&world, &[&first.join("bin"), &named.join("bin")]).succeeds();
    let environments = world.root().join("packenvs/weaver");
    for (name, version) in [("node.js", "22"), ("node.js-22", "22"), ("node.js-20", "named")] {
        let node = fs_err::canonicalize(environments.join(name).join("bin/node")).unwrap();
        let expected = fs_err::canonicalize(world.path().join(version)).unwrap();
        assert!(node.starts_with(&expected), "{name}: {}", node.display());
    }
    let paths: Vec<String> = rows(&world).into_iter().map(|row| row.1).collect();
    let expected =
        ["node.js", "node.js-20", "node.js-22"].map(|name| environments.join(name).display().to_string());
    assert_eq!(paths, expected);
}

#[test]
fn either_name_of_an_environment_of_node_is_understood() {
    let world = World::with_packs(&[&pack("nodejs", "package.json", "{}")]);
    let node = world.path().join("node");
    fake_node::write(&node, "20.1.0");
    install_with(&world, &[&node.join("bin")]).succeeds();
    let path = |runtime: &str| {
        let mut command = world.command(Binary::Install);
        command.args(["env", "path", "weaver", "--runtime", runtime, "--root"]).arg(world.root());
        Run::of(command).succeeds().stdout
    };
    let listed = &world.list()["packs"][0]["environments"]["nodejs"];
    assert_eq!(
        (listed["interpreterVersion"].as_str(), listed["packages"].as_u64()),
        (Some("20.1.0"), Some(0))
    );
    assert_eq!(path("nodejs"), path("node.js"));
    assert_eq!(path("nodejs-20"), path("node.js-20"));
}

#[test]
fn no_environment_has_pip_unless_a_pack_names_it() {
    let world = World::with_packs(&[&pack("python", "requirements.txt", "# nothing\n")]);
    world.install_packs(&["weaver"]).succeeds();
    let pip = |world: &World| {
        let mut python = Command::new(world.root().join("packenvs/weaver/python/bin/python"));
        python.args(["-m", "pip", "--version"]);
        Run::of(python)
    };
    assert!(pip(&world).stderr.contains("No module named pip"), "{}", pip(&world).stderr);
    for module in ["ensurepip", "setuptools", "wheel"] {
        let place = world.root().join("packenvs/weaver/python/lib");
        let found = Run::of({
            let mut find = Command::new("find");
            find.arg("-L").arg(place).args(["-name", module]);
            find
        });
        assert_eq!(found.succeeds().stdout, "", "{module}");
    }
    let named = WheelBuilder::new("pip", "24.0")
        .file("pip/__init__.py", "")
        .file("pip/__main__.py", "print('pip of the pack')\n")
        .build();
    let world = World::with_packs(&[&pack("python", "requirements.txt", "pip==24.0\n").wheel(&named)]);
    world.install_packs(&["weaver"]).succeeds();
    assert_eq!(pip(&world).succeeds().stdout, "pip of the pack\n");
}
