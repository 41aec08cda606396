//! Shims of every known manager, and the programs that they stand for.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::*;
use crate::machine::interpreters::{AskedInterpreter, Interpreter, NodeInterpreter};

struct Host(tempfile::TempDir);

impl Host {
    fn with(files: &[(&str, &str)]) -> Self {
        let host = Self(tempfile::tempdir().unwrap());
        for (name, text) in files {
            let path = host.at(name);
            fs_err::create_dir_all(path.parent().unwrap()).unwrap();
            fs_err::write(path, text).unwrap();
        }
        host
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn search(&self) -> InterpreterSearch {
        InterpreterSearch { home: Some(self.0.path().to_owned()), ..InterpreterSearch::default() }
    }

    /// The program that a shim stands for, relative to this host.
    fn chosen<T: AskedInterpreter>(&self, shim: &str, search: &InterpreterSearch) -> Option<String> {
        let shim = self.at(shim);
        let manager = VersionManager::of(&shim, &T::TOOL).expect("a manager that is known");
        let program = manager.chosen(shim.file_name()?.to_str()?, &T::TOOL, search)?;
        Some(program.strip_prefix(self.0.path()).unwrap().to_str().unwrap().to_owned())
    }
}

fn pyenv(version: &str) -> Host {
    Host::with(&[
        (".pyenv/version", version),
        (".pyenv/shims/python3", ""),
        (".pyenv/versions/3.9.18/bin/python3", ""),
        (".pyenv/versions/3.12.1/bin/python3", ""),
        (".pyenv/versions/3.12.1/bin/python3.12", ""),
        (".pyenv/versions/3.12.10/bin/python3", ""),
        (".pyenv/versions/mine/bin/python3", ""),
    ])
}

#[test]
fn a_shim_of_pyenv_stands_for_the_version_of_the_host() {
    let table = [
        ("3.9.18\n", Some(".pyenv/versions/3.9.18/bin/python3")),
        ("3.12\n", Some(".pyenv/versions/3.12.10/bin/python3")),
        ("3.8.1\n3.9.18\n", Some(".pyenv/versions/3.9.18/bin/python3")),
        ("mine", Some(".pyenv/versions/mine/bin/python3")),
        ("# none yet\n", None),
        ("../versions/mine", None),
        ("/", None),
    ];
    for (version, expected) in table {
        let host = pyenv(version);
        let found = host.chosen::<Interpreter>(".pyenv/shims/python3", &host.search());
        assert_eq!(found.as_deref(), expected, "{version}");
    }
    let host = pyenv("3.9.18:3.12.1");
    let found = host.chosen::<Interpreter>(".pyenv/shims/python3.12", &host.search());
    assert_eq!(found.as_deref(), Some(".pyenv/versions/3.12.1/bin/python3.12"));
}

#[test]
fn the_hosts_own_program_counts_where_it_was_chosen() {
    let host = pyenv("system\n3.9.18\n");
    fs_err::create_dir(host.at("bin")).unwrap();
    fs_err::write(host.at("bin/python3"), "").unwrap();
    let search = InterpreterSearch { directories: vec![host.at("bin")], ..host.search() };
    assert_eq!(host.chosen::<Interpreter>(".pyenv/shims/python3", &search), None);
}

#[test]
fn a_variable_counts_before_the_version_of_the_host() {
    let host = pyenv("3.9.18\n");
    let manager_versions = BTreeMap::from([("PYENV_VERSION".to_owned(), "3.12.1".to_owned())]);
    let search = InterpreterSearch { manager_versions, ..host.search() };
    let found = host.chosen::<Interpreter>(".pyenv/shims/python3", &search);
    assert_eq!(found.as_deref(), Some(".pyenv/versions/3.12.1/bin/python3"));
}

#[test]
fn all_versions_come_the_newest_first() {
    let host = pyenv("");
    let manager = VersionManager::of(&host.at(".pyenv/shims/python3"), &Interpreter::TOOL).unwrap();
    let names = ["3.12.10", "3.12.1", "3.9.18", "mine"];
    let expected = names.map(|name| host.at(&format!(".pyenv/versions/{name}/bin/python3")));
    assert_eq!(manager.all(&Interpreter::TOOL), expected);
}

#[test]
fn the_other_managers_have_their_own_places_and_settings() {
    let node = |place: &str| format!("{place}/20.1.0/bin/node");
    let table = [
        (".nodenv/shims/node", ".nodenv/versions", ".nodenv/version", "20.1.0\n"),
        (".asdf/shims/node", ".asdf/installs/nodejs", ".tool-versions", "ruby 3\nnodejs 20.1.0 # ours\n"),
        (".mise/shims/node", ".mise/installs/node", ".config/mise/config.toml", "[tools]\nnode = '20'\n"),
        (".mise/shims/node", ".mise/installs/node", ".config/mise/config.toml", "[tools]\nnode = ['20']\n"),
        (
            ".mise/shims/node",
            ".mise/installs/node",
            ".config/mise/config.toml",
            "tools.node.version = 'latest'\n",
        ),
        (
            ".volta/bin/node",
            ".volta/tools/image/node",
            ".volta/tools/user/platform.json",
            "{\"node\": {\"runtime\": \"20.1.0\"}}",
        ),
    ];
    for (shim, place, settings, text) in table {
        let program = node(place);
        let host = Host::with(&[(shim, ""), (&program, ""), (settings, text)]);
        let found = host.chosen::<NodeInterpreter>(shim, &host.search());
        assert_eq!(found, Some(program), "{settings}: {text}");
        fs_err::remove_file(host.at(settings)).unwrap();
        assert_eq!(host.chosen::<NodeInterpreter>(shim, &host.search()), None, "{settings}");
    }
}

#[test]
fn other_programs_are_no_shims() {
    let host = Host::with(&[("bin/node", ""), (".rye/shims/python3", "")]);
    assert_eq!(VersionManager::of(&host.at("bin/node"), &NodeInterpreter::TOOL), None);
    assert_eq!(VersionManager::of(&host.at(".rye/shims/python3"), &Interpreter::TOOL), None);
    assert_eq!(VersionManager::of(Path::new("/node"), &NodeInterpreter::TOOL), None);
}
