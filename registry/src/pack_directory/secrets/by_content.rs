//! Private keys under any name, and logins in the settings of tools.

use std::sync::LazyLock;

use regex::Regex;
use regex::bytes::Regex as BytesRegex;

/// A private key in armour: alone on its line and followed by anything of a key, or in a text of a program and
/// followed by much of one. Texts that merely speak of keys have neither.
static ARMOUR: LazyLock<BytesRegex> = LazyLock::new(|| {
    const BEGIN: &str = "-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----";
    let alone = format!(
        r"(?m-u)^[ \t]*{BEGIN}[ \t]*\r?\n\s*(?:[A-Za-z-]+: [^\n]*\n\s*)*[A-Za-z0-9+/=]{{4,}}[ \t\r]*$"
    );
    let quoted = format!(r#"(?-u){BEGIN}(?:\s|\\[nr]|["'+,(]){{0,64}}[A-Za-z0-9+/=]{{16,}}"#);
    BytesRegex::new(&format!("{alone}|{quoted}")).expect("a pattern of this file")
});

static OTHER_KEYS: LazyLock<BytesRegex> = LazyLock::new(|| {
    BytesRegex::new(r"(?m-u)^PuTTY-User-Key-File-[0-9]+:|AGE-SECRET-KEY-1[A-Z0-9]{20,}")
        .expect("a pattern of this file")
});

static CLOUD: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?im)^\s*(?:export\s+)?aws_secret_access_key\s*[=:]\s*["']?[a-z0-9/+=]{40}"#)
        .expect("a pattern of this file")
});

/// A setting that is a login, whose value is no variable.
static SETTING: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?m)^[^#;\n]*\b(?:_auth|_authToken|_password|npmAuthToken|npmAuthIdent)["']?\s*[=:]\s*["']?([^\s"']+)"#)
        .expect("a pattern of this file")
});

/// A URL with a password that is no variable.
static URL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?m)^[^#;\n]*[a-z+]+://[^/\s:@"']*:([^/\s@"']+)@"#).expect("a pattern of this file")
});

/// What Java begins a store of keys with: JKS and JCEKS.
const STORES: [[u8; 4]; 2] = [[0xfe, 0xed, 0xfe, 0xed], [0xce, 0xce, 0xce, 0xce]];

/// The settings of package managers, by name.
const SETTINGS: [&str; 7] =
    [".npmrc", "npmrc", ".yarnrc", ".yarnrc.yml", "pip.conf", "pip.ini", ".gitmodules"];

/// The kind of key in `bytes`.
pub(super) fn holds_key(bytes: &[u8]) -> Option<&'static str> {
    let is_store = STORES.iter().any(|magic| bytes.starts_with(magic));
    (is_store || ARMOUR.is_match(bytes) || OTHER_KEYS.is_match(bytes)).then_some("a private key")
}

/// The kind of login in `text`, the content of the file at `path`.
pub(super) fn holds_login(path: &str, text: &str) -> Option<&'static str> {
    if CLOUD.is_match(text) {
        return Some("credentials of a cloud");
    }
    let name = path.rsplit('/').next().unwrap_or(path);
    if !SETTINGS.contains(&name) {
        return None;
    }
    let mut values = SETTING.captures_iter(text).chain(URL.captures_iter(text));
    let is_login = values.any(|found| !found[1].starts_with('$'));
    is_login.then_some("a login for a package registry")
}
