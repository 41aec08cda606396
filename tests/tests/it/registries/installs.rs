//! Packs that are named without a source come from the registries that the host knows: each from the first that has it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use attune_tests::standard_packs::{greeter, reporter};
use attune_tests::{PackBuilder, PrivateServer, Reply, Run, Tree, World};
use serde_json::{Value, json};

use super::{know, publisher, run};

/// A pack that says which registry it is of.
fn pack(name: &str, version: &str, registry: &str) -> PackBuilder {
    PackBuilder::new(name, version).file("README.md", format!("of {registry}\n"))
}

/// A host that knows `publishers` in this order.
fn host(publishers: &[&World]) -> World {
    let host = World::new();
    for publisher in publishers {
        know(&host, publisher);
    }
    host
}

/// The installed packs, as `shared 1.0.0 of corp`.
fn installed(host: &World) -> Vec<String> {
    let list = host.list();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let packs = list["packs"].as_array().unwrap().iter();
    packs
        .map(|pack| {
            format!("{} {} of {}", text(&pack["ref"]), text(&pack["version"]), text(&pack["registry"]))
        })
        .collect()
}

fn tree(host: &World) -> Tree {
    host.root_tree().without_touched()
}

#[test]
fn the_first_registry_that_has_a_pack_wins() {
    let corp = publisher("corp", &[&pack("shared", "1.0.0", "corp"), &pack("own", "1.0.0", "corp")]);
    let team = publisher("team", &[&pack("shared", "2.0.0", "team"), &pack("other", "1.0.0", "team")]);
    let host = host(&[&corp, &team]);
    let report = host.install(["shared", "other", "--json"]).succeeds().json();
    assert_eq!(installed(&host), ["other 1.0.0 of team", "shared 1.0.0 of corp"]);
    assert_eq!(report["registry"], "corp");
    assert_eq!(
        report["packs"][0]["registry"],
        json!(if report["packs"][0]["ref"] == "other" { "team" } else { "corp" })
    );
    let readme = fs_err::read_to_string(host.root().join("packs/shared/README.md")).unwrap();
    assert_eq!(readme, "of corp\n");
    // The order says it, and not the version: none satisfies, although another registry has one.
    host.install(["shared@^2"]).fails(4, &["`shared` has no version that satisfies `^2`; it has 1.0.0"]);
    // A pack keeps to its registry, whatever comes first now.
    run(&host, &["registry", "order", "team"]).succeeds();
    let before = tree(&host);
    host.install(["shared"]).succeeds();
    tree(&host).assert_same(&before);
    corp.add(&[&pack("shared", "1.1.0", "corp")]).succeeds();
    host.install(["shared"]).succeeds();
    assert_eq!(installed(&host), ["other 1.0.0 of team", "shared 1.1.0 of corp"]);
    let told = host.install(["shared", "--change-registry"]).succeeds().stdout;
    assert!(told.contains("from team into"), "{told}");
    assert_eq!(installed(&host), ["other 1.0.0 of team", "shared 2.0.0 of team"]);
    host.verify(&[]).succeeds();
}

#[test]
fn what_a_pack_needs_may_come_from_another_registry() {
    let corp = publisher("corp", &[&reporter()]);
    let team = publisher("team", &[&greeter()]);
    let host = host(&[&corp, &team]);
    let told = host.install(["reporter"]).succeeds().stdout;
    assert!(told.contains("from corp, team into") || told.contains("from team, corp into"), "{told}");
    assert_eq!(installed(&host), ["greeter 1.0.0 of team", "reporter 1.0.0 of corp"]);
    host.verify(&[]).succeeds();
    let before = tree(&host);
    let report = host.install(["reporter", "--json"]).succeeds().json();
    assert_eq!((&report["outcome"], &report["registry"]), (&json!("unchanged"), &json!("corp")));
    tree(&host).assert_same(&before);
    host.install(["reporter", "--reinstall"]).succeeds();
    // What was seen of both is remembered.
    for name in ["corp", "team"] {
        let details = run(&host, &["trust", "show", name, "--json"]).succeeds().json();
        assert_ne!(details["seen"], json!([]), "{name}");
    }
}

#[test]
fn a_registry_that_cannot_be_read_stops_the_search() {
    let corp = publisher("corp", &[&pack("own", "1.0.0", "corp")]);
    let team = publisher("team", &[&pack("other", "1.0.0", "team")]);
    let host = host(&[&corp, &team]);
    let aside = corp.path().join("aside");
    fs_err::rename(corp.registry(), &aside).unwrap();
    let before = tree(&host);
    let words = [
        "registry `corp` at `",
        "cannot be read, and none after it is asked in its place",
        "it does not exist",
    ];
    host.install(["other"]).fails(1, &words).with_hint();
    tree(&host).assert_same(&before);
    // The one that is named is asked alone.
    host.install(["other", "--registry", "team"]).succeeds();
    assert_eq!(installed(&host), ["other 1.0.0 of team"]);
    // So is the one of an installed pack.
    host.install(["other"]).succeeds();
    host.install(["other", "--change-registry"]).fails(1, &["registry `corp`"]);
    fs_err::rename(&aside, corp.registry()).unwrap();
    fs_err::write(corp.registry().join("metadata/timestamp.json"), "{}").unwrap();
    host.install(["own"]).fails(3, &["registry `corp`", "timestamp.json"]).with_hint();
}

#[test]
fn a_server_that_fails_makes_no_way_for_a_namesake() {
    let corp = publisher(
        "corp",
        &[&pack("secret", "1.0.0", "corp"), &pack("app", "1.0.0", "corp").depends_on("secret@*")],
    );
    let bait = publisher(
        "public",
        &[&pack("secret", "99.0.0", "public"), &pack("free", "1.0.0", "public").depends_on("secret@*")],
    );
    let (directory, is_down) = (corp.registry(), Arc::new(AtomicBool::new(false)));
    let down = Arc::clone(&is_down);
    let server = PrivateServer::start(move |asked| {
        // Only the index of one pack is lost, as whoever sits between could do it.
        if down.load(Ordering::Acquire) && asked.target.contains("secret") {
            return Reply::new(503, "");
        }
        match fs_err::read(directory.join(asked.target.trim_start_matches('/'))) {
            Ok(body) => Reply::new(200, body),
            Err(_) => Reply::new(404, ""),
        }
    });
    let host = World::new();
    run(&host, &["registry", "add", &server.url("/"), "--trust", corp.trust().to_str().unwrap()]).succeeds();
    know(&host, &bait);
    is_down.store(true, Ordering::Release);
    let before = tree(&host);
    for pack in ["secret", "app", "free"] {
        host.install([pack])
            .fails(1, &["registry `corp`", "none after it is asked in its place", "503"])
            .with_hint();
        tree(&host).assert_same(&before);
    }
    // An index that is absent although the metadata lists it is no reason to go on either.
    is_down.store(false, Ordering::Release);
    let index = fs_err::read_dir(corp.registry().join("packs")).unwrap().map(|entry| entry.unwrap().path());
    let index = index.into_iter().find(|path| path.to_str().unwrap().ends_with(".secret.json")).unwrap();
    let aside = corp.path().join("index");
    fs_err::rename(&index, &aside).unwrap();
    host.install(["secret"]).fails(3, &["registry `corp`", "secret.json"]);
    fs_err::rename(&aside, &index).unwrap();
    host.install(["free"]).succeeds();
    assert_eq!(installed(&host), ["free 1.0.0 of public", "secret 1.0.0 of corp"]);
}

#[test]
fn a_pack_of_a_registry_that_is_known_no_more() {
    let corp = publisher(
        "corp",
        &[&pack("shared", "1.0.0", "corp"), &pack("app", "1.0.0", "corp").depends_on("shared@^1")],
    );
    let team = publisher(
        "team",
        &[&pack("shared", "1.5.0", "team"), &pack("more", "1.0.0", "team").depends_on("shared@^1")],
    );
    let host = host(&[&corp, &team]);
    host.install(["app"]).succeeds();
    run(&host, &["registry", "remove", "corp"]).succeeds();
    let before = tree(&host);
    host.install(["shared"])
        .fails(3, &["`shared` was installed from registry `corp`, which the host does not know"])
        .with_hint();
    tree(&host).assert_same(&before);
    // As one that is needed, it stays what it is.
    host.install(["more"]).succeeds();
    assert_eq!(installed(&host), ["app 1.0.0 of corp", "more 1.0.0 of team", "shared 1.0.0 of corp"]);
    host.install(["shared", "--change-registry"]).succeeds();
    assert_eq!(installed(&host)[2], "shared 1.5.0 of team");
}

#[test]
fn a_registry_is_named_by_its_name() {
    let corp = publisher("corp", &[&pack("own", "1.0.0", "corp")]);
    let team = publisher("team", &[&pack("own", "2.0.0", "team")]);
    let host = host(&[&corp, &team]);
    host.install(["own", "--registry", "temm"])
        .fails(1, &["knows no registry `temm`; did you mean `team`?"])
        .with_hint();
    host.install(["own", "--registry", "elsewhere"]).fails(1, &["`elsewhere` is not the URL of a registry"]);
    host.install(["own", "--registry", "team"]).succeeds();
    assert_eq!(installed(&host), ["own 2.0.0 of team"]);
    let mut command = host.installer();
    command.args(["own", "--change-registry"]).env("ATTUNE_REGISTRY", "corp");
    Run::of(command).succeeds();
    assert_eq!(installed(&host), ["own 1.0.0 of corp"]);
    // One at a place is still found by its own name among several that are trusted.
    host.install(["own", "--change-registry", "--registry", team.registry().to_str().unwrap()]).succeeds();
    assert_eq!(installed(&host), ["own 2.0.0 of team"]);
}

#[test]
fn a_channel_leads_to_its_version() {
    let corp = publisher("corp", &[&pack("weather", "1.0.0", "corp")]);
    corp.add(&[&pack("weather", "1.1.0-rc.1", "corp")]).succeeds();
    let host = host(&[&corp]);
    host.install(["weather@>=1.1.0-rc.1"]).succeeds();
    assert_eq!(installed(&host), ["weather 1.1.0-rc.1 of corp"]);
    let before = tree(&host);
    host.install(["weather@latest"])
        .fails(4, &["`weather` has no channel `latest`; it has `stable`"])
        .with_hint();
    host.install(["wether@stable"]).fails(4, &["there is no pack `wether`; did you mean `weather`?"]);
    host.install(["weather@v2"]).fails(2, &["weather@v2"]);
    tree(&host).assert_same(&before);
    let told = host.install(["weather@stable"]).succeeds().stdout;
    assert!(told.contains("down from 1.1.0-rc.1"), "{told}");
    assert_eq!(installed(&host), ["weather 1.0.0 of corp"]);
}

#[test]
fn packs_without_a_source_where_no_registry_is_known() {
    let corp =
        publisher("corp", &[&pack("own", "1.0.0", "corp"), &greeter(), &pack("lists", "1.0.0", "corp")]);
    let nobody = World::new();
    nobody
        .install(["install", "own"])
        .fails(2, &["no source was named, and the host knows no registry"])
        .with_hint();
    nobody.install(["own"]).fails(2, &["`own` is neither a command nor a bundle", "registry add"]);
    assert!(nobody.root_tree().is_absent());
    let host = host(&[&corp]);
    let trust = corp.trust();
    host.install(["own", "--trust", trust.to_str().unwrap()])
        .fails(2, &["without its bundle or registry"])
        .with_hint();
    // A word that is nearly a command is one.
    let told = host.install(["lst"]).fails(2, &["did you mean `attune-install list`?"]);
    assert!(told.stderr.contains("attune-install install lst"), "{}", told.stderr);
    host.install(["greetr"]).fails(4, &["there is no pack `greetr`; did you mean `greeter`?"]).with_hint();
    // Unless there is a pack of that name.
    host.install(["lists"]).succeeds();
    fs_err::write(host.root().join("state/registries.json"), "{").unwrap();
    host.install(["own"]).fails(3, &["registries.json", "is damaged"]).with_hint();
}
