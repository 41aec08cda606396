//! Packs that a file declares, and packs that an index lists.

use attune_schemas::Digest;
use attune_tests::binaries::Binary;
use attune_tests::{GitRepository, PackBuilder, PrivateServer, Reply, Run, World};
use serde_json::json;

const HEAD: &str = "format = \"attune.set/v1\"\n";

fn slack(version: &str) -> PackBuilder {
    PackBuilder::new("slack", version).action("post", "shell", "#!/bin/sh\necho posted\n")
}

fn save(world: &World, name: &str, bytes: impl AsRef<[u8]>) -> String {
    let path = world.path().join(name);
    fs_err::create_dir_all(path.parent().unwrap()).unwrap();
    fs_err::write(&path, bytes).unwrap();
    path.to_str().unwrap().to_owned()
}

fn archive(world: &World, pack: &PackBuilder) -> Vec<u8> {
    let directory = pack.write(&world.path().join("made"));
    let mut builder = tar::Builder::new(Vec::new());
    builder.append_dir_all("top", directory).unwrap();
    builder.into_inner().unwrap()
}

fn add(world: &World, arguments: &[&str]) -> Run {
    let mut command = world.command(Binary::Build);
    command.arg("add").arg(world.registry()).args(arguments).env("HOME", world.path());
    Run::of(command)
}

fn releases(world: &World) -> Vec<String> {
    let registry = world.registry();
    let report = world.build(["inspect", "--json", registry.to_str().unwrap()]).succeeds().json();
    let name = |release: &serde_json::Value| {
        format!("{} {}", release["ref"].as_str().unwrap(), release["version"].as_str().unwrap())
    };
    report["releases"].as_array().unwrap().iter().map(name).collect()
}

#[test]
fn a_set_is_added_with_paths_relative_to_its_file_and_bundled() {
    let world = World::with_registry();
    let bytes = archive(&world, &slack("1.0.0"));
    save(&world, "sets/files/slack.tar", &bytes);
    PackBuilder::new("weather", "2.1.0").write(&world.path().join("sets"));
    let repository = GitRepository::new(&world.path().join("repository"));
    let commit = repository.commit(&PackBuilder::new("jira", "1.0.0"));
    repository.git(&["tag", "v1"]);
    repository.commit(&PackBuilder::new("jira", "2.0.0"));
    repository.bare(&world.path().join("sets/jira.git"));
    let set = format!(
        "{HEAD}registries = [\"https://h.invalid\"]\n\n[[packs]]\nsource = \"files/slack.tar\"\n\
         checksum = \"{}\"\n\n[[packs]]\nsource = \"weather\"\npack = \"weather\"\nversion = \"^2\"\n\n\
         [[packs]]\nsource = \"jira.git\"\nref = \"v1\"\n\n[[packs]]\npack = \"slack\"\n",
        Digest::of(&bytes)
    );
    let file = save(&world, "sets/packs.toml", set);
    let report = add(&world, &["--from-file", &file, "--json"]).succeeds().json();
    assert_eq!(report["packs"][2]["origin"]["commit"], commit);
    assert_eq!(releases(&world), ["jira 1.0.0", "slack 1.0.0", "weather 2.1.0"]);
    let report = world.bundle(&["--from-file", &file, "--json"]).succeeds().json();
    let bundled: Vec<_> = report["releases"].as_array().unwrap().iter().map(|r| r["ref"].clone()).collect();
    assert_eq!(bundled, ["slack", "weather"]);
    world.bundle(&["jira", "--from-file", &file]).succeeds();
}

#[test]
fn faults_of_a_set_are_told_with_file_line_and_remedy() {
    let world = World::with_registry();
    slack("1.0.0").write(world.path());
    for (text, words) in [
        ("[[packs]]\nsource = \"slack\"\n", &["is missing"][..]),
        ("F[[packs]]\nsorce = \"slack\"\n", &["line 3", "did you mean `source`?"]),
        ("F[[packs]]\nsource = \"slack\"\nchecksum = \"md5:0\"\n", &["is not a checksum"]),
        ("F[[packs]]\nsource = \"https://h.invalid/x.git\"\nref = \"-x\"\n", &["begins with"]),
        ("F[[packs]]\npack = \"slack\"\n", &["names no source"]),
        ("F", &["names no source"]),
    ] {
        let file = save(&world, "packs.toml", text.replacen('F', HEAD, 1));
        let run = add(&world, &["--from-file", &file]).fails(2, &["B052", "packs.toml"]).with_hint();
        for word in words {
            assert!(run.stderr.contains(word), "{word}: {}", run.stderr);
        }
    }
    let file = save(&world, "packs.toml", format!("{HEAD}[[packs]]\nsource = \"slack\"\n"));
    world.bundle(&["--from-file", &file]).fails(2, &["B052", "names no pack"]).with_hint();
    add(&world, &["--from-file", "absent.toml"]).fails(2, &["B052", "absent.toml"]).with_hint();
    add(&world, &[]).fails(2, &["SOURCE"]);
    let set = format!("{HEAD}[[packs]]\nsource = \"slack\"\nref = \"v1\"\n");
    let file = save(&world, "packs.toml", set);
    add(&world, &["--from-file", &file]).fails(2, &["B042"]).with_hint();
    let set = format!("{HEAD}[[packs]]\nsource = \"slack\"\npack = \"slack\"\nversion = \"^2\"\n");
    let file = save(&world, "packs.toml", set);
    add(&world, &["--from-file", &file]).fails(1, &["B053", "slack", "1.0.0", "^2"]).with_hint();
    assert!(releases(&world).is_empty());
}

/// An index with one pack and these places of it.
fn index(pack: &str, version: &str, sources: &serde_json::Value) -> String {
    json!({
        "registry_name": "x", "registry_url": "https://h.invalid", "version": "1.0",
        "last_updated": "2026-01-02T03:04:05Z",
        "packs": [{"ref": pack, "label": pack, "description": "", "version": version, "author": "", "license": "",
            "runtime_deps": [], "contents": {}, "install_sources": sources}],
    })
    .to_string()
}

#[test]
fn a_pack_is_looked_up_in_the_first_index_that_has_it() {
    let world = World::with_registry();
    let repository = GitRepository::new(&world.path().join("repository"));
    let commit = repository.commit(&slack("1.0.0"));
    repository.git(&["tag", "v1.0.0"]);
    repository.commit(&slack("2.0.0"));
    let bare = repository.bare(&world.path().join("slack.git"));
    let git = json!([
        {"type": "archive", "url": "https://h.invalid/never.tgz", "checksum": "sha256:00"},
        {"type": "git", "url": format!("file://{}", bare.display()), "ref": "v1.0.0", "checksum": "sha256:11"},
    ]);
    let other = save(&world, "other.json", index("jira", "1.0.0", &json!([])));
    let first = save(&world, "index.json", index("slack", "1.0.0", &git));
    let never = save(&world, "never.json", "not JSON");
    let indexes = ["--index", &other, "--index", &first, "--index", &never];
    for word in ["slack", "slack@latest", "slack@1.0.0", "slack@^1"] {
        let report = add(&world, &[&[word, "--json"], &indexes[..]].concat()).succeeds().json();
        assert_eq!(report["packs"][0]["origin"]["commit"], commit, "{word}");
    }
    add(&world, &[&["slack@^2"], &indexes[..]].concat()).fails(4, &["B055", "slack@^2", "1.0.0"]).with_hint();
    add(&world, &[&["absent"], &indexes[..4]].concat()).fails(4, &["B055", "absent"]).with_hint();
    // An index that cannot be read may be the one that has it.
    add(&world, &["slack", "--index", &never, "--index", &first])
        .fails(1, &["B054", "never.json"])
        .with_hint();
    add(&world, &["slack", "--index", "absent.json"]).fails(1, &["B054", "absent.json"]).with_hint();
    add(&world, &["jira", "--index", &other]).fails(1, &["B056", "neither"]).with_hint();
    add(&world, &["slack", "--ref", "v2", "--index", &first]).fails(2, &["B042"]).with_hint();
    add(&world, &["no such", "--index", &first]).fails(2, &["B041"]).with_hint();
    let set = save(&world, "packs.toml", format!("{HEAD}[[packs]]\npack = \"slack\"\nversion = \"^1\"\n"));
    add(&world, &["--from-file", &set, "--index", &first]).succeeds();
}

#[test]
fn an_index_of_a_server_vouches_for_its_archives_and_names_nothing_of_this_machine() {
    let world = World::with_registry();
    let bytes = archive(&world, &slack("1.0.0"));
    let digest = Digest::of(&bytes);
    let local = save(&world, "slack.tar", &bytes);
    let body = bytes.clone();
    let files = PrivateServer::start(move |_| Reply::new(200, body.clone()));
    let url = files.url("/slack.tar");
    let entry =
        move |url: &str, checksum: &str| json!([{"type": "archive", "url": url, "checksum": checksum}]);
    let at = |path: &str, url: &str, checksum: String| {
        (path.to_owned(), index("slack", "1.0.0", &entry(url, &checksum)))
    };
    let pages: std::collections::BTreeMap<String, String> = [
        at("/good", &url, digest.to_string()),
        at("/wrong", &url, format!("sha256:{}", "0".repeat(64))),
        at("/weak", &url, "md5:d41d8cd98f00b204e9800998ecf8427e".to_owned()),
        at("/none", &url, String::new()),
        at("/local", &format!("file://{local}"), digest.to_string()),
        ("/version".to_owned(), index("slack", "1.2.3", &entry(&url, &digest.to_string()))),
        (
            "/repository".to_owned(),
            index("slack", "1.0.0", &json!([{"type": "git", "url": "file:///srv/x.git", "checksum": ""}])),
        ),
    ]
    .into();
    let server = PrivateServer::start(move |asked| {
        pages.get(&asked.target).map_or_else(|| Reply::new(404, ""), |page| Reply::new(200, page.clone()))
    });
    let from =
        |page: &str, more: &[&str]| add(&world, &[&["slack", "--index", &server.url(page)], more].concat());
    from("/wrong", &[]).fails(3, &["B044"]).with_hint();
    for (page, words) in [
        ("/weak", "no checksum"),
        ("/none", "no checksum"),
        ("/local", "neither"),
        ("/repository", "this machine"),
    ] {
        from(page, &[]).fails(1, &["B056", words]).with_hint();
    }
    from("/version", &[]).fails(1, &["B053", "1.2.3"]).with_hint();
    from("/absent", &[]).fails(1, &["404"]).with_hint();
    assert!(releases(&world).is_empty());
    from("/none", &["--checksum", &digest.to_string()]).succeeds();
    let report = from("/good", &["--json", "--header", "Private-Token: t"]).succeeds().json();
    assert_eq!(report["packs"][0]["origin"]["url"], url);
    // The header was for the index.
    assert_eq!(server.asked().last().unwrap().header("private-token"), "t");
    assert!(files.asked().iter().all(|asked| asked.header("private-token").is_empty()));
    from("/good", &["--offline"]).succeeds();
}
