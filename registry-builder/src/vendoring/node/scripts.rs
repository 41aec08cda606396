//! Install scripts that were allowed: run once here, offline and confined; the files that they made are
//! kept as an archive that is laid over the package on a target.
//!
//! Machine code serves machines like this one alone, and if it is bound to the interface of one
//! Node.js feature release (its ABI), only those.

use attune_registry::atomic_file::write_unshared;
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use attune_registry::archive::{NODE_PACKAGE_LIMITS, SourceFile, read_node_package, write_pack};
use attune_registry::confinement::{Confinement, is_of_the_system};
use attune_schemas::environment_lock::{BinLink, Overlay};
use attune_schemas::{Digest, EntryPath, Platform};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::error::NodeError;
use crate::vendoring::VendorSettings;
use crate::vendoring::build_failure::diagnose;
use crate::vendoring::elf;
use attune_registry::fetch::{CachedFile, DownloadCache};

/// A package that is laid out for its script, with those that it needs.
#[derive(Debug)]
pub(super) struct LaidOut<'a> {
    /// Its place.
    pub(super) place: &'a str,
    /// Its tarball.
    pub(super) tarball: &'a CachedFile,
    /// Its name.
    pub(super) name: &'a str,
}

/// The packages that lie in a tree, and the links to their programs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tree<'a> {
    pub(super) packages: &'a [LaidOut<'a>],
    pub(super) bins: &'a [BinLink],
}

/// The result of a script.
#[derive(Debug, Clone)]
pub(super) struct Made {
    pub(super) overlay: Overlay,
    pub(super) file: CachedFile,
    /// Whether it holds machine code.
    pub(super) is_native: bool,
}

/// The cache's note of a script.
#[derive(Serialize, Deserialize)]
struct Remembered {
    overlay: Overlay,
    is_native: bool,
}

/// The Node.js that scripts run with.
#[derive(Debug, Clone)]
pub(super) struct ScriptHost {
    npm: PathBuf,
    node: PathBuf,
    version: String,
    abi: String,
    /// The directories that hold programs.
    path: Vec<PathBuf>,
    /// The home directory, which scripts may not read.
    home: Option<PathBuf>,
}

/// Object files and what tools write on the way to a result.
fn is_intermediate(path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').collect();
    parts.iter().any(|part| matches!(*part, "obj.target" | ".deps" | "node_gyp_bins"))
        || [".o", ".d", ".mk", ".stamp"].iter().any(|suffix| path.ends_with(suffix))
}

impl ScriptHost {
    /// The npm of `settings`, and the Node.js beside it or on the search path.
    pub(super) fn find(settings: &VendorSettings) -> Result<Self, NodeError> {
        let path = settings.search_path.clone();
        let program =
            |name: &str| path.iter().map(|directory| directory.join(name)).find(|path| path.is_file());
        let missing = |what: &'static str| NodeError::Script {
            name: what.to_owned(),
            reason: "it is not on the search path, and install scripts need it".to_owned(),
        };
        let npm = settings.npm.path.clone().or_else(|| program("npm")).ok_or_else(|| missing("npm"))?;
        let node = program("node").ok_or_else(|| missing("node"))?;
        let output = std::process::Command::new(&node)
            .args([
                "-p",
                "process.execPath + '\\n' + process.versions.node + '\\n' + process.versions.modules",
            ])
            .output()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let lines: Vec<&str> = text.lines().collect();
        let [executable, version, abi] = lines[..] else { return Err(missing("node")) };
        Ok(Self {
            npm,
            node: executable.into(),
            version: version.to_owned(),
            abi: abi.to_owned(),
            path,
            home: settings.home.clone(),
        })
    }

    /// Runs the scripts of the packages called `name` in the tree `packages`, or remembers what they made:
    /// by place.
    pub(super) fn run(
        &self,
        name: &str,
        &Tree { packages, bins }: &Tree<'_>,
        platform: Platform,
        cache: &DownloadCache,
    ) -> Result<BTreeMap<String, Made>, NodeError> {
        let identity = self.identity(name, packages, platform);
        let _turn = cache.wait_for_turn(identity);
        let note = cache.built_note(&identity);
        if let Some(made) = remembered(&note, cache) {
            return Ok(made);
        }
        let area = tempfile::tempdir()?;
        let project = area.path().join("project");
        for package in packages {
            unpack(package, &project)?;
        }
        for bin in bins {
            link(bin, &project)?;
        }
        let own: Vec<&LaidOut<'_>> = packages.iter().filter(|package| package.name == name).collect();
        let before: BTreeMap<&str, Snapshot> = own
            .iter()
            .map(|package| Ok((package.place, Snapshot::of(&project.join(package.place))?)))
            .collect::<Result<_, NodeError>>()?;
        self.rebuild(name, packages, &project, area.path())?;
        let mut made = BTreeMap::new();
        for package in own {
            let after = Snapshot::of(&project.join(package.place))?;
            let new = after.differing_from(&before[package.place]);
            if !new.is_empty() {
                made.insert(
                    package.place.to_owned(),
                    self.keep(name, &project.join(package.place), new, cache)?,
                );
            }
        }
        let note_content: BTreeMap<&String, Remembered> = made
            .iter()
            .map(|(place, made)| {
                (place, Remembered { overlay: made.overlay.clone(), is_native: made.is_native })
            })
            .collect();
        cache.write_note(&note, &note_content)?;
        Ok(made)
    }

    /// Everything that the outcome depends on.
    fn identity(&self, name: &str, packages: &[LaidOut<'_>], platform: Platform) -> Digest {
        let tree: Vec<String> =
            packages.iter().map(|package| format!("{} {}", package.place, package.tarball.digest)).collect();
        let text =
            format!("script of {name}\nnode {} {}\n{platform}\n{}", self.version, self.abi, tree.join("\n"));
        Digest::of(text.as_bytes())
    }

    fn rebuild(
        &self,
        name: &str,
        packages: &[LaidOut<'_>],
        project: &Path,
        area: &Path,
    ) -> Result<(), NodeError> {
        let dependencies: BTreeMap<&str, &str> = packages
            .iter()
            .filter_map(|package| Some((package.place.strip_prefix("node_modules/")?, "*")))
            .filter(|(name, _)| !name.contains("/node_modules/"))
            .collect();
        let manifest =
            json!({"name": "pack", "version": "0.0.0", "private": true, "dependencies": dependencies});
        write_unshared(&project.join("package.json"), manifest.to_string())?;
        self.run_npm(name, &["rebuild", name], project, area)
    }

    /// Runs one script of the project of the package `name`, confined to `area`, where it is.
    pub(super) fn run_script(
        &self,
        name: &str,
        script: &str,
        project: &Path,
        area: &Path,
    ) -> Result<(), NodeError> {
        self.run_npm(name, &["run", script], project, area)
    }

    fn run_npm(&self, name: &str, command: &[&str], project: &Path, area: &Path) -> Result<(), NodeError> {
        let home = area.join("home");
        fs_err::create_dir(&home)?;
        let prefix = |program: &Path| program.canonicalize().ok()?.ancestors().nth(2).map(Path::to_owned);
        let confinement = Confinement {
            readable: prefix(&self.node)
                .into_iter()
                .chain(prefix(&self.npm))
                .filter(|path| is_no_home(path, self.home.as_deref()))
                .collect(),
            writable: vec![area.to_owned()],
        };
        // What may not be read must not be searched either: some programs give up there.
        let beside = [&self.node, &self.npm].map(|program| program.parent().map(Path::to_owned));
        let of_the_system = self.path.iter().filter(|directory| is_of_the_system(directory)).cloned();
        let path: Vec<PathBuf> = beside.into_iter().flatten().chain(of_the_system).collect();
        let options = ["--offline", "--foreground-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
        let arguments: Vec<&str> = command.iter().copied().chain(options).collect();
        let output = confinement.run(&self.npm, &arguments, |command| {
            command.current_dir(project).env("HOME", &home).env("TMPDIR", &home).env("LC_ALL", "C.UTF-8");
            command.env("npm_config_update_notifier", "false").env("SOURCE_DATE_EPOCH", "315532800");
            if let Ok(path) = std::env::join_paths(&path) {
                command.env("PATH", path);
            }
            // Headers are fetched otherwise, for which there is no network.
            let headers =
                self.node.ancestors().nth(2).filter(|prefix| prefix.join("include/node/node.h").is_file());
            if let Some(headers) = headers {
                command.env("npm_config_nodedir", headers);
            }
        });
        let failed = |reason: String| NodeError::Script { name: name.to_owned(), reason };
        let output = output.map_err(|source| NodeError::Confinement { name: name.to_owned(), source })?;
        if output.status.success() {
            return Ok(());
        }
        let said =
            [output.stdout, output.stderr].map(|said| String::from_utf8_lossy(&said).into_owned()).concat();
        tracing::debug!("the install script of {name} said:\n{said}");
        Err(failed(diagnose(&said)))
    }

    fn keep(
        &self,
        name: &str,
        directory: &Path,
        new: BTreeMap<EntryPath, bool>,
        cache: &DownloadCache,
    ) -> Result<Made, NodeError> {
        let (mut is_native, mut is_bound) = (false, false);
        let mut files = BTreeMap::new();
        for (path, executable) in new {
            let place = path.below(directory);
            let bytes = fs_err::read(&place)?;
            if bytes.starts_with(&elf::MAGIC) {
                is_native = true;
                is_bound |= elf::uses_v8(&bytes);
            }
            let open = Box::new(move || Ok(Box::new(std::io::Cursor::new(bytes)) as Box<dyn Read>));
            let size = fs_err::metadata(&place)?.len();
            files.insert(path, SourceFile { executable, size, open });
        }
        let mut archive = tempfile::NamedTempFile::new()?;
        let refuse = |source| NodeError::Tarball { name: name.to_owned(), source };
        let written = write_pack(files, &mut archive).map_err(refuse)?;
        archive.flush()?;
        let file = cache.keep(archive.path())?;
        let node_abi = is_bound.then(|| self.abi.clone());
        let overlay = Overlay { digest: file.digest, size: file.size, unpacked: written.unpacked, node_abi };
        Ok(Made { overlay, file, is_native })
    }
}

fn remembered(note: &Path, cache: &DownloadCache) -> Option<BTreeMap<String, Made>> {
    let note: BTreeMap<String, Remembered> = serde_json::from_slice(&fs_err::read(note).ok()?).ok()?;
    let made = note.into_iter().map(|(place, Remembered { overlay, is_native })| {
        let file = cache.get(&overlay.digest, Some(overlay.size)).ok()??;
        Some((place, Made { overlay, file, is_native }))
    });
    made.collect()
}

/// Whether a directory is not above a user's home: keys and tokens are there.
fn is_no_home(directory: &Path, home: Option<&Path>) -> bool {
    directory.parent().is_some() && home.is_none_or(|home| !home.starts_with(directory))
}

fn unpack(package: &LaidOut<'_>, project: &Path) -> Result<(), NodeError> {
    let directory = project.join(package.place);
    fs_err::create_dir_all(&directory)?;
    let refuse = |source| NodeError::Tarball { name: package.name.to_owned(), source };
    let tarball = fs_err::File::open(&package.tarball.path)?;
    read_node_package(tarball, NODE_PACKAGE_LIMITS, &mut |file| {
        let path = file.path.below(&directory);
        fs_err::create_dir_all(path.parent().unwrap_or(&directory))?;
        let mut options = fs_err::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        options.options_mut().mode(if file.executable { 0o755 } else { 0o644 });
        let original = file.copy_of.map(|original| fs_err::read(original.below(&directory))).transpose()?;
        let mut target = options.open(&path)?;
        match original {
            Some(original) => target.write_all(&original)?,
            None => drop(std::io::copy(file.content, &mut target)?),
        }
        Ok(())
    })
    .map_err(refuse)?;
    Ok(())
}

/// Links a program, which may have been packed without leave to be run.
fn link(bin: &BinLink, project: &Path) -> Result<(), NodeError> {
    let (link, target) = (bin.path.below(project), bin.target.below(project));
    fs_err::create_dir_all(link.parent().unwrap_or(project))?;
    fs_err::set_permissions(&target, std::fs::Permissions::from_mode(0o755))?;
    fs_err::os::unix::fs::symlink(target, link)?;
    Ok(())
}

/// The files of a package at one moment: digest, and whether they may be executed.
#[derive(Debug, Default)]
struct Snapshot(BTreeMap<EntryPath, (Digest, bool)>);

impl Snapshot {
    fn of(directory: &Path) -> Result<Self, NodeError> {
        let mut snapshot = Self::default();
        snapshot.add(directory, "")?;
        Ok(snapshot)
    }

    /// Links are passed over: no package can bring one.
    fn add(&mut self, directory: &Path, prefix: &str) -> Result<(), NodeError> {
        for entry in fs_err::read_dir(directory)? {
            let entry = entry?;
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            let kind = entry.file_type()?;
            if kind.is_dir() && name != "node_modules" {
                self.add(&entry.path(), &format!("{name}/"))?;
            } else if kind.is_file()
                && let Ok(path) = name.parse::<EntryPath>()
            {
                let executable = entry.metadata()?.permissions().mode() & 0o111 != 0;
                self.0.insert(path, (Digest::of(&fs_err::read(entry.path())?), executable));
            }
        }
        Ok(())
    }

    /// The files that are new or other than in `before`, and whether they may be executed.
    fn differing_from(self, before: &Self) -> BTreeMap<EntryPath, bool> {
        let differing = self.0.into_iter().filter(|(path, state)| before.0.get(path) != Some(state));
        let kept = differing.filter(|(path, _)| !is_intermediate(path.as_str()));
        kept.map(|(path, (_, executable))| (path, executable)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_script_made_is_what_differs() {
        let directory = tempfile::tempdir().unwrap();
        let write = |name: &str, content: &str| {
            let path = directory.path().join(name);
            fs_err::create_dir_all(path.parent().unwrap()).unwrap();
            fs_err::write(path, content).unwrap();
        };
        write("same.js", "1");
        write("changed.js", "1");
        let before = Snapshot::of(directory.path()).unwrap();
        write("changed.js", "2");
        write("build/Release/x.node", "3");
        write("build/Release/obj.target/x.o", "4");
        write("node_modules/other/x.js", "5");
        let made = Snapshot::of(directory.path()).unwrap().differing_from(&before);
        let names: Vec<&str> = made.keys().map(EntryPath::as_str).collect();
        assert_eq!(names, ["build/Release/x.node", "changed.js"]);
    }
}
