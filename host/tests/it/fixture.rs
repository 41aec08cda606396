//! A root with packs, made without an installer.

use std::collections::BTreeMap;
use std::time::Duration;

use attune_host::database::RegisteredPack;
use attune_host::generation::{GENERATION_FORMAT, Generation, InstalledPack, KeptRelease, ListDigests};
use attune_host::process::{Interrupted, Operation, OperationKind};
use attune_host::root::{HostRoot, LockError, StoreKind};
use attune_host::transaction::{Access, AccessError, HeldRoot, Step};
use attune_host::trees::KnownDigests;
use attune_host::{Change, ChangeError, Prepared, Rows};
use attune_registry::blob::Durability;
use attune_schemas::pack_config::PackConfig;
use attune_schemas::{Digest, PackRef};
use jiff::Timestamp;
use rusqlite::Connection;
use rusqlite::types::Value;

/// A pack with one action for each of `actions`.
pub(crate) fn config(pack: &str, version: &str, actions: &[&str]) -> PackConfig {
    let components: Vec<_> = actions
        .iter()
        .map(|action| {
            serde_json::json!({
                "kind": "action", "ref": format!("{pack}.{action}"), "label": action,
                "file": format!("actions/{action}.yaml"),
                "definition": {"runner_type": "shell", "entry_point": format!("{action}.sh"), "description": version},
            })
        })
        .collect();
    serde_json::from_value(serde_json::json!({
        "format": "attune.pack.config/v1",
        "pack": {"ref": pack, "label": pack, "version": version, "description": "", "tags": [],
            "is_standard": false, "runtime_deps": [], "dependencies": {}, "requires": {},
            "conf_schema": {}, "config": {}, "meta": {}},
        "components": components,
        "unpacked": {"files": 1, "directories": 1, "bytes": 1, "disk_bytes": 8192},
    }))
    .unwrap()
}

pub(crate) fn root(directory: &tempfile::TempDir) -> HostRoot {
    HostRoot::new(&directory.path().join("root")).unwrap()
}

pub(crate) fn operation() -> Operation {
    Operation::begin(OperationKind::Install, now(), "operator".to_owned(), "attune-install bundle".to_owned())
}

pub(crate) fn now() -> Timestamp {
    "2026-01-02T03:04:05Z".parse().unwrap()
}

/// Takes hold of `root`. A process that another test just starts has the lock for as long as it is a copy of this one.
pub(crate) fn hold(root: &HostRoot) -> HeldRoot {
    let is_busy = |error: &AccessError| matches!(error, AccessError::Lock(LockError::Busy { .. }));
    let mut left = 200;
    loop {
        match HeldRoot::acquire(root, &Access::at(now())) {
            Err(error) if is_busy(&error) && left > 0 => std::thread::sleep(Duration::from_millis(10)),
            held => return held.unwrap(),
        }
        left -= 1;
    }
}

/// A file of a pack: its path and content.
pub(crate) type File = (String, String);

/// Installs `configs` in the place of everything that is there, and tells `reached` every step.
pub(crate) fn install(
    root: &HostRoot,
    configs: &[PackConfig],
    reached: &mut dyn FnMut(Step) -> Result<(), Interrupted>,
) -> Result<(), ChangeError> {
    install_files(root, configs, &|_| Vec::new(), reached)
}

/// The same, with the files that `files` names for each pack.
pub(crate) fn install_files(
    root: &HostRoot,
    configs: &[PackConfig],
    files: &dyn Fn(&PackRef) -> Vec<File>,
    reached: &mut dyn FnMut(Step) -> Result<(), Interrupted>,
) -> Result<(), ChangeError> {
    let mut held = hold(root);
    let active = Generation::active(root).unwrap();
    let mut prepared = Prepared::begin(root, held.take_created(), Durability::Unsynced)?;
    let (mut packs, mut releases, mut trees) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
    for config in configs {
        let pack: PackRef = config.pack.pack.clone();
        let files = files(&pack);
        let digest = Digest::of(&serde_json::to_vec(&(config, &files)).unwrap());
        if !root.store(StoreKind::Packs, &digest).is_dir() {
            let tree = prepared.trees.tree(StoreKind::Packs, &digest);
            fs_err::create_dir_all(&tree).unwrap();
            for (path, content) in files {
                let path = tree.join(path);
                fs_err::create_dir_all(path.parent().unwrap()).unwrap();
                fs_err::write(path, content).unwrap();
            }
            prepared.trees.list(StoreKind::Packs, digest, &KnownDigests::new()).unwrap();
            trees.push((StoreKind::Packs, digest));
        }
        let installed = InstalledPack {
            version: config.pack.version.clone(),
            manifest: digest,
            pack: digest,
            registry: "demo".to_owned(),
            requested: true,
            dependencies: BTreeMap::new(),
            installed_at: None,
            size: 0,
            tests: None,
            contents: BTreeMap::new(),
            failed_environments: Vec::new(),
            environments: BTreeMap::new(),
        };
        packs.insert(pack.clone(), installed);
        releases.insert(pack, KeptRelease::new(config.clone(), BTreeMap::new(), Vec::new()));
    }
    prepared.trees.promote(trees).unwrap();
    let generation = Generation {
        format: GENERATION_FORMAT.to_owned(),
        id: prepared.id(),
        created_at: now(),
        root: root.path().to_owned(),
        restored_from: None,
        packs,
        interpreters: Vec::new(),
        nodes: Vec::new(),
        lists: ListDigests::default(),
        files: BTreeMap::new(),
    };
    let registered = generation.packs.iter().map(|(pack, installed)| RegisteredPack {
        pack,
        installed,
        release: &releases[pack],
        environments: BTreeMap::new(),
    });
    let change = Change {
        from: &active,
        to: &generation,
        descriptions: &[],
        releases: &releases,
        files_of: &active,
        rows: Rows::Packs { packs: &registered.collect::<Vec<_>>(), gone: &[], tests: &[] },
        operation: &operation(),
        prepared,
        now: now(),
    };
    change.commit(reached)
}

pub(crate) fn install_quietly(root: &HostRoot, configs: &[PackConfig]) {
    install(root, configs, &mut |_| Ok(())).unwrap();
}

/// Every row of the tables that say what is installed, without ids and times.
pub(crate) fn rows(root: &HostRoot) -> Vec<String> {
    let connection = Connection::open(root.database()).unwrap();
    let mut tables = connection
        .prepare(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT IN ('install_journal', 'operation', \
             'workflow_pack', 'workflow_source') ORDER BY name",
        )
        .unwrap();
    let tables: Vec<String> = tables.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let passing = ["id", "pack", "runtime", "action", "created", "updated", "installed_at", "last_verified"];
    let mut all = Vec::new();
    for table in tables {
        let mut statement = connection.prepare(&format!("SELECT * FROM {table}")).unwrap();
        let names: Vec<String> = statement.column_names().map(ToString::to_string).collect();
        let found = statement.query_map([], |row| {
            let fields = names.iter().enumerate().filter(|(_, name)| !passing.contains(&name.as_str()));
            let fields = fields.map(|(at, name)| Ok(format!("{name}={:?}", row.get::<_, Value>(at)?)));
            Ok(format!("{table}: {}", fields.collect::<rusqlite::Result<Vec<_>>>()?.join(" ")))
        });
        all.extend(found.unwrap().map(Result::unwrap));
    }
    all.sort();
    all
}
