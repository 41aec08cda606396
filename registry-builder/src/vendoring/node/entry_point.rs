//! The file that a program gets where it asks for a package by its name alone.
//!
//! Source: Node.js's documentation of `main`, `exports` and "Determining module system".

use std::collections::BTreeSet;

use serde_json::Value;

/// The entry point of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum EntryPoint {
    /// It has none: it brings types, data or programs alone.
    None,
    /// It names a file that it does not have.
    Missing(String),
    /// `require` reads it.
    Required,
    /// It is an ES module, which `require` reads since Node.js 20.19 and 22.12.
    Module,
    /// It is for `import` alone.
    ImportOnly,
}

impl EntryPoint {
    /// That of the package with this `package.json` and these `files`.
    pub(super) fn of(package: &Value, files: &BTreeSet<String>) -> Self {
        match package.get("exports") {
            None | Some(Value::Null) => Self::of_main(package, files),
            Some(exports) => Self::of_exports(exports, package, files),
        }
    }

    fn of_main(package: &Value, files: &BTreeSet<String>) -> Self {
        const INDEX: [&str; 3] = ["index.js", "index.json", "index.node"];
        let has = |path: &str| files.contains(path);
        let main = package.get("main").and_then(Value::as_str).map(plain).filter(|main| !main.is_empty());
        let forms = |main: &str| {
            let with_ending = ["", ".js", ".json", ".node"].map(|ending| format!("{main}{ending}"));
            with_ending.into_iter().chain(INDEX.map(|index| format!("{main}/{index}")))
        };
        let found = main.as_deref().and_then(|main| forms(main).find(|path| has(path)));
        let found = found.or_else(|| INDEX.iter().find(|path| has(path)).map(|&path| path.to_owned()));
        match (found, main) {
            (Some(path), _) if is_module(&path, package, files) => Self::Module,
            (Some(_), _) => Self::Required,
            (None, Some(main)) => Self::Missing(main),
            (None, None) => Self::None,
        }
    }

    fn of_exports(exports: &Value, package: &Value, files: &BTreeSet<String>) -> Self {
        let main = match exports {
            Value::Object(paths) if paths.keys().any(|key| key.starts_with('.')) => paths.get("."),
            main => Some(main),
        };
        let Some(main) = main else { return Self::None };
        let required = target(main, "require");
        let Some(path) = required.or_else(|| target(main, "import")).map(plain) else { return Self::None };
        if !files.contains(&path) {
            return Self::Missing(path);
        }
        match required {
            None => Self::ImportOnly,
            Some(_) if is_module(&path, package, files) => Self::Module,
            Some(_) => Self::Required,
        }
    }
}

/// The target for a program that loads it by `way`. Conditions are tried by how particular they are, which is
/// the order that packages write them in.
fn target<'a>(exports: &'a Value, way: &str) -> Option<&'a str> {
    match exports {
        Value::String(path) => Some(path),
        Value::Array(several) => several.iter().find_map(|one| target(one, way)),
        Value::Object(conditions) => {
            let ways = ["node", way, "module-sync", "default"];
            ways.iter().find_map(|condition| target(conditions.get(*condition)?, way))
        }
        _ => None,
    }
}

/// Whether Node.js takes the file at `path` for an ES module.
fn is_module(path: &str, package: &Value, files: &BTreeSet<String>) -> bool {
    let is_of_type = || package.get("type").and_then(Value::as_str) == Some("module");
    // A `package.json` nearer to it is there to say otherwise.
    let has_nearer = || {
        let above =
            std::path::Path::new(path).ancestors().skip(1).filter(|above| !above.as_os_str().is_empty());
        above.into_iter().any(|above| files.contains(&format!("{}/package.json", above.display())))
    };
    match path.rsplit_once('.').map(|(_, ending)| ending) {
        Some("mjs") => true,
        Some("js") => is_of_type() && !has_nearer(),
        _ => false,
    }
}

/// A path without `.` parts.
fn plain(path: &str) -> String {
    path.split('/').filter(|part| !matches!(*part, "" | ".")).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_point_is_the_one_that_node_takes() {
        let table = [
            ("{}", &["index.js"][..], EntryPoint::Required),
            ("{}", &["types.d.ts"], EntryPoint::None),
            (r#"{"main": "./lib"}"#, &["lib/index.js"], EntryPoint::Required),
            (r#"{"main": "lib/a"}"#, &["lib/a.js"], EntryPoint::Required),
            (r#"{"main": "dist/a.js"}"#, &["src/a.ts"], EntryPoint::Missing("dist/a.js".to_owned())),
            (r#"{"main": "dist/a.js"}"#, &["index.js"], EntryPoint::Required),
            (r#"{"type": "module"}"#, &["index.js"], EntryPoint::Module),
            (r#"{"main": "a.mjs"}"#, &["a.mjs"], EntryPoint::Module),
            (r#"{"type": "module", "main": "c/a.js"}"#, &["c/a.js", "c/package.json"], EntryPoint::Required),
            (r#"{"exports": "./a.js"}"#, &["a.js"], EntryPoint::Required),
            (
                r#"{"exports": {".": {"import": "./a.mjs", "require": "./a.cjs"}}}"#,
                &["a.mjs", "a.cjs"],
                EntryPoint::Required,
            ),
            (r#"{"exports": {"import": "./a.mjs"}}"#, &["a.mjs"], EntryPoint::ImportOnly),
            (
                r#"{"type": "module", "exports": {"node": {"default": "./a.js"}}}"#,
                &["a.js"],
                EntryPoint::Module,
            ),
            (r#"{"exports": {"./sub": "./a.js"}}"#, &["a.js"], EntryPoint::None),
            (r#"{"exports": {".": "./dist/a.js"}}"#, &[], EntryPoint::Missing("dist/a.js".to_owned())),
        ];
        for (package, files, expected) in table {
            let package = serde_json::from_str(package).unwrap();
            let files = files.iter().map(|&file| file.to_owned()).collect();
            assert_eq!(EntryPoint::of(&package, &files), expected, "{package} {files:?}");
        }
    }
}
