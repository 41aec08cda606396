//! `status`: one line, an exit code, and metrics for a collector.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use attune_tests::binaries::Binary;
use attune_tests::standard_packs::greeter;
use attune_tests::world::standard;
use attune_tests::{PackBuilder, Run, World};
use jiff::Timestamp;
use serde_json::json;

fn status(world: &World, arguments: &[&str]) -> Run {
    let mut command = world.command(Binary::Install);
    command.arg("status").args(arguments).arg("--root").arg(world.root());
    Run::of(command)
}

fn installed() -> World {
    let world = World::new();
    world.install_from(&standard().bundle_path(), &standard().trust()).succeeds();
    world
}

/// The kinds of what needs attention.
fn concerns(world: &World) -> Vec<String> {
    let report = status(world, &["--json"]).json();
    let kinds = report["concerns"].as_array().unwrap().iter();
    kinds.map(|concern| concern["kind"].as_str().unwrap().to_owned()).collect()
}

/// A file of pack `pack` in the store, which may be changed.
fn file_of(world: &World, pack: &str, path: &str) -> std::path::PathBuf {
    let file = fs_err::canonicalize(world.root().join("packs").join(pack).join(path)).unwrap();
    fs_err::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    file
}

#[test]
fn a_host_that_is_well_is_told_in_one_line() {
    let world = installed();
    let before = world.root_tree();
    let line = status(&world, &[]).succeeds().stdout;
    assert!(line.starts_with("ok: 3 packs, generation 1, trust expires in "), "{line}");
    assert!(line.contains(" days, no differences, last operation install succeeded "), "{line}");
    assert!(line.ends_with(" ago\n") && line.lines().count() == 1, "{line}");
    let report = status(&world, &["--json"]).succeeds().json();
    assert_eq!(
        (&report["ok"], &report["packs"], &report["generation"]),
        (&json!(true), &json!(3), &json!(1))
    );
    assert_eq!((&report["concerns"], &report["differences"]), (&json!([]), &json!(0)));
    assert_eq!(report["lastOperation"]["kind"], "install");
    assert_eq!(report["trust"][0]["registry"], "demo");
    assert_eq!(status(&world, &["--quiet"]).succeeds().stdout, "");
    world.root_tree().assert_same(&before);
}

#[test]
fn differences_need_attention_and_what_was_only_touched_does_not() {
    let world = installed();
    let file = file_of(&world, "greeter", "pack.yaml");
    let text = fs_err::read(&file).unwrap();
    fs_err::write(&file, &text).unwrap();
    fs_err::set_permissions(&file, std::fs::Permissions::from_mode(0o444)).unwrap();
    let before = world.root_tree();
    assert_eq!(concerns(&world), [""; 0], "it is read, and is what it was");
    world.root_tree().assert_same(&before);

    fs_err::write(&file, [&text[..], b"\n"].concat()).unwrap();
    let run =
        status(&world, &[]).fails(1, &["error[H039]", "needs attention: I002 ", "attune-install verify"]);
    assert!(
        run.stdout.starts_with("attention: 3 packs, ") && run.stdout.contains(", 1 difference, "),
        "{run:?}"
    );
    fs_err::write(&file, &text).unwrap();
    fs_err::remove_file(world.root().join("packs")).unwrap();
    assert_eq!(concerns(&world), ["differences"]);
    world.repair(&[]).succeeds();
    status(&world, &[]).succeeds();
}

#[test]
fn a_root_without_an_active_generation_is_told_like_a_difference() {
    let world = installed();
    fs_err::remove_file(world.root().join("current")).unwrap();
    let run = status(&world, &[]).fails(1, &["error[H039]", "I001"]);
    assert!(run.stdout.starts_with("attention: 0 packs, no active generation, "), "{run:?}");
    let other = installed();
    fs_err::write(other.root().join("state/attune.db"), "x".repeat(8192)).unwrap();
    assert_eq!(concerns(&other), ["differences"]);
    status(&other, &[]).fails(1, &["I014"]).with_hint();
}

#[test]
fn expired_trust_needs_attention_unless_a_grace_was_given() {
    let world = World::new();
    world.sign_at(Timestamp::now().as_second() - 100 * 86_400);
    world.init("demo").succeeds();
    world.add(&[&greeter()]).succeeds();
    let mut install = world.installer();
    install.args(["greeter", "--expiry-grace", "30d", "--registry"]).arg(world.registry());
    install.arg("--trust").arg(world.trust());
    Run::of(install).succeeds();
    let run = status(&world, &[]).fails(1, &["metadata of registry `demo` expired on "]).with_hint();
    assert!(run.stdout.contains(", trust in demo expired 10 days ago, "), "{run:?}");
    assert_eq!(concerns(&world), ["trust-expired"]);
    let grace = |duration: &str| {
        let mut command = world.command(Binary::Install);
        command.args(["trust", "add"]).arg(world.trust()).args(["--expiry-grace", duration, "--root"]);
        command.arg(world.root());
        Run::of(command).succeeds();
    };
    grace("30d");
    let line = status(&world, &[]).succeeds().stdout;
    assert!(line.contains(", trust expires in 19 days, "), "{line}");
    grace("any");
    assert!(status(&world, &[]).succeeds().stdout.contains(", trust does not expire, "));
    // What cannot be read is no reason to be silent.
    fs_err::write(world.root().join("state/trust/demo/root.json"), "{").unwrap();
    assert_eq!(concerns(&world), ["trust-unreadable"]);
}

#[test]
fn an_operation_that_failed_needs_attention_until_one_succeeds() {
    let world = World::with_packs(&[&greeter()]);
    world.install_packs(&["greeter"]).succeeds();
    world.install_packs(&["no_such_pack"]).fails(4, &["no_such_pack"]);
    let run = status(&world, &[]).fails(1, &["no_such_pack", "history --failed"]);
    assert!(run.stdout.contains(", last operation install failed 0 s ago (R"), "{run:?}");
    assert_eq!(concerns(&world), ["operation-failed"]);
    world.add(&[&PackBuilder::new("other", "1.0.0")]).succeeds();
    world.install_packs(&["other"]).succeeds();
    status(&world, &[]).succeeds();
}

#[test]
fn a_change_that_was_cut_off_needs_attention_and_one_that_runs_does_not() {
    let world = installed();
    fs_err::create_dir_all(world.root().join("staging/2-999999")).unwrap();
    let run = status(&world, &[]).fails(1, &["of a change that was cut off", "attune-install repair"]);
    assert!(run.stdout.ends_with(", a change was cut off\n"), "{run:?}");
    let lock = fs_err::File::open(world.root().join("state/lock")).unwrap().into_file();
    lock.lock().unwrap();
    assert!(status(&world, &[]).succeeds().stdout.ends_with(", a change is running\n"));
    drop(lock);
    world.repair(&[]).succeeds();
    status(&world, &[]).succeeds();
}

#[test]
fn a_root_without_an_installation_is_told_as_such() {
    let world = World::new();
    status(&world, &[]).fails(1, &["error[H001]", "does not exist"]).with_hint();
    fs_err::create_dir(world.root()).unwrap();
    status(&world, &[]).fails(1, &["error[H002]", "nothing was ever installed"]).with_hint();
    status(&world, &["--json"]).fails(1, &["H002"]);
}

/// The metrics in `text`, each of which must have been introduced by its HELP and TYPE.
fn metrics(text: &str) -> Vec<(String, String)> {
    let mut introduced = Vec::new();
    let mut found = Vec::new();
    for line in text.lines() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            let name = help.split(' ').next().unwrap();
            assert!(!introduced.contains(&name), "{name} is introduced twice");
            introduced.push(name);
        } else if let Some(kind) = line.strip_prefix("# TYPE ") {
            assert_eq!(kind, format!("{} gauge", introduced.last().unwrap()));
        } else {
            let (metric, value) = line.rsplit_once(' ').unwrap();
            let name = metric.split('{').next().unwrap();
            assert_eq!(introduced.last(), Some(&name), "{line}");
            value.parse::<f64>().unwrap();
            found.push((metric.to_owned(), value.to_owned()));
        }
    }
    found
}

fn value(metrics: &[(String, String)], name: &str) -> Option<String> {
    let found = metrics.iter().find(|(metric, _)| metric.split('{').next() == Some(name));
    found.map(|(_, value)| value.clone())
}

#[test]
fn metrics_are_written_whole_whatever_the_status_is() {
    let world = installed();
    let file = world.path().join("collected/attune.prom");
    let write = |world: &World| status(world, &["--quiet", "--prometheus", file.to_str().unwrap()]);
    let read = || metrics(&fs_err::read_to_string(&file).unwrap());
    write(&world).fails(1, &["error[M013]", "collected"]);
    fs_err::create_dir(file.parent().unwrap()).unwrap();
    assert_eq!(write(&world).succeeds().stdout, "");
    let well = read();
    for (name, expected) in [
        ("attune_status_ok", "1"),
        ("attune_packs", "3"),
        ("attune_generation", "1"),
        ("attune_differences", "0"),
        ("attune_change_unfinished", "0"),
        ("attune_trust_accepted", "1"),
        ("attune_last_operation_success", "1"),
    ] {
        assert_eq!(value(&well, name).as_deref(), Some(expected), "{name}");
    }
    let root = fs_err::canonicalize(world.root()).unwrap();
    let labels = |extra: &str| format!("{{root=\"{}\"{extra}}}", root.display());
    let expiry =
        format!("attune_trust_expiry_timestamp_seconds{}", labels(",registry=\"demo\",role=\"timestamp\""));
    let (_, expires) =
        well.iter().find(|(metric, _)| *metric == expiry).unwrap_or_else(|| panic!("{well:?}"));
    let report = status(&world, &["--json"]).succeeds().json();
    let told: Timestamp = report["trust"][0]["expiresAt"].as_str().unwrap().parse().unwrap();
    assert_eq!(*expires, told.as_second().to_string());
    assert_eq!(fs_err::metadata(&file).unwrap().permissions().mode() & 0o777, 0o644);
    assert_eq!(fs_err::read_dir(file.parent().unwrap()).unwrap().count(), 1, "nothing is left beside it");

    let text = fs_err::read(file_of(&world, "greeter", "pack.yaml")).unwrap();
    fs_err::write(file_of(&world, "greeter", "pack.yaml"), [&text[..], b"\n"].concat()).unwrap();
    write(&world).fails(1, &["error[H039]"]);
    assert_eq!(value(&read(), "attune_status_ok").as_deref(), Some("0"));
    assert_eq!(value(&read(), "attune_differences").as_deref(), Some("2"), "its bytes and its mode");
    let empty = World::new();
    write(&empty).fails(1, &["does not exist"]);
    assert_eq!(value(&read(), "attune_status_ok").as_deref(), Some("0"));
    assert_eq!(value(&read(), "attune_packs"), None);
    write_to_directory(&world, file.parent().unwrap());
}

fn write_to_directory(world: &World, directory: &Path) {
    status(world, &["--prometheus", directory.to_str().unwrap()]).fails(1, &["is a directory"]);
    let lost = directory.join("nowhere/attune.prom");
    status(world, &["--prometheus", lost.to_str().unwrap()])
        .fails(1, &["there is no directory `", "nowhere`"]);
}

#[test]
fn metrics_go_to_standard_output_in_the_place_of_the_line() {
    let world = installed();
    let text = status(&world, &["--prometheus", "-"]).succeeds().stdout;
    assert_eq!(value(&metrics(&text), "attune_status_ok").as_deref(), Some("1"));
    assert!(!text.contains("ok: "), "{text}");
    status(&world, &["--prometheus", "-", "--json"]).fails(2, &["both write to standard output"]);
}
