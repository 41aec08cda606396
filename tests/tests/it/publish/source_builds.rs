//! Packages that are published as source only: built to wheels when a pack is added. uv does it, which
//! comes from a package index: `cargo test -p attune-tests --test it -- --ignored index_`.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::Command;

use attune_tests::{BundleFile, PackBuilder, Run, Tree, World};

use crate::publish::vendoring::{add, add_directory};

/// A build backend that needs no package: it zips the modules beside it, and compiles C where there is some.
const BACKEND: &str = r#"
import base64, hashlib, os, subprocess, zipfile
NAME, VERSION, TAG = "acme", "1.0", "py3-none-any"
METADATA = f"Metadata-Version: 2.1\nName: {NAME}\nVersion: {VERSION}\n"

def get_requires_for_build_wheel(config_settings=None):
    return []

def prepare_metadata_for_build_wheel(directory, config_settings=None):
    info = os.path.join(directory, f"{NAME}-{VERSION}.dist-info")
    os.makedirs(info)
    with open(os.path.join(info, "METADATA"), "w") as file:
        file.write(METADATA)
    return os.path.basename(info)

def build_wheel(directory, config_settings=None, metadata_directory=None):
    tag, files = TAG, {f"{NAME}.py": open("acme.py", "rb").read()}
    if os.path.exists("acme.c"):
        tag = "py3-none-linux_" + os.uname()[4]
        subprocess.run(["cc", "-shared", "-fPIC", "-o", "libplant.so.7", "-Wl,-soname,libplant.so.7", "plant.c"], check=True)
        subprocess.run(["cc", "-shared", "-fPIC", "-o", "_acme.so", "acme.c", "-L.", "-l:libplant.so.7"], check=True)
        files["_acme.so"] = open("_acme.so", "rb").read()
    info = f"{NAME}-{VERSION}.dist-info"
    files[f"{info}/METADATA"] = METADATA.encode()
    files[f"{info}/WHEEL"] = f"Wheel-Version: 1.0\nGenerator: fixture\nRoot-Is-Purelib: true\nTag: {tag}\n".encode()
    digest = lambda data: base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
    lines = [f"{path},sha256={digest(data)},{len(data)}" for path, data in files.items()]
    files[f"{info}/RECORD"] = "\n".join(lines + [f"{info}/RECORD,,", ""]).encode()
    name = f"{NAME}-{VERSION}-{tag}.whl"
    with zipfile.ZipFile(os.path.join(directory, name), "w") as wheel:
        for path, data in files.items():
            wheel.writestr(zipfile.ZipInfo(path), data)
    return name

def build_sdist(directory, config_settings=None):
    raise NotImplementedError
"#;
const PROJECT: &str = "[build-system]\nrequires = []\nbuild-backend = \"backend\"\nbackend-path = [\".\"]\n\
                       [project]\nname = \"acme\"\nversion = \"1.0\"\n";
const CHECK: &str = "import unittest, acme\nclass T(unittest.TestCase):\n    def test(self):\n        self.assertEqual(acme.ANSWER, 42)\n";

/// The files of a project below `directory`.
fn project(pack: PackBuilder, directory: &str) -> PackBuilder {
    let at = |name: &str| format!("{directory}/{name}");
    let pack = pack.file(&at("pyproject.toml"), PROJECT).file(&at("backend.py"), BACKEND);
    pack.file(&at("acme.py"), "ANSWER = 42\n")
}

/// A pack that requires the project in its own directory `src`.
fn with_project() -> PackBuilder {
    let pack = PackBuilder::new("builder", "1.0.0").action("run", "python", "import acme\n");
    project(pack.unittested_by(CHECK), "src").file("requirements.txt", "./src\n")
}

fn install(world: &World) -> Run {
    world.bundle(&["builder"]).succeeds();
    world.install_bundle()
}

/// The wheels that the release of `builder` in the bundle lists for its first target.
fn locked_wheels(world: &World) -> Vec<serde_json::Value> {
    let mut bundle = BundleFile::read(&world.bundle_path());
    let configs = bundle
        .entries
        .iter_mut()
        .filter_map(|(_, content)| serde_json::from_slice::<serde_json::Value>(content).ok());
    let wheels = |config: serde_json::Value| {
        config["environments"]["python"]["targets"][0]["wheels"].as_array().cloned()
    };
    configs.into_iter().find_map(wheels).unwrap()
}

#[test]
#[ignore = "needs uv from a package index"]
fn index_a_directory_of_the_pack_is_built_once() {
    let world = World::with_registry();
    add(&world, &with_project(), &[]).succeeds();
    install(&world).succeeds();
    assert_eq!(locked_wheels(&world)[0]["built_from"], "src of the pack");

    // The same sources in another pack: the wheel is the same file, and nothing is built.
    let again = World::with_registry();
    let run = add(&again, &with_project(), &["-vv"]).succeeds();
    again.bundle(&["builder"]).succeeds();
    assert_eq!(locked_wheels(&again)[0]["digest"], locked_wheels(&world)[0]["digest"]);
    assert!(!run.stderr.contains("building"), "{}", run.stderr);
}

#[test]
#[ignore = "needs uv from a package index"]
fn index_a_build_leaves_the_pack_alone() {
    let world = World::with_registry();
    let pack = with_project().write(&world.path().join("packs"));
    let before = Tree::of(&pack);
    add_directory(&world, &pack, &[]).succeeds();
    Tree::of(&pack).assert_same(&before);
}

#[test]
#[ignore = "needs uv from a package index"]
fn index_what_has_no_machine_code_serves_every_machine() {
    let world = World::with_registry();
    let options = ["--platform=linux/amd64", "--platform=linux/arm64", "--python=3.11", "--python=3.13"];
    let run = add(&world, &with_project(), &options).succeeds();
    assert!(!run.stdout.contains("no:"), "{}", run.stdout);
}

#[test]
#[ignore = "needs uv from a package index"]
fn index_a_repository_is_built_at_its_commit() {
    let world = World::with_registry();
    let sources = project(PackBuilder::new("sources", "1.0.0"), ".").write(world.path());
    let git = |arguments: &[&str]| {
        let mut command = Command::new("git");
        command
            .current_dir(&sources)
            .args(["-c", "user.name=x", "-c", "user.email=x@x.invalid"])
            .args(arguments);
        Run::of(command).succeeds().stdout.trim().to_owned()
    };
    git(&["init", "--quiet"]);
    git(&["add", "."]);
    git(&["commit", "--quiet", "-m", "first"]);
    let commit = git(&["rev-parse", "HEAD"]);
    fs_err::write(sources.join("acme.py"), "ANSWER = 41\n").unwrap();
    git(&["commit", "--quiet", "-am", "second"]);

    let requirement = format!("acme @ git+file://{}@{commit}\n", sources.display());
    let pack = PackBuilder::new("builder", "1.0.0").action("run", "python", "import acme\n");
    add(&world, &pack.unittested_by(CHECK).file("requirements.txt", requirement), &[]).succeeds();
    install(&world).succeeds();
    let built_from = locked_wheels(&world)[0]["built_from"].as_str().unwrap().to_owned();
    assert_eq!(built_from, format!("sources@{commit}"));
}

#[test]
#[ignore = "needs uv from a package index"]
fn index_no_build_refuses_sources() {
    let world = World::with_registry();
    add(&world, &with_project(), &["--no-build"]).fails(4, &["acme", "--no-build"]).with_hint();
}

#[test]
#[ignore = "needs uv from a package index"]
fn index_a_build_that_lacks_a_library_names_it() {
    let world = World::with_registry();
    let complaint = "import sys\ndef get_requires_for_build_wheel(c=None): return []\n\
                     def build_wheel(*a, **k):\n    sys.stderr.write('x.c:1:10: fatal error: gssapi/gssapi.h: No such file or directory\\n')\n    sys.exit(1)\n";
    let pack = with_project().file("src/backend.py", complaint);
    let words = ["acme", "gssapi/gssapi.h", "Kerberos", "libkrb5-dev", "krb5-devel"];
    add(&world, &pack, &[]).fails(4, &words).with_hint();
}

#[test]
#[ignore = "needs uv from a package index"]
fn index_machine_code_is_for_this_machine_and_its_libraries_are_told() {
    let world = World::with_registry();
    let pack = with_project();
    let pack = pack.file("src/plant.c", "int plant(void) { return 7; }\n");
    let pack = pack.file(
        "src/acme.c",
        "#include <stdio.h>\nint plant(void);\nint acme(void) { return puts(\"x\") + plant(); }\n",
    );
    let both = ["--platform=linux/amd64", "--platform=linux/arm64", "--allow-missing"];
    let run = add(&world, &pack, &both).succeeds();
    assert!(run.stdout.contains("what is built here serves"), "{}", run.stdout);

    world.bundle(&["builder"]).succeeds();
    let wheel = &locked_wheels(&world)[0];
    assert_eq!(wheel["libraries"], serde_json::json!(["libplant.so.7"]));
    assert!(wheel["glibc"].as_str().unwrap().starts_with("2."), "{wheel}");
    let refused = world.install_bundle().fails(5, &["libplant.so.7", "acme"]).with_hint();
    assert!(world.root_tree().is_absent(), "{}", refused.stderr);

    let trust = world.trust();
    let ignored = [
        world.bundle_path().as_os_str(),
        "--trust".as_ref(),
        trust.as_os_str(),
        "--ignore-missing-libraries".as_ref(),
    ]
    .map(OsStr::to_owned);
    let run = world.install(ignored).succeeds();
    assert!(run.stderr.contains("libplant.so.7"), "{}", run.stderr);
}

#[test]
#[ignore = "needs uv from a package index"]
fn index_a_lock_of_uv_is_followed() {
    let world = World::with_registry();
    let lock = "version = 1\nrequires-python = \">=3.11\"\n\n[[package]]\nname = \"acme\"\nversion = \"1.0\"\nsource = { directory = \"src\" }\n\n\
                [[package]]\nname = \"plant\"\nversion = \"1.0\"\nsource = { virtual = \".\" }\ndependencies = [{ name = \"acme\" }]\n\n\
                [package.metadata]\nrequires-dist = [{ name = \"acme\", directory = \"src\" }]\n";
    let project_file = "[project]\nname = \"plant\"\nversion = \"1.0\"\nrequires-python = \">=3.11\"\ndependencies = [\"acme\"]\n\
                        [tool.uv.sources]\nacme = { path = \"src\" }\n";
    let pack =
        with_project().without("requirements.txt").file("uv.lock", lock).file("pyproject.toml", project_file);
    add(&world, &pack, &[]).succeeds();
    install(&world).succeeds();
    assert_eq!(locked_wheels(&world).len(), 1);
}

#[test]
#[ignore = "reaches a package index"]
fn index_sources_from_the_index_are_built() {
    let world = World::with_registry();
    let pack = PackBuilder::new("builder", "1.0.0").action("run", "python", "import ncclient, pyeapi\n");
    let check = "import unittest\nclass T(unittest.TestCase):\n    def test(self):\n        import ncclient.manager, pyeapi.client\n";
    let requirements = "ncclient==0.7.0\npyeapi==1.0.4\n";
    add(&world, &pack.unittested_by(check).file("requirements.txt", requirements), &[]).succeeds();
    install(&world).succeeds();
    let built: Vec<PathBuf> =
        locked_wheels(&world).iter().filter_map(|wheel| Some(wheel["built_from"].as_str()?.into())).collect();
    assert_eq!(built, ["ncclient-0.7.0.tar.gz", "pyeapi-1.0.4.tar.gz"].map(PathBuf::from));
}
