//! The places of registries that a host knows, and how they are reached.
//!
//! The list of registries holds no login: one comes from `.netrc` when a registry is opened, as for a URL on the command
//! line.

use std::io;
use std::path::absolute;

use attune_host::preferences::RegistryPlace;
use attune_registry::report::without_secrets;
use attune_registry::source::Netrc;

use super::SourceLocation;

/// Why a location cannot be kept as that of a known registry.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlaceError {
    /// A URL with a login or a token.
    #[error("`{0}` has a login or a token, which the list of registries does not keep")]
    Secret(String),
    /// A bundle, which is installed from once.
    #[error("{0} is a bundle, which has a part of a registry")]
    Bundle(String),
    /// A path that cannot be written to the list.
    #[error("the path `{0}` cannot be kept: it is not UTF-8")]
    NotUtf8(String),
    /// The working directory is unknown.
    #[error("the absolute path of `{0}` is unknown")]
    Unknown(String, #[source] io::Error),
}

impl SourceLocation {
    /// The location of a registry at `place`, with the login that `netrc` has for it.
    pub fn of_place(place: &RegistryPlace, netrc: &Netrc) -> Self {
        match place {
            RegistryPlace::Url(url) => Self::Url(url.clone()).with_login(netrc),
            RegistryPlace::Directory(directory) => Self::Directory(directory.clone()),
        }
    }

    /// The same with the login that `netrc` has for its host, if it has none.
    #[must_use]
    pub fn with_login(self, netrc: &Netrc) -> Self {
        match self {
            Self::Url(url) => Self::Url(url_with_login(&url, netrc)),
            other => other,
        }
    }

    /// The place of this registry, to be kept.
    ///
    /// # Errors
    /// It holds a secret, is a bundle, or has no form that can be written.
    pub fn to_place(&self) -> Result<RegistryPlace, PlaceError> {
        match self {
            Self::Url(url) => {
                let shown = without_secrets(url);
                if shown == *url {
                    Ok(RegistryPlace::Url(url.trim_end_matches('/').to_owned()))
                } else {
                    Err(PlaceError::Secret(shown.into_owned()))
                }
            }
            Self::Directory(directory) => {
                let shown = || directory.display().to_string();
                let path = absolute(directory).map_err(|source| PlaceError::Unknown(shown(), source))?;
                // As a person wrote it: a link may be led elsewhere with intent.
                if path.to_str().is_some() {
                    Ok(RegistryPlace::Directory(path))
                } else {
                    Err(PlaceError::NotUtf8(shown()))
                }
            }
            Self::Bundle(path) => Err(PlaceError::Bundle(format!("`{}`", path.display()))),
            Self::StandardInput => Err(PlaceError::Bundle("standard input".to_owned())),
        }
    }
}

#[cfg(feature = "http")]
fn url_with_login(url: &str, netrc: &Netrc) -> String {
    attune_registry::source::url_with_login(url, netrc)
}

#[cfg(not(feature = "http"))]
fn url_with_login(url: &str, _: &Netrc) -> String {
    url.to_owned()
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;

    use super::*;

    #[test]
    fn what_is_kept_holds_no_secret() {
        let place = |text: &str| SourceLocation::of_registry(OsStr::new(text)).to_place();
        for url in ["https://u:s@h.invalid/x", "https://t@h.invalid", "https://h.invalid/x?sig=s"] {
            assert!(matches!(place(url), Err(PlaceError::Secret(shown)) if shown.contains("***")), "{url}");
        }
        let kept = place("https://h.invalid:8443/x/").unwrap();
        assert_eq!(kept, RegistryPlace::Url("https://h.invalid:8443/x".to_owned()));
        let here = std::env::current_dir().unwrap();
        assert_eq!(place("packs").unwrap(), RegistryPlace::Directory(here.join("packs")));
    }

    #[test]
    #[cfg(feature = "http")]
    fn the_login_of_netrc_is_added_where_there_is_none() {
        let directory = tempfile::tempdir().unwrap();
        fs_err::write(directory.path().join(".netrc"), "machine h.invalid login u password p@ss/1\n")
            .unwrap();
        let netrc = Netrc::read(None, Some(directory.path()));
        let url = |url: &str| match SourceLocation::of_registry(OsStr::new(url)).with_login(&netrc) {
            SourceLocation::Url(url) => url,
            other => panic!("{other:?}"),
        };
        assert_eq!(url("https://h.invalid:81/x"), "https://u:p%40ss%2F1@h.invalid:81/x");
        assert_eq!(url("https://me:own@h.invalid/x"), "https://me:own@h.invalid/x");
        assert_eq!(url("https://other.invalid/x"), "https://other.invalid/x");
    }
}
