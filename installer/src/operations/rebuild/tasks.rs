//! The environments to build again, each for its interpreter.

use std::io;
use std::path::PathBuf;

use attune_host::environment::{EnvironmentDescription, EnvironmentName};
use attune_host::generation::Generation;
use attune_host::machine::{Interpreter, Interpreters};
use attune_host::machine::{NodeInterpreter, NodeInterpreters};
use attune_host::root::{HostRoot, StoreKind};
use attune_schemas::{Digest, PackRef};

use super::{RebuildError, RebuildOptions};
use crate::environments::RecipeError;
use crate::plan::PlanError;

/// One environment to build again.
pub(in crate::operations) struct Task {
    pub(in crate::operations) pack: PackRef,
    pub(in crate::operations) runtime: EnvironmentName,
    pub(in crate::operations) old: Digest,
    pub(in crate::operations) environment: EnvironmentDescription,
    /// Whether that is for another interpreter.
    pub(super) is_moved: bool,
}

/// The environments to build, each for the interpreter that the host has now.
pub(in crate::operations) fn tasks(
    root: &HostRoot,
    active: &Generation,
    damaged: Option<&[PathBuf]>,
    options: &RebuildOptions,
) -> Result<Vec<Task>, RebuildError> {
    let directory = root.generation(active.id);
    let described = |digest: &Digest| Generation::load_description(&directory, digest);
    tasks_described(root, active, damaged, &described, options)
}

/// The same, with the description of each environment from `described`.
pub(in crate::operations) fn tasks_described(
    root: &HostRoot,
    active: &Generation,
    damaged: Option<&[PathBuf]>,
    described: &dyn Fn(&Digest) -> io::Result<Option<EnvironmentDescription>>,
    options: &RebuildOptions,
) -> Result<Vec<Task>, RebuildError> {
    let failed = |source| root.failed(source);
    if let Some(pack) = &options.pack {
        active.installed_pack(pack)?;
    }
    let mut tasks = Vec::new();
    let (mut pythons, mut nodes) = (
        Interpreters::new(options.search.clone(), active.unchanged_interpreters()),
        NodeInterpreters::new(options.search.clone(), active.unchanged_nodes()),
    );
    for (pack, installed) in &active.packs {
        if options.pack.as_ref().is_some_and(|wanted| wanted != pack) {
            continue;
        }
        for (runtime, environment) in &installed.environments {
            let path = runtime.path(root, pack);
            if damaged.is_some_and(|damaged| !damaged.contains(&path)) {
                continue;
            }
            let described = described(&environment.digest).map_err(failed)?;
            let described = described.ok_or_else(|| RecipeError::NoDescription {
                pack: pack.clone(),
                runtime: runtime.to_string(),
            })?;
            let interpreter = described.interpreter().to_owned();
            let mut environment_now = if environment.is_current() {
                described
            } else {
                for_current_interpreter(pack, described, &mut pythons, &mut nodes, options)?
            };
            let mut is_moved = environment_now.digest() != environment.digest;
            if let EnvironmentDescription::Recipe(recipe) = environment_now {
                is_moved = recipe.interpreter != interpreter;
                let is_taken = |digest: &Digest| {
                    *digest == environment.digest || root.store(StoreKind::Envs, digest).exists()
                };
                environment_now = EnvironmentDescription::Recipe(recipe.beside(is_taken));
            }

            tasks.push(Task {
                pack: pack.clone(),
                runtime: runtime.clone(),
                old: environment.digest,
                environment: environment_now,
                is_moved,
            });
        }
    }
    Ok(tasks)
}

/// The environment for an interpreter that the host has now, which takes the same packages.
fn for_current_interpreter(
    pack: &PackRef,
    environment: EnvironmentDescription,
    pythons: &mut Interpreters,
    nodes: &mut NodeInterpreters,
    options: &RebuildOptions,
) -> Result<EnvironmentDescription, PlanError> {
    let gone = |needed: String, found: Vec<String>| {
        let found = if found.is_empty() { "none on this host".to_owned() } else { found.join(", ") };
        PlanError::NoInterpreter { pack: pack.clone(), needed, found }
    };
    match environment {
        EnvironmentDescription::Python(python) => {
            let old = python.interpreter.clone();
            let bound: Vec<&String> =
                python.wheels.iter().filter_map(|wheel| wheel.pythons.as_ref()).collect();
            let found = pythons.find(|new| {
                let is_alike = new.minor() == old.minor() && new.platform() == old.platform();
                is_alike && bound.iter().all(|pythons| new.satisfies(pythons))
            })?;
            let minor = old.minor().map(|minor| minor.to_string()).unwrap_or_default();
            let needed =
                bound.first().map_or(format!("Python {minor}"), |pythons| format!("Python {pythons}"));
            let found = found
                .ok_or_else(|| gone(needed, pythons.found().iter().map(Interpreter::describe).collect()))?;
            Ok(EnvironmentDescription::Python(python.on(found)))
        }
        EnvironmentDescription::Node(node) => {
            let old = node.interpreter.clone();
            let found = nodes.find(|new| new.platform() == old.platform() && new.abi == old.abi)?;
            let found = found.ok_or_else(|| {
                gone(
                    format!("Node.js with the ABI {}", old.abi),
                    nodes.found().iter().map(NodeInterpreter::describe).collect(),
                )
            })?;
            Ok(EnvironmentDescription::Node(node.on(found)))
        }
        EnvironmentDescription::Recipe(mut recipe) => {
            let name =
                recipe.interpreter.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
            let found = options.search.programs(&[&name]).into_iter().next();
            recipe.interpreter = found.ok_or_else(|| gone(format!("`{name}`"), Vec::new()))?;
            Ok(EnvironmentDescription::Recipe(recipe))
        }
    }
}
