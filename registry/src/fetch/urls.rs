//! URLs as they may be shown, and the names in them.

use url::Url;

pub(super) fn without_login(url: &Url) -> Url {
    let mut url = url.clone();
    // Fails only for URLs that cannot have a login.
    let _ = url.set_username("").and_then(|()| url.set_password(None));
    url
}

/// `url` as it may be shown and recorded: without login, query and fragment.
pub fn shown(url: &Url) -> String {
    let mut url = without_login(url);
    url.set_query(None);
    url.set_fragment(None);
    url.to_string()
}

/// `text` with `%XX` decoded; `None` where that is not UTF-8. A wheel of a local version has `%2B`.
pub fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let decoded = (first == b'%').then(|| hex::decode(tail.get(..2)?).ok()).flatten();
        rest = if decoded.is_some() { &tail[2..] } else { tail };
        bytes.extend(decoded.unwrap_or_else(|| vec![first]));
    }
    String::from_utf8(bytes).ok()
}
