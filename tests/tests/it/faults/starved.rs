//! Processes with less memory, fewer descriptors or smaller files than they want.

use std::process::Command;

use attune_tests::binaries::Binary;
use attune_tests::standard_packs::{greeter, reporter};
use attune_tests::world::standard;
use attune_tests::{OrdinaryUser, PackBuilder, Run, World};

/// Runs `script` in a shell, where `$INSTALL` and `$BUILD` are the programs.
fn shell(world: &World, script: &str) -> Run {
    let mut command = Command::new("/bin/sh");
    world.prepare(&mut command);
    command.env("INSTALL", Binary::Install.path()).env("BUILD", Binary::Build.path());
    command.env("BUNDLE", standard().bundle_path()).env("TRUST", standard().trust());
    command.env("ROOT", world.root()).args(["-c", script]);
    Run::of(command)
}

/// Asserts that a run succeeded, or failed as a machine's fault does.
#[track_caller]
fn did_or_named_the_machine(run: &Run, limit: &str) {
    if run.status == Some(0) {
        return;
    }
    run.clone().fails(1, &[]).with_hint();
    for word in ["damaged", "is refused", "report it to the pack's publisher", "found no"] {
        assert!(!run.stderr.contains(word), "{limit}: `{word}` is told:\n{}", run.stderr);
    }
}

#[test]
fn few_descriptors_are_told_as_such() {
    let node = PackBuilder::new("noder", "1.0.0").yaml("runtime_deps: [nodejs]\nnodejs: '>=12'");
    let publisher = World::with_packs(&[&node]);
    publisher.bundle(&["noder"]).succeeds();
    for count in 4..40 {
        let world = World::new();
        let limit = format!("ulimit -n {count}");
        let run = shell(&world, &format!("{limit}; exec $INSTALL $BUNDLE --trust $TRUST --root $ROOT"));
        did_or_named_the_machine(&run, &limit);
        assert!(run.status == Some(0) || world.root_tree().is_absent(), "{limit}: {}", run.stderr);
        let script = format!(
            "{limit}; exec $INSTALL {} --trust {} --root $ROOT",
            publisher.bundle_path().display(),
            publisher.trust().display(),
        );
        let world = World::new();
        let run = shell(&world, &script);
        did_or_named_the_machine(&run, &limit);
    }
    let run = shell(&World::new(), "ulimit -n 40; exec $INSTALL $BUNDLE --trust $TRUST --root $ROOT");
    run.succeeds();
}

#[test]
fn the_builder_tells_few_descriptors_as_such() {
    let world = World::with_packs(&[&greeter()]);
    for count in 4..32 {
        for command in [
            "verify registry",
            "inspect registry",
            "bundle registry greeter --force -o out.tar.zst",
            "refresh registry",
        ] {
            let limit = format!("ulimit -n {count}; {command}");
            let run = shell(&world, &format!("ulimit -n {count}; exec $BUILD {command}"));
            did_or_named_the_machine(&run, &limit);
        }
    }
    world.build(["verify", "registry"]).succeeds();
}

#[test]
fn a_limit_of_files_sizes_is_told_as_such() {
    let bulky = PackBuilder::new("bulky", "1.0.0").file("zeros.bin", vec![0; 8 << 20]);
    let world = World::with_packs(&[&bulky]);
    let script = "ulimit -f 4000; exec $INSTALL bulky --registry registry --trust registry/metadata/1.root.json --root root";
    shell(&world, script).fails(1, &["File too large", "ulimit -f"]);
    assert!(world.root_tree().is_absent());
    let world = World::with_registry();
    let pack = PackBuilder::new("bulky", "1.0.0");
    let noise: Vec<u8> = (0..1_u32 << 18)
        .flat_map(|n| n.wrapping_mul(2_654_435_761).rotate_left(n % 31).to_le_bytes())
        .collect();
    let pack = pack.file("noise.bin", noise).write(&world.path().join("packs"));
    let script = format!("ulimit -f 100; exec $BUILD add --offline registry {}", pack.display());
    shell(&world, &script).fails(1, &["File too large", "ulimit -f"]);
    world.build(["verify", "registry"]).succeeds();
}

#[test]
fn verify_tells_few_descriptors_as_such() {
    let world = World::new();
    world.install_from(&standard().bundle_path(), &standard().trust()).succeeds();
    let mut failed = 0;
    for count in 4..16 {
        let limit = format!("ulimit -n {count}");
        let run = shell(&world, &format!("{limit}; exec $INSTALL verify --root $ROOT"));
        did_or_named_the_machine(&run, &limit);
        assert!(!run.stdout.contains("difference"), "{limit}: {}", run.stdout);
        failed += usize::from(run.status != Some(0));
    }
    assert!(failed > 0, "no limit was low enough");
    world.verify(&[]).succeeds();
}

/// A run of `script` by an ordinary user, whom a limit of processes holds.
fn as_user(user: &OrdinaryUser, world: &World, script: &str) -> Run {
    let mut command = user.program(world, "/bin/sh");
    for (name, binary) in [("INSTALL", Binary::Install), ("BUILD", Binary::Build), ("SERVE", Binary::Serve)] {
        command.env(name, user.copy_of(binary));
    }
    command.args(["-c", script]);
    Run::of(command)
}

#[test]
fn few_processes_are_told_as_such() {
    let Some(user) = OrdinaryUser::new() else { return };
    let publisher = World::with_packs(&[&greeter(), &reporter()]);
    publisher.bundle(&["reporter"]).succeeds();
    user.owns(&publisher);
    let (bundle, trust) = (publisher.bundle_path(), publisher.trust());
    let mut failed = 0;
    for count in 1..8 {
        let limit = format!("prlimit --nproc={count}");
        let world = World::new();
        user.owns(&world);
        let install = format!(
            "exec {limit} $INSTALL {} --skip-tests --trust {} --root {}",
            bundle.display(),
            trust.display(),
            world.root().display()
        );
        let run = as_user(&user, &world, &install);
        did_or_named_the_machine(&run, &limit);
        assert!(run.status == Some(0) || world.root_tree().is_absent(), "{limit}: {}", run.stderr);
        failed += usize::from(run.status != Some(0));
        let verify = format!("exec {limit} $BUILD verify {}", publisher.registry().display());
        did_or_named_the_machine(&as_user(&user, &world, &verify), &limit);
    }
    assert!(failed > 0, "no limit was low enough");
}

#[test]
fn a_server_without_threads_is_told_as_such() {
    let Some(user) = OrdinaryUser::new() else { return };
    let world = World::with_packs(&[&greeter()]);
    user.owns(&world);
    let registry = world.registry();
    let script =
        format!("exec prlimit --nproc=1 $SERVE registry {} --listen 127.0.0.1:0", registry.display());
    let run =
        as_user(&user, &world, &script).fails(1, &["cannot start the threads", "ulimit -u"]).with_hint();
    assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
}

#[test]
fn a_log_that_cannot_be_written_hinders_nothing() {
    let world = World::new();
    let full = "-vv 2>/dev/full";
    shell(&world, &format!("exec $INSTALL $BUNDLE --trust $TRUST --root $ROOT {full}")).succeeds();
    shell(&world, &format!("exec $INSTALL verify --root $ROOT {full}")).succeeds();
    assert_eq!(shell(&world, &format!("exec $INSTALL no-such-bundle.tar.zst {full}")).status, Some(2));
    let registry = standard().registry();
    shell(&world, &format!("exec $BUILD verify {} {full}", registry.display())).succeeds();
}
