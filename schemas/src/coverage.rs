//! The hosts that a release installs on: platform by Python by Node.js, and the packages to blame for the
//! others.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::pack_config::PackConfig;
use crate::platform::{Platform, PythonMinor};

/// One kind of host, and whether a release installs on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReleaseCoverage {
    /// The machine; absent if the release fits every machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
    /// The Python feature release; absent if it needs none in particular.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub python: Option<PythonMinor>,
    /// A further requirement on Python, as a PEP 440 specifier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requires_python: Option<String>,
    /// The requirement on Node.js, as an npm range, `*` for any; absent if it needs none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requires_nodejs: Option<String>,
    /// The one ABI of Node.js that machine code of its packages runs on; absent if it has none of that kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node_abi: Option<String>,
    /// The packages that keep it from installing, each in one line; empty if it installs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blames: Vec<String>,
}

impl ReleaseCoverage {
    /// Whether the release installs there.
    pub const fn installs(&self) -> bool {
        self.blames.is_empty()
    }

    /// The target, for people: `linux/amd64 with Python 3.11`.
    pub fn shown_target(&self) -> String {
        let platform = self.platform.map(|platform| platform.to_string());
        let python = self.python.map(|python| format!("with Python {python}"));
        platform.into_iter().chain(python).collect::<Vec<_>>().join(" ")
    }

    /// The versions of Node.js that it runs on, for people: `>=18`, `20 (ABI 115)`; `None` if it needs none.
    pub fn shown_nodejs(&self) -> Option<String> {
        let range = self.requires_nodejs.clone()?;
        let Some(abi) = &self.node_abi else { return Some(range) };
        let bound = shown_abi(abi);
        Some(if range == "*" { bound } else { format!("{range}, {bound}") })
    }

    /// Every kind of host that the release was built for, or was to be: machines first, then Pythons.
    pub fn of(config: &PackConfig) -> Vec<Self> {
        let locks = &config.environments;
        let (python, node) = (locks.python.as_ref(), locks.nodejs.as_ref());
        let mut keys: Vec<(Option<Platform>, Option<PythonMinor>)> = Vec::new();
        if let Some(lock) = python {
            keys.extend(lock.targets.iter().map(|target| (Some(target.platform), Some(target.python))));
            keys.extend(lock.blocked.iter().map(|target| (Some(target.platform), Some(target.python))));
        }
        let has_pythons = !keys.is_empty();
        let mut platforms: Vec<Platform> = Vec::new();
        if let Some(lock) = node {
            platforms.extend(lock.targets.iter().map(|target| target.platform));
            platforms.extend(lock.blocked.iter().map(|target| target.platform));
        }
        if !has_pythons {
            keys.extend(platforms.iter().map(|&platform| (Some(platform), None)));
        }
        if keys.is_empty() {
            keys.push((None, None));
        }
        keys.sort_unstable();
        keys.dedup();
        let cell = |(platform, minor): (Option<Platform>, Option<PythonMinor>)| {
            let mut blames = Vec::new();
            if let (Some(lock), Some(platform), Some(minor)) = (python, platform, minor) {
                let is_it = |blocked: &&crate::environment_lock::BlockedTarget| {
                    (blocked.platform, blocked.python) == (platform, minor)
                };
                blames.extend(
                    lock.blocked.iter().filter(is_it).flat_map(|blocked| blocked.blames.iter().cloned()),
                );
            }
            if let (Some(lock), Some(platform)) = (node, platform) {
                let of_it = lock.blocked.iter().filter(|blocked| blocked.platform == platform);
                blames.extend(of_it.flat_map(|blocked| blocked.blames.iter().cloned()));
                let serves =
                    lock.targets.is_empty() || lock.targets.iter().any(|target| target.platform == platform);
                if !serves && blames.is_empty() {
                    blames.push(format!("no npm packages were vendored for {platform}"));
                }
            }
            let any = || "*".to_owned();
            Self {
                platform,
                python: minor,
                requires_python: python.and_then(|lock| lock.requires_python.clone()),
                requires_nodejs: node.map(|lock| lock.requires_nodejs.clone().unwrap_or_else(any)),
                node_abi: node.zip(platform).and_then(|(lock, platform)| {
                    let target = lock.targets.iter().find(|target| target.platform == platform)?;
                    target.bound_abi().map(|(abi, _)| abi.to_owned())
                }),
                blames,
            }
        };
        keys.into_iter().map(cell).collect()
    }
}

/// An ABI of Node.js with the release line that has it, for people: `20 (ABI 115)`.
pub fn shown_abi(abi: &str) -> String {
    match NODE_ABIS.iter().find(|(known, _)| *known == abi) {
        Some((_, major)) => format!("{major} (ABI {abi})"),
        None => format!("ABI {abi}"),
    }
}

/// The ABIs of Node.js and the major releases that have them. Source: `abi_version_registry.json` of Node.js.
const NODE_ABIS: [(&str, u8); 14] = [
    ("72", 12),
    ("79", 13),
    ("83", 14),
    ("88", 15),
    ("93", 16),
    ("102", 17),
    ("108", 18),
    ("111", 19),
    ("115", 20),
    ("120", 21),
    ("127", 22),
    ("131", 23),
    ("137", 24),
    ("141", 25),
];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn coverage(environments: &serde_json::Value) -> Vec<String> {
        let config: PackConfig = serde_json::from_value(json!({
            "format": "x", "components": [], "unpacked": {"files": 0, "directories": 0, "bytes": 0, "disk_bytes": 0},
            "environments": environments,
            "pack": {"ref": "weaver", "label": "x", "version": "1.0.0", "description": "", "tags": [], "is_standard": false,
                     "runtime_deps": [], "dependencies": {}, "requires": {}, "conf_schema": {}, "config": {}, "meta": {}}
        }))
        .unwrap();
        let shown = |cell: &ReleaseCoverage| {
            let text = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
            let (platform, python) =
                (cell.platform.map(|p| p.to_string()), cell.python.map(|p| p.to_string()));
            format!(
                "{} {} {} {}",
                text(platform),
                text(python),
                text(cell.requires_nodejs.clone()),
                cell.blames.join("|")
            )
        };
        ReleaseCoverage::of(&config).iter().map(shown).collect()
    }

    #[test]
    fn both_runtimes_must_be_served() {
        let found = coverage(&json!({
            "python": {"targets": [
                {"platform": "linux/amd64", "python": "3.11", "wheels": []},
                {"platform": "linux/arm64", "python": "3.11", "wheels": []}
            ], "blocked": [{"platform": "linux/amd64", "python": "3.12", "blames": ["`a` has no wheel"]}]},
            "nodejs": {"requires_nodejs": ">=18", "targets": [{"platform": "linux/amd64", "packages": []}],
                       "blocked": [{"platform": "linux/arm64", "blames": ["`b` is for darwin alone"]}]}
        }));
        let expected = [
            "linux/amd64 3.11 >=18 ",
            "linux/amd64 3.12 >=18 `a` has no wheel",
            "linux/arm64 3.11 >=18 `b` is for darwin alone",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn an_abi_is_shown_with_its_release_line() {
        let cell = |nodejs: Option<&str>, abi: Option<&str>| ReleaseCoverage {
            platform: None,
            python: None,
            requires_python: None,
            requires_nodejs: nodejs.map(str::to_owned),
            node_abi: abi.map(str::to_owned),
            blames: Vec::new(),
        };
        for (nodejs, abi, expected) in [
            (Some("*"), Some("115"), Some("20 (ABI 115)")),
            (Some(">=18"), Some("127"), Some(">=18, 22 (ABI 127)")),
            (Some("*"), Some("999"), Some("ABI 999")),
            (Some(">=18"), None, Some(">=18")),
            (None, None, None),
        ] {
            assert_eq!(cell(nodejs, abi).shown_nodejs().as_deref(), expected);
        }
    }

    #[test]
    fn what_needs_nothing_installs_everywhere() {
        assert_eq!(coverage(&json!({})), ["- - - "]);
        assert_eq!(coverage(&json!({"nodejs": {"targets": []}})), ["- - * "]);
        let node = json!({"nodejs": {"targets": [{"platform": "linux/amd64", "packages": []}]}});
        assert_eq!(coverage(&node), ["linux/amd64 - * "]);
    }
}
