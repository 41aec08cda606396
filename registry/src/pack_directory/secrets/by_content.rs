//! Private keys under any name, and logins in the settings of tools.

use std::sync::LazyLock;

use regex::Regex;
use regex::bytes::Regex as BytesRegex;

/// The words without which neither of the two patterns below matches; they are found many times as fast.
static MARKS_OF_KEYS: LazyLock<BytesRegex> = LazyLock::new(|| {
    BytesRegex::new("(?-u)-----BEGIN |PuTTY-User-Key-File-|AGE-SECRET-KEY-1").expect("a pattern of this file")
});

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

/// The settings of package managers and what they lock, by name.
const SETTINGS: [&str; 14] = [
    ".npmrc",
    "npmrc",
    ".yarnrc",
    ".yarnrc.yml",
    "pip.conf",
    "pip.ini",
    "uv.toml",
    "uv.lock",
    "pylock.toml",
    "pyproject.toml",
    "package.json",
    "package-lock.json",
    "npm-shrinkwrap.json",
    ".gitmodules",
];

/// What a key in DER, or a PKCS#12 store of keys, begins with after its own length: the version, and what follows.
const DER: [&[u8]; 6] = [
    // PKCS#8 of RSA, ECDSA and Ed25519; SEC 1; PKCS#1; PKCS#12.
    &[2, 1, 0, 0x30, 0x0d, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7],
    &[2, 1, 0, 0x30, 0x13, 6, 7, 0x2a, 0x86, 0x48, 0xce],
    &[2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65],
    &[2, 1, 1, 4, 0x20],
    &[2, 1, 0, 2, 0x82],
    &[2, 1, 3, 0x30],
];

/// Whether `bytes` begin as a key in DER does: a sequence, its length, and one of [`DER`].
fn is_der_key(bytes: &[u8]) -> bool {
    let length_bytes = match bytes {
        [0x30, length @ 0x81..=0x84, ..] => 1 + usize::from(length - 0x80),
        [0x30, ..] => 1,
        _ => return false,
    };
    bytes.get(1 + length_bytes..).is_some_and(|rest| DER.iter().any(|begin| rest.starts_with(begin)))
}

/// The kind of key in `bytes`.
pub(super) fn holds_key(bytes: &[u8]) -> Option<&'static str> {
    let is_store = is_der_key(bytes) || STORES.iter().any(|magic| bytes.starts_with(magic));
    let is_text = || ARMOUR.is_match(bytes) || OTHER_KEYS.is_match(bytes);
    (is_store || MARKS_OF_KEYS.is_match(bytes) && is_text()).then_some("a private key")
}

/// The kind of login in `text`, the content of the file at `path`.
pub(super) fn holds_login(path: &str, text: &str) -> Option<&'static str> {
    if CLOUD.is_match(text) {
        return Some("credentials of a cloud");
    }
    let name = path.rsplit('/').next().unwrap_or(path);
    let is_requirements =
        name.ends_with(".txt") && ["requirements", "constraints"].iter().any(|word| name.contains(word));
    if !SETTINGS.contains(&name) && !is_requirements {
        return None;
    }
    let mut values = SETTING.captures_iter(text).chain(URL.captures_iter(text));
    let is_login = values.any(|found| !found[1].starts_with('$'));
    is_login.then_some("a login for a package registry")
}
