//! What is refused, and what that leaves: nothing.

use std::process::Command;

use attune_tests::binaries::Binary;
use attune_tests::{GitRepository, Run, World};

use super::{install, slack, written};

#[test]
fn nothing_that_is_unsigned_is_taken_without_the_option() {
    let world = World::new();
    let pack = written(&world, "made", &slack("1.0.0"));
    fs_err::write(world.path().join("x.zip"), b"PK\x03\x04").unwrap();
    for source in [
        &pack[..],
        "./x.zip",
        "github:example/slack@v1",
        "git@example.invalid:packs/slack.git",
        "https://u:s3cret@h.invalid/slack.git",
        "https://h.invalid/slack.tar.gz",
    ] {
        let run = world.install([source]).fails(3, &["error[T022]", "is not signed", "--allow-unsigned"]);
        assert!(!run.stderr.contains("s3cret"), "{}", run.stderr);
    }
    assert!(!world.root().exists());
}

#[test]
fn a_look_leaves_nothing() {
    let world = World::new();
    let pack = written(&world, "made", &slack("1.0.0"));
    let report = install(&world, &[&pack, "--dry-run", "--json"]).succeeds().json();
    assert_eq!((&report["outcome"], &report["packs"][0]["unsigned"]), (&"planned".into(), &true.into()));
    assert!(!world.root().exists());
    install(&world, &[&pack]).succeeds();
    let before = world.root_tree();
    let newer = written(&world, "newer", &slack("2.0.0"));
    install(&world, &[&newer, "--dry-run"]).succeeds();
    world.root_tree().assert_same(&before);
}

#[test]
fn a_pack_with_errors_is_told_with_all_of_them() {
    let world = World::new();
    let broken = slack("1.0.0").file("actions/a.yaml", "ref: [").file("rules/b.yaml", "ref: other.b\n");
    let pack = written(&world, "made", &broken);
    let run = install(&world, &[&pack]).fails(1, &["error[B016]", "actions/a.yaml", "rules/b.yaml"]);
    run.with_hint();
    assert!(!world.root().exists());
}

#[test]
fn failing_tests_leave_the_root_as_it_was() {
    let world = World::new();
    let failing = slack("1.0.0").tested_by("#!/bin/sh\nexit 1\n", 30, "block");
    let pack = written(&world, "made", &failing);
    install(&world, &[&pack]).fails(6, &["slack"]);
    assert!(!world.root().join("state/local").exists());
    let good = written(&world, "good", &slack("1.0.0"));
    install(&world, &[&good]).succeeds();
    let before = world.root_tree().without_touched();
    install(&world, &[&pack]).fails(6, &["slack"]);
    world.root_tree().without_touched().assert_same(&before);
}

#[test]
fn sources_that_give_no_pack_are_told() {
    let world = World::new();
    let repository = GitRepository::new(&world.path().join("repository"));
    repository.commit(&slack("1.0.0"));
    let bare = repository.bare(&world.path().join("slack.git"));
    let url = format!("file://{}", bare.display());
    install(&world, &[&format!("{url}@nosuch")]).fails(4, &["nosuch"]).with_hint();
    install(&world, &[&format!("{url}//nowhere")]).fails(1, &["nowhere"]).with_hint();
    let pack = written(&world, "made", &slack("1.0.0"));
    install(&world, &[&pack, "--ref", "v1"]).fails(2, &["it is no git repository"]).with_hint();
    install(&world, &[&pack, &url, "--ref", "v1"]).fails(2, &["--ref is for one source"]).with_hint();
    install(&world, &[&pack, &url]).fails(1, &["both pack `slack`"]).with_hint();
    assert!(!world.root().exists());
}

#[test]
fn a_bundle_is_not_mixed_with_them() {
    let world = World::with_packs(&[&slack("1.0.0")]);
    world.bundle(&["slack"]).succeeds();
    let pack = written(&world, "made", &slack("1.0.0"));
    let bundle = world.bundle_path();
    install(&world, &[bundle.to_str().unwrap(), &pack]).fails(2, &["together with packs"]).with_hint();
}

#[test]
fn options_of_sources_need_the_option_itself() {
    let world = World::new();
    for option in [["--ref", "v1"], ["--checksum", "sha256:aa"]] {
        world.install([&["install", "slack"], &option[..]].concat()).fails(2, &[option[0]]);
    }
}

#[test]
fn without_a_home_a_cache_must_be_named() {
    let world = World::new();
    let pack = written(&world, "made", &slack("1.0.0"));
    let mut command: Command = world.command(Binary::Install);
    command.args(["--root", "root", &pack, "--allow-unsigned"]);
    command.env_remove("ATTUNE_CACHE_DIR").env_remove("HOME").env_remove("XDG_CACHE_HOME");
    Run::of(command).fails(2, &["error[B059]"]).with_hint();
}
