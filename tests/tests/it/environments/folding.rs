//! Environments in which directories are links: what awkward wheels ask for works all the same, in every
//! link mode.

use std::path::{Path, PathBuf};
use std::process::Command;

use attune_tests::{PackBuilder, Run, Tree, WheelBuilder, World};

/// Two wheels of one namespace, and one with everything that is not a module.
fn awkward() -> PackBuilder {
    let one = WheelBuilder::new("acme_one", "1.0").file("acme/one/__init__.py", "NAME = 'one'\n");
    let two = WheelBuilder::new("acme_two", "1.0")
        .file("acme/two/__init__.py", "from acme.one import NAME\nBOTH = NAME + ' two'\n")
        .file("acme/two/words.txt", "data of a package\n");
    let old = ["old_a", "old_b"].map(|name| {
        let extend = "__path__ = __import__('pkgutil').extend_path(__path__, __name__)\n";
        WheelBuilder::new(name, "1.0")
            .file("old/__init__.py", extend)
            .file(&format!("old/{name}.py"), &format!("NAME = '{name}'\n"))
    });
    let odd = WheelBuilder::new("odd", "1.0")
        .file("odd.py", "import sys\ndef main():\n    print('odd', *sys.argv[1:])\n")
        .file("odd-hook.pth", "import os; os.environ.setdefault('ODD_HOOK', 'was here')\n")
        .file("__editable___odd_finder.py", "LOOKS = 'editable'\n")
        .file("odd-1.0.data/purelib/odd_pure/__init__.py", "WHERE = 'purelib'\n")
        .file("odd-1.0.data/platlib/odd_plat/__init__.py", "WHERE = 'platlib'\n")
        .file("odd-1.0.data/headers/odd.h", "#define ODD 1\n")
        .file("odd-1.0.data/data/share/odd/manual.txt", "read me\n")
        .file("odd-1.0.data/scripts/odd-plain", "#!/bin/sh\necho plain\n")
        .file("odd-1.0.data/scripts/odd-python", "#!python\nimport odd, sys\nprint(sys.prefix)\n")
        .console_script("odd", "odd:main");
    let mut pack =
        PackBuilder::new("awkward", "1.0.0").yaml("runtime_deps: [python]").unittested_by(SELF_TEST);
    for wheel in [one, two, odd].iter().chain(&old) {
        pack = pack.wheel(&wheel.build());
    }
    pack
}

/// Run by the installer in the finished environment, at the place where a worker finds it.
const SELF_TEST: &str = r#"
import importlib.metadata, importlib.resources, os, pathlib, subprocess, sys, unittest

class Awkward(unittest.TestCase):
    def test_namespaces(self):
        import acme.two, old.old_a, old.old_b
        self.assertEqual(acme.two.BOTH, "one two")
        self.assertEqual(importlib.resources.files("acme.two").joinpath("words.txt").read_text(), "data of a package\n")
        self.assertEqual(old.old_a.NAME + old.old_b.NAME, "old_aold_b")

    def test_data(self):
        import odd_pure, odd_plat; __import__("__editable___odd_finder")
        self.assertEqual((odd_pure.WHERE, odd_plat.WHERE), ("purelib", "platlib"))
        prefix = pathlib.Path(sys.prefix)
        self.assertEqual((prefix / "share/odd/manual.txt").read_text(), "read me\n")
        headers = "include/site/python%d.%d/odd/odd.h" % sys.version_info[:2]
        self.assertTrue((prefix / headers).is_file())

    def test_pth(self):
        self.assertEqual(os.environ["ODD_HOOK"], "was here")

    def test_scripts(self):
        bin = pathlib.Path(sys.prefix) / "bin"
        run = lambda *command: subprocess.run(command, check=True, capture_output=True, text=True).stdout
        self.assertEqual(run(bin / "odd", "a b", "c"), "odd a b c\n")
        self.assertEqual(run(bin / "odd-plain"), "plain\n")
        self.assertTrue(os.path.samefile(run(bin / "odd-python").strip() + "/bin/odd", bin / "odd"))

    def test_metadata(self):
        for name in ("acme-one", "acme_two", "odd", "old-a"):
            distribution = importlib.metadata.distribution(name)
            for file in distribution.files:
                self.assertTrue(file.locate().exists(), file)

if __name__ == "__main__":
    unittest.main()
"#;

/// A world that has `packs` bundled, somewhere below `parent`.
fn bundled(parent: &Path, packs: &[&PackBuilder], names: &[&str]) -> World {
    let world = World::in_directory(parent);
    world.init("demo").succeeds();
    world.add(packs).succeeds();
    world.bundle(names).succeeds();
    world
}

fn install(world: &World, options: &[&str]) -> Run {
    let mut command = world.installer();
    command.arg(world.bundle_path()).arg("--trust").arg(world.trust()).args(options);
    Run::of(command)
}

fn verify(world: &World) -> Run {
    world.verify(&[])
}

fn site_packages(root: &Path) -> PathBuf {
    let mut find = Command::new("find");
    find.arg(root.join("store/envs")).args(["-name", "site-packages"]);
    PathBuf::from(Run::of(find).succeeds().stdout.trim())
}

#[test]
fn awkward_wheels_work_in_every_link_mode() {
    let directory = tempfile::tempdir().unwrap();
    let world = bundled(directory.path(), &[&awkward()], &["awkward"]);
    for mode in ["auto", "fold", "reflink", "hardlink", "copy"] {
        let run = install(&world, &["--link-mode", mode]).succeeds();
        assert!(run.stdout.contains("5 passed"), "{mode}: {}", run.stdout);
        verify(&world).succeeds();
        let is_link =
            |name| fs_err::symlink_metadata(site_packages(&world.root()).join(name)).unwrap().is_symlink();
        let folds = matches!(mode, "auto" | "fold");
        assert_eq!((is_link("odd_pure"), is_link("acme"), is_link("old")), (folds, false, false), "{mode}");
        fs_err::remove_dir_all(world.root()).unwrap();
    }
}

#[test]
fn a_root_with_a_long_and_spaced_path_works() {
    let directory = tempfile::tempdir().unwrap();
    let parent = directory.path().join("it's a place").join("long ".repeat(30).trim());
    fs_err::create_dir_all(&parent).unwrap();
    let world = bundled(&parent, &[&awkward()], &["awkward"]);
    assert!(install(&world, &[]).succeeds().stdout.contains("5 passed"));
}

#[test]
fn bytecode_is_compiled_once_in_the_store() {
    let directory = tempfile::tempdir().unwrap();
    let plain = PackBuilder::new("plain", "1.0.0")
        .yaml("runtime_deps: [python]")
        .wheel(&WheelBuilder::new("acme_one", "1.0").file("acme/one/__init__.py", "NAME = 'one'\n").build());
    let world = bundled(directory.path(), &[&awkward(), &plain], &["awkward", "plain"]);
    let report = install(&world, &["--compile-bytecode", "--skip-tests", "--json"]).succeeds().json();
    assert!(report["stages"].as_array().unwrap().iter().any(|stage| stage["stage"] == "bytecode"));
    let tree = Tree::of(&world.root());
    let paths = tree.paths().map(|path| path.to_string_lossy().into_owned());
    let compiled: Vec<String> = paths.filter(|path| path.ends_with(".pyc")).collect();
    let of_one = compiled.iter().filter(|path| path.contains("acme/one/")).count();
    assert_eq!(of_one, 1, "{compiled:?}");
    // The bytecode of modules at the top lies beside each environment's modules.
    assert!(compiled.iter().any(|path| path.contains("site-packages/__pycache__/odd.")), "{compiled:?}");
    let mut python = Command::new(world.root().join("packenvs/awkward/python/bin/python"));
    python.args(["-v", "-c", "import odd, acme.two"]).env("PYTHONDONTWRITEBYTECODE", "1");
    let run = Run::of(python).succeeds();
    for module in ["odd", "acme.two"] {
        let line = format!("import '{module}'");
        assert!(run.stderr.contains(&line), "{}", run.stderr);
    }
    let stale =
        run.stderr.lines().find(|line| line.contains("bytecode is stale") && line.contains("/store/"));
    assert_eq!(stale, None);
    assert!(run.stderr.lines().any(|line| line.contains("matches") && line.contains("acme/two/__init__.py")));
    verify(&world).succeeds();
}

#[test]
fn packages_that_cannot_lie_beside_each_other_are_refused() {
    let file = WheelBuilder::new("one", "1.0").file("thing", "a file\n");
    let directory = WheelBuilder::new("two", "1.0").file("thing/__init__.py", "");
    let pack = PackBuilder::new("both", "1.0.0")
        .yaml("runtime_deps: [python]")
        .wheel(&file.build())
        .wheel(&directory.build());
    // A host would refuse them, too: `installer/src/environments/python/tree.rs`.
    let world = World::with_registry();
    world.add(&[&pack]).fails(4, &["two-1.0", "cannot be in one environment", "one-1.0"]);
}
