//! Writes a generation and makes it the active one with a single rename.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use attune_registry::blob::Durability;
use attune_schemas::component::count_by_directory;
use attune_schemas::{Digest, PackRef};
use jiff::Timestamp;

use crate::generation::{EnvironmentKind, GENERATION_FORMAT, Generation, InstalledPack};
use crate::host::{HostRoot, StoreKind, TreeGuard};
use crate::kept_release::KeptRelease;
use crate::plan::{InstallPlan, PlannedEnvironment, PlannedPack};

/// The lock file of the generation that `plan` makes after `active`.
pub fn next_generation(
    plan: &InstallPlan,
    active: &Generation,
    id: u64,
    (registry, root): (&str, &HostRoot),
    now: Timestamp,
) -> Generation {
    let mut packs = plan.kept.clone();
    for planned in &plan.packs {
        packs.insert(planned.pack.clone(), installed_pack(planned, registry, root));
    }
    let in_use = |executable: &Path| {
        let environments = packs.values().flat_map(|pack| pack.environments.values());
        environments.into_iter().any(|environment| environment.interpreter == executable)
    };
    let mut interpreters = plan.interpreters();
    for known in &active.interpreters {
        if in_use(&known.executable) && interpreters.iter().all(|other| other.executable != known.executable)
        {
            interpreters.push(known.clone());
        }
    }
    let mut nodes = plan.nodes();
    for known in &active.nodes {
        if in_use(&known.executable) && nodes.iter().all(|other| other.executable != known.executable) {
            nodes.push(known.clone());
        }
    }
    Generation { format: GENERATION_FORMAT.to_owned(), id, created_at: now, packs, interpreters, nodes }
}

fn installed_pack(planned: &PlannedPack, registry: &str, root: &HostRoot) -> InstalledPack {
    let config = &planned.release.config;
    let environments = planned.environments.iter();
    InstalledPack {
        version: config.pack.version.clone(),
        manifest: planned.release.manifest_digest,
        pack: planned.release.pack_layer().digest,
        registry: registry.to_owned(),
        requested: planned.requested,
        dependencies: config.pack.dependencies.clone(),
        contents: count_by_directory(&config.components),
        failed_environments: planned.failed_environments.clone(),
        environments: environments
            .map(|(name, environment)| (name.clone(), environment.installed(root)))
            .collect(),
    }
}

/// Writes the directory of `generation`; nothing points to it yet. `descriptions` are those of its new
/// environments and `releases` what is kept of its new packs; the others have theirs in the generation
/// `previous`.
pub fn write_generation(
    root: &HostRoot,
    generation: &Generation,
    descriptions: &[&PlannedEnvironment],
    releases: &BTreeMap<PackRef, KeptRelease>,
    previous: u64,
) -> io::Result<()> {
    let directory = root.generation(generation.id);
    fs_err::create_dir(&directory)?;
    describe_environments(root, generation, descriptions, previous)?;
    keep_releases(root, generation, releases, previous)?;
    let packs = directory.join("packs");
    let environments = directory.join("packenvs");
    fs_err::create_dir(&packs)?;
    fs_err::create_dir(&environments)?;
    for (pack, installed) in &generation.packs {
        let target = store_link(3, StoreKind::Packs, &installed.pack);
        symlink(&target, &packs.join(pack.as_str()))?;
        for (runtime, environment) in &installed.environments {
            let place = environments.join(pack.as_str()).join(runtime);
            fs_err::create_dir_all(&place)?;
            // Packages may bring data files for any directory: `share`, `etc`, `include`.
            for part in fs_err::read_dir(root.store(StoreKind::Envs, &environment.digest))? {
                let part = part?.file_name();
                let target = store_link(5, StoreKind::Envs, &environment.digest).join(&part);
                symlink(&target, &place.join(&part))?;
            }
            if environment.kind == EnvironmentKind::Nodejs {
                // Off-spec: workers take the runtime's name, "Node.js", and sensors the end of its ref.
                let name = runtime.replacen("nodejs", "node.js", 1);
                symlink(Path::new(runtime), &environments.join(pack.as_str()).join(name))?;
                if environment.marker.is_some() {
                    let pack = store_link(5, StoreKind::Packs, &installed.pack);
                    symlink(&pack.join("package.json"), &place.join("package.json"))?;
                }
            }
            if let Some(marker) = &environment.marker {
                fs_err::write(place.join(".attune_deps_installed"), marker)?;
            }
        }
    }
    let mut lock = serde_json::to_vec_pretty(generation).map_err(io::Error::from)?;
    lock.push(b'\n');
    fs_err::write(directory.join("generation.json"), lock)
}

fn describe_environments(
    root: &HostRoot,
    generation: &Generation,
    descriptions: &[&PlannedEnvironment],
    previous: u64,
) -> io::Result<()> {
    let directory = root.generation(generation.id);
    fs_err::create_dir(directory.join("environments"))?;
    let digests = generation.packs.values().flat_map(|pack| pack.environments.values());
    let digests: BTreeSet<Digest> = digests.map(|environment| environment.digest).collect();
    for digest in digests {
        let place = Generation::description(&directory, &digest);
        if let Some(environment) = descriptions.iter().find(|environment| environment.digest() == digest) {
            fs_err::write(place, serde_json::to_vec(environment).map_err(io::Error::from)?)?;
            continue;
        }
        keep(&Generation::description(&root.generation(previous), &digest), &place)?;
    }
    Ok(())
}

fn keep_releases(
    root: &HostRoot,
    generation: &Generation,
    releases: &BTreeMap<PackRef, KeptRelease>,
    previous: u64,
) -> io::Result<()> {
    let directory = root.generation(generation.id);
    fs_err::create_dir(directory.join("releases"))?;
    for pack in generation.packs.keys() {
        let place = KeptRelease::path(&directory, pack);
        match releases.get(pack) {
            Some(release) => {
                fs_err::write(place, serde_json::to_vec(release).map_err(io::Error::from)?)?;
            }
            None => keep(&KeptRelease::path(&root.generation(previous), pack), &place)?,
        }
    }
    Ok(())
}

/// Gives the file of an earlier generation to this one; an earlier program may not have made it.
fn keep(known: &Path, place: &Path) -> io::Result<()> {
    match fs_err::hard_link(known, place) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        // Some file systems have no hard links, and a file has only so many.
        Err(_) => fs_err::copy(known, place).map(drop),
        linked => linked,
    }
}

/// A relative link, so that a root can be looked at from elsewhere, as in a container's image.
fn store_link(levels_up: usize, kind: StoreKind, digest: &Digest) -> PathBuf {
    let up: PathBuf = std::iter::repeat_n("..", levels_up).collect();
    let store = HostRoot::relative_store(kind);
    up.join(store).join(digest.hex())
}

/// Makes generation `id` the active one.
pub fn point_current_at(root: &HostRoot, id: u64, durability: Durability) -> io::Result<()> {
    let temporary = root.path().join(".current-next");
    match fs_err::remove_file(&temporary) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    symlink(&Path::new("generations").join(id.to_string()), &temporary)?;
    fs_err::rename(&temporary, root.current())?;
    match durability {
        Durability::Synced => fs_err::File::open(root.path())?.sync_all(),
        Durability::Unsynced => Ok(()),
    }
}

/// The links by which Attune finds packs and environments, and where they lead.
pub(crate) const ENTRY_LINKS: [(&str, &str); 3] =
    [("packs", "current/packs"), ("packenvs", "current/packenvs"), ("runtime_envs", "current/packenvs")];

/// Creates the links by which Attune finds packs and environments, once for all generations.
pub fn create_entry_links(root: &HostRoot, guard: &mut TreeGuard) -> io::Result<()> {
    for (name, target) in ENTRY_LINKS {
        let path = root.path().join(name);
        match fs_err::read_link(&path) {
            Ok(present) if present == Path::new(target) => continue,
            Ok(_) => return Err(occupied(&path)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(_) => return Err(occupied(&path)),
        }
        guard.note_if_missing(&path);
        symlink(Path::new(target), &path)?;
    }
    Ok(())
}

fn occupied(path: &Path) -> io::Error {
    let message = format!("`{}` is in the way: it is not a link that this program made", path.display());
    io::Error::new(io::ErrorKind::AlreadyExists, message)
}

/// Writes everything of the root's file system to disk, so that no power failure can activate a
/// generation whose files are not there.
pub fn sync_root(root: &HostRoot) -> io::Result<()> {
    let directory = fs_err::File::open(root.path())?;
    rustix::fs::syncfs(directory.file()).map_err(io::Error::from)
}

fn symlink(target: &Path, link: &Path) -> io::Result<()> {
    fs_err::os::unix::fs::symlink(target, link)
}
