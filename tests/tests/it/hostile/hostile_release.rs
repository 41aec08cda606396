//! Releases that are signed by the right keys and made to do harm: nothing of them is kept.

use std::collections::BTreeSet;
use std::path::Path;

use attune_registry::blob::MAX_IN_MEMORY_BYTES;
use attune_schemas::Digest;
use attune_schemas::environment_lock::Footprint;
use attune_tests::metadata_forge::republish;
use attune_tests::standard_packs::{greeter, reporter};
use attune_tests::wheel_builder::noise;
use attune_tests::{Hosts, Run, WheelBuilder, World};
use tar::EntryType;

/// What stands in the place of an honest pack archive.
struct HostileArchive {
    entries: Vec<(&'static str, EntryType, &'static str)>,
}

impl HostileArchive {
    fn of(entries: &[(&'static str, EntryType, &'static str)]) -> Self {
        let mut all = vec![("pack.yaml", EntryType::Regular, "ref: greeter\nversion: \"1.0.0\"\n")];
        all.extend(entries);
        Self { entries: all }
    }

    fn bytes(&self) -> Vec<u8> {
        let mut builder = tar::Builder::new(zstd::Encoder::new(Vec::new(), 1).unwrap());
        for (name, kind, content) in &self.entries {
            let mut header = tar::Header::new_gnu();
            header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
            header.set_entry_type(*kind);
            header.set_mode(0o755);
            let link = matches!(kind, EntryType::Symlink | EntryType::Link);
            if link {
                header.set_link_name_literal(content).unwrap();
            }
            let content = if link { "" } else { content };
            header.set_size(content.len() as u64);
            header.set_cksum();
            builder.append(&header, content.as_bytes()).unwrap();
        }
        builder.into_inner().unwrap().finish().unwrap()
    }

    /// The footprint that an accomplice would sign.
    fn footprint(&self) -> Footprint {
        let mut footprint = Footprint::default();
        footprint.add_directory();
        for (_, kind, content) in &self.entries {
            match kind {
                EntryType::Directory => footprint.add_directory(),
                _ => footprint.add_file(content.len() as u64),
            }
        }
        footprint
    }
}

/// Installs straight from the registry of `publisher`.
fn install(publisher: &World, host: &World, pack: &str) -> Run {
    let mut command = host.installer();
    command.arg(pack).arg("--registry").arg(publisher.registry()).arg("--trust").arg(publisher.trust());
    Run::of(command)
}

/// Asserts that the installation fails as hostile, from the registry and from a bundle.
fn refuse(publisher: &World, pack: &str, words: &[&str]) {
    refuse_with(3, publisher, pack, words);
}

fn refuse_with(code: i32, publisher: &World, pack: &str, words: &[&str]) {
    publisher.bundle(&[pack]).succeeds();
    let hosts = Hosts::new();
    hosts.refuse(code, words, |host| install(publisher, host, pack)).with_hint();
    hosts.refuse(code, words, |host| host.install_from(&publisher.bundle_path(), &publisher.trust()));
    assert!(!publisher.path().join("escaped").exists());
    assert!(!Path::new("/tmp/attune-escaped").exists());
}

fn refuse_archive(archive: &HostileArchive, words: &[&str]) {
    let publisher = World::with_packs(&[&greeter()]);
    let registry = publisher.registry();
    republish(&registry, &publisher.keys(), "greeter", "1.0.0", |release| {
        release.replace_archive(&registry, &archive.bytes(), archive.footprint());
    });
    refuse(&publisher, "greeter", words);
}

#[test]
fn an_archive_that_climbs_out() {
    let entry = ("../../../escaped", EntryType::Regular, "evil");
    refuse_archive(&HostileArchive::of(&[entry]), &["is refused", "hostile entry", "escaped"]);
}

#[test]
fn an_archive_with_an_absolute_path() {
    let entry = ("/tmp/attune-escaped", EntryType::Regular, "evil");
    refuse_archive(&HostileArchive::of(&[entry]), &["is refused", "attune-escaped"]);
}

#[test]
fn an_archive_with_a_link_and_a_file_through_it() {
    let entries = [("out", EntryType::Symlink, "/tmp"), ("out/attune-escaped", EntryType::Regular, "evil")];
    refuse_archive(&HostileArchive::of(&entries), &["is refused", "`out` is a symbolic link"]);
}

#[test]
fn an_archive_with_a_hard_link() {
    let entry = ("shadow", EntryType::Link, "/etc/passwd");
    refuse_archive(&HostileArchive::of(&[entry]), &["`shadow` is a hard link"]);
}

#[test]
fn an_archive_with_a_device() {
    let entry = ("disk", EntryType::Block, "");
    refuse_archive(&HostileArchive::of(&[entry]), &["`disk` is a block device"]);
}

#[test]
fn an_archive_with_colliding_names() {
    let entries = [("Readme", EntryType::Regular, "a"), ("README", EntryType::Regular, "b")];
    refuse_archive(&HostileArchive::of(&entries), &["`README` collides"]);
}

#[test]
fn an_archive_that_is_more_than_its_release_says() {
    let archive = HostileArchive::of(&[("more", EntryType::Regular, "more than nothing")]);
    let publisher = World::with_packs(&[&greeter()]);
    let registry = publisher.registry();
    for change in [
        |footprint: &mut Footprint| footprint.bytes -= 1,
        |footprint: &mut Footprint| footprint.bytes += 1,
        |footprint: &mut Footprint| footprint.files += 1,
        |footprint: &mut Footprint| footprint.directories += 1,
    ] {
        republish(&registry, &publisher.keys(), "greeter", "1.0.0", |release| {
            let mut footprint = archive.footprint();
            change(&mut footprint);
            release.replace_archive(&registry, &archive.bytes(), footprint);
        });
        refuse(&publisher, "greeter", &["is refused"]);
    }
}

#[test]
fn an_archive_that_is_no_archive() {
    let publisher = World::with_packs(&[&greeter()]);
    let registry = publisher.registry();
    republish(&registry, &publisher.keys(), "greeter", "1.0.0", |release| {
        release.replace_archive(&registry, b"these are not the bytes of an archive", Footprint::default());
    });
    refuse(&publisher, "greeter", &["is refused", "damaged or cut off"]);
}

fn refuse_wheel(wheel: &WheelBuilder, words: &[&str]) {
    refuse_wheel_bytes(&wheel.build().bytes, words);
}

fn refuse_wheel_bytes(bytes: &[u8], words: &[&str]) {
    refuse_wheel_with(3, bytes, words);
}

/// Signs `bytes` in the place of the wheel of `shout`, with the footprint that their directory states.
fn refuse_wheel_with(code: i32, bytes: &[u8], words: &[&str]) {
    let publisher = World::with_packs(&[&greeter(), &reporter()]);
    let registry = publisher.registry();
    let footprint = zip::ZipArchive::new(std::io::Cursor::new(bytes)).map(|archive| {
        let names: Vec<&str> = archive.file_names().collect();
        let directories: BTreeSet<&Path> =
            names.iter().flat_map(|name| Path::new(name).ancestors().skip(1)).collect();
        Footprint {
            files: names.len() as u64,
            directories: directories.len() as u64,
            bytes: u64::try_from(archive.decompressed_size().unwrap()).unwrap(),
            disk_bytes: 1 << 16,
        }
    });
    republish(&registry, &publisher.keys(), "reporter", "1.0.0", |release| {
        release.replace_wheel(&registry, bytes, footprint.unwrap_or_default());
    });
    refuse_with(code, &publisher, "reporter", words);
}

/// What `shout` may be, with its own name and version.
fn shout() -> WheelBuilder {
    WheelBuilder::new("shout", "1.0.0").file("shout/__init__.py", "")
}

#[test]
fn a_wheel_that_climbs_out() {
    refuse_wheel(&shout().file("../../../escaped", "evil"), &["shout-1.0.0-py3-none-any.whl", "escaped"]);
}

#[test]
fn a_wheel_with_an_absolute_path() {
    refuse_wheel(&shout().file("/tmp/attune-escaped", "evil"), &["shout-1.0.0", "attune-escaped"]);
}

#[test]
fn a_wheel_with_a_link() {
    refuse_wheel(&shout().link("shout/link", "/etc/passwd"), &["shout/link", "a symbolic link"]);
}

#[test]
fn a_wheel_with_colliding_names() {
    refuse_wheel(&shout().file("shout/a.py", "1").file("shout/A.py", "2"), &["shout/A.py", "collides"]);
}

#[test]
fn a_wheel_with_an_encrypted_entry() {
    let mut bytes = shout().build().bytes;
    // The first flag of every record of the central directory.
    for at in 0..bytes.len() - 4 {
        if bytes[at..].starts_with(b"PK\x01\x02") {
            bytes[at + 8] |= 1;
        }
    }
    refuse_wheel_bytes(&bytes, &["shout-1.0.0-py3-none-any.whl", "is encrypted"]);
}

#[test]
fn a_wheel_that_is_the_last_part_of_several() {
    let mut bytes = shout().build().bytes;
    let end = bytes.windows(4).rposition(|window| window == b"PK\x05\x06").unwrap();
    // The number of this disk, and that of the disk with the directory.
    bytes[end + 4] = 1;
    bytes[end + 6] = 0;
    refuse_wheel_bytes(&bytes, &["shout-1.0.0-py3-none-any.whl", "not a valid zip archive"]);
}

#[test]
fn a_large_wheel_with_two_damaged_files() {
    let mut wheel = shout();
    for (name, size) in [("one", 7), ("two", 9), ("three", 8)] {
        wheel = wheel.binary_file(&format!("shout/{name}.bin"), noise(size << 20));
    }
    let mut bytes = wheel.build().bytes;
    for name in [&b"one.bin"[..], b"three.bin"] {
        let header = bytes.windows(name.len()).position(|window| window == name).unwrap();
        bytes[header + (3 << 20)] ^= 1;
    }
    assert!(bytes.len() as u64 > MAX_IN_MEMORY_BYTES);
    // The larger of the two comes first, whoever takes it.
    refuse_wheel_bytes(&bytes, &["shout-1.0.0-py3-none-any.whl", "three.bin", "checksum"]);
}

#[test]
fn a_wheel_with_two_dist_infos() {
    let wheel = shout().file("whisper-2.0.dist-info/METADATA", "Name: whisper\n");
    refuse_wheel(&wheel, &["shout-1.0.0-py3-none-any.whl", "it has two `.dist-info`", "whisper-2.0"]);
}

#[test]
fn a_wheel_with_the_data_of_another() {
    let wheel = shout().file("shout-1.0.0.data/scripts/a", "").file("whisper-2.0.data/scripts/b", "");
    refuse_wheel_with(5, &wheel.build().bytes, &["shout-1.0.0-py3-none-any.whl", "two `.data`"]);
}

#[test]
fn a_wheel_of_another_name_or_version() {
    let whisper = WheelBuilder::new("whisper", "1.0.0").file("shout/__init__.py", "");
    refuse_wheel(&whisper, &["shout-1.0.0-py3-none-any.whl", "its metadata names it `whisper`"]);
    let newer = WheelBuilder::new("shout", "1.0.1").file("shout/__init__.py", "");
    refuse_wheel(&newer, &["shout-1.0.0-py3-none-any.whl", "its metadata is of version 1.0.1"]);
}

#[test]
fn a_wheel_that_would_replace_the_interpreter() {
    let wheels = [
        shout().file("shout-1.0.0.data/scripts/python3", "#!/bin/sh\n"),
        shout().file("shout-1.0.0.data/data/bin/python", "#!/bin/sh\n"),
        shout().file("shout-1.0.0.data/data/pyvenv.cfg", "home = /tmp\n"),
        shout().console_script("python", "shout:main"),
    ];
    for wheel in wheels {
        refuse_wheel_with(5, &wheel.build().bytes, &["shout-1.0.0-py3-none-any.whl", "of the environment"]);
    }
}

#[test]
fn a_wheel_whose_data_climbs_out_of_the_environment() {
    let publisher = World::with_packs(&[&greeter(), &reporter()]);
    let registry = publisher.registry();
    // Scripts are named by the wheel's metadata, not by its entries.
    let bytes = shout().console_script("../../../../../escaped", "shout:main").build().bytes;
    let archive = zip::ZipArchive::new(std::io::Cursor::new(&bytes)).unwrap();
    let total: u128 = archive.decompressed_size().unwrap();
    let footprint = Footprint {
        files: archive.len() as u64,
        directories: 2,
        bytes: u64::try_from(total).unwrap(),
        disk_bytes: 1 << 16,
    };
    republish(&registry, &publisher.keys(), "reporter", "1.0.0", |release| {
        release.replace_wheel(&registry, &bytes, footprint);
    });
    let host = World::new();
    let run = install(&publisher, &host, "reporter");
    assert_ne!(run.status, Some(0), "a console script outside of the environment was accepted");
    assert!(host.root_tree().is_absent());
    let tree = attune_tests::Tree::of(host.path());
    assert!(tree.paths().all(|path| !path.ends_with("escaped")), "{tree:?}");
}

#[test]
fn a_config_that_speaks_of_another_pack() {
    let publisher = World::with_packs(&[&greeter()]);
    republish(&publisher.registry(), &publisher.keys(), "greeter", "1.0.0", |release| {
        release.config.pack.pack = "impostor".parse().unwrap();
    });
    let hosts = Hosts::new();
    hosts.refuse(3, &["is the config of impostor"], |host| install(&publisher, host, "greeter"));
}

#[test]
fn a_lock_with_a_wheel_that_the_manifest_lacks() {
    let publisher = World::with_packs(&[&greeter(), &reporter()]);
    republish(&publisher.registry(), &publisher.keys(), "reporter", "1.0.0", |release| {
        let lock = release.config.environments.python.as_mut().unwrap();
        lock.targets[0].wheels[0].digest = Digest::of(b"elsewhere");
    });
    let hosts = Hosts::new();
    hosts.refuse(3, &["which its manifest does not carry"], |host| install(&publisher, host, "reporter"));
}
