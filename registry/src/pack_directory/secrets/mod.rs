//! Files that hold secrets: logins, private keys, credentials of clouds.
//!
//! A release is as public as the place that it lies in, and stays what it is. So a secret is looked for in every
//! file that would be archived: some are known by their names, the others by what is in them.

mod by_content;
mod by_name;
mod json;

use std::io::{self, Read};
use std::path::Path;

use attune_schemas::EntryPath;
use schemars::JsonSchema;
use serde::Serialize;

/// A file that holds a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Secret {
    /// The file.
    pub file: EntryPath,
    /// The kind of secret, such as `a private key`.
    pub holds: &'static str,
}

/// The most bytes of a file that is looked at as a whole: settings and JSON.
const MAX_WHOLE_BYTES: u64 = 1 << 20;
/// Of a larger file, one such piece at a time.
const PIECE_BYTES: usize = 1 << 20;
/// The bytes that a piece has in common with the next one, so that no key hides between two.
const OVERLAP_BYTES: usize = 4 << 10;

/// The secret that the file at `path` of a pack holds, whose bytes are at `place`.
pub(super) fn of(path: &EntryPath, place: &Path) -> io::Result<Option<&'static str>> {
    // A link may have a harmless name for a file that has not.
    let real = place.to_string_lossy().to_lowercase();
    let path = path.as_str().to_lowercase();
    let mut file = fs_err::File::open(place)?;
    let mut piece = Vec::new();
    (&mut file).take(MAX_WHOLE_BYTES).read_to_end(&mut piece)?;
    if piece.is_empty() {
        return Ok(None);
    }
    let named = by_name::holds(&path).or_else(|| by_name::holds(&real));
    if named.is_some() {
        return Ok(named);
    }
    let text = String::from_utf8_lossy(&piece);
    let whole = by_content::holds_login(&path, &text).or_else(|| json::holds(&text));
    if whole.is_some() {
        return Ok(whole);
    }
    loop {
        let found = by_content::holds_key(&piece);
        if found.is_some() {
            return Ok(found);
        }
        piece.drain(..piece.len().saturating_sub(OVERLAP_BYTES));
        let kept = piece.len();
        (&mut file).take(PIECE_BYTES as u64).read_to_end(&mut piece)?;
        if piece.len() == kept {
            return Ok(None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7";

    fn found(name: &str, content: &[u8]) -> Option<&'static str> {
        let directory = tempfile::tempdir().unwrap();
        let place = directory.path().join(name);
        fs_err::create_dir_all(place.parent().unwrap()).unwrap();
        fs_err::write(&place, content).unwrap();
        of(&name.parse().unwrap(), &place).unwrap()
    }

    #[test]
    fn secrets_are_found_by_name_and_by_content() {
        let pem = |label: &str| format!("-----BEGIN {label}-----\n{BODY}\n-----END {label}-----\n");
        let table: &[(&str, String)] = &[
            (".npmrc", "//registry.example.com/:_authToken=npm_x".into()),
            ("lib/.npmrc", "_auth = dXNlcjpwYXNz".into()),
            (".npmrc", "registry=https://user:secret@example.com/".into()),
            (".yarnrc.yml", "npmAuthToken: abc".into()),
            ("pip.conf", "[global]\nindex-url = https://user:secret@example.com/simple".into()),
            ("requirements.txt", "--index-url https://user:secret@example.com/simple\nsix==1.16".into()),
            ("package-lock.json", r#"{"resolved": "https://user:secret@example.com/a.tgz"}"#.into()),
            (".netrc", "machine a login b password c".into()),
            ("_netrc", "machine a login b password c".into()),
            (".pypirc", "[pypi]\npassword = x".into()),
            (".env", "PASSWORD=x".into()),
            ("config/.env.production", "PASSWORD=x".into()),
            (".git-credentials", "https://user:secret@example.com".into()),
            ("keys/server.txt", pem("PRIVATE KEY")),
            ("keys/server", pem("RSA PRIVATE KEY")),
            ("id", pem("OPENSSH PRIVATE KEY")),
            ("id", pem("ENCRYPTED PRIVATE KEY")),
            ("id", pem("PGP PRIVATE KEY BLOCK")),
            ("values.yaml", format!("key: |\n  -----BEGIN EC PRIVATE KEY-----\n  {BODY}\n")),
            ("windows.pem", format!("-----BEGIN PRIVATE KEY-----\r\n{BODY}\r\n")),
            ("old.pem", format!("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\n{BODY}")),
            ("a.py", format!("KEY = \"-----BEGIN PRIVATE KEY-----\\n{BODY}\\n\"")),
            ("a.ppk", "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none".into()),
            ("cert.p12", "0".into()),
            ("cert.PFX", "0".into()),
            ("trust.jks", "0".into()),
            ("age.txt", format!("AGE-SECRET-KEY-1{}", "Q".repeat(58))),
            (".aws/credentials", "[default]".into()),
            ("aws.ini", format!("[a]\naws_secret_access_key = {}", "a/B+".repeat(10))),
            (".docker/config.json", r#"{"auths": {"example.com": {"auth": "dXNlcjpwYXNz"}}}"#.into()),
            ("sa.json", r#"{"type": "service_account", "private_key": "x"}"#.into()),
            (
                "registry.keys/root.json",
                r#"{"format": "attune.key/v1", "keyval": {"public": "00", "private": "00"}}"#.into(),
            ),
            ("k.json", r#"{"format": "attune.key/v1", "keyval": {"public": "00", "encrypted": "x"}}"#.into()),
            ("jwk.json", r#"{"keys": [{"kty": "EC", "x": "1", "d": "2"}]}"#.into()),
        ];
        for (name, content) in table {
            assert!(found(name, content.as_bytes()).is_some(), "{name}: {content}");
        }
        assert!(
            found("p8", &[0x30, 0x82, 4, 0xbd, 2, 1, 0, 0x30, 0x0d, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7])
                .is_some()
        );
        assert!(found("p12", &[0x30, 0x82, 9, 0x77, 2, 1, 3, 0x30, 0x82]).is_some());
        assert_eq!(found("certificate", &[0x30, 0x82, 3, 0x40, 0x30, 0x82, 2, 0x28, 0xa0, 3, 2, 1, 2]), None);
        assert!(found("store", &[0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2]).is_some());
    }

    #[test]
    fn what_only_speaks_of_secrets_is_left_alone() {
        let table = [
            (".npmrc", "registry=https://example.com/\nsave-exact=true"),
            (".npmrc", "//registry.example.com/:_authToken=${NPM_TOKEN}\n;_auth=x\n# _password=y"),
            (".npmrc", "registry=https://${USER}:${PASSWORD}@example.com/"),
            (".env.example", "PASSWORD="),
            (".env.sample", "PASSWORD=x"),
            ("config/.env.template", "PASSWORD=x"),
            (".env", ""),
            ("environment.env.py", "x = 1"),
            ("pip.conf", "[global]\nindex-url = https://example.com/simple"),
            ("a.py", "if '-----BEGIN RSA PRIVATE KEY-----' in text:\n    pass"),
            ("a.py", "pem = '-----BEGIN PRIVATE KEY-----' + body + '-----END PRIVATE KEY-----'"),
            ("README.md", "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----"),
            ("cert.pem", "-----BEGIN CERTIFICATE-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSj\n"),
            ("pub.pem", "-----BEGIN PUBLIC KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSj\n"),
            ("root.json", r#"{"keyval": {"public": "00"}}"#),
            ("schema.json", r#"{"private_key": {"type": "string"}}"#),
            ("config.json", r#"{"auths": {"example.com": {}}}"#),
            ("jwk.json", r#"{"kty": "EC", "x": "1"}"#),
            (
                "requirements.txt",
                "# --index-url https://user:secret@example.com\n-i https://${U}:${P}@example.com",
            ),
            (
                "package.json",
                r#"{"dependencies": {"a": "git+ssh://git@example.com:a/b.git"}, "b": "npm:a@1"}"#,
            ),
            ("notes.md", "https://user:secret@example.com"),
            ("aws.sh", "aws_secret_access_key=$SECRET"),
        ];
        for (name, content) in table {
            assert_eq!(found(name, content.as_bytes()), None, "{name}: {content}");
        }
    }

    #[test]
    fn a_key_far_into_a_large_file_and_a_secret_behind_a_link_are_found() {
        let mut content = vec![b'x'; 2 * PIECE_BYTES - 30];
        content.extend(format!("\n-----BEGIN PRIVATE KEY-----\n{BODY}\n").bytes());
        assert!(found("data.bin", &content).is_some());
        let directory = tempfile::tempdir().unwrap();
        let place = directory.path().join(".env");
        fs_err::write(&place, "A=b").unwrap();
        assert!(of(&"settings".parse().unwrap(), &place).unwrap().is_some());
    }
}
