//! The logins of private package indexes: read where npm, pip and uv read them, sent to their server alone, and
//! shown nowhere.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use attune_tests::binaries::Binary;
use attune_tests::{NodePackage, NodeProject, PackBuilder, PrivateServer, Reply, Run, WheelBuilder, World};
use serde_json::json;

const SECRET: &str = "s3cret-token";
/// `u:s3cret-token`.
const BASIC: &str = "dTpzM2NyZXQtdG9rZW4=";
/// `s3cret-token`.
const PASSWORD: &str = "czNjcmV0LXRva2Vu";

fn home(world: &World) -> PathBuf {
    let home = world.path().join("home");
    fs_err::create_dir_all(&home).unwrap();
    home
}

/// Adds `pack` with the home directory of the world, and with `variables`.
fn add(world: &World, pack: &Path, variables: &[(&str, &str)], options: &[&str]) -> Run {
    let mut command = world.command(Binary::Build);
    command.arg("add").arg(world.registry()).arg(pack).args([
        "-vv",
        "--platform=linux/amd64",
        "--python=3.11",
    ]);
    command.args(options).env("HOME", home(world));
    for name in ["NETRC", "XDG_CONFIG_HOME", "NPM_CONFIG_USERCONFIG", "UV_DEFAULT_INDEX", "UV_INDEX"] {
        command.env_remove(name);
    }
    let run = Run::of({
        command.envs(variables.iter().copied());
        command
    });
    for said in [&run.stdout, &run.stderr] {
        assert!(
            ![SECRET, BASIC, PASSWORD].iter().any(|secret| said.contains(secret)),
            "it is shown:\n{said}"
        );
    }
    run
}

/// No file below `directory` has the secret in it.
fn assert_unpublished(directory: &Path) {
    for entry in fs_err::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            assert_unpublished(&path);
        } else {
            let bytes = fs_err::read(&path).unwrap();
            assert!(
                !bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes()),
                "{}",
                path.display()
            );
        }
    }
}

fn package(name: &str) -> NodePackage {
    NodePackage::new(name, "1.0.0")
}

/// A server with the tarball of `name`, and a pack that locks it there.
fn node_pack(world: &World, name: &str, authorization: &str) -> (PrivateServer, PathBuf) {
    let path = format!("/npm/all/{name}/-/{name}-1.0.0.tgz");
    let files = BTreeMap::from([(path.clone(), package(name).tarball())]);
    let server = PrivateServer::for_login(authorization, files);
    let place = format!("node_modules/{name}");
    let resolved = json!({"resolved": server.url(&path)});
    let project = NodeProject::new(&[&format!("{name}@1")]).at_with(&place, &package(name), &resolved);
    let pack = PackBuilder::new("weaver", "1.0.0").yaml("runtime_deps: [nodejs]");
    (server, project.in_pack(pack, 3).write(&world.path().join("packs")))
}

#[test]
fn tarballs_are_fetched_with_the_login_of_the_users_npmrc() {
    let bearer = format!("Bearer {SECRET}");
    let basic = format!("Basic {BASIC}");
    for (npmrc, name, authorization) in [
        ("//HOST/npm/all/:_authToken=${NPM_TOKEN}\n//HOST/:_authToken=other", "thing", &bearer),
        ("//HOST/:_authToken=${NPM_TOKEN}\n//HOST/npm/other/:_authToken=other", "thing", &bearer),
        (&format!("//HOST/npm/all/:_auth={BASIC}"), "thing", &basic),
        (&format!("//HOST/npm/all/:username=u\n//HOST/npm/all/:_password=\"{PASSWORD}\""), "thing", &basic),
        (
            &format!("@acme:registry=http://HOST/acme/\n//HOST/acme/:_authToken={SECRET}"),
            "@acme/thing",
            &bearer,
        ),
        (&format!("registry=http://u:{SECRET}@HOST/npm/all/"), "thing", &basic),
    ] {
        let world = World::with_registry();
        let (server, pack) = node_pack(&world, name, authorization);
        fs_err::write(home(&world).join(".npmrc"), npmrc.replace("HOST", server.address())).unwrap();
        add(&world, &pack, &[("NPM_TOKEN", SECRET)], &[]).succeeds();
        assert_unpublished(&world.registry());
    }
}

#[test]
fn variables_and_another_npmrc_log_in_as_well() {
    let world = World::with_registry();
    let (server, pack) = node_pack(&world, "thing", &format!("Bearer {SECRET}"));
    let other = world.path().join("ci.npmrc");
    fs_err::write(&other, format!("//{}/:_authToken={SECRET}\n", server.address())).unwrap();
    add(&world, &pack, &[("NPM_CONFIG_USERCONFIG", other.to_str().unwrap())], &[]).succeeds();

    let world = World::with_registry();
    let (server, pack) = node_pack(&world, "thing", &format!("Bearer {SECRET}"));
    let name = format!("npm_config_//{}/:_authToken", server.address());
    add(&world, &pack, &[(&name, SECRET)], &[]).succeeds();
}

#[test]
fn a_login_of_the_working_directory_or_of_netrc_is_none_for_npm() {
    let world = World::with_registry();
    let (server, pack) = node_pack(&world, "thing", &format!("Bearer {SECRET}"));
    let npmrc = format!("//{}/:_authToken={SECRET}\n", server.address());
    fs_err::write(world.path().join("package.json"), "{}").unwrap();
    fs_err::write(world.path().join(".npmrc"), npmrc).unwrap();
    let netrc = format!("machine 127.0.0.1 login u password {SECRET}\n");
    fs_err::write(home(&world).join(".netrc"), netrc).unwrap();
    add(&world, &pack, &[], &[]).fails(1, &["thing-1.0.0.tgz", "401", ".npmrc"]).with_hint();
    assert!(server.asked().iter().all(|asked| asked.header("authorization").is_empty()));
}

#[test]
fn a_redirect_to_another_server_carries_no_login() {
    let world = World::with_registry();
    let tarball = package("thing").tarball();
    let elsewhere = PrivateServer::start(move |_| Reply::new(200, tarball.clone()));
    let target = elsewhere.url("/cdn/thing.tgz?sig=own");
    let server = PrivateServer::start(move |_| Reply::new(302, "").header("Location", target.clone()));
    let resolved = json!({"resolved": server.url("/thing.tgz?signature=s3cret-token")});
    let project = NodeProject::new(&["thing@1"]).at_with("node_modules/thing", &package("thing"), &resolved);
    let pack = PackBuilder::new("weaver", "1.0.0").yaml("runtime_deps: [nodejs]");
    let pack = project.in_pack(pack, 3).write(&world.path().join("packs"));
    let npmrc = format!("//{}/:_authToken={SECRET}\n", server.address());
    fs_err::write(home(&world).join(".npmrc"), npmrc).unwrap();
    add(&world, &pack, &[], &[]).succeeds();
    assert_eq!(server.asked()[0].header("authorization"), format!("Bearer {SECRET}"));
    let asked = &elsewhere.asked()[0];
    assert_eq!((asked.header("authorization"), asked.header("referer")), ("", ""));
}

/// A server with a wheel, and a pack that locks it there.
fn python_pack(world: &World) -> (PrivateServer, PathBuf) {
    let wheel = WheelBuilder::new("thing", "1.0.0").file("thing.py", "").build();
    let path = format!("/files/{}", wheel.filename);
    let files = BTreeMap::from([(path.clone(), wheel.bytes.clone())]);
    let server = PrivateServer::for_login(&format!("Basic {BASIC}"), files);
    let local = PackBuilder::new("snake", "1.0.0").wheel(&wheel).write(&world.path().join("packs"));
    let lock = local.join("pylock.toml");
    let relative = format!("path = \"wheels/{}\"", wheel.filename);
    let text = fs_err::read_to_string(&lock).unwrap();
    assert!(text.contains(&relative), "{text}");
    fs_err::write(&lock, text.replace(&relative, &format!("url = \"{}\"", server.url(&path)))).unwrap();
    fs_err::remove_dir_all(local.join("wheels")).unwrap();
    (server, local)
}

#[test]
fn wheels_are_fetched_with_the_login_of_netrc() {
    let world = World::with_registry();
    let (server, pack) = python_pack(&world);
    add(&world, &pack, &[], &[]).fails(1, &["401", ".netrc"]).with_hint();
    let text = format!("machine 127.0.0.1\n  login u\n  password {SECRET}\n");
    fs_err::write(home(&world).join(".netrc"), &text).unwrap();
    add(&world, &pack, &[], &[]).succeeds();
    assert_unpublished(&world.registry());
    assert_eq!(server.asked().last().unwrap().header("authorization"), format!("Basic {BASIC}"));

    let world = World::with_registry();
    let (_server, pack) = python_pack(&world);
    let other = world.path().join("other-netrc");
    fs_err::write(&other, &text).unwrap();
    add(&world, &pack, &[("NETRC", other.to_str().unwrap())], &[]).succeeds();
}

#[test]
fn wheels_are_fetched_with_the_login_of_uvs_indexes() {
    let world = World::with_registry();
    let (server, pack) = python_pack(&world);
    let index = format!("own=http://{}/simple", server.address());
    let login =
        [("UV_INDEX", index.as_str()), ("UV_INDEX_OWN_USERNAME", "u"), ("UV_INDEX_OWN_PASSWORD", SECRET)];
    add(&world, &pack, &login, &[]).succeeds();

    let world = World::with_registry();
    let (server, pack) = python_pack(&world);
    let directory = home(&world).join(".config/uv");
    fs_err::create_dir_all(&directory).unwrap();
    let text = format!("index-url = 'http://u:{SECRET}@{}/simple'\n", server.address());
    fs_err::write(directory.join("uv.toml"), text).unwrap();
    add(&world, &pack, &[], &[]).succeeds();

    let world = World::with_registry();
    let (server, pack) = python_pack(&world);
    let links = format!("--find-links=http://u:{SECRET}@{}/links", server.address());
    add(&world, &pack, &[], &[&links]).succeeds();
    assert_unpublished(&world.registry());
}

#[test]
fn interpreters_are_fetched_with_a_login() {
    let world = World::with_registry();
    let basic = format!("Basic {BASIC}");
    let files = BTreeMap::from([("/python.tar.gz".to_owned(), b"no archive".to_vec())]);
    let server = PrivateServer::for_login(&basic, files);
    let netrc = format!("machine 127.0.0.1 login u password {SECRET}\n");
    fs_err::write(home(&world).join(".netrc"), netrc).unwrap();
    let digest = attune_schemas::Digest::of(b"no archive").to_string();
    let mut command = world.command(Binary::Build);
    command.args(["runtime", "add", "registry", "python", "--version", "3.11.7", "--sha256", &digest]);
    command.arg(server.url("/python.tar.gz")).env("HOME", home(&world)).env_remove("NETRC");
    // It is fetched, and refused for what it is.
    let run = Run::of(command);
    assert!(run.status != Some(0) && server.asked().len() == 1, "{run:?}");
    assert_eq!(server.asked()[0].header("authorization"), basic);
    assert!(!run.stderr.contains("401"), "{}", run.stderr);
}

#[test]
fn the_login_of_a_repository_is_shown_and_published_nowhere() {
    let world = World::with_registry();
    let server = PrivateServer::start(|_| Reply::new(403, ""));
    let commit = "e5403460d1d2abe54de374388997a07a429031c0";
    let url = format!("git+http://u:{SECRET}@{}/r.git#{commit}", server.address());
    let project = NodeProject::new(&[&format!("thing@{url}")])
        .raw("node_modules/thing", json!({"version": "1.0.0", "resolved": url}));
    let pack = PackBuilder::new("weaver", "1.0.0").yaml("runtime_deps: [nodejs]");
    let pack = project.in_pack(pack, 3).write(&world.path().join("packs"));
    // A pack that itself holds a login is refused, unless that is meant.
    let run = add(&world, &pack, &[], &["--include-secrets"]);
    assert_ne!(run.status, Some(0), "{run:?}");
    assert!(run.stderr.contains("/r.git"), "{}", run.stderr);
}
