//! Versions that the definition of a runtime lists: what actions get of them, and what the database says.

use attune_tests::{PackBuilder, World};
use serde_json::{Value, json};

use super::runtimes_as_data::{bundled, env, installers, pack};

/// A runtime with two versions that this host has and one that it has not, and an action for each of
/// `constraints`.
fn with_versions(constraints: &[&str]) -> PackBuilder {
    let mut versions =
        [version("1.2", "/bin/true"), version("1.10", "/bin/cp"), version("2.0", "no-such-program")];
    versions[0]["is_default"] = json!(true);
    with_listed(&versions, constraints)
}

/// A version of the runtime whose environment is made by, and verified with, `binary`.
fn version(version: &str, binary: &str) -> Value {
    let environment = json!({"env_type": "made", "create_command": ["cp", binary, "{env_dir}/made-by"]});
    let commands = json!({"commands": [{"binary": binary, "args": ["--version"]}]});
    json!({
        "version": version,
        "execution_config": {"interpreter": {"binary": binary}, "environment": environment},
        "distributions": {"verification": commands},
    })
}

fn with_listed(versions: &[Value], constraints: &[&str]) -> PackBuilder {
    let execution =
        json!({"environment": {"env_type": "made", "create_command": ["touch", "{env_dir}/own"]}});
    let pack = pack(&json!({"execution_config": execution, "versions": versions}), "exit 0\n");
    constraints.iter().enumerate().fold(pack, |pack, (index, constraint)| {
        let yaml = format!(
            "ref: weaver.act{index}\nlabel: x\ndescription: x\nenabled: true\nrunner_type: tool\nentry_point: run\n\
             {constraint}\n"
        );
        pack.file(&format!("actions/act{index}.yaml"), yaml).file("actions/run", "")
    })
}

#[test]
fn actions_get_the_versions_of_their_runtime_that_they_ask_for() {
    let world = bundled(&with_versions(&["", "runtime_version: \">=1.3\"", "runtime_version: \"1.x\""]));
    world.install_bundle().succeeds();
    let packenvs = world.root().join("packenvs/weaver");
    assert!(packenvs.join("tool/own").is_file());
    let same = |directory: &str, program: &str| {
        fs_err::read(packenvs.join(directory).join("made-by")).unwrap() == fs_err::read(program).unwrap()
    };
    assert!(same("tool-1.2", "/bin/true") && same("tool-1.10", "/bin/cp"));
    assert!(!packenvs.join("tool-2.0").exists());
    let listed = env(&world, &["path", "weaver", "--runtime", "tool-1.10"]).succeeds();
    assert_eq!(listed.stdout.trim(), "/bin/cp");

    let database = rusqlite::Connection::open(world.root().join("state/attune.db")).unwrap();
    let sql = "SELECT version, version_minor, is_default, available FROM runtime_version ORDER BY id";
    let rows: Vec<(String, i64, bool, bool)> = database
        .prepare(sql)
        .unwrap()
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    let expected = [("1.2", 2, true, true), ("1.10", 10, false, true), ("2.0", 0, false, false)];
    assert_eq!(
        rows,
        expected.map(|(version, minor, default, here)| (version.to_owned(), minor, default, here))
    );
    let sql = "SELECT count(*) FROM pack_environment WHERE env_key LIKE 'version:%' AND status = 'ready'";
    assert_eq!(database.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap(), 2);
}

/// A pack with an action that runs on the runtime of another.
fn user(constraint: &str) -> PackBuilder {
    let yaml = format!(
        "ref: spinner.act\nlabel: x\ndescription: x\nenabled: true\nrunner_type: tool\nentry_point: run\n\
         runtime_version: \"{constraint}\"\n"
    );
    let pack = PackBuilder::new("spinner", "1.0.0").depends_on("weaver");
    pack.file("actions/act.yaml", yaml).file("actions/run", "")
}

#[test]
fn versions_of_a_runtime_that_is_installed_already_are_known() {
    let world = World::with_packs(&[&with_versions(&[]), &user(">=1.3")]);
    world.bundle(&["weaver"]).succeeds();
    world.install_bundle().succeeds();
    world.bundle(&["spinner"]).succeeds();
    world.install_bundle().succeeds();
    let packenvs = world.root().join("packenvs/spinner");
    assert!(packenvs.join("tool-1.10/made-by").is_file() && !packenvs.join("tool-1.2").exists());

    let world = World::with_packs(&[&with_versions(&[]), &user(">=99")]);
    world.bundle(&["weaver"]).succeeds();
    world.install_bundle().succeeds();
    world.bundle(&["spinner"]).succeeds();
    world.install_bundle().fails(5, &["spinner.act", "Tool >=99"]);
}

#[test]
fn a_version_of_a_runtime_that_the_host_has_not_is_told() {
    let world = bundled(&with_versions(&["runtime_version: \">=2\""]));
    world.install_bundle().fails(5, &["weaver.act0", "Tool >=2"]).with_hint();
    assert!(world.root_tree().is_absent());
}

/// The versions in the database, each with whether it is there.
fn rows(world: &World) -> Vec<(String, bool)> {
    let database = rusqlite::Connection::open(world.root().join("state/attune.db")).unwrap();
    let mut statement =
        database.prepare("SELECT version, available FROM runtime_version ORDER BY id").unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

#[test]
fn an_upgrade_that_drops_a_version_takes_its_row_and_what_was_there_is_judged_anew() {
    let world = bundled(&with_versions(&["runtime_version: \"1.2\"", "runtime_version: \"1.10\""]));
    world.install_bundle().succeeds();
    let row = |version: &str, here| (version.to_owned(), here);
    assert_eq!(rows(&world), [row("1.2", true), row("1.10", true), row("2.0", false)]);
    let versions = [version("1.2", "/bin/true"), version("1.10", "gone-since")];
    let next = with_listed(&versions, &["runtime_version: \"1.2\""]).version("1.1.0");
    world.add(&[&next]).succeeds();
    world.bundle(&["weaver"]).succeeds();
    world.install_bundle().succeeds();
    assert_eq!(rows(&world), [row("1.2", true), row("1.10", false)]);
}

#[test]
fn the_definition_that_is_being_installed_counts_before_the_one_that_it_replaces() {
    let makes = |name: &str| {
        let place = format!("{{env_path}}/{name}");
        installers(&json!([{"name": "make", "command": "touch", "args": [place]}]))
    };
    let world = bundled(&makes("old"));
    world.install_bundle().succeeds();
    world.add(&[&makes("new").version("1.1.0"), &user("*")]).succeeds();
    world.bundle(&["weaver", "spinner"]).succeeds();
    world.install_bundle().succeeds();
    let made = world.root().join("packenvs/spinner/tool");
    assert!(made.join("new").is_file() && !made.join("old").exists());
}

#[test]
fn two_runtimes_of_one_directory_are_refused() {
    let steps = json!({"installers": [{"name": "x", "command": "true"}]});
    let other = json!({"ref": "weaver.other", "name": "Tool-1.2", "installers": steps,
        "distributions": {"verification": {"always_available": true}}});
    let yaml = "ref: weaver.more\nlabel: x\ndescription: x\nenabled: true\nrunner_type: weaver.other\nentry_point: run\n";
    let pack = with_versions(&["runtime_version: \"1.2\""]);
    let pack = pack.file("runtimes/other.yaml", other.to_string()).file("actions/more.yaml", yaml);
    let world = bundled(&pack);
    world.install_bundle().fails(5, &["`tool-1.2` already"]);
    assert!(world.root_tree().is_absent());
}

#[test]
fn versions_of_wrong_types_are_findings() {
    let world = World::with_registry();
    let version = |field: &str, value| json!({"versions": [{"version": "1.2", field: value}]});
    world.add(&[&pack(&version("is_default", json!("yes")), "exit 0\n")]).fails(1, &["is_default"]);
    // Servers pass over this one.
    let added = world.add(&[&pack(&version("execution_config", json!([])), "exit 0\n")]).succeeds();
    assert!(added.stderr.contains("warning[F008]") && added.stderr.contains("execution_config"));
}
