//! `lint` says what `add` would say, and what would be packed, without a registry.

use attune_tests::standard_packs::greeter;
use attune_tests::{PackBuilder, Tree, World};

#[test]
fn a_pack_is_checked_and_its_files_are_listed_with_those_that_are_left_out() {
    let world = World::new();
    let pack = greeter()
        .file(".packignore", "*.log\n")
        .file("run.log", "x")
        .file("lib/__pycache__/a.pyc", "x")
        .file("lib/venv/pyvenv.cfg", "")
        .file("data.bin", "x".repeat(3000))
        .write(world.path());
    let before = Tree::of(world.path());
    let run = world.build(["lint", "greeter"]).succeeds();
    for line in [
        "greeter 1.0.0",
        "left out: run.log, which matches `*.log` in `.packignore`",
        "left out: lib/__pycache__, which is left behind by a tool",
        "left out: lib/venv, which is an environment",
    ] {
        assert!(run.stdout.contains(line), "{line}:\n{}", run.stdout);
    }
    let rows: Vec<&str> =
        run.stdout.lines().filter(|line| line.ends_with('B') && !line.contains(',')).collect();
    let mut sorted = rows.clone();
    sorted.sort_unstable();
    assert_eq!(rows, sorted);
    assert!(rows.iter().any(|row| row.starts_with("data.bin") && row.ends_with("2.9 KiB")), "{rows:?}");
    Tree::of(world.path()).assert_same(&before);

    let json = world.build(["lint", "greeter", "--json"]).succeeds().json();
    let linted = &json["packs"][0];
    let files = linted["files"].as_array().unwrap();
    assert_eq!(
        files.iter().map(|file| file["size"].as_u64().unwrap()).sum::<u64>(),
        linted["size"].as_u64().unwrap()
    );
    // What is listed is what is packed.
    world.init("demo").succeeds();
    world.build(["add".as_ref(), world.registry().as_os_str(), pack.as_os_str()]).succeeds();
    world.install_packs(&["greeter"]).succeeds();
    let packed = Tree::of(&fs_err::canonicalize(world.root().join("packs/greeter")).unwrap());
    for file in files {
        let path = std::path::Path::new(file["path"].as_str().unwrap());
        assert!(packed.paths().any(|packed| packed == path), "{file}");
    }
}

#[test]
fn the_failures_are_those_of_add() {
    let world = World::with_registry();
    let broken = PackBuilder::new("broken", "one");
    let secret = PackBuilder::new("secret", "1.0.0").file(".netrc", "machine a login b password c\n");
    let double = PackBuilder::new("double", "1.0.0").file("A", "").file("a", "");
    for (pack, code, word) in
        [(&broken, 1, "[P006]"), (&secret, 2, ".netrc: logins"), (&double, 1, "differ by case alone")]
    {
        let directory = pack.write(&world.path().join("packs"));
        let linted = world.build(["lint".as_ref(), directory.as_os_str()]).fails(code, &[word]);
        assert!(!linted.stderr.contains("nothing was added"), "{}", linted.stderr);
        world.add(&[pack]).fails(code, &[word]);
    }
    world.build(["lint", "packs/secret", "--include-secrets"]).succeeds();
    let run = world.build(["lint", "packs/broken", "packs/secret", "--json"]);
    let failure: serde_json::Value = serde_json::from_str(run.stderr.trim()).unwrap();
    assert_eq!(
        (failure["error"]["exitCode"].as_u64(), failure["error"]["code"].as_str()),
        (Some(2), Some("B017"))
    );
    assert_eq!(run.json()["packs"].as_array().unwrap().len(), 2);
    world.build(["lint", "nowhere"]).fails(2, &["does not exist"]);
}

#[test]
fn the_examples_have_no_findings() {
    let examples = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/packs");
    let packs = fs_err::read_dir(examples).unwrap().map(|entry| entry.unwrap().path());
    let arguments: Vec<_> = ["lint".into(), "--json".into()].into_iter().chain(packs).collect();
    let report = World::new().build(arguments).succeeds().json();
    let packs = report["packs"].as_array().unwrap();
    assert!(packs.len() > 5, "{}", packs.len());
    for pack in packs {
        let findings = pack["findings"].as_array().unwrap();
        assert!(findings.is_empty(), "{}: {findings:#?}", pack["directory"]);
    }
}

#[test]
fn findings_are_written_as_sarif() {
    let world = World::new();
    PackBuilder::new("broken", "one")
        .file("actions/odd name.yaml", "ref: broken.odd\nentry_point: x y\noutput_schema: {}\n")
        .file(".netrc", "machine a login b password c\n")
        .write(world.path());
    let run = world.build(["lint", "./broken/", "--format", "sarif"]).fails(2, &["error[B017]"]);
    assert!(!run.stderr.contains("[P006]"), "{}", run.stderr);
    let log = run.json();
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let rules: Vec<_> = rules.iter().map(|rule| rule["id"].as_str().unwrap()).collect();
    assert_eq!(rules, ["B017", "F007", "P006"]);
    let place = |result: &serde_json::Value| result["locations"][0]["physicalLocation"].clone();
    let shown: Vec<_> = run["results"].as_array().unwrap().iter().collect();
    let told: Vec<_> =
        shown.iter().map(|result| (result["ruleId"].as_str().unwrap(), place(result))).collect();
    let version = serde_json::json!({
        "artifactLocation": {"uri": "broken/pack.yaml"}, "region": {"startLine": 4, "startColumn": 10},
    });
    assert_eq!(told[0], ("P006", version));
    assert_eq!(shown[0]["level"], "error");
    assert_eq!(told[1].0, "F007");
    assert_eq!(told[1].1["artifactLocation"]["uri"], "broken/actions/odd%20name.yaml");
    assert_eq!(shown[1]["level"], "note");
    assert_eq!(told[2], ("B017", serde_json::json!({"artifactLocation": {"uri": "broken/.netrc"}})));
    world.build(["lint", "broken", "--format", "sarif", "--json"]).fails(2, &["cannot be used with"]);
}
