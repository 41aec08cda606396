//! Downloads behind proxies and authorities of one's own, as the environment and npm's configuration say.

use std::path::{Path, PathBuf};

use attune_tests::binaries::Binary;
use attune_tests::world::standard;
use attune_tests::{Identity, NodePackage, NodeProject, PackBuilder, PrivateServer, Reply, Run, World};
use serde_json::json;

/// Variables that a test may have from outside.
const VARIABLES: [&str; 11] = [
    "HTTP_PROXY",
    "http_proxy",
    "HTTPS_PROXY",
    "https_proxy",
    "ALL_PROXY",
    "all_proxy",
    "NO_PROXY",
    "no_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "NODE_EXTRA_CA_CERTS",
];

fn package() -> NodePackage {
    NodePackage::new("thing", "1.0.0")
}

/// A pack that locks `thing` at `url`.
fn pack(world: &World, url: &str) -> PathBuf {
    let resolved = json!({ "resolved": url });
    let project = NodeProject::new(&["thing@1"]).at_with("node_modules/thing", &package(), &resolved);
    let pack = PackBuilder::new("weaver", "1.0.0").yaml("runtime_deps: [nodejs]");
    project.in_pack(pack, 3).write(&world.path().join("packs"))
}

/// Adds `pack` with `npmrc` in the home directory, and with `variables` alone.
fn add(world: &World, pack: &Path, npmrc: &str, variables: &[(&str, &str)]) -> Run {
    let home = world.path().join("home");
    fs_err::create_dir_all(&home).unwrap();
    fs_err::write(home.join(".npmrc"), npmrc).unwrap();
    let mut command = world.command(Binary::Build);
    command.arg("add").arg(world.registry()).arg(pack).args(["-vv", "--platform=linux/amd64"]);
    for name in VARIABLES {
        command.env_remove(name);
    }
    command
        .env("HOME", home)
        .env_remove("NPM_CONFIG_USERCONFIG")
        .env("npm_config_globalconfig", "/nowhere/npmrc");
    command.envs(variables.iter().copied());
    Run::of(command)
}

/// A proxy that has the tarball of a server which is nowhere.
fn proxy() -> PrivateServer {
    let tarball = package().tarball();
    PrivateServer::start(move |asked| match asked.target.as_str() {
        "http://registry.invalid/thing.tgz" => Reply::new(200, tarball.clone()),
        _ => Reply::new(502, ""),
    })
}

const NOWHERE: &str = "http://registry.invalid/thing.tgz";

#[test]
fn proxies_of_the_environment_hold_for_downloads() {
    for name in ["HTTP_PROXY", "http_proxy", "ALL_PROXY"] {
        let (world, proxy) = (World::with_registry(), proxy());
        add(&world, &pack(&world, NOWHERE), "", &[(name, &proxy.url(""))]).succeeds();
        assert_eq!(proxy.asked().len(), 1, "{name}");
    }
    let (world, proxy) = (World::with_registry(), proxy());
    let variables = [("HTTP_PROXY", &*proxy.url("")), ("NO_PROXY", "elsewhere.invalid,.registry.invalid")];
    add(&world, &pack(&world, NOWHERE), "", &variables).fails(1, &["thing.tgz"]).with_hint();
    assert!(proxy.asked().is_empty());
}

#[test]
fn proxies_of_npms_configuration_go_before_those_of_the_environment() {
    for key in ["https-proxy", "proxy"] {
        let (world, proxy) = (World::with_registry(), proxy());
        let npmrc = format!("{key}={}\n", proxy.url(""));
        add(&world, &pack(&world, NOWHERE), &npmrc, &[("HTTP_PROXY", "http://127.0.0.1:1")]).succeeds();
        let npmrc = format!("{npmrc}noproxy=registry.invalid\n");
        let other = World::with_registry();
        add(&other, &pack(&other, NOWHERE), &npmrc, &[]).fails(1, &["thing.tgz"]);
        assert_eq!(proxy.asked().len(), 1, "{key}");
    }
    let (world, proxy) = (World::with_registry(), proxy());
    let variables = [("HTTP_PROXY", &*proxy.url(""))];
    add(&world, &pack(&world, NOWHERE), "noproxy=registry.invalid", &variables).fails(1, &["thing.tgz"]);
    assert!(proxy.asked().is_empty());
}

#[test]
fn a_proxys_login_is_sent_to_it_and_shown_nowhere() {
    let (world, proxy) = (World::with_registry(), proxy());
    let url = format!("http://u:s3cret@{}", proxy.address());
    let run = add(&world, &pack(&world, NOWHERE), &format!("https-proxy={url}"), &[]).succeeds();
    assert_eq!(proxy.asked()[0].header("proxy-authorization"), "Basic dTpzM2NyZXQ=");
    assert!(!run.stderr.contains("s3cret") && !run.stdout.contains("s3cret"), "{run:?}");
    let refusing = PrivateServer::start(|_| Reply::new(407, ""));
    let url = format!("http://u:s3cret@{}", refusing.address());
    let other = World::with_registry();
    let run = add(&other, &pack(&other, NOWHERE), "", &[("HTTP_PROXY", &url)]).fails(1, &["407"]);
    assert!(!run.stderr.contains("s3cret"), "{}", run.stderr);
    let world = World::with_registry();
    let run = add(&world, &pack(&world, NOWHERE), "https-proxy=u:s3cret@not a URL", &[]).fails(1, &["proxy"]);
    assert!(!run.stderr.contains("s3cret"), "{}", run.stderr);
}

#[test]
fn the_installer_goes_through_a_proxy_as_well() {
    let proxy = PrivateServer::start(|asked| {
        let path = asked.target.strip_prefix("http://registry.invalid/reg/").unwrap_or("none");
        match fs_err::read(standard().registry().join(path)) {
            Ok(body) => Reply::new(200, body),
            Err(_) => Reply::new(404, ""),
        }
    });
    let world = World::new();
    let mut command = world.installer();
    command
        .args(["reporter", "--registry", "http://registry.invalid/reg", "--trust"])
        .arg(standard().trust());
    for name in VARIABLES {
        command.env_remove(name);
    }
    command.env("http_proxy", proxy.url(""));
    Run::of(command).succeeds();
}

/// A server behind TLS with the tarball, and its authority.
fn private_https(directory: &Path) -> (PrivateServer, Identity, String) {
    let authority = Identity::self_signed(directory, "authority", &[]);
    let tarball = package().tarball();
    let server = PrivateServer::start_tls(&authority.signs(directory, "server"), move |_| {
        Reply::new(200, tarball.clone())
    });
    let url = format!("https://localhost:{}/thing.tgz", server.address().rsplit(':').next().unwrap());
    (server, authority, url)
}

#[test]
fn authorities_are_those_of_the_environment_and_of_npms_configuration() {
    let directory = tempfile::tempdir().unwrap();
    let (_server, authority, url) = private_https(directory.path());
    let file = authority.certificate();
    let other = Identity::self_signed(directory.path(), "other", &[]);
    let inline = fs_err::read_to_string(file).unwrap().trim().replace('\n', "\\n");
    for (npmrc, variables) in [
        (String::new(), vec![("SSL_CERT_FILE", file)]),
        (String::new(), vec![("NODE_EXTRA_CA_CERTS", file)]),
        (format!("cafile={file}"), vec![]),
        (format!("ca=\"{inline}\""), vec![]),
        (format!("ca[]=\"{inline}\""), vec![("NODE_EXTRA_CA_CERTS", "/nowhere.pem")]),
        (format!("cafile={}", other.certificate()), vec![("SSL_CERT_FILE", file)]),
    ] {
        let world = World::with_registry();
        add(&world, &pack(&world, &url), &npmrc, &variables).succeeds();
    }
}

#[test]
fn without_any_authority_all_but_https_is_fetched() {
    let tarball = package().tarball();
    let server = PrivateServer::start(move |_| Reply::new(200, tarball.clone()));
    let nobody = [("SSL_CERT_FILE", "/nowhere.pem"), ("SSL_CERT_DIR", "/nowhere")];
    let world = World::with_registry();
    add(&world, &pack(&world, &server.url("/thing.tgz")), "", &nobody).succeeds();
    let directory = tempfile::tempdir().unwrap();
    let (_server, _, url) = private_https(directory.path());
    let words = ["not signed by an authority that this machine trusts", "SSL_CERT_FILE"];
    let world = World::with_registry();
    add(&world, &pack(&world, &url), "", &nobody).fails(1, &words).with_hint();
}

#[test]
fn a_certificate_is_checked_whatever_npms_configuration_says() {
    let directory = tempfile::tempdir().unwrap();
    let (server, _, url) = private_https(directory.path());
    let world = World::with_registry();
    let npmrc =
        format!("strict-ssl=false\n//{}/:_authToken=T\n", server.address().replace("127.0.0.1", "localhost"));
    let words =
        ["`strict-ssl=false`", "not signed by an authority that this machine trusts", "SSL_CERT_FILE"];
    add(&world, &pack(&world, &url), &npmrc, &[]).fails(1, &words).with_hint();
    assert!(server.asked().is_empty());
    let world = World::with_registry();
    let empty = directory.path().join("empty.pem");
    fs_err::write(&empty, "no certificate").unwrap();
    let npmrc = format!("cafile={}", empty.display());
    add(&world, &pack(&world, &url), &npmrc, &[]).fails(1, &["no certificate", "cafile"]).with_hint();
}
