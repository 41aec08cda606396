//! The place of a repository.

use std::fmt;
use std::path::Path;

use url::Url;

/// A repository that git can fetch from, its login apart.
#[derive(Clone, PartialEq, Eq)]
pub struct GitUrl {
    /// As git is given it.
    text: String,
    transport: Transport,
    /// With the login, where it is an HTTP URL.
    with_login: Option<Url>,
}

/// The ways to repositories.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Transport {
    Https,
    Http,
    Ssh,
    File,
}

impl Transport {
    /// As git calls it.
    #[cfg(feature = "gix")]
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Https => "https",
            Self::Http => "http",
            Self::Ssh => "ssh",
            Self::File => "file",
        }
    }

    /// The transports that git may use for it and its submodules: nothing that runs a program, and no file of this
    /// machine for a stranger's repository.
    pub(super) const fn allowed(self) -> &'static str {
        match self {
            Self::Https | Self::Ssh => "https:ssh",
            Self::Http => "http:https:ssh",
            Self::File => "file:http:https:ssh",
        }
    }
}

impl GitUrl {
    /// The repository at `text`: a URL, `USER@HOST:PATH`, or a path relative to `base`.
    pub(in crate::origin) fn parse(text: &str, base: &Path) -> Result<Self, &'static str> {
        if text.contains("://") {
            return Self::of_url(text);
        }
        if text.contains("::") {
            return Err("only https, http, ssh and file URLs can be");
        }
        let path = base.join(text);
        if !path.exists() && text.contains('@') {
            let host = text.split_once('@').map_or("", |(_, host)| host);
            if !host.starts_with(|c: char| c.is_ascii_alphanumeric()) {
                return Err("its host is none");
            }
            return Ok(Self { text: text.to_owned(), transport: Transport::Ssh, with_login: None });
        }
        let path = std::path::absolute(path).map_err(|_| "its path cannot be made absolute")?;
        let url = Url::from_file_path(path).map_err(|()| "its path cannot be made a URL")?;
        Ok(Self { text: url.to_string(), transport: Transport::File, with_login: None })
    }

    fn of_url(text: &str) -> Result<Self, &'static str> {
        let url: Url = text.parse().map_err(|_| "it is no URL")?;
        let transport = match url.scheme() {
            "https" => Transport::Https,
            "http" => Transport::Http,
            "ssh" => Transport::Ssh,
            "file" => Transport::File,
            _ => return Err("only https, http, ssh and file URLs can be"),
        };
        let mut plain = url.clone();
        // A user is part of the way by ssh, and a secret nowhere there.
        let _ = plain.set_password(None);
        if transport != Transport::Ssh {
            let _ = plain.set_username("");
        }
        let is_option = |text: &str| text.starts_with('-');
        if url.host_str().is_some_and(is_option) || is_option(url.username()) {
            return Err("its host is none");
        }
        if transport != Transport::File && url.host_str().is_none_or(str::is_empty) {
            return Err("it names no host");
        }
        let is_http = matches!(transport, Transport::Http | Transport::Https);
        Ok(Self { text: plain.to_string(), transport, with_login: is_http.then_some(url) })
    }

    /// As git is given it: without a login.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it is on this machine.
    pub(in crate::origin) fn is_local(&self) -> bool {
        self.transport == Transport::File
    }

    /// As it is published; `None` where it is on this machine.
    pub(super) fn published(&self) -> Option<String> {
        if self.transport == Transport::File {
            return None;
        }
        match self.text.parse::<Url>() {
            Ok(mut url) => {
                let _ = url.set_username("");
                url.set_query(None);
                url.set_fragment(None);
                Some(url.to_string())
            }
            Err(_) => Some(self.text.split_once('@').map_or(&*self.text, |(_, place)| place).to_owned()),
        }
    }

    /// The HTTP server, with the login that the URL has.
    pub(in crate::origin) fn server(&self) -> Option<Url> {
        self.with_login.clone()
    }

    pub(super) const fn transport(&self) -> Transport {
        self.transport
    }
}

impl fmt::Debug for GitUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GitUrl({})", self.text)
    }
}

/// Whether there is a repository without a work tree at `path`.
pub(in crate::origin) fn is_bare_repository(path: &Path) -> bool {
    path.join("HEAD").is_file() && path.join("objects").is_dir() && path.join("refs").is_dir()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_published_has_no_login_and_no_path_of_this_machine() {
        for (text, expected) in [
            ("https://u:p@h.invalid/x.git?t=1", Some("https://h.invalid/x.git")),
            ("ssh://git@h.invalid:22/x.git", Some("ssh://h.invalid:22/x.git")),
            ("git@h.invalid:o/x", Some("h.invalid:o/x")),
            ("file:///srv/x.git", None),
            ("x.git", None),
        ] {
            let url = GitUrl::parse(text, Path::new("/srv")).unwrap();
            assert_eq!(url.published().as_deref(), expected, "{text}");
            assert!(!url.text().contains(":p@") && !format!("{url:?}").contains(":p@"));
        }
    }

    #[test]
    fn a_strangers_repository_reaches_no_file_of_this_machine() {
        for text in ["https://h.invalid/x.git", "http://h.invalid/x.git", "ssh://h.invalid/x.git"] {
            let url = GitUrl::parse(text, Path::new("/")).unwrap();
            let allowed: Vec<&str> = url.transport().allowed().split(':').collect();
            assert!(!allowed.contains(&"file") && !allowed.contains(&"ext"), "{text}");
        }
    }
}
