//! A key behind a program: a hardware module, a cloud's key service, an agent.
//!
//! ```text
//! PROGRAM ARG... public     prints the public key: a key as metadata lists it, or PEM
//! PROGRAM ARG... sign       is given the message on standard input, prints the signature in hex
//! ```
//!
//! The program runs without a shell. What it prints is bounded, and a signature is checked before it is used.

use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};

use attune_registry::trust::{KeyError, Sign, has_signed, read_public_key};
use attune_registry::workers::start;
use attune_schemas::tuf::{Key, KeyId, Signature};

use super::PASSPHRASE_VARIABLE;

/// The most that a program may print.
const MAX_OUTPUT_BYTES: u64 = 64 * 1024;
/// The most characters of its complaint that are passed on.
const MAX_COMPLAINT: usize = 200;

/// A key that a program signs with.
pub struct CommandKey {
    words: Vec<String>,
    public: Key,
    id: KeyId,
}

impl CommandKey {
    /// The key that the program says it has.
    pub fn connect(words: &[String]) -> Result<Self, KeyError> {
        let printed = run(words, "public", &[])?;
        Self::known(words, read_public_key(&name(words), &printed)?)
    }

    /// The key of which the public half is known already.
    pub fn known(words: &[String], public: Key) -> Result<Self, KeyError> {
        let reason = "it has no canonical form";
        let id = public.id().map_err(|_| KeyError::Malformed { name: name(words), reason })?;
        Ok(Self { words: words.to_vec(), public, id })
    }
}

impl Sign for CommandKey {
    fn public(&self) -> &Key {
        &self.public
    }

    fn id(&self) -> &KeyId {
        &self.id
    }

    fn sign(&self, message: &[u8]) -> Result<Signature, KeyError> {
        let printed = run(&self.words, "sign", message)?;
        let failed = |reason: &str| KeyError::Source { name: name(&self.words), reason: reason.to_owned() };
        let text = std::str::from_utf8(&printed).map_err(|_| failed("it did not print hex"))?;
        let sig = text.trim().to_ascii_lowercase();
        let signature = Signature { keyid: self.id.clone(), sig, extra: std::collections::BTreeMap::new() };
        if has_signed(&self.public, message, &signature) {
            return Ok(signature);
        }
        Err(failed("what it printed is not a signature by its key"))
    }
}

impl std::fmt::Debug for CommandKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("CommandKey").field(&self.id.as_str()).finish()
    }
}

/// The program without its arguments, as these may hold a PIN.
fn name(words: &[String]) -> String {
    format!("cmd:{}", words.first().map_or("", String::as_str))
}

fn run(words: &[String], verb: &str, input: &[u8]) -> Result<Vec<u8>, KeyError> {
    let failed = |reason: String| KeyError::Source { name: name(words), reason };
    let (program, arguments) = words.split_first().ok_or_else(|| failed("no program is named".to_owned()))?;
    let mut command = Command::new(program);
    command.args(arguments).arg(verb).env_remove(PASSPHRASE_VARIABLE);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| failed(format!("it cannot be run: {error}")))?;
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let (mut printed, mut complaint) = (Vec::new(), Vec::new());
    let talked = std::thread::scope(|scope| {
        let listening = start(scope, || {
            let _ = stderr.map(|stderr| stderr.take(MAX_OUTPUT_BYTES).read_to_end(&mut complaint));
        });
        let telling = start(scope, || {
            // A program that does not read its input has its reasons; its answer will be judged.
            let _ = stdin.map(|mut stdin| stdin.write_all(input));
        });
        if listening.is_some() && telling.is_some() {
            let _ = stdout.map(|stdout| stdout.take(MAX_OUTPUT_BYTES).read_to_end(&mut printed));
            return true;
        }
        // Nobody would empty its pipes, so it might wait for ever. It may have ended by itself.
        let _ = child.kill();
        false
    });
    let status = child.wait().map_err(|error| failed(error.to_string()))?;
    if !talked {
        return Err(failed("this machine refuses the threads that talk to it".to_owned()));
    }
    if status.success() {
        return Ok(printed);
    }
    let complaint = String::from_utf8_lossy(&complaint);
    let last = complaint.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let last: String = last.trim().escape_debug().take(MAX_COMPLAINT).collect();
    let separator = if last.is_empty() { "" } else { ": " };
    Err(failed(format!("`{verb}` ended with {status}{separator}{last}")))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use attune_registry::trust::SigningKey;

    use super::*;

    /// A program that runs `body`, with `$1` its verb.
    fn program(dir: &tempfile::TempDir, body: &str) -> Vec<String> {
        let path = dir.path().join("signer");
        crate::testing::write_program(&path, &format!("#!/bin/sh\n{body}\n"));
        vec![path.display().to_string()]
    }

    fn signer(key: &SigningKey, body: &str) -> (tempfile::TempDir, Result<CommandKey, KeyError>) {
        let dir = tempfile::tempdir().unwrap();
        let public = serde_json::to_string(key.public()).unwrap();
        let words = program(&dir, &format!("if [ \"$1\" = public ]; then echo '{public}'; exit; fi\n{body}"));
        let key = CommandKey::connect(&words);
        (dir, key)
    }

    #[test]
    fn a_program_signs() {
        let key = SigningKey::from_seed(&[1; 32]);
        let expected = key.sign(b"message");
        let check = "[ \"$(cat)\" = message ] || exit 1\n";
        for printed in [expected.sig.clone(), expected.sig.to_uppercase()] {
            let (_dir, signer) = signer(&key, &format!("{check} echo {printed}"));
            let signer = signer.unwrap();
            assert_eq!(signer.sign(b"message").unwrap(), expected);
            assert!(signer.sign(b"another").is_err());
        }
    }

    #[test]
    fn what_is_not_a_signature_by_the_key_is_refused() {
        let stranger = SigningKey::from_seed(&[2; 32]).sign(b"message").sig;
        for printed in [stranger.as_str(), "", "zz", "00"] {
            let (_dir, signer) = signer(&SigningKey::from_seed(&[1; 32]), &format!("echo {printed}"));
            let error = signer.unwrap().sign(b"message").unwrap_err();
            assert!(error.to_string().contains("not a signature by its key"), "{error}");
        }
    }

    #[test]
    fn a_program_that_fails_is_quoted_harmlessly() {
        let key = SigningKey::from_seed(&[1; 32]);
        let (_dir, signer) = signer(&key, "printf 'first\\n\\033[31mno token\\n' >&2; exit 3");
        let error = signer.unwrap().sign(b"message").unwrap_err().to_string();
        assert!(error.contains("no token") && error.contains("exit status: 3"), "{error}");
        assert!(!error.contains('\u{1b}') && !error.contains("first"), "{error}");
    }

    #[test]
    fn a_program_that_is_missing_or_has_no_key() {
        let missing = CommandKey::connect(&["/nonexistent/signer".to_owned(), "--pin=1234".to_owned()]);
        let error = missing.unwrap_err().to_string();
        assert!(error.contains("cannot be run") && !error.contains("1234"), "{error}");
        let dir = tempfile::tempdir().unwrap();
        let error = CommandKey::connect(&program(&dir, "echo hello")).unwrap_err();
        assert!(matches!(error, KeyError::Malformed { .. }), "{error}");
        let flood = CommandKey::connect(&program(&dir, "head -c 1000000 /dev/zero"));
        assert!(flood.is_err());
    }
}
