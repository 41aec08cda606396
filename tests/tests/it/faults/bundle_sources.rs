//! Bundles in all the ways in which they are named: pipes, sockets, unpacked directories, URLs, and what is none.

use std::io::Write;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::{Command, Stdio};
use std::time::Duration;

use attune_tests::binaries::Binary;
use attune_tests::bundle_file::BundleFile;
use attune_tests::world::standard;
use attune_tests::{Run, World};
use rustix::process::{Pid, Signal, kill_process};

const INSTALLED: [&str; 3] = ["greeter 1.0.0", "reporter 1.0.0", "watcher 1.0.0"];

/// Runs `script` with `bash`, where `$INSTALL` installs what is named next from `$BUNDLE`'s registry.
fn bash(world: &World, script: &str) -> Run {
    let mut command = Command::new("bash");
    world.prepare(&mut command);
    command.env("PROGRAM", Binary::Install.path()).env("BUNDLE", standard().bundle_path());
    command.env("TRUST", standard().trust()).env("ROOT", world.root());
    let install = "install() { \"$PROGRAM\" \"$@\" --trust \"$TRUST\" --root \"$ROOT\"; }\nset -o pipefail\n";
    command.arg("-c").arg(format!("{install}{script}"));
    Run::of(command)
}

#[test]
fn a_bundle_comes_through_any_pipe() {
    for script in [
        "install <(cat \"$BUNDLE\")",
        "cat \"$BUNDLE\" | install -",
        "cat \"$BUNDLE\" | install /dev/stdin",
        "cat \"$BUNDLE\" | install /dev/fd/0",
        "install /dev/stdin < \"$BUNDLE\"",
        "install /proc/self/fd/7 7< \"$BUNDLE\"",
        // The writer comes late.
        "mkfifo 'a pipe'; (sleep 0.3; cat \"$BUNDLE\" > 'a pipe') & install './a pipe'; wait",
        "mkfifo pipe.tar.zst; cat \"$BUNDLE\" > pipe.tar.zst & install pipe.tar.zst; wait",
    ] {
        let world = World::new();
        bash(&world, script).succeeds();
        assert_eq!(world.installed(), INSTALLED, "{script}");
    }
}

#[test]
fn a_bundle_comes_through_a_socket() {
    for name in ["-", "/dev/stdin"] {
        let world = World::new();
        let (mut ours, theirs) = UnixStream::pair().unwrap();
        let mut command = world.installer();
        command.arg(name).arg("--trust").arg(standard().trust());
        command.stdin(std::os::fd::OwnedFd::from(theirs)).stdout(Stdio::null()).stderr(Stdio::piped());
        let child = command.spawn().unwrap();
        drop(command);
        ours.write_all(&fs_err::read(standard().bundle_path()).unwrap()).unwrap();
        drop(ours);
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(world.installed(), INSTALLED);
    }
}

#[test]
fn a_pipe_that_ends_early_is_a_bundle_that_is_cut_off() {
    let world = World::new();
    bash(&world, "install <(head -c 2000 \"$BUNDLE\")").fails(3, &["damaged or cut off"]).with_hint();
    let world = World::new();
    bash(&world, "install /dev/null").fails(3, &["is not a bundle"]);
    bash(&world, "install <(true)").fails(3, &["is not a bundle"]);
    assert!(world.root_tree().is_absent());
}

#[test]
fn no_signal_waits_for_a_pipe_without_a_writer() {
    let world = World::new();
    assert!(Command::new("mkfifo").arg(world.path().join("pipe")).status().unwrap().success());
    let mut command = world.installer();
    command.arg("./pipe").arg("--trust").arg(standard().trust()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    while !fs_err::read_dir(format!("/proc/{}/fd", child.id()))
        .unwrap()
        .any(|entry| fs_err::read_link(entry.unwrap().path()).is_ok_and(|to| to.ends_with("pipe")))
    {
        std::thread::sleep(Duration::from_millis(5));
    }
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(world.root_tree().is_absent());
}

#[test]
fn an_unpacked_bundle_and_a_registry_are_used_where_they_lie() {
    let world = World::new();
    let unpacked = world.path().join("unpacked");
    for (name, content) in BundleFile::read(&standard().bundle_path()).entries {
        let path = unpacked.join(name);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(path, content).unwrap();
    }
    bash(&world, "install ./unpacked").succeeds();
    assert_eq!(world.installed(), INSTALLED);

    let world = World::new();
    let registry = standard().registry();
    let command = format!("install '{}' greeter", registry.display());
    bash(&world, &command).succeeds();
    assert_eq!(world.installed(), ["greeter 1.0.0"]);
}

#[test]
fn file_urls_name_bundles_and_registries() {
    let world = World::new();
    let place = world.path().join("a place");
    fs_err::create_dir(&place).unwrap();
    fs_err::copy(standard().bundle_path(), place.join("b.tar.zst")).unwrap();
    bash(&world, &format!("install 'file://{}/a%20place/b.tar.zst'", world.path().display())).succeeds();
    assert_eq!(world.installed(), INSTALLED);
    let world = World::new();
    let registry = standard().registry();
    bash(&world, &format!("install greeter --registry 'FILE://localhost{}'", registry.display())).succeeds();
    assert_eq!(world.installed(), ["greeter 1.0.0"]);
}

#[test]
fn a_url_is_not_said_to_be_absent() {
    let world = World::new();
    for url in
        ["http://host/b.tar.zst", "HTTP://host/b.tar.zst", "https://user:secret@host/packs", "ftp://host/b"]
    {
        let run = bash(&world, &format!("install {url}"));
        let run = run.fails(2, &["is a URL", "| attune-install -", "--registry"]);
        assert!(!run.stderr.contains("secret"), "{}", run.stderr);
    }
    // In capitals as well; nothing listens there.
    bash(&world, "install greeter --registry HTTP://127.0.0.1:9/").fails(1, &["could not fetch"]);
}

#[test]
fn what_is_no_bundle_is_told_as_what_it_is() {
    let world = World::new();
    fs_err::create_dir_all(world.path().join("some/folder")).unwrap();
    fs_err::create_dir_all(world.path().join("my_pack")).unwrap();
    fs_err::write(world.path().join("my_pack/pack.yaml"), "ref: my_pack\n").unwrap();
    let _listener = UnixListener::bind(world.path().join("socket")).unwrap();
    let long = format!("install ./{}", "x".repeat(300));
    for (script, code, words) in [
        ("install ./some/folder", 2, "neither a registry nor an unpacked bundle"),
        ("install my_pack", 2, "by its path: `attune-install ./my_pack`"),
        ("install ./my_pack", 3, "is not signed"),
        ("install ./my_pack", 3, "attune-build add"),
        ("install ./socket", 2, "is a socket"),
        ("install ./absent.tar.zst", 2, "does not exist"),
        (&long, 1, "File name too long"),
        ("install greeter --registry some/folder", 1, "there is no directory `metadata` in it"),
        ("install greeter --registry \"$BUNDLE\"", 1, "it is a file; a bundle is named first"),
        ("install greeter --registry absent", 1, "it does not exist"),
    ] {
        bash(&world, script).fails(code, &[words]);
        assert!(world.root_tree().is_absent(), "{script}");
    }
}

#[test]
fn names_of_bundles_need_not_be_utf_8() {
    let world = World::new();
    let name = std::ffi::OsString::from_vec(b"./caf\xe9\n.tar.zst".to_vec());
    fs_err::copy(standard().bundle_path(), world.path().join(&name)).unwrap();
    world.install([name.as_os_str(), "--trust".as_ref(), standard().trust().as_os_str()]).succeeds();
    let absent = std::ffi::OsString::from_vec(b"./caf\xe8.tar.zst".to_vec());
    world.install([absent]).fails(2, &["does not exist"]);
}
