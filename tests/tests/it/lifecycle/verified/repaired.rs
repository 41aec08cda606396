//! `repair`: whatever `verify` tells of is mended, and nothing else is touched.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use attune_tests::standard_packs::{greeter, reporter};
use attune_tests::{OrdinaryUser, PackBuilder, Run, Tree, World};

use super::{change_in_silence, host, host_with, link, real, replace, stored};

/// Asserts that `arguments` repair the host, in the generation that is active or in a new one.
#[track_caller]
fn assert_repairs(world: &World, arguments: &[&str]) {
    world.verify(&[]).fails(3, &["not what was installed"]);
    let report = world.repair(&[arguments, &["--json"]].concat()).succeeds().json();
    assert_eq!(report["left"], serde_json::json!([]));
    assert_ne!(report["mended"], serde_json::json!([]));
    world.verify(&[]).succeeds();
    assert!(!world.root().join("staging").exists());
}

fn damage_everything(world: &World) {
    change_in_silence(&real(world, "packs/greeter/pack.yaml"));
    fs_err::remove_file(real(world, "packs/reporter/actions/report.py")).unwrap();
    fs_err::remove_file(stored(world, "wheels", "shout/__init__.py")).unwrap();
    let packages = fs_err::read_dir(world.root().join("store/node")).unwrap();
    for package in packages {
        fs_err::remove_dir_all(package.unwrap().path()).unwrap();
    }
    replace(&stored(world, "envs", "bin/shout"), |path| fs_err::write(path, "#!/bin/sh\n").unwrap());
}

#[test]
fn a_whole_host_is_left_alone() {
    let world = host();
    let before = world.root_tree();
    let run = world.repair(&[]).succeeds();
    assert!(run.stdout.contains("nothing to repair"), "{}", run.stdout);
    let is_database = |path: &std::path::Path| path.starts_with("state");
    world.root_tree().without(is_database).assert_same(&before.without(is_database));
}

#[test]
fn files_of_every_kind_come_from_the_bundle_in_each_link_mode() {
    for mode in ["fold", "hardlink", "copy"] {
        let world = host_with(&["--link-mode", mode]);
        damage_everything(&world);
        assert_repairs(&world, &["--from", &world.bundle_path().display().to_string()]);
        assert_eq!(world.installed().len(), 4, "{mode}");
    }
}

#[test]
fn files_come_from_a_registry_that_has_newer_releases() {
    let world = host();
    world.add(&[&PackBuilder::new("greeter", "9.0.0")]).succeeds();
    damage_everything(&world);
    assert_repairs(&world, &["--from", &world.registry().display().to_string()]);
    assert!(world.installed().contains(&"greeter 1.0.0".to_owned()), "{:?}", world.installed());
}

#[test]
fn what_has_no_source_is_told_and_the_rest_is_mended() {
    let world = host();
    change_in_silence(&real(&world, "packs/greeter/pack.yaml"));
    fs_err::write(real(&world, "packs/reporter/actions").join("planted.py"), "").unwrap();
    let run = world.repair(&[]).fails(3, &["1 difference is left in"]).with_hint();
    assert!(run.stderr.contains("repair --from"), "{}", run.stderr);
    assert!(
        run.stdout.contains("reporter: foreign") && run.stdout.contains("greeter: changed"),
        "{}",
        run.stdout
    );
    let report = world.verify(&["--json"]).json();
    assert_eq!(report["differences"].as_array().unwrap().len(), 1);
    // A bundle of other packs does not have it either.
    world.add(&[&PackBuilder::new("other", "1.0.0")]).succeeds();
    world.bundle(&["other"]).succeeds();
    let from = world.bundle_path().display().to_string();
    world.repair(&["--from", &from]).fails(3, &["1 difference is left in"]).with_hint();
}

#[test]
fn foreign_files_modes_and_links_need_no_source() {
    let world = host();
    let actions = real(&world, "packs/greeter/actions");
    fs_err::create_dir(actions.join("planted")).unwrap();
    fs_err::write(actions.join("planted/file"), "x").unwrap();
    std::os::unix::fs::symlink(world.path(), actions.join("away")).unwrap();
    fs_err::set_permissions(actions.join("greet.sh"), Permissions::from_mode(0o4777)).unwrap();
    fs_err::set_permissions(&actions, Permissions::from_mode(0o777)).unwrap();
    replace(&stored(&world, "envs", "lib64"), link("/tmp"));
    assert_repairs(&world, &[]);
    assert!(world.path().is_dir(), "what a planted link leads to stays");
}

#[test]
fn links_markers_and_what_is_foreign_in_a_generation() {
    let world = host();
    let current = world.root().join("current");
    replace(&current.join("packs/greeter"), link("/tmp"));
    replace(&current.join("packs/reporter"), |path| fs_err::create_dir(path).unwrap());
    replace(&current.join("packenvs/weaver/nodejs/node_modules"), |_| {});
    replace(&current.join("packenvs/reporter/python/.attune_deps_installed"), |_| {});
    fs_err::write(current.join("packs/foreign"), "x").unwrap();
    assert_repairs(&world, &[]);
}

#[test]
fn the_link_to_the_generation_comes_back() {
    let world = host();
    let current = world.root().join("current");
    fs_err::remove_file(&current).unwrap();
    assert_repairs(&world, &[]);
    for elsewhere in ["generations/7", "/tmp"] {
        replace(&current, link(elsewhere));
        assert_repairs(&world, &[]);
    }
    for name in ["packs", "packenvs", "runtime_envs"] {
        replace(&world.root().join(name), |_| {});
        assert_repairs(&world, &[]);
        replace(&world.root().join(name), link("/tmp"));
        assert_repairs(&world, &[]);
    }
}

#[test]
fn whatever_stands_at_the_top_of_a_root_in_the_place_of_something_else() {
    let world = host();
    let root = world.root();
    let part = root.join("store/packs");
    let pack = real(&world, "packs/greeter");
    let elsewhere = world.path().join("elsewhere");
    fs_err::create_dir(&elsewhere).unwrap();
    fs_err::write(elsewhere.join("kept"), "x").unwrap();
    let to_elsewhere = elsewhere.display().to_string();
    let mode = |path: &Path, mode| fs_err::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    let trust = root.join("state/trust");
    let damages: [(&str, &dyn Fn()); 13] = [
        ("a directory for a link", &|| {
            replace(&root.join("packenvs"), |path| fs_err::create_dir(path).unwrap());
        }),
        ("a file for a link", &|| replace(&root.join("packs"), |path| fs_err::write(path, "mine").unwrap())),
        ("a foreign file in the store", &|| fs_err::write(part.join("note"), "x").unwrap()),
        ("a foreign directory in the store", &|| fs_err::create_dir(root.join("store/mine")).unwrap()),
        ("a link for a tree", &|| replace(&pack, link(&to_elsewhere))),
        ("a file for lists", &|| {
            replace(&root.join("store/lists/packs"), |path| fs_err::write(path, "x").unwrap());
        }),
        ("a store for everybody", &|| mode(&part, 0o777)),
        ("a tree for everybody", &|| mode(&pack, 0o777)),
        ("a database for everybody", &|| mode(&root.join("state/attune.db"), 0o666)),
        ("a database in a directory", &|| {
            replace(&root.join("state/attune.db"), |path| fs_err::create_dir(path).unwrap());
        }),
        ("trust for everybody", &|| mode(&trust, 0o777)),
        ("a tree that not everybody may read", &|| mode(&pack, 0o700)),
        ("a generation for everybody", &|| mode(&real(&world, "current"), 0o777)),
    ];
    let from = world.bundle_path().display().to_string();
    for (what, damage) in damages {
        println!("{what}");
        damage();
        assert_repairs(&world, &["--from", &from]);
    }
    assert_eq!(fs_err::read_to_string(elsewhere.join("kept")).unwrap(), "x");
    assert_eq!(fs_err::read_to_string(root.join("packs.replaced-1")).unwrap(), "mine");
}

#[test]
fn rows_that_are_gone_and_a_database_that_is_damaged() {
    let world = host();
    let database = world.root().join("state/attune.db");
    rusqlite::Connection::open(&database).unwrap().execute("DELETE FROM action", []).unwrap();
    assert_repairs(&world, &[]);
    for file in ["attune.db-wal", "attune.db-shm"] {
        let _ = fs_err::remove_file(world.root().join("state").join(file));
    }
    fs_err::write(&database, [7; 8192]).unwrap();
    world.verify(&[]).fails(3, &["not what was installed"]);
    let run = world.repair(&[]).succeeds();
    assert!(run.stderr.contains("state/damaged-1.db"), "{}", run.stderr);
    assert!(run.stdout.contains("1 difference mended"), "{}", run.stdout);
    assert_eq!(fs_err::read(world.root().join("state/damaged-1.db")).unwrap(), [7; 8192]);
    world.verify(&[]).succeeds();
    assert_eq!(world.installed().len(), 4);
}

#[test]
fn a_root_that_was_moved_works_at_its_new_place() {
    let world = host();
    let (old, new) = (world.root(), world.path().join("moved"));
    fs_err::rename(&old, &new).unwrap();
    let at = |arguments: &[&str]| {
        let mut command = world.command(attune_tests::binaries::Binary::Install);
        command.args(arguments).arg("--root").arg(&new);
        Run::of(command)
    };
    let told = at(&["verify"]).fails(3, &["not what was installed"]).with_hint();
    assert_eq!(
        told.stdout.matches("moved").count() - told.stdout.matches("/moved").count(),
        1,
        "{}",
        told.stdout
    );
    at(&["repair"]).succeeds();
    at(&["verify"]).succeeds();
    let script = new.join("packenvs/reporter/python/bin/shout");
    let first = fs_err::read_to_string(&script).unwrap();
    assert!(
        first.contains(&new.display().to_string()) && !first.contains(&format!("{}/", old.display())),
        "{first}"
    );
}

#[test]
fn files_come_from_an_older_bundle_than_the_newest_that_was_installed() {
    let world = host();
    let old = world.path().join("old.tar.zst");
    fs_err::copy(world.bundle_path(), &old).unwrap();
    world.add(&[&PackBuilder::new("other", "1.0.0")]).succeeds();
    world.bundle(&["other"]).succeeds();
    world.install_bundle().succeeds();
    let trusted = Tree::of(&world.root().join("state/trust"));
    damage_everything(&world);
    assert_repairs(&world, &["--from", &old.display().to_string()]);
    // What the host has seen stays seen.
    Tree::of(&world.root().join("state/trust")).assert_same(&trusted);
    world.install([&old]).fails(3, &["older than the metadata"]);
}

#[test]
fn files_come_from_nobody_who_is_not_trusted() {
    let world = host();
    let stranger = World::new();
    stranger.init("stranger").succeeds();
    stranger.add(&[&greeter(), &reporter()]).succeeds();
    stranger.bundle(&["reporter"]).succeeds();
    damage_everything(&world);
    let before = Tree::of(&world.root().join("store"));
    let from = stranger.bundle_path().display().to_string();
    world.repair(&["greeter", "--from", &from]).fails(3, &["stranger"]).with_hint();
    Tree::of(&world.root().join("store")).assert_same(&before);
}

#[test]
fn without_a_store_and_a_source_everything_is_told_as_left() {
    let world = host();
    attune_tests::Run::of({
        let mut command = std::process::Command::new("chmod");
        command.args(["-R", "u+w"]).arg(world.root().join("store"));
        command
    })
    .succeeds();
    fs_err::remove_dir_all(world.root().join("store")).unwrap();
    let run = world.repair(&[]).fails(3, &["left in"]).with_hint();
    assert!(run.stderr.contains("--from"), "{}", run.stderr);
    assert_repairs(&world, &["--from", &world.bundle_path().display().to_string()]);
}

#[test]
fn nothing_is_repaired_where_nothing_is_installed() {
    let world = World::new();
    world.repair(&[]).fails(1, &["does not exist"]).with_hint();
    assert!(!world.root().exists());
    let world = host();
    world.repair(&["nothing"]).fails(4, &["pack `nothing` is not installed"]).with_hint();
}

#[test]
fn an_ordinary_user_repairs_what_is_theirs() {
    let Some(user) = OrdinaryUser::new() else { return };
    let world = host();
    damage_everything(&world);
    user.owns(&world);
    let run = |arguments: &[&str]| {
        let mut command = user.command(&world);
        command.args(arguments).arg("--root").arg(world.root());
        Run::of(command)
    };
    run(&["repair", "--from", &world.bundle_path().display().to_string()]).succeeds();
    run(&["verify"]).succeeds();
}

#[test]
fn reinstalling_unpacks_and_builds_everything_again() {
    let world = host();
    let files = ["packs/greeter/pack.yaml", "packenvs/reporter/python/bin/shout"];
    let inodes = || {
        files.map(|file| std::os::unix::fs::MetadataExt::ino(&fs_err::metadata(real(&world, file)).unwrap()))
    };
    let before = inodes();
    let bundle = world.bundle_path();
    let install = [bundle.as_os_str(), "--json".as_ref()];
    assert_eq!(world.install(install).succeeds().json()["outcome"], "unchanged");
    let again = world.install([bundle.as_os_str(), "--reinstall".as_ref(), "--json".as_ref()]);
    let report = again.succeeds().json();
    assert_eq!(
        (report["outcome"].as_str(), report["packs"].as_array().unwrap().len()),
        (Some("installed"), 4)
    );
    let after = inodes();
    assert!(before.iter().zip(after).all(|(before, after)| *before != after), "{before:?} {after:?}");
    world.verify(&[]).succeeds();
}
