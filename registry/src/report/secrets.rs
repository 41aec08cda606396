//! URLs in texts, without the logins and tokens that they may hold.

use std::borrow::Cow;

/// Characters that end a URL in a sentence.
const DELIMITERS: [char; 8] = ['`', '"', '\'', '<', '>', '(', ')', ','];

/// `text` with every URL in it as it may be shown: `***` for user and password, and for a query.
///
/// Whatever is said to people, written to logs or kept goes through this, as it may quote what somebody typed or
/// what another program said.
pub fn without_secrets(text: &str) -> Cow<'_, str> {
    if !text.contains("://") {
        return Cow::Borrowed(text);
    }
    let (mut shown, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + "://".len());
        shown.push_str(before);
        let ends = |c: char| c.is_whitespace() || c.is_control() || DELIMITERS.contains(&c);
        let url = &after[..after.find(ends).unwrap_or(after.len())];
        rest = &after[url.len()..];
        push_shown(&mut shown, url);
    }
    shown.push_str(rest);
    Cow::Owned(shown)
}

/// Adds what follows `://` in a URL.
fn push_shown(shown: &mut String, url: &str) {
    let url = match login_end(url) {
        Some(end) => {
            shown.push_str("***@");
            &url[end..]
        }
        None => url,
    };
    let (url, fragment) = url.split_at(url.find('#').unwrap_or(url.len()));
    match url.split_once('?') {
        Some((url, query)) if !query.is_empty() => shown.extend([url, "?***"]),
        _ => shown.push_str(url),
    }
    shown.push_str(fragment);
}

/// Where the host begins, if a login goes before it. A password may have a slash that nobody escaped.
fn login_end(url: &str) -> Option<usize> {
    let path = url.find(['/', '?', '#', '\\']).unwrap_or(url.len());
    if let Some(at) = url[..path].rfind('@') {
        return Some(at + 1);
    }
    let port = url[..path].rsplit_once(':').map(|(_, port)| port)?;
    let is_port = port.parse::<u16>().is_ok() || port.is_empty() || url.starts_with('[');
    if is_port { None } else { url.rfind('@').map(|at| at + 1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logins_and_queries_are_not_shown() {
        for (text, expected) in [
            (
                "could not fetch `http://user:secret@h.invalid/x`: 401",
                "could not fetch `http://***@h.invalid/x`: 401",
            ),
            ("https://secret@h.invalid", "https://***@h.invalid"),
            ("https://u:se@cret@h.invalid:8443/a", "https://***@h.invalid:8443/a"),
            ("http://u:se/cret@h.invalid/a", "http://***@h.invalid/a"),
            ("git+ssh://git:secret@h.invalid/r.git#main, then", "git+ssh://***@h.invalid/r.git#main, then"),
            ("https://h.invalid/c?sv=1&sig=secret", "https://h.invalid/c?***"),
            ("(https://h.invalid/c?sig=secret)", "(https://h.invalid/c?***)"),
            ("a https://u:secret@h/x b http://v:secret@i/y", "a https://***@h/x b http://***@i/y"),
        ] {
            assert_eq!(without_secrets(text), expected);
            assert!(!without_secrets(text).contains("secret"));
        }
    }

    #[test]
    fn all_else_stays_as_it_is() {
        for text in [
            "no URL",
            "a@b.invalid",
            "https://h.invalid/@scope/name/-/name-1.tgz",
            "https://h.invalid:8080/@scope/name",
            "http://[::1]:8080/@scope",
            "file:///a/b@c",
            "https://h.invalid/?",
            "://",
            "https://h.invalid/ä#x?y",
        ] {
            assert_eq!(without_secrets(text), text);
        }
    }
}
