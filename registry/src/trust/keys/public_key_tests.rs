//! Known answers, made by the Python package `cryptography`.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use attune_schemas::tuf::RoleKeys;

use super::*;
use crate::trust::keys::verify_role;

const MESSAGE: &[u8] = b"message";

const RSA_PEM: &str = "\
-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAt6wmflUkCEhZoX8fuBEB
1YQWJwwFuDTtICBY/3QR8A4LGFZHGC2JICOQRhPX+OCx7x4MVtDCHQF5v4Awr4mK
WEdoLS8npbBwMOd2db/x2fqj31+EV764EptqagBVByhp4ezVX0nnBDEOQWwEHr/a
/oN8GUiQYhukYuICTMOVgcCdZk14eFxISHifUbSQxN9f+KcpFHNgj13Ytvlze+2G
rJ2+Ydp+f++LAElqQ3+ksTv8WzwmlGCo3mn2hEcV0QuK/k4Lqefi1urBtEN+7dCP
3wdIqZAniBoihVYTKiFmvNNDgmau8WTG1NdZU++M93pwmxKI656uQAoCIIpiLOm0
owIDAQAB
-----END PUBLIC KEY-----";
const RSA_SIGNATURE: &str = "27067c1c72cd98e5d1e6d956705508ea04dd92643e9f628d3cee64c0d47ddeb4e1d13cee2b7047b74afa3b2f0f965ba45b88541d987dfa3605aae41d2bc09bdf7ededf413a1e800c9bcb6a9763052b84d12581dbf80e3fb389cbb859424202af9844e825121bc3a1231e9e9008edecfbb64191e6a05fe753be15da91db23ff7458f3d17f50d6de24b27d93403fe0cd4251d8a950728e065e0a735b8e122180427cfda467667bcc7c574ca595d114f23c1f70b7950c2b5d34e63532708346639d98e93b206e43bfd9eb864e1e07cabbc22ba3b0e50a8dceaf4b4b71030f0493476007601d777c2f76f7743c35b2eeecb0daad6c845a17b57e08973b59fe2e7956";
const SMALL_RSA_PEM: &str = "\
-----BEGIN PUBLIC KEY-----
MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDGCzLYk00c2dbYH97TSma08JFX
4Gj4NY9MXJhepNYcI8XA+VwihzcRtGO46jinfZdubaHD150p+5Ojc66BbXQ9Yq6w
69/moR3oPwdnf7jySczOK3PLsC+3Mayg64ZXUgmnrRjASp7nFGscTCaF2EfsMN15
SrI/S4P6B5N/eiFzSQIDAQAB
-----END PUBLIC KEY-----";
const SMALL_RSA_SIGNATURE: &str = "7d044459e517797ccb2de32d3fcd57ccc91acce54dba52ff33365f591c9960352430627ee9cff5690b493e682b0a5da0f3e8468a7c003156077e70c6b8413e9514ca6f8ee3a1adc86610249c240c587fd0f0b4cc8c0d58edd9c747508e9798fa3ad007c3a3ccf3902aec929ab91601e9482355ee3465195dc8df1c45ce7e3558";
const P256_PEM: &str = "\
-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEN2UlJcpxJSBC4zrJXf3B7fNbBSXH
lk9F4ktXmoctk1tzgnbbgtak3TkmIorbpJaqmTX4WFwQAHAVyEFxF4zU1g==
-----END PUBLIC KEY-----";
const P256_SIGNATURE: &str = "3045022100894e359b96246180ec508a9d8a77f6a11e771b7ac8f86f74cb6bc683a883580b022029c046ea2a04527bfc4959d930725488aa076f45f960774cd1c76ae9bf022404";
const P384_PEM: &str = "\
-----BEGIN PUBLIC KEY-----
MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEkgoKHmzxmgsIkhVlC4A/Lq5xgyUdKcbD
k/Di9QvALAhBkal/6ZtzO2sKtEdRCAO09a2vmO9TS0WOMlcscMaTsM4Y10D8fgj9
qFU0/pFfTvEYqY4o93p47cuUpOk6/Hte
-----END PUBLIC KEY-----";
const P384_SIGNATURE: &str = "3065023100f4fd950e3f81c289380bfef2c3fdb53cbafd43b4469f2a99a36286ccb3a18e0bc3486da363842f3374fffd21fc86809902303971ae35e9b291242e60f940625c07ac2b1c9c5a4026e29c7a302bddf36ef52d10de617426cfd95a00a63d537e54fc2e";

fn key(keytype: &str, scheme: &str, public: &str) -> Key {
    let mut key = Key::ed25519(&[0; 32]);
    (key.keytype, key.scheme) = (keytype.to_owned(), scheme.to_owned());
    key.keyval.public = Some(public.to_owned());
    key
}

fn rsa(pem: &str) -> Key {
    key("rsa", "rsassa-pss-sha256", pem)
}

fn ecdsa(pem: &str) -> Key {
    key("ecdsa", "ecdsa-sha2-nistp256", pem)
}

fn signed(key: &Key, message: &[u8], sig: &str) -> bool {
    let keyid = key.id().unwrap();
    has_signed(key, message, &Signature { keyid, sig: sig.to_owned(), extra: ExtraFields::new() })
}

#[test]
fn signatures_of_others_are_checked() {
    let older = key("ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256", P256_PEM);
    for (key, sig) in
        [(rsa(RSA_PEM), RSA_SIGNATURE), (ecdsa(P256_PEM), P256_SIGNATURE), (older, P256_SIGNATURE)]
    {
        assert!(signed(&key, MESSAGE, sig));
        assert!(!signed(&key, b"another", sig));
        assert!(!signed(&key, MESSAGE, &sig.to_uppercase()));
        assert!(!signed(&key, MESSAGE, &sig[2..]));
        for at in (0..sig.len()).step_by(7) {
            let mut flipped = sig.as_bytes().to_vec();
            flipped[at] = if flipped[at] == b'0' { b'1' } else { b'0' };
            assert!(!signed(&key, MESSAGE, std::str::from_utf8(&flipped).unwrap()), "{at}");
        }
    }
}

#[test]
fn keys_that_are_not_what_their_scheme_says_never_count() {
    for (key, sig) in [
        (rsa(SMALL_RSA_PEM), SMALL_RSA_SIGNATURE),
        (ecdsa(P384_PEM), P384_SIGNATURE),
        (rsa(P256_PEM), P256_SIGNATURE),
        (ecdsa(RSA_PEM), RSA_SIGNATURE),
        (key("rsa", "rsa-pkcs1v15-sha256", RSA_PEM), RSA_SIGNATURE),
        (key("rsa", "rsa-pkcs1v15-sha512", RSA_PEM), RSA_SIGNATURE),
        (key("ecdsa", "ecdsa-sha2-nistp384", P384_PEM), P384_SIGNATURE),
        (key("ed25519", "ed25519", P256_PEM), P256_SIGNATURE),
        (rsa(&RSA_PEM.replace("PUBLIC KEY", "RSA PUBLIC KEY")), RSA_SIGNATURE),
        (rsa(&RSA_PEM[..200]), RSA_SIGNATURE),
        (rsa(""), RSA_SIGNATURE),
    ] {
        assert!(!signed(&key, MESSAGE, sig), "{key:?}");
    }
}

#[test]
fn one_key_spelled_twice_counts_once() {
    let (one, other) = (rsa(RSA_PEM), rsa(&format!("{RSA_PEM}\n")));
    let ids = [one.id().unwrap(), other.id().unwrap()];
    assert_ne!(ids[0], ids[1]);
    let signature = |id: &attune_schemas::tuf::KeyId| Signature {
        keyid: id.clone(),
        sig: RSA_SIGNATURE.to_owned(),
        extra: ExtraFields::new(),
    };
    let signatures: Vec<_> = ids.iter().map(signature).collect();
    let keys = BTreeMap::from([(ids[0].clone(), one), (ids[1].clone(), other)]);
    let mut role = RoleKeys { keyids: ids.to_vec(), threshold: NonZeroU32::MIN, extra: ExtraFields::new() };
    assert!(verify_role(&role, &keys, MESSAGE, &signatures).is_ok());
    role.threshold = NonZeroU32::new(2).unwrap();
    assert_eq!(verify_role(&role, &keys, MESSAGE, &signatures).unwrap_err().valid, 1);
}

#[test]
fn public_keys_are_read_from_pem_json_and_key_files() {
    let read = |text: &str| read_public_key("k", text.as_bytes());
    assert_eq!(read(RSA_PEM).unwrap(), rsa(RSA_PEM));
    assert_eq!(read(&format!("{P256_PEM}\n")).unwrap(), ecdsa(P256_PEM));
    // RFC 8410, 10.1
    let pem = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n";
    let ed25519 = read(pem).unwrap();
    let public = "19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1";
    assert_eq!(ed25519.keyval.public.as_deref(), Some(public));
    assert_eq!(read(&serde_json::to_string(&ed25519).unwrap()).unwrap(), ed25519);
    for text in ["", "{}", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", P384_PEM] {
        let error = read(text).unwrap_err();
        assert!(matches!(error, KeyError::Malformed { .. }), "{text}");
    }
    let unknown = serde_json::to_string(&key("ed448", "ed448", "00")).unwrap();
    assert!(read(&unknown).unwrap_err().to_string().contains("type and scheme"));
}
