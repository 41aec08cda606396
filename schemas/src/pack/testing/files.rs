//! The files of a pack that are tests, and those that its tests need.

use std::collections::BTreeSet;

use super::listed::read_test_list;
use super::section::{Discovery, RunnerKind, Testing};
use crate::diagnostics::{Code, Findings};
use crate::entry_path::EntryPath;
use crate::yaml::{FieldPath, Fields};

/// The script that by custom runs all others beside it.
const RUN_ALL: &str = "run_tests.sh";
/// Directories in which nobody's own tests are.
const PASSED_OVER: [&str; 2] = ["node_modules", "__pycache__"];

/// The kinds of files that are tests by their names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TestFiles {
    /// `test_*.py`, `*_test.py`.
    Python,
    /// `test_*`, `*_test`, `*.test` and `*.spec` of `.js`, `.cjs` and `.mjs`.
    Node,
    /// `test_*.sh`, `*_test.sh`, `run_tests.sh`.
    Shell,
    /// Lists of tests: `test_*.yaml`, `*_test.yml`.
    List,
}

impl TestFiles {
    /// The kind of a file called `name`, if that is the name of a test.
    pub fn of(name: &str) -> Option<Self> {
        let (stem, extension) = name.rsplit_once('.')?;
        let is_plain = stem.starts_with("test_") || stem.ends_with("_test");
        let is_dotted = stem.ends_with(".test") || stem.ends_with(".spec");
        match extension {
            "py" if is_plain => Some(Self::Python),
            "js" | "cjs" | "mjs" if is_plain || is_dotted || stem.starts_with("test-") => Some(Self::Node),
            "sh" if is_plain || name == RUN_ALL => Some(Self::Shell),
            "yaml" | "yml" if is_plain => Some(Self::List),
            _ => None,
        }
    }
}

/// The tests that were found in a directory, each sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DiscoveredTests {
    /// Files of Python tests.
    pub python: Vec<EntryPath>,
    /// Files of Node.js tests.
    pub node: Vec<EntryPath>,
    /// Shell scripts, each a program.
    pub shell: Vec<EntryPath>,
    /// Lists of tests.
    pub lists: Vec<EntryPath>,
}

impl DiscoveredTests {
    /// Whether nothing was found.
    pub const fn is_empty(&self) -> bool {
        self.python.is_empty() && self.node.is_empty() && self.shell.is_empty() && self.lists.is_empty()
    }
}

/// The tests among `files` that are in or below `directory`.
pub fn discovered_tests<'a>(
    directory: &str,
    files: impl IntoIterator<Item = &'a EntryPath>,
) -> DiscoveredTests {
    let mut found = DiscoveredTests::default();
    for file in files {
        let Some(below) = file.as_str().strip_prefix(directory).and_then(|rest| rest.strip_prefix('/'))
        else {
            continue;
        };
        if below.split('/').any(|part| part.starts_with('.') || PASSED_OVER.contains(&part)) {
            continue;
        }
        match TestFiles::of(file.file_name()) {
            Some(TestFiles::Python) => found.python.push(file.clone()),
            Some(TestFiles::Node) => found.node.push(file.clone()),
            Some(TestFiles::Shell) => found.shell.push(file.clone()),
            Some(TestFiles::List) => found.lists.push(file.clone()),
            None => {}
        }
    }
    // A script that runs the others stands for them.
    let in_charge: BTreeSet<_> =
        found.shell.iter().filter(|file| file.file_name() == RUN_ALL).map(EntryPath::parent).collect();
    found.shell.retain(|file| file.file_name() == RUN_ALL || !in_charge.contains(&file.parent()));
    for files in [&mut found.python, &mut found.node, &mut found.shell, &mut found.lists] {
        files.sort();
    }
    found
}

impl Testing {
    /// Whether its tests run in the pack's Python environment.
    pub fn runs_python<'a>(&self, files: impl IntoIterator<Item = &'a EntryPath>) -> bool {
        let is_it = |kind: &RunnerKind| matches!(kind, RunnerKind::Unittest | RunnerKind::Pytest);
        self.runs(is_it, &["python", "unittest", "pytest"], files, |found| !found.python.is_empty())
    }

    /// Whether its tests run in the pack's Node.js environment.
    pub fn runs_node<'a>(&self, files: impl IntoIterator<Item = &'a EntryPath>) -> bool {
        let is_it = |kind: &RunnerKind| matches!(kind, RunnerKind::Jest | RunnerKind::Node);
        self.runs(is_it, &["node", "nodejs", "jest"], files, |found| !found.node.is_empty())
    }

    fn runs<'a>(
        &self,
        is_kind: impl Fn(&RunnerKind) -> bool,
        names: &[&str],
        files: impl IntoIterator<Item = &'a EntryPath>,
        is_found: impl Fn(&DiscoveredTests) -> bool,
    ) -> bool {
        if !self.enabled {
            return false;
        }
        if !self.runners.is_empty() {
            return self.runners.values().any(|runner| is_kind(&runner.kind));
        }
        match &self.discovery {
            Some(Discovery::Directory { path, .. }) => is_found(&discovered_tests(path, files)),
            Some(Discovery::Manifest { tests, .. }) => {
                tests.iter().any(|test| names.contains(&test.runner.as_str()))
            }
            Some(Discovery::Executable { .. } | Discovery::Other) | None => false,
        }
    }
}

/// Reports what the tests of a pack need and that is not among `files`, whose texts `read` gives.
pub(crate) fn check_test_files(
    root: &Fields<'_>,
    testing: &Testing,
    files: &BTreeSet<EntryPath>,
    read: &dyn Fn(&EntryPath, &mut Findings) -> Option<String>,
    findings: &mut Findings,
) {
    if !testing.enabled {
        return;
    }
    let checking = Checking { root, files };
    for (name, runner) in &testing.runners {
        let path = FieldPath::root().key("testing").key("runners").key(name);
        let what = format!("the test runner `{name}` starts");
        checking.require(&runner.entry_point, &path.clone().key("entry_point"), &what, findings);
        if let Some(config) = &runner.config {
            let what = format!("the test runner `{name}` is configured by");
            checking.require(config, &path.key("config"), &what, findings);
        }
    }
    for file in &testing.requirements {
        let path = FieldPath::root().key("testing").key("requirements");
        checking.require(file, &path, "the requirements of its tests are", findings);
    }
    // Runners that cannot be read are told already.
    let named = root.object_quietly("testing").remove("runners");
    let names_runners = named.is_some_and(|runners| runners.as_object().is_some_and(|map| !map.is_empty()));
    if testing.runners.is_empty() && !names_runners {
        checking.discovery(testing.discovery.as_ref(), read, findings);
    }
}

/// The files of a pack, and the fields that name them.
struct Checking<'a> {
    root: &'a Fields<'a>,
    files: &'a BTreeSet<EntryPath>,
}

impl Checking<'_> {
    fn has(&self, path: &str) -> bool {
        let directory = format!("{path}/");
        self.files.iter().any(|file| file.as_str() == path || file.as_str().starts_with(&directory))
    }

    fn require(&self, file: &str, path: &FieldPath, what: &str, findings: &mut Findings) -> bool {
        if self.has(file) {
            return true;
        }
        let message = format!("{what} `{file}`, which is not in the pack");
        findings.push(
            self.root
                .finding_at(Code::TestFileMissing, path, message)
                .advise("entry points of tests are relative to `pack.yaml`"),
        );
        false
    }

    fn discovery(
        &self,
        discovery: Option<&Discovery>,
        read: &dyn Fn(&EntryPath, &mut Findings) -> Option<String>,
        findings: &mut Findings,
    ) {
        let at = FieldPath::root().key("testing").key("discovery");
        let lists = match discovery {
            Some(Discovery::Directory { path, .. }) => {
                let found = discovered_tests(path, self.files);
                if found.is_empty() {
                    let message = format!(
                        "testing is enabled and finds no tests in `{path}`, so that it always passes"
                    );
                    let advice =
                        "add tests, such as `test_*.py` or `test_*.sh`, or runners, or set `enabled: false`";
                    findings.push(self.root.finding_at(Code::NoRunners, &at, message).advise(advice));
                }
                found.lists
            }
            Some(Discovery::Manifest { path: Some(path), .. }) => {
                let is_there = self.require(path, &at.key("path"), "the list of tests is", findings);
                path.parse().ok().filter(|_| is_there).into_iter().collect()
            }
            Some(Discovery::Manifest { tests, .. }) if !tests.is_empty() => Vec::new(),
            Some(Discovery::Executable { .. }) => Vec::new(),
            Some(Discovery::Manifest { .. } | Discovery::Other) | None => {
                let message = "testing is enabled and has no runners, so that it always passes";
                let advice = "add a runner, or set `enabled: false`";
                let path = FieldPath::root().key("testing").key("runners");
                findings.push(self.root.finding_at(Code::NoRunners, &path, message).advise(advice));
                Vec::new()
            }
        };
        for list in lists {
            let text = read(&list, findings);
            if let Some(Err(found)) = text.map(|text| read_test_list(list.as_str(), &text)) {
                findings.extend(found);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(directory: &str, files: &[&str]) -> [Vec<String>; 4] {
        let files: Vec<EntryPath> = files.iter().map(|file| file.parse().unwrap()).collect();
        let found = discovered_tests(directory, &files);
        [found.python, found.node, found.shell, found.lists]
            .map(|files| files.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn tests_are_known_by_their_names() {
        for (name, kind) in [
            ("test_a.py", Some(TestFiles::Python)),
            ("a_test.py", Some(TestFiles::Python)),
            ("a.test.js", Some(TestFiles::Node)),
            ("a.spec.mjs", Some(TestFiles::Node)),
            ("test_a.cjs", Some(TestFiles::Node)),
            ("test-a.js", Some(TestFiles::Node)),
            ("test_a.sh", Some(TestFiles::Shell)),
            ("run_tests.sh", Some(TestFiles::Shell)),
            ("test_a.yaml", Some(TestFiles::List)),
            ("a_test.yml", Some(TestFiles::List)),
            ("conftest.py", None),
            ("helpers.py", None),
            ("test.py", None),
            ("test_a.pyc", None),
            ("test_data.json", None),
            ("test_", None),
        ] {
            assert_eq!(TestFiles::of(name), kind, "{name}");
        }
    }

    #[test]
    fn tests_are_found_below_the_directory_alone() {
        let files = [
            "tests/unit/test_b.py",
            "tests/test_a.py",
            "tests/.hidden/test_c.py",
            "tests/node_modules/x/x.test.js",
            "tests/__pycache__/test_d.py",
            "testsuite/test_e.py",
            "test_f.py",
            "tests/a.test.js",
            "tests/test_list.yaml",
        ];
        assert_eq!(
            found("tests", &files),
            [
                vec!["tests/test_a.py".to_owned(), "tests/unit/test_b.py".to_owned()],
                vec!["tests/a.test.js".to_owned()],
                vec![],
                vec!["tests/test_list.yaml".to_owned()],
            ]
        );
    }

    #[test]
    fn a_script_that_runs_all_stands_for_those_beside_it() {
        let files = ["tests/run_tests.sh", "tests/test_a.sh", "tests/deep/test_b.sh"];
        assert_eq!(found("tests", &files)[2], ["tests/deep/test_b.sh", "tests/run_tests.sh"]);
    }
}
