//! Links to programs: `node_modules/.bin/<name>`, beside the package that has them.

use std::collections::BTreeMap;
use std::path::{Component, Path};

use attune_schemas::EntryPath;
use attune_schemas::environment_lock::BinLink;

use super::error::NodeError;
use super::lock::lockfile::{LockEntry, Lockfile, enclosing, name_of_place};

/// The links that the packages at `places` bring; of two with one name that of a direct dependency stays,
/// else the first by place. `has_file` says whether a place in the tree will have a file.
pub(super) fn bin_links<'a>(
    lock: &Lockfile,
    places: impl Iterator<Item = &'a String>,
    has_file: impl Fn(&str) -> bool,
) -> Result<Vec<BinLink>, NodeError> {
    let mut links: BTreeMap<String, (bool, BinLink)> = BTreeMap::new();
    for place in places {
        let entry = &lock.packages[place];
        for (bin, target) in &entry.bin {
            let bin_name = bin_name(bin, place, entry);
            let target = normalised(target).ok_or_else(|| NodeError::BinOutside {
                name: name_of_place(place).to_owned(),
                bin: bin.clone(),
                target: target.clone(),
            })?;
            let target = format!("{place}/{target}");
            let directory = match enclosing(place) {
                "" => "node_modules/.bin".to_owned(),
                within => format!("{within}/node_modules/.bin"),
            };
            let path = format!("{directory}/{bin_name}");
            let (Ok(link), Ok(program)) = (path.parse::<EntryPath>(), target.parse::<EntryPath>()) else {
                return Err(NodeError::BinOutside {
                    name: name_of_place(place).to_owned(),
                    bin: bin.clone(),
                    target,
                });
            };
            // As npm does, pass over programs that were not packed.
            if !has_file(&target) {
                continue;
            }
            let is_direct = enclosing(place).is_empty()
                && lock.root.edges().any(|(name, _, _)| name == name_of_place(place));
            let link = BinLink { path: link, target: program };
            match links.get(&path) {
                Some((known_direct, _)) if *known_direct || !is_direct => {}
                _ => {
                    let _previous = links.insert(path, (is_direct, link));
                }
            }
        }
    }
    Ok(links.into_values().map(|(_, link)| link).collect())
}

/// The last part of a program's name, which may be scoped; of a single program the package's own.
fn bin_name(bin: &str, place: &str, entry: &LockEntry) -> String {
    let name =
        if bin.is_empty() { entry.name.as_deref().unwrap_or_else(|| name_of_place(place)) } else { bin };
    name.rsplit(['/', '\\']).next().unwrap_or(name).to_owned()
}

/// A path inside the package, without `.` parts; `None` where it leads out.
fn normalised(target: &str) -> Option<String> {
    let mut parts = Vec::new();
    for component in Path::new(target).components() {
        match component {
            Component::Normal(part) => parts.push(part.to_str()?),
            Component::CurDir => {}
            Component::ParentDir => drop(parts.pop()?),
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    (!parts.is_empty()).then(|| parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(packages: &str) -> Result<Vec<(String, String)>, NodeError> {
        let text = format!(r#"{{"lockfileVersion": 3, "packages": {{{packages}}}}}"#);
        let lock = Lockfile::parse(&text).unwrap().unwrap();
        let links = bin_links(&lock, lock.packages.keys(), |path| !path.ends_with("missing.js"))?;
        Ok(links.into_iter().map(|link| (link.path.to_string(), link.target.to_string())).collect())
    }

    #[test]
    fn programs_are_linked_beside_their_package() {
        let found = links(
            r#""node_modules/a": {"bin": {"run": "./bin/run.js", "gone": "missing.js"}}, "node_modules/a/node_modules/@s/b": {"bin": "cli.js"}"#,
        )
        .unwrap();
        let expected = [
            ("node_modules/.bin/run", "node_modules/a/bin/run.js"),
            ("node_modules/a/node_modules/.bin/b", "node_modules/a/node_modules/@s/b/cli.js"),
        ];
        assert_eq!(found, expected.map(|(link, target)| (link.to_owned(), target.to_owned())));
    }

    #[test]
    fn a_direct_dependency_comes_before_others() {
        let found = links(
            r#""": {"dependencies": {"z": "1"}}, "node_modules/a": {"bin": {"run": "a.js"}}, "node_modules/z": {"bin": {"run": "z.js"}}"#,
        );
        assert_eq!(found.unwrap()[0].1, "node_modules/z/z.js");
    }

    #[test]
    fn programs_outside_of_their_package_are_refused() {
        for target in ["../b/cli.js", "/bin/sh", "a/../../x", "."] {
            let found = links(&format!(r#""node_modules/a": {{"bin": {{"run": "{target}"}}}}"#));
            assert!(matches!(found, Err(NodeError::BinOutside { .. })), "{target}: {found:?}");
        }
    }
}
