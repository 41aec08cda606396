//! Packs that the builder refuses: all findings at once, and nothing added.

use attune_tests::standard_packs::{greeter, shout_wheel};
use attune_tests::{PackBuilder, Tree, WheelBuilder, World};

/// Asserts that none of `packs` is added, with a message that has all of `words`.
fn refuse(packs: &[&PackBuilder], code: i32, words: &[&str]) -> attune_tests::Run {
    let world = World::with_packs(&[&PackBuilder::new("earlier", "1.0.0")]);
    let before = Tree::of(&world.registry()).without_touched();
    let run = world.add(packs).fails(code, words);
    Tree::of(&world.registry()).without_touched().assert_same(&before);
    run
}

/// A pack with this pack.yaml.
fn with_yaml(yaml: &str) -> PackBuilder {
    PackBuilder::new("broken", "1.0.0").file("pack.yaml", yaml)
}

#[test]
fn no_pack_yaml() {
    let world = World::with_registry();
    let directory = world.path().join("empty");
    fs_err::create_dir(&directory).unwrap();
    fs_err::write(directory.join("README.md"), "no pack\n").unwrap();
    let run = world.build(["add".as_ref(), world.registry().as_os_str(), directory.as_os_str()]);
    run.fails(1, &["pack.yaml", "nothing was added"]);
}

#[test]
fn no_directory() {
    let world = World::with_registry();
    let run = world.build(["add".as_ref(), world.registry().as_os_str(), "nowhere".as_ref()]);
    run.fails(2, &["nowhere", "does not exist"]);
}

#[test]
fn pack_yaml_that_is_not_yaml() {
    refuse(&[&with_yaml("ref: [unclosed\nversion: \"1\"\n")], 1, &["pack.yaml:", "nothing was added"]);
    refuse(&[&with_yaml("\u{0}\u{1}\u{2}")], 1, &["pack.yaml"]);
    refuse(&[&with_yaml("just a text")], 1, &["pack.yaml"]);
    refuse(&[&with_yaml("")], 1, &["pack.yaml"]);
}

#[test]
fn fields_of_wrong_types() {
    let yaml = "ref: broken\nlabel: [a]\nversion: 1.0\ntags: 7\ndependencies: {a: {b: c}}\n";
    let run = refuse(&[&with_yaml(yaml)], 1, &["version", "pack.yaml:3:"]);
    assert!(run.stderr.matches("error[").count() >= 2, "all findings at once:\n{}", run.stderr);
}

#[test]
fn a_bad_ref() {
    for bad in ["Upper", "with.dot", "-dash", "a", "1st", "sp ace", "../evil", "ümlaut", ""] {
        let yaml = format!("ref: \"{bad}\"\nlabel: x\nversion: \"1.0.0\"\n");
        refuse(&[&with_yaml(&yaml)], 1, &["pack.yaml:1:", "ref"]);
    }
}

#[test]
fn a_bad_version() {
    for bad in ["one", "1", "v1.0.0", "1.0.0.0", "", "../1"] {
        let yaml = format!("ref: broken\nlabel: x\nversion: \"{bad}\"\n");
        refuse(&[&with_yaml(&yaml)], 1, &["pack.yaml:3:", "version"]);
    }
}

#[test]
fn findings_of_every_pack_are_told_at_once() {
    let one = PackBuilder::new("first", "not a version");
    let two = PackBuilder::new("second", "also not");
    let run = refuse(&[&one, &greeter(), &two], 1, &["first/pack.yaml", "second/pack.yaml", "2 errors"]);
    assert!(!run.stderr.contains("greeter"), "{}", run.stderr);
}

#[test]
fn an_action_without_its_program() {
    let pack = greeter().without("actions/greet.sh");
    refuse(&[&pack], 1, &["actions/greet.yaml", "greet.sh"]);
}

#[test]
fn the_same_version_with_other_bytes() {
    let world = World::with_packs(&[&greeter()]);
    let before = Tree::of(&world.registry()).without_touched();
    let changed = greeter().file("README.md", "changed\n");
    let run = world.add(&[&changed]).fails(1, &["greeter 1.0.0 is published already", "other files"]);
    assert!(run.with_hint().stderr.contains("version"));
    Tree::of(&world.registry()).without_touched().assert_same(&before);
    // The same pack beside a new one: none is added.
    world.add(&[&PackBuilder::new("innocent", "1.0.0"), &changed]).fails(1, &["published already"]);
    world.bundle(&["innocent"]).fails(4, &["innocent"]);
}

#[test]
fn the_same_pack_twice() {
    let world = World::with_registry();
    let one = greeter().write(&world.path().join("one"));
    let two = greeter().write(&world.path().join("two"));
    let run = world.build(["add".as_ref(), world.registry().as_os_str(), one.as_os_str(), two.as_os_str()]);
    run.fails(1, &["are both pack `greeter`"]);
}

#[test]
fn a_link_out_of_the_pack() {
    let world = World::with_registry();
    let pack = greeter().write(&world.path().join("packs"));
    std::os::unix::fs::symlink("/etc/passwd", pack.join("stolen")).unwrap();
    let run = world.build(["add".as_ref(), world.registry().as_os_str(), pack.as_os_str()]);
    run.fails(1, &["stolen", "leads out of the pack"]);
}

#[test]
fn a_wheel_that_is_not_the_locked_one() {
    let mut wheel = shout_wheel();
    let pack = PackBuilder::new("broken", "1.0.0").yaml("runtime_deps: [python]").wheel(&wheel);
    wheel.bytes.push(0);
    let world = World::with_registry();
    let directory = pack.write(&world.path().join("packs"));
    fs_err::write(directory.join("wheels").join(&wheel.filename), &wheel.bytes).unwrap();
    let run = world.build(["add".as_ref(), world.registry().as_os_str(), directory.as_os_str()]);
    run.fails(3, &["broken", "shout"]);
    world.bundle(&["broken"]).fails(4, &["broken"]);
}

#[test]
fn a_hostile_wheel_is_refused_before_it_is_published() {
    for (wheel, word) in [
        (WheelBuilder::new("evil", "1.0").file("../../escape.py", "x"), "escape.py"),
        (WheelBuilder::new("evil", "1.0").file("/etc/cron.d/evil", "x"), "evil"),
        (WheelBuilder::new("evil", "1.0").link("evil/link", "/etc/passwd"), "link"),
        (WheelBuilder::new("evil", "1.0").file("evil/a.py", "").file("evil/A.py", ""), "by case alone"),
        (WheelBuilder::new("evil", "1.0").file("other-1.dist-info/METADATA", ""), "two `.dist-info`"),
        (WheelBuilder::new("evil", "1.0").console_script("python3", "evil:main"), "replace the interpreter"),
        (
            WheelBuilder::new("evil", "1.0").file("evil-1.0.data/data/pyvenv.cfg", "home = /tmp\n"),
            "replace the interpreter",
        ),
    ] {
        let pack = PackBuilder::new("broken", "1.0.0").yaml("runtime_deps: [python]").wheel(&wheel.build());
        refuse(&[&pack], 3, &["broken", word]);
    }
}

#[test]
fn adding_to_what_is_no_registry() {
    let world = World::new();
    world.add(&[&greeter()]).fails(1, &["is not a registry"]).with_hint();
}

#[test]
fn initialising_what_is_not_empty() {
    let world = World::with_packs(&[&greeter()]);
    let before = Tree::of(world.path());
    world.init("other").fails(1, &["is not empty"]).with_hint();
    Tree::of(world.path()).assert_same(&before);
}

#[test]
fn adding_without_keys() {
    let world = World::with_registry();
    fs_err::remove_dir_all(world.keys()).unwrap();
    let run = world.add(&[&greeter()]).fails(1, &["0 of its keys are at hand"]);
    assert!(run.with_hint().stderr.contains("--keys"));
}

#[test]
fn another_builder_is_at_work() {
    let world = World::with_packs(&[&greeter()]);
    let lock = std::fs::File::options().write(true).open(world.registry().join(".lock")).unwrap();
    lock.lock().unwrap();
    world.add(&[&PackBuilder::new("late", "1.0.0")]).fails(8, &["another attune-build"]).with_hint();
}

#[test]
fn a_damaged_blob_in_the_registry_stops_the_bundle() {
    let world = World::with_packs(&[&greeter()]);
    for entry in fs_err::read_dir(world.registry().join("blobs/sha256")).unwrap() {
        let path = entry.unwrap().path();
        let mut bytes = fs_err::read(&path).unwrap();
        bytes[0] ^= 1;
        fs_err::remove_file(&path).unwrap();
        fs_err::write(&path, bytes).unwrap();
    }
    world.bundle(&["greeter"]).fails(3, &["damaged"]);
    assert!(!world.bundle_path().exists());
    let left = fs_err::read_dir(world.path())
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().starts_with(".bundle"));
    assert_eq!(left.count(), 0);
}
