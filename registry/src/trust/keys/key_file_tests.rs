#![allow(clippy::unwrap_used)]

use super::*;

#[derive(Debug)]
struct Knows(&'static str);

impl PassphraseSource for Knows {
    fn passphrase(&self, _: &str, _: &KeyId) -> Result<Passphrase, KeyError> {
        Ok(Passphrase::new(self.0.to_owned()).unwrap())
    }
}

fn knows(passphrase: &'static str) -> Arc<dyn PassphraseSource> {
    Arc::new(Knows(passphrase))
}

fn seed() -> SigningKey {
    SigningKey::from_seed(&[1; 32])
}

#[test]
fn saved_keys_load_and_are_for_the_owner_only() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("root.key");
    let key = SigningKey::generate().unwrap();
    key.save(&path, None).unwrap();
    assert_eq!(fs_err::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let loaded = SigningKey::load(&path).unwrap();
    assert_eq!(loaded.id(), key.id());
    assert_eq!(loaded.sign(b"x"), key.sign(b"x"));
}

#[test]
fn a_key_that_the_file_system_shows_to_others_is_not_kept() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("root.key");
    // As on exFAT, where every file has the mode that was given when it was mounted.
    for mode in [0o777, 0o644, 0o640, 0o604] {
        fs_err::write(&path, "secret").unwrap();
        fs_err::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        let error = keep_if_private(&path).unwrap_err();
        assert!(matches!(error, KeyError::NotRestricted { mode: found, .. } if found == mode), "{error}");
        assert!(!path.exists());
    }
    fs_err::write(&path, "secret").unwrap();
    fs_err::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    keep_if_private(&path).unwrap();
    assert!(path.exists());
}

#[test]
fn an_encrypted_key_opens_with_its_passphrase_only() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("root.key");
    let passphrase = Passphrase::new("correct horse".to_owned()).unwrap();
    seed().save(&path, Some(&passphrase)).unwrap();
    let text = fs_err::read_to_string(&path).unwrap();
    assert!(!text.contains(&hex::encode([1; 32])) && text.contains("BEGIN ENCRYPTED PRIVATE KEY"));
    let open = |passphrase| KeyFile::load(&path).unwrap().into_key("root.key", &knows(passphrase)).unwrap();
    let opened = open("correct horse");
    assert_eq!(opened.sign(b"x").unwrap(), seed().sign(b"x"));
    assert_eq!(opened.id(), seed().id());
    assert!(matches!(open("wrong").sign(b"x"), Err(KeyError::Passphrase { .. })));
    assert!(matches!(SigningKey::load(&path), Err(KeyError::NoPassphrase { .. })));
}

#[test]
fn an_encrypted_key_with_a_foreign_public_half() {
    let passphrase = Passphrase::new("p".to_owned()).unwrap();
    let mut file = KeyFile::of(&seed(), Some(&passphrase)).unwrap();
    file.public = SigningKey::from_seed(&[2; 32]).public().clone();
    let file = KeyFile::parse("k", &file.to_bytes().unwrap()).unwrap();
    let error = file.into_key("k", &knows("p")).unwrap().sign(b"x").unwrap_err();
    assert!(matches!(error, KeyError::Malformed { .. }), "{error}");
}

#[test]
fn an_existing_key_file_is_never_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("root.key");
    seed().save(&path, None).unwrap();
    assert!(matches!(SigningKey::from_seed(&[2; 32]).save(&path, None), Err(KeyError::Io(_))));
    assert_eq!(SigningKey::load(&path).unwrap().id(), seed().id());
}

#[test]
fn a_key_file_others_may_read_is_refused_if_it_holds_a_secret() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("root.key");
    seed().save(&path, None).unwrap();
    fs_err::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    assert!(matches!(SigningKey::load(&path), Err(KeyError::Permissions { mode: 0o640, .. })));
    let path = dir.path().join("hsm.key");
    KeyFile::elsewhere(seed().public().clone(), "cmd:hsm slot-0").unwrap().save(&path).unwrap();
    fs_err::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let file = KeyFile::load(&path).unwrap();
    assert!(matches!(file.secret, KeySecret::Elsewhere(source) if source == "cmd:hsm slot-0"));
}

#[test]
fn damaged_key_files_are_refused_without_quoting_them() {
    let text = String::from_utf8(KeyFile::of(&seed(), None).unwrap().to_bytes().unwrap().to_vec()).unwrap();
    let private = hex::encode([1; 32]);
    for damaged in [
        text.replace("attune.key/v1", "attune.key/v9"),
        text.replace("ed25519", "rsa"),
        text.replace(&private, &hex::encode([2; 32])),
        text.replace(&private, &private[1..]),
        text.replace(&format!("\"{private}\""), "7"),
        text.replace("\"private\"", "\"encrypted\""),
        text.replace("\"private\"", "\"encrypted\": \"\", \"private\""),
        text[..text.len() / 2].to_owned(),
    ] {
        let error = KeyFile::parse("k", damaged.as_bytes()).unwrap_err();
        assert!(matches!(error, KeyError::Malformed { .. }), "{damaged}");
        assert!(!format!("{error} {error:?}").contains(&private));
    }
}

#[test]
fn debug_output_has_no_private_part() {
    let key = SigningKey::from_seed(&[0xab; 32]);
    let passphrase = Passphrase::new("correct horse".to_owned()).unwrap();
    let encrypted = KeyFile::of(&key, Some(&passphrase)).unwrap();
    let plain = KeyFile::of(&key, None).unwrap();
    let debug = format!("{key:?} {plain:?} {encrypted:?} {passphrase:?}");
    let locked = encrypted.into_key("k", &knows("p")).unwrap();
    let debug = format!("{debug} {locked:?}");
    for secret in ["abababab", "correct", "BEGIN"] {
        assert!(!debug.contains(secret), "{debug}");
    }
}

#[test]
fn an_empty_passphrase_is_none() {
    assert!(Passphrase::new(String::new()).is_none());
}

#[test]
fn key_ids_are_those_of_securesystemslib() {
    // RFC 8032, 7.1, test 1; the id was computed by securesystemslib's SSlibKey.
    let mut seed = [0; 32];
    hex::decode_to_slice("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", &mut seed)
        .unwrap();
    let key = SigningKey::from_seed(&seed);
    assert_eq!(
        key.public().keyval.public.as_deref().unwrap(),
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    );
    assert_eq!(key.id().as_str(), "74c181c7ad8a0855d4b55e44d2ba87aabdddb196832571f15f92fece332e4916");
}
