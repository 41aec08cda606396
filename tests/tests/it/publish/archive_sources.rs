//! Packs added from archives, of this machine and of servers.

use std::io::{Cursor, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use attune_schemas::Digest;
use attune_tests::binaries::Binary;
use attune_tests::{PackBuilder, PrivateServer, Reply, Run, World};
use serde_json::Value;

const SECRET: &str = "s3cret-token";

fn slack(version: &str) -> PackBuilder {
    PackBuilder::new("slack", version).action("post", "shell", "#!/bin/sh\necho posted\n")
}

/// A tar of the tree at `directory`, each name behind `prefix`.
fn tar(directory: &Path, prefix: &str) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    builder.mode(tar::HeaderMode::Deterministic);
    builder.append_dir_all(if prefix.is_empty() { "." } else { prefix }, directory).unwrap();
    builder.into_inner().unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A zip of the tree at `directory`, each name behind `prefix`.
fn zip(directory: &Path, prefix: &str) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let mut left = vec![directory.to_owned()];
    while let Some(place) = left.pop() {
        for entry in fs_err::read_dir(&place).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() {
                left.push(path);
                continue;
            }
            let name = format!("{prefix}{}", path.strip_prefix(directory).unwrap().display());
            let mode = fs_err::metadata(&path).unwrap().permissions().mode();
            let options = zip::write::SimpleFileOptions::default().unix_permissions(mode & 0o777);
            writer.start_file(name, options).unwrap();
            writer.write_all(&fs_err::read(&path).unwrap()).unwrap();
        }
    }
    writer.finish().unwrap().into_inner()
}

fn archive(world: &World, pack: &PackBuilder) -> Vec<u8> {
    gzip(&tar(&pack.write(&world.path().join("made")), "slack-1.0.0"))
}

fn add(world: &World, arguments: &[&str]) -> Run {
    add_with(world, arguments, &[])
}

/// Adds with the home directory of the world, and asserts that nothing is shown and nothing left behind.
fn add_with(world: &World, arguments: &[&str], variables: &[(&str, &str)]) -> Run {
    let home = world.path().join("home");
    fs_err::create_dir_all(&home).unwrap();
    let mut command = world.command(Binary::Build);
    command.arg("add").arg(world.registry()).args(arguments).arg("-vv").env("HOME", home).env_remove("NETRC");
    command.envs(variables.iter().copied());
    let run = Run::of(command);
    for said in [&run.stdout, &run.stderr] {
        assert!(!said.contains(SECRET), "it is shown:\n{said}");
    }
    assert_no_work(world);
    run
}

fn assert_no_work(world: &World) {
    let work = world.path().join("cache/work");
    if work.exists() {
        let left: Vec<_> = fs_err::read_dir(&work).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert!(left.is_empty(), "{left:?}");
    }
}

fn save(world: &World, name: &str, bytes: &[u8]) -> String {
    let path = world.path().join(name);
    fs_err::write(&path, bytes).unwrap();
    path.to_str().unwrap().to_owned()
}

fn inspected(world: &World) -> Value {
    world.build(["inspect", "--json", world.registry().to_str().unwrap()]).succeeds().json()
}

/// Nothing is published.
fn assert_empty(world: &World) {
    assert_eq!(inspected(world)["releases"].as_array().unwrap().len(), 0);
}

#[test]
fn every_format_is_read_wherever_the_pack_is_in_it() {
    let world = World::with_registry();
    let mut packs: Vec<(String, Vec<u8>, &str)> = Vec::new();
    for (number, prefix) in ["", "pack", "slack-1.0.0"].iter().enumerate() {
        let directory = |name: &str| {
            PackBuilder::new(&format!("{name}_{number}"), "1.0.0")
                .action("post", "shell", "#!/bin/sh\necho posted\n")
                .write(&world.path().join("made"))
        };
        let slash = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
        packs.push((format!("a{number}.tar"), tar(&directory("tar"), prefix), "tar"));
        packs.push((format!("b{number}.tgz"), gzip(&tar(&directory("tgz"), prefix)), "tgz"));
        let zst = zstd::encode_all(&*tar(&directory("zst"), prefix), 3).unwrap();
        packs.push((format!("c{number}.tar.zst"), zst, "zst"));
        packs.push((format!("d{number}.zip"), zip(&directory("zip"), &slash), "zip"));
    }
    let files: Vec<String> = packs.iter().map(|(name, bytes, _)| save(&world, name, bytes)).collect();
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    add(&world, &files).succeeds();
    assert_eq!(inspected(&world)["releases"].as_array().unwrap().len(), 12);
    world.bundle(&["zip_2", "tgz_0"]).succeeds();
    world.install_bundle().succeeds();
    for pack in ["zip_2", "tgz_0"] {
        let program = world.root().join(format!("packs/{pack}/actions/post.sh"));
        assert_eq!(fs_err::metadata(program).unwrap().permissions().mode() & 0o111, 0o111, "{pack}");
    }
}

#[test]
fn an_archive_in_xz_is_read() {
    let world = World::with_registry();
    let tar = save(&world, "slack.tar", &tar(&slack("1.0.0").write(&world.path().join("made")), ""));
    let script = "import lzma, sys; open(sys.argv[1] + '.xz', 'wb').write(lzma.compress(open(sys.argv[1], 'rb').read()))";
    let status = std::process::Command::new("python3").args(["-c", script, &tar]).status().unwrap();
    assert!(status.success());
    add(&world, &[&format!("{tar}.xz")]).succeeds();
}

#[test]
fn the_origin_of_an_archive_is_published_without_a_path_and_reproducibly() {
    let world = World::with_registry();
    let bytes = archive(&world, &slack("1.0.0"));
    let file = save(&world, "slack.tgz", &bytes);
    let report = add(&world, &[&file, "--json"]).succeeds().json();
    let origin = &report["packs"][0]["origin"];
    assert_eq!(origin["kind"], "archive");
    assert_eq!(origin["sha256"], Digest::of(&bytes).to_string());
    assert!(origin.get("url").is_none());
    let release = inspected(&world)["releases"][0].clone();
    assert_eq!(&release["origin"], origin);
    let text = world.build(["inspect", world.registry().to_str().unwrap()]).succeeds().stdout;
    assert!(text.contains(&format!("slack 1.0.0 is from an archive ({})", Digest::of(&bytes))), "{text}");

    let other = World::with_registry();
    fs_err::create_dir(other.path().join("elsewhere")).unwrap();
    let file = save(&other, "elsewhere/renamed.tar.gz", &bytes);
    add(&other, &[&file]).succeeds();
    assert_eq!(inspected(&other)["releases"][0]["manifest"], release["manifest"]);
    // The same version again is left alone, from wherever it comes.
    let directory = slack("1.0.0").write(&other.path().join("made"));
    let report = add(&other, &[directory.to_str().unwrap(), "--json"]).succeeds().json();
    assert_eq!(report["packs"][0]["unchanged"], true);
    assert_eq!(&report["packs"][0]["origin"], origin);
}

#[test]
fn an_archive_is_fetched_and_its_checksum_checked_before_anything() {
    let world = World::with_registry();
    let bytes = archive(&world, &slack("1.0.0"));
    let body = bytes.clone();
    let server = PrivateServer::start(move |_| Reply::new(200, body.clone()));
    let url = server.url("/slack.tar.gz");
    let wrong = format!("sha256:{}", Digest::of(b"other").hex());
    add(&world, &[&url, "--checksum", &wrong]).fails(3, &["B044", "another file", &wrong]).with_hint();
    assert_empty(&world);
    let file = save(&world, "slack.tgz", &bytes);
    add(&world, &[&file, "--checksum", &wrong]).fails(3, &["B044", "another file"]).with_hint();
    add(&world, &[&url, "--checksum", "sha256:abc"]).fails(2, &["is not a checksum"]);
    add(&world, &[&url, &file, "--checksum", &wrong]).fails(2, &["B042", "one source"]).with_hint();
    let right = Digest::of(&bytes).to_string();
    let run = add(&world, &[&url, "--checksum", &right, "--json"]).succeeds();
    assert!(!run.stderr.contains("W114"), "{}", run.stderr);
    assert_eq!(run.json()["packs"][0]["origin"]["url"], url);
    // A file whose checksum is known is not fetched again.
    let asked = server.asked().len();
    add(&world, &[&url, "--checksum", &right, "--offline"]).succeeds();
    assert_eq!(server.asked().len(), asked);
}

#[test]
fn a_source_by_http_without_a_checksum_is_told() {
    let world = World::with_registry();
    let bytes = archive(&world, &slack("1.0.0"));
    let server = PrivateServer::start(move |_| Reply::new(200, bytes.clone()));
    let url = server.url("/slack.tar.gz");
    add(&world, &[&url, "--offline"]).fails(1, &["B050", "not in the download cache"]).with_hint();
    let run = add(&world, &[&url]).succeeds();
    assert!(run.stderr.contains("warning[W114]"), "{}", run.stderr);
    add(&world, &[&url, "--offline"]).succeeds();
    assert_eq!(server.asked().len(), 1);
}

#[test]
fn logins_and_headers_go_to_their_server_alone_and_are_shown_nowhere() {
    let world = World::with_registry();
    let bytes = archive(&world, &slack("1.0.0"));
    let elsewhere = PrivateServer::start(move |_| Reply::new(200, bytes.clone()));
    let target = elsewhere.url("/cdn/slack.tgz");
    let server = PrivateServer::start(move |asked| match asked.header("authorization") {
        "" if asked.header("private-token").is_empty() => Reply::new(401, "who is there?"),
        _ => Reply::new(302, "").header("Location", target.clone()),
    });
    let url = server.url("/slack.tgz?own=1");
    add(&world, &[&url]).fails(1, &["401"]).with_hint();
    assert_empty(&world);
    let with_login = url.replace("http://", &format!("http://u:{SECRET}@"));
    let report = add(&world, &[&with_login, "--json"]).succeeds().json();
    assert_eq!(report["packs"][0]["origin"]["url"], server.url("/slack.tgz"));
    let header = format!("Private-Token: {SECRET}");
    add(&world, &[&url, "--header", &header]).succeeds();
    assert_eq!(server.asked().last().unwrap().header("private-token"), SECRET);
    let file = save(&world, "headers", format!("{header}\n\n").as_bytes());
    add(&world, &[&url, "--header-file", &file]).succeeds();
    fs_err::write(world.path().join("home/.netrc"), format!("machine 127.0.0.1 login u password {SECRET}"))
        .unwrap();
    add(&world, &[&url]).succeeds();
    for asked in elsewhere.asked() {
        assert_eq!((asked.header("authorization"), asked.header("private-token")), ("", ""));
    }
    add(&world, &[&url, "--header", SECRET]).fails(2, &["B042"]).with_hint();
    let other = elsewhere.url("/x.tgz");
    add(&world, &[&url, &other, "--header", &header]).fails(2, &["B042", "several"]).with_hint();
    add(&world, &["made/slack", "--header", &header]).fails(2, &["B042", "no source has one"]).with_hint();
}

#[test]
fn a_redirect_loop_ends() {
    let world = World::with_registry();
    let server = PrivateServer::start(|_| Reply::new(302, "").header("Location", "/again"));
    add(&world, &[&server.url("/slack.tgz")]).fails(1, &["D039", "without end"]).with_hint();
    assert_empty(&world);
}

#[test]
fn a_download_that_is_cut_is_resumed() {
    let world = World::with_registry();
    let pack =
        slack("1.0.0").file("data.bin", (0..200_000_u32).flat_map(u32::to_le_bytes).collect::<Vec<u8>>());
    let bytes = tar(&pack.write(&world.path().join("made")), "slack");
    let count = AtomicUsize::new(0);
    let server = PrivateServer::start(move |asked| {
        let number = count.fetch_add(1, Ordering::Relaxed);
        let from = asked.header("range").trim_start_matches("bytes=").trim_end_matches('-').parse::<usize>();
        match (number, from) {
            (0, _) => Reply::new(200, bytes.clone()).header("ETag", "\"v1\"").cut_at(300_000),
            (_, Ok(from)) => Reply::new(206, &bytes[from..])
                .header("Content-Range", format!("bytes {from}-{}/{}", bytes.len() - 1, bytes.len())),
            _ => Reply::new(500, "the range is missing"),
        }
    });
    add(&world, &[&server.url("/slack.tar")]).succeeds();
    assert_eq!(server.asked().len(), 2);
}

#[test]
fn hostile_archives_are_refused_and_nothing_is_left() {
    let world = World::with_registry();
    let evil = |name: &str, kind: tar::EntryType, target: &str| {
        let mut builder = tar::Builder::new(Vec::new());
        for (name, kind, body, link) in
            [("pack.yaml", tar::EntryType::Regular, &b"ref: slack"[..], ""), (name, kind, b"", target)]
        {
            let mut header = tar::Header::new_ustar();
            header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
            header.as_mut_bytes()[157..157 + link.len()].copy_from_slice(link.as_bytes());
            header.set_entry_type(kind);
            header.set_mode(0o644);
            header.set_size(body.len() as u64);
            header.set_cksum();
            builder.append(&header, body).unwrap();
        }
        builder.into_inner().unwrap()
    };
    let file = tar::EntryType::Regular;
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (evil("../../evil", file, ""), "climbs"),
        (evil("/evil", file, ""), "absolute"),
        (evil("a", tar::EntryType::Symlink, "../../etc"), "leads out"),
        (evil("a", tar::EntryType::Link, "/etc/passwd"), "leads out"),
        (evil("a", tar::EntryType::Char, ""), "device"),
        (evil("PACK.yaml", file, ""), "collides"),
        (gzip(&evil("a", file, ""))[..60].to_vec(), "damaged"),
        (zstd::encode_all(&vec![0; 100 << 20][..], 1).unwrap(), "damaged"),
    ];
    for (bytes, words) in cases {
        let file = save(&world, "evil.tar.gz", &bytes);
        add(&world, &[&file]).fails(3, &["B043", words]).with_hint();
    }
    let zeros = vec![0; 80 << 20];
    let pack = slack("1.0.0").file("zeros", &zeros).write(&world.path().join("made"));
    let bomb = save(&world, "bomb.tar.zst", &zstd::encode_all(&*tar(&pack, ""), 19).unwrap());
    add(&world, &[&bomb]).fails(3, &["B043", "more than"]).with_hint();
    let page = save(&world, "page.tar.gz", b"<html></html>");
    add(&world, &[&page]).fails(3, &["B043", "is not an archive"]).with_hint();
    assert_empty(&world);
    assert!(!world.path().join("evil").exists() && !Path::new("/evil").exists());
}

#[test]
fn an_archive_without_a_pack_and_one_with_several_are_told() {
    let world = World::with_registry();
    let made = world.path().join("made");
    slack("1.0.0").write(&made);
    PackBuilder::new("jira", "1.0.0").write(&made);
    let both = save(&world, "both.tgz", &gzip(&tar(&made, "")));
    add(&world, &[&both]).fails(2, &["B046", "several packs", "jira", "slack"]).with_hint();
    add(&world, &[&format!("{both}//absent")]).fails(1, &["B045", "absent"]).with_hint();
    let report = add(&world, &[&format!("{both}//jira"), "--json"]).succeeds().json();
    assert_eq!(report["packs"][0]["origin"]["directory"], "jira");
    let none = world.path().join("none");
    fs_err::create_dir_all(none.join("a/b")).unwrap();
    fs_err::write(none.join("a/b/readme"), "x").unwrap();
    let none = save(&world, "none.zip", &zip(&none, ""));
    add(&world, &[&none]).fails(1, &["B045", "no pack"]).with_hint();
}

#[test]
fn words_that_are_no_source_are_told_with_every_form() {
    let world = World::with_registry();
    add(&world, &["nonsense"]).fails(2, &["B041", "nonsense", "github:ORG/REPO@TAG"]).with_hint();
    add(&world, &["absent.tar.gz"]).fails(2, &["B041", "does not exist"]).with_hint();
    add(&world, &["./absent"]).fails(2, &["B008", "does not exist"]);
    add(&world, &["ftp://h.invalid/x.tgz"]).fails(2, &["B041", "only https"]).with_hint();
    add(&world, &["made/slack", "--ref", "v1"]).fails(2, &["B042", "no git repository"]).with_hint();
    // A name alone is a directory where there is one.
    slack("1.0.0").write(world.path());
    add(&world, &["slack"]).succeeds();
}

#[test]
fn of_several_sources_all_are_added_or_none() {
    let world = World::with_registry();
    let good = save(&world, "good.tgz", &archive(&world, &slack("1.0.0")));
    let bad = save(&world, "bad.tgz", b"\x1f\x8b and no more");
    let directory = PackBuilder::new("jira", "1.0.0").write(&world.path().join("made"));
    let directory: PathBuf = directory;
    add(&world, &[&good, directory.to_str().unwrap(), &bad]).fails(3, &["B043", "bad.tgz"]);
    assert_empty(&world);
    add(&world, &[&good, directory.to_str().unwrap()]).succeeds();
    assert_eq!(inspected(&world)["releases"].as_array().unwrap().len(), 2);
}

#[test]
fn findings_name_the_source_and_not_a_temporary_directory() {
    let world = World::with_registry();
    let directory = world.path().join("broken");
    fs_err::create_dir_all(&directory).unwrap();
    fs_err::write(directory.join("pack.yaml"), "label: x\n").unwrap();
    let file = save(&world, "broken.tgz", &gzip(&tar(&directory, "")));
    let run = add(&world, &[&file]).fails(1, &["B016", "broken.tgz"]);
    assert!(!run.stderr.contains("cache/work"), "{}", run.stderr);
}

#[test]
fn an_interrupt_takes_the_fetched_files_along() {
    let world = World::with_registry();
    let server = PrivateServer::start(|_| {
        std::thread::sleep(std::time::Duration::from_secs(30));
        Reply::new(200, "late")
    });
    let mut command = world.command(Binary::Build);
    command.arg("add").arg(world.registry()).arg(server.url("/slack.tgz"));
    command.stderr(std::process::Stdio::piped()).stdout(std::process::Stdio::null());
    let child = command.spawn().unwrap();
    for _ in 0..500 {
        if !server.asked().is_empty() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let status = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(status.success());
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{said}");
    assert!(said.contains("error[M012]"), "{said}");
    assert_no_work(&world);
}
