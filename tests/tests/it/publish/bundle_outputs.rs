//! Where a bundle can be written to: files, links to files, pipes, devices.

use std::os::unix::fs::{FileTypeExt, symlink};
use std::process::{Command, Stdio};

use attune_tests::binaries::Binary;
use attune_tests::standard_packs::greeter;
use attune_tests::{Run, World};

fn bundle(world: &World, output: &str) -> Command {
    let mut command = world.command(Binary::Build);
    command.arg("bundle").arg(world.registry()).args(["greeter", "-o", output]);
    command
}

fn world() -> (World, Vec<u8>) {
    let world = World::with_packs(&[&greeter()]);
    world.bundle(&["greeter"]).succeeds();
    let bytes = fs_err::read(world.bundle_path()).unwrap();
    (world, bytes)
}

#[test]
fn standard_output_has_the_bundle_and_nothing_else() {
    let (world, bytes) = world();
    let output = bundle(&world, "/dev/stdout").stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}");
    assert_eq!(output.stdout, bytes);
    assert!(said.contains("wrote /dev/stdout"), "{said}");
    // A file that standard output was redirected to stays that file.
    let path = world.path().join("redirected");
    let file = std::fs::File::create(&path).unwrap();
    assert!(bundle(&world, "/dev/stdout").stdout(file).status().unwrap().success());
    assert_eq!(fs_err::read(path).unwrap(), bytes);
}

#[test]
fn devices_are_written_to_and_never_replaced() {
    let (world, _) = world();
    for device in ["null", "full"] {
        symlink(format!("/dev/{device}"), world.path().join(device)).unwrap();
    }
    Run::of(bundle(&world, "null")).succeeds();
    Run::of(bundle(&world, "full")).fails(1, &["could not write the bundle", "No space left"]);
    for device in ["null", "full"] {
        assert!(world.path().join(device).is_symlink());
        assert!(fs_err::metadata(world.path().join(device)).unwrap().file_type().is_char_device());
    }
}

#[test]
fn a_pipe_is_written_to_and_stays_a_pipe() {
    let (world, bytes) = world();
    let pipe = world.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let mut writer = bundle(&world, "pipe").stdout(Stdio::null()).spawn().unwrap();
    assert_eq!(fs_err::read(&pipe).unwrap(), bytes);
    assert!(writer.wait().unwrap().success());
    assert!(fs_err::symlink_metadata(&pipe).unwrap().file_type().is_fifo());
}

#[test]
fn a_link_is_followed_to_its_file() {
    let (world, bytes) = world();
    fs_err::create_dir(world.path().join("shelf")).unwrap();
    symlink("shelf/latest.tar.zst", world.path().join("link")).unwrap();
    for options in [&[][..], &["--force"]] {
        let mut command = bundle(&world, "link");
        command.args(options);
        Run::of(command).succeeds();
        assert!(world.path().join("link").is_symlink());
        assert_eq!(fs_err::read(world.path().join("shelf/latest.tar.zst")).unwrap(), bytes);
        fs_err::write(world.path().join("shelf/latest.tar.zst"), "old").unwrap();
    }
    Run::of(bundle(&world, "link")).fails(2, &["`link` exists", "--force"]);
    symlink("nowhere/file", world.path().join("lost")).unwrap();
    Run::of(bundle(&world, "lost")).fails(2, &["its directory does not exist"]);
}

#[test]
fn a_bundle_that_is_there_is_replaced_where_that_is_asked_for() {
    let (world, bytes) = world();
    let path = world.path().join("mine.tar.zst");
    fs_err::write(&path, "mine").unwrap();
    let refused = Run::of(bundle(&world, "mine.tar.zst")).fails(2, &["`mine.tar.zst` exists"]);
    assert!(refused.stderr.contains("--force"), "{}", refused.stderr);
    assert_eq!(fs_err::read(&path).unwrap(), b"mine");
    let mut command = bundle(&world, "mine.tar.zst");
    command.arg("--force");
    Run::of(command).succeeds();
    assert_eq!(fs_err::read(&path).unwrap(), bytes);
}

#[test]
fn a_bundle_has_the_ending_of_one() {
    let (world, bytes) = world();
    for (name, right) in [
        ("t.zip", "`t.tar.zst`"),
        ("t.tar", "`t.tar.zst`"),
        ("t.tar.gz", "`t.tar.zst`"),
        ("bundle-1.2", "`bundle-1.2.tar.zst`"),
    ] {
        let told = Run::of(bundle(&world, name)).fails(2, &["no name for a bundle", right]);
        assert!(!world.path().join(name).exists(), "{}", told.stderr);
    }
    Run::of(bundle(&world, "t.tzst")).succeeds();
    assert_eq!(fs_err::read(world.path().join("t.tzst")).unwrap(), bytes);
}

#[test]
fn a_key_is_replaced_where_that_is_asked_for() {
    let world = World::new();
    let generate =
        |options: &[&str]| world.build([&["key", "generate", "a.json", "--json"], options].concat());
    let first = generate(&[]).succeeds().json();
    let key = fs_err::read(world.path().join("a.json")).unwrap();
    let refused = world.build(["key", "generate", "a.json"]);
    refused.fails(2, &["`a.json` exists", "--force"]);
    assert_eq!(fs_err::read(world.path().join("a.json")).unwrap(), key);
    let second = generate(&["--force"]).succeeds().json();
    assert_ne!(first["id"], second["id"]);
    fs_err::remove_file(world.path().join("a.json")).unwrap();
    // The public half alone is somebody's as well.
    world.build(["key", "generate", "a.json"]).fails(2, &["`a.pub.json` exists"]);
}
