//! The paths that a root may have: scripts, variables and lock files carry it.

use super::error::RootError;
use super::layout::HostRoot;

impl HostRoot {
    /// Refuses a path that what is installed could not name.
    pub(super) fn require_name(&self) -> Result<(), RootError> {
        let defect = match self.path().to_str() {
            None => "is not UTF-8, and the lock file could not name it",
            Some(path) if path.contains(':') => "has a `:`, at which PATH and NODE_PATH are split",
            Some(path) if path.contains(char::is_control) => {
                "has a line break or another control character, which scripts could not name"
            }
            Some(_) => return Ok(()),
        };
        Err(RootError::Name { root: self.path().to_owned(), defect })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_nothing_could_name_are_refused() {
        let refused = |path: &str| HostRoot::recorded(path.as_ref()).require_name().is_err();
        for good in ["/opt/attune", "/with space/and 'quotes'", "/100%", "/caf\u{e9}"] {
            assert!(!refused(good), "{good}");
        }
        for bad in ["/a:b/root", "/line\nbreak", "/bell\u{7}"] {
            assert!(refused(bad), "{bad}");
        }
    }
}
