//! Downloads that are refused: unsigned, of another registry, damaged, out of time.

use attune_tests::standard_packs::greeter;
use attune_tests::world::standard;
use attune_tests::{PackBuilder, PrivateServer, Reply, World};

use super::{stage, text};

fn slack() -> PackBuilder {
    PackBuilder::new("slack", "1.0.0").action("post", "shell", "#!/bin/sh\necho posted\n")
}

#[test]
fn an_unsigned_source_needs_a_word() {
    let world = World::new();
    let directory = text(slack().write(&world.path().join("made")));
    for source in
        [&*directory, "https://example.invalid/slack.zip", "github:example/slack", "git@h:slack.git"]
    {
        let refused = stage(&world, &["download", source, "-d", "out"]);
        refused.fails(3, &["nobody signed", source, "T022", "--allow-unsigned"]).with_hint();
    }
    assert!(!world.path().join("out").exists());
}

#[test]
fn a_bare_name_is_never_a_directory() {
    let world = World::new();
    slack().write(world.path());
    stage(&world, &["download", "slack", "-d", "out", "--allow-unsigned"])
        .fails(2, &["knows no registry"])
        .with_hint();
    stage(&world, &["download", "./slack", "-d", "out", "--allow-unsigned"]).succeeds();
}

#[test]
fn a_registry_that_nobody_trusts_gives_nothing() {
    let world = World::with_packs(&[&greeter()]);
    let registry = text(world.registry());
    let refused = stage(&world, &["download", "greeter", "-d", "out", "--registry", &registry, "--json"]);
    let document = refused.fails(1, &["could not be downloaded"]).json();
    assert_eq!(document["failed_packs"][0]["code"], "T001", "{document}");
    assert_eq!(fs_err::read_dir(world.path().join("out")).unwrap().count(), 0);
}

#[test]
fn a_damaged_archive_of_a_registry_is_refused() {
    let world = World::with_packs(&[&greeter(), &slack()]);
    for entry in fs_err::read_dir(world.registry().join("blobs/sha256")).unwrap().map(Result::unwrap) {
        let bytes = fs_err::read(entry.path()).unwrap();
        if bytes.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
            fs_err::remove_file(entry.path()).unwrap();
            fs_err::write(entry.path(), vec![0; bytes.len()]).unwrap();
        }
    }
    let (registry, trust) = (text(world.registry()), text(world.trust()));
    let arguments =
        ["download", "greeter", "slack", "-d", "out", "--registry", &registry, "--trust", &trust, "--json"];
    let document = stage(&world, &arguments).fails(1, &["2 sources"]).json();
    assert_eq!(document["failed_packs"][0]["code"], "S013", "{document}");
    assert_eq!(fs_err::read_dir(world.path().join("out")).unwrap().count(), 0);
}

#[test]
fn a_cut_bundle_gives_what_came_whole() {
    let (world, publisher) = (World::new(), standard());
    let bytes = fs_err::read(publisher.bundle_path()).unwrap();
    fs_err::write(world.path().join("cut.tar.zst"), &bytes[..bytes.len() - 40]).unwrap();
    let arguments = ["download", "./cut.tar.zst", "-d", "out", "--trust", &text(publisher.trust()), "--json"];
    let document = stage(&world, &arguments).fails(1, &["could not be downloaded"]).json();
    assert_eq!(document["failure_count"], 1, "{document}");
    let there = fs_err::read_dir(world.path().join("out")).unwrap().count();
    assert_eq!(document["success_count"], there, "{document}");
}

#[test]
fn packs_that_are_none_and_packs_of_hostile_names_are_refused() {
    let world = World::new();
    let directory = slack().write(&world.path().join("made"));
    let download =
        || stage(&world, &["download", &text(&directory), "-d", "out", "--allow-unsigned", "--json"]);
    for (yaml, code) in [("ref: ../escape\nversion: 1.0.0\n", "B016"), ("[]", "B016"), ("", "B016")] {
        fs_err::write(directory.join("pack.yaml"), yaml).unwrap();
        let document = download().fails(1, &[]).json();
        assert_eq!(document["failed_packs"][0]["code"], code, "{yaml}: {document}");
    }
    fs_err::write(directory.join("pack.yaml"), "ref: slack\nversion: \"1.0.0\"\n").unwrap();
    fs_err::os::unix::fs::symlink("/etc/passwd", directory.join("actions/passwd")).unwrap();
    let document = download().fails(1, &[]).json();
    assert_eq!(document["failed_packs"][0]["code"], "B010", "{document}");
    assert_eq!(fs_err::read_dir(world.path().join("out")).unwrap().count(), 0);
    assert!(!world.path().join("escape").exists());
}

#[test]
fn what_a_killed_download_left_is_gone_after_the_next() {
    let world = World::new();
    let directory = text(slack().write(&world.path().join("made")));
    let work = world.path().join("out/.attune-download/work");
    fs_err::create_dir_all(work.join("source-x/pack-1")).unwrap();
    fs_err::write(work.join("source-x/pack-1/pack.yaml"), "half").unwrap();
    fs_err::write(work.join("source-x.lock"), "").unwrap();
    stage(&world, &["download", &directory, "-d", "out", "--allow-unsigned"]).succeeds();
    let there = fs_err::read_dir(world.path().join("out")).unwrap().map(|entry| entry.unwrap().file_name());
    assert_eq!(there.collect::<Vec<_>>(), ["slack"]);
}

#[test]
fn options_that_fit_no_source_are_refused() {
    let world = World::new();
    let directory = text(slack().write(&world.path().join("made")));
    let common = ["-d", "out", "--allow-unsigned"];
    let checksum = format!("sha256:{}", "0".repeat(64));
    for (arguments, words) in [
        (vec![&*directory, "--ref-spec", "main"], "git repositories"),
        (vec![&directory, "--checksum", &checksum], "no archive"),
        (vec![&directory, "./other", "--checksum", &checksum], "one source"),
        (vec!["slack", "--checksum", &checksum], "nobody signed"),
        (vec![&directory, "--header", "A: b"], "header"),
        (vec!["Not A Pack"], "neither a pack nor a source"),
    ] {
        let arguments = [&["download"], &arguments[..], &common[..]].concat();
        stage(&world, &arguments).fails(2, &[words]).with_hint();
    }
    assert!(!world.path().join("out").exists());
}

#[test]
fn a_time_limit_ends_a_download_and_cleans_up() {
    let world = World::new();
    let directory = text(slack().write(&world.path().join("made")));
    let server = PrivateServer::start(|_| {
        std::thread::sleep(std::time::Duration::from_secs(20));
        Reply::new(404, "")
    });
    let started = std::time::Instant::now();
    let arguments = ["download", &directory, &server.url("/slack.zip"), "-d", "out", "--allow-unsigned"];
    let run = stage(&world, &[&arguments[..], &["--timeout", "1s", "--json"]].concat());
    let document = run.fails(1, &["time limit of 1 s", "H051"]).json();
    assert!(started.elapsed().as_secs() < 15, "{:?}", started.elapsed());
    assert_eq!(document["failed_packs"][0]["code"], "M012", "{document}");
    let there: Vec<_> =
        fs_err::read_dir(world.path().join("out")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(there.iter().all(|name| name == "slack"), "{there:?}");
}
