//! Trees that live processes have open: they stay until those end, and who keeps them is told.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use attune_tests::binaries::Binary;
use attune_tests::standard_packs::{greeter, reporter, shout_wheel};
use attune_tests::{PackBuilder, Run, World};
use serde_json::{Value, json};

fn run(world: &World, arguments: &[&str]) -> Run {
    let mut command = world.command(Binary::Install);
    command.args(arguments).arg("--root").arg(world.root());
    Run::of(command)
}

/// A process that waits for its end; killed when dropped.
struct Waiting(Child);

impl Waiting {
    fn start(mut command: Command) -> Self {
        Self(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }

    fn sleeping() -> Command {
        let mut command = Command::new("sleep");
        command.arg("600");
        command
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Two generations, of which the first alone has version 1.0.0 of a Python pack, with a wheel of its own.
fn upgraded() -> World {
    let world = World::with_packs(&[&greeter(), &reporter()]);
    world.install_packs(&["reporter"]).succeeds();
    let second = PackBuilder::new("reporter", "2.0.0").action("report", "shell", "#!/bin/sh\necho '{}'\n");
    world.add(&[&second]).succeeds();
    world.install_packs(&["reporter"]).succeeds();
    world
}

/// The entry of the store that the pack of generation 1 is.
fn old_pack(world: &World) -> PathBuf {
    fs_err::canonicalize(world.root().join("generations/1/packs/reporter")).unwrap()
}

/// The entry of the store that its environment is.
fn old_environment(world: &World) -> PathBuf {
    let bin = world.root().join("generations/1/packenvs/reporter/python/bin");
    fs_err::canonicalize(bin).unwrap().parent().unwrap().to_owned()
}

fn gc(world: &World, options: &[&str]) -> Value {
    run(world, &[&["gc", "--keep", "0", "--json"], options].concat()).succeeds().json()
}

fn kinds(entries: &Value) -> Vec<&str> {
    let mut kinds: Vec<&str> =
        entries.as_array().unwrap().iter().map(|entry| entry["kind"].as_str().unwrap()).collect();
    kinds.sort_unstable();
    kinds
}

/// Asserts that generation 1 stays while `process` lives, with the entries of `kept` parts of the store, is told with
/// the process's number, and goes after it.
#[track_caller]
fn stays_while_it_lives(world: &World, process: Waiting, kept: &[&str]) {
    let wait_for = |there: bool| {
        for _ in 0..200 {
            let told = gc(world, &["--dry-run"]);
            if told["inUse"].as_array().unwrap().is_empty() != there {
                return told;
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        panic!("the process is never seen, or always");
    };
    let told = wait_for(true);
    assert_eq!(told["inUse"][0]["pid"], json!(process.0.id()));
    assert_eq!(told["inUse"][0]["generations"], json!([1]));
    assert_eq!(kinds(&told["inUse"][0]["entries"]), kept);
    // The second time as the first: what is kept is still known to belong together.
    for _ in 0..2 {
        let removed = gc(world, &[]);
        assert_eq!(removed["inUse"], told["inUse"]);
        assert_eq!((&removed["generations"], &removed["entries"]), (&json!([]), &json!([])));
    }

    let text = run(world, &["gc", "--keep", "0"]).succeeds().stdout;
    assert!(text.contains(&format!("kept for process {}", process.0.id())), "{text}");
    drop(process);
    let removed = wait_for(false);
    assert_eq!((&removed["generations"], kinds(&removed["entries"])), (&json!([1]), kept.to_vec()));
    gc(world, &[]);
}

const ALL: &[&str] = &["envs", "packs", "wheels"];

#[test]
fn a_process_in_a_packs_directory_keeps_the_pack_with_its_environment() {
    let world = upgraded();
    let mut command = Waiting::sleeping();
    command.current_dir(old_pack(&world));
    let pack = old_pack(&world);
    stays_while_it_lives(&world, Waiting::start(command), ALL);
    assert!(!pack.exists());
    assert_eq!(world.installed(), ["greeter 1.0.0", "reporter 2.0.0"]);
}

#[test]
fn a_process_with_an_open_file_keeps_its_tree() {
    let world = upgraded();
    let mut command = Waiting::sleeping();
    let file = fs_err::File::open(old_pack(&world).join("pack.yaml")).unwrap();
    command.stdin(file.into_file());
    let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    // It has the file open as well.
    drop(command);
    stays_while_it_lives(&world, Waiting(child), ALL);
}

#[test]
fn a_python_of_an_environment_keeps_what_it_may_still_import() {
    let world = upgraded();
    let environment = old_environment(&world);
    let mut command = Command::new(environment.join("bin/python"));
    command.args(["-c", "import time; time.sleep(600)"]);
    stays_while_it_lives(&world, Waiting::start(command), ALL);
}

#[test]
fn variables_that_say_where_modules_are_count() {
    let world = upgraded();
    let mut command = Waiting::sleeping();
    command.env("NODE_PATH", format!("/nowhere:{}", old_environment(&world).join("node_modules").display()));
    stays_while_it_lives(&world, Waiting::start(command), ALL);
}

#[test]
fn a_process_with_a_generations_path_keeps_the_generation() {
    let world = upgraded();
    let mut command = Waiting::sleeping();
    command.env("VIRTUAL_ENV", world.root().join("generations/1/packenvs/reporter/python"));
    let process = Waiting::start(command);
    std::thread::sleep(std::time::Duration::from_millis(100));
    let removed = gc(&world, &[]);
    assert_eq!((&removed["kept"], &removed["generations"]), (&json!([1, 2]), &json!([])));
    assert_eq!(removed["inUse"][0]["generations"], json!([1]));
    assert!(world.root().join("packenvs").exists() && old_pack(&world).is_dir());
    drop(process);
    assert_eq!(gc(&world, &[])["generations"], json!([1]));
}

/// Starts Python before the upgrade, by the path that a worker uses: through links that lead to the new
/// generation afterwards.
fn started_before_the_upgrade(through: impl Fn(&World) -> PathBuf) -> (World, Waiting) {
    let world = World::with_packs(&[&greeter(), &reporter()]);
    world.install_packs(&["reporter"]).succeeds();
    let mut command = Command::new(through(&world));
    command.args(["-c", "import time; time.sleep(600)"]);
    let process = Waiting::start(command);
    // The time of a start is known to a hundredth of a second.
    std::thread::sleep(std::time::Duration::from_millis(50));
    let second = PackBuilder::new("reporter", "2.0.0")
        .action("report", "python", "import shout\n")
        .file("data", "changed")
        .wheel(&shout_wheel());
    world.add(&[&second]).succeeds();
    world.install_packs(&["reporter"]).succeeds();
    (world, process)
}

#[test]
fn a_process_that_was_started_through_a_link_that_moves_keeps_the_release_it_was_started_with() {
    let (world, process) =
        started_before_the_upgrade(|world| world.root().join("runtime_envs/reporter/python/bin/python3"));
    stays_while_it_lives(&world, process, &["packs"]);
}

#[test]
fn links_in_a_servers_own_folders_are_followed_too() {
    let (world, process) = started_before_the_upgrade(|world| {
        let folder = world.path().join("server/envs");
        fs_err::create_dir_all(&folder).unwrap();
        let link = folder.join("reporter");
        std::os::unix::fs::symlink(world.root().join("runtime_envs/reporter"), &link).unwrap();
        link.join("python/bin/python3")
    });
    stays_while_it_lives(&world, process, &["packs"]);
}

#[test]
fn a_process_of_the_active_generation_keeps_nothing_else() {
    let world = upgraded();
    let mut command = Waiting::sleeping();
    command.current_dir(world.root().join("packs/reporter"));
    let _process = Waiting::start(command);
    std::thread::sleep(std::time::Duration::from_millis(100));
    let removed = gc(&world, &[]);
    assert_eq!((&removed["inUse"], &removed["generations"]), (&json!([]), &json!([1])));
}

#[test]
fn a_host_whose_processes_cannot_be_seen_is_told_so() {
    let world = upgraded();
    let script = format!(
        "mount -t tmpfs none /proc || exit 99\n{} gc --keep 0 --dry-run --root {}",
        Binary::Install.path().display(),
        world.root().display()
    );
    let mut command = Command::new("unshare");
    world.prepare(&mut command);
    command.args(["-rm", "sh", "-c", &script]);
    let run = Run::of(command);
    if run.status == Some(99) || run.stderr.starts_with("unshare:") {
        eprintln!("skipped: the kernel allows no file system of one's own here: {}", run.stderr);
        return;
    }
    let run = run.succeeds();
    assert!(run.stderr.contains("processes of this host cannot be seen"), "{}", run.stderr);
    assert!(run.stdout.starts_with("would remove 1 generation"), "{}", run.stdout);
}

#[test]
fn nothing_to_remove_needs_no_look_at_processes() {
    let world = World::with_packs(&[&greeter()]);
    world.install_packs(&["greeter"]).succeeds();
    let report = gc(&world, &[]);
    assert!(report.get("processes").is_none());
    assert_eq!(report["kept"], json!([1]));
    assert!(Path::new("/proc/self").exists());
}
