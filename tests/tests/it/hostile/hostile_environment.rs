//! Variables of whoever calls the installer: none of them decides what runs or what is installed.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use attune_tests::world::standard;
use attune_tests::{Run, World};

fn program(path: &Path, marker: &Path) {
    fs_err::create_dir_all(path.parent().unwrap()).unwrap();
    fs_err::write(path, format!("#!/bin/sh\ntouch {}\nexec /bin/false\n", marker.display())).unwrap();
    fs_err::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// Installs the standard bundle with `change` made to the environment; returns the run.
fn install(world: &World, change: impl FnOnce(&mut std::process::Command)) -> Run {
    let mut command = world.installer();
    command.arg(standard().bundle_path()).arg("--trust").arg(standard().trust());
    change(&mut command);
    Run::of(command)
}

#[test]
fn variables_of_python_and_its_tools_run_nothing_and_change_nothing() {
    let honest = World::new();
    install(&honest, |_| {}).succeeds();
    let world = World::new();
    let (planted, marker) = (world.path().join("planted"), world.path().join("marker"));
    fs_err::create_dir_all(&planted).unwrap();
    let code = format!("open({:?}, 'w').close()\n", marker.display().to_string());
    for name in ["sitecustomize.py", "usercustomize.py", "startup.py", "json.py", "os.py", "unittest.py"] {
        fs_err::write(planted.join(name), &code).unwrap();
    }
    let run = install(&world, |command| {
        for name in
            ["PYTHONPATH", "PYTHONHOME", "PYTHONUSERBASE", "VIRTUAL_ENV", "LD_LIBRARY_PATH", "PIP_TARGET"]
        {
            command.env(name, &planted);
        }
        command.env("PYTHONSTARTUP", planted.join("startup.py")).env("PYTHONINSPECT", "1");
        command.env("PYTHONWARNINGS", "error").env("PYTHONBREAKPOINT", "startup.main");
        command.env("UV_PYTHON", planted.join("startup.py")).env("PIP_INDEX_URL", "http://127.0.0.1:1/");
        command.env("TMPDIR", "/nonexistent").env("BASH_ENV", planted.join("startup.py"));
        command.env("ENV", planted.join("startup.py")).env("GIT_DIR", &planted).env_remove("HOME");
    });
    run.succeeds();
    assert!(!marker.exists(), "something ran that was planted");
    let paths = |world: &World| -> Vec<PathBuf> {
        let tree = world.root_tree().content_only();
        // Scripts name their root, and lists are named by what they say of scripts.
        let of_trees = tree.paths().filter(|path| !path.starts_with("store/lists"));
        of_trees.map(Path::to_owned).collect()
    };
    assert!(paths(&world) == paths(&honest));
    assert_eq!(world.installed(), honest.installed());
}

#[test]
fn relative_directories_on_the_path_are_not_searched() {
    let world = World::new();
    let marker = world.path().join("marker");
    for name in ["python3", "python3.11", "python3.12", "sh", "uname", "ldd"] {
        program(&world.path().join(name), &marker);
        program(&world.path().join("bin").join(name), &marker);
    }
    let path = std::env::var("PATH").unwrap();
    let run = install(&world, |command| {
        command.env("PATH", format!(".:bin::{path}"));
    });
    run.succeeds();
    assert!(!marker.exists(), "a program of the current directory ran");
}
