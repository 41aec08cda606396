//! Says where everything of an unpacked wheel goes in an environment.
//!
//! Source: PEP 427, "Installing a wheel", and the specification of the binary distribution format.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use attune_registry::wheel::record::{RecordEntry, read_record, record_bytes};
use attune_registry::wheel::{EntryPoint, is_interpreter_name, parse_scripts};
use attune_schemas::environment_lock::LockedWheel;

use super::bytecode::COMPILED_PREFIX;
use super::error::VenvError;
use super::launcher::{launcher, with_interpreter};
use super::prefix::Scheme;
use super::tree::{EnvironmentTree, Node, Source};

/// An unpacked wheel of the store on its way into an environment.
pub(super) struct WheelPlacement<'a> {
    store: &'a Path,
    /// Relative to the store.
    path: PathBuf,
    owner: Arc<str>,
    wheel: &'a LockedWheel,
    scheme: Scheme,
    /// The interpreter at its final place.
    python: &'a Path,
}

impl<'a> WheelPlacement<'a> {
    /// `path` is where the wheel lies, relative to `store`; `python` what its scripts are run by.
    pub(super) fn new(
        store: &'a Path,
        path: PathBuf,
        wheel: &'a LockedWheel,
        scheme: Scheme,
        python: &'a Path,
    ) -> Self {
        Self { store, path, owner: wheel.filename.as_str().into(), wheel, scheme, python }
    }

    /// Adds everything of the wheel to `tree`.
    pub(super) fn add_to(&self, tree: &mut EnvironmentTree) -> Result<(), VenvError> {
        let site_packages = self.scheme.site_packages();
        let (mut dist_info, mut data) = (None, None);
        for (name, is_directory) in self.entries(Path::new(""))? {
            let text = name.to_string_lossy();
            if is_directory && text.ends_with(".dist-info") {
                dist_info = Some(text.into_owned());
            } else if is_directory && text.ends_with(".data") {
                if data.replace(text.into_owned()).is_some() {
                    return Err(self.refuse("it has two `.data`"));
                }
            } else if !text.starts_with(COMPILED_PREFIX) {
                self.add(tree, &site_packages, Path::new(""), &name, is_directory)?;
            }
        }
        let dist_info = dist_info.ok_or_else(|| self.refuse("it has no `.dist-info`"))?;
        let scripts = self.scripts(&dist_info)?;
        if scripts.is_empty() && data.is_none() {
            return self.add(tree, &site_packages, Path::new(""), &OsString::from(dist_info), true);
        }
        self.add_rewritten(tree, &dist_info, data.as_deref(), &scripts)
    }

    /// A wheel with scripts or data has another RECORD in each environment.
    fn add_rewritten(
        &self,
        tree: &mut EnvironmentTree,
        dist_info: &str,
        data: Option<&str>,
        scripts: &[EntryPoint],
    ) -> Result<(), VenvError> {
        let site_packages = self.scheme.site_packages();
        let record_path = self.absolute(Path::new(dist_info)).join("RECORD");
        let mut record = read_record(&record_path).map_err(|error| self.refuse(&error.to_string()))?;
        for script in scripts {
            let content = launcher(script, self.python).into_bytes();
            record.push(RecordEntry::of(self.outside(&format!("bin/{}", script.name)), &content));
            self.add_script(tree, &script.name, content)?;
        }
        if let Some(data) = data {
            self.add_data(tree, data, &mut record)?;
        }
        for (name, is_directory) in self.entries(Path::new(dist_info))? {
            if name != "RECORD" {
                let target = site_packages.join(dist_info);
                self.add(tree, &target, Path::new(dist_info), &name, is_directory)?;
            }
        }
        let target = site_packages.join(dist_info).join("RECORD");
        let content = record_bytes(&record);
        let node = Node::Written { content, executable: false, owner: self.owner.clone() };
        tree.add(&target, node, &self.owner)
    }

    /// Adds the parts of the `.data` directory where their kind belongs, and says so in `record`.
    fn add_data(
        &self,
        tree: &mut EnvironmentTree,
        data: &str,
        record: &mut [RecordEntry],
    ) -> Result<(), VenvError> {
        for (kind, is_directory) in self.entries(Path::new(data))? {
            let kind = kind.to_string_lossy().into_owned();
            let from = format!("{data}/{kind}");
            let target = match kind.as_str() {
                _ if !is_directory => return Err(self.refuse(&format!("`{from}` is not a directory"))),
                "purelib" | "platlib" => self.scheme.site_packages(),
                "headers" => self.scheme.headers(&self.wheel.name),
                "data" => PathBuf::new(),
                "scripts" => {
                    self.add_data_scripts(tree, &from, record)?;
                    continue;
                }
                _ => return Err(self.refuse(&format!("`{from}` is of no known kind of data"))),
            };
            for (name, is_directory) in self.entries(Path::new(&from))? {
                if kind == "data" && is_directory && name == "lib64" {
                    self.add_lib64(tree, &from, record)?;
                } else {
                    self.add(tree, &target, Path::new(&from), &name, is_directory)?;
                }
            }
            let prefix = match kind.as_str() {
                "purelib" | "platlib" => String::new(),
                _ => self.outside(&target.join("").to_string_lossy()),
            };
            move_records(record, &format!("{from}/"), &prefix);
        }
        Ok(())
    }

    /// Adds data for `lib64`, a link in every environment, where the link leads.
    fn add_lib64(
        &self,
        tree: &mut EnvironmentTree,
        data: &str,
        record: &mut [RecordEntry],
    ) -> Result<(), VenvError> {
        let from = format!("{data}/lib64");
        for (name, is_directory) in self.entries(Path::new(&from))? {
            self.add(tree, Path::new("lib"), Path::new(&from), &name, is_directory)?;
        }
        move_records(record, &format!("{from}/"), &self.outside("lib/"));
        Ok(())
    }

    fn add_data_scripts(
        &self,
        tree: &mut EnvironmentTree,
        from: &str,
        record: &mut [RecordEntry],
    ) -> Result<(), VenvError> {
        for (name, is_directory) in self.entries(Path::new(from))? {
            let name = name.to_string_lossy().into_owned();
            if is_directory {
                return Err(self.refuse(&format!("`{from}/{name}` is a directory")));
            }
            let content = fs_err::read(self.absolute(Path::new(from)).join(&name))?;
            let content = with_interpreter(&content, self.python).unwrap_or(content);
            let entry = record.iter_mut().find(|entry| entry.path == format!("{from}/{name}"));
            if let Some(entry) = entry {
                *entry = RecordEntry::of(self.outside(&format!("bin/{name}")), &content);
            }
            self.add_script(tree, &name, content)?;
        }
        Ok(())
    }

    fn add_script(&self, tree: &mut EnvironmentTree, name: &str, content: Vec<u8>) -> Result<(), VenvError> {
        let path = Path::new("bin").join(name);
        if is_interpreter_name(name) {
            return Err(VenvError::Reserved { filename: self.wheel.filename.clone(), path });
        }
        tree.add(&path, Node::Written { content, executable: true, owner: self.owner.clone() }, &self.owner)
    }

    /// Adds `from/name` of the wheel as `target/name`.
    fn add(
        &self,
        tree: &mut EnvironmentTree,
        target: &Path,
        from: &Path,
        name: &OsString,
        is_directory: bool,
    ) -> Result<(), VenvError> {
        // Python writes the bytecode of every module at the top into this one.
        let is_shared = name == "__pycache__" && target == self.scheme.site_packages();
        let source = Source {
            path: self.path.join(from).join(name),
            is_directory,
            folds: self.wheel.unfolded.is_none() && !is_shared,
            owner: self.owner.clone(),
        };
        tree.add(&target.join(name), Node::Source(source), &self.owner)
    }

    fn scripts(&self, dist_info: &str) -> Result<Vec<EntryPoint>, VenvError> {
        let path = self.absolute(Path::new(dist_info)).join("entry_points.txt");
        let text = match fs_err::read_to_string(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            text => text?,
        };
        parse_scripts(&text).map_err(|line| self.refuse(&format!("`{line}` is no entry point")))
    }

    /// The name of the file at `path` of the environment in RECORD.
    fn outside(&self, path: &str) -> String {
        let up = "../".repeat(self.scheme.site_packages().iter().count());
        format!("{up}{path}")
    }

    /// The entries of a directory of the wheel, each with whether it is a directory.
    fn entries(&self, path: &Path) -> io::Result<Vec<(OsString, bool)>> {
        fs_err::read_dir(self.absolute(path))?
            .map(|entry| entry.and_then(|entry| Ok((entry.file_name(), entry.file_type()?.is_dir()))))
            .collect()
    }

    fn absolute(&self, path: &Path) -> PathBuf {
        self.store.join(&self.path).join(path)
    }

    fn refuse(&self, reason: &str) -> VenvError {
        VenvError::Wheel { filename: self.wheel.filename.clone(), reason: reason.to_owned() }
    }
}

fn move_records(record: &mut [RecordEntry], from: &str, to: &str) {
    for entry in record {
        if let Some(rest) = entry.path.strip_prefix(from) {
            entry.path = format!("{to}{rest}");
        }
    }
}
