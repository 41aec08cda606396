//! Files of packs, packages and environments: changed, gone, foreign, replaced, opened.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;

use super::{
    assert_one, change_in_silence, differences, host, host_with, link, open, real, replace, report, stored,
    told,
};

#[test]
fn a_byte_of_a_pack_that_changed_in_silence() {
    let world = host();
    change_in_silence(&real(&world, "packs/reporter/actions/report.py"));
    assert_one(&world, "changed", "pack", &["reporter"], "actions/report.py");
    let text = world.verify(&[]);
    let path = world.root().join("packs/reporter/actions/report.py");
    assert!(text.stdout.contains(&format!("reporter: changed {}", path.display())), "{}", text.stdout);
}

#[test]
fn a_file_of_a_pack_that_is_gone() {
    let world = host();
    fs_err::remove_file(real(&world, "packs/greeter/actions/greet.sh")).unwrap();
    assert_one(&world, "missing", "pack", &["greeter"], "actions/greet.sh");
}

#[test]
fn foreign_files_and_directories_in_a_pack() {
    let world = host();
    let pack = real(&world, "packs/greeter");
    open(&pack);
    fs_err::create_dir(pack.join("empty")).unwrap();
    fs_err::create_dir_all(pack.join("deep/er")).unwrap();
    fs_err::write(pack.join("deep/er/evil.py"), "x").unwrap();
    let found: Vec<String> =
        differences(&world).into_iter().map(|(kind, .., path)| kind + " " + &path).collect();
    let tree = pack.strip_prefix(fs_err::canonicalize(world.root()).unwrap()).unwrap().display().to_string();
    // A directory stands for what is in it.
    assert_eq!(found, [format!("foreign {tree}/deep"), format!("foreign {tree}/empty")]);
}

#[test]
fn a_file_of_a_wheel_and_its_record() {
    let world = host();
    change_in_silence(&stored(&world, "wheels", "shout/__init__.py"));
    assert_one(&world, "changed", "wheel", &["reporter"], "shout/__init__.py");

    let world = host();
    change_in_silence(&stored(&world, "wheels", "shout-1.0.0.dist-info/RECORD"));
    assert_one(&world, "changed", "wheel", &["reporter"], "shout-1.0.0.dist-info/RECORD");
}

#[test]
fn a_file_of_an_npm_package_and_of_the_environment_that_it_is_linked_into() {
    let world = host();
    change_in_silence(&stored(&world, "node", "package/cli.js"));
    let parts: Vec<String> = differences(&world).into_iter().map(|(_, part, ..)| part).collect();
    assert_eq!(parts, ["node-package", "environment"]);
    // A copy is damaged alone.
    let world = host_with(&["--link-mode", "copy"]);
    change_in_silence(&stored(&world, "envs", "node_modules/left/cli.js"));
    assert_one(&world, "changed", "environment", &["weaver"], "node_modules/left/cli.js");
}

#[test]
fn a_file_of_an_environment_that_steps_built() {
    let world = host();
    change_in_silence(&real(&world, "packenvs/knitter/tool/bin/yarn"));
    assert_one(&world, "changed", "environment", &["knitter"], "bin/yarn");
}

#[test]
fn a_script_of_an_environment() {
    let world = host();
    change_in_silence(&real(&world, "packenvs/reporter/python/bin/shout"));
    assert_one(&world, "changed", "environment", &["reporter"], "bin/shout");
}

#[test]
fn a_tree_of_the_store_that_is_gone() {
    for (part, end, found_part, packs) in [
        ("packs", "pack.yaml", "pack", &["knitter"][..]),
        ("wheels", "shout/__init__.py", "wheel", &["reporter"]),
        ("envs", "pyvenv.cfg", "environment", &["reporter"]),
    ] {
        let world = host();
        let file =
            if part == "packs" { real(&world, "packs/knitter/pack.yaml") } else { stored(&world, part, end) };
        let tree = file.ancestors().find(|path| path.parent().unwrap().ends_with(part)).unwrap();
        fs_err::remove_dir_all(tree).unwrap();
        let name = tree.file_name().unwrap().to_str().unwrap();
        let found = differences(&world);
        let expected = (
            "missing".to_owned(),
            found_part.to_owned(),
            packs.iter().map(ToString::to_string).collect(),
            format!("store/{part}/{name}"),
        );
        assert!(found.contains(&expected), "{found:?}");
    }
}

#[test]
fn a_file_that_was_replaced_by_a_link_or_a_pipe() {
    let world = host();
    let file = real(&world, "packs/greeter/pack.yaml");
    let elsewhere = world.path().join("elsewhere.yaml");
    fs_err::copy(&file, &elsewhere).unwrap();
    // The bytes behind it are the very same.
    replace(&file, link(elsewhere.to_str().unwrap()));
    assert_one(&world, "replaced", "pack", &["greeter"], "pack.yaml");
    replace(&file, |path| {
        let mode = rustix::fs::Mode::from_raw_mode(0o644);
        rustix::fs::mknodat(rustix::fs::CWD, path, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    });
    assert_one(&world, "replaced", "pack", &["greeter"], "pack.yaml");
}

#[test]
fn a_link_of_an_environment_that_leads_elsewhere() {
    let world = host();
    replace(&stored(&world, "envs", "lib64"), link("/tmp"));
    assert_one(&world, "leads-elsewhere", "environment", &["reporter"], "lib64");
}

#[test]
fn permissions_that_grew_and_a_program_that_cannot_be_executed() {
    let world = host();
    let file = real(&world, "packs/greeter/pack.yaml");
    fs_err::set_permissions(&file, Permissions::from_mode(0o466)).unwrap();
    assert_one(&world, "mode", "pack", &["greeter"], "pack.yaml");
    fs_err::set_permissions(&file, Permissions::from_mode(0o444)).unwrap();
    let program = real(&world, "packs/greeter/actions/greet.sh");
    fs_err::set_permissions(&program, Permissions::from_mode(0o444)).unwrap();
    assert_one(&world, "mode", "pack", &["greeter"], "actions/greet.sh");
    fs_err::set_permissions(&program, Permissions::from_mode(0o4555)).unwrap();
    assert_one(&world, "mode", "pack", &["greeter"], "actions/greet.sh");
}

#[test]
fn bytecode_that_nobody_recorded_is_a_warning_and_bytecode_elsewhere_a_difference() {
    let world = host();
    let actions = real(&world, "packs/reporter/actions");
    fs_err::create_dir(actions.join("__pycache__")).unwrap();
    fs_err::write(actions.join("__pycache__/report.cpython-312.pyc"), "x").unwrap();
    let run = world.verify(&["--json"]).succeeds().json();
    let warnings = told(&world, &run["remarks"]);
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert_eq!(warnings[0].0, "bytecode");
    assert!(world.verify(&[]).succeeds().stdout.contains("whole, 1 remark"));
    fs_err::write(actions.join("report.pyc"), "x").unwrap();
    assert_one(&world, "foreign", "pack", &["reporter"], "actions/report.pyc");
}

#[test]
fn bytecode_that_an_install_compiled_is_recorded() {
    let world = host_with(&["--compile-bytecode"]);
    let report = world.verify(&["--json"]).succeeds().json();
    assert_eq!(report["remarks"], serde_json::json!([]));
    let tree = attune_tests::Tree::of(&world.root().join("store/wheels"));
    let compiled = tree.paths().find(|path| path.extension().is_some_and(|end| end == "pyc")).unwrap();
    change_in_silence(&world.root().join("store/wheels").join(compiled));
    assert_eq!(differences(&world)[0].0, "changed");
}

#[test]
fn a_list_that_was_changed_or_removed() {
    let world = host();
    let lock: serde_json::Value =
        serde_json::from_slice(&fs_err::read(world.root().join("current/generation.json")).unwrap()).unwrap();
    let tree = lock["lists"].as_object().unwrap().keys().find(|tree| tree.starts_with("wheels/")).unwrap();
    let digest = lock["lists"][tree].as_str().unwrap().trim_start_matches("sha256:");
    let list = world.root().join("store/lists").join(tree).join(digest);
    // Made to fit a file that was changed as well.
    let module = stored(&world, "wheels", "shout/__init__.py");
    let honest = attune_schemas::Digest::of(&fs_err::read(&module).unwrap()).hex();
    change_in_silence(&module);
    let forged = attune_schemas::Digest::of(&fs_err::read(&module).unwrap()).hex();
    let text = fs_err::read_to_string(&list).unwrap();
    assert!(text.contains(&honest), "{text}");
    replace(&list, |path| fs_err::write(path, text.replace(&honest, &forged)).unwrap());
    assert_one(&world, "no-list", "wheel", &["reporter"], tree);
    assert_eq!(report(&world, &[])["differences"][0]["found"], "another list");
    fs_err::remove_file(&list).unwrap();
    assert_one(&world, "no-list", "wheel", &["reporter"], tree);
}
