//! What a process is started with: no home, closed descriptors, an output that is full, no place for temporary files.

use std::process::Command;

use attune_tests::binaries::Binary;
use attune_tests::standard_packs::greeter;
use attune_tests::world::standard;
use attune_tests::{Run, World};

/// Runs `script`, where `install` installs the standard bundle to the world's root.
fn shell(world: &World, script: &str) -> Run {
    let mut command = Command::new("bash");
    world.prepare(&mut command);
    command.env("INSTALL", Binary::Install.path()).env("BUILD", Binary::Build.path());
    command.env("SERVE", Binary::Serve.path()).env("BUNDLE", standard().bundle_path());
    command.env("TRUST", standard().trust()).env("ROOT", world.root());
    let install = "install() { \"$INSTALL\" \"$BUNDLE\" --trust \"$TRUST\" --root \"$ROOT\" \"$@\"; }\n";
    command.arg("-c").arg(format!("{install}{script}"));
    Run::of(command)
}

#[test]
fn without_a_home_or_any_variable() {
    let world = World::new();
    let script = "exec env -i \"$INSTALL\" \"$BUNDLE\" --trust \"$TRUST\" --root \"$ROOT\" --python \"$(command -v python3)\"";
    shell(&world, script).succeeds();
    let world = World::new();
    shell(&world, "unset HOME USER LOGNAME TERM LANG; install").succeeds();
    world.verify(&[]).succeeds();
    shell(&world, "cd /; env -i \"$BUILD\" inspect \"$BUNDLE\"").succeeds();
}

#[test]
fn packs_of_registries_are_downloaded_without_a_home() {
    let world = World::with_packs(&[&greeter()]);
    let (registry, root) = (world.registry(), world.trust());
    world.install(["trust".as_ref(), "add".as_ref(), root.as_os_str()]).succeeds();
    let download = "env -i \"$INSTALL\" download --root \"$ROOT\" --destination-dir out";
    let script = format!("cd \"$ROOT/..\"; {download} greeter --registry '{}'", registry.display());
    shell(&world, &script).succeeds();
    let script = format!("cd \"$ROOT/..\"; {download} out/greeter --allow-unsigned");
    shell(&world, &script).fails(2, &["B059", "ATTUNE_CACHE_DIR"]);
}

#[test]
fn with_closed_descriptors() {
    for closed in ["0<&-", "1>&-", "2>&-", "0<&- 1>&- 2>&-"] {
        let world = World::new();
        let run = shell(&world, &format!("install {closed}"));
        assert_eq!(run.status, Some(0), "{closed}: {}", run.stderr);
        world.verify(&[]).succeeds();
    }
}

#[test]
fn with_an_output_that_is_full() {
    let world = World::new();
    let run = shell(&world, "install > /dev/full");
    run.fails(1, &["done, but the result could not be written to standard output"]);
    world.verify(&[]).succeeds();
    for command in ["list", "verify", "du", "trust list", "--help", "--version"] {
        let run = shell(&world, &format!("\"$INSTALL\" {command} --root \"$ROOT\" > /dev/full"));
        assert!(!run.stderr.contains("panicked"), "{command}: {}", run.stderr);
        assert!(run.status == Some(1) || command.starts_with("--"), "{command}: {run:?}");
    }
    for program in ["INSTALL", "BUILD", "SERVE"] {
        let run = shell(&world, &format!("\"${program}\" --help > /dev/full 2> /dev/full"));
        assert!(matches!(run.status, Some(0..=2)), "{program}: {run:?}");
    }
}

#[test]
fn without_a_place_for_temporary_files() {
    let world = World::new();
    shell(&world, "TMPDIR=/nowhere install").succeeds();
}
