//! Who we are to a server: the login that a download is sent with.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::HeaderValue;
use url::Url;

use super::urls::percent_decoded;
use crate::process::Variables;
use crate::source::Netrc;

/// The logins of the caller's `.netrc`, which are those of curl and git.
pub fn netrc_of(variables: &Variables) -> Netrc {
    Netrc::read(variables.path("NETRC"), variables.filled("HOME").map(Path::new))
}

/// The value of an `Authorization` header; never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Login(String);

impl Login {
    /// A token.
    pub fn bearer(token: &str) -> Self {
        Self(format!("Bearer {token}"))
    }

    /// User and password, joined and encoded already.
    pub fn encoded(text: &str) -> Self {
        Self(format!("Basic {text}"))
    }

    /// User and password.
    pub fn basic(user: &str, password: &str) -> Self {
        Self::encoded(&STANDARD.encode(format!("{user}:{password}")))
    }

    /// That in `url`, if it has one.
    fn of_url(url: &Url) -> Option<Self> {
        if url.username().is_empty() && url.password().is_none() {
            return None;
        }
        let decoded = |text: &str| percent_decoded(text).unwrap_or_else(|| text.to_owned());
        Some(Self::basic(&decoded(url.username()), &decoded(url.password().unwrap_or_default())))
    }

    /// The header, which no log shows; `None` where it holds what no header may.
    pub fn header(&self) -> Option<HeaderValue> {
        let mut header = HeaderValue::from_str(&self.0).ok()?;
        header.set_sensitive(true);
        Some(header)
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Login(..)")
    }
}

/// The logins that a package manager is configured with.
pub trait ConfiguredLogins: Send + Sync {
    /// The login for `url`, from which the file called `name` is fetched.
    fn login(&self, name: &str, url: &Url) -> Option<Login>;
}

/// Where logins are looked for; each goes to its own server alone.
#[derive(Clone, Default)]
pub struct Logins {
    /// URLs with user and password.
    pub urls: Vec<Url>,
    /// Those of a package manager, for its packages.
    pub configured: Option<Arc<dyn ConfiguredLogins>>,
    /// `.netrc`, for what pip, uv and curl would fetch.
    pub netrc: Netrc,
}

impl Logins {
    /// The login for `url`, from which the file called `name` is fetched: its own, else what the package
    /// manager is configured with, else that of a known URL of the same origin, the one with the longest common path first, else
    /// that of `.netrc`.
    pub fn login(&self, name: &str, url: &Url) -> Option<Login> {
        let own = Login::of_url(url);
        let of_configured = || self.configured.as_ref()?.login(name, url);
        let of_known = || {
            let same = self.urls.iter().filter(|known| known.origin() == url.origin());
            let mut same: Vec<_> =
                same.filter_map(|known| Some((common_path(known, url), Login::of_url(known)?))).collect();
            // Stable: of equals the first, as they were configured.
            same.sort_by_key(|(common, _)| std::cmp::Reverse(*common));
            same.into_iter().next().map(|(_, login)| login)
        };
        let of_netrc = || {
            let (user, password) = self.netrc.login(url.host_str()?)?;
            Some(Login::basic(user, password))
        };
        own.or_else(of_configured).or_else(of_known).or_else(of_netrc)
    }
}

impl fmt::Debug for Logins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Logins(..)")
    }
}

/// How many segments of their paths are the same.
fn common_path(a: &Url, b: &Url) -> usize {
    a.path().split('/').zip(b.path().split('/')).take_while(|(a, b)| a == b).count()
}
