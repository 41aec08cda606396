//! A whole release: every lock of its config, for every machine that it was built for.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use attune_schemas::PythonMinor;
use attune_schemas::environment_lock::{Footprint, LockedWheel, NodeLock, PythonLock, PythonTarget};
use attune_schemas::pack_config::PackConfig;
use uv_distribution_filename::WheelFilename;

use super::error::ReleaseFault;
use super::node_tree::check_node_tree;
use super::target::is_part_of;
use super::wheel::{MAX_ENTRIES, MAX_UNPACKED_BYTES};
use crate::archive::{NODE_PACKAGE_LIMITS, PACK_LIMITS, TarLimits};
use crate::wheel::normalised_name;

/// The highest patch release of a Python that two wheels of one name are told apart by.
const MAX_PATCH: u32 = 60;

/// Refuses a release that no host could lay out.
pub fn check_release(config: &PackConfig) -> Result<(), ReleaseFault> {
    check_size("the pack", &config.unpacked, &PACK_LIMITS)?;
    config.environments.python.as_ref().map_or(Ok(()), check_python)?;
    config.environments.nodejs.as_ref().map_or(Ok(()), check_node)?;
    config.test_environments.python.as_ref().map_or(Ok(()), check_python)?;
    config.test_environments.nodejs.as_ref().map_or(Ok(()), check_node)
}

fn check_python(lock: &PythonLock) -> Result<(), ReleaseFault> {
    let mut machines = BTreeSet::new();
    for target in &lock.targets {
        if !machines.insert((target.platform, target.python)) {
            let target = format!("Python {} on {}", target.python, target.platform);
            return Err(ReleaseFault::TwoTargets { runtime: "Python", target });
        }
        check_wheels(target)?;
    }
    Ok(())
}

fn check_wheels(target: &PythonTarget) -> Result<(), ReleaseFault> {
    let limits = TarLimits {
        max_entries: MAX_ENTRIES as u64,
        max_bytes: MAX_UNPACKED_BYTES,
        max_name_bytes: u64::MAX,
    };
    let mut names: BTreeMap<String, Vec<&LockedWheel>> = BTreeMap::new();
    for wheel in &target.wheels {
        let refuse = |reason: String| ReleaseFault::WheelName {
            filename: wheel.filename.clone(),
            name: wheel.name.clone(),
            reason,
        };
        let filename = WheelFilename::from_str(&wheel.filename).map_err(|error| refuse(error.to_string()))?;
        let name = normalised_name(filename.name.as_ref());
        if name != normalised_name(&wheel.name) {
            return Err(refuse(format!("it is one of `{}`", filename.name)));
        }
        let of_name = names.entry(name).or_default();
        let meets = |other: &&LockedWheel| meet(target.python, wheel, other);
        if of_name.iter().any(meets) {
            return Err(ReleaseFault::TwoWheels {
                filename: wheel.filename.clone(),
                name: wheel.name.clone(),
                platform: target.platform,
                python: target.python,
            });
        }
        of_name.push(wheel);
        check_size(&format!("wheel `{}`", wheel.filename), &wheel.unpacked, &limits)?;
    }
    Ok(())
}

/// Whether a patch release of `python` would have both wheels.
fn meet(python: PythonMinor, one: &LockedWheel, other: &LockedWheel) -> bool {
    let has = |wheel: &LockedWheel, version: &str| is_part_of(wheel, version);
    (0..=MAX_PATCH)
        .map(|patch| format!("{python}.{patch}"))
        .any(|version| has(one, &version) && has(other, &version))
}

fn check_node(lock: &NodeLock) -> Result<(), ReleaseFault> {
    let mut machines = BTreeSet::new();
    for target in &lock.targets {
        if !machines.insert(target.platform) {
            let target = target.platform.to_string();
            return Err(ReleaseFault::TwoTargets { runtime: "Node.js", target });
        }
        check_node_tree(target)?;
        for package in &target.packages {
            check_size(&format!("npm package `{}`", package.name), &package.unpacked, &NODE_PACKAGE_LIMITS)?;
        }
    }
    Ok(())
}

fn check_size(name: &str, unpacked: &Footprint, limits: &TarLimits) -> Result<(), ReleaseFault> {
    let counts = [("files", unpacked.files, limits.max_entries), ("bytes", unpacked.bytes, limits.max_bytes)];
    match counts.into_iter().find(|(_, actual, limit)| actual > limit) {
        Some((counted, actual, limit)) => {
            Err(ReleaseFault::TooLarge { name: name.to_owned(), counted, actual, limit })
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use attune_schemas::Digest;
    use serde_json::{Value, json};

    use super::*;

    fn check(environments: &Value) -> Result<(), ReleaseFault> {
        let config = json!({
            "format": "attune.pack.config/v1",
            "pack": {"ref": "demo", "label": "demo", "version": "1.0.0", "description": "", "tags": [],
                "is_standard": false, "runtime_deps": [], "dependencies": {}, "requires": {},
                "conf_schema": {}, "config": {}, "meta": {}},
            "components": [],
            "unpacked": {"files": 1, "directories": 1, "bytes": 1, "disk_bytes": 8192},
            "environments": environments,
        });
        check_release(&serde_json::from_value(config).unwrap())
    }

    fn wheel(name: &str, filename: &str, bytes: u64) -> Value {
        json!({"name": name, "version": "1.0", "filename": filename, "digest": Digest::of(filename.as_bytes()),
            "size": 1, "unpacked": {"files": 1, "directories": 1, "bytes": bytes, "disk_bytes": bytes}})
    }

    fn python(wheels: &[Value]) -> Value {
        json!({"python": {"targets": [{"platform": "linux/amd64", "python": "3.11", "wheels": wheels}]}})
    }

    fn node(paths: &[&str], bins: &Value) -> Value {
        let packages: Vec<Value> = paths
            .iter()
            .map(|path| {
                json!({"path": path, "name": "a", "version": "1.0.0", "digest": Digest::of(b"a"), "size": 1,
                    "unpacked": {"files": 1, "directories": 1, "bytes": 1, "disk_bytes": 8192}})
            })
            .collect();
        json!({"nodejs": {"targets": [{"platform": "linux/amd64", "packages": packages, "bins": bins}]}})
    }

    #[test]
    fn sound_releases_pass() {
        check(&json!({})).unwrap();
        check(&python(&[
            wheel("my-demo", "My.Demo-1.0-py3-none-any.whl", 1),
            wheel("b", "b-1.0-py3-none-any.whl", 1),
        ]))
        .unwrap();
        let bins = json!([{"path": "node_modules/.bin/a", "target": "node_modules/a/cli.js"}]);
        check(&node(&["node_modules/a", "node_modules/a/node_modules/a"], &bins)).unwrap();
    }

    #[test]
    fn wheels_that_no_environment_holds_are_refused() {
        let twice = [wheel("a", "a-1.0-py3-none-any.whl", 1), wheel("a", "a-2.0-py3-none-any.whl", 1)];
        assert!(matches!(check(&python(&twice)), Err(ReleaseFault::TwoWheels { .. })));
        for filename in ["b-1.0-py3-none-any.whl", "a.zip"] {
            let fault = check(&python(&[wheel("a", filename, 1)]));
            assert!(matches!(fault, Err(ReleaseFault::WheelName { .. })), "{filename}");
        }
        let huge = check(&python(&[wheel("a", "a-1.0-py3-none-any.whl", 1 << 40)]));
        assert!(matches!(huge, Err(ReleaseFault::TooLarge { counted: "bytes", .. })));
    }

    #[test]
    fn wheels_of_one_name_are_for_different_patch_releases() {
        let wheels = |first: &str, second: &str| {
            let of = |filename: &str, pythons: &str| {
                let mut wheel = wheel("a", filename, 1);
                wheel["pythons"] = json!(pythons);
                wheel
            };
            check(&python(&[of("a-1.0-py3-none-any.whl", first), of("a-2.0-py3-none-any.whl", second)]))
        };
        wheels("<3.11.3", ">=3.11.3").unwrap();
        for (first, second) in [("<3.11.4", ">=3.11.3"), ("", ">=3.11.3"), ("no specifier", "neither")] {
            assert!(matches!(wheels(first, second), Err(ReleaseFault::TwoWheels { .. })), "{first} {second}");
        }
    }

    #[test]
    fn two_parts_for_one_machine_are_refused() {
        let target = json!({"platform": "linux/amd64", "python": "3.11", "wheels": []});
        let fault = check(&json!({"python": {"targets": [target, target]}}));
        assert!(matches!(fault, Err(ReleaseFault::TwoTargets { .. })));
        let target = json!({"platform": "linux/amd64", "packages": []});
        let fault = check(&json!({"nodejs": {"targets": [target, target]}}));
        assert!(matches!(fault, Err(ReleaseFault::TwoTargets { .. })));
    }

    #[test]
    fn packages_that_do_not_fit_beside_each_other_are_refused() {
        for paths in [&["node_modules/a", "node_modules/a"][..], &["bin/node"], &["node_modules/a/lib"]] {
            let fault = check(&node(paths, &json!([])));
            assert!(matches!(fault, Err(ReleaseFault::NodePlace { .. })), "{paths:?}");
        }
        for (path, target) in [
            ("bin/node", "node_modules/a/cli.js"),
            ("node_modules/.bin/a", "node_modules/b/cli.js"),
            ("node_modules/.bin/a", "bin/node"),
        ] {
            let fault = check(&node(&["node_modules/a"], &json!([{"path": path, "target": target}])));
            assert!(matches!(fault, Err(ReleaseFault::BinLink { .. })), "{path} {target}");
        }
    }
}
