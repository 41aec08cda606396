//! The places that a client may name.

use std::io;
use std::path::{Component, Path, PathBuf};

use url::{Origin, Url};

use super::super::error::ApiError;

/// The places that clients may name: directories of this machine, and origins of others.
#[derive(Debug, Clone, Default)]
pub struct AllowedPlaces {
    directories: Vec<PathBuf>,
    origins: Vec<Origin>,
    /// Whether packs that nobody signed may be installed.
    unsigned: bool,
}

impl AllowedPlaces {
    /// The directories at `directories`, which must be there, and the origins of `urls`.
    ///
    /// # Errors
    /// A directory cannot be looked at.
    pub fn new(directories: &[PathBuf], urls: &[Url], unsigned: bool) -> io::Result<Self> {
        let directories = directories.iter().map(fs_err::canonicalize).collect::<Result<_, _>>()?;
        Ok(Self { directories, origins: urls.iter().map(Url::origin).collect(), unsigned })
    }

    /// Whether packs that nobody signed may be installed.
    pub(super) const fn unsigned(&self) -> bool {
        self.unsigned
    }

    /// The path of something that is there, which `named` means: in an allowed directory, and reached through no link.
    pub(super) fn present(&self, named: &str) -> Result<PathBuf, ApiError> {
        let path = self.confined(named)?;
        match fs_err::symlink_metadata(&path) {
            Ok(_) => Ok(path),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(ApiError::bad_request(format!("Pack directory does not exist: {named}")))
            }
            Err(error) => {
                Err(ApiError::bad_request(format!("`{named}` cannot be looked at: {}", error.kind())))
            }
        }
    }

    /// The path that `named` means, whether something is there or not.
    pub(super) fn confined(&self, named: &str) -> Result<PathBuf, ApiError> {
        let path = Path::new(named);
        let refused = || ApiError::forbidden(format!("`{named}` is in no directory that this server allows"));
        let is_plain =
            path.components().all(|part| matches!(part, Component::RootDir | Component::Normal(_)));
        if !path.is_absolute() || !is_plain || named.contains('\0') {
            return Err(ApiError::bad_request(format!("`{named}` is not an absolute path without `..`")));
        }
        let allowed =
            self.directories.iter().find(|directory| path.starts_with(directory)).ok_or_else(refused)?;
        let within = path.strip_prefix(allowed).map_err(|_| refused())?;
        let mut reached = allowed.clone();
        for part in within.components() {
            reached.push(part);
            match fs_err::symlink_metadata(&reached) {
                Ok(found) if found.is_symlink() => return Err(refused()),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => break,
                Err(_) => return Err(refused()),
            }
        }
        Ok(path.to_owned())
    }

    /// `url`, if its origin is allowed and it carries no login.
    pub(super) fn url(&self, url: &str) -> Result<Url, ApiError> {
        let parsed =
            Url::parse(url).map_err(|error| ApiError::bad_request(format!("`{url}` is no URL: {error}")))?;
        if !parsed.username().is_empty() || parsed.password().is_some() {
            return Err(ApiError::bad_request(
                "a URL with a login is refused; logins belong into the host's .netrc",
            ));
        }
        if !matches!(parsed.scheme(), "http" | "https") || !self.origins.contains(&parsed.origin()) {
            let origin = parsed.origin().ascii_serialization();
            return Err(ApiError::forbidden(format!("`{origin}` is no origin that this server allows")));
        }
        Ok(parsed)
    }

    /// A source of packs as the command takes it: a pack by name, a path in an allowed directory, or a URL of an allowed
    /// origin.
    pub(super) fn source(&self, named: &str) -> Result<String, ApiError> {
        if named.is_empty() {
            return Err(ApiError::bad_request("a source is empty"));
        }
        if named.contains("://") {
            return self.url(named).map(String::from);
        }
        if named.contains('/') {
            return self.present(named).map(|_| named.to_owned());
        }
        // A name: the command refuses whatever is none.
        if named.starts_with('-') || named.contains(':') {
            return Err(ApiError::bad_request(format!("`{named}` is neither a pack, nor a path, nor a URL")));
        }
        Ok(named.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn paths_lead_nowhere_else() {
        let work = tempfile::tempdir().unwrap();
        let base = work.path().canonicalize().unwrap();
        let (inside, outside) = (base.join("inside"), base.join("outside"));
        for directory in [&inside.join("pack"), &outside.join("pack")] {
            fs_err::create_dir_all(directory).unwrap();
        }
        symlink(outside.join("pack"), inside.join("link")).unwrap();
        symlink(&inside, base.join("way")).unwrap();
        let places = AllowedPlaces::new(std::slice::from_ref(&inside), &[], false).unwrap();
        let shown = |path: PathBuf| path.to_str().unwrap().to_owned();
        assert!(places.present(&shown(inside.join("pack"))).is_ok());
        assert!(places.confined(&shown(inside.join("new/deep"))).is_ok());
        let bad = [
            shown(outside.join("pack")),
            shown(inside.join("link")),
            shown(inside.join("link/deep")),
            shown(inside.join("../outside/pack")),
            shown(base.join("way/pack")),
            shown(base.join("insideout")),
            "/proc/self/root".to_owned(),
            "/".to_owned(),
            "pack".to_owned(),
            String::new(),
            "/\0".to_owned(),
        ];
        for path in bad {
            assert!(places.confined(&path).is_err(), "{path:?}");
        }
        assert!(places.present(&shown(inside.join("new"))).is_err());
    }

    #[test]
    fn urls_are_those_of_allowed_origins() {
        let allowed = Url::parse("https://packs.example.com").unwrap();
        let places = AllowedPlaces::new(&[], &[allowed], false).unwrap();
        assert!(places.url("https://packs.example.com/x.tar.gz").is_ok());
        assert!(places.url("https://packs.example.com:443/x.tar.gz").is_ok());
        let bad = [
            "http://packs.example.com/x",
            "https://packs.example.com:8443/x",
            "https://packs.example.com@evil.example.com/x",
            "https://user:secret@packs.example.com/x",
            "https://packs.example.com.evil.example.com/x",
            "http://127.0.0.1/x",
            "file:///etc/passwd",
            "ssh://packs.example.com/x",
            "//packs.example.com",
        ];
        for url in bad {
            assert!(places.url(url).is_err(), "{url}");
        }
    }

    #[test]
    fn sources_are_names_paths_or_urls() {
        let places = AllowedPlaces::default();
        for good in ["slack", "slack@1.0.0", "slack@^2", "slack@stable"] {
            assert!(places.source(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "-rf",
            "--root",
            "/etc",
            "./x",
            "git@example.com:org/repo",
            "https://x.example.com",
            "file:///etc",
        ] {
            assert!(places.source(bad).is_err(), "{bad}");
        }
    }
}
