//! `search`: what the registries have, each pack once, from the registry that an install takes it from.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use attune_tests::servers::{Answer, BadServer};
use attune_tests::standard_packs::{greeter, reporter};
use attune_tests::{PackBuilder, World};
use serde_json::{Value, json};

use super::{know, publisher, run};

fn pack(name: &str, version: &str) -> PackBuilder {
    PackBuilder::new(name, version)
}

fn with_keywords(name: &str, words: &str) -> PackBuilder {
    pack(name, "1.0.0").yaml(&format!("keywords: [{words}]"))
}

/// The packs that were found, as `shared 1.0.0 of corp`.
fn found(host: &World, arguments: &[&str]) -> Vec<String> {
    let report = run(host, &[&["search", "--json"], arguments].concat()).succeeds().json();
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let packs = report["packs"].as_array().unwrap().iter();
    packs
        .map(|pack| {
            format!("{} {} of {}", text(&pack["ref"]), text(&pack["version"]), text(&pack["registry"]))
        })
        .collect()
}

/// A host that knows `corp` and then `team`, of which both have `shared`.
fn host() -> (World, World, World) {
    let corp = publisher("corp", &[&pack("shared", "1.0.0"), &with_keywords("resolver", "DNS, names")]);
    let team = publisher("team", &[&pack("shared", "2.0.0"), &with_keywords("tickets", "jira")]);
    let host = World::new();
    for publisher in [&corp, &team] {
        know(&host, publisher);
    }
    (host, corp, team)
}

#[test]
fn every_pack_is_told_once_with_the_registry_it_comes_from() {
    let (host, _corp, _team) = host();
    let all = ["resolver 1.0.0 of corp", "shared 1.0.0 of corp", "tickets 1.0.0 of team"];
    let before = host.root_tree();
    assert_eq!(found(&host, &[]), all);
    host.root_tree().assert_same(&before);
    assert_eq!(found(&host, &["--registry", "team"]), ["shared 2.0.0 of team", "tickets 1.0.0 of team"]);
    run(&host, &["registry", "order", "team"]).succeeds();
    assert_eq!(found(&host, &["shared"]), ["shared 2.0.0 of team"]);
    // One that is installed keeps to its registry, and so it is told.
    host.install(["shared", "--registry", "corp"]).succeeds();
    assert_eq!(found(&host, &["shared"]), ["shared 1.0.0 of corp"]);
    let report = run(&host, &["search", "shared", "--json"]).succeeds().json();
    assert_eq!(report["packs"][0]["installed"], "1.0.0");
    assert_eq!(report["packs"][0]["installedFrom"], "corp");
    assert_eq!(report["registries"], json!(["team", "corp"]));
    assert_eq!(found(&host, &["shared", "--registry", "team"]), ["shared 2.0.0 of team"]);
    let text = run(&host, &["search", "shared"]).succeeds().stdout;
    assert!(text.starts_with("PACK    VERSION  INSTALLED  REGISTRY  DESCRIPTION\n"), "{text}");
    assert!(text.contains("shared  1.0.0    1.0.0      corp      The pack shared"), "{text}");
}

#[test]
fn words_are_looked_for_in_all_that_describes_a_pack_whatever_their_case() {
    let (host, _corp, _team) = host();
    assert_eq!(found(&host, &["dns"]), ["resolver 1.0.0 of corp"]);
    assert_eq!(found(&host, &["THE PACK TICK"]), ["tickets 1.0.0 of team"]);
    assert_eq!(found(&host, &["nobody", "jira"]), ["tickets 1.0.0 of team"], "author and keyword");
    assert_eq!(found(&host, &["dns", "jira"]), [""; 0], "all words");
    let none = run(&host, &["search", "weather"]).succeeds();
    assert_eq!(none.stdout, "no pack that matches is in corp, team\n");
}

#[test]
fn prereleases_alone_are_no_newest_version() {
    let corp = publisher("corp", &[&pack("early", "2.0.0-rc.1"), &pack("late", "1.0.0")]);
    for version in ["1.10.0", "1.9.0", "2.0.0-rc.1"] {
        corp.add(&[&pack("late", version)]).succeeds();
    }
    let host = World::new();
    know(&host, &corp);
    assert_eq!(found(&host, &[]), ["early - of corp", "late 1.10.0 of corp"]);
    let report = run(&host, &["search", "late", "--json"]).succeeds().json();
    assert_eq!(report["packs"][0]["channels"], json!({"stable": "1.10.0"}));
}

#[test]
fn a_registry_that_cannot_be_read_ends_the_search() {
    let (host, corp, _team) = host();
    let aside = corp.path().join("aside");
    fs_err::rename(corp.registry(), &aside).unwrap();
    run(&host, &["search", "tickets"])
        .fails(1, &["registry `corp` at `", "none after it is asked"])
        .with_hint();
    assert_eq!(found(&host, &["tickets", "--registry", "team"]), ["tickets 1.0.0 of team"]);
    fs_err::rename(&aside, corp.registry()).unwrap();
    fs_err::write(corp.registry().join("metadata/timestamp.json"), "{}").unwrap();
    run(&host, &["search"]).fails(3, &["registry `corp`", "timestamp.json"]).with_hint();
}

#[test]
fn a_pack_index_that_was_exchanged_is_not_believed() {
    let (host, corp, _team) = host();
    let packs = corp.registry().join("packs");
    let index = fs_err::read_dir(packs).unwrap().map(|entry| entry.unwrap().path());
    for path in index.filter(|path| path.to_string_lossy().contains("resolver")) {
        let text = fs_err::read_to_string(&path).unwrap();
        fs_err::write(&path, text.replace("DNS", "XYZ")).unwrap();
    }
    run(&host, &["search"]).fails(3, &["registry `corp`", "packs/resolver.json"]);
}

#[test]
fn a_registry_that_was_not_made_known_needs_its_root() {
    let corp = publisher("corp", &[&pack("shared", "1.0.0")]);
    let host = World::new();
    run(&host, &["search"]).fails(2, &["the host knows no registry"]).with_hint();
    let directory = corp.registry();
    let directory = directory.to_str().unwrap();
    run(&host, &["search", "--registry", directory]).fails(3, &["vouches for"]).with_hint();
    let trust = corp.trust();
    let trust = trust.to_str().unwrap();
    let arguments = ["--registry", directory, "--trust", trust];
    assert_eq!(found(&host, &arguments), ["shared 1.0.0 of corp"]);
    assert!(host.root_tree().is_absent(), "nothing is kept of it");
    run(&host, &["search", "--trust", trust]).fails(2, &["the host knows no registry"]);
    know(&host, &corp);
    run(&host, &["search", "--trust", trust]).fails(2, &["without its bundle or registry"]).with_hint();
    run(&host, &["search", "--registry", "crop"]).fails(1, &["did you mean `corp`?"]).with_hint();
}

#[test]
fn a_registry_with_bins_is_searched_whole() {
    let corp = World::new();
    corp.build(["init", "registry", "--name", "corp", "--bins=16"]).succeeds();
    corp.add(&[&greeter(), &reporter()]).succeeds();
    let host = World::new();
    know(&host, &corp);
    assert_eq!(found(&host, &[]), ["greeter 1.0.0 of corp", "reporter 1.0.0 of corp"]);
    // An unpacked bundle has some bins alone, and what it carries.
    corp.bundle(&["greeter"]).succeeds();
    let unpacked = corp.path().join("unpacked");
    let mut command = std::process::Command::new("tar");
    fs_err::create_dir(&unpacked).unwrap();
    command.arg("--zstd").arg("-xf").arg(corp.bundle_path()).arg("-C").arg(&unpacked);
    if command.status().is_ok_and(|status| status.success()) {
        let unpacked = unpacked.to_str().unwrap();
        assert_eq!(found(&host, &["--registry", unpacked]), ["greeter 1.0.0 of corp"]);
    }
}

/// How many indexes of packs are being asked for, how many were at once at most, and how many in all.
#[derive(Debug, Default)]
struct Asked {
    now: usize,
    most: usize,
    all: usize,
}

/// Serves the registry of `corp`, each index after a while; `is_changed` tells of which a byte is another.
fn slow(corp: &World, is_changed: fn(&str) -> bool) -> (BadServer, Arc<Mutex<Asked>>) {
    let asked = Arc::new(Mutex::new(Asked::default()));
    let counted = Arc::clone(&asked);
    let server = BadServer::start(&corp.registry(), move |path| {
        if !path.starts_with("packs/") {
            return Answer::File;
        }
        {
            let mut asked = counted.lock().unwrap();
            asked.now += 1;
            asked.all += 1;
            asked.most = asked.most.max(asked.now);
        }
        // The first of the alphabet come last.
        let late = if path.contains(".p0") { 150 } else { 50 };
        std::thread::sleep(Duration::from_millis(late));
        counted.lock().unwrap().now -= 1;
        if is_changed(path) { Answer::Changed } else { Answer::File }
    });
    (server, asked)
}

/// A registry with twenty packs, `p00` to `p19`.
fn twenty() -> World {
    let packs: Vec<PackBuilder> = (0..20).map(|number| pack(&format!("p{number:02}"), "1.0.0")).collect();
    publisher("corp", &packs.iter().collect::<Vec<_>>())
}

#[test]
fn indexes_are_read_side_by_side_and_told_in_their_order() {
    let corp = twenty();
    let (server, asked) = slow(&corp, |_| false);
    let (host, trust) = (World::new(), corp.trust().display().to_string());
    run(&host, &["registry", "add", server.url(), "--trust", &trust]).succeeds();
    let expected: Vec<String> = (0..20).map(|number| format!("p{number:02} 1.0.0 of corp")).collect();
    assert_eq!(found(&host, &[]), expected);
    let Asked { most, all, .. } = *asked.lock().unwrap();
    assert_eq!(all, 20, "each once");
    assert!((2..=8).contains(&most), "{most} at once");
    // One whose name comes first is told, whichever is found first.
    let (server, _) = slow(&corp, |path| path.contains(".p05") || path.contains(".p11"));
    run(&host, &["registry", "add", server.url()]).succeeds();
    for _ in 0..3 {
        run(&host, &["search"]).fails(3, &["registry `corp`", "packs/p05.json"]).with_hint();
    }
}

#[test]
fn installations_and_outdated_read_each_index_once() {
    let corp = twenty();
    let (server, asked) = slow(&corp, |_| false);
    let (host, trust) = (World::new(), corp.trust().display().to_string());
    run(&host, &["registry", "add", server.url(), "--trust", &trust]).succeeds();
    let count = || std::mem::take(&mut *asked.lock().unwrap());
    let packs: Vec<String> = (0..10).map(|number| format!("p{number:02}")).collect();
    host.install(&packs).succeeds();
    let Asked { most, all, .. } = count();
    assert_eq!(all, 10);
    assert!(most > 1);
    let report = run(&host, &["outdated", "--json"]).succeeds().json();
    assert_eq!(report["packs"].as_array().unwrap().len(), 10);
    let Asked { most, all, .. } = count();
    assert_eq!(all, 10);
    assert!(most > 1);
    host.install(["hold", "p03"]).succeeds();
    run(&host, &["outdated"]).succeeds();
    assert_eq!(count().all, 10);
    host.install(["unhold", "p03"]).succeeds();
    run(&host, &["upgrade", "p01", "p02"]).succeeds();
    assert_eq!(count().all, 2);
}

#[test]
fn bins_are_read_side_by_side() {
    let corp = World::new();
    corp.build(["init", "registry", "--name", "corp", "--bins=16"]).succeeds();
    corp.add(&[&pack("early", "1.0.0"), &pack("late", "1.0.0")]).succeeds();
    let most = Arc::new(Mutex::new((0, 0)));
    let counted = Arc::clone(&most);
    let server = BadServer::start(&corp.registry(), move |_| {
        let count = |by: i32| {
            let (now, most) = &mut *counted.lock().unwrap();
            *now += by;
            *most = (*most).max(*now);
        };
        count(1);
        std::thread::sleep(Duration::from_millis(30));
        count(-1);
        Answer::File
    });
    let (host, trust) = (World::new(), corp.trust().display().to_string());
    run(&host, &["registry", "add", server.url(), "--trust", &trust]).succeeds();
    assert_eq!(found(&host, &[]), ["early 1.0.0 of corp", "late 1.0.0 of corp"]);
    let (_, most) = *most.lock().unwrap();
    assert!((4..=8).contains(&most), "{most} at once");
}
