//! A program without downloads has no cache: every commit is fetched anew.

use std::path::Path;

use crate::origin::error::OriginError;
use crate::origin::obtain::Obtaining;
use crate::origin::source::GitSource;

impl Obtaining<'_> {
    #[allow(clippy::unused_self, reason = "as with a cache")]
    pub(super) fn headers(&self, source: &GitSource) -> Vec<String> {
        use base64::Engine as _;
        let server = source.url.server().filter(|url| !url.username().is_empty());
        let encode = |text: String| base64::engine::general_purpose::STANDARD.encode(text);
        let login = |url: url::Url| {
            let login = encode(format!("{}:{}", url.username(), url.password().unwrap_or_default()));
            format!("Authorization: Basic {login}")
        };
        server.map(login).into_iter().collect()
    }

    #[allow(clippy::unused_self, clippy::unnecessary_wraps, reason = "as with a cache")]
    pub(super) fn cached_commit(&self, _source: &GitSource) -> Result<Option<String>, OriginError> {
        Ok(None)
    }

    #[allow(clippy::unused_self, clippy::unnecessary_wraps, reason = "as with a cache")]
    pub(super) fn unpack_cached(&self, _source: &GitSource, _commit: &str) -> Result<bool, OriginError> {
        Ok(false)
    }

    #[allow(clippy::unused_self, reason = "as with a cache")]
    pub(super) fn keep(&self, _source: &GitSource, _commit: &str, _directory: &Path) {}

    #[allow(clippy::unused_self, reason = "as with a cache")]
    pub(super) fn remember_ref(&self, _source: &GitSource, _commit: &str) {}
}
