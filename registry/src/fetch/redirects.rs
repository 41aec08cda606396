//! Where a server sends a client next: bounded, never from https to http, and with credentials for the first server
//! alone.

use reqwest::header::LOCATION;
use reqwest::{Response, StatusCode};
use url::Url;

/// The most redirects that are followed.
pub(crate) const MAX_REDIRECTS: usize = 10;

/// The URL that `response` leads to from `url`; `None` where it is no redirect.
///
/// # Errors
/// Why it is not followed.
pub(crate) fn next_url(url: &Url, response: &Response) -> Result<Option<Url>, &'static str> {
    let is_redirect = matches!(
        response.status(),
        StatusCode::MOVED_PERMANENTLY
            | StatusCode::FOUND
            | StatusCode::SEE_OTHER
            | StatusCode::TEMPORARY_REDIRECT
            | StatusCode::PERMANENT_REDIRECT
    );
    let Some(location) = response.headers().get(LOCATION).filter(|_| is_redirect) else { return Ok(None) };
    let location = location.to_str().map_err(|_| "it leads to something that is no URL")?;
    step(url, location).map(Some)
}

fn step(from: &Url, location: &str) -> Result<Url, &'static str> {
    let mut to = from.join(location).map_err(|_| "it leads to something that is no URL")?;
    match (from.scheme(), to.scheme()) {
        ("https", "http") => return Err("it leads from https to http"),
        (_, "http" | "https") => {}
        _ => return Err("it leads to neither http nor https"),
    }
    // A server names no login of ours; fails only for URLs that cannot have one.
    let _ = to.set_username("").and_then(|()| to.set_password(None));
    to.set_fragment(None);
    Ok(to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirects_lead_on_within_http() {
        let from: Url = "https://u:p@h.invalid/a/b?q".parse().unwrap();
        for (location, expected) in [
            ("c", Ok("https://h.invalid/a/c")),
            ("//o.invalid/x?y#z", Ok("https://o.invalid/x?y")),
            ("https://v:q@o.invalid/", Ok("https://o.invalid/")),
            ("http://h.invalid/", Err("it leads from https to http")),
            ("file:///etc/passwd", Err("it leads to neither http nor https")),
            ("https://", Err("it leads to something that is no URL")),
        ] {
            let to = step(&from, location);
            assert_eq!(to.as_ref().map(Url::as_str), expected.as_ref().map(|url| *url), "{location}");
        }
    }
}
