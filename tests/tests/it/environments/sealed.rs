//! No pack changes what another one uses: trees of the store and the folders of a generation cannot be
//! written, and everything that moves or removes them works all the same, for an ordinary user as well.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use attune_tests::{OrdinaryUser, PackBuilder, Run, WheelBuilder, World};

/// A pack with a wheel, whose version is also the pack's.
fn pack(name: &str, version: &str) -> PackBuilder {
    let shout = WheelBuilder::new("shout", version)
        .file("shout/__init__.py", &format!("VERSION = '{version}'\n"))
        .file("shout/late.py", &format!("LATE = '{version}'\n"))
        .console_script("shout", "shout.late:main");
    PackBuilder::new(name, version).action("run", "python", "import shout\n").wheel(&shout.build())
}

fn world() -> World {
    let world = World::with_packs(&[&pack("weaver", "1.0.0"), &pack("tailor", "1.0.0")]);
    world.bundle(&["weaver", "tailor"]).succeeds();
    world
}

/// The paths below `root` that may be written and must not be, or that have another mode than they should.
fn writable(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for part in ["packs", "wheels", "node", "runtimes", "envs"] {
        for tree in fs_err::read_dir(root.join("store").join(part)).unwrap() {
            find_writable(&tree.unwrap().path(), &mut found);
        }
    }
    for generation in fs_err::read_dir(root.join("generations")).unwrap() {
        for part in ["packs", "packenvs", "environments", "releases"] {
            find_writable(&generation.as_ref().unwrap().path().join(part), &mut found);
        }
    }
    found
}

fn find_writable(path: &Path, found: &mut Vec<PathBuf>) {
    let metadata = fs_err::symlink_metadata(path).unwrap();
    if metadata.is_symlink() {
        return;
    }
    if !matches!(metadata.permissions().mode() & 0o7777, 0o444 | 0o555) {
        found.push(path.to_owned());
    }
    if metadata.is_dir() {
        assert_eq!(metadata.permissions().mode() & 0o7777, 0o555, "{}", path.display());
        for entry in fs_err::read_dir(path).unwrap() {
            find_writable(&entry.unwrap().path(), found);
        }
    }
}

fn python(world: &World, pack: &str) -> PathBuf {
    world.root().join("packenvs").join(pack).join("python/bin/python")
}

#[test]
fn nothing_that_is_installed_can_be_written() {
    for options in [
        &["--link-mode", "fold"][..],
        &["--link-mode", "hardlink"],
        &["--link-mode", "reflink"],
        &["--compile-bytecode"],
    ] {
        let world = world();
        let mut command = world.installer();
        command.arg(world.bundle_path()).arg("--trust").arg(world.trust()).args(options);
        Run::of(command).succeeds();
        assert_eq!(writable(&world.root()), Vec::<PathBuf>::new(), "{options:?}");
    }
}

#[test]
fn what_steps_built_cannot_be_written_either() {
    let world = World::with_registry();
    world.add_example("log_report").succeeds();
    world.bundle(&["log_report"]).succeeds();
    world.install_bundle().succeeds();
    assert_eq!(writable(&world.root()), Vec::<PathBuf>::new());
    let mut rebuild = world.command(attune_tests::binaries::Binary::Install);
    rebuild.args(["env", "rebuild", "log_report", "--root"]).arg(world.root());
    Run::of(rebuild).succeeds();
    assert_eq!(writable(&world.root()), Vec::<PathBuf>::new());
}

#[test]
fn an_ordinary_user_installs_upgrades_rebuilds_and_collects_garbage() {
    let Some(user) = OrdinaryUser::new() else { return };
    for mode in ["fold", "hardlink", "copy"] {
        let world = world();
        let install = || {
            let mut command = user.installer(&world);
            command.arg(world.bundle_path()).arg("--trust").arg(world.trust()).args(["--link-mode", mode]);
            Run::of(command).succeeds()
        };
        let command = |arguments: &[&str]| {
            let mut command = user.command(&world);
            command.args(arguments).arg("--root").arg(world.root());
            Run::of(command)
        };
        user.owns(&world);
        install();
        if mode != "copy" {
            assert_eq!(writable(&world.root()), Vec::<PathBuf>::new());
        }
        // The user whose tree it is cannot change it by accident.
        let module = world.root().join("packs/weaver/pack.yaml");
        let mut write = user.program(&world, "/bin/sh");
        write.args(["-c", "echo x >> \"$0\"; touch \"$(dirname \"$0\")/new\""]).arg(&module);
        let run = Run::of(write);
        assert!(run.stderr.matches("Permission denied").count() == 2, "{}", run.stderr);

        command(&["env", "rebuild", "weaver"]).succeeds();
        world.add(&[&pack("weaver", "2.0.0")]).succeeds();
        world.bundle(&["weaver", "tailor"]).succeeds();
        user.owns(&world);
        install();
        assert_eq!(world.installed(), ["tailor 1.0.0", "weaver 2.0.0"]);
        let collected = command(&["gc", "--keep", "0"]).succeeds().stdout;
        assert!(collected.contains("1 generation"), "{collected}");
        command(&["verify"]).succeeds();
        if mode != "copy" {
            assert_eq!(writable(&world.root()), Vec::<PathBuf>::new());
        }
        assert!(!world.root().join("staging").exists());
    }
}

#[test]
fn an_ordinary_user_takes_back_what_failed() {
    let Some(user) = OrdinaryUser::new() else { return };
    let failing = PackBuilder::new("weaver", "2.0.0").tested_by("#!/bin/sh\nexit 1\n", 60, "block");
    let world = world();
    user.owns(&world);
    let install = |world: &World| {
        let mut command = user.installer(world);
        command.arg(world.bundle_path()).arg("--trust").arg(world.trust());
        Run::of(command)
    };
    install(&world).succeeds();
    let before = world.root_tree().without_touched();
    world.add(&[&failing]).succeeds();
    world.bundle(&["weaver"]).succeeds();
    user.owns(&world);
    install(&world).fails(6, &["weaver"]);
    world.root_tree().without_touched().assert_same(&before);
}

/// A bundle of two packs that have pip, and a directory with another wheel for it to install.
fn two_packs_with(pip: &attune_tests::Wheel) -> (World, PathBuf) {
    let world = World::with_registry();
    let packs = ["weaver", "tailor"].map(|name| pack(name, "1.0.0").wheel(pip));
    world.add(&[&packs[0], &packs[1]]).succeeds();
    world.bundle(&["weaver", "tailor"]).succeeds();
    let wheels = world.path().join("wheels");
    fs_err::create_dir(&wheels).unwrap();
    let other =
        WheelBuilder::new("shout", "0.9.0").file("shout/__init__.py", "VERSION = 'changed'\n").build();
    fs_err::write(wheels.join(&other.filename), &other.bytes).unwrap();
    (world, wheels)
}

#[test]
fn pip_refuses_to_change_what_packs_share_and_says_why() {
    let Some(pip) = pip_wheel() else { return };
    let (world, wheels) = two_packs_with(&pip);
    for mode in ["fold", "hardlink"] {
        let mut command = world.installer();
        command.arg(world.bundle_path()).arg("--trust").arg(world.trust()).args(["--link-mode", mode]);
        Run::of(command).succeeds();
        let before = world.root_tree().without_touched();
        let run = |arguments: &[&str]| {
            let mut command = Command::new(python(&world, "weaver"));
            command.args(["-B", "-m", "pip", "--disable-pip-version-check"]).args(arguments);
            command.env("PYTHONDONTWRITEBYTECODE", "1").env("HOME", world.path());
            Run::of(command)
        };
        let find = ["--no-index", "--find-links", wheels.to_str().unwrap(), "shout==0.9.0"];
        for verb in [&["install"][..], &["install", "--isolated"], &["install", "--upgrade"]] {
            let refused = run(&[verb, &find].concat());
            assert_ne!(refused.status, Some(0), "{}", refused.stdout);
            assert!(refused.stderr.contains("--link-mode copy"), "{}", refused.stderr);
        }
        let refused = run(&["uninstall", "-y", "shout"]);
        assert!(
            refused.status != Some(0) && refused.stderr.contains("shared by packs"),
            "{}",
            refused.stderr
        );
        assert!(run(&["list"]).succeeds().stdout.contains("shout"));
        world.root_tree().without_touched().assert_same(&before);
        fs_err::remove_dir_all(world.root()).unwrap();
    }
}

#[test]
fn a_pack_that_must_write_gets_an_environment_of_its_own() {
    let Some(pip) = pip_wheel() else { return };
    let (world, wheels) = two_packs_with(&pip);
    let install = |mode: &str| {
        let mut command = world.installer();
        command.arg(world.bundle_path()).arg("--trust").arg(world.trust()).args(["--link-mode", mode]);
        Run::of(command).succeeds()
    };
    install("copy");
    let version = |pack: &str| {
        let mut command = Command::new(python(&world, pack));
        command.args(["-B", "-c", "import shout; print(shout.VERSION)"]);
        Run::of(command).succeeds().stdout.trim().to_owned()
    };
    let inode = |pack: &str| {
        let site = world.root().join("packenvs").join(pack).join("python/lib64");
        fs_err::metadata(site).unwrap().ino()
    };
    assert_ne!(inode("weaver"), inode("tailor"), "each pack has its own");
    let mut change = Command::new(python(&world, "weaver"));
    change.args(["-m", "pip", "install", "--no-index", "--find-links"]).arg(&wheels).arg("shout==0.9.0");
    Run::of(change).succeeds();
    assert_eq!((version("weaver"), version("tailor")), ("changed".to_owned(), "1.0.0".to_owned()));
}

/// The wheel of pip that Python brings for new environments.
#[expect(clippy::print_stderr, reason = "a test that proves nothing says so")]
fn pip_wheel() -> Option<attune_tests::Wheel> {
    let places = ["/usr/share/python-wheels"].map(PathBuf::from).into_iter();
    let asked = Command::new("python3")
        .args([
            "-c",
            "import ensurepip, os; print(os.path.join(os.path.dirname(ensurepip.__file__), '_bundled'))",
        ])
        .output()
        .ok();
    let bundled = asked.map(|output| PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()));
    for place in places.chain(bundled) {
        for entry in fs_err::read_dir(place).into_iter().flatten().flatten() {
            let filename = entry.file_name().to_string_lossy().into_owned();
            if let Some(version) = filename.strip_prefix("pip-").and_then(|rest| rest.split('-').next()) {
                return Some(attune_tests::Wheel {
                    name: "pip".to_owned(),
                    version: version.to_owned(),
                    bytes: fs_err::read(entry.path()).unwrap(),
                    filename,
                });
            }
        }
    }
    eprintln!("skipped: no wheel of pip is on this machine");
    None
}

#[test]
fn what_runs_keeps_its_modules_across_an_upgrade() {
    use std::io::{BufRead as _, BufReader, Write as _};
    use std::process::Stdio;
    let world = World::new();
    world.init("demo").succeeds();
    let wheel = |version: &str| {
        WheelBuilder::new("shout", version)
            .file("shout/__init__.py", "def main():\n    print('up', flush=True)\n    input()\n    from shout import late\n    print(late.LATE)\n")
            .file("shout/late.py", &format!("LATE = '{version}'\n"))
            .console_script("shout", "shout:main")
            .build()
    };
    let pack = |version: &str| {
        PackBuilder::new("weaver", version).action("run", "python", "").wheel(&wheel(version))
    };
    world.add(&[&pack("1.0.0")]).succeeds();
    world.bundle(&["weaver"]).succeeds();
    world.install_bundle().succeeds();
    let mut path = world.command(attune_tests::binaries::Binary::Install);
    path.args(["env", "path", "weaver", "--root"]).arg(world.root());
    let executable = Run::of(path).succeeds().stdout.trim().to_owned();
    assert!(executable.contains("/store/envs/"), "{executable}");
    let mut of_path = Command::new(&executable);
    of_path.args(["-B", "-c", "import shout; shout.main()"]);
    let mut of_script = Command::new(world.root().join("packenvs/weaver/python/bin/shout"));
    of_script.env("PYTHONDONTWRITEBYTECODE", "1");
    let mut running = [of_path, of_script].map(|mut command| {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut answers = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        answers.read_line(&mut line).unwrap();
        assert_eq!(line, "up\n");
        (child, answers)
    });

    world.add(&[&pack("2.0.0")]).succeeds();
    world.bundle(&["weaver"]).succeeds();
    world.install_bundle().succeeds();
    for (child, answers) in &mut running {
        child.stdin.take().unwrap().write_all(b"\n").unwrap();
        let mut line = String::new();
        answers.read_line(&mut line).unwrap();
        assert_eq!(line, "1.0.0\n");
        assert!(child.wait().unwrap().success());
    }
}
