//! `verify` reads everything, and names every file that is damaged or missing.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use attune_tests::binaries::Binary;
use attune_tests::standard_packs::{greeter, reporter};
use attune_tests::{PackBuilder, Run, Tree, World, fake_node};

fn verify(world: &World, source: &str) -> Run {
    world.build(["verify", source])
}

fn world() -> World {
    let world = World::with_packs(&[&greeter(), &reporter()]);
    let node = world.path().join("node");
    fake_node::write(&node, "20.1.99");
    let mut command = world.command(Binary::Build);
    command.args(["runtime", "add"]).arg(world.registry());
    command.args(["nodejs", "--version", "20.1.99"]).arg(node);
    Run::of(command).succeeds();
    world
}

fn blobs(directory: &Path) -> Vec<PathBuf> {
    let entries = fs_err::read_dir(directory.join("blobs/sha256")).unwrap();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn change(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs_err::read(path).unwrap();
    change(&mut bytes);
    fs_err::remove_file(path).unwrap();
    fs_err::write(path, bytes).unwrap();
}

#[test]
fn what_is_whole_is_said_to_be_and_how_much_was_read() {
    let world = world();
    world.bundle(&["reporter"]).succeeds();
    let before = Tree::of(&world.registry());
    let run = verify(&world, "registry").succeeds();
    assert!(run.stdout.contains("everything is whole"), "{}", run.stdout);
    Tree::of(&world.registry()).assert_same(&before);
    let report = world.build(["verify", "registry", "--json"]).succeeds().json();
    assert_eq!(report["blobs"], blobs(&world.registry()).len());
    assert_eq!((report["releases"].as_u64(), report["unreferenced"].as_u64()), (Some(2), Some(0)));
    let sizes =
        blobs(&world.registry()).iter().map(|path| fs_err::metadata(path).unwrap().len()).sum::<u64>();
    assert_eq!(report["bytes"], sizes);
    let report = world.build(["verify", "bundle.tar.zst", "--json"]).succeeds().json();
    assert_eq!(report["releases"], 2);
    fs_err::write(world.registry().join(format!("blobs/sha256/{}", "0".repeat(64))), "x").unwrap();
    let run = verify(&world, "registry").succeeds();
    assert!(run.stdout.contains("1 more blobs belong to no release"), "{}", run.stdout);
}

#[test]
fn every_damaged_file_of_a_registry_is_named() {
    let world = world();
    let paths = blobs(&world.registry());
    for (index, path) in paths.iter().enumerate() {
        let kept = fs_err::read(path).unwrap();
        match index % 3 {
            0 => fs_err::remove_file(path).unwrap(),
            1 => change(path, |bytes| bytes.push(0)),
            _ => change(path, |bytes| bytes[0] ^= 1),
        }
        let name = path.file_name().unwrap().to_str().unwrap();
        verify(&world, "registry").fails(3, &[name, "damaged or missing"]).with_hint();
        drop(fs_err::remove_file(path));
        fs_err::write(path, kept).unwrap();
    }
    // All at once: what the damaged ones named is held against its own name.
    for path in &paths {
        change(path, |bytes| bytes[0] ^= 1);
    }
    let names: Vec<&str> = paths.iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect();
    verify(&world, "registry").fails(3, &names);
    let index = fs_err::read_dir(world.registry().join("packs")).unwrap().next().unwrap().unwrap().path();
    change(&index, |bytes| bytes.push(b' '));
    let run = world.build(["verify", "registry", "--json"]);
    let failure: serde_json::Value = serde_json::from_str(run.stderr.trim()).unwrap();
    assert_eq!(failure["error"]["exitCode"], 3);
    assert_eq!(failure["error"]["code"], "B032");
    assert!(run.json()["damaged"].as_array().unwrap().len() > 1, "{}", run.stdout);
}

#[test]
fn several_damaged_archives_are_told_at_once() {
    let world = World::with_packs(&[&greeter(), &PackBuilder::new("other", "1.0.0")]);
    let mut paths = blobs(&world.registry());
    paths.retain(|path| fs_err::read(path).unwrap().starts_with(&[0x28, 0xb5, 0x2f, 0xfd]));
    assert_eq!(paths.len(), 2);
    for path in &paths {
        change(path, |bytes| bytes[9] ^= 1);
    }
    let names: Vec<&str> = paths.iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect();
    verify(&world, "registry").fails(3, &names).fails(3, &["2 files are damaged or missing"]);
}

#[test]
fn metadata_with_another_signature_is_refused() {
    let world = world();
    for name in ["timestamp.json", "1.root.json"] {
        let path = world.registry().join("metadata").join(name);
        let kept = fs_err::read(&path).unwrap();
        let text = String::from_utf8(kept.clone()).unwrap();
        let (head, signature) =
            text.split_once("\"sig\":\"").or_else(|| text.split_once("\"sig\": \"")).unwrap();
        let separator = &text[head.len()..text.len() - signature.len()];
        let flipped = if signature.starts_with('0') { '1' } else { '0' };
        fs_err::write(&path, format!("{head}{separator}{flipped}{}", &signature[1..])).unwrap();
        verify(&world, "registry").fails(3, &[name.trim_start_matches("1.")]);
        fs_err::write(&path, kept).unwrap();
    }
    verify(&world, "registry").succeeds();
}

#[test]
fn a_registry_with_bins_is_read_whole() {
    let world = World::new();
    world.build(["init", "registry", "--name", "demo", "--bins", "8"]).succeeds();
    world.add(&[&greeter(), &reporter()]).succeeds();
    let report = world.build(["verify", "registry", "--json"]).succeeds().json();
    assert_eq!(report["releases"], 2);
    let bins = fs_err::read_dir(world.registry().join("metadata")).unwrap();
    let bins: Vec<_> = bins
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.file_name().unwrap().to_str().unwrap().contains(".bin-"))
        .collect();
    // The newest version of each, also of those that list nothing.
    assert!(report["metadata"].as_u64().unwrap() >= 8 + 4, "{report}");
    let newest = |path: &&PathBuf| path.file_name().unwrap().to_str().unwrap().contains("bin-0");
    let bin = bins.iter().filter(newest).max().unwrap();
    fs_err::remove_file(bin).unwrap();
    verify(&world, "registry").fails(3, &["bin-0", "missing"]);
}

#[test]
fn bundles_that_are_cut_or_changed_are_damaged() {
    let world = world();
    world.bundle(&["reporter", "--with-runtimes"]).fails(4, &[]);
    world.bundle(&["reporter"]).succeeds();
    let bytes = fs_err::read(world.bundle_path()).unwrap();
    for part in [2, 3, 10] {
        fs_err::write(world.path().join("cut.tar.zst"), &bytes[..bytes.len() - bytes.len() / part]).unwrap();
        verify(&world, "cut.tar.zst").fails(3, &[]).with_hint();
    }
    for place in (20..bytes.len()).step_by(bytes.len() / 9) {
        let mut changed = bytes.clone();
        changed[place] ^= 0x55;
        fs_err::write(world.path().join("changed.tar.zst"), changed).unwrap();
        verify(&world, "changed.tar.zst").fails(3, &[]);
    }
    // Cut so early that not even its first entry is whole.
    fs_err::write(world.path().join("cut.tar.zst"), &bytes[..40]).unwrap();
    verify(&world, "cut.tar.zst").fails(3, &["bundle `cut.tar.zst` cannot be read"]).with_hint();
    verify(&world, "nowhere").fails(1, &["does not exist"]);
}

#[test]
fn a_bundle_on_standard_input_and_an_expired_one_and_an_unpacked_one() {
    let world = World::new();
    world.sign_at(1_600_000_000);
    world.init("demo").succeeds();
    world.add(&[&greeter(), &reporter()]).succeeds();
    world.bundle(&["greeter"]).succeeds();
    world.sign_at(0);
    let mut command = world.command(Binary::Build);
    command.args(["verify", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(&fs_err::read(world.bundle_path()).unwrap()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}");
    assert!(said.contains("warning") && said.contains("expired on"), "{said}");
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(shown.contains("expired: ") && shown.contains("everything is whole"), "{shown}");
    let reader = zstd::Decoder::new(fs_err::File::open(world.bundle_path()).unwrap()).unwrap();
    let directory = world.path().join("unpacked");
    tar::Archive::new(reader).unpack(&directory).unwrap();
    verify(&world, "unpacked").succeeds();
    let blob = blobs(&directory).pop().unwrap();
    fs_err::remove_file(&blob).unwrap();
    verify(&world, "unpacked").fails(3, &[blob.file_name().unwrap().to_str().unwrap()]);
}
