//! Writes packs as directories: pack.yaml, components, tests, vendored wheels with their lock.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use attune_schemas::Digest;

use crate::packs::wheel_builder::Wheel;

/// A pack in the making.
#[derive(Debug, Clone)]
pub struct PackBuilder {
    pack: String,
    version: String,
    yaml: String,
    dependencies: Vec<String>,
    testing: String,
    files: BTreeMap<String, (Vec<u8>, bool)>,
    /// Each with the marker under which the lock has it.
    wheels: Vec<(Wheel, String)>,
}

impl PackBuilder {
    /// A pack without components.
    pub fn new(pack: &str, version: &str) -> Self {
        Self {
            pack: pack.to_owned(),
            version: version.to_owned(),
            yaml: String::new(),
            dependencies: Vec::new(),
            testing: String::new(),
            files: BTreeMap::new(),
            wheels: Vec::new(),
        }
    }

    /// The same pack with another version.
    #[must_use]
    pub fn version(mut self, version: &str) -> Self {
        version.clone_into(&mut self.version);
        self
    }

    /// Adds lines to pack.yaml.
    #[must_use]
    pub fn yaml(mut self, lines: &str) -> Self {
        self.yaml.push_str(lines.trim());
        self.yaml.push('\n');
        self
    }

    /// Adds a dependency, such as `greeter@^1`.
    #[must_use]
    pub fn depends_on(mut self, dependency: &str) -> Self {
        self.dependencies.push(dependency.to_owned());
        self
    }

    /// Adds a file.
    #[must_use]
    pub fn file(mut self, path: &str, content: impl AsRef<[u8]>) -> Self {
        self.files.insert(path.to_owned(), (content.as_ref().to_vec(), false));
        self
    }

    /// Takes a file out again.
    #[must_use]
    pub fn without(mut self, path: &str) -> Self {
        self.files.remove(path).unwrap();
        self
    }

    /// Adds an executable file.
    #[must_use]
    pub fn program(mut self, path: &str, content: &str) -> Self {
        self.files.insert(path.to_owned(), (content.as_bytes().to_vec(), true));
        self
    }

    /// Adds an action that runs `content` by `runner`: `shell` or `python`.
    #[must_use]
    pub fn action(self, name: &str, runner: &str, content: &str) -> Self {
        let program = format!("{name}.{}", if runner == "python" { "py" } else { "sh" });
        let yaml = format!(
            "ref: {pack}.{name}\nlabel: \"{name}\"\ndescription: \"The action {name}\"\nenabled: true\n\
             runner_type: {runner}\nentry_point: {program}\nparameter_delivery: stdin\n\
             parameter_format: json\noutput_format: json\nparameters: {{}}\n",
            pack = self.pack
        );
        self.file(&format!("actions/{name}.yaml"), yaml).program(&format!("actions/{program}"), content)
    }

    /// Makes `script` the pack's tests, with a limit in seconds and what a failure does.
    #[must_use]
    pub fn tested_by(mut self, script: &str, timeout_seconds: u64, on_failure: &str) -> Self {
        self.testing = format!(
            "testing:\n  enabled: true\n  discovery: {{method: directory, path: tests}}\n  runners:\n    checks:\n      type: script\n      \
             entry_point: tests/run.sh\n      timeout: {timeout_seconds}\n  on_failure: {on_failure}\n"
        );
        self.program("tests/run.sh", script)
    }

    /// Makes `section`, in the flow style of YAML, what pack.yaml says of tests.
    #[must_use]
    pub fn testing(mut self, section: &str) -> Self {
        self.testing = format!("testing: {{enabled: true, {section}}}\n");
        self
    }

    /// Makes the Python file `content` the pack's tests, run by unittest.
    #[must_use]
    pub fn unittested_by(mut self, content: &str) -> Self {
        "testing:\n  enabled: true\n  discovery: {method: directory, path: tests}\n  runners:\n    unit:\n      type: unittest\n      \
         entry_point: tests/test_pack.py\n      timeout: 300\n"
            .clone_into(&mut self.testing);
        self.file("tests/test_pack.py", content)
    }

    /// Adds a wheel and its entry in the committed lock.
    #[must_use]
    pub fn wheel(self, wheel: &Wheel) -> Self {
        self.wheel_where(wheel, "")
    }

    /// Adds a wheel that the committed lock has under a marker.
    #[must_use]
    pub fn wheel_where(mut self, wheel: &Wheel, marker: &str) -> Self {
        self.wheels.push((wheel.clone(), marker.to_owned()));
        self
    }

    /// Writes the pack to `parent/<ref>`, replacing what is there.
    pub fn write(&self, parent: &Path) -> PathBuf {
        let directory = parent.join(&self.pack);
        if directory.exists() {
            fs_err::remove_dir_all(&directory).unwrap();
        }
        let mut files = self.files.clone();
        files.entry("pack.yaml".to_owned()).or_insert_with(|| (self.pack_yaml().into_bytes(), false));
        if !self.wheels.is_empty() {
            files.insert("pylock.toml".to_owned(), (self.lock().into_bytes(), false));
            for (wheel, _) in &self.wheels {
                files.insert(format!("wheels/{}", wheel.filename), (wheel.bytes.clone(), false));
            }
        }
        for (path, (content, executable)) in &files {
            let path = directory.join(path);
            fs_err::create_dir_all(path.parent().unwrap()).unwrap();
            fs_err::write(&path, content).unwrap();
            let mode = if *executable { 0o755 } else { 0o644 };
            fs_err::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        }
        directory
    }

    fn pack_yaml(&self) -> String {
        let mut dependencies = String::new();
        for dependency in &self.dependencies {
            write!(dependencies, "\n  - \"{dependency}\"").unwrap();
        }
        format!(
            "ref: {pack}\nlabel: \"{pack}\"\ndescription: \"The pack {pack}\"\nversion: \"{version}\"\n\
             author: \"Nobody\"\nlicense: \"Apache-2.0\"\ndependencies:{dependencies}\n{testing}{yaml}",
            pack = self.pack,
            version = self.version,
            dependencies = if dependencies.is_empty() { " []" } else { &dependencies },
            testing = self.testing,
            yaml = self.yaml,
        )
    }

    /// The lock: one package per name and version, with all its wheels.
    fn lock(&self) -> String {
        let mut packages: BTreeMap<(&str, &str, &str), Vec<&Wheel>> = BTreeMap::new();
        for (wheel, marker) in &self.wheels {
            packages.entry((&wheel.name, &wheel.version, marker)).or_default().push(wheel);
        }
        let mut lock = "lock-version = \"1.0\"\ncreated-by = \"fixture\"\n".to_owned();
        for ((name, version, marker), wheels) in packages {
            write!(lock, "\n[[packages]]\nname = \"{name}\"\nversion = \"{version}\"\n").unwrap();
            if !marker.is_empty() {
                writeln!(lock, "marker = \"{marker}\"").unwrap();
            }
            for Wheel { filename, bytes, .. } in wheels {
                let sha256 = Digest::of(bytes).hex();
                write!(
                    lock,
                    "[[packages.wheels]]\nname = \"{filename}\"\npath = \"wheels/{filename}\"\nsize = {}\n\
                     hashes = {{ sha256 = \"{sha256}\" }}\n",
                    bytes.len()
                )
                .unwrap();
            }
        }
        lock
    }
}
