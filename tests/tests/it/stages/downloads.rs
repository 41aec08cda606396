//! `attune-install download`: packs of every source, each in a directory of its own.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use attune_schemas::Digest;
use attune_tests::standard_packs::{greeter, reporter};
use attune_tests::world::standard;
use attune_tests::{GitRepository, PackBuilder, PrivateServer, Reply, Tree, World};
use serde_json::{Value, json};

use super::{fields, stage, text};

fn slack(version: &str) -> PackBuilder {
    PackBuilder::new("slack", version).action("post", "shell", "#!/bin/sh\necho posted\n")
}

/// What Attune's rule gives for the files at `directory`, by their paths.
fn checksum(directory: &Path) -> String {
    let mut files: Vec<PathBuf> = Vec::new();
    let mut left = vec![directory.to_owned()];
    while let Some(place) = left.pop() {
        for entry in fs_err::read_dir(&place).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() { left.push(path) } else { files.push(path) }
        }
    }
    // Components, so that a directory's files stand where it stands among its siblings.
    files.sort_by_key(|path| path.components().map(|part| part.as_os_str().to_owned()).collect::<Vec<_>>());
    let mut bytes = Vec::new();
    for file in files {
        bytes.extend(text(file.strip_prefix(directory).unwrap()).into_bytes());
        bytes.extend(fs_err::read(file).unwrap());
    }
    Digest::of(&bytes).to_string()
}

fn archive(world: &World, pack: &PackBuilder) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    builder.mode(tar::HeaderMode::Deterministic);
    builder.append_dir_all("slack-1.0.0", pack.write(&world.path().join("made"))).unwrap();
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(&builder.into_inner().unwrap()).unwrap();
    encoder.finish().unwrap()
}

/// What is in the world's `out`, nothing else than packs.
fn landed(world: &World) -> Vec<String> {
    let entries = fs_err::read_dir(world.path().join("out")).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn only(document: &Value) -> Value {
    assert_eq!(document["downloaded_packs"].as_array().unwrap().len(), 1, "{document}");
    document["downloaded_packs"][0].clone()
}

#[test]
fn a_directory_is_copied_and_told_as_unsigned() {
    let world = World::new();
    let directory = slack("1.0.0").write(&world.path().join("made"));
    fs_err::create_dir_all(directory.join(".git")).unwrap();
    fs_err::write(directory.join(".git/HEAD"), "x").unwrap();
    let before = Tree::of(&directory);
    let run = stage(&world, &["download", &text(&directory), "-d", "out", "--allow-unsigned", "--json"]);
    let document = run.succeeds().json();
    assert_eq!(document["format"], "attune-install.download/v1");
    for (count, expected) in [("total_count", 1), ("success_count", 1), ("failure_count", 0)] {
        assert_eq!(document[count], expected, "{count}");
    }
    assert_eq!(
        fields(&document, "downloaded_packs"),
        [
            "checksum",
            "git_commit",
            "pack_path",
            "pack_ref",
            "pack_version",
            "signed",
            "source",
            "source_type"
        ]
    );
    let pack = only(&document);
    let place = world.path().join("out/slack");
    assert_eq!(pack["pack_path"], text(&place).as_str());
    assert_eq!((&pack["pack_ref"], &pack["pack_version"]), (&json!("slack"), &json!("1.0.0")));
    assert_eq!((&pack["source_type"], &pack["signed"]), (&json!("local_directory"), &json!(false)));
    assert_eq!((&pack["git_commit"], &pack["source"]), (&Value::Null, &json!(text(&directory))));
    assert_eq!(pack["checksum"], checksum(&place).as_str());
    assert!(!place.join(".git").exists() && place.join("actions/post.sh").exists());
    assert_eq!(Tree::of(&directory), before);
    assert_eq!(landed(&world), ["slack"]);
    assert!(!world.root().exists());
}

#[test]
fn a_download_may_be_repeated_and_replaces_nothing() {
    let world = World::new();
    let directory = slack("1.0.0").write(&world.path().join("made"));
    let download =
        || stage(&world, &["download", &text(&directory), "-d", "out", "--allow-unsigned", "--json"]);
    let first = only(&download().succeeds().json());
    assert_eq!(only(&download().succeeds().json()), first);
    assert_eq!(landed(&world), ["slack"]);
    // Another one goes beside, and a third has no place.
    fs_err::write(directory.join("README.md"), "two\n").unwrap();
    assert_eq!(
        only(&download().succeeds().json())["pack_path"],
        text(world.path().join("out/slack-1.0.0")).as_str()
    );
    fs_err::write(directory.join("README.md"), "three\n").unwrap();
    let packs = || ["slack", "slack-1.0.0"].map(|name| Tree::of(&world.path().join("out").join(name)));
    let before = packs();
    let refused = download().fails(1, &["H052"]);
    assert_eq!(refused.json()["failed_packs"][0]["code"], "U010", "{}", refused.stdout);
    assert!(packs() == before);
    assert_eq!(landed(&world), ["slack", "slack-1.0.0"]);
}

#[test]
fn an_archive_of_a_server_has_its_own_checksum() {
    let world = World::new();
    let bytes = archive(&world, &slack("1.0.0"));
    let digest = Digest::of(&bytes).to_string();
    let server = PrivateServer::start(move |request| match request.target.as_str() {
        "/slack-1.0.0.tar.gz" => Reply::new(200, bytes.clone()),
        _ => Reply::new(404, ""),
    });
    let url = server.url("/slack-1.0.0.tar.gz");
    let arguments = ["download", &url, "-d", "out", "--allow-unsigned", "--json", "--checksum"];
    let pack = only(&stage(&world, &[&arguments[..], &[&digest]].concat()).succeeds().json());
    assert_eq!((&pack["source_type"], &pack["checksum"]), (&json!("archive"), &json!(digest)));
    assert_eq!((&pack["signed"], &pack["source"]), (&json!(false), &json!(url)));

    let wrong = format!("sha256:{}", "0".repeat(64));
    let refused = stage(&world, &[&arguments[..], &[&wrong]].concat()).fails(1, &["could not be downloaded"]);
    assert_eq!(refused.json()["failed_packs"][0]["code"], "B044", "{}", refused.stdout);
    assert_eq!(landed(&world), ["slack"]);
}

#[test]
fn the_commit_of_a_repository_is_told() {
    let world = World::new();
    let repository = GitRepository::new(&world.path().join("repository"));
    let first = repository.commit(&slack("1.0.0"));
    repository.git(&["tag", "v1.0.0"]);
    let second = repository.commit(&slack("1.1.0"));
    let bare = format!("file://{}", text(repository.bare(&world.path().join("slack.git"))));
    let download = |options: &[&str]| {
        let arguments = ["download", &bare, "-d", "out", "--allow-unsigned", "--json"];
        only(&stage(&world, &[&arguments[..], options].concat()).succeeds().json())
    };
    let newest = download(&[]);
    assert_eq!((&newest["git_commit"], &newest["source_type"]), (&json!(second), &json!("git")));
    let tagged = download(&["--ref-spec", "v1.0.0"]);
    assert_eq!((&tagged["git_commit"], &tagged["pack_version"]), (&json!(first), &json!("1.0.0")));
    assert_eq!(download(&["--ref", &first])["git_commit"], json!(first));
    let place = world.path().join("out/slack-1.0.0");
    assert_eq!(tagged["checksum"], checksum(&place).as_str());
    assert_eq!(landed(&world), ["slack", "slack-1.0.0"]);
}

#[test]
fn a_registrys_pack_is_verified_and_needs_no_root() {
    let world = World::with_packs(&[&greeter(), &slack("1.0.0")]);
    world.add(&[&slack("1.1.0")]).succeeds();
    world.add(&[&slack("2.0.0")]).succeeds();
    let registry = text(world.registry());
    let trusted = ["--registry", &registry, "--trust", &text(world.trust())].map(str::to_owned);
    let trusted: Vec<&str> = trusted.iter().map(String::as_str).collect();
    let download = |packs: &[&str]| {
        let arguments = [&["download", "-d", "out", "--json"], packs, &trusted[..]].concat();
        stage(&world, &arguments).succeeds().json()
    };
    let pack = only(&download(&["slack@^1"]));
    assert_eq!((&pack["pack_version"], &pack["source_type"]), (&json!("1.1.0"), &json!("registry")));
    assert_eq!((&pack["signed"], &pack["registry"]), (&json!(true), &json!("demo")));
    assert!(pack["checksum"].as_str().unwrap().starts_with("sha256:"), "{pack}");
    assert_eq!(
        only(&download(&["slack@1.0.0"]))["pack_path"],
        text(world.path().join("out/slack-1.0.0")).as_str()
    );
    assert_eq!(only(&download(&["slack@stable"]))["pack_version"], "2.0.0");
    let two = download(&["greeter", "slack@2.0.0"]);
    assert_eq!(
        (&two["success_count"], &two["downloaded_packs"][0]["pack_ref"]),
        (&json!(2), &json!("greeter"))
    );
    assert!(!world.root().exists());
    let verified = fs_err::read(world.path().join("out/greeter/actions/greet.sh")).unwrap();
    assert_eq!(verified, fs_err::read(world.path().join("packs/greeter/actions/greet.sh")).unwrap());
}

#[test]
fn a_pack_comes_from_the_registries_that_the_host_knows() {
    let world = World::with_packs(&[&slack("1.0.0")]);
    let arguments = ["registry", "add", &text(world.registry()), "--trust", &text(world.trust())];
    stage(&world, &arguments).succeeds();
    let before = world.root_tree();
    let pack = only(&stage(&world, &["download", "slack", "-d", "out", "--json"]).succeeds().json());
    assert_eq!((&pack["registry"], &pack["signed"]), (&json!("demo"), &json!(true)));
    assert_eq!(world.root_tree(), before);
}

#[test]
fn a_bundle_gives_all_of_its_packs() {
    let (world, publisher) = (World::new(), standard());
    let bundle = text(publisher.bundle_path());
    let trust = text(publisher.trust());
    let document =
        stage(&world, &["download", &bundle, "-d", "out", "--trust", &trust, "--json"]).succeeds().json();
    assert_eq!(landed(&world), ["greeter", "reporter", "watcher"]);
    let packs = document["downloaded_packs"].as_array().unwrap();
    assert!(packs.iter().all(|pack| pack["signed"] == true && pack["source_type"] == "bundle"), "{document}");
    // Like the archive of a pack by its name, and told apart by what is in it.
    let directory = reporter().write(&world.path().join("made"));
    let mut builder = tar::Builder::new(zstd::Encoder::new(Vec::new(), 1).unwrap());
    builder.append_dir_all("reporter", directory).unwrap();
    let path = world.path().join("reporter.tar.zst");
    fs_err::write(&path, builder.into_inner().unwrap().finish().unwrap()).unwrap();
    let pack = stage(&world, &["download", &text(&path), "-d", "other", "--allow-unsigned", "--json"]);
    assert_eq!(only(&pack.succeeds().json())["source_type"], "local_archive");
}

#[test]
fn one_failure_leaves_the_others_alone() {
    let world = World::new();
    let directory = text(slack("1.0.0").write(&world.path().join("made")));
    fs_err::create_dir(world.path().join("empty")).unwrap();
    let sources = ["./empty", &directory, "./nowhere.git"];
    let arguments = [&["download", "-d", "out", "--allow-unsigned"], &sources[..]].concat();
    let run =
        stage(&world, &[&arguments[..], &["--json"]].concat()).fails(1, &["2 sources could not", "H052"]);
    let document = run.json();
    for (count, expected) in [("total_count", 3), ("success_count", 1), ("failure_count", 2)] {
        assert_eq!(document[count], expected, "{document}");
    }
    assert_eq!(fields(&document, "failed_packs"), ["code", "error", "source"]);
    let failed = document["failed_packs"].as_array().unwrap().iter().map(|failed| &failed["source"]);
    assert_eq!(failed.collect::<Vec<_>>(), ["./empty", "./nowhere.git"]);
    assert_eq!(landed(&world), ["slack"]);
    let told = stage(&world, &arguments).fails(1, &["`./empty`", "`./nowhere.git`"]).with_hint();
    assert!(told.stdout.contains("nobody") && told.stdout.contains("failed: ./empty"), "{}", told.stdout);
}
