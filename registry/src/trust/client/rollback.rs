//! Versions seen before never go back: TUF 5.4.3 and 5.5.5.

use attune_schemas::tuf::{Snapshot, Timestamp};

use crate::trust::state::Verified;

use super::error::TrustError;

/// 5.4.3: neither the timestamp nor the snapshot it names may be older than before.
pub(super) fn newer_timestamp(
    trusted: Verified<Timestamp>,
    offered: Verified<Timestamp>,
) -> Result<Verified<Timestamp>, TrustError> {
    // 5.4.3.1
    refuse_rollback("timestamp", trusted.version(), offered.version())?;
    if offered.version() == trusted.version() {
        // Nothing new. Where the two differ although the version is the same, the first one counts.
        return Ok(trusted);
    }
    // 5.4.3.2
    let snapshot_version = |timestamp: &Verified<Timestamp>| timestamp.role().meta.snapshot.version.get();
    refuse_rollback("snapshot", snapshot_version(&trusted), snapshot_version(&offered))?;
    // Off-spec: nor may it say that it was signed earlier than the one before it.
    match (trusted.role().signed_at, offered.role().signed_at) {
        (Some(trusted), Some(offered)) if offered < trusted => {
            Err(TrustError::SignedEarlier { trusted, offered })
        }
        _ => Ok(offered),
    }
}

/// 5.5.5: no targets role may be older than before, or gone.
pub(super) fn refuse_snapshot_rollback(
    trusted: &Verified<Snapshot>,
    offered: &Verified<Snapshot>,
) -> Result<(), TrustError> {
    refuse_rollback("snapshot", trusted.version(), offered.version())?;
    for (file, seen) in &trusted.role().meta {
        let Some(now) = offered.role().meta.get(file) else {
            return Err(TrustError::RoleRemoved { file: file.clone() });
        };
        let role = file.strip_suffix(".json").unwrap_or(file);
        refuse_rollback(role, seen.version.get(), now.version.get())?;
    }
    Ok(())
}

fn refuse_rollback(role: &str, trusted: u64, offered: u64) -> Result<(), TrustError> {
    if offered >= trusted {
        return Ok(());
    }
    Err(TrustError::Rollback { role: role.to_owned(), trusted, offered })
}
