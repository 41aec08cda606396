//! Every source, and the mark that it leaves.

use std::io::Write as _;
use std::path::Path;

use attune_tests::{GitRepository, PrivateServer, Reply, Run, World, git_server};
use rusqlite::Connection;

use super::{install, slack, written};

/// A gzipped tar of the pack at `directory`, in one top folder.
fn tar_gz(directory: &Path) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    builder.append_dir_all("slack-1.0.0", directory).unwrap();
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(&builder.into_inner().unwrap()).unwrap();
    encoder.finish().unwrap()
}

/// The columns of the pack's row that say where it is from.
fn row(world: &World) -> (String, Option<String>, Option<String>, bool) {
    let database = Connection::open(world.root().join("state/attune.db")).unwrap();
    let query = "SELECT source_type, source_url, source_ref, checksum_verified FROM pack WHERE ref = 'slack'";
    let columns = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?));
    database.query_row(query, [], columns).unwrap()
}

fn assert_marked(world: &World) {
    let pack = &world.list()["packs"][0];
    assert_eq!((&pack["ref"], &pack["registry"]), (&"slack".into(), &"this-host".into()));
    assert_eq!(pack["unsigned"], true, "{pack}");
    assert!(world.list_text().contains("this-host (unsigned)"), "{}", world.list_text());
    world.verify(&[]).succeeds();
}

#[test]
fn a_directory_is_signed_by_the_host_and_marked() {
    let world = World::new();
    let pack = written(&world, "made", &slack("1.0.0"));
    let report = install(&world, &[&pack, "--json"]).succeeds().json();
    assert_eq!(report["packs"][0]["unsigned"], true, "{report}");
    assert_marked(&world);
    assert_eq!(row(&world), ("local_directory".to_owned(), None, None, false));
    let history = world.install(["history", "--json"]).succeeds().json();
    let operation = &history["operations"][0];
    assert_eq!(operation["forced"][0], "--allow-unsigned", "{history}");
    assert!(operation["source"].as_str().unwrap().contains("made/slack"), "{history}");
}

#[test]
fn archives_are_taken_by_path_and_from_servers() {
    let archive = {
        let world = World::new();
        tar_gz(Path::new(&written(&world, "made", &slack("1.0.0"))))
    };
    let world = World::new();
    let path = world.path().join("slack.tar.gz");
    fs_err::write(&path, &archive).unwrap();
    install(&world, &[path.to_str().unwrap()]).succeeds();
    assert_marked(&world);
    assert_eq!(row(&world).0, "archive");

    let served = archive.clone();
    let server = PrivateServer::start(move |_| Reply::new(200, served.clone()));
    let url = server.url("/slack-1.0.0.tar.gz");
    let world = World::new();
    let checksum = attune_schemas::Digest::of(&archive).to_string();
    install(&world, &[&url, "--checksum", &checksum, "--header", "X-Token: s3cret"]).succeeds();
    assert_marked(&world);
    assert_eq!(row(&world).1.as_deref(), Some(url.as_str()));
    assert_eq!(server.asked()[0].header("x-token"), "s3cret");

    let world = World::new();
    let other = attune_schemas::Digest::of(b"other").to_string();
    install(&world, &[&url, "--checksum", &other]).fails(3, &["sha256"]).with_hint();
    assert!(!world.root().exists());
}

#[test]
fn a_bundles_kind_of_archive_may_be_a_pack() {
    let world = World::new();
    let pack = written(&world, "made", &slack("1.0.0"));
    let mut builder = tar::Builder::new(Vec::new());
    builder.append_dir_all("pack", &pack).unwrap();
    let path = world.path().join("slack.tar.zst");
    fs_err::write(&path, zstd::encode_all(&builder.into_inner().unwrap()[..], 3).unwrap()).unwrap();
    let path = path.to_str().unwrap();
    world.install([path]).fails(3, &["not a bundle", "--allow-unsigned"]);
    install(&world, &[path]).succeeds();
    assert_marked(&world);
}

#[test]
fn a_bundle_stays_a_signed_one_with_the_option() {
    let world = World::with_packs(&[&slack("1.0.0")]);
    world.bundle(&["slack"]).succeeds();
    let bundle = world.bundle_path();
    install(&world, &[bundle.to_str().unwrap()]).fails(3, &["is trusted on this host"]);
    install(&world, &[bundle.to_str().unwrap(), "--trust", world.trust().to_str().unwrap()]).succeeds();
    assert_eq!(world.list()["packs"][0]["unsigned"], false);
}

#[test]
fn repositories_are_checked_out_and_the_commit_is_recorded() {
    let world = World::new();
    let repository = GitRepository::new(&world.path().join("repository"));
    let first = repository.commit(&slack("1.0.0"));
    repository.commit(&slack("2.0.0"));
    let bare = repository.bare(&world.path().join("slack.git"));
    let url = format!("file://{}", bare.display());
    install(&world, &[&url, "--ref-spec", &first]).succeeds();
    assert_marked(&world);
    assert_eq!(world.installed(), ["slack 1.0.0"]);
    assert_eq!((row(&world).0.as_str(), row(&world).2), ("git", Some(first)));
    install(&world, &[&format!("{url}@main")]).succeeds();
    assert_eq!(world.installed(), ["slack 2.0.0"]);
}

#[test]
fn repositories_are_checked_out_on_hosts_without_git() {
    let world = World::new();
    let repository = GitRepository::new(&world.path().join("repository"));
    let first = repository.commit(&slack("1.0.0"));
    let served = world.path().join("served");
    let bare = repository.bare(&served.join("slack.git"));
    let server = git_server(&served, None);
    for url in [format!("file://{}", bare.display()), server.url("/slack.git")] {
        let world = World::new();
        let mut command = world.installer();
        command.args([&url, "--allow-unsigned"]).env("PATH", "/nowhere");
        Run::of(command).succeeds();
        assert_marked(&world);
        assert_eq!((row(&world).0.as_str(), row(&world).2), ("git", Some(first.clone())));
    }
}

#[test]
fn several_sources_are_one_change() {
    let world = World::new();
    let first = written(&world, "made", &slack("1.0.0"));
    let second = written(&world, "made", &slack_needing());
    install(&world, &[&second, &first]).succeeds();
    assert_eq!(world.installed(), ["poster 1.0.0", "slack 1.0.0"]);
    assert_eq!(world.list()["generation"], 1);
}

fn slack_needing() -> attune_tests::PackBuilder {
    attune_tests::PackBuilder::new("poster", "1.0.0").depends_on("slack@^1").action(
        "go",
        "shell",
        "#!/bin/sh\n",
    )
}
