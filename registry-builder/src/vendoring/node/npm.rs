//! The program `npm`: for what only it knows, and nothing else.
//!
//! It runs with the user's environment and configuration, which name the registry and hold its logins,
//! and never runs the scripts of packages. A pack's own `.npmrc` stays out of sight, as it would configure
//! the machine that builds.

use attune_registry::atomic_file::write_unshared;
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;
use serde_json::Value;
use tempfile::TempDir;
use url::Url;

use super::error::NodeError;
use super::inputs::{LOCK_FILES, NodeInputs, PACKAGE_FILE};
use crate::vendoring::configuration::NpmConfiguration;
use attune_registry::fetch::Variables;

/// How npm is run.
#[derive(Debug, Clone, Default)]
pub struct NpmSettings {
    /// The program; absent means the one on the search path.
    pub path: Option<PathBuf>,
    /// The package registry; absent means npm's own configuration.
    pub registry: Option<String>,
    /// Refuse the network.
    pub offline: bool,
    /// Packages whose install scripts may run here, once.
    pub allow_scripts: BTreeSet<String>,
    /// The caller's environment, which configures npm.
    pub variables: Variables,
}

/// A registry's entry of one version of a package.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Published {
    pub(super) version: String,
    pub(super) dist: Dist,
    /// Everything else, as `package.json` has it.
    #[serde(flatten)]
    pub(super) package: BTreeMap<String, Value>,
}

/// Where a published version is.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Dist {
    pub(super) tarball: String,
    pub(super) integrity: Option<String>,
    /// Its sha1 in hex; old versions have no other checksum.
    pub(super) shasum: Option<String>,
}

/// npm, with the registry that it asks.
#[derive(Debug)]
pub(super) struct Npm<'a> {
    settings: &'a NpmSettings,
    configuration: OnceCell<NpmConfiguration>,
}

impl<'a> Npm<'a> {
    pub(super) const fn new(settings: &'a NpmSettings) -> Self {
        Self { settings, configuration: OnceCell::new() }
    }

    /// How it is run.
    pub(super) const fn settings(&self) -> &'a NpmSettings {
        self.settings
    }

    /// The registry of packages of `scope`, or of those without one.
    pub(super) fn registry(&self, scope: Option<&str>) -> Result<Url, NodeError> {
        match &self.settings.registry {
            Some(registry) => parse_registry(registry),
            None => parse_registry(self.configuration().registry(scope)),
        }
    }

    /// How npm is configured here, with its logins, which npm does not tell.
    pub(super) fn configuration(&self) -> &NpmConfiguration {
        self.configuration.get_or_init(|| {
            let variables = &self.settings.variables;
            let files = self.configuration_files().unwrap_or_else(|error| {
                tracing::debug!(%error, "npm does not tell where its configuration is");
                NpmConfiguration::user_file(variables).into_iter().collect()
            });
            NpmConfiguration::read(&files, variables).with_registry(self.settings.registry.as_ref())
        })
    }

    /// The user's `.npmrc`, and that of the machine, whose place depends on where npm is.
    fn configuration_files(&self) -> Result<Vec<PathBuf>, NodeError> {
        const KEYS: [&str; 2] = ["userconfig", "globalconfig"];
        let area = neutral_area()?;
        let purpose = "tells where its configuration is";
        let told = self.run(purpose, area.path(), &["config", "get", KEYS[0], KEYS[1]])?;
        let value = |key: &str| told.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
        let [user, machine] = KEYS.map(|key| value(key).map(PathBuf::from));
        // Before version 7 it tells one value at a time.
        let user = user.or_else(|| NpmConfiguration::user_file(&self.settings.variables));
        Ok(user.into_iter().chain(machine).collect())
    }

    /// The text of a lock for what `inputs` asks for; an older lock of the pack is taken over.
    pub(super) fn lock(&self, inputs: &NodeInputs) -> Result<String, NodeError> {
        let area = work_area(inputs)?;
        let mut arguments = vec!["install", "--package-lock-only", "--lockfile-version=3", "--omit=dev"];
        if self.settings.offline {
            arguments.push("--offline");
        }
        self.run("makes the lock of the pack's packages", area.path(), &arguments)?;
        let made = LOCK_FILES.iter().map(|name| area.path().join(name)).find(|path| path.is_file());
        let made = made.ok_or_else(|| NodeError::NpmFailed { message: "it made no lock".to_owned() })?;
        Ok(fs_err::read_to_string(made)?)
    }

    /// The registry's entry of the newest version of `name` in `range`.
    pub(super) fn view(&self, name: &str, range: &str) -> Result<Published, NodeError> {
        let area = neutral_area()?;
        let text = self.run(
            "asks the package registry for an optional package",
            area.path(),
            &["view", &format!("{name}@{range}"), "--json"],
        )?;
        let invalid = |error: serde_json::Error| NodeError::NpmFailed { message: error.to_string() };
        let newest = match serde_json::from_str(&text).map_err(invalid)? {
            Value::Array(mut versions) => versions.pop().unwrap_or_default(),
            version => version,
        };
        serde_json::from_value(newest).map_err(invalid)
    }

    /// Packs the project in `directory` into `out`, as it would be published.
    pub(super) fn pack(&self, directory: &Path, out: &Path) -> Result<PathBuf, NodeError> {
        fs_err::create_dir_all(out)?;
        let destination = format!("--pack-destination={}", out.display());
        self.run("packs directories and repositories", directory, &["pack", "--json", &destination])?;
        let is_tarball = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "tgz");
        let packed = fs_err::read_dir(out)?.filter_map(|entry| Some(entry.ok()?.path())).find(is_tarball);
        packed.ok_or_else(|| NodeError::NpmFailed { message: "it packed nothing".to_owned() })
    }

    /// Installs what the project in `directory` needs to be built.
    pub(super) fn install(&self, directory: &Path) -> Result<(), NodeError> {
        let mut arguments = vec!["install", "--include=dev", "--no-save"];
        if self.settings.offline {
            arguments.push("--offline");
        }
        self.run("installs what a package is built with", directory, &arguments).map(drop)
    }

    fn run(&self, purpose: &'static str, directory: &Path, arguments: &[&str]) -> Result<String, NodeError> {
        let program = self.settings.path.clone().unwrap_or_else(|| PathBuf::from("npm"));
        let mut command = Command::new(&program);
        command.env_remove(crate::signing::PASSPHRASE_VARIABLE).stdin(Stdio::null()).current_dir(directory);
        command.args(arguments).args(["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
        command.env("npm_config_update_notifier", "false").env("NO_COLOR", "1");
        if let Some(registry) = &self.settings.registry {
            // In the environment, because a URL may hold a password and everyone can read arguments.
            command.env("npm_config_registry", registry);
        }
        // Node.js knows only its own variable; one is enough for all.
        let variables = &self.settings.variables;
        if let (None, Some(file)) =
            (variables.filled("NODE_EXTRA_CA_CERTS"), variables.filled("SSL_CERT_FILE"))
        {
            command.env("NODE_EXTRA_CA_CERTS", file);
        }
        tracing::debug!(program = %program.display(), ?arguments, "running npm");
        let output = command.output().map_err(|source| NodeError::NoNpm { purpose, program, source })?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        Err(NodeError::NpmFailed { message: complaint(&String::from_utf8_lossy(&output.stderr)) })
    }
}

/// npm's complaint, without its prefix and the log that it points to.
fn complaint(output: &str) -> String {
    let lines = output.lines().map(|line| line.trim_start_matches("npm error").trim());
    let telling = lines.filter(|line| !line.is_empty() && !line.starts_with("A complete log of this run"));
    let text = telling.take(12).collect::<Vec<_>>().join("\n  ");
    if text.is_empty() { "it failed without a word".to_owned() } else { text }
}

fn parse_registry(text: &str) -> Result<Url, NodeError> {
    let with_slash = format!("{}/", text.trim_end_matches('/'));
    let url: Option<Url> = with_slash.parse().ok();
    url.filter(|url| matches!(url.scheme(), "http" | "https")).ok_or_else(|| NodeError::NpmFailed {
        message: "its registry is not an http or https URL".to_owned(),
    })
}

/// A project without configuration: npm takes that of the directory it runs in, or of one above it.
fn neutral_area() -> Result<TempDir, NodeError> {
    let area = tempfile::tempdir()?;
    write_unshared(&area.path().join(PACKAGE_FILE), "{}")?;
    Ok(area)
}

/// A directory that shows npm the pack, without installed packages and configuration.
fn work_area(inputs: &NodeInputs) -> Result<TempDir, NodeError> {
    let area = tempfile::tempdir()?;
    for entry in fs_err::read_dir(inputs.pack_dir().canonicalize()?)? {
        let entry = entry?;
        let name = entry.file_name();
        let hidden = [".npmrc", "node_modules", PACKAGE_FILE];
        if hidden.iter().any(|hidden| name == *hidden) {
            continue;
        }
        let place = area.path().join(&name);
        if LOCK_FILES.iter().any(|lock| name == *lock) {
            fs_err::copy(entry.path(), place)?;
        } else if entry.file_type()?.is_dir() {
            // Not a link: npm would take what is in it for something outside of the project.
            crate::vendoring::source_tree::copy_directory(&entry.path(), &place)?;
        } else {
            fs_err::os::unix::fs::symlink(entry.path(), place)?;
        }
    }
    let package = serde_json::to_vec_pretty(&inputs.joined_package()).map_err(std::io::Error::from)?;
    write_unshared(&area.path().join(PACKAGE_FILE), package)?;
    Ok(area)
}

#[cfg(test)]
mod tests {
    use attune_registry::pack_directory::PackDirectory;

    use super::*;

    #[test]
    fn a_complaint_is_what_npm_says_is_wrong() {
        let output = "npm error code ETARGET\nnpm error notarget No matching version found for a@^9.\nnpm error A complete log of this run can be found in: /x\n";
        assert_eq!(complaint(output), "code ETARGET\n  notarget No matching version found for a@^9.");
        assert_eq!(complaint(""), "it failed without a word");
    }

    #[test]
    fn npm_that_is_not_there_is_told() {
        let settings = NpmSettings { path: Some("/nowhere/npm".into()), ..NpmSettings::default() };
        let error = Npm::new(&settings).view("a", "1").unwrap_err();
        assert!(matches!(error, NodeError::NoNpm { .. }), "{error}");
    }

    #[test]
    fn registries_are_those_of_the_configuration_that_npm_names() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        fs_err::write(at("user"), "@acme:registry=https://u:p@acme.invalid/npm\n").unwrap();
        fs_err::write(at("global"), "registry=https://global.invalid/\n").unwrap();
        fs_err::write(at(".npmrc"), "registry=https://home.invalid/\n").unwrap();
        let program = at("npm");
        let told = format!(
            "#!/bin/sh\necho userconfig={0}/user\necho globalconfig={0}/global\n",
            dir.path().display()
        );
        crate::testing::write_program(&program, &told);
        let home = Variables::from([("HOME", dir.path().to_str().unwrap())]);
        let settings = |path: PathBuf| NpmSettings {
            path: Some(path),
            variables: home.clone(),
            ..NpmSettings::default()
        };
        let here = settings(program);
        let npm = Npm::new(&here);
        assert_eq!(npm.registry(Some("@acme")).unwrap().as_str(), "https://u:p@acme.invalid/npm/");
        assert_eq!(npm.registry(None).unwrap().as_str(), "https://global.invalid/");
        let old = at("npm6");
        crate::testing::write_program(&old, "#!/bin/sh\necho /somewhere\n");
        let old = settings(old);
        assert_eq!(Npm::new(&old).registry(None).unwrap().as_str(), "https://home.invalid/");
        let absent = settings("/nowhere/npm".into());
        assert_eq!(Npm::new(&absent).registry(None).unwrap().as_str(), "https://home.invalid/");
        let told = NpmSettings { registry: Some("https://told.invalid/x".to_owned()), ..here.clone() };
        assert_eq!(Npm::new(&told).registry(Some("@acme")).unwrap().as_str(), "https://told.invalid/x/");
    }

    #[test]
    fn the_work_area_shows_the_pack_without_its_configuration() {
        let pack = tempfile::tempdir().unwrap();
        for (name, content) in
            [(PACKAGE_FILE, "{}"), (".npmrc", "x"), ("package-lock.json", "lock"), ("a.js", "")]
        {
            fs_err::write(pack.path().join(name), content).unwrap();
        }
        fs_err::create_dir_all(pack.path().join("node_modules/x")).unwrap();
        let inputs =
            NodeInputs::read(&PackDirectory::open(pack.path()).unwrap(), &["y@1".to_owned()], None).unwrap();
        let area = work_area(&inputs).unwrap();
        let mut names: Vec<_> =
            fs_err::read_dir(area.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["a.js", "package-lock.json", "package.json"]);
        assert!(fs_err::read_to_string(area.path().join(PACKAGE_FILE)).unwrap().contains("\"y\": \"1\""));
    }
}
