//! The parts of a root that a path names: trees of its store, generations, and packs through links that move.

use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};

use attune_schemas::{Digest, PackRef};

use crate::root::{HostRoot, StoreKind};

/// The links of a root that move, below which packs have their names.
const MOVING: [&str; 3] = ["packs", "packenvs", "runtime_envs"];

/// The most links that are followed in one path.
const MOST_LINKS: usize = 40;

/// A part of a root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Named {
    /// A tree of the store.
    Tree(StoreKind, Digest),
    /// A generation.
    Generation(u64),
    /// A pack, through a link that moves.
    Pack(PackRef),
}

/// The parts that `path` may be in, each with the directory that would be the root: whether it is, is for the
/// caller to say.
pub(super) fn parts_in(path: &Path) -> Vec<(PathBuf, Named)> {
    let components: Vec<Component<'_>> = path.components().collect();
    let mut parts = Vec::new();
    for at in 1..components.len() {
        let rest: Vec<&OsStr> = components[at..].iter().map(|component| component.as_os_str()).collect();
        parts.extend(part_of(&rest).map(|part| (components[..at].iter().collect(), part)));
    }
    parts
}

/// The part that a path is in whose components below the root are `rest`.
fn part_of(rest: &[&OsStr]) -> Option<Named> {
    let text = |at: usize| rest.get(at).and_then(|name| name.to_str());
    match text(0)? {
        "store" => {
            let is_it =
                |kind: &StoreKind| HostRoot::relative_store(*kind).file_name() == rest.get(1).copied();
            let kind = StoreKind::ALL.into_iter().find(is_it)?;
            Some(Named::Tree(kind, Digest::from_hex(text(2)?).ok()?))
        }
        "generations" => Some(Named::Generation(text(1)?.parse().ok()?)),
        "current" => part_of(&rest[1..]).filter(|part| matches!(part, Named::Pack(_))),
        link if MOVING.contains(&link) => Some(Named::Pack(text(1)?.parse().ok()?)),
        _ => None,
    }
}

/// The absolute paths in `text`: all of it, what stands between its colons and behind its equals signs, and what
/// begins with `root` wherever that is.
pub(super) fn paths_in<'a>(text: &'a [u8], root: &'a Path) -> impl Iterator<Item = PathBuf> + 'a {
    use std::os::unix::ffi::OsStrExt as _;
    let pieces = text.split(|byte| matches!(byte, b':' | b'='));
    let whole = std::iter::once(text).filter(|text| text.contains(&b':') || text.contains(&b'='));
    let root = root.as_os_str().as_bytes();
    let inside = (0..text.len()).filter(move |at| text[*at..].starts_with(root)).map(move |at| &text[at..]);
    let paths = pieces.chain(whole).chain(inside).filter(|piece| piece.first() == Some(&b'/'));
    paths.map(|piece| PathBuf::from(OsStr::from_bytes(piece)))
}

/// `path` as it is written, and as it becomes with each link in it followed, until `is_found`; `target` reads a
/// link, and is `None` for all else.
pub(super) fn follow<T>(
    path: PathBuf,
    target: &dyn Fn(&Path) -> Option<PathBuf>,
    is_found: &dyn Fn(&Path) -> Option<T>,
) -> Option<T> {
    let mut path = path;
    for _ in 0..MOST_LINKS {
        if let Some(found) = is_found(&path) {
            return Some(found);
        }
        path = with_first_link_followed(&path, target)?;
    }
    None
}

fn with_first_link_followed(path: &Path, target: &dyn Fn(&Path) -> Option<PathBuf>) -> Option<PathBuf> {
    let mut walked = PathBuf::new();
    let mut components = path.components();
    while let Some(component) = components.next() {
        match component {
            Component::ParentDir => drop(walked.pop()),
            Component::CurDir => continue,
            other => walked.push(other),
        }
        if let Some(target) = target(&walked) {
            walked.pop();
            return Some(walked.join(target).join(components.as_path()));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weather() -> Named {
        Named::Pack("weather".parse().unwrap())
    }

    #[test]
    fn parts_of_a_root_have_names() {
        let digest = Digest::of(b"x");
        let tree = format!("/opt/attune/store/envs/{}/bin", digest.hex());
        let notes = format!("/opt/attune/store/notes/{}", digest.hex());
        let table = [
            (tree.as_str(), Some(Named::Tree(StoreKind::Envs, digest))),
            (notes.as_str(), None),
            ("/opt/attune/store/envs/12", None),
            ("/opt/attune/generations/7/generation.json", Some(Named::Generation(7))),
            ("/opt/attune/generations", None),
            ("/opt/attune/packs/weather/actions/x.py", Some(weather())),
            ("/opt/attune/runtime_envs/weather/python", Some(weather())),
            ("/opt/attune/packs", None),
            ("/etc/passwd", None),
        ];
        for (path, expected) in table {
            let expected: Vec<_> =
                expected.into_iter().map(|part| (PathBuf::from("/opt/attune"), part)).collect();
            assert_eq!(parts_in(Path::new(path)), expected, "{path}");
        }
    }

    #[test]
    fn every_directory_above_may_be_the_root() {
        let found = parts_in(Path::new("/srv/packs/weather/current/packenvs/weather"));
        let roots: Vec<&Path> = found.iter().map(|(root, _)| root.as_path()).collect();
        assert_eq!(roots, ["/srv", "/srv/packs/weather", "/srv/packs/weather/current"].map(Path::new));
    }

    #[test]
    fn links_are_followed_one_by_one() {
        let target = |path: &Path| match path.to_str()? {
            "/srv/envs/weather" => Some(PathBuf::from("/opt/attune/runtime_envs/weather")),
            "/srv/loop" => Some(PathBuf::from("loop")),
            _ => None,
        };
        let of_root = |path: &Path| {
            let mut parts = parts_in(path).into_iter();
            parts.find(|(root, _)| root == Path::new("/opt/attune")).map(|(_, part)| part)
        };
        let found = |path: &str| follow(path.into(), &target, &of_root);
        assert_eq!(found("/srv/envs/weather/python/bin/python"), Some(weather()));
        assert_eq!(found("/srv/x/../envs/weather/python"), Some(weather()));
        assert_eq!(found("/srv/loop/x"), None);
        assert_eq!(found("/srv/other"), None);
    }

    #[test]
    fn paths_stand_in_lists_and_behind_options_and_in_quotes() {
        let root = Path::new("/opt/attune");
        let found = |text: &'static [u8]| paths_in(text, root).collect::<Vec<_>>();
        assert_eq!(found(b"--path=/a:/b c:relative"), ["/a", "/b c"].map(PathBuf::from));
        assert_eq!(found(b"/x:y"), ["/x", "/x:y"].map(PathBuf::from));
        assert_eq!(found(b"{\"a\": \"/opt/attune/packs/x\"}"), [PathBuf::from("/opt/attune/packs/x\"}")]);
    }
}
