//! Whether migrations of packs run.

use clap::Args;

use crate::migrations::MigrationPolicy;

/// Whether migrations of packs run.
#[derive(Debug, Args)]
pub(in crate::cli) struct MigrationArgs {
    /// Run no migrations of packs whose versions change; their data keeps its form, and the host records it
    #[arg(long)]
    skip_migrations: bool,
}

impl MigrationArgs {
    /// Whether migrations run.
    pub(in crate::cli) const fn policy(&self) -> MigrationPolicy {
        if self.skip_migrations { MigrationPolicy::Skip } else { MigrationPolicy::Run }
    }

    /// The option, and whether it was given, for the record.
    pub(in crate::cli) const fn forced(&self) -> (&'static str, bool) {
        ("--skip-migrations", self.skip_migrations)
    }
}
