//! Chooses the interpreter and the packages of a pack's Node.js environment.

use attune_host::environment::{LinkMode, NodeEnvironment};
use attune_host::machine::{NodeInterpreter, host_platform};
use attune_registry::release_check::{BundleTargets, fits_node_abi, node_target};
use attune_schemas::coverage::shown_abi;
use attune_schemas::environment_lock::{NodeLock, NodeTarget};
use attune_schemas::pack_config::PackConfig;
use attune_schemas::runtime_index::{RuntimeName, RuntimeRelease};
use attune_schemas::{Digest, PackRef};

use super::error::PlanError;
use super::host_runtimes::{HostRuntimes, PlanSettings};
use super::runtimes::{as_node, runtime_of};

/// The Node.js environment of `pack` on this host, or `None` where it needs none.
pub(super) fn plan_node(
    pack: &PackRef,
    config: &PackConfig,
    &PlanSettings { made_for, link_mode }: &PlanSettings<'_>,
    hosted: &mut HostRuntimes<'_>,
    accepts: &dyn Fn(&NodeInterpreter) -> bool,
) -> Result<Option<(NodeEnvironment, Option<RuntimeRelease>)>, PlanError> {
    let Some(lock) = &config.environments.nodejs else { return Ok(None) };
    let suits = |candidate: &NodeInterpreter| accepts(candidate) && suits(candidate, lock, made_for);
    let found = hosted.nodes.find(suits)?;
    let (interpreter, carried) = match found {
        Some(interpreter) => (interpreter, None),
        None => {
            if let Some((interpreter, release)) = carried(hosted, suits)? {
                (interpreter, Some(release))
            } else {
                let carried = hosted.carried.of(RuntimeName::Nodejs)?;
                return Err(nothing_suits(pack, lock, made_for, hosted.nodes.found(), &carried));
            }
        }
    };
    tracing::info!("{pack}: {}", interpreter.describe());
    let environment = environment_on(interpreter, lock, pack, link_mode, hosted)?;
    Ok(Some((environment, carried)))
}

/// The environment of `pack` on `interpreter`, if the release was made for that.
pub(super) fn node_on(
    interpreter: &NodeInterpreter,
    pack: &PackRef,
    config: &PackConfig,
    settings: &PlanSettings<'_>,
    hosted: &HostRuntimes<'_>,
) -> Result<Option<NodeEnvironment>, PlanError> {
    let lock = config.environments.nodejs.as_ref();
    let Some(lock) = lock.filter(|lock| suits(interpreter, lock, settings.made_for)) else { return Ok(None) };
    environment_on(interpreter.clone(), lock, pack, settings.link_mode, hosted).map(Some)
}

fn environment_on(
    interpreter: NodeInterpreter,
    lock: &NodeLock,
    pack: &PackRef,
    link_mode: LinkMode,
    hosted: &HostRuntimes<'_>,
) -> Result<NodeEnvironment, PlanError> {
    let target = target_for(&interpreter, lock).cloned();
    let (packages, bins) = target.map(|target| (target.packages, target.bins)).unwrap_or_default();
    let root = hosted.root.path();
    if !packages.is_empty() && root.as_os_str().as_encoded_bytes().contains(&b':') {
        return Err(PlanError::RootWithColon { pack: pack.clone(), root: root.to_owned() });
    }

    let marker = lock.manifest.as_ref().map(|manifest| manifest.digest.hex());
    let runtime = runtime_of(hosted.root, &interpreter.executable);
    let environment = NodeEnvironment {
        digest: Digest::of(b""),
        interpreter,
        runtime,
        packages,
        bins,
        link_mode,
        owner: link_mode.owner(pack),
        marker,
    };
    Ok(environment.named())
}

/// The newest Node.js that the source carries and `accepts` takes.
fn carried(
    hosted: &mut HostRuntimes<'_>,
    accepts: impl Fn(&NodeInterpreter) -> bool,
) -> Result<Option<(NodeInterpreter, RuntimeRelease)>, PlanError> {
    let root = hosted.root;
    let releases = hosted.carried.of(RuntimeName::Nodejs)?.into_iter();
    let mut interpreters = releases.map(|release| (as_node(&release, root), release));
    Ok(interpreters.find(|(interpreter, _)| accepts(interpreter)))
}

fn suits(interpreter: &NodeInterpreter, lock: &NodeLock, made_for: Option<&BundleTargets>) -> bool {
    let is_held = |target: &NodeTarget| made_for.is_none_or(|bundle| bundle.holds_platform(target.platform));
    satisfies(interpreter, lock)
        && interpreter.platform().is_some()
        && (lock.targets.is_empty()
            || target_for(interpreter, lock)
                .is_some_and(|target| is_held(target) && fits_node_abi(target, &interpreter.abi)))
}

fn satisfies(interpreter: &NodeInterpreter, lock: &NodeLock) -> bool {
    lock.requires_nodejs.as_ref().is_none_or(|range| interpreter.satisfies(range))
}

fn target_for<'a>(interpreter: &NodeInterpreter, lock: &'a NodeLock) -> Option<&'a NodeTarget> {
    node_target(lock, interpreter.platform()?)
}

/// The ABI that the packages for this machine are bound to, with the package.
fn bound_here<'a>(lock: &'a NodeLock, made_for: Option<&BundleTargets>) -> Option<(&'a str, &'a str)> {
    let is_held = |target: &&NodeTarget| made_for.is_none_or(|bundle| bundle.holds_platform(target.platform));
    let here = host_platform();
    let mut targets = lock.targets.iter().filter(is_held).filter(|target| Some(target.platform) == here);
    targets.find_map(NodeTarget::bound_abi)
}

fn nothing_suits(
    pack: &PackRef,
    lock: &NodeLock,
    made_for: Option<&BundleTargets>,
    found: &[NodeInterpreter],
    carried: &[RuntimeRelease],
) -> PlanError {
    let pack = pack.clone();
    let list = |items: Vec<String>| items.join(", ");
    if let Some((abi, package)) = bound_here(lock, made_for)
        && found.iter().all(|found| found.abi != abi)
    {
        let needed = format!("Node.js {}, which `{package}` was built for", shown_abi(abi));
        let here = found.iter().map(|found| format!("{} with ABI {}", found.describe(), found.abi));
        let brought = carried.iter().map(|release| {
            let abi = release.abi.as_deref().unwrap_or("unknown");
            format!("Node.js {} with ABI {abi}, which the source carries", release.version)
        });
        let all: Vec<String> = here.chain(brought).collect();
        let found = if all.is_empty() { "no Node.js on this host".to_owned() } else { list(all) };
        return PlanError::NoNode { pack, needed, found };
    }
    if let Some(usable) = found.iter().find(|found| satisfies(found, lock)) {
        let platform = usable.platform().map_or_else(|| usable.arch.clone(), |platform| platform.to_string());
        let held = lock
            .targets
            .iter()
            .filter(|target| made_for.is_none_or(|bundle| bundle.holds_platform(target.platform)));
        let built_for = list(held.map(|target| target.platform.to_string()).collect());
        return PlanError::OtherTarget {
            pack,
            here: format!("{platform} with Node.js {}", usable.version),
            built_for,
        };
    }
    let needed = lock
        .requires_nodejs
        .as_ref()
        .map_or_else(|| "Node.js".to_owned(), |range| format!("Node.js {range}"));
    let found = match found {
        [] => "no Node.js on this host".to_owned(),
        found => list(found.iter().map(NodeInterpreter::describe).collect()),
    };
    PlanError::NoNode { pack, needed, found }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn machine_code_of_another_abi_is_told_with_the_package_and_both_versions() {
        let here = host_platform().unwrap();
        let lock: NodeLock = serde_json::from_value(json!({"targets": [{"platform": here, "packages": [{
            "path": "node_modules/better-sqlite3", "name": "better-sqlite3", "version": "11.8.1",
            "digest": attune_schemas::Digest::of(b"a"), "size": 1,
            "unpacked": {"files": 1, "directories": 1, "bytes": 1, "disk_bytes": 8192},
            "overlay": {"digest": attune_schemas::Digest::of(b"b"), "size": 1, "node_abi": "115",
                "unpacked": {"files": 1, "directories": 1, "bytes": 1, "disk_bytes": 8192}},
        }]}]}))
        .unwrap();
        let node = |version: &str, abi: &str| NodeInterpreter {
            executable: "/usr/bin/node".into(),
            version: version.to_owned(),
            os: "linux".to_owned(),
            arch: "x64".to_owned(),
            abi: abi.to_owned(),
            libc: "gnu".to_owned(),
        };
        let told = |found: &[NodeInterpreter]| {
            nothing_suits(&"weaver".parse().unwrap(), &lock, None, found, &[]).to_string()
        };
        let expected =
            "pack `weaver` needs Node.js 20 (ABI 115), which `better-sqlite3` was built for; found ";
        assert_eq!(told(&[]), format!("{expected}no Node.js on this host"));
        let other = told(&[node("18.20.4", "108")]);
        assert_eq!(other, format!("{expected}Node.js 18.20.4 (/usr/bin/node) with ABI 108"));
    }
}
