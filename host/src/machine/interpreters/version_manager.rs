//! Version managers: the interpreters that their shims stand for, found without running one.
//!
//! A shim is a script that asks its manager, in a third of a second, which of the installed versions to start. What it
//! asks for is in files:
//!
//! ```text
//! pyenv, nodenv   <root>/shims/<name>   <root>/versions/<version>/bin/<name>        <root>/version
//! asdf            <data>/shims/<name>   <data>/installs/<tool>/<version>/bin/<name> ~/.tool-versions
//! mise            <data>/shims/<name>   <data>/installs/<tool>/<version>/bin/<name> ~/.config/mise/config.toml
//! volta           <home>/bin/<name>     <home>/tools/image/<tool>/<version>/bin/<name> <home>/tools/user/platform.json
//! ```
//!
//! A version that a variable names counts before these. Files of the working directory count for nothing: whoever wrote
//! them is not who owns the host.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::super::search::InterpreterSearch;

/// A kind of interpreters, as version managers know it.
#[derive(Debug, Clone, Copy)]
pub struct ManagedTool {
    /// The names of its directories among the installs, and of its lines in settings.
    pub(super) names: &'static [&'static str],
    /// The variables that name a version.
    pub(super) variables: &'static [&'static str],
    /// The program that each version has.
    pub(super) program: &'static str,
}

/// The word for whatever the host has of its own.
const SYSTEM: &str = "system";

/// A manager whose shim is on the search path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct VersionManager {
    kind: Kind,
    /// Its own directory.
    home: PathBuf,
    /// The directory of the installed versions.
    installed: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Rbenv,
    Installs,
    Volta,
}

impl VersionManager {
    /// The manager of the shim at `path`, if it is one of a manager that is known.
    pub(super) fn of(path: &Path, tool: &ManagedTool) -> Option<Self> {
        let (directory, home) = (path.parent()?, path.parent()?.parent()?);
        let found = |kind, installed: PathBuf| {
            installed.is_dir().then(|| Self { kind, home: home.to_owned(), installed })
        };
        if directory.ends_with("shims") {
            let of_tool = |name: &&str| found(Kind::Installs, home.join("installs").join(name));
            return found(Kind::Rbenv, home.join("versions")).or_else(|| tool.names.iter().find_map(of_tool));
        }
        if !directory.ends_with("bin") || !home.join("tools/image").is_dir() {
            return None;
        }
        tool.names.iter().find_map(|name| found(Kind::Volta, home.join("tools/image").join(name)))
    }

    /// The program that the shim `name` stands for; `None` where its manager would find none of its own.
    pub(super) fn chosen(
        &self,
        name: &str,
        tool: &ManagedTool,
        search: &InterpreterSearch,
    ) -> Option<PathBuf> {
        let is_elsewhere = || !search.first_programs(&[name.to_owned()]).is_empty();
        for version in self.choice(tool, search) {
            if version == SYSTEM && is_elsewhere() {
                return None;
            }
            if let Some(program) = self.program(&version, name) {
                return Some(program);
            }
        }
        None
    }

    /// The programs of all installed versions, the newest first.
    pub(super) fn all(&self, tool: &ManagedTool) -> Vec<PathBuf> {
        self.versions().iter().filter_map(|version| self.program(version, tool.program)).collect()
    }

    /// The versions that were chosen for the whole host, or by a variable.
    fn choice(&self, tool: &ManagedTool, search: &InterpreterSearch) -> Vec<String> {
        let named = tool.variables.iter().find_map(|name| search.manager_versions.get(*name));
        if let Some(named) = named {
            return words(named);
        }
        let read = |path: &Path| fs_err::read_to_string(path).ok();
        let in_home = |name: &str| read(&search.home.as_ref()?.join(name));
        let chosen = match self.kind {
            Kind::Rbenv => read(&self.home.join("version")).map(|text| words(&text)),
            Kind::Installs => in_home(".config/mise/config.toml")
                .and_then(|text| of_mise(&text, tool))
                .or_else(|| in_home(".tool-versions").and_then(|text| of_tool_versions(&text, tool))),
            Kind::Volta => read(&self.home.join("tools/user/platform.json")).and_then(|text| of_volta(&text)),
        };
        chosen.unwrap_or_default()
    }

    /// The program `name` of an installed version; of `3.12` that of the newest `3.12.x`.
    fn program(&self, version: &str, name: &str) -> Option<PathBuf> {
        let program = |version: &str| {
            let path = self.installed.join(version).join("bin").join(name);
            path.is_file().then_some(path)
        };
        // A version is the name of a directory, not a way to somewhere else.
        if Path::new(version).file_name() != Some(OsStr::new(version)) {
            return None;
        }
        program(version).or_else(|| {
            let prefix = format!("{}.", version.trim_start_matches('v'));
            let all = self.versions();
            let mut fitting =
                all.iter().filter(|known| version == "latest" || known.starts_with(prefix.as_str()));
            fitting.find_map(|known| program(known))
        })
    }

    /// The names of the installed versions, the newest first; what is no number comes last.
    fn versions(&self) -> Vec<String> {
        let entries = fs_err::read_dir(&self.installed).into_iter().flatten();
        let mut names: Vec<String> =
            entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
        names.sort_by_cached_key(|name| {
            let number: Option<Vec<u64>> = name.split('.').map(|part| part.parse().ok()).collect();
            (number, name.clone())
        });
        names.reverse();
        names
    }
}

fn words(text: &str) -> Vec<String> {
    let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
    let words = lines.flat_map(|line| line.split([' ', '\t', ':'])).filter(|word| !word.is_empty());
    words.map(|word| word.trim_start_matches("python-").trim_start_matches("node-").to_owned()).collect()
}

fn of_tool_versions(text: &str, tool: &ManagedTool) -> Option<Vec<String>> {
    text.lines().find_map(|line| {
        let (name, versions) = line.trim().split_once([' ', '\t'])?;
        tool.names.contains(&name).then(|| words(versions.split('#').next().unwrap_or_default()))
    })
}

fn of_mise(text: &str, tool: &ManagedTool) -> Option<Vec<String>> {
    let settings: toml::Table = text.parse().ok()?;
    let tools = settings.get("tools")?.as_table()?;
    let version = |value: &toml::Value| {
        let text = value.get("version").unwrap_or(value).as_str()?;
        Some(text.to_owned())
    };
    match tool.names.iter().find_map(|name| tools.get(*name))? {
        toml::Value::Array(versions) => Some(versions.iter().filter_map(version).collect()),
        value => version(value).map(|version| vec![version]),
    }
}

fn of_volta(text: &str) -> Option<Vec<String>> {
    let platform: serde_json::Value = serde_json::from_str(text).ok()?;
    Some(vec![platform["node"]["runtime"].as_str()?.to_owned()])
}

#[cfg(test)]
#[path = "version_manager_tests.rs"]
mod tests;
