//! Packs that are published already, and packs that are added side by side.

use std::collections::BTreeMap;
use std::thread;
use std::time::Duration;

use attune_build::registry::RegistryDirectory;
use attune_registry::blob::BlobStore;
use attune_schemas::release::{Descriptor, ReleaseManifest};
use attune_schemas::{Digest, PackRef};
use attune_tests::large_registry::keys;
use attune_tests::standard_packs::greeter;
use attune_tests::{PackBuilder, PrivateServer, Reply, Tree, WheelBuilder, World};

/// Publishes what `change` makes of the archive of the world's only pack, as another compressor would have.
fn compress_otherwise(world: &World, pack: &str, change: impl Fn(&[u8]) -> Vec<u8>) {
    let pack: PackRef = pack.parse().unwrap();
    let registry = RegistryDirectory::open(&world.registry()).unwrap();
    let publisher = registry.publisher(jiff::Timestamp::now()).unwrap();
    let mut index = publisher.index(&pack).unwrap().unwrap();
    let mut manifest: ReleaseManifest = publisher.release(&pack, &index.releases[0]).unwrap().manifest;
    let blobs = BlobStore::new(&world.registry());
    let layer = &mut manifest.layers[0];
    let tar = zstd::decode_all(&*fs_err::read(blobs.path(&layer.digest)).unwrap()).unwrap();
    let archive = change(&tar);
    let (media_type, title) = (layer.media_type.clone(), layer.title().unwrap().to_owned());
    *layer = Descriptor::new(&media_type, blobs.put(&archive).unwrap(), archive.len() as u64).titled(&title);
    let bytes = serde_json::to_vec(&manifest).unwrap();
    index.releases[0].manifest.digest = blobs.put(&bytes).unwrap();
    index.releases[0].manifest.size = bytes.len() as u64;
    publisher.publish(&BTreeMap::from([(pack, index)]), &keys(world).load().unwrap()).unwrap();
}

#[test]
fn a_pack_whose_archive_was_compressed_otherwise() {
    let world = World::with_packs(&[&greeter()]);
    compress_otherwise(&world, "greeter", |tar| zstd::encode_all(tar, 19).unwrap());
    let before = Tree::of(&world.registry()).without_touched();
    let run = world.add(&[&greeter()]).succeeds();
    assert!(run.stdout.contains("was there"), "{}", run.stdout);
    Tree::of(&world.registry()).without_touched().assert_same(&before);
    let changed = greeter().file("actions/greet.sh", "changed");
    world.add(&[&changed]).fails(1, &["published already", "`actions/greet.sh` is the first that differs"]);
    world.bundle(&["greeter"]).succeeds();
    world.install_bundle().succeeds();
}

#[test]
fn a_pack_whose_published_archive_is_damaged_or_gone() {
    let world = World::with_packs(&[&greeter()]);
    let blobs = fs_err::read_dir(world.registry().join("blobs/sha256")).unwrap();
    let is_archive = |path: &std::path::PathBuf| fs_err::read(path).unwrap().starts_with(b"\x28\xb5\x2f\xfd");
    let archive = blobs.map(|entry| entry.unwrap().path()).find(is_archive).unwrap();
    for damage in [Some(&b"no archive"[..]), None] {
        match damage {
            Some(bytes) => fs_err::write(&archive, bytes).unwrap(),
            None => fs_err::remove_file(&archive).unwrap(),
        }
        assert!(world.add(&[&greeter()]).succeeds().stdout.contains("was there"));
        let changed = greeter().file("README.md", "changed\n");
        world.add(&[&changed]).fails(1, &["published already", "other files"]);
    }
}

/// A large file that shrinks, and one that does not.
fn large_files() -> [Vec<u8>; 2] {
    let text = (0..400_000_u32).flat_map(|line| [b"line ".to_vec(), line.to_string().into_bytes()].concat());
    let noise = (0..200_000_u32).flat_map(|block| *Digest::of(&block.to_le_bytes()).as_bytes());
    [text.collect(), noise.collect()]
}

#[test]
fn a_pack_of_several_frames_installs() {
    let [text, noise] = large_files();
    let pack = PackBuilder::new("large", "1.0.0").file("a/text", &text).file("b/noise", &noise);
    let world = World::with_packs(&[&pack]);
    let blobs = fs_err::read_dir(world.registry().join("blobs/sha256")).unwrap();
    let largest = blobs.map(|entry| entry.unwrap().path()).max_by_key(|path| path.metadata().unwrap().len());
    let archive = fs_err::read(largest.unwrap()).unwrap();
    let mut first = zstd::Decoder::with_buffer(&*archive).unwrap().single_frame();
    let frame = std::io::copy(&mut first, &mut std::io::sink()).unwrap();
    assert_eq!(frame, 4 << 20, "of a large pack each frame has a part");
    assert!(archive.len() > noise.len() && archive.len() < noise.len() + text.len() / 2);
    assert!(world.add(&[&pack]).succeeds().stdout.contains("was there"));
    world.build(["verify".as_ref(), world.registry().as_os_str()]).succeeds();
    world.bundle(&["large"]).succeeds();
    world.install_bundle().succeeds();
    let installed = world.root().join("packs/large");
    assert!(fs_err::read(installed.join("a/text")).unwrap() == text);
    assert!(fs_err::read(installed.join("b/noise")).unwrap() == noise);
}

/// Packs that each get a warning.
fn warned(count: usize) -> Vec<PackBuilder> {
    let pack = |number| {
        PackBuilder::new(&format!("pack_{number:02}"), "1.0.0").file("node_modules/thing/index.js", "1")
    };
    (0..count).rev().map(pack).collect()
}

#[test]
fn packs_side_by_side_are_told_in_the_order_of_the_command_line() {
    let packs = warned(20);
    let world = World::with_registry();
    let run = world.add(&packs.iter().collect::<Vec<_>>()).succeeds();
    let numbers = |text: &str, mark: &str| -> Vec<String> {
        let lines = text.lines().filter(|line| line.contains(mark));
        lines.map(|line| line[line.find("pack_").unwrap()..][..7].to_owned()).collect()
    };
    let expected: Vec<String> = (0..20).rev().map(|number| format!("pack_{number:02}")).collect();
    assert_eq!(numbers(&run.stdout, "added"), expected);
    assert_eq!(numbers(&run.stderr, "warning"), expected, "{}", run.stderr);
}

#[test]
fn the_first_pack_that_fails_is_the_one_that_is_told() {
    let good = |name: &str| PackBuilder::new(name, "1.0.0");
    // Offline, one cannot be resolved; the lock of the other cannot be read, which is seen at once.
    let first = good("first").file("requirements.txt", "no-such-thing\n");
    let second = good("second").file("requirements.txt", "no\n").file("pylock.toml", "no lock");
    let world = World::with_registry();
    let run = world.add(&[&good("good"), &first, &second, &good("last")]);
    assert!(run.status != Some(0) && run.stderr.contains("`first`"), "{}", run.stderr);
    assert!(!run.stderr.contains("`second`"), "{}", run.stderr);
    for pack in ["good", "last"] {
        world.bundle(&[pack]).fails(4, &[pack]);
    }
}

#[test]
fn a_wheel_that_several_packs_need_is_fetched_once() {
    let wheel = WheelBuilder::new("shared", "1.0.0").file("shared/__init__.py", "").build();
    let bytes = wheel.bytes.clone();
    let server = PrivateServer::start(move |_| {
        thread::sleep(Duration::from_millis(200));
        Reply::new(200, bytes.clone())
    });
    let lock = format!(
        "lock-version = \"1.0\"\ncreated-by = \"fixture\"\n\n[[packages]]\nname = \"shared\"\nversion = \"1.0.0\"\n\
         [[packages.wheels]]\nname = \"{name}\"\nurl = \"{url}\"\nhashes = {{ sha256 = \"{sha256}\" }}\n",
        name = wheel.filename,
        url = server.url(&format!("/{}", wheel.filename)),
        sha256 = Digest::of(&wheel.bytes).hex(),
    );
    let world = World::with_registry();
    let packs = world.path().join("packs");
    let add = || {
        let packs = (0..6).map(|number| {
            let pack = PackBuilder::new(&format!("pack_{number}"), "1.0.0").file("pylock.toml", &lock);
            pack.write(&packs).display().to_string()
        });
        let options = ["add", "registry", "--platform=linux/amd64", "--python=3.11"].map(str::to_owned);
        world.build(options.into_iter().chain(packs)).succeeds()
    };
    assert_eq!(add().stdout.matches("added").count(), 6);
    assert_eq!(server.asked().len(), 1);
    assert_eq!(add().stdout.matches("was there").count(), 6);
    assert_eq!(server.asked().len(), 1, "what is published needs no network");
}
