//! A changed tree of the store is never used again, and an install puts back what it is asked to install.

use std::path::Path;

use attune_tests::World;
use attune_tests::standard_packs::greeter;

use super::{change_in_silence, differences, host, knitter, link, open, publisher, real, replace, stored};

/// Installs everything again, which must put back `packs`.
#[track_caller]
fn put_back(world: &World, packs: &[&str]) {
    let run = world.install_bundle().succeeds();
    for pack in packs {
        let told = format!("warning[W002]: {pack} differs from its installed files, and is installed again");
        assert!(run.stderr.contains(&told), "{}", run.stderr);
    }
    assert_eq!(run.stderr.matches("is installed again").count(), packs.len(), "{}", run.stderr);
    world.verify(&[]).succeeds();
    assert!(world.install_bundle().succeeds().stdout.contains("nothing to do"));
    assert!(!world.root().join("staging").exists());
}

/// Writes to a file as a program does.
fn write(path: &Path) {
    open(path);
    let mut bytes = fs_err::read(path).unwrap();
    bytes.extend(b"\n# changed\n");
    fs_err::write(path, bytes).unwrap();
}

#[test]
fn a_changed_a_foreign_and_a_missing_file_of_a_pack() {
    let world = host();
    let script = real(&world, "packs/greeter/actions/greet.sh");
    let honest = fs_err::read(&script).unwrap();
    write(&script);
    put_back(&world, &["greeter"]);
    assert_eq!(fs_err::read(world.root().join("packs/greeter/actions/greet.sh")).unwrap(), honest);
    let pack = real(&world, "packs/greeter");
    open(&pack);
    fs_err::write(pack.join("evil.sh"), "x").unwrap();
    put_back(&world, &["greeter"]);
    fs_err::remove_dir_all(real(&world, "packs/greeter")).unwrap();
    put_back(&world, &["greeter"]);
}

#[test]
fn a_changed_wheel_and_npm_package() {
    let world = host();
    write(&stored(&world, "wheels", "shout/__init__.py"));
    put_back(&world, &["reporter"]);
    write(&stored(&world, "node", "package/cli.js"));
    put_back(&world, &["weaver"]);
}

#[test]
fn a_changed_environment_that_was_linked_and_one_that_steps_built() {
    let world = host();
    write(&real(&world, "packenvs/reporter/python/bin/shout"));
    put_back(&world, &["reporter"]);
    write(&real(&world, "packenvs/knitter/tool/bin/yarn"));
    put_back(&world, &["knitter"]);
    assert_eq!(
        fs_err::read_to_string(world.root().join("packenvs/knitter/tool/bin/yarn")).unwrap(),
        "yarn\n"
    );
}

#[test]
fn links_that_were_lost_or_replaced() {
    let world = host();
    let current = || fs_err::canonicalize(world.root().join("current")).unwrap();
    replace(&current().join("packs/greeter"), |_| {});
    put_back(&world, &["greeter"]);
    replace(&current().join("packs/greeter"), |path| fs_err::create_dir(path).unwrap());
    put_back(&world, &["greeter"]);
    replace(&current().join("packenvs/weaver/nodejs/node_modules"), |path| fs_err::create_dir(path).unwrap());
    put_back(&world, &["weaver"]);
    replace(&current().join("packenvs/reporter/python/lib"), link("/tmp"));
    put_back(&world, &["reporter"]);
    let marker = current().join("packenvs/reporter/python/.attune_deps_installed");
    replace(&marker, |path| fs_err::write(path, "x").unwrap());
    put_back(&world, &["reporter"]);
    for name in ["packs", "packenvs", "runtime_envs"] {
        replace(&world.root().join(name), |_| {});
        put_back(&world, &[]);
    }
}

#[test]
fn a_list_that_was_changed() {
    let world = host();
    let tree = real(&world, "packs/greeter").file_name().unwrap().to_owned();
    let lists = world.root().join("store/lists/packs").join(tree);
    let list = fs_err::read_dir(lists).unwrap().map(|entry| entry.unwrap().path());
    let list = list.into_iter().find(|path| !path.ends_with("stamp")).unwrap();
    replace(&list, |path| fs_err::write(path, "attune.file-list/v1\n").unwrap());
    put_back(&world, &["greeter"]);
}

#[test]
fn an_upgrade_takes_over_no_changed_tree() {
    let world = host();
    // The release before is still in the store, and was changed there meanwhile.
    world.add(&[&greeter().version("1.1.0")]).succeeds();
    world.install_packs(&["greeter"]).succeeds();
    let old =
        fs_err::canonicalize(world.root().join("generations/1/packs/greeter/actions/greet.sh")).unwrap();
    write(&old);
    world.install_packs(&["greeter@=1.0.0"]).succeeds();
    let now = world.root().join("packs/greeter/actions/greet.sh");
    assert!(!fs_err::read_to_string(now).unwrap().contains("changed"));
    world.verify(&[]).succeeds();
}

#[test]
fn a_tree_that_only_an_older_generation_uses_is_taken_over_where_it_is_whole() {
    let world = host();
    world.add(&[&greeter().version("1.1.0")]).succeeds();
    world.install_packs(&["greeter"]).succeeds();
    let old = fs_err::canonicalize(world.root().join("generations/1/packs/greeter/pack.yaml")).unwrap();
    let inode = |path: &Path| std::os::unix::fs::MetadataExt::ino(&fs_err::metadata(path).unwrap());
    let before = inode(&old);
    world.install_packs(&["greeter@=1.0.0"]).succeeds();
    assert_eq!(inode(&world.root().join("packs/greeter/pack.yaml")), before);
    world.verify(&[]).succeeds();
}

#[test]
fn a_tree_that_no_generation_lists_is_not_believed() {
    let world = host();
    let planted = publisher();
    planted.add(&[&greeter().version("1.1.0")]).succeeds();
    planted.install_packs(&["greeter"]).succeeds();
    let tree = real(&planted, "packs/greeter");
    let place = world.root().join("store/packs").join(tree.file_name().unwrap());
    fs_err::create_dir(&place).unwrap();
    fs_err::write(place.join("pack.yaml"), "evil").unwrap();
    world.add(&[&greeter().version("1.1.0")]).succeeds();
    world.install_packs(&["greeter"]).succeeds();
    assert_eq!(real(&world, "packs/greeter").file_name(), tree.file_name());
    world.verify(&[]).succeeds();
}

#[test]
fn what_changed_in_silence_is_found_by_verify_and_put_back_once_it_is_touched() {
    let world = host();
    let script = real(&world, "packs/greeter/actions/greet.sh");
    change_in_silence(&script);
    // The stamp fits; reading finds it.
    assert!(world.install_bundle().succeeds().stdout.contains("nothing to do"));
    world.verify(&[]).fails(3, &["1 difference is in"]);
    let now = std::time::SystemTime::now();
    fs_err::File::open(&script).unwrap().file().set_modified(now).unwrap();
    put_back(&world, &["greeter"]);
}

#[test]
fn a_copied_root_is_whole_once_it_was_read_again() {
    let world = host();
    let copy = world.path().join("copy");
    let mut command = std::process::Command::new("cp");
    command.arg("-a").arg(world.root()).arg(&copy);
    attune_tests::Run::of(command).succeeds();
    fs_err::remove_dir_all(world.root()).unwrap();
    fs_err::rename(&copy, world.root()).unwrap();
    // Other inodes: no stamp fits, every list does.
    assert!(world.install_bundle().succeeds().stdout.contains("nothing to do"));
    world.verify(&[]).succeeds();
}

#[test]
fn what_nobody_asked_for_stays_as_it_is_and_is_found_by_verify() {
    let world = host();
    world.add(&[&greeter().version("1.1.0")]).succeeds();
    write(&real(&world, "packenvs/knitter/tool/bin/yarn"));
    let run = world.install_packs(&["greeter"]).succeeds();
    assert!(!run.stderr.contains("installed again"), "{}", run.stderr);
    assert!(differences(&world).iter().all(|(_, _, packs, _)| packs == &["knitter"]));
    let run = world.install_packs(&["knitter"]).succeeds();
    assert!(run.stderr.contains("knitter differs from its installed files"), "{}", run.stderr);
    world.verify(&[]).succeeds();
}

#[test]
fn what_a_pack_needs_is_put_back_with_it_and_what_is_gone_with_any() {
    let world = host();
    write(&real(&world, "packs/greeter/actions/greet.sh"));
    let run = world.install_packs(&["reporter"]).succeeds();
    assert!(run.stderr.contains("greeter differs from its installed files"), "{}", run.stderr);
    world.verify(&[]).succeeds();
    fs_err::remove_dir_all(real(&world, "packenvs/knitter/tool/bin").parent().unwrap()).unwrap();
    let run = world.install_packs(&["greeter"]).succeeds();
    assert!(run.stderr.contains("knitter differs from its installed files"), "{}", run.stderr);
    world.verify(&[]).succeeds();
}

#[test]
fn a_pack_that_is_installed_again_takes_no_other_with_it() {
    let world = host();
    let report = world.install_packs(&["weaver", "--reinstall", "--json"]).succeeds().json();
    let all = report["packs"].as_array().unwrap().iter();
    let again = all.filter(|pack| pack["change"] == "reinstalled").map(|pack| pack["ref"].as_str().unwrap());
    assert_eq!(again.collect::<Vec<_>>(), ["weaver"]);
}

#[test]
fn a_failed_install_leaves_no_list_behind() {
    let world = host();
    let before = world.root_tree().without_touched();
    let broken = knitter().version("1.1.0").tested_by("#!/bin/sh\nexit 1\n", 30, "block");
    world.add(&[&broken, &greeter().version("1.1.0")]).succeeds();
    world.install_packs(&["knitter", "greeter"]).fails(6, &["knitter"]);
    world.root_tree().without_touched().assert_same(&before);
}
