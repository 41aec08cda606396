//! Opens what an install reads: a bundle, a registry directory, or a registry behind HTTP.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use attune_registry::source::{BundleSource, DirectorySource, Source, SourceError};

/// Where packs come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceLocation {
    /// A bundle file.
    Bundle(PathBuf),
    /// A bundle on standard input.
    StandardInput,
    /// A registry directory.
    Directory(PathBuf),
    /// A registry at a URL.
    Url(String),
}

impl FromStr for SourceLocation {
    type Err = std::convert::Infallible;

    /// A registry: a URL, `file://` URL or directory.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(path) = text.strip_prefix("file://") {
            return Ok(Self::Directory(PathBuf::from(path)));
        }
        if text.contains("://") {
            return Ok(Self::Url(text.to_owned()));
        }
        Ok(Self::Directory(PathBuf::from(text)))
    }
}

impl SourceLocation {
    /// Opens it.
    pub fn open(&self) -> Result<Box<dyn Source>, SourceError> {
        match self {
            Self::Bundle(path) => Ok(Box::new(BundleSource::open(path)?)),
            Self::StandardInput => {
                let reader = Box::new(std::io::stdin());
                Ok(Box::new(BundleSource::from_reader(reader, "standard input")?))
            }
            Self::Directory(path) => open_directory(path),
            Self::Url(url) => open_url(url),
        }
    }
}

fn open_directory(path: &Path) -> Result<Box<dyn Source>, SourceError> {
    if !path.join("metadata").is_dir() {
        let url = path.display().to_string();
        let reason = "there is no directory `metadata` in it".to_owned();
        return Err(SourceError::Url { url, reason });
    }
    Ok(Box::new(DirectorySource::new(path)))
}

#[cfg(feature = "http")]
fn open_url(url: &str) -> Result<Box<dyn Source>, SourceError> {
    Ok(Box::new(attune_registry::source::HttpSource::new(url)?))
}

#[cfg(not(feature = "http"))]
fn open_url(url: &str) -> Result<Box<dyn Source>, SourceError> {
    let reason = "this build has no HTTP client; use a bundle or a directory".to_owned();
    Err(SourceError::Url { url: url.to_owned(), reason })
}
