//! Tarballs that npm reads, although it would not write them: builder and installer read them as it does.

use attune_tests::{NodePackage, NodeProject, PackBuilder, Run, World};
use serde_json::json;
use tar::EntryType;

use super::{added_and_installed, tested};

#[test]
fn parts_that_lead_nowhere_and_files_that_come_twice() {
    let file = EntryType::Regular;
    let package = NodePackage::new("dotted", "1.0.0").field("main", json!("./dist/index.js"));
    let package = package
        .entry(file, "package/dist/index.js", "module.exports = 'earlier';\n")
        .entry(file, "package/./dist/index.js", "module.exports = 'later';\n")
        .entry(file, "package/./lib/./only.js", "module.exports = 'only';\n");
    let project = NodeProject::new(&["dotted@1"]).at("node_modules/dotted", &package);
    let code =
        "if (require('dotted') + require('dotted/lib/only.js') !== 'lateronly') throw new Error('other')";
    let (world, _) = added_and_installed(&project, code);
    let mut verify = world.command(attune_tests::binaries::Binary::Install);
    verify.args(["verify", "--root"]).arg(world.root());
    Run::of(verify).succeeds();
}

#[test]
fn links_are_passed_over_or_copied() {
    let package = NodePackage::new("linked", "1.0.0")
        .entry(EntryType::Link, "package/copy.js", "package/index.js")
        .entry(EntryType::Symlink, "package/passwd", "/etc/passwd")
        .entry(EntryType::Link, "package/shadow", "/etc/shadow");
    let project = NodeProject::new(&["linked@1"]).at("node_modules/linked", &package);
    let (world, added) = added_and_installed(
        &project,
        "if (require('linked/copy.js') !== 'linked 1.0.0') throw new Error('other')",
    );
    for word in ["`linked`", "package/passwd", "package/shadow"] {
        assert!(added.stderr.contains(word), "{}", added.stderr);
    }
    assert!(!added.stderr.contains("copy.js"), "{}", added.stderr);
    let package = world.root().join("packenvs/weaver/nodejs/node_modules/linked");
    assert!(package.join("copy.js").is_file());
    assert!(fs_err::symlink_metadata(package.join("passwd")).is_err());
}

#[test]
#[ignore = "reaches a package index"]
fn index_published_packages_with_dots_in_their_paths() {
    let world = World::with_registry();
    let package = r#"{"dependencies": {"https-proxy-agent": "7.0.6", "proxy-agent": "6.5.0"}}"#;
    let pack: PackBuilder = tested("require('https-proxy-agent'); require('proxy-agent')");
    let directory = pack.file("package.json", package).write(&world.path().join("packs"));
    world.build(["add".as_ref(), world.registry().as_os_str(), directory.as_os_str()]).succeeds();
    world.bundle(&["weaver"]).succeeds();
    world.install_bundle().succeeds();
}
