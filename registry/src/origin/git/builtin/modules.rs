//! The other repositories that `.gitmodules` names, and where they are.

use std::collections::HashMap;
use std::path::Path;

use super::fault::Fault;
use crate::origin::git::url::{GitUrl, Transport};

/// The most bytes of a `.gitmodules`.
pub(super) const MAX_BYTES: u64 = 1 << 20;

/// The URLs in `text`, the configuration of submodules, by the directory.
pub(super) fn urls_of(text: &str) -> Result<HashMap<String, String>, Fault> {
    let (mut urls, mut path, mut url) = (HashMap::new(), None, None);
    for line in text.lines().map(str::trim).chain(["["]) {
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if line.starts_with('[') {
            if let (Some(path), Some(url)) = (path.take(), url.take()) {
                urls.insert(path, url);
            }
            (path, url) = (None, None);
            continue;
        }
        let (name, value) = line.split_once('=').unwrap_or((line, ""));
        match name.trim().to_ascii_lowercase().as_str() {
            "path" => path = Some(value_of(value)?),
            "url" => url = Some(value_of(value)?),
            _ => {}
        }
    }
    Ok(urls)
}

/// A value, with or without quotes.
fn value_of(value: &str) -> Result<String, Fault> {
    let value = value.trim();
    let quoted = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
    match quoted.unwrap_or(value) {
        value if value.contains(['"', '\\', '#', ';']) => {
            Err(Fault::Needed("its `.gitmodules` are written in an uncommon way"))
        }
        value => Ok(value.to_owned()),
    }
}

/// The repository at `text`, a submodule of the one at `parent`.
pub(super) fn url_of(text: &str, parent: &GitUrl, top: Transport) -> Result<GitUrl, Fault> {
    let broken = |reason: &str| Fault::Broken(format!("its submodule `{text}` cannot be fetched: {reason}"));
    let url = if text.starts_with("./") || text.starts_with("../") {
        beside(text, parent.text()).ok_or_else(|| broken("it leads out of the server"))?
    } else {
        text.to_owned()
    };
    let url = GitUrl::parse(&url, Path::new("/")).map_err(broken)?;
    let name = url.transport().name();
    let is_allowed = |by: Transport| by.allowed().split(':').any(|allowed| allowed == name);
    if !is_allowed(parent.transport()) || !is_allowed(top) {
        return Err(broken(&format!("transport '{name}' not allowed")));
    }
    if url.server().is_some_and(|url| !url.username().is_empty() || url.password().is_some()) {
        return Err(broken("its URL has a login"));
    }
    Ok(url)
}

/// The URL that `relative` is, from that of the parent.
fn beside(relative: &str, parent: &str) -> Option<String> {
    let (mut base, mut rest) = (parent.trim_end_matches('/'), relative);
    loop {
        if let Some(after) = rest.strip_prefix("../") {
            let (before, name) = base.rsplit_once('/')?;
            if name.is_empty() || before.ends_with('/') {
                return None;
            }
            (base, rest) = (before, after);
        } else if let Some(after) = rest.strip_prefix("./") {
            rest = after;
        } else {
            return Some(format!("{base}/{rest}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parent(text: &str) -> GitUrl {
        GitUrl::parse(text, Path::new("/")).unwrap()
    }

    #[test]
    fn urls_are_read_by_directory() {
        let text = "# x\n[submodule \"a b\"]\n\tpath = lib/a\n\turl = \"../a.git\"\n\tbranch = x\n[submodule \"c\"]\n  URL=https://h/c\n  path=c\n[other]\npath = d\n";
        let urls = urls_of(text).unwrap();
        assert_eq!(urls.len(), 2);
        assert_eq!((urls["lib/a"].as_str(), urls["c"].as_str()), ("../a.git", "https://h/c"));
        assert!(matches!(urls_of("[submodule \"a\"]\npath = a\\tb\n"), Err(Fault::Needed(_))));
    }

    #[test]
    fn relative_urls_are_beside_the_parent_and_on_its_server() {
        for (text, expected) in [
            ("../b.git", Some("https://h.invalid/x/b.git")),
            ("../../b.git", Some("https://h.invalid/b.git")),
            ("./b", Some("https://h.invalid/x/a.git/b")),
            ("../../../b.git", None),
            ("../../../../b.git", None),
        ] {
            let url = url_of(text, &parent("https://h.invalid/x/a.git"), Transport::Https);
            assert_eq!(url.ok().map(|url| url.text().to_owned()).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn a_strangers_submodule_is_no_file_and_no_login() {
        let stranger = parent("https://h.invalid/a.git");
        for text in ["/etc", "file:///etc", "http://h.invalid/b.git", "https://u:p@h.invalid/b", "ext::sh"] {
            url_of(text, &stranger, Transport::Https).unwrap_err();
        }
        url_of("/srv/b.git", &parent("/srv/a.git"), Transport::File).unwrap();
        url_of("/srv/b.git", &parent("/srv/a.git"), Transport::Https).unwrap_err();
    }
}
