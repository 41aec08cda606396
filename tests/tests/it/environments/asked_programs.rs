//! The programs of a host that a release has run, to see whether a runtime is there: they answer, and can do no more.

use std::net::TcpListener;
use std::path::Path;

use attune_tests::{Run, World};
use serde_json::{Value, json};

use super::runtimes_as_data::{bundled, pack};

/// A publisher whose runtime asks `bash` by `script`, and expects `here` in the answer.
fn asking(script: &str) -> World {
    let command = json!({"binary": "bash", "args": ["-c", script], "pattern": "here"});
    let step = json!({"name": "make", "command": "true"});
    bundled(&pack(
        &json!({
            "distributions": {"verification": {"commands": [command]}},
            "installers": {"installers": [step]},
        }),
        "exit 0\n",
    ))
}

fn install(world: &World, options: &[&str]) -> Run {
    let mut command = world.installer();
    command.arg(world.bundle_path()).arg("--trust").arg(world.trust()).args(options);
    command.env("TOKEN", "secret");
    Run::of(command)
}

/// What the installer says that it asked.
fn asked(run: Run) -> Value {
    let report = run.succeeds().json();
    assert_eq!(report["asked"].as_array().unwrap().len(), 1, "{report}");
    report["asked"][0].clone()
}

/// Whether the program could do `deed`, which the report says that the kernel prevented, or else could not.
#[track_caller]
fn assert_prevented(is_prevented: &Value, is_done: bool, deed: &str) {
    assert_eq!(is_prevented.as_bool(), Some(!is_done), "{deed}");
    if is_done {
        println!("not prevented, as this kernel cannot: {deed}");
    }
}

#[test]
fn a_program_that_is_asked_changes_nothing_and_reaches_nobody() {
    let outside = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let (victim, mark) = (outside.path().join("victim"), outside.path().join("mark"));
    fs_err::write(&victim, "x").unwrap();
    let script = format!(
        "echo mark > {}; rm -f {}; exec 3<>/dev/tcp/127.0.0.1/{}; echo here",
        mark.display(),
        victim.display(),
        listener.local_addr().unwrap().port()
    );
    let asked = asked(install(&asking(&script), &["--json"]));
    let is_changed = mark.exists() || !victim.exists();
    assert_prevented(&asked["readOnly"], is_changed, "changing files");
    assert_prevented(&asked["offline"], listener.accept().is_ok(), "reaching a server");
    assert_eq!(
        (asked["runtime"].as_str(), asked["isAsExpected"].as_bool()),
        (Some("weaver.tool"), Some(true))
    );
    assert!(Path::new(asked["program"].as_str().unwrap()).ends_with("bash"));
    assert_eq!(asked["arguments"], json!(["-c", script]));
}

#[test]
fn a_program_that_is_asked_cannot_change_the_root() {
    let outside = tempfile::tempdir().unwrap();
    let place = outside.path().join("place");
    let world = asking(&format!("cd \"$(cat {})/state\" && echo x > planted; echo here", place.display()));
    fs_err::write(&place, world.root().display().to_string()).unwrap();
    let asked = asked(install(&world, &["--json"]));
    assert_prevented(&asked["readOnly"], world.root().join("state/planted").exists(), "changing the root");
}

#[test]
fn a_program_that_is_asked_has_a_clean_environment_and_a_scratch_directory() {
    let world = asking("test -z \"$TOKEN\" && test \"$PWD\" = \"$TMPDIR\" && echo x > note && echo here");
    asked(install(&world, &["--json"]));
}

#[test]
fn a_program_that_does_not_answer_is_stopped() {
    let world = asking("sleep 600; echo here");
    install(&world, &[]).fails(5, &["weaver.tool", "`bash` does not answer"]);
    assert!(world.root_tree().is_absent());
}

#[test]
fn the_programs_that_are_asked_are_told_to_who_wants_to_know() {
    let world = asking("echo here");
    let told = install(&world, &["-v"]).succeeds();
    assert!(told.stderr.contains("asked `") && told.stderr.contains("for weaver.tool"), "{}", told.stderr);
    let world = asking("echo no");
    let quiet = install(&world, &[]).fails(5, &["does not answer with `here`"]);
    assert!(!quiet.stderr.contains("asked `"), "{}", quiet.stderr);
}
