//! Completions in real shells, and manual pages.

use std::path::Path;
use std::process::Command;

use attune_tests::binaries::Binary;
use attune_tests::world::standard;
use attune_tests::{Run, World};

/// What bash completes on a line of `words`, the last of which is not finished.
fn completed(world: &World, binary: Binary, words: &[&str]) -> Vec<String> {
    let program = binary.path();
    let function = format!("_clap_complete_{}", binary.name().replace('-', "_"));
    let script = format!(
        "source <(\"$1\" completions bash)\n\
         COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); COMP_TYPE=9\n\
         {function} \"$1\" \"${{@: -1}}\"\n\
         printf '%s\\n' \"${{COMPREPLY[@]}}\""
    );
    let mut command = Command::new("bash");
    world.prepare(&mut command);
    command.args(["--norc", "-c", &script, "bash"]).arg(program).args(words);
    let run = Run::of(command).succeeds();
    assert_eq!(run.stderr, "", "{words:?}");
    run.stdout.lines().filter(|line| !line.is_empty() && !line.starts_with("--")).map(str::to_owned).collect()
}

#[test]
fn bash_completes_commands_packs_and_registries() {
    let world = World::new();
    world.install_from(&standard().bundle_path(), &standard().trust()).succeeds();
    let registry = standard().registry().display().to_string();
    let root = world.root().display().to_string();
    let packs = ["greeter", "reporter", "watcher"];
    for (binary, words, expected) in [
        (Binary::Install, &["ver"][..], &["verify"][..]),
        (Binary::Install, &["env", "pa"], &["path"]),
        (Binary::Install, &["verify", "--root", &root, ""], &packs),
        (Binary::Install, &["--root", &root, "env", "path", "r"], &["reporter"]),
        (Binary::Install, &["trust", "show", "--root", &root, ""], &["demo"]),
        (Binary::Install, &["install", "--registry", &registry, "w"], &["watcher"]),
        (Binary::Install, &["verify", "--root", "/nonexistent", ""], &[]),
        (Binary::Build, &["bundle", &registry, ""], &packs),
        (Binary::Build, &["inspect", &registry, "g"], &["greeter"]),
        (Binary::Build, &["bundle", "/nonexistent", "g"], &[]),
        (Binary::Build, &["key", "gen"], &["generate"]),
        (Binary::Serve, &["reg"], &["registry"]),
    ] {
        assert_eq!(completed(&world, binary, words), expected, "{words:?}");
    }
}

/// Whether there is a program `name` here.
fn is_here(name: &str) -> bool {
    Command::new(name).arg("--version").output().is_ok_and(|output| output.status.success())
}

#[test]
fn scripts_are_ones_that_their_shells_read() {
    let world = World::new();
    for binary in [Binary::Install, Binary::Build, Binary::Serve] {
        for shell in ["bash", "zsh", "fish"] {
            let mut command = world.command(binary);
            command.args(["completions", shell]);
            let script = Run::of(command).succeeds().stdout;
            assert!(script.contains(binary.name()) && script.contains("ATTUNE_COMPLETE"), "{script}");
            let file = world.path().join(shell);
            fs_err::write(&file, &script).unwrap();
            if is_here(shell) {
                let mut command = Command::new(shell);
                command.arg("-n").arg(&file);
                Run::of(command).succeeds();
            }
        }
        let mut command = world.command(binary);
        command.args(["completions", "tcsh"]);
        Run::of(command).fails(2, &["tcsh", "fish"]);
    }
}

#[test]
fn every_command_has_a_manual_page() {
    let world = World::new();
    let pages = world.path().join("man1");
    for binary in [Binary::Install, Binary::Build, Binary::Serve] {
        let mut command = world.command(binary);
        command.arg("man").arg(&pages);
        let told = Run::of(command).succeeds().stdout;
        assert!(told.contains("wrote") && told.contains("pages"), "{told}");
        let mut command = world.command(binary);
        command.arg("man");
        let page = fs_err::read_to_string(pages.join(format!("{}.1", binary.name()))).unwrap();
        assert_eq!(Run::of(command).succeeds().stdout, page);
    }
    for name in ["attune-install-env-path", "attune-build-key-rotate", "attune-serve-registry"] {
        shows(&pages.join(format!("{name}.1")), name);
    }
}

/// Asserts that the page reads well: by groff where it is here, else by its own marks.
fn shows(page: &Path, name: &str) {
    let text = fs_err::read_to_string(page).unwrap();
    for mark in [".TH ", ".SH NAME", ".SH SYNOPSIS", ".SH OPTIONS"] {
        assert!(text.contains(mark), "{mark} is not in {name}");
    }
    if is_here("groff") {
        let mut command = Command::new("groff");
        command.args(["-ww", "-man", "-Tutf8", "-P-cbou"]).arg(page);
        let run = Run::of(command).succeeds();
        assert_eq!(run.stderr, "", "{name}");
        assert!(run.stdout.contains("SYNOPSIS") && run.stdout.contains("--color"), "{}", run.stdout);
    }
}
