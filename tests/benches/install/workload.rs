//! What is installed: packs in a signed registry, their bundle, and their wheels for the peers.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use attune_tests::binaries::Binary;

/// Packs, ready to be installed by everyone.
pub(crate) struct Workload {
    // Holds the files; removed when dropped.
    _directory: tempfile::TempDir,
    pub(crate) bundle: PathBuf,
    pub(crate) root_metadata: PathBuf,
    pub(crate) uv: PathBuf,
    pub(crate) python: PathBuf,
    /// The wheels of every pack that has any: a directory with them, and their paths.
    pub(crate) environments: Vec<Environment>,
    packs: usize,
}

/// The Python environment of one pack, as the peers build it.
pub(crate) struct Environment {
    pub(crate) pack: String,
    pub(crate) wheels_directory: PathBuf,
    /// `name==version` of every wheel.
    pub(crate) requirements: Vec<String>,
}

impl Workload {
    /// Vendors the packs in `packs` and bundles them.
    pub(crate) fn build(packs: &Path) -> Self {
        let mut directories: Vec<PathBuf> =
            fs_err::read_dir(packs).unwrap().map(|entry| entry.unwrap().path()).collect();
        directories.sort();
        Self::of(&directories)
    }

    /// One pack with one wheel of 400 MiB that does not compress.
    pub(crate) fn large_wheel(place: &Path) -> Self {
        let pack = place.join("large_pack");
        fs_err::create_dir_all(&pack).unwrap();
        let wheel = pack.join("large-1.0-py3-none-any.whl");
        let digest = write_large_wheel(&wheel);
        fs_err::write(
            pack.join("pack.yaml"),
            "ref: large_pack\nlabel: Large\nversion: 1.0.0\ndescription: One very large wheel\n\
             runtime_deps: [python]\n",
        )
        .unwrap();
        fs_err::write(
            pack.join("pylock.toml"),
            format!(
                "lock-version = \"1.0\"\ncreated-by = \"benchmark\"\n[[packages]]\nname = \"large\"\n\
                 version = \"1.0\"\n[[packages.wheels]]\nurl = \"file://{}\"\nhashes = {{ sha256 = \"{digest}\" }}\n",
                wheel.display()
            ),
        )
        .unwrap();
        // Beside the pack, so that it is vendored and not archived with it.
        let beside = place.join("large-1.0-py3-none-any.whl");
        fs_err::rename(&wheel, &beside).unwrap();
        let lock = fs_err::read_to_string(pack.join("pylock.toml")).unwrap();
        let lock = lock.replace(&wheel.display().to_string(), &beside.display().to_string());
        fs_err::write(pack.join("pylock.toml"), lock).unwrap();
        let workload = Self::of(&[pack]);
        fs_err::remove_file(beside).unwrap();
        workload
    }

    fn of(packs: &[PathBuf]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let registry = directory.path().join("registry");
        let bundle = directory.path().join("bundle.tar.zst");
        let build = Binary::Build.path();
        check(Command::new(&build).arg("init").arg(&registry).args(["--name", "bench", "--quiet"]));
        check(Command::new(&build).arg("add").arg(&registry).args(packs).arg("--quiet"));
        let names: Vec<_> = packs.iter().map(|pack| pack.file_name().unwrap()).collect();
        check(
            Command::new(&build)
                .arg("bundle")
                .arg(&registry)
                .args(names)
                .arg("--quiet")
                .arg("-o")
                .arg(&bundle),
        );
        let environments = environments(&registry, directory.path());
        Self {
            bundle,
            root_metadata: registry.join("metadata/1.root.json"),
            uv: uv(directory.path()),
            python: real_python(),
            environments,
            packs: packs.len(),
            _directory: directory,
        }
    }

    /// A `tar.zst` of the tree that an installation leaves, links and all; the floor to compare with.
    pub(crate) fn finished_tree(&self, place: &Path) -> PathBuf {
        let root = place.join("finished");
        self.install(&root, &["--no-sync"]);
        let archive = place.join("finished.tar.zst");
        let tar = format!("tar -C '{}' -c . | zstd -q -3 -T2 -o '{}'", root.display(), archive.display());
        check(Command::new("sh").args(["-c", &tar]));
        archive
    }

    /// Installs the bundle into `root` with attune-install, without the packs' tests.
    pub(crate) fn install(&self, root: &Path, further: &[&str]) {
        check(&mut self.install_command(root, further));
    }

    pub(crate) fn install_command(&self, root: &Path, further: &[&str]) -> Command {
        let mut command = Command::new(Binary::Install.path());
        command.arg(&self.bundle).arg("--root").arg(root).arg("--trust").arg(&self.root_metadata);
        command.args(["--skip-tests", "--quiet", "--python"]).arg(&self.python).args(further);
        command
    }

    pub(crate) fn describe(&self) -> String {
        let wheels: usize = self.environments.iter().map(|environment| environment.requirements.len()).sum();
        format!(
            "{} packs, {} Python environments with {wheels} wheels, bundle of {} MiB",
            self.packs,
            self.environments.len(),
            fs_err::metadata(&self.bundle).unwrap().len() >> 20
        )
    }
}

/// Runs `command` and stops the benchmark where it fails.
pub(crate) fn check(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(
        output.status.success(),
        "{command:?} failed:\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

/// The interpreter itself, so that no peer pays for a version manager's shim.
fn real_python() -> PathBuf {
    let script = "import os, sys; print(os.path.realpath(sys.executable))";
    let output = Command::new("python3").args(["-c", script]).output().unwrap();
    PathBuf::from(String::from_utf8(output.stdout).unwrap().trim())
}

/// uv from PATH, else from its wheel.
fn uv(place: &Path) -> PathBuf {
    if let Some(path) = std::env::var_os("PATH") {
        let found =
            std::env::split_paths(&path).map(|directory| directory.join("uv")).find(|uv| uv.is_file());
        if let Some(uv) = found {
            return uv;
        }
    }
    let target = place.join("uv");
    check(Command::new("python3").args(["-m", "pip", "install", "-q", "uv", "--target"]).arg(&target));
    target.join("bin/uv")
}

/// Lays the wheels of every pack out as a directory that pip and uv can find them in.
fn environments(registry: &Path, place: &Path) -> Vec<Environment> {
    let index: serde_json::Value = read_json(&registry.join("index.json"));
    let blob = |digest: &str| registry.join("blobs/sha256").join(digest.trim_start_matches("sha256:"));
    let mut environments = Vec::new();
    for entry in index["manifests"].as_array().unwrap() {
        let manifest = read_json(&blob(entry["digest"].as_str().unwrap()));
        let config = read_json(&blob(manifest["config"]["digest"].as_str().unwrap()));
        let pack = config["pack"]["ref"].as_str().unwrap().to_owned();
        let target = &config["environments"]["python"]["targets"][0];
        let Some(wheels) = target["wheels"].as_array() else { continue };
        let directory = place.join("wheels").join(&pack);
        fs_err::create_dir_all(&directory).unwrap();
        let requirements = wheels.iter().map(|wheel| {
            let file = directory.join(wheel["filename"].as_str().unwrap());
            fs_err::copy(blob(wheel["digest"].as_str().unwrap()), file).unwrap();
            format!("{}=={}", wheel["name"].as_str().unwrap(), wheel["version"].as_str().unwrap())
        });
        let requirements = requirements.collect();
        environments.push(Environment { pack, wheels_directory: directory, requirements });
    }
    environments
}

fn read_json(path: &Path) -> serde_json::Value {
    serde_json::from_slice(&fs_err::read(path).unwrap()).unwrap()
}

/// Writes the wheel and returns its hex sha256.
fn write_large_wheel(path: &Path) -> String {
    let mut zip = zip::ZipWriter::new(fs_err::File::create(path).unwrap());
    let options = zip::write::SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Stored)
        .large_file(true);
    zip.start_file("large/data.bin", options).unwrap();
    let mut noise = fs_err::File::open("/dev/urandom").unwrap().take(400 << 20);
    std::io::copy(&mut noise, &mut zip).unwrap();
    let files = [
        ("large/__init__.py", ""),
        ("large-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: large\nVersion: 1.0\n"),
        ("large-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"),
        (
            "large-1.0.dist-info/RECORD",
            "large/data.bin,,\nlarge/__init__.py,,\nlarge-1.0.dist-info/METADATA,,\n\
             large-1.0.dist-info/WHEEL,,\nlarge-1.0.dist-info/RECORD,,\n",
        ),
    ];
    for (name, content) in files {
        zip.start_file(name, options).unwrap();
        zip.write_all(content.as_bytes()).unwrap();
    }
    zip.finish().unwrap();
    let (digest, _) = attune_registry::blob::digest_of_reader(fs_err::File::open(path).unwrap()).unwrap();
    digest.hex()
}
