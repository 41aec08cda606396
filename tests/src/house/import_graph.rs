//! The imports of a crate's files, read from their text: which file uses which module.
//!
//! Comments and strings are skipped, names that a module re-exports are followed to the file that has them.
//! Macros are not expanded, and paths without `crate`, `super` or a child module in front are the file's own.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use crate::house::rust_text::{UsePath, rust_files, use_paths, without_comments};

/// The path of a module below its crate, such as `["trust", "client"]`.
pub type ModulePath = Vec<String>;

/// The modules of a crate and their imports.
#[derive(Debug, Default)]
pub struct ImportGraph {
    /// The file of each module, relative to the crate's `src`.
    pub files: BTreeMap<ModulePath, PathBuf>,
    /// The imports: from a module to another of the same crate.
    pub imports: BTreeSet<(ModulePath, ModulePath)>,
    /// The other crates of the workspace that each file names.
    pub crates: BTreeSet<(PathBuf, String)>,
    /// The names that a module hands on, each with the path that it stands for.
    reexports: BTreeMap<(ModulePath, String), ModulePath>,
}

impl ImportGraph {
    /// Reads every file below `src`.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn read(src: &Path) -> io::Result<Self> {
        Ok(Self::of(&rust_files(src)?))
    }

    /// The graph of these files, by their paths below `src`.
    pub fn of(texts: &BTreeMap<PathBuf, String>) -> Self {
        let mut graph = Self::default();
        for file in texts.keys() {
            graph.files.insert(module_of(file), file.clone());
        }
        let read: Vec<(&PathBuf, Vec<UsePath>)> =
            texts.iter().map(|(file, text)| (file, use_paths(&without_comments(text)))).collect();
        for (file, paths) in &read {
            let module = module_of(file);
            for path in paths.iter().filter(|path| path.is_reexport) {
                if let (Some(target), Some(name)) = (graph.absolute(&module, path), path.name()) {
                    graph.reexports.insert((module.clone(), name.to_owned()), target);
                }
            }
        }
        for (file, paths) in &read {
            let module = module_of(file);
            for path in paths {
                if let Some(other) = path.segments.first().and_then(|first| first.strip_prefix("attune_")) {
                    graph.crates.insert(((*file).clone(), other.to_owned()));
                }
                let Some(target) = graph.absolute(&module, path) else { continue };
                let target = graph.resolved(target);
                if target != module && !path.is_reexport {
                    graph.imports.insert((module.clone(), target));
                }
            }
        }
        graph
    }

    /// The path below the crate that a path in `module` stands for.
    fn absolute(&self, module: &ModulePath, path: &UsePath) -> Option<ModulePath> {
        let first = path.segments.first()?;
        let inside: ModulePath = module.iter().chain(&path.inline).cloned().collect();
        match first.as_str() {
            "crate" => Some(path.segments[1..].to_vec()),
            "self" => Some([inside, path.segments[1..].to_vec()].concat()),
            "super" => {
                let up = path.segments.iter().take_while(|segment| *segment == "super").count();
                let above = inside.len().checked_sub(up)?;
                Some([inside[..above].to_vec(), path.segments[up..].to_vec()].concat())
            }
            child => {
                let place: ModulePath = module.iter().cloned().chain([child.to_owned()]).collect();
                let is_child = path.is_use && self.files.contains_key(&place);
                is_child.then(|| [module.clone(), path.segments.clone()].concat())
            }
        }
    }

    /// The module whose file has what `path` names.
    fn resolved(&self, path: ModulePath) -> ModulePath {
        let mut path = path;
        // A name is handed on a few times at most.
        for _ in 0..8 {
            let known = (0..=path.len()).rev().find(|length| self.files.contains_key(&path[..*length]));
            let length = known.unwrap_or(0);
            let handed_on = path
                .get(length)
                .and_then(|name| self.reexports.get(&(path[..length].to_vec(), name.clone())));
            match handed_on {
                Some(target) => path = target.clone(),
                None => return path[..length].to_vec(),
            }
        }
        path
    }

    /// The rooms: the modules at the top of the crate.
    pub fn rooms(&self) -> BTreeSet<&str> {
        let rooms = self.files.keys().filter_map(|module| module.first());
        rooms.map(String::as_str).filter(|room| *room != "main").collect()
    }

    /// The arrows between rooms, each with the files that it is made of.
    pub fn arrows(&self) -> BTreeMap<(&str, &str), BTreeSet<&Path>> {
        let mut arrows: BTreeMap<(&str, &str), BTreeSet<&Path>> = BTreeMap::new();
        for (from, to) in &self.imports {
            let (Some(room), Some(other)) = (from.first(), to.first()) else { continue };
            if room != other && room != "main" {
                arrows.entry((room, other)).or_default().insert(&self.files[from]);
            }
        }
        arrows
    }

    /// The circles of files: sets of more than one, in which each file reaches every other by its imports.
    pub fn circles(&self) -> Vec<BTreeSet<&ModulePath>> {
        let reaches: BTreeMap<&ModulePath, BTreeSet<&ModulePath>> =
            self.files.keys().map(|module| (module, self.reached_from(module))).collect();
        let mut circles: Vec<BTreeSet<&ModulePath>> = Vec::new();
        for module in self.files.keys() {
            if circles.iter().any(|circle| circle.contains(module)) {
                continue;
            }
            let others = reaches[module].iter().filter(|other| reaches[**other].contains(module));
            let circle: BTreeSet<&ModulePath> = others.copied().chain([module]).collect();
            if circle.len() > 1 {
                circles.push(circle);
            }
        }
        circles
    }

    fn reached_from<'a>(&'a self, start: &'a ModulePath) -> BTreeSet<&'a ModulePath> {
        let mut reached = BTreeSet::new();
        let mut waiting = vec![start];
        while let Some(module) = waiting.pop() {
            for (_, to) in self.imports.iter().filter(|(from, _)| from == module) {
                if reached.insert(to) {
                    waiting.push(to);
                }
            }
        }
        reached
    }
}

/// `trust/client/mod.rs` and `trust/client.rs` are both `trust::client`; `lib.rs` is the crate itself.
fn module_of(file: &Path) -> ModulePath {
    let stem = file.with_extension("");
    let mut parts: ModulePath = stem.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if parts.last().is_some_and(|last| last == "mod" || last == "lib") {
        parts.pop();
    }
    parts
}
