//! Roots at paths that are unusual: what is installed there works, or the refusal says why it cannot.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;
use std::process::Command;

use attune_tests::binaries::Binary;
use attune_tests::world::standard;
use attune_tests::{Run, World};

/// Installs the standard bundle to `root`, runs the script of its wheel, and verifies it.
fn works(world: &World, root: &OsStr) {
    let mut command = world.command(Binary::Install);
    command.arg(standard().bundle_path()).arg("--trust").arg(standard().trust()).arg("--root").arg(root);
    Run::of(command).succeeds();
    let root = world.path().join(root);
    let script = root.join("packenvs/reporter/python/bin/shout");
    let said = Run::of(Command::new(&script));
    assert_eq!(said.succeeds().stdout, "HELLO!\n", "{}", root.display());
    for command in [["verify", "--root"], ["list", "--root"]] {
        let mut verify = world.command(Binary::Install);
        verify.args(command).arg(&root);
        Run::of(verify).succeeds();
    }
}

#[test]
fn unusual_characters_in_the_path_of_a_root() {
    for name in [
        &b"with space"[..],
        b"with 'quotes' and \"more\"",
        b"100%n %s",
        b"back\\slash $HOME `date` !",
        b"#hash; semi & amp",
        b"-dash",
        b"caf\xc3\xa9",
    ] {
        let world = World::new();
        let mut root = OsString::from("./");
        root.push(OsString::from_vec(name.to_vec()));
        works(&world, &root);
    }
}

#[test]
fn a_path_beyond_the_limit_of_a_shebang() {
    let world = World::new();
    let root: PathBuf = (0..12).map(|_| "a-directory-with-a-long-name").collect();
    works(&world, root.as_os_str());
}

#[test]
fn relative_roots() {
    let world = World::new();
    fs_err::create_dir(world.path().join("here")).unwrap();
    works(&world, OsStr::new("relative/root"));
    works(&world, OsStr::new("here/../up/./and down"));
}

#[test]
fn a_root_that_no_variable_or_script_could_name_is_refused() {
    for (name, word) in [(&b"a:b"[..], "`:`"), (b"line\nbreak", "line break"), (b"caf\xe9", "UTF-8")] {
        let world = World::new();
        let root = OsString::from_vec(name.to_vec());
        let mut command = world.command(Binary::Install);
        command.arg(standard().bundle_path()).arg("--trust").arg(standard().trust()).arg("--root").arg(&root);
        Run::of(command).fails(2, &[word]).with_hint();
        assert!(!world.path().join(&root).exists());
    }
}
