//! `doctor`: what is wrong with a host, each with its code and the command that mends it.

use std::os::unix::fs::{PermissionsExt as _, chown};
use std::process::Command;

use attune_tests::binaries::Binary;
use attune_tests::standard_packs::greeter;
use attune_tests::world::standard;
use attune_tests::{OrdinaryUser, Run, World};
use jiff::Timestamp;

fn doctor(world: &World, arguments: &[&str]) -> Run {
    let mut command = world.command(Binary::Install);
    command.arg("doctor").args(arguments).arg("--root").arg(world.root());
    Run::of(command)
}

fn installed() -> World {
    let world = World::new();
    world.install_from(&standard().bundle_path(), &standard().trust()).succeeds();
    world
}

/// The codes of `run`, each with its severity, without those that are about the machine of this test.
fn codes(run: &Run) -> Vec<String> {
    let report = run.json();
    let of_machine = ["I103", "I104", "I113", "I115"];
    let findings = report["findings"].as_array().unwrap().iter();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let codes = findings.map(|finding| format!("{} {}", text(&finding["severity"]), text(&finding["code"])));
    codes.filter(|code| !of_machine.iter().any(|other| code.ends_with(other))).collect()
}

#[test]
fn a_host_that_is_well_has_no_errors_and_is_left_alone() {
    let world = installed();
    let before = world.root_tree();
    let run = doctor(&world, &["--json"]).succeeds();
    assert_eq!(codes(&run), [""; 0]);
    assert_eq!(run.json()["healthy"], true);
    let text = doctor(&world, &[]).succeeds().stdout;
    assert!(text.contains("everything is in order") || text.contains("nothing is wrong"), "{text}");
    world.root_tree().assert_same(&before);
}

#[test]
fn what_verify_finds_is_told_with_its_codes_and_mended_by_a_repair() {
    let world = installed();
    fs_err::set_permissions(world.root().join("state"), std::fs::Permissions::from_mode(0o777)).unwrap();
    fs_err::remove_file(world.root().join("packenvs")).unwrap();
    let run = doctor(&world, &["--json"]);
    assert_eq!(codes(&run), ["error I006", "error I001"]);
    let text = doctor(&world, &[]).fails(1, &["error[H040]", "2 errors", "attune-install repair"]).stdout;
    assert!(text.contains("error I006 ") && text.contains("writable by everybody"), "{text}");
    assert!(text.contains("error I001 ") && text.contains("  mend it: `attune-install repair`\n"), "{text}");
    world.repair(&[]).succeeds();
    doctor(&world, &[]).succeeds();
}

#[test]
fn a_root_that_was_moved_and_an_interpreter_that_is_gone() {
    let world = installed();
    let place = world.path().join("elsewhere");
    fs_err::rename(world.root(), &place).unwrap();
    let mut command = world.command(Binary::Install);
    command.args(["doctor", "--json", "--root"]).arg(&place);
    assert!(codes(&Run::of(command)).contains(&"error I010".to_owned()));
    fs_err::rename(&place, world.root()).unwrap();

    let python = fs_err::canonicalize(world.root().join("packenvs/reporter/python/bin")).unwrap();
    fs_err::set_permissions(&python, std::fs::Permissions::from_mode(0o755)).unwrap();
    fs_err::remove_file(python.join("python")).unwrap();
    assert!(codes(&doctor(&world, &["--json"])).contains(&"error I001".to_owned()));
}

#[test]
fn what_changes_and_repairs_left_is_told() {
    let world = installed();
    fs_err::create_dir_all(world.root().join("staging/2-999999")).unwrap();
    fs_err::write(world.root().join("state/damaged-1.db"), "x").unwrap();
    fs_err::write(world.root().join("current.replaced-1"), "x").unwrap();
    let run = doctor(&world, &["--json"]);
    assert_eq!(codes(&run), ["error I109", "note I110", "note I110"]);
    let text = doctor(&world, &[]).fails(1, &["1 error"]).stdout;
    assert!(
        text.contains("note I110 `") && text.contains("damaged-1.db` was set aside by a repair"),
        "{text}"
    );
    assert!(text.contains("once nobody needs it"), "{text}");
    world.repair(&[]).succeeds();
    // Notes alone are no failure.
    let run = doctor(&world, &["--json"]).succeeds();
    assert_eq!(codes(&run), ["note I110", "note I110"]);
}

#[test]
fn trust_that_expires_and_a_clock_that_is_behind_it() {
    let world = World::new();
    let now = Timestamp::now().as_second();
    let publish = |world: &World, days_ago: i64| {
        world.sign_at(now - days_ago * 86_400);
        world.init("demo").succeeds();
        world.add(&[&greeter()]).succeeds();
    };
    let install = |world: &World| {
        let mut command = world.installer();
        command.args(["greeter", "--expiry-grace", "any", "--registry"]).arg(world.registry());
        command.arg("--trust").arg(world.trust());
        Run::of(command).succeeds();
    };
    publish(&world, 80);
    install(&world);
    assert_eq!(codes(&doctor(&world, &["--json"]).succeeds()), ["note I107"]);
    let world = World::new();
    publish(&world, 95);
    install(&world);
    let run = doctor(&world, &[]).fails(1, &["error[H040]"]);
    assert!(
        run.stdout.contains("error I106 the timestamp metadata of registry `demo` expired on "),
        "{run:?}"
    );
    fs_err::write(world.root().join("state/trust/demo/timestamp.json"), "{").unwrap();
    assert_eq!(codes(&doctor(&world, &["--json"])), ["error I108"]);
    // Signed by a publisher whose clock is ahead, or read by a host whose clock is behind.
    let world = World::new();
    publish(&world, -1);
    install(&world);
    let run = doctor(&world, &[]).fails(1, &["mend it: `timedatectl set-ntp true`"]);
    assert!(run.stdout.contains("behind the time at which registry `demo` was signed"), "{run:?}");
    assert_eq!(codes(&doctor(&world, &["--json"])), ["error I105"]);
}

#[test]
fn parts_of_another_owner_and_a_user_who_may_not_write() {
    let world = installed();
    let Some(user) = OrdinaryUser::new() else { return };
    fs_err::set_permissions(world.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = user.program(&world, user.copy_of(Binary::Install));
    command.args(["doctor", "--json", "--root"]).arg(world.root());
    let run = Run::of(command);
    if run.json()["findings"].as_array().unwrap().iter().any(|finding| finding["code"] == "I007") {
        return;
    }
    if codes(&run) == [""; 0] {
        // The tests themselves run without privileges.
        return;
    }
    assert_eq!((codes(&run), run.status), (vec!["note I101".to_owned()], Some(0)));
    chown(world.root().join("state/lock"), Some(65534), Some(65534)).unwrap();
    let text = doctor(&world, &[]).fails(1, &["error[H040]"]).stdout;
    assert!(text.contains("state/lock` belongs to user 65534, and the root to user 0"), "{text}");
    assert!(text.contains("mend it: `chown -R 0 "), "{text}");
}

/// `doctor --json` after `mounts`, in a namespace of its own; `None` where the kernel allows none.
#[expect(clippy::print_stderr, reason = "a test that was skipped says so")]
fn with_mounts(world: &World, mounts: &str) -> Option<Run> {
    let root = world.root();
    let script = format!(
        "ROOT={0}\n({mounts}) || exit 99\nexec {1} doctor --json --root {0}",
        root.display(),
        Binary::Install.path().display()
    );
    let mut command = Command::new("unshare");
    world.prepare(&mut command);
    command.args(["-rm", "sh", "-c", &script]);
    let run = Run::of(command);
    if run.status == Some(99) || run.stderr.starts_with("unshare:") {
        eprintln!("skipped: the kernel allows no mount of one's own here: {}", run.stderr);
        return None;
    }
    Some(run)
}

#[test]
fn mounts_that_keep_packs_from_running_or_hold_a_part_of_the_root() {
    let world = installed();
    let noexec = "mount --bind $ROOT $ROOT && mount -o remount,bind,noexec $ROOT";
    let Some(run) = with_mounts(&world, noexec) else { return };
    assert_eq!((codes(&run), run.status), (vec!["error I111".to_owned()], Some(1)));
    let read_only = "mount --bind $ROOT $ROOT && mount -o remount,bind,ro $ROOT";
    let run = with_mounts(&world, read_only).unwrap();
    assert_eq!((codes(&run), run.status), (vec!["note I112".to_owned()], Some(0)));
    let part = "mount --bind $ROOT/state $ROOT/state";
    let run = with_mounts(&world, part).unwrap();
    assert_eq!((codes(&run), run.status), (vec!["note I114".to_owned()], Some(0)));
    let in_memory = "mkdir -p $ROOT/staging/x && rmdir $ROOT/staging/x && mount -t tmpfs none $ROOT/staging";
    let run = with_mounts(&world, in_memory).unwrap();
    assert_eq!((codes(&run), run.status), (vec!["error I114".to_owned()], Some(1)));
    let scratch = "mkdir -p $ROOT.tmp && mount -t tmpfs -o noexec none $ROOT.tmp";
    let mut with_scratch =
        with_mounts(&world, &format!("{scratch}) && export TMPDIR=$ROOT.tmp && (true")).unwrap();
    with_scratch.stdout = with_scratch.stdout.replace("I113", "I913");
    assert!(with_scratch.stdout.contains("I913"), "{with_scratch:?}");
    assert_eq!(with_scratch.status, Some(0));
}

#[test]
fn a_root_without_an_installation_has_no_doctor() {
    let world = World::new();
    doctor(&world, &[]).fails(1, &["error[H001]"]).with_hint();
    fs_err::create_dir(world.root()).unwrap();
    doctor(&world, &["--json"]).fails(1, &["H002"]);
}
