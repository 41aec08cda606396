//! Packs that need packages: attune-build fetches them.

use std::process::Command;

use attune_tests::binaries::Binary;
use attune_tests::standard_packs::{greeter, reporter};
use attune_tests::{NodePackage, NodeProject, PackBuilder, Run, World};

use super::{install, slack, written};

#[test]
fn wheels_are_vendored_and_the_environment_is_built() {
    let world = World::new();
    let packs = [written(&world, "made", &greeter()), written(&world, "made", &reporter())];
    install(&world, &[&packs[0], &packs[1]]).succeeds();
    let python = world.root().join("packenvs/reporter/python/bin/python3");
    let mut command = Command::new(python);
    command.arg(world.root().join("packs/reporter/actions/report.py"));
    assert_eq!(Run::of(command).succeeds().stdout.trim(), "REPORT!");
    world.verify(&[]).succeeds();
}

#[test]
fn npm_packages_are_vendored() {
    let world = World::new();
    let package = NodePackage::new("left", "1.0.0");
    let project = NodeProject::new(&["left@^1"]).at("node_modules/left", &package);
    let pack = PackBuilder::new("weaver", "1.0.0").yaml("runtime_deps: [nodejs]\nnodejs: '>=16'");
    let pack = written(&world, "made", &project.in_pack(pack, 3));
    install(&world, &[&pack]).succeeds();
    assert_eq!(world.list()["packs"][0]["packages"], 1);
}

/// attune-install alone, without attune-build beside it or on its path.
fn alone(world: &World) -> Command {
    let place = world.path().join("alone");
    fs_err::create_dir_all(&place).unwrap();
    let program = place.join("attune-install");
    if !program.exists() {
        fs_err::copy(Binary::Install.path(), &program).unwrap();
    }
    let mut command = Command::new(program);
    world.prepare(&mut command);
    command.arg("--root").arg(world.root()).arg("--allow-unsigned").env("PATH", "/usr/bin:/bin");
    command
}

#[test]
fn without_attune_build_packs_that_need_nothing_are_installed() {
    let world = World::new();
    let python = PackBuilder::new("plain", "1.0.0")
        .yaml("runtime_deps: [python]")
        .file("requirements.txt", "# nothing\n")
        .action("go", "python", "print('gone')\n");
    let packs = [written(&world, "made", &slack("1.0.0")), written(&world, "made", &python)];
    let mut command = alone(&world);
    command.args(&packs);
    Run::of(command).succeeds();
    assert_eq!(world.installed(), ["plain 1.0.0", "slack 1.0.0"]);
    assert!(world.root().join("packenvs/plain/python/bin/python3").exists());
}

#[test]
fn without_attune_build_packs_that_need_packages_are_told() {
    let world = World::new();
    for (pack, needs) in [
        (reporter(), "pylock.toml"),
        (slack("1.0.0").file("requirements.txt", "requests\n"), "requirements.txt"),
        (slack("1.0.0").file("package.json", r#"{"dependencies": {"left": "1"}}"#), "package.json"),
        (slack("1.0.0").yaml("meta: {python_dependencies: [requests]}"), "python_dependencies"),
    ] {
        let pack = written(&world, needs, &pack);
        let mut command = alone(&world);
        command.arg(&pack);
        Run::of(command).fails(1, &["error[B057]", needs, "attune-build add"]);
    }
    assert!(!world.root().exists());
}

#[test]
fn a_builder_that_fails_is_quoted() {
    let world = World::new();
    let pack = written(&world, "made", &slack("1.0.0").file("requirements.txt", "not a requirement !\n"));
    let run = install(&world, &[&pack]).fails(1, &["error[B058]", "slack", "requirements.txt"]);
    run.with_hint();
    let run =
        install(&world, &[&pack, "--builder", "/bin/false"]).fails(1, &["error[B058]", "it said nothing"]);
    run.with_hint();
    install(&world, &[&pack, "--builder", "nowhere/attune-build"]).fails(1, &["error[B057]"]);
    assert!(!world.root().exists());
}
