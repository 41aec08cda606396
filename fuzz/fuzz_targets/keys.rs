//! Any bytes as a key file, a public key, or a signature: nothing panics, and nothing has signed.

#![no_main]

use attune_registry::trust::{KeyFile, has_signed, read_public_key};
use attune_schemas::tuf::{Key, Signature};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let _ = KeyFile::parse("fuzz", data);
    let _ = read_public_key("fuzz", data);
    let text = String::from_utf8_lossy(data);
    let (public, sig) = text.split_once('\0').unwrap_or((&text, ""));
    for (keytype, scheme) in [
        ("ed25519", "ed25519"),
        ("rsa", "rsassa-pss-sha256"),
        ("ecdsa", "ecdsa-sha2-nistp256"),
        (public, sig),
    ] {
        let mut key = Key::ed25519(&[0; 32]);
        (key.keytype, key.scheme) = (keytype.to_owned(), scheme.to_owned());
        key.keyval.public = Some(public.to_owned());
        let Ok(keyid) = key.id() else { continue };
        let signature = Signature { keyid, sig: sig.to_owned(), extra: std::collections::BTreeMap::new() };
        assert!(!has_signed(&key, b"a message that nobody signed", &signature));
    }
});
