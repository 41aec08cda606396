//! How releases are chosen.

use attune_host::generation::InstalledPack;

/// Whether a pack may come from another registry than the one it was installed from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RegistryPolicy {
    /// It keeps to its registry.
    #[default]
    Keep,
    /// A pack that is asked for may change; what nobody asked for never does.
    Change,
}

/// The purpose of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Purpose {
    /// The packs are wanted from now on.
    #[default]
    Install,
    /// The packs are there, and are to be newer.
    Upgrade,
}

/// The installed packs that nobody asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OtherPacks {
    /// They stay, and go on working.
    #[default]
    Stay,
    /// They go, unless what was asked for needs them.
    Go,
}

/// Whether the packs that others need are installed with them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DependencyPolicy {
    /// They are.
    #[default]
    Install,
    /// Only those count that are installed.
    Installed,
}

/// What becomes of a pack that needs another one which cannot be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LackingPolicy {
    /// It is not installed.
    #[default]
    Refuse,
    /// It is installed without.
    GoWithout,
}

/// How releases are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ChooseOptions {
    /// Whether packs may come from another registry than before.
    pub registry: RegistryPolicy,
    /// The purpose of the requests.
    pub purpose: Purpose,
    /// The packs that are not requested.
    pub others: OtherPacks,
    /// Whether packs that others need are installed with them.
    pub dependencies: DependencyPolicy,
    /// What becomes of a pack whose dependencies cannot be had.
    pub lacking: LackingPolicy,
}

impl ChooseOptions {
    /// Whether a pack that is `installed`, or not, is requested from now on if it was `asked` for.
    pub(super) fn requests(self, asked: bool, installed: Option<&InstalledPack>) -> bool {
        let was_requested = installed.is_some_and(|installed| installed.requested);
        match (self.purpose, self.others) {
            (Purpose::Install, OtherPacks::Stay) => asked || was_requested,
            (Purpose::Install, OtherPacks::Go) => asked,
            (Purpose::Upgrade, _) => was_requested,
        }
    }
}
