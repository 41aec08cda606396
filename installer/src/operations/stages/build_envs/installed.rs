//! The environments of an installed pack.

use std::path::PathBuf;
use std::time::Instant;

use attune_host::environment::{EnvironmentKind, EnvironmentName};
use attune_host::generation::Generation;
use attune_host::inventory::{EnvironmentStatus, InventoryError, ListedEnvironment, pack_environments};
use attune_host::root::HostRoot;
use attune_host::verification::{VerifyDepth, VerifyOptions, verify};
use attune_registry::report::Reporter;
use attune_schemas::PackRef;
use attune_schemas::problem::FailureKind;

use super::report::{
    BuildEnvsReport, BuiltEnvironments, BuiltPack, FailedEnvironment, NodeEnvironmentBuilt, OtherEnvironment,
    PythonEnvironmentBuilt, millis,
};
use super::{BuildEnvsOptions, EnvironmentsError};
use crate::failure::code_of;
use crate::operations::rebuild::DamagedEnvironments;
use crate::operations::stages::pack_file::with_causes;
use crate::operations::{RebuildError, RebuildOptions, RepairOptions, rebuild_environments, repair};

/// Checks the environments of `pack`, builds again those that are to be, and tells them all.
pub(super) fn ensure(
    root: &HostRoot,
    pack: &PackRef,
    options: &BuildEnvsOptions,
    report: &mut BuildEnvsReport,
    reporter: &dyn Reporter,
) -> Result<(), EnvironmentsError> {
    let started = Instant::now();
    let looked_at = Looked { root, pack, options };
    let (rebuilt, error) = looked_at.build(reporter)?;
    let still_damaged = if rebuilt.is_empty() || options.build.change.dry_run {
        Vec::new()
    } else {
        looked_at.damaged(reporter)?
    };
    let (mut whole, mut failed) = (Vec::new(), Vec::new());
    for found in looked_at.environments()? {
        match fault(&found, &still_damaged, error.as_deref()) {
            Some(reason) => failed.push(looked_at.failed(&found.runtime, reason)),
            None => whole.push(found),
        }
    }
    if let Some(error) = error.filter(|_| failed.is_empty()) {
        failed.push(looked_at.failed("", error));
    }
    let mut environments = BuiltEnvironments::default();
    for (kind, name, wanted) in [
        (EnvironmentKind::Python, "python", &options.python_version),
        (EnvironmentKind::Nodejs, "nodejs", &options.nodejs_version),
    ] {
        let of_kind: Vec<ListedEnvironment> = whole.extract_if(.., |found| found.kind == kind).collect();
        if of_kind.is_empty() {
            continue;
        }
        if let Some(index) = chosen(&of_kind, name, wanted.as_deref()) {
            tell(&mut environments, of_kind, index);
        } else {
            let has: Vec<&str> =
                of_kind.iter().filter_map(|found| found.interpreter_version.as_deref()).collect();
            let wanted = wanted.as_deref().unwrap_or_default();
            let reason = format!("there is none of version {wanted}; it has {}", has.join(", "));
            failed.push(looked_at.failed(name, reason));
        }
    }
    environments.others.extend(whole.into_iter().map(other));
    if failed.is_empty() {
        report.built_environments.push(BuiltPack {
            pack_ref: pack.clone(),
            pack_path: root.pack(pack),
            environments,
            rebuilt: names(&rebuilt),
            duration_ms: millis(started.elapsed()),
        });
    } else {
        report.failed_environments.extend(failed);
    }
    Ok(())
}

/// Why `found` is not as it should be, after all was built that could be; `error` is why the rest was not.
fn fault(found: &ListedEnvironment, still_damaged: &[PathBuf], error: Option<&str>) -> Option<String> {
    if still_damaged.contains(&found.path) {
        return Some(error.unwrap_or("it still differs from what was installed").to_owned());
    }
    let failed = found.status == EnvironmentStatus::Failed;
    failed.then(|| found.install_error.clone().unwrap_or_else(|| "its steps failed".to_owned()))
}

/// Whether `error` is not of one environment alone.
fn concerns_all(error: &RebuildError) -> bool {
    let (code, fault) = code_of(error);
    fault.is_some() || matches!(code.kind(), FailureKind::Busy | FailureKind::Interrupted)
}

/// The names of the environments at `paths`.
fn names(paths: &[PathBuf]) -> Vec<String> {
    let names = paths.iter().filter_map(|path| Some(path.file_name()?.to_str()?.to_owned()));
    names.collect()
}

/// The pack that is looked at.
struct Looked<'a> {
    root: &'a HostRoot,
    pack: &'a PackRef,
    options: &'a BuildEnvsOptions,
}

impl Looked<'_> {
    /// Builds again those that are to be; returns their paths, and why some could not be built.
    fn build(&self, reporter: &dyn Reporter) -> Result<(Vec<PathBuf>, Option<String>), EnvironmentsError> {
        let to_build: Vec<PathBuf> = if self.options.force {
            self.environments()?.iter().flat_map(|found| self.paths(found)).collect()
        } else {
            self.damaged(reporter)?
        };
        if to_build.is_empty() {
            return Ok((to_build, None));
        }
        let build = RebuildOptions { pack: Some(self.pack.clone()), ..self.options.build.clone() };
        let built = if self.options.force {
            let build = RebuildOptions { only: Some(to_build.clone()), ..build };
            rebuild_environments(self.root, &build, reporter).map(drop)
        } else {
            // Links to environments may be lost as well.
            let options = RepairOptions { packs: vec![self.pack.clone()], only_environments: true, build };
            repair(self.root, &options, reporter).map(drop)
        };
        match built {
            Ok(()) => Ok((to_build, None)),
            Err(error) if concerns_all(&error) => Err(error.into()),
            Err(error) => Ok((to_build, Some(with_causes(&error)))),
        }
    }

    fn failed(&self, runtime: &str, error: String) -> FailedEnvironment {
        FailedEnvironment {
            pack_ref: Some(self.pack.clone()),
            pack_path: self.root.pack(self.pack),
            runtime: runtime.to_owned(),
            error,
        }
    }

    /// Its environments, without those that are left alone.
    fn environments(&self) -> Result<Vec<ListedEnvironment>, InventoryError> {
        let found = match pack_environments(self.root, self.pack, None) {
            Err(InventoryError::NoEnvironment { .. }) => return Ok(Vec::new()),
            found => found?.environments,
        };
        let is_wanted = |found: &ListedEnvironment| !self.options.skipped.contains(&found.kind);
        Ok(found.into_iter().filter(is_wanted).collect())
    }

    /// The paths of those that are damaged.
    fn damaged(&self, reporter: &dyn Reporter) -> Result<Vec<PathBuf>, EnvironmentsError> {
        let verification = VerifyOptions {
            packs: vec![self.pack.clone()],
            only_environments: true,
            depth: VerifyDepth::Full,
            interrupt: self.options.build.change.interrupt.clone(),
        };
        let found = verify(self.root, &verification, reporter)?;
        let active = Generation::active(self.root).map_err(|source| self.root.failed(source));
        let active = active.map_err(InventoryError::from)?;
        let mut damaged = DamagedEnvironments::of(&found, self.root, &active).paths;
        let environments = self.environments()?;
        damaged.retain(|path| environments.iter().any(|found| self.paths(found).contains(path)));
        Ok(damaged)
    }

    /// The paths of `found`, by all its names.
    fn paths(&self, found: &ListedEnvironment) -> Vec<PathBuf> {
        let names = std::iter::once(&found.runtime).chain(&found.aliases);
        let names = names.filter_map(|name| name.parse::<EnvironmentName>().ok());
        names.map(|name| name.path(self.root, self.pack)).collect()
    }
}

/// The environment of `of_kind` that is told as the one of its kind: of the version that is wanted, else the one with
/// the plain name.
fn chosen(of_kind: &[ListedEnvironment], name: &str, wanted: Option<&str>) -> Option<usize> {
    if let Some(wanted) = wanted {
        let is_wanted = |version: &str| {
            version.strip_prefix(wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        return of_kind.iter().position(|found| found.interpreter_version.as_deref().is_some_and(is_wanted));
    }
    let has_name =
        |found: &ListedEnvironment| found.runtime == name || found.aliases.iter().any(|alias| alias == name);
    Some(of_kind.iter().position(has_name).unwrap_or_default())
}

/// Tells the environments of a kind, the one with `index` as that of its kind.
fn tell(environments: &mut BuiltEnvironments, mut of_kind: Vec<ListedEnvironment>, index: usize) {
    let found = of_kind.remove(index);
    let version = found.interpreter_version.clone().unwrap_or_default();
    if found.kind == EnvironmentKind::Python {
        environments.python = Some(PythonEnvironmentBuilt {
            virtualenv_path: found.path,
            requirements_installed: true,
            package_count: found.packages,
            python_version: version,
        });
    } else {
        environments.nodejs = Some(NodeEnvironmentBuilt {
            node_modules_path: found.path.join("node_modules"),
            dependencies_installed: true,
            package_count: found.packages,
            nodejs_version: version,
        });
    }
    environments.others.extend(of_kind.into_iter().map(other));
}

fn other(found: ListedEnvironment) -> OtherEnvironment {
    OtherEnvironment {
        runtime: found.runtime,
        path: found.path,
        package_count: found.packages,
        version: found.interpreter_version,
    }
}
