//! Which commit a ref of a repository is.

use super::reference::GitRef;
use crate::origin::error::OriginError;
use crate::origin::source::GitSource;

/// What is fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Resolved {
    /// A ref in full, with the commit that it is now.
    Ref {
        /// Such as `refs/tags/v1`.
        name: String,
        /// The commit.
        commit: String,
    },
    /// A commit, or the beginning of one, of which no ref tells.
    Commit(GitRef),
}

/// The ref of `source`, among those that `list` gives for names, as `git ls-remote` lists them.
pub(super) fn resolve(
    list: &dyn Fn(&[&str]) -> Result<String, OriginError>,
    source: &GitSource,
    source_name: &str,
) -> Result<Resolved, OriginError> {
    let Some(reference) = &source.reference else {
        let listed = list(&["HEAD"])?;
        return found(&listed, "HEAD").ok_or_else(|| no_ref(source_name, "HEAD"));
    };
    let peeled = format!("{reference}^{{}}");
    choose(&list(&[reference.as_str(), &peeled])?, reference, source_name)
}

fn no_ref(source_name: &str, reference: &str) -> OriginError {
    OriginError::NoRef { source_name: source_name.to_owned(), reference: reference.to_owned() }
}

/// The ref of `listed` that `reference` means.
fn choose(listed: &str, reference: &GitRef, source_name: &str) -> Result<Resolved, OriginError> {
    let name = reference.as_str();
    let [whole, tag, branch] = [name.to_owned(), format!("refs/tags/{name}"), format!("refs/heads/{name}")]
        .map(|full| found(listed, &full));
    let is_whole = name == "HEAD" || name.starts_with("refs/");
    match (whole.filter(|_| is_whole), tag, branch) {
        (Some(whole), _, _) => Ok(whole),
        (None, Some(tag), Some(branch)) if tag.commit() != branch.commit() => {
            let (source_name, reference) = (source_name.to_owned(), name.to_owned());
            Err(OriginError::AmbiguousRef { source_name, reference })
        }
        (None, Some(found), _) | (None, None, Some(found)) => Ok(found),
        (None, None, None) if reference.is_hex() => Ok(Resolved::Commit(reference.clone())),
        (None, None, None) => Err(no_ref(source_name, name)),
    }
}

impl Resolved {
    fn commit(&self) -> &str {
        match self {
            Self::Ref { commit, .. } => commit,
            Self::Commit(commit) => commit.as_str(),
        }
    }
}

/// The ref `name` among the lines of `ls-remote`; of a tag with a message the commit that it names.
fn found(listed: &str, name: &str) -> Option<Resolved> {
    let id = |name: &str| {
        let mut lines = listed.lines().filter_map(|line| line.split_once('\t'));
        let id = lines.find(|(_, other)| *other == name).map(|(id, _)| id)?;
        (matches!(id.len(), 40 | 64) && id.bytes().all(|byte| byte.is_ascii_hexdigit()))
            .then(|| id.to_owned())
    };
    let own = id(name)?;
    Some(Resolved::Ref { name: name.to_owned(), commit: id(&format!("{name}^{{}}")).unwrap_or(own) })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LISTED: &str = "\
        1111111111111111111111111111111111111111\tHEAD\n\
        1111111111111111111111111111111111111111\trefs/heads/main\n\
        2222222222222222222222222222222222222222\trefs/heads/both\n\
        3333333333333333333333333333333333333333\trefs/tags/both\n\
        1111111111111111111111111111111111111111\trefs/heads/same\n\
        1111111111111111111111111111111111111111\trefs/tags/same\n\
        4444444444444444444444444444444444444444\trefs/tags/v1\n\
        5555555555555555555555555555555555555555\trefs/tags/v1^{}\n\
        6666666666666666666666666666666666666666\trefs/heads/x/main\n";

    fn chosen(reference: &str) -> Result<(String, String), OriginError> {
        match choose(LISTED, &reference.parse().unwrap(), "x")? {
            Resolved::Ref { name, commit } => Ok((name, commit[..1].to_owned())),
            Resolved::Commit(commit) => Ok(("commit".to_owned(), commit.to_string())),
        }
    }

    #[test]
    fn branches_tags_and_commits_are_told_apart() {
        for (reference, name, commit) in [
            ("main", "refs/heads/main", "1"),
            ("v1", "refs/tags/v1", "5"),
            ("refs/tags/both", "refs/tags/both", "3"),
            ("refs/heads/both", "refs/heads/both", "2"),
            ("same", "refs/tags/same", "1"),
            ("x/main", "refs/heads/x/main", "6"),
            ("HEAD", "HEAD", "1"),
            ("abcd", "commit", "abcd"),
        ] {
            assert_eq!(chosen(reference).unwrap(), (name.to_owned(), commit.to_owned()), "{reference}");
        }
        assert!(matches!(chosen("v2"), Err(OriginError::NoRef { .. })));
        assert!(matches!(chosen("both"), Err(OriginError::AmbiguousRef { .. })));
    }
}
