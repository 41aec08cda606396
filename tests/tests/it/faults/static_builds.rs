//! The programs as they are released: linked statically, so that no library of a host is needed. `cargo static` makes
//! them.

use std::path::{Path, PathBuf};
use std::process::Command;

use attune_tests::binaries::Binary;
use attune_tests::servers::RealServer;
use attune_tests::standard_packs::greeter;
use attune_tests::{PackBuilder, Run, World};

/// The static form of `binary`, made by `cargo static` into the target directory of this test.
fn released(binary: Binary) -> PathBuf {
    let target = binary.path().parent().unwrap().parent().unwrap().to_owned();
    let path = target.join("x86_64-unknown-linux-gnu/debug").join(binary.name());
    assert!(path.is_file(), "{} is not there; run `cargo static` first", path.display());
    path
}

/// An empty directory with the installer and what `files` are, to which programs are confined; `None` where this user
/// may not.
fn empty_root(world: &World, files: &[(&Path, &str)]) -> Option<PathBuf> {
    let cell = world.path().join("cell");
    for directory in ["etc", "tmp", "bundles"] {
        fs_err::create_dir_all(cell.join(directory)).unwrap();
    }
    fs_err::copy(released(Binary::Install), cell.join("attune-install")).unwrap();
    for (file, place) in files {
        fs_err::copy(file, cell.join(place)).unwrap();
    }
    let mut probe = Command::new("chroot");
    probe.arg(&cell).args(["/attune-install", "--version"]);
    let run = Run::of(probe);
    if run.status == Some(0) {
        return Some(cell);
    }
    println!("skipped: this user may not change the root directory: {}", run.stderr);
    None
}

/// Runs the installer within `cell`.
fn within(cell: &Path, arguments: &[&str]) -> Run {
    let mut command = Command::new("chroot");
    command.arg(cell).arg("/attune-install").args(arguments).env_clear().env("PATH", "/usr/sbin:/usr/bin");
    Run::of(command)
}

/// A registry with a pack that needs no interpreter, and has no tests for want of a shell.
fn plain() -> World {
    let plain = PackBuilder::new("plain", "1.0.0").file("data.txt", "data\n");
    World::with_packs(&[&plain, &greeter()])
}

#[test]
#[ignore = "needs `cargo static`"]
fn static_programs_need_no_library() {
    for binary in [Binary::Build, Binary::Install, Binary::Serve] {
        let path = released(binary);
        let mut ldd = Command::new("ldd");
        ldd.arg(&path);
        let said = Run::of(ldd);
        let text = format!("{}{}", said.stdout, said.stderr);
        assert!(text.contains("statically linked") || text.contains("not a dynamic executable"), "{text}");
        // PT_INTERP names a loader, and a static program has none.
        let bytes = fs_err::read(&path).unwrap();
        let elf = |at: usize, length: usize| {
            let bytes = &bytes[at..at + length];
            usize::try_from(bytes.iter().rev().fold(0_u64, |number, byte| number << 8 | u64::from(*byte)))
                .unwrap()
        };
        let (table, size, count) = (elf(32, 8), elf(54, 2), elf(56, 2));
        assert!(count > 0);
        for header in (0..count).map(|index| table + index * size) {
            assert_ne!(elf(header, 4), 3, "{} names a loader", path.display());
        }
    }
}

#[test]
#[ignore = "needs `cargo static`"]
fn static_installer_works_in_an_empty_root() {
    let publisher = plain();
    publisher.bundle(&["plain"]).succeeds();
    let (bundle, trust) = (publisher.bundle_path(), publisher.trust());
    let world = World::new();
    let files = [(&*bundle, "bundles/b.tar.zst"), (&*trust, "root.json")];
    let Some(cell) = empty_root(&world, &files) else { return };
    let install = ["/bundles/b.tar.zst", "--trust", "/root.json", "--root", "/attune"];
    within(&cell, &install).succeeds();
    within(&cell, &["verify", "--root", "/attune"]).succeeds();
    let listed = within(&cell, &["list", "--root", "/attune"]).succeeds();
    assert!(listed.stdout.contains("plain"), "{}", listed.stdout);
}

#[test]
#[ignore = "needs `cargo static`"]
fn static_installer_finds_servers_by_name() {
    let publisher = plain();
    let server = RealServer::start(&publisher);
    let port = server.url().rsplit(':').next().unwrap().to_owned();
    let world = World::new();
    let trust = publisher.trust();
    let Some(cell) = empty_root(&world, &[(&*trust, "root.json")]) else { return };
    let url = format!("http://packs.example:{port}/");
    let install = ["plain", "--registry", &url, "--trust", "/root.json", "--root", "/attune"];
    // Neither a list of names nor of their servers.
    let run = within(&cell, &install).fails(1, &["packs.example", "/etc/hosts"]);
    assert!(!cell.join("attune").exists(), "{}", run.stderr);
    fs_err::write(cell.join("etc/hosts"), "127.0.0.1 localhost packs.example\n").unwrap();
    within(&cell, &install).succeeds();
    within(&cell, &["verify", "--root", "/attune"]).succeeds();
}

#[test]
#[ignore = "needs `cargo static`"]
fn static_installer_says_that_it_finds_no_authorities() {
    let world = World::new();
    let publisher = plain();
    let trust = publisher.trust();
    let Some(cell) = empty_root(&world, &[(&*trust, "root.json")]) else { return };
    let install =
        ["plain", "--registry", "https://127.0.0.1:9/", "--trust", "/root.json", "--root", "/attune"];
    within(&cell, &install).fails(1, &["authorit", "SSL_CERT_FILE"]).with_hint();
}
