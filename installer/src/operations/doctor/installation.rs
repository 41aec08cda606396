//! The root itself: whether it is as it was installed, whose it is, and what was left in it.

use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;

use attune_host::process::Interrupt;
use attune_host::root::HostRoot;
use attune_host::verification::{VerifyDepth, VerifyOptions, verify};
use attune_registry::report::Silent;

use super::Symptom;
use crate::operations::StatusError;

pub(super) fn examine(root: &HostRoot) -> Result<Vec<Symptom>, StatusError> {
    let quick = VerifyOptions {
        depth: VerifyDepth::Quick,
        interrupt: Interrupt::default(),
        ..VerifyOptions::default()
    };
    let verified = verify(root, &quick, &Silent)?;
    let mut symptoms: Vec<Symptom> =
        verified.differences.into_iter().map(|finding| Symptom::Difference(Box::new(finding))).collect();
    symptoms.extend(owners(root));
    let failed = |source| root.failed(source);
    if root.is_changing().map_err(failed)? && root.holder().is_none() {
        symptoms.push(Symptom::ChangeUnfinished { path: root.staging() });
    }
    symptoms.extend(set_aside(root).map_err(failed)?.into_iter().map(|path| Symptom::SetAside { path }));
    Ok(symptoms)
}

/// Whether this user may change the root, and whether all of it belongs to one user.
fn owners(root: &HostRoot) -> Vec<Symptom> {
    let owner = |path: &PathBuf| fs_err::symlink_metadata(path).ok().map(|found| found.uid());
    let top = root.path().to_owned();
    let Some(expected) = owner(&top) else { return Vec::new() };
    let mut symptoms = Vec::new();
    let user = rustix::process::geteuid().as_raw();
    if user != 0 && user != expected {
        symptoms.push(Symptom::NotWritable { path: top.clone(), owner: expected });
    }
    let parts = [
        root.state(),
        root.database(),
        root.lock_file(),
        root.log_file(),
        root.trust(),
        root.generations(),
        top.join("store"),
    ];
    let others = parts.into_iter().filter_map(|path| Some((owner(&path)?, path)));
    symptoms.extend(
        others.filter(|(owner, _)| *owner != expected).map(|(owner, path)| Symptom::OtherOwner {
            path,
            owner,
            expected,
        }),
    );
    symptoms
}

/// What repairs kept of what was damaged or in the way: databases in `state/`, and whatever stood in the place of a link.
fn set_aside(root: &HostRoot) -> std::io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for directory in [root.state(), root.path().to_owned(), root.path().join("store")] {
        for entry in fs_err::read_dir(&directory)? {
            let path = entry?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if is_set_aside(name) {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// `damaged-1.db`; `packs.replaced-1`
fn is_set_aside(name: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let database = name.strip_prefix("damaged-").and_then(|rest| rest.strip_suffix(".db"));
    database.is_some_and(is_number)
        || name.rsplit_once(".replaced-").is_some_and(|(_, number)| is_number(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_repairs_keep_is_known_by_its_name() {
        for name in ["damaged-1.db", "damaged-12.db", "packs.replaced-1", "current.replaced-7"] {
            assert!(is_set_aside(name), "{name}");
        }
        for name in ["attune.db", "damaged-.db", "damaged-x.db", "damaged-1.db-wal", "packs", "x.replaced-"] {
            assert!(!is_set_aside(name), "{name}");
        }
    }
}
