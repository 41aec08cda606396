//! From packs to a registry, a bundle, and an installation that works.

use std::path::Path;
use std::process::{Command, Stdio};

use attune_schemas::Digest;
use attune_tests::standard_packs::{greeter, reporter, shout_wheel, watcher};
use attune_tests::world::standard;
use attune_tests::{PackBuilder, Run, Tree, World};
use rusqlite::Connection;
use serde_json::Value;

/// The standard bundle installed into a new world.
fn installed() -> World {
    let world = World::new();
    world.install_from(&standard().bundle_path(), &standard().trust()).succeeds();
    world
}

fn database(world: &World) -> Connection {
    Connection::open(world.root().join("state/attune.db")).unwrap()
}

/// The first column of a query, as text.
fn column(database: &Connection, query: &str) -> Vec<String> {
    let mut statement = database.prepare(query).unwrap();
    let rows = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

fn run(program: &Path, arguments: &[&str]) -> Run {
    let mut command = Command::new(program);
    command.args(arguments);
    Run::of(command)
}

fn snapshot_settings(world: &World) -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(&regex_of(&world.root()), "ROOT");
    settings.add_filter(&regex_of(world.path()), "WORLD");
    settings.add_filter(r"3\.\d+\.\d+", "3.X.Y");
    // Versions of other lengths make columns of other widths.
    settings.add_filter(r"([^ \n]) {2,}", "$1  ");
    settings.add_filter(r"\d+\.\d+ (KiB|MiB|B)", "SIZE");
    settings.add_filter(r"\d+ ms", "N ms");
    settings.add_filter(r"[0-9a-f]{64}", "SHA256");
    settings.add_filter(r"\d{4}-\d\d-\d\dT[0-9:.]+Z", "TIME");
    settings
}

fn regex_of(path: &Path) -> String {
    path.display().to_string().replace('.', r"\.")
}

#[test]
fn a_bundle_installs_and_is_listed() {
    let world = World::new();
    let run = world.install_from(&standard().bundle_path(), &standard().trust()).succeeds();
    let list = world.list_text();
    let mut list_json = world.list();
    // Those by version depend on the Pythons of this machine.
    for pack in list_json["packs"].as_array_mut().unwrap() {
        pack["environments"].as_object_mut().unwrap().retain(|name, _| !name.starts_with("python-"));
    }
    snapshot_settings(&world).bind(|| {
        insta::assert_snapshot!("install_text", run.stdout);
        insta::assert_snapshot!("list_text", list);
        insta::assert_snapshot!("list_json", serde_json::to_string_pretty(&list_json).unwrap());
    });
}

#[test]
fn installing_reports_in_json() {
    let world = World::new();
    let bundle = standard().bundle_path();
    let trust = standard().trust();
    let run = world.install([bundle.as_os_str(), "--trust".as_ref(), trust.as_os_str(), "--json".as_ref()]);
    let report = run.succeeds().json();
    assert_eq!(report["outcome"], "installed");
    assert_eq!(report["registry"], "demo");
    assert_eq!(report["generation"], 1);
    let requested = |pack: &Value| (pack["ref"].as_str().unwrap().to_owned(), pack["requested"] == true);
    let packs: Vec<_> = report["packs"].as_array().unwrap().iter().map(requested).collect();
    let position = |name: &str| packs.iter().position(|(pack, _)| pack == name).unwrap();
    assert!(position("greeter") < position("reporter"), "dependencies come first: {packs:?}");
    assert!(packs.contains(&("greeter".to_owned(), false)) && packs.contains(&("watcher".to_owned(), true)));
    assert_eq!(report["tests"][0]["status"], "passed");
}

#[test]
fn adding_again_changes_nothing() {
    let world = World::with_registry();
    let packs = [&greeter(), &reporter(), &watcher()];
    world.add(&packs).succeeds();
    let before = Tree::of(&world.registry());
    world.add(&packs).succeeds();
    Tree::of(&world.registry()).assert_same(&before);
}

#[test]
fn the_environment_works() {
    let world = installed();
    let environment = world.root().join("packenvs/reporter/python");
    let greeting = run(&environment.join("bin/shout"), &[]).succeeds();
    assert_eq!(greeting.stdout, "HELLO!\n");
    let script = "import shout, sys; print(shout.shout('a'), sys.prefix)";
    let told = run(&environment.join("bin/python3"), &["-c", script]).succeeds().stdout;
    assert!(told.starts_with("A! "), "{told}");
    let words = fs_err::canonicalize(environment.join("bin/shout")).unwrap();
    let words = words.ancestors().nth(2).unwrap().join("share/shout/words.txt");
    assert_eq!(fs_err::read_to_string(words).unwrap(), "hello\n");
    let by_newer_name = world.root().join("runtime_envs/reporter/python/bin/python3");
    run(&by_newer_name, &["-c", "import shout"]).succeeds();
    // The action runs as a worker would run it.
    let action = world.root().join("packs/reporter/actions/report.py");
    let said = run(&environment.join("bin/python3"), &[action.to_str().unwrap()]).succeeds();
    assert_eq!(said.stdout, "REPORT!\n");
}

#[test]
fn the_marker_is_what_workers_expect() {
    let world = installed();
    let marker = world.root().join("packenvs/reporter/python/.attune_deps_installed");
    let requirements = fs_err::read(world.root().join("packs/reporter/requirements.txt")).unwrap();
    assert_eq!(fs_err::read_to_string(marker).unwrap(), Digest::of(&requirements).hex());
}

#[test]
fn links_lead_to_the_active_generation() {
    let world = installed();
    for (link, target) in [
        ("current", "generations/1"),
        ("packs", "current/packs"),
        ("packenvs", "current/packenvs"),
        ("runtime_envs", "current/packenvs"),
    ] {
        assert_eq!(fs_err::read_link(world.root().join(link)).unwrap(), Path::new(target), "{link}");
    }
    assert!(world.root().join("packs/greeter/actions/greet.sh").is_file());
    assert!(!world.root().join("staging").exists());
    assert!(world.root().join("state/trust/demo/root.json").is_file());
}

#[test]
fn installed_packs_cannot_be_written() {
    use std::os::unix::fs::PermissionsExt;
    let world = installed();
    let file = fs_err::canonicalize(world.root().join("packs/greeter/pack.yaml")).unwrap();
    assert_eq!(fs_err::metadata(file).unwrap().permissions().mode() & 0o222, 0);
}

#[test]
fn every_component_is_registered() {
    let world = installed();
    let database = database(&world);
    for (query, expected) in [
        (
            "SELECT ref || ' ' || version FROM pack ORDER BY ref",
            &["greeter 1.0.0", "reporter 1.0.0", "watcher 1.0.0"][..],
        ),
        (
            "SELECT ref FROM action WHERE workflow_def IS NULL ORDER BY ref",
            &["greeter.greet", "greeter.wave", "reporter.report", "watcher.note"],
        ),
        (
            "SELECT a.ref FROM action a JOIN workflow_definition w ON a.workflow_def = w.id",
            &["watcher.respond"],
        ),
        ("SELECT ref FROM workflow_definition", &["watcher.respond"]),
        (
            "SELECT s.ref || ' ' || r.ref FROM sensor s JOIN runtime r ON s.runtime = r.id",
            &["watcher.spool core.python"],
        ),
        (
            "SELECT t.ref || ' ' || coalesce(t.sensor_ref, '-') FROM trigger t",
            &["watcher.arrived watcher.spool"],
        ),
        (
            "SELECT r.ref FROM rule r JOIN action a ON r.action = a.id JOIN trigger t ON r.trigger = t.id",
            &["watcher.on_arrival"],
        ),
        (
            "SELECT p.ref FROM policy p JOIN action a ON p.action = a.id WHERE threshold = 2",
            &["watcher.slowly"],
        ),
        ("SELECT ref FROM permission_set", &["watcher.viewer"]),
        (
            "SELECT DISTINCT runtime_ref FROM pack_environment WHERE pack_ref = 'reporter' AND status = 'ready'",
            &["core.python"],
        ),
        (
            "SELECT p.ref FROM pack_test_execution t JOIN pack p ON t.pack_id = p.id WHERE t.failed = 0 ORDER BY 1",
            &["greeter", "reporter"],
        ),
        ("SELECT DISTINCT trigger_reason FROM pack_test_execution", &["install"]),
        ("SELECT dependencies FROM pack WHERE ref = 'reporter'", &[r#"["greeter@^1.0"]"#]),
        ("SELECT CAST(generation AS TEXT) FROM install_journal", &["1"]),
    ] {
        assert_eq!(column(&database, query), expected, "{query}");
    }
    let storage = column(&database, "SELECT storage_path FROM pack WHERE ref = 'greeter'");
    assert_eq!(
        Path::new(&storage[0]),
        fs_err::canonicalize(world.path()).unwrap().join("root/packs/greeter")
    );
}

#[test]
fn packs_install_from_a_registry_directory() {
    let world = World::new();
    let registry = standard().registry();
    let trust = standard().trust();
    let mut command = world.installer();
    command.args(["reporter@^1", "--registry"]).arg(registry).arg("--trust").arg(trust);
    Run::of(command).succeeds();
    assert_eq!(world.installed(), ["greeter 1.0.0", "reporter 1.0.0"]);
}

#[test]
fn a_bundle_installs_from_standard_input() {
    let world = World::new();
    let mut command = world.installer();
    command.arg("-").arg("--trust").arg(standard().trust());
    command.stdin(fs_err::File::open(standard().bundle_path()).unwrap().into_parts().0);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(world.installed().len(), 3);
}

#[test]
fn a_part_of_a_bundle_installs_alone() {
    let world = World::new();
    let (bundle, trust) = (standard().bundle_path(), standard().trust());
    let arguments = [bundle.as_os_str(), "watcher".as_ref(), "--trust".as_ref(), trust.as_os_str()];
    world.install(arguments).succeeds();
    assert_eq!(world.installed(), ["watcher 1.0.0"]);
}

#[test]
fn packs_with_equal_environments_share_one() {
    let pack =
        |name: &str| PackBuilder::new(name, "1.0.0").yaml("runtime_deps: [python]").wheel(&shout_wheel());
    let world = World::with_packs(&[&pack("first"), &pack("second")]);
    world.install_packs(&["first", "second"]).succeeds();
    let count = |part: &str| fs_err::read_dir(world.root().join("store").join(part)).unwrap().count();
    assert_eq!((count("packs"), count("envs"), count("wheels")), (2, 1, 1));
    for pack in ["first", "second"] {
        let script = world.root().join("packenvs").join(pack).join("python/bin/shout");
        assert_eq!(run(&script, &[]).succeeds().stdout, "HELLO!\n");
    }
}

#[test]
fn of_two_installs_at_once_one_succeeds_and_none_harms_the_other() {
    for _ in 0..4 {
        let world = World::new();
        let start = || {
            let mut command = world.installer();
            command.arg(standard().bundle_path()).arg("--trust").arg(standard().trust());
            command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
        };
        let (mut one, mut other) = (start(), start());
        let codes = [one.wait().unwrap().code(), other.wait().unwrap().code()];
        assert!(codes.contains(&Some(0)), "{codes:?}");
        assert!(codes.iter().all(|code| matches!(code, Some(0 | 8))), "{codes:?}");
        assert_eq!(world.installed().len(), 3);
        world.install([standard().bundle_path()]).succeeds();
        assert!(!world.root().join("staging").exists());
    }
}
