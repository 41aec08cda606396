//! The state that the handlers share.

use std::sync::Arc;

use attune_host::root::HostRoot;
use jiff::Timestamp;

use super::catalogue::Catalogue;
use super::changes::{AllowedPlaces, Installer};
use super::error::ApiError;
use crate::tokens::TokenKeeper;

/// The time of day: `Timestamp::now` in a program, a fixed time in a test.
pub type Clock = fn() -> Timestamp;

/// The host that is served, and to whom.
#[derive(Debug)]
pub struct ApiSettings {
    /// The installed host.
    pub root: HostRoot,
    /// Who may read, and who may change.
    pub tokens: TokenKeeper,
    /// The clock.
    pub clock: Clock,
    /// The program that changes the host; none where it is only read.
    pub installer: Option<Installer>,
    /// The places that clients may name.
    pub places: AllowedPlaces,
}

/// The host, and what is known of it.
#[derive(Debug)]
pub(super) struct Api {
    pub(super) root: HostRoot,
    pub(super) tokens: TokenKeeper,
    pub(super) clock: Clock,
    pub(super) catalogue: Catalogue,
    pub(super) places: AllowedPlaces,
    installer: Option<Installer>,
}

/// The state of a handler.
pub(super) type Shared = Arc<Api>;

impl Api {
    pub(super) fn new(settings: ApiSettings) -> Shared {
        let ApiSettings { root, tokens, clock, installer, places } = settings;
        Arc::new(Self { root, tokens, clock, catalogue: Catalogue::default(), places, installer })
    }

    /// The program that changes the host.
    pub(super) fn installer(&self) -> Result<&Installer, ApiError> {
        let absent =
            || ApiError::not_implemented("this server has no program attune-install, and only reads");
        self.installer.as_ref().ok_or_else(absent)
    }
}

/// The result of `work`, which may wait for the disk, off the threads that answer requests.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|_| Err(ApiError::internal("the work was given up")))
}
