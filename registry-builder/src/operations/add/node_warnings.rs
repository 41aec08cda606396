//! What a pack of Node.js loses on its way to a host, told while it is added: installed packages that nothing
//! brings, locks of other tools, and ES modules, which do not look where a host has its packages.

use std::collections::BTreeSet;

use attune_registry::pack_directory::PackDirectory;
use attune_schemas::EntryPath;
use attune_schemas::component::ComponentSummary;
use attune_schemas::environment_lock::NodeLock;
use attune_schemas::pack::canonical_runtime;
use serde_json::Value;

use super::CheckedPack;
use super::imports::imported_packages;
use crate::vendoring::node::{NodeInputs, shortened};

/// The locks of other tools.
const OTHER_LOCKS: [&str; 5] = ["pnpm-lock.yaml", "yarn.lock", "bun.lock", "bun.lockb", "deno.lock"];

/// The warnings for `pack`, whose packages are those of `lock`.
pub(super) fn node_warnings(pack: &CheckedPack, lock: Option<&NodeLock>) -> Vec<String> {
    let brought: BTreeSet<&str> = lock
        .iter()
        .flat_map(|lock| &lock.targets)
        .flat_map(|target| &target.packages)
        .filter_map(|package| package.path.as_str().strip_prefix("node_modules/"))
        .collect();
    let mut warnings = left_out(&pack.directory, &brought);
    if !brought.is_empty() {
        warnings.extend(modules(&pack.directory, &pack.report.components, &brought));
    }
    warnings
}

/// Installed packages of the pack's directory that a host will not have.
fn left_out(pack: &PackDirectory, brought: &BTreeSet<&str>) -> Vec<String> {
    let directories = pack.left_out().keys().map(|path| path.trim_end_matches('/'));
    let directories = directories.filter(|path| path.rsplit('/').next() == Some("node_modules"));
    let warn = |directory: &str| {
        let known = known_to_npm(pack, directory);
        let missing: Vec<String> = installed(pack, directory)
            .into_iter()
            .filter(|name| !brought.contains(name.as_str()) && !known.contains(name))
            .map(|name| format!("`{name}`"))
            .collect();
        (!missing.is_empty()).then(|| {
            format!(
                "`{directory}` is left out, and package.json does not bring what is in it: {}; name it there, or move \
                 it to another directory of the pack",
                shortened(&missing)
            )
        })
    };
    directories.filter_map(warn).collect()
}

/// The names in `directory` that `require` finds.
fn installed(pack: &PackDirectory, directory: &str) -> BTreeSet<String> {
    let names = |path: &str| -> Vec<String> {
        let entries = fs_err::read_dir(pack.path().join(path)).into_iter().flatten();
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        names.filter(|name| !name.starts_with('.')).collect()
    };
    let mut all = BTreeSet::new();
    for name in names(directory) {
        if name.starts_with('@') {
            let scoped = names(&format!("{directory}/{name}"));
            all.extend(scoped.into_iter().map(|inner| format!("{name}/{inner}")));
        } else {
            all.insert(name.strip_suffix(".js").map(str::to_owned).unwrap_or(name));
        }
    }
    all
}

/// The packages that npm put into `directory` for development alone, and those that the pack's package.json no
/// longer asks for.
fn known_to_npm(pack: &PackDirectory, directory: &str) -> BTreeSet<String> {
    let note = pack.path().join(directory).join(".package-lock.json");
    let note: Option<Value> = fs_err::read(note).ok().and_then(|text| serde_json::from_slice(&text).ok());
    let packages = note.as_ref().and_then(|note| note.get("packages")?.as_object()).into_iter().flatten();
    let is_meant =
        |entry: &Value| entry.get("dev").or_else(|| entry.get("devOptional")) == Some(&Value::Bool(true));
    let of_development = packages.filter(|(_, entry)| is_meant(entry));
    of_development.filter_map(|(place, _)| place.strip_prefix("node_modules/").map(str::to_owned)).collect()
}

/// Locks that say which versions are meant, and that nobody reads.
pub(super) fn other_locks(pack: &PackDirectory, inputs: &NodeInputs) -> Vec<String> {
    if inputs.has_lock() || inputs.is_empty() {
        return Vec::new();
    }
    let unread = |name: &&str| {
        let Ok(path) = name.parse::<EntryPath>() else { return false };
        // npm takes over the lock of the first yarn, not those of later ones.
        let is_taken_over =
            || *name == "yarn.lock" && pack.read_text(&path).is_ok_and(|text| !text.contains("__metadata:"));
        pack.place(&path).is_some() && !is_taken_over()
    };
    let warn = |name: &str| {
        format!(
            "`{name}` is not read, and the newest versions that package.json allows are taken; commit the lock that \
             `npm install --package-lock-only` makes"
        )
    };
    OTHER_LOCKS.into_iter().filter(unread).map(warn).collect()
}

/// Actions and sensors that are ES modules, or import a vendored package: `import` looks for packages beside the file and above alone.
fn modules(pack: &PackDirectory, components: &[ComponentSummary], brought: &BTreeSet<&str>) -> Vec<String> {
    let runs_node =
        |component: &&ComponentSummary| component.runner().and_then(canonical_runtime) == Some("node");
    let entry = |component: &ComponentSummary| {
        let entry = component.definition.get("entry_point")?.as_str()?;
        format!("{}/{entry}", component.file.parent()?).parse::<EntryPath>().ok()
    };
    let entries: BTreeSet<EntryPath> = components.iter().filter(runs_node).filter_map(entry).collect();
    let told: Vec<String> = entries
        .iter()
        .filter(|path| {
            let text = pack.read_text(path).unwrap_or_default();
            let imports = imported_packages(&text).into_iter().any(|name| brought.contains(name));
            imports || (is_module(pack, path) && !text.contains("createRequire"))
        })
        .map(|path| format!("`{path}`"))
        .collect();
    if told.is_empty() {
        return Vec::new();
    }
    vec![format!(
        "an ES module finds no vendored package by `import`, as a host names their place in NODE_PATH: {}; write it as \
         CommonJS (`.cjs`, with `require`), or take `createRequire` of `node:module`",
        shortened(&told)
    )]
}

fn is_module(pack: &PackDirectory, path: &EntryPath) -> bool {
    match path.as_str().rsplit_once('.').map(|(_, ending)| ending) {
        Some("mjs" | "mts") => true,
        Some("js" | "ts") => nearest_type(pack, path).as_deref() == Some("module"),
        _ => false,
    }
}

/// The `type` of the nearest package.json.
fn nearest_type(pack: &PackDirectory, path: &EntryPath) -> Option<String> {
    let mut directory = path.parent();
    loop {
        let prefix = directory.as_ref().map(|directory| format!("{directory}/")).unwrap_or_default();
        let manifest: EntryPath = format!("{prefix}package.json").parse().ok()?;
        if let Ok(Some(bytes)) = pack.read(&manifest) {
            let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
            let package: Value = serde_json::from_slice(text).ok()?;
            return package.get("type")?.as_str().map(str::to_owned);
        }
        directory = directory?.parent();
    }
}
