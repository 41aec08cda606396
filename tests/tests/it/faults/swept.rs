//! Errors of the kernel, one at a time, at calls all over an installation and a verification: each is told as a fault
//! of the machine, or does no harm.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use attune_tests::binaries::Binary;
use attune_tests::soak::{missing_tool, traced};
use attune_tests::standard_packs::{greeter, reporter};
use attune_tests::{NodePackage, NodeProject, PackBuilder, Run, World};

/// The calls, each with what the kernel may say for want of something or where hardware fails.
const FAULTS: [(&str, &[&str]); 15] = [
    ("openat", &["EMFILE", "ENFILE", "ENOMEM", "EIO"]),
    ("read", &["EIO", "ENOMEM"]),
    ("pread64", &["EIO"]),
    ("write", &["ENOSPC", "EDQUOT", "EIO", "EFBIG"]),
    ("pwrite64", &["ENOSPC", "EIO"]),
    ("mkdir", &["ENOSPC", "EDQUOT", "EROFS", "EIO"]),
    ("rename", &["ENOSPC", "EIO"]),
    ("symlink", &["ENOSPC", "EIO"]),
    ("clone3", &["EAGAIN", "ENOMEM"]),
    ("vfork", &["EAGAIN", "ENOMEM"]),
    ("statx", &["EIO", "ENOMEM"]),
    ("getdents64", &["EIO", "ENOMEM"]),
    ("fsync", &["EIO", "ENOSPC"]),
    ("flock", &["EIO", "ENOMEM"]),
    ("pipe2", &["EMFILE", "ENFILE"]),
];
/// How many of the calls of one kind fail, each in a run of its own, for each error.
const POINTS: usize = 2;
/// Words about data, and about what is not there.
const OF_DATA: [&str; 9] = [
    "damaged",
    "cut off",
    "is refused",
    "report it to the pack's publisher",
    "found no",
    "does not exist",
    "not a bundle",
    "is missing",
    "differs",
];

/// The most calls of the kind `call` that one thread of `command` makes.
fn calls_of(command: &Command, call: &str, log: &Path) -> usize {
    let run = Run::of(traced(command, &["-e", &format!("trace={call}")], log));
    assert_eq!(run.status, Some(0), "it fails unharmed: {run:?}");
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for line in fs_err::read_to_string(log).unwrap().lines() {
        if let Some((thread, rest)) = line.split_once(' ')
            && rest.trim_start().starts_with(&format!("{call}("))
        {
            *counts.entry(thread.to_owned()).or_default() += 1;
        }
    }
    counts.into_values().max().unwrap_or(0)
}

/// Whether the fault also hit what is told, which then nobody can read: it comes once in each thread.
fn is_silenced(log: &Path) -> bool {
    let calls = fs_err::read_to_string(log).unwrap();
    calls.lines().any(|call| call.contains("write(2, ") && call.ends_with("(INJECTED)"))
}

/// What is wrong with the answer to a fault.
fn defect_of(run: &Run) -> Option<String> {
    let said = format!("{}{}", run.stdout, run.stderr);
    // Before the program itself runs.
    let of_loader = said.contains("error while loading shared libraries");
    let told = run.status == Some(1) && run.stderr.contains("error[") && run.stderr.contains("hint: ");
    let of_data = OF_DATA.iter().find(|word| run.status != Some(0) && said.contains(*word));
    // The standard library's own, where the pipe to a child fails, which no kernel does.
    let of_pipe = said.contains("library/std/src/sys/process");
    let good = run.status == Some(0) || of_loader || of_pipe || (told && of_data.is_none());
    (!good).then(|| format!("{:?} {said}", run.status))
}

/// Runs `command` with each fault at some calls; `reset` puts the world back before each run.
fn sweep(world: &World, name: &str, command: impl Fn() -> Command, reset: impl Fn()) -> Vec<String> {
    let log = world.path().join("calls");
    let mut defects = Vec::new();
    let mut harmed = 0;
    for (call, errors) in FAULTS {
        reset();
        let count = calls_of(&command(), call, &log);
        for error in errors {
            let points = POINTS.min(count);
            for number in (0..points).map(|point| 1 + point * count / points) {
                reset();
                let trace = format!("trace={call}");
                let inject = format!("inject={call}:error={error}:when={number}");
                let run = Run::of(traced(&command(), &["-e", &trace, "-e", &inject], &log));
                harmed += usize::from(run.status != Some(0));
                let defect = if is_silenced(&log) { None } else { defect_of(&run) };
                defects.extend(defect.map(|defect| format!("{name}: {call} {number} {error}: {defect}")));
            }
        }
    }
    assert!(harmed > 0, "{name}: nothing failed");
    defects
}

#[test]
#[ignore = "needs strace"]
fn strace_errors_of_the_kernel_are_told_as_faults_of_the_machine() {
    if let Some(missing) = missing_tool() {
        println!("skipped: {missing}");
        return;
    }
    let package = NodePackage::new("left", "1.0.0");
    let project = NodeProject::new(&["left@^1"]).at("node_modules/left", &package);
    let weaver = PackBuilder::new("weaver", "1.0.0").yaml("runtime_deps: [nodejs]\nnodejs: '>=16'");
    let world = World::with_packs(&[&greeter(), &reporter(), &project.in_pack(weaver, 3)]);
    world.bundle(&["greeter", "reporter", "weaver"]).succeeds();

    let install = || {
        let mut command = world.installer();
        command.arg(world.bundle_path()).arg("--trust").arg(world.trust()).arg("--skip-tests");
        command
    };
    let remove = || {
        let root = world.root();
        if root.exists() {
            assert!(Command::new("rm").arg("-rf").arg(root).status().unwrap().success());
        }
    };
    let mut defects = sweep(&world, "install", install, remove);

    remove();
    Run::of(install()).succeeds();
    let verify = || {
        let mut command = world.command(Binary::Install);
        command.arg("verify").arg("--root").arg(world.root());
        command
    };
    // Read again, as if the trees had been touched.
    defects.extend(sweep(&world, "verify", verify, || ()));
    let bundle = || {
        let mut command = world.command(Binary::Build);
        command.args(["bundle", "registry", "reporter", "--force", "-o", "other.tar.zst"]);
        command
    };
    defects.extend(sweep(&world, "bundle", bundle, || ()));
    assert!(defects.is_empty(), "{} defects:\n{}", defects.len(), defects.join("\n"));
}
