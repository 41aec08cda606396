//! Certificates of servers, made by the program `openssl`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// A certificate and its key, in files.
#[derive(Debug, Clone)]
pub struct Identity {
    certificate: PathBuf,
    key: PathBuf,
}

impl Identity {
    /// One that signed itself, called `name` in `directory`; `options` go to `openssl req`.
    pub fn self_signed(directory: &Path, name: &str, options: &[&str]) -> Self {
        let made = Self::at(directory, name);
        made.request(&["-x509"], options);
        made
    }

    /// One for `localhost` that `self` signed.
    #[must_use]
    pub fn signs(&self, directory: &Path, name: &str) -> Self {
        self.signs_until(directory, name, "20990101000000Z")
    }

    /// The same, valid from 2020 until `end`, which is written as in certificates.
    #[must_use]
    pub fn signs_until(&self, directory: &Path, name: &str, end: &str) -> Self {
        const CONFIGURATION: &str = "[ca]\ndefault_ca = own\n[own]\ndatabase = index\nnew_certs_dir = .\n\
            default_md = sha256\npolicy = any\nrand_serial = yes\n[any]\ncommonName = optional\n[extensions]\n\
            subjectAltName = DNS:localhost\nbasicConstraints = critical, CA:FALSE\n";
        let made = Self::at(directory, name);
        fs_err::write(directory.join("ca.cnf"), CONFIGURATION).unwrap();
        fs_err::write(directory.join("index"), "").unwrap();
        made.request(&[], &[]);
        let mut command = Command::new("openssl");
        command.current_dir(directory).args([
            "ca",
            "-batch",
            "-config",
            "ca.cnf",
            "-extensions",
            "extensions",
        ]);
        command.args(["-notext", "-startdate", "20200101000000Z", "-enddate", end]);
        command.arg("-cert").arg(&self.certificate).arg("-keyfile").arg(&self.key);
        command.arg("-in").arg(&made.certificate).arg("-out").arg(&made.certificate);
        run(command);
        made
    }

    fn at(directory: &Path, name: &str) -> Self {
        let at = |kind: &str| directory.join(format!("{name}.{kind}.pem"));
        Self { certificate: at("certificate"), key: at("key") }
    }

    fn request(&self, kind: &[&str], options: &[&str]) {
        let mut command = Command::new("openssl");
        command
            .args(["req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost"])
            .args(kind)
            .args(options);
        command.arg("-keyout").arg(&self.key).arg("-out").arg(&self.certificate);
        run(command);
    }

    /// The path of the key.
    pub fn key(&self) -> &str {
        self.key.to_str().unwrap()
    }

    /// The certificate's file.
    pub fn certificate(&self) -> &str {
        self.certificate.to_str().unwrap()
    }

    pub(crate) fn server(&self) -> Arc<ServerConfig> {
        // An error means that a provider is installed already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let certificate = CertificateDer::from_pem_file(&self.certificate).unwrap();
        let key = PrivateKeyDer::from_pem_file(&self.key).unwrap();
        let config = ServerConfig::builder().with_no_client_auth();
        Arc::new(config.with_single_cert(vec![certificate], key).unwrap())
    }
}

fn run(mut command: Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
