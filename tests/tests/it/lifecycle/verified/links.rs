//! The generation: links and markers, what lies beside them, descriptions, its lock file, and where the root is.

use super::{assert_one, differences, host, link, real, replace, report};

#[test]
fn a_link_to_a_pack_that_is_gone_replaced_or_leads_elsewhere() {
    let world = host();
    let place = world.root().join("current/packs/greeter");
    replace(&place, |_| {});
    assert_one(&world, "missing", "links", &["greeter"], "packs/greeter");
    replace(&place, |path| fs_err::create_dir(path).unwrap());
    assert_one(&world, "replaced", "links", &["greeter"], "packs/greeter");
    let other = real(&world, "packs/reporter");
    replace(&place, link(other.to_str().unwrap()));
    assert_one(&world, "leads-elsewhere", "links", &["greeter"], "packs/greeter");
}

#[test]
fn a_link_of_an_environment_that_is_gone_or_was_replaced_by_foreign_files() {
    let world = host();
    let modules = world.root().join("current/packenvs/weaver/nodejs/node_modules");
    replace(&modules, |_| {});
    assert_one(&world, "missing", "links", &["weaver"], "nodejs/node_modules");
    replace(&modules, |path| {
        fs_err::create_dir(path).unwrap();
        fs_err::write(path.join("evil.js"), "x").unwrap();
    });
    let kinds: Vec<String> = differences(&world).into_iter().map(|(kind, ..)| kind).collect();
    assert_eq!(kinds, ["replaced", "foreign"]);
}

#[test]
fn the_name_that_workers_use() {
    let world = host();
    replace(&world.root().join("current/packenvs/weaver/node.js"), |_| {});
    assert_one(&world, "missing", "links", &["weaver"], "weaver/node.js");
}

#[test]
fn a_marker_with_another_content() {
    let world = host();
    let marker = world.root().join("current/packenvs/reporter/python/.attune_deps_installed");
    replace(&marker, |path| fs_err::write(path, "0".repeat(64)).unwrap());
    assert_one(&world, "changed", "links", &["reporter"], ".attune_deps_installed");
    replace(&marker, |_| {});
    assert_one(&world, "missing", "links", &["reporter"], ".attune_deps_installed");
}

#[test]
fn foreign_entries_in_the_folders_of_a_generation() {
    let world = host();
    let current = fs_err::canonicalize(world.root().join("current")).unwrap();
    fs_err::create_dir_all(current.join("packenvs/evil/python")).unwrap();
    std::os::unix::fs::symlink("/tmp", current.join("packs/evil")).unwrap();
    fs_err::write(current.join("note"), "x").unwrap();
    fs_err::write(current.join("releases/evil.json"), "x").unwrap();
    let found: Vec<String> =
        differences(&world).into_iter().map(|(kind, .., path)| kind + " " + &path).collect();
    let expected = ["note", "releases/evil.json", "packenvs/evil", "packs/evil"];
    assert_eq!(found, expected.map(|path| format!("foreign generations/1/{path}")));
}

#[test]
fn links_of_the_root() {
    for name in ["packs", "packenvs", "runtime_envs"] {
        let world = host();
        replace(&world.root().join(name), |_| {});
        assert_one(&world, "missing", "links", &[], name);
        replace(&world.root().join(name), link("/tmp"));
        assert_one(&world, "leads-elsewhere", "links", &[], name);
        replace(&world.root().join(name), |path| fs_err::create_dir(path).unwrap());
        assert_one(&world, "replaced", "links", &[], name);
    }
}

#[test]
fn current_that_is_gone_or_leads_to_nothing() {
    let world = host();
    let current = world.root().join("current");
    replace(&current, |_| {});
    assert_one(&world, "missing", "links", &[], "current");
    replace(&current, link("nowhere"));
    assert_one(&world, "leads-elsewhere", "links", &[], "current");
    replace(&current, |path| fs_err::create_dir(path).unwrap());
    assert_one(&world, "replaced", "links", &[], "current");
    replace(&current, link("generations/7"));
    assert_one(&world, "missing", "generation", &[], "generations/7/generation.json");
}

#[test]
fn a_directory_of_the_root_that_is_a_link() {
    let world = host();
    let (log, elsewhere) = (world.root().join("state/log"), world.path().join("log"));
    fs_err::rename(&log, &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, &log).unwrap();
    assert_one(&world, "replaced", "root", &[], "state/log");
}

#[test]
fn a_description_and_a_release_of_the_generation() {
    let world = host();
    let release = world.root().join("current/releases/greeter.json");
    let text = fs_err::read_to_string(&release).unwrap();
    replace(&release, |path| fs_err::write(path, text + " ").unwrap());
    assert_one(&world, "changed", "generation", &["greeter"], "releases/greeter.json");
    replace(&release, |_| {});
    assert_one(&world, "missing", "generation", &["greeter"], "releases/greeter.json");
}

#[test]
fn a_lock_file_that_was_changed_or_is_none() {
    let world = host();
    let lock = world.root().join("current/generation.json");
    let text = fs_err::read_to_string(&lock).unwrap();
    replace(&lock, |path| {
        fs_err::write(path, text.replace("\"requested\": false", "\"requested\": true")).unwrap();
    });
    assert_one(&world, "changed", "generation", &[], "generations/1/generation.json");
    replace(&lock, |path| fs_err::write(path, "{").unwrap());
    assert_one(&world, "changed", "generation", &[], "generations/1/generation.json");
    replace(&lock, |_| {});
    assert_one(&world, "missing", "generation", &[], "generations/1/generation.json");
}

#[test]
fn a_root_that_was_moved_is_one_finding_with_its_remedy() {
    let world = host();
    let moved = world.path().join("elsewhere");
    fs_err::rename(world.root(), &moved).unwrap();
    let mut command = world.command(attune_tests::binaries::Binary::Install);
    command.args(["verify", "--json", "--root"]).arg(&moved);
    let found = attune_tests::Run::of(command).json()["differences"].clone();
    assert_eq!(found.as_array().unwrap().len(), 1, "{found}");
    assert_eq!((&found[0]["kind"], &found[0]["part"]), (&"moved-root".into(), &"root".into()));
    assert_eq!(found[0]["expected"], world.root().to_str().unwrap());
    let mut command = world.command(attune_tests::binaries::Binary::Install);
    command.args(["verify", "--root"]).arg(&moved);
    let run = attune_tests::Run::of(command).fails(3, &["1 difference is in"]).with_hint();
    assert!(run.stderr.contains("move it back"), "{}", run.stderr);
    // Moved back, it is whole.
    fs_err::rename(&moved, world.root()).unwrap();
    world.verify(&[]).succeeds();
}

#[test]
fn an_interpreter_that_does_not_start_or_is_another_file() {
    use attune_tests::fake_node;
    let pack =
        attune_tests::PackBuilder::new("spinner", "1.0.0").yaml("runtime_deps: [nodejs]\nnodejs: '>=20'");
    let world = attune_tests::World::with_packs(&[&pack.action("run", "shell", "#!/bin/sh\n")]);
    let place = world.path().join("node");
    let node = fake_node::write(&place, "20.1.0");
    world.bundle(&["spinner"]).succeeds();
    let mut install = world.installer();
    install.arg(world.bundle_path()).arg("--trust").arg(world.trust()).env("PATH", place.join("bin"));
    attune_tests::Run::of(install).succeeds();
    world.verify(&[]).succeeds();
    fs_err::remove_file(&node).unwrap();
    fake_node::write(&place, "20.2.0");
    let found = report(&world, &[])["differences"].clone();
    assert_eq!((&found[0]["kind"], &found[0]["part"]), (&"other-interpreter".into(), &"interpreter".into()));
    assert_eq!(found.as_array().unwrap().len(), 1, "{found}");
    fs_err::write(&node, "#!/bin/sh\nexit 3\n").unwrap();
    let found = report(&world, &[])["differences"].clone();
    assert_eq!((&found[0]["kind"], &found[0]["packs"][0]), (&"interpreter".into(), &"spinner".into()));
}
