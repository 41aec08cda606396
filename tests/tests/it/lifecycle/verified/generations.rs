//! The files that say what a generation is: held against the database, restored from their copies, and never
//! believed where nothing vouches for them.

use std::path::{Path, PathBuf};

use attune_tests::binaries::Binary;
use attune_tests::{PackBuilder, Run, World};
use serde_json::json;

use super::{assert_one, change_in_silence, host, real, replace};

fn lock_file(world: &World) -> PathBuf {
    world.root().join("generations/1/generation.json")
}

fn copies(world: &World) -> PathBuf {
    world.root().join("generations/1/copies.json.zst")
}

/// The description of an environment of generation 1.
fn description(world: &World) -> PathBuf {
    let mut found = fs_err::read_dir(world.root().join("generations/1/environments")).unwrap();
    found.next().unwrap().unwrap().path()
}

/// Changes a version in the lock file: it can be read as before, and says something else.
fn forge(path: &Path) {
    let text = fs_err::read_to_string(path).unwrap();
    fs_err::write(path, text.replace(r#""version": "1.0.0""#, r#""version": "6.6.6""#)).unwrap();
}

fn cut(path: &Path) {
    fs_err::write(path, "{").unwrap();
}

fn remove(path: &Path) {
    fs_err::remove_file(path).unwrap();
}

/// What a verification calls a damage, and the damage.
type Damage = (&'static str, fn(&Path));

fn replace_by_directory(path: &Path) {
    remove(path);
    fs_err::create_dir(path).unwrap();
}

const DAMAGES: [Damage; 4] =
    [("changed", forge), ("changed", cut), ("missing", remove), ("changed", replace_by_directory)];

#[test]
fn a_lock_file_that_is_not_what_was_registered_comes_back_from_its_copy() {
    for (kind, damage) in DAMAGES {
        let world = host();
        let honest = fs_err::read(lock_file(&world)).unwrap();
        damage(&lock_file(&world));
        assert_one(&world, kind, "generation", &[], "generations/1/generation.json");
        let report = world.repair(&["--json"]).succeeds().json();
        assert_eq!((&report["generation"], &report["left"]), (&json!(1), &json!([])));
        assert!(report["mended"][0]["path"].as_str().unwrap().ends_with("generation.json"), "{report}");
        assert!(fs_err::read(lock_file(&world)).unwrap() == honest, "another lock file than before");
        world.verify(&[]).succeeds();
    }
}

#[test]
fn an_install_believes_no_lock_file_that_was_changed() {
    for (_, damage) in DAMAGES {
        let world = host();
        damage(&lock_file(&world));
        world.add(&[&PackBuilder::new("other", "1.0.0")]).succeeds();
        world.bundle(&["other"]).succeeds();
        let run = world.install_bundle().succeeds();
        assert!(run.stderr.contains("was not what was registered"), "{}", run.stderr);
        world.verify(&[]).succeeds();
        assert!(world.installed().contains(&"greeter 1.0.0".to_owned()), "{:?}", world.installed());
    }
}

#[test]
fn nothing_is_believed_that_nothing_vouches_for() {
    let world = host();
    forge(&lock_file(&world));
    remove(&copies(&world));
    let before = world.root_tree().without_touched();
    let gc = || {
        let mut command = world.command(Binary::Install);
        command.args(["gc", "--keep", "0", "--root"]).arg(world.root());
        Run::of(command)
    };
    gc().fails(7, &["not what was registered"]).with_hint();
    let run = world.repair(&[]).fails(3, &["is not what was registered"]).with_hint();
    assert!(run.stderr.contains("install again from a bundle"), "{}", run.stderr);
    world.install_bundle().fails(3, &["is not what was registered"]).with_hint();
    world.root_tree().without_touched().assert_same(&before);

    // The hint.
    for name in ["current", "generations"] {
        fs_err::rename(world.root().join(name), world.path().join(name)).unwrap();
    }
    world.install_bundle().succeeds();
    world.verify(&[]).succeeds();
    assert!(world.installed().contains(&"greeter 1.0.0".to_owned()), "{:?}", world.installed());
}

#[test]
fn an_older_generation_is_the_way_out_where_there_is_one() {
    let world = host();
    world.add(&[&PackBuilder::new("other", "1.0.0")]).succeeds();
    world.bundle(&["other"]).succeeds();
    world.install_bundle().succeeds();
    let second = world.root().join("generations/2");
    forge(&second.join("generation.json"));
    remove(&second.join("copies.json.zst"));
    let run = world.repair(&[]).fails(3, &["generations/2/generation.json` is not what was registered"]);
    assert!(run.stderr.contains("ln -sfn generations/1 "), "{}", run.stderr);
}

#[test]
fn a_record_in_the_database_that_was_changed_is_written_again() {
    let world = host();
    let database = rusqlite::Connection::open(world.root().join("state/attune.db")).unwrap();
    let other = "0".repeat(64);
    let rows = database.execute("UPDATE install_journal SET lock_digest = ?1", [format!("sha256:{other}")]);
    assert_eq!(rows.unwrap(), 1);
    drop(database);
    world.verify(&[]).fails(3, &["1 difference"]);
    world.repair(&[]).succeeds();
    world.verify(&[]).succeeds();
    assert_eq!(world.list()["generation"], json!(1));
}

#[test]
fn descriptions_and_releases_come_back_without_a_source() {
    let world = host();
    let release = world.root().join("generations/1/releases/greeter.json");
    replace(&release, |_| {});
    replace(&description(&world), |path| fs_err::write(path, "{}").unwrap());
    world.verify(&[]).fails(3, &["2 differences"]);
    let report = world.repair(&["--json"]).succeeds().json();
    assert_eq!((&report["generation"], &report["left"]), (&json!(1), &json!([])));
    assert_eq!(report["mended"].as_array().unwrap().len(), 2, "{report}");
    world.verify(&[]).succeeds();
}

#[test]
fn the_next_generation_takes_over_no_file_that_is_damaged() {
    let world = host();
    replace(&world.root().join("generations/1/releases/greeter.json"), |path| {
        fs_err::write(path, "{}").unwrap();
    });
    replace(&description(&world), |_| {});
    world.add(&[&PackBuilder::new("other", "1.0.0")]).succeeds();
    world.bundle(&["other"]).succeeds();
    world.install_bundle().succeeds();
    world.verify(&[]).succeeds();
}

#[test]
fn copies_that_are_damaged_are_made_again() {
    for damage in [cut as fn(&Path), remove] {
        let world = host();
        replace(&copies(&world), |path| fs_err::write(path, "").unwrap());
        super::open(&copies(&world));
        damage(&copies(&world));
        let report = super::report(&world, &[]);
        assert_eq!(report["differences"].as_array().unwrap().len(), 1, "{report}");
        let report = world.repair(&["--json"]).succeeds().json();
        assert_eq!((&report["generation"], &report["left"]), (&json!(1), &json!([])));
        world.verify(&[]).succeeds();
        forge(&lock_file(&world));
        world.repair(&[]).succeeds();
        world.verify(&[]).succeeds();
    }
}

#[test]
fn a_release_that_nothing_has_is_not_made_up() {
    let world = host();
    replace(&world.root().join("current/releases/greeter.json"), |_| {});
    remove(&copies(&world));
    change_in_silence(&real(&world, "packs/greeter/pack.yaml"));
    let from = world.bundle_path().display().to_string();
    world.repair(&["--from", &from]).fails(3, &["left in"]).with_hint();
    world.verify(&[]).fails(3, &["3 differences"]);
    let bundle = world.bundle_path();
    world.install([bundle.as_os_str(), "--reinstall".as_ref()]).succeeds();
    world.verify(&[]).succeeds();
}

#[test]
fn a_release_that_another_generation_has_comes_from_there() {
    let world = host();
    world.add(&[&PackBuilder::new("weaver", "9.0.0")]).succeeds();
    world.bundle(&["weaver"]).succeeds();
    world.install_bundle().succeeds();
    // A hard link: the bytes of both would change.
    replace(&world.root().join("current/releases/greeter.json"), |path| fs_err::write(path, "{}").unwrap());
    remove(&world.root().join("generations/2/copies.json.zst"));
    world.verify(&[]).fails(3, &["2 differences"]);
    world.repair(&[]).succeeds();
    world.verify(&[]).succeeds();
    assert_eq!(world.list()["generation"], json!(2));
}

/// Removes the database with the files beside it.
fn remove_database(world: &World) {
    for suffix in ["", "-wal", "-shm"] {
        let _ = fs_err::remove_file(world.root().join(format!("state/attune.db{suffix}")));
    }
}

#[test]
fn without_the_database_a_lock_file_must_be_like_its_copy() {
    let lost: fn(&World) = remove_database;
    let of_another: fn(&World) = |world| {
        world.add(&[&PackBuilder::new("other", "1.0.0")]).succeeds();
        world.bundle(&["other"]).succeeds();
        world.install_bundle().succeeds();
        replace(&world.root().join("current"), super::link("generations/1"));
    };
    for make in [lost, of_another] {
        let world = host();
        make(&world);
        forge(&lock_file(&world));
        let report = super::report(&world, &[]);
        let told: Vec<&str> =
            report["differences"].as_array().unwrap().iter().filter_map(|one| one["path"].as_str()).collect();
        assert!(told.iter().any(|path| path.ends_with("generations/1/generation.json")), "{told:?}");
        world.repair(&[]).fails(3, &["is not like its copy"]).with_hint();
        world.install_bundle().fails(3, &["is not like its copy"]).with_hint();
    }
}

#[test]
fn a_link_and_a_database_that_are_gone_together() {
    let world = host();
    remove_database(&world);
    remove(&world.root().join("current"));
    world.verify(&[]).fails(3, &[]).with_hint();
    world.repair(&[]).succeeds();
    world.verify(&[]).succeeds();
    assert_eq!(world.list()["generation"], json!(1));
}

#[test]
fn a_number_that_no_generation_can_have_is_no_generation() {
    let world = host();
    fs_err::create_dir(world.root().join("generations/18446744073709551615")).unwrap();
    world.add(&[&PackBuilder::new("other", "1.0.0")]).succeeds();
    world.bundle(&["other"]).succeeds();
    world.install_bundle().succeeds();
    assert_eq!(world.list()["generation"], json!(2));
}

#[test]
fn a_link_that_comes_back_leads_to_no_lock_file_that_was_changed() {
    for has_copies in [true, false] {
        let world = host();
        let honest = fs_err::read(lock_file(&world)).unwrap();
        forge(&lock_file(&world));
        remove(&world.root().join("current"));
        if has_copies {
            world.repair(&[]).succeeds();
            assert!(fs_err::read(lock_file(&world)).unwrap() == honest, "another lock file than before");
            world.verify(&[]).succeeds();
        } else {
            remove(&copies(&world));
            world.repair(&[]).fails(3, &["is not what was registered"]).with_hint();
            world.install_bundle().fails(3, &["is not what was registered"]).with_hint();
        }
    }
}
