//! Registries behind TLS: what is wrong with a certificate is said in a sentence, with the remedy.

use attune_tests::world::standard;
use attune_tests::{Identity, PrivateServer, Reply, Run, World};

const FOR_LOCALHOST: [&str; 2] = ["-addext", "subjectAltName=DNS:localhost"];
const NO_AUTHORITY: [&str; 2] = ["-addext", "basicConstraints=critical,CA:FALSE"];

fn serve(identity: &Identity) -> (PrivateServer, String) {
    let server = PrivateServer::start_tls(identity, |asked| {
        match fs_err::read(standard().registry().join(asked.target.trim_start_matches('/'))) {
            Ok(body) => Reply::new(200, body),
            Err(_) => Reply::new(404, ""),
        }
    });
    let port = server.address().rsplit(':').next().unwrap();
    let url = format!("https://localhost:{port}");
    (server, url)
}

fn install(url: &str, trusted: &Identity) -> Run {
    let world = World::new();
    let mut command = world.installer();
    command.args(["reporter", "--registry", url, "--trust"]).arg(standard().trust());
    command.env("SSL_CERT_FILE", trusted.certificate()).env_remove("SSL_CERT_DIR");
    Run::of(command)
}

#[test]
fn a_certificate_of_a_named_authority_is_accepted() {
    let directory = tempfile::tempdir().unwrap();
    let authority = Identity::self_signed(directory.path(), "authority", &[]);
    let (_server, url) = serve(&authority.signs(directory.path(), "server"));
    install(&url, &authority).succeeds();
}

#[test]
fn a_self_signed_certificate_of_no_authority_is_accepted_if_it_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let options = [FOR_LOCALHOST, NO_AUTHORITY].concat();
    let own = Identity::self_signed(directory.path(), "own", &options);
    let (_server, url) = serve(&own);
    install(&url, &own).succeeds();
    let other = Identity::self_signed(directory.path(), "other", &options);
    let words = ["not signed by an authority that this machine trusts", "SSL_CERT_FILE"];
    install(&url, &other).fails(1, &words).with_hint();
}

#[test]
fn a_servers_certificate_that_is_an_authority_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let own = Identity::self_signed(directory.path(), "own", &FOR_LOCALHOST);
    let (_server, url) = serve(&own);
    install(&url, &own).fails(1, &["an authority's (CA:TRUE)", "CA:FALSE", "SSL_CERT_FILE"]).with_hint();
}

#[test]
fn a_certificate_for_another_name_or_time_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let authority = Identity::self_signed(directory.path(), "authority", &[]);
    let (server, url) = serve(&authority.signs(directory.path(), "server"));
    let address = url.replace("localhost", "127.0.0.1");
    install(&address, &authority).fails(1, &["for another name", "subjectAltName"]).with_hint();
    drop(server);
    let (_server, url) = serve(&authority.signs_until(directory.path(), "old", "20200102000000Z"));
    install(&url, &authority).fails(1, &["has expired", "clock"]).with_hint();
}

#[test]
fn without_any_authority_all_but_https_is_served() {
    let server = attune_tests::servers::RealServer::start(standard());
    let install = |url: &str| {
        let world = World::new();
        let mut command = world.installer();
        command.args(["reporter", "--registry", url, "--trust"]).arg(standard().trust());
        command.env("SSL_CERT_FILE", "/nowhere.pem").env("SSL_CERT_DIR", "/nowhere");
        Run::of(command)
    };
    install(server.url()).succeeds();
    let words = ["no certificates of trusted authorities", "SSL_CERT_FILE"];
    install("https://localhost:1").fails(1, &words).with_hint();
}
