//! Packages that are packed here, from a repository or a directory: their `prepare` script makes what they publish.
//!
//! It is run if that was allowed by name: what it is built with is installed before, without scripts, and then it has
//! neither network nor the user's files.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use super::error::NodeError;
use super::inputs::{PACKAGE_FILE, without_mark};
use super::npm::Npm;
use super::scripts::ScriptHost;
use crate::vendoring::VendorSettings;
use attune_registry::fetch::DownloadProgress;

/// Runs `prepare` scripts, and notes which.
pub(super) struct Preparer<'a> {
    npm: &'a Npm<'a>,
    settings: &'a VendorSettings,
    progress: &'a dyn DownloadProgress,
    /// The packages whose script was run.
    pub(super) prepared: RefCell<BTreeSet<String>>,
    /// Those whose script was not.
    pub(super) unprepared: RefCell<BTreeSet<String>>,
}

impl<'a> Preparer<'a> {
    pub(super) fn new(
        npm: &'a Npm<'a>,
        settings: &'a VendorSettings,
        progress: &'a dyn DownloadProgress,
    ) -> Self {
        let (prepared, unprepared) = (RefCell::default(), RefCell::default());
        Self { npm, settings, progress, prepared, unprepared }
    }

    /// Builds the project of the package `name` in `directory`, where it was allowed; whether it has a script that
    /// was not run.
    pub(super) fn prepare(&self, name: &str, directory: &Path, area: &Path) -> Result<bool, NodeError> {
        let text = fs_err::read(directory.join(PACKAGE_FILE))?;
        // npm says what is wrong with one that cannot be read.
        let package: Value = serde_json::from_slice(without_mark(&text)).unwrap_or_default();
        if package.get("scripts").and_then(|scripts| scripts.get("prepare")).is_none() {
            return Ok(false);
        }
        if !self.settings.npm.allow_scripts.contains(name) {
            self.unprepared.borrow_mut().insert(name.to_owned());
            return Ok(true);
        }
        self.progress.building(&format!("{name} by its prepare script"));
        if needs_packages(&package) {
            self.npm.install(directory)?;
        }
        ScriptHost::find(self.settings)?.run_script(name, "prepare", directory, area)?;
        self.prepared.borrow_mut().insert(name.to_owned());
        Ok(false)
    }
}

fn needs_packages(package: &Value) -> bool {
    let kinds = ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"];
    let names =
        |kind: &&str| package.get(kind).and_then(Value::as_object).is_some_and(|names| !names.is_empty());
    kinds.iter().any(names)
}
