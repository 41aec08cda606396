//! Runtimes that are data: environments that the steps of a definition build, offline.

use attune_tests::binaries::Binary;
use attune_tests::{Hosts, NodePackage, NodeProject, PackBuilder, Run, WheelBuilder, World};
use serde_json::{Value, json};

/// A pack whose runtime `Tool` has `fields`, tested by `script`.
pub(crate) fn pack(fields: &Value, script: &str) -> PackBuilder {
    let mut definition = json!({"ref": "weaver.tool", "name": "Tool", "distributions": {"verification": {"always_available": true}}});
    definition.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    let pack = PackBuilder::new("weaver", "1.0.0").yaml("runtime_deps: [tool]");
    let pack = pack.file("runtimes/tool.yaml", definition.to_string());
    pack.action("run", "shell", "#!/bin/sh\necho '{}'\n").tested_by(script, 60, "block")
}

pub(crate) fn installers(steps: &Value) -> PackBuilder {
    pack(&json!({"installers": {"installers": steps}}), "exit 0\n")
}

pub(crate) fn bundled(pack: &PackBuilder) -> World {
    let world = World::with_packs(&[pack]);
    world.bundle(&["weaver"]).succeeds();
    world
}

pub(crate) fn env(world: &World, arguments: &[&str]) -> Run {
    let mut command = world.command(Binary::Install);
    command.arg("env").args(arguments).arg("--root").arg(world.root());
    Run::of(command)
}

/// Status, log and error of the environment's row.
fn row(world: &World) -> (String, String, Option<String>) {
    let database = rusqlite::Connection::open(world.root().join("state/attune.db")).unwrap();
    let sql = "SELECT status, coalesce(install_log, ''), install_error FROM pack_environment";
    database.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap()
}

#[test]
fn the_example_in_perl_installs_and_its_tests_pass() {
    let world = World::with_registry();
    world.add_example("log_report").succeeds();
    world.bundle(&["log_report"]).succeeds();
    world.install_bundle().succeeds();
    let modules = world.root().join("packenvs/log_report/perl/lib/perl5/Log/Tally.pm");
    assert!(modules.is_file());
    let (status, log, error) = row(&world);
    assert_eq!((status.as_str(), error), ("ready", None));
    assert!(log.contains("installed Log::Tally 1.2"), "{log}");
    let cpanfile = fs_err::read(world.root().join("packs/log_report/cpanfile")).unwrap();
    let marker =
        fs_err::read_to_string(world.root().join("packenvs/log_report/perl/.attune_deps_installed")).unwrap();
    assert_eq!(marker, attune_schemas::Digest::of(&cpanfile).hex());

    world.verify(&[]).succeeds();
    fs_err::write(fs_err::canonicalize(&modules).unwrap(), "other").unwrap();
    assert!(world.verify(&[]).stdout.contains("Log/Tally.pm"));
}

#[test]
fn steps_run_in_order_with_every_variable() {
    let write = "printf '%s\\n' \"$@\" \"$NAMED\" >> log";
    let steps = json!([
        {"name": "second", "command": "sh", "args": ["-c", write, "sh", "{pack_path}", "{runtime_ref}"], "cwd": "{env_path}", "order": 2},
        {"name": "first", "command": "sh", "args": ["-c", write, "sh", "{env_path}", "{pack_ref}"], "cwd": "{env_path}",
         "env": {"NAMED": "{runtime_name_lower} {unknown}"}, "order": 1},
        {"name": "skipped", "command": "false", "condition": {"file_exists": "{pack_path}/missing"}},
        {"name": "may fail", "command": "sh", "args": ["-c", "echo no luck; exit 3"], "optional": true}
    ]);
    let template = "/opt/attune/packenvs/{pack_ref}/{runtime_name_lower}";
    let fields = json!({"installers": {"base_path_template": template, "installers": steps, "requires_environment": true}});
    let world = bundled(&pack(&fields, "exit 0\n"));
    world.install_bundle().succeeds();
    let place = world.root().join("packenvs/weaver/tool");
    let log = fs_err::read_to_string(place.join("log")).unwrap();
    let lines: Vec<&str> = log.lines().collect();
    let env_path = fs_err::canonicalize(place.join("log")).unwrap().parent().unwrap().display().to_string();
    let pack_path = fs_err::canonicalize(world.root().join("packs/weaver")).unwrap().display().to_string();
    assert_eq!(lines, [&env_path, "weaver", "tool {unknown}", &pack_path, "weaver.tool", ""]);
    let (status, log, _) = row(&world);
    assert_eq!(status, "ready");
    for word in ["no luck", "passed over", "skipped"] {
        assert!(log.contains(word), "{word}: {log}");
    }
}

#[test]
fn variables_of_the_environment_reach_the_tests() {
    let fields = json!({"execution_config": {
        "interpreter": {"binary": "sh"},
        "environment": {"env_type": "plain", "create_command": ["mkdir", "-p", "{env_dir}/bin"]},
        "env_vars": {"WHERE": "{env_dir}", "PATHS": {"value": "{pack_dir}", "operation": "prepend"}}
    }});
    let world = bundled(&pack(&fields, "test -d \"$WHERE/bin\" && test -f \"$PATHS/pack.yaml\"\n"));
    world.install_bundle().succeeds();
}

#[test]
fn a_step_that_fails_stops_the_install_or_is_recorded_where_that_is_forced() {
    let failing =
        json!([{"name": "compile", "command": "sh", "args": ["-c", "echo begun; echo broken >&2; exit 4"]}]);
    let publisher = bundled(&installers(&failing));
    let words = ["weaver.tool", "Installer 'compile' failed", "exit code 4", "begun", "broken"];
    let hosts = Hosts::new();
    hosts
        .refuse(5, &words, |host| host.install_from(&publisher.bundle_path(), &publisher.trust()))
        .with_hint();

    let (bundle, trust) = (publisher.bundle_path(), publisher.trust());
    let forced = [bundle.as_os_str(), "--trust".as_ref(), trust.as_os_str(), "--force".as_ref()];
    let run = publisher.install(forced).fails(1, &["without the environment tool of weaver"]);
    assert!(run.stderr.contains("could not be built"), "{}", run.stderr);
    let (status, _, error) = row(&publisher);
    assert_eq!(status, "failed");
    assert!(error.unwrap().contains("STDERR:\nbroken"));
    assert!(!publisher.root().join("packenvs/weaver/tool").exists());
}

#[test]
fn a_step_that_does_not_end_is_stopped() {
    let world =
        bundled(&installers(&json!([{"name": "wait", "command": "sleep", "args": ["60"], "timeout": 1}])));
    world.install_bundle().fails(5, &["wait", "longer than 1 s"]);
    assert!(world.root_tree().is_absent());
}

#[test]
fn steps_reach_their_pack_and_environment_alone() {
    let table = [
        (json!({"name": "x", "command": "/bin/sh"}), "/bin/sh"),
        (json!({"name": "x", "command": "../../bin/sh"}), "../../bin/sh"),
        (json!({"name": "x", "command": "{env_path}/../../../../bin/sh"}), "bin/sh"),
        (json!({"name": "x", "command": "true", "cwd": "/etc"}), "/etc"),
        (json!({"name": "x", "command": "true", "condition": {"file_exists": "/etc/passwd"}}), "/etc/passwd"),
        (json!({"name": "x", "command": "true; touch /tmp/evil"}), "touch"),
        (json!({"name": "x", "command": "no-such-program"}), "no-such-program"),
    ];
    for (step, word) in table {
        let world = bundled(&installers(&json!([step])));
        world.install_bundle().fails(5, &[word]);
        assert!(world.root_tree().is_absent(), "{word}");
    }
}

#[test]
fn steps_may_not_change_the_pack() {
    let step = json!({"name": "x", "command": "touch", "args": ["{pack_path}/new"]});
    bundled(&installers(&json!([step]))).install_bundle().fails(5, &["changed the pack"]);
}

#[test]
fn environments_are_in_packenvs() {
    for template in [
        "/etc/{pack_ref}/{runtime_name_lower}",
        "../../{pack_ref}/x",
        "{pack_ref}",
        "/opt/attune/packenvs/other/x",
    ] {
        let fields = json!({"installers": {"base_path_template": template, "installers": [{"name": "x", "command": "true"}]}});
        let world = bundled(&pack(&fields, "exit 0\n"));
        world.install_bundle().fails(5, &["weaver.tool", "packenvs"]);
        assert!(world.root_tree().is_absent(), "{template}");
    }
}

#[test]
fn names_and_versions_that_are_paths_are_refused() {
    let steps = json!({"installers": [{"name": "x", "command": "true"}]});
    let version = json!([{"version": "1/../../../../escaped"}]);
    for fields in [
        json!({"name": "../../../escaped", "aliases": ["tool"], "installers": steps}),
        json!({"name": "..", "aliases": ["tool"], "installers": steps}),
        json!({"name": "a/b", "aliases": ["tool"], "installers": steps}),
        json!({"installers": steps, "versions": version}),
    ] {
        let yaml = "ref: weaver.user\nlabel: x\ndescription: x\nenabled: true\nrunner_type: tool\nentry_point: run.sh\n";
        let pack = pack(&fields, "exit 0\n").file("actions/user.yaml", yaml);
        let world = bundled(&pack);
        world.install_bundle().fails(5, &["weaver.tool", "not in packenvs"]);
        assert!(world.root_tree().is_absent(), "{fields}");
        assert!(!world.path().join("escaped").exists());
    }
}

#[test]
fn a_host_without_the_runtime_is_told() {
    let verification = json!({"verification": {"commands": [{"binary": "no-such-program", "args": ["-v"]}]}});
    let fields = json!({"distributions": verification, "installers": [{"name": "x", "command": "true"}]});
    bundled(&pack(&fields, "exit 0\n"))
        .install_bundle()
        .fails(5, &["weaver.tool", "no-such-program"])
        .with_hint();
}

#[test]
fn a_definition_that_cannot_be_read_is_refused() {
    let world = bundled(&pack(&json!({"installers": [{"name": "without a command"}]}), "exit 0\n"));
    world.install_bundle().fails(5, &["weaver.tool", "command"]);
}

#[test]
fn another_packs_runtime_is_used_as_well() {
    let steps = json!([{"name": "make", "command": "touch", "args": ["{env_path}/made-for-{pack_ref}"]}]);
    let provider = installers(&steps);
    let user = PackBuilder::new("spinner", "1.0.0").yaml("runtime_deps: [Tool]").depends_on("weaver");
    let user = user.action("run", "shell", "#!/bin/sh\n");
    let world = World::with_packs(&[&provider, &user]);
    world.bundle(&["weaver"]).succeeds();
    world.install_bundle().succeeds();
    world.bundle(&["spinner"]).succeeds();
    world.install_bundle().succeeds();
    assert!(world.root().join("packenvs/spinner/tool/made-for-spinner").is_file());
}

#[test]
fn a_runtime_that_an_action_requires_of_its_worker_is_built_as_well() {
    let steps = json!([{"name": "make", "command": "touch", "args": ["{env_path}/made"]}]);
    let yaml = "ref: weaver.other\nlabel: x\ndescription: x\nenabled: true\nrunner_type: shell\nentry_point: run.sh\n\
                required_worker_runtimes: {TOOL: '*'}\n";
    let definition = json!({
        "ref": "weaver.tool", "name": "Tool", "installers": {"installers": steps},
        "distributions": {"verification": {"always_available": true}},
    });
    let pack = PackBuilder::new("weaver", "1.0.0").file("runtimes/tool.yaml", definition.to_string());
    let world = bundled(&pack.file("actions/other.yaml", yaml).file("actions/run.sh", ""));
    world.install_bundle().succeeds();
    assert!(world.root().join("packenvs/weaver/tool/made").is_file());
}

/// The JSON of the requirements, as it is.
const SEED_PYTHON: &str = r#"{
  "base_path_template": "/opt/attune/packenvs/{pack_ref}/{runtime_name_lower}",
  "installers": [
    {
      "name": "create_venv",
      "command": "python3",
      "args": ["-m", "venv", "{env_path}"],
      "order": 1
    },
    {
      "name": "install_requirements",
      "command": "{env_path}/bin/pip",
      "args": ["install", "-r", "{pack_path}/requirements.txt"],
      "order": 2,
      "condition": {"file_exists": "{pack_path}/requirements.txt"}
    }
  ],
  "executable_templates": {
    "python": "{env_path}/bin/python",
    "pip": "{env_path}/bin/pip"
  },
  "requires_environment": true
}"#;

#[test]
fn the_older_form_for_python_installs_vendored_wheels_with_pip() {
    let installers: Value = serde_json::from_str(SEED_PYTHON).unwrap();
    let definition = json!({"ref": "weaver.python", "name": "Python", "installers": installers});
    let shout = WheelBuilder::new("shout", "1.0.0").file("shout.py", "LOUD = 1\n").build();
    let pack = PackBuilder::new("weaver", "1.0.0").file("runtimes/python.yaml", definition.to_string());
    let pack = pack
        .action("run", "python", "import shout\n")
        .file("requirements.txt", "shout==1.0.0\n")
        .wheel(&shout);
    let world = bundled(&pack);
    world.install_bundle().succeeds();
    let python = env(&world, &["path", "weaver", "--runtime", "python"]).succeeds().stdout;
    assert!(python.trim_end().ends_with("bin/python"), "{python}");
    let mut command = std::process::Command::new(python.trim_end());
    command.args(["-c", "import shout; assert shout.LOUD == 1"]);
    Run::of(command).succeeds();
    let (_, log, _) = row(&world);
    assert!(log.contains("Successfully installed shout-1.0.0"), "{log}");
}

#[test]
#[ignore = "needs npm"]
fn index_the_older_form_for_node_installs_vendored_tarballs_with_npm() {
    let installers = json!({"installers": [{
        "name": "npm_install", "command": "npm", "args": ["install", "--prefix", "{env_path}"], "cwd": "{pack_path}",
        "env": {"NODE_PATH": "{env_path}/node_modules"}, "order": 1,
        "condition": {"file_exists": "{pack_path}/package.json"}
    }], "requires_environment": true});
    let definition =
        json!({"ref": "weaver.nodejs", "name": "Node.js", "aliases": ["nodejs"], "installers": installers});
    let right = NodePackage::new("right", "1.0.0").field("dependencies", json!({"left": "^1"}));
    let project = NodeProject::new(&["right@1"])
        .at(
            "node_modules/right",
            &right.file("index.js", "module.exports = 'right over ' + require('left');\n"),
        )
        .at("node_modules/left", &NodePackage::new("left", "1.0.0"));
    let pack = PackBuilder::new("weaver", "1.0.0").yaml("runtime_deps: [nodejs]");
    let pack =
        pack.file("runtimes/nodejs.yaml", definition.to_string()).action("run", "shell", "#!/bin/sh\n");
    let world = bundled(&project.in_pack(pack, 3));
    world.install_bundle().succeeds();
    let modules = world.root().join("packenvs/weaver/node.js/node_modules");
    let mut node = std::process::Command::new("node");
    node.env("NODE_PATH", &modules).args(["-p", "require('right')"]);
    assert_eq!(Run::of(node).succeeds().stdout, "right over left 1.0.0\n");
}
