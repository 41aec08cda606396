//! `validate`: all that an installation would check, with the root untouched.

use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;

use attune_tests::standard_packs::{greeter, reporter};
use attune_tests::world::standard;
use attune_tests::{BundleFile, PackBuilder, Run, Tree, World};
use serde_json::{Value, json};

use super::{know, publisher, run};

fn validate(host: &World, arguments: &[&str]) -> Run {
    run(host, &[&["validate"], arguments].concat())
}

/// The codes of all findings.
fn codes(report: &Value) -> Vec<&str> {
    let checked = report["checked"].as_array().unwrap().iter();
    let findings = checked.flat_map(|checked| checked["findings"].as_array().unwrap());
    findings.map(|finding| finding["code"].as_str().unwrap()).collect()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_good_bundle_passes_and_nothing_is_written() {
    let host = World::new();
    let (bundle, trust) = (standard().bundle_path(), standard().trust());
    let (bundle, trust) = (text(&bundle), text(&trust));
    let scratch = host.path().join("scratch");
    fs_err::create_dir(&scratch).unwrap();
    let mut command = host.installer();
    command.args(["validate", bundle, "--trust", trust, "--json"]).env("TMPDIR", &scratch);
    let report = Run::of(command).succeeds().json();
    assert!(host.root_tree().is_absent(), "a root that does not exist is not made");
    assert_eq!(fs_err::read_dir(&scratch).unwrap().count(), 0, "nothing is left of what was unpacked");
    let checked = &report["checked"][0];
    assert_eq!((&report["valid"], &checked["registry"]), (&json!(true), &json!("demo")));
    assert_eq!(checked["packs"].as_array().unwrap().len(), 3);
    assert!(checked["planned"]["diskBytes"].as_u64().unwrap() > 0);
    let told = validate(&host, &[bundle, "--trust", trust]).succeeds().stdout;
    assert!(told.contains("valid; 3 packs of demo"), "{told}");
    host.install_from(&standard().bundle_path(), &standard().trust()).succeeds();
    let before = host.root_tree();
    validate(&host, &[bundle]).succeeds();
    host.root_tree().assert_same(&before);
}

#[test]
fn a_bundle_that_nobody_vouches_for_does_not_pass() {
    let host = World::new();
    let bundle = standard().bundle_path();
    let run = validate(&host, &[text(&bundle), "--json"]).fails(3, &["T001"]);
    assert_eq!((&run.json()["valid"], codes(&run.json())), (&json!(false), vec!["T001"]));
    let run = validate(&host, &[text(&bundle)]).fails(3, &["1 fault in"]).with_hint();
    assert!(run.stdout.contains("error[T001]") && run.stdout.contains("--trust"), "{}", run.stdout);
    assert!(host.root_tree().is_absent());
}

#[test]
fn every_damaged_blob_is_told_at_once() {
    let host = World::new();
    let mut bundle = BundleFile::read(&standard().bundle_path());
    // The last blobs of a bundle are wheels and archives, which nothing is planned by.
    let last: Vec<usize> = bundle.blobs().into_iter().rev().take(2).collect();
    let mut expected: Vec<String> = last.iter().map(|at| bundle.entries[*at].0.clone()).collect();
    expected.sort();
    for at in last {
        let content = &mut bundle.entries[at].1;
        let end = content.len() - 1;
        content[end] ^= 1;
    }
    let damaged = host.path().join("damaged.tar.zst");
    bundle.write(&damaged);
    let trust = standard().trust();
    let run = validate(&host, &[text(&damaged), "--trust", text(&trust), "--json"]).fails(3, &["2 faults"]);
    let report = run.json();
    assert_eq!(codes(&report).len(), 2, "{report}");
    let findings = report["checked"][0]["findings"].as_array().unwrap().iter();
    let files: Vec<&str> = findings.map(|finding| finding["file"].as_str().unwrap()).collect();
    assert_eq!(files, expected);
    assert!(host.root_tree().is_absent());
}

#[test]
fn a_host_without_the_interpreter_is_told_of_each_pack() {
    let world = World::with_packs(&[&greeter(), &reporter()]);
    let node = PackBuilder::new("noder", "1.0.0").yaml("runtime_deps: [nodejs]\nnodejs: \">=99\"").action(
        "x",
        "nodejs",
        "console.log('x')\n",
    );
    world.add(&[&node]).succeeds();
    world.bundle(&["reporter", "noder"]).succeeds();
    let (bundle, trust) = (world.bundle_path(), world.trust());
    let mut command = world.installer();
    command.args(["validate", text(&bundle), "--trust", text(&trust), "--json"]).env("PATH", world.path());
    command.args(["--python", "/nonexistent/python3", "--node", "/nonexistent/node"]);
    let run = Run::of(command);
    assert_eq!(run.status, Some(5), "{}{}", run.stdout, run.stderr);
    assert!(codes(&run.json()).len() >= 2, "{}", run.stdout);
    assert!(world.root_tree().is_absent());
}

#[test]
fn packs_are_validated_through_the_registries() {
    let (host, corp) = (World::new(), publisher("corp", &[&greeter(), &reporter()]));
    validate(&host, &["reporter"]).fails(2, &["U005"]).with_hint();
    know(&host, &corp);
    let before = host.root_tree();
    let report = validate(&host, &["reporter", "greeter@^1", "--json"]).succeeds().json();
    assert_eq!(
        (&report["checked"][0]["registry"], &report["checked"][0]["kind"]),
        (&json!("corp"), &json!("packs"))
    );
    validate(&host, &["greeter@^3"]).fails(4, &["R002"]);
    validate(&host, &["absent"]).fails(4, &["R001"]);
    let blob = fs_err::read_dir(corp.registry().join("blobs/sha256")).unwrap();
    let largest = blob
        .map(|entry| entry.unwrap().path())
        .max_by_key(|path| fs_err::metadata(path).unwrap().len())
        .unwrap();
    let mut bytes = fs_err::read(&largest).unwrap();
    bytes[0] ^= 1;
    fs_err::remove_file(&largest).unwrap();
    fs_err::write(&largest, bytes).unwrap();
    validate(&host, &["reporter"]).fails(3, &["S013"]);
    host.root_tree().assert_same(&before);
}

#[test]
fn a_packs_directory_is_held_against_the_linter() {
    let host = World::new();
    greeter().write(host.path());
    let report = validate(&host, &["./greeter", "--json"]).succeeds().json();
    assert_eq!((&report["checked"][0]["kind"], &report["valid"]), (&json!("directory"), &json!(true)));
    PackBuilder::new("broken", "1.0.0")
        .file("actions/x.yaml", "ref: broken.x\nlabel: X\nrunner_type: shell\nentry_point: absent.sh\n")
        .file("actions/y.yaml", "ref: broken.y\nlabel: Y\nrunner_type: shell\nentry_point: absent.sh\n")
        .write(host.path());
    let run = validate(&host, &["./broken", "./greeter", "--json"]).fails(1, &["B016"]);
    let report = run.json();
    assert!(codes(&report).len() >= 2, "{report}");
    let finding = &report["checked"][0]["findings"][0];
    assert!(finding["file"].is_string() && finding["line"].is_u64(), "{finding}");
    assert_eq!(report["checked"][1]["valid"], true);
    assert!(host.root_tree().is_absent());
}

#[test]
fn a_bundle_on_standard_input_is_validated_as_it_passes() {
    let host = World::new();
    let mut command = host.installer();
    command.args(["validate", "-", "--trust"]).arg(standard().trust());
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(&fs_err::read(standard().bundle_path()).unwrap()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(Tree::of(&host.root()).is_absent());
    validate(&host, &["-", "-"]).fails(2, &["standard input"]);
    validate(&host, &["absent.tar.zst"]).fails(2, &["S001"]);
}
