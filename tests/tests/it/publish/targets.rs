//! Machines and Pythons that a release was not made for.

use std::os::unix::fs::PermissionsExt;

use attune_tests::standard_packs::{greeter, reporter};
use attune_tests::world::standard;
use attune_tests::{Hosts, PackBuilder, WheelBuilder, World};

/// The Python feature release of this machine, such as `3.11`.
fn this_python() -> String {
    let mut command = std::process::Command::new("python3");
    command.args(["-c", "import sys; print('%d.%d' % sys.version_info[:2])"]);
    attune_tests::Run::of(command).succeeds().stdout.trim().to_owned()
}

fn this_arch() -> &'static str {
    if cfg!(target_arch = "x86_64") { "amd64" } else { "arm64" }
}

fn other_arch() -> &'static str {
    if cfg!(target_arch = "x86_64") { "arm64" } else { "amd64" }
}

fn other_machine() -> &'static str {
    if cfg!(target_arch = "x86_64") { "aarch64" } else { "x86_64" }
}

/// A pack with a wheel of the given tags.
fn native(tags: &str) -> PackBuilder {
    let wheel = WheelBuilder::new("fast", "1.0.0").tags(tags).file("fast.py", "").build();
    PackBuilder::new("native", "1.0.0")
        .yaml("runtime_deps: [python]")
        .file("requirements.txt", "fast==1.0.0\n")
        .wheel(&wheel)
}

#[test]
fn a_wheel_for_another_platform() {
    let python = this_python();
    let tag = format!("cp{0}-cp{0}-manylinux_2_17_{1}", python.replace('.', ""), other_machine());
    let platform = format!("linux/{}", other_arch());
    let world = World::with_registry();
    world.add_for(&[&native(&tag)], &["--platform", &platform, "--python", &python]).succeeds();
    let run = world.bundle(&["native"]).fails(4, &["native 1.0.0", "was not built for", &platform]);
    run.with_hint();
    assert!(!world.bundle_path().exists());
    world.bundle(&["native", "--platform", &platform, "--python", &python]).succeeds();
    let hosts = Hosts::new();
    let run = hosts.refuse(5, &["native", "does not install on", other_arch()], |host| {
        host.install_from(&world.bundle_path(), &world.trust())
    });
    run.with_hint();
}

/// A pack with a wheel of one version for this machine and one for another.
fn native_for_both(python: &str) -> PackBuilder {
    let wheel = |machine: &str| {
        let tags = format!("cp{0}-cp{0}-manylinux_2_17_{machine}", python.replace('.', ""));
        WheelBuilder::new("fast", "1.0.0").tags(&tags).file("fast.py", "").build()
    };
    PackBuilder::new("native", "1.0.0")
        .yaml("runtime_deps: [python]")
        .file("requirements.txt", "fast==1.0.0\n")
        .wheel(&wheel("x86_64"))
        .wheel(&wheel("aarch64"))
}

#[test]
fn a_bundle_for_another_platform_of_a_release_for_both() {
    let python = this_python();
    let (here, there) = (format!("linux/{}", this_arch()), format!("linux/{}", other_arch()));
    let both = ["--platform", &here, "--platform", &there, "--python", &python];
    let world = World::with_registry();
    world.add_for(&[&native_for_both(&python)], &both).succeeds();
    world.bundle(&["native", "--platform", &there, "--python", &python]).succeeds();
    let made_for = format!("the bundle was made for Python {python} on {there}");
    let needed = format!("pack `native` needs Python {python} on {here}");
    let hint = format!("--platform {here} --python {python}");
    let words = [&*made_for, &needed, &hint];
    let hosts = Hosts::new();
    hosts.refuse(5, &words, |host| host.install_from(&world.bundle_path(), &world.trust())).with_hint();
    // What the hint says is what helps.
    world.bundle(&["native", "--platform", &here, "--python", &python]).succeeds();
    world.install_bundle().succeeds();
    let script = "import fast; print(fast.__file__)";
    let mut command = std::process::Command::new(world.root().join("packenvs/native/python/bin/python3"));
    command.args(["-c", script]);
    attune_tests::Run::of(command).succeeds();
}

#[test]
fn a_bundle_for_another_python_of_a_release_for_both() {
    let world = World::with_registry();
    let python = this_python();
    let both = ["--python", "3.8", "--python", &python];
    world.add_for(&[&greeter(), &reporter()], &both).succeeds();
    world.bundle(&["reporter", "--python", "3.8"]).succeeds();
    let needed = format!("needs Python {python} on linux/{}", this_arch());
    let hint = format!("--platform linux/{} --python {python}", this_arch());
    let words = ["the bundle was made for Python 3.8", &needed, &hint];
    let hosts = Hosts::new();
    hosts.refuse(5, &words, |host| host.install_from(&world.bundle_path(), &world.trust())).with_hint();
}

#[test]
fn a_wheel_for_another_platform_is_no_way_to_add_for_this_one() {
    let python = this_python();
    let tag = format!("cp{0}-cp{0}-manylinux_2_17_{1}", python.replace('.', ""), other_machine());
    let world = World::with_registry();
    let before = attune_tests::Tree::of(&world.registry()).without_touched();
    world.add(&[&native(&tag)]).fails(4, &["native", "fast"]).with_hint();
    let kept = attune_tests::Tree::of(&world.registry()).without_touched();
    let lock: Vec<_> = kept.paths().filter(|path| !before.paths().any(|other| other == *path)).collect();
    assert_eq!(lock, [std::path::Path::new(".lock")]);
}

#[test]
fn the_oldest_glibc_decides_which_wheel_travels() {
    let python = this_python();
    let machine = if this_arch() == "arm64" { "aarch64" } else { "x86_64" };
    let tag = |glibc: &str| format!("cp{0}-cp{0}-manylinux_{glibc}_{machine}", python.replace('.', ""));
    let platform = format!("linux/{}", this_arch());
    let target = ["--platform", &platform, "--python", &python];
    let world = World::with_registry();
    let newer = [native(&tag("2_34"))];
    world.add_for(&[&newer[0]], &target).fails(4, &["manylinux_2_34"]).with_hint();
    world.add_for(&[&newer[0]], &[&target[..], &["--glibc", "2.34"]].concat()).succeeds();
    let world = World::with_registry();
    world
        .add_for(&[&native(&tag("2_28"))], &[&target[..], &["--glibc", "2.17"]].concat())
        .fails(4, &["2_28"]);
    world.add_for(&[&native(&tag("2_17"))], &[&target[..], &["--glibc", "2.17"]].concat()).succeeds();
    let world = World::with_registry();
    world.add_for(&[&native(&tag("2_28"))], &target).succeeds();
    let again = [&target[..], &["--glibc", "2.17"]].concat();
    world.add_for(&[&native(&tag("2_28"))], &again).fails(1, &["published already", "glibc than 2.17"]);
    world.add_for(&[&native(&tag("2_17"))], &["--glibc", "new"]).fails(2, &["--glibc", "such as 2.17"]);
}

#[test]
fn a_wheel_for_another_python() {
    let world = World::with_registry();
    world
        .add_for(
            &[&native("cp38-cp38-manylinux_2_17_x86_64").clone()],
            &["--platform", "linux/amd64", "--python", "3.8"],
        )
        .succeeds();
    world.bundle(&["native", "--platform", "linux/amd64", "--python", "3.8"]).succeeds();
    let hosts = Hosts::new();
    let run = hosts.refuse(5, &["native", "Python 3.8 on linux/amd64"], |host| {
        host.install_from(&world.bundle_path(), &world.trust())
    });
    run.with_hint();
}

#[test]
fn no_interpreter_that_satisfies() {
    let pack = PackBuilder::new("modern", "1.0.0").yaml("runtime_deps: [python]\npython: \">=3.99\"").action(
        "act",
        "python",
        "print()\n",
    );
    let world = World::with_packs(&[&pack]);
    world.bundle(&["modern"]).succeeds();
    let hosts = Hosts::new();
    let run = hosts.refuse(5, &["modern", "needs Python >=3.99", "cpython 3."], |host| {
        host.install_from(&world.bundle_path(), &world.trust())
    });
    assert!(run.with_hint().stderr.contains("--python"));
}

#[test]
fn a_named_interpreter_that_is_none() {
    let hosts = Hosts::new();
    let (bundle, trust) = (standard().bundle_path(), standard().trust());
    for (program, word) in
        [("/nonexistent/python3", "could not run"), ("/bin/true", "does not answer as a Python")]
    {
        hosts.refuse(5, &[program, word], |host| {
            let mut command = host.installer();
            command.arg(&bundle).arg("--trust").arg(&trust).args(["--python", program]);
            attune_tests::Run::of(command)
        });
    }
}

#[test]
fn an_interpreter_that_claims_to_be_too_old() {
    let hosts = Hosts::new();
    let fake = hosts.fresh().path().join("python3");
    let script = "#!/bin/sh\npython3 \"$@\" | sed -E 's/^3\\.[0-9]+\\.[0-9]+$/3.6.1/'\n";
    fs_err::write(&fake, script).unwrap();
    fs_err::set_permissions(&fake, std::fs::Permissions::from_mode(0o755)).unwrap();
    let (bundle, trust) = (standard().bundle_path(), standard().trust());
    hosts.refuse(5, &["reporter", "3.6.1"], |host| {
        let mut command = host.installer();
        command.arg(&bundle).arg("--trust").arg(&trust).arg("--python").arg(&fake);
        attune_tests::Run::of(command)
    });
}

#[test]
fn one_release_serves_several_targets() {
    let world = World::with_registry();
    let python = this_python();
    let both = ["--platform", "linux/amd64", "--platform", "linux/arm64", "--python", &python];
    let run = world.add_for(&[&greeter(), &reporter()], &both).succeeds();
    assert!(run.stdout.contains("linux/amd64") && run.stdout.contains("linux/arm64"), "{}", run.stdout);
    world.bundle(&[&["reporter"][..], &both[..]].concat()).succeeds();
    world.install_bundle().succeeds();
}

/// A pack whose one wheel is for `python` alone.
fn for_one_python(python: &str) -> PackBuilder {
    let machine = if this_arch() == "arm64" { "aarch64" } else { "x86_64" };
    native(&format!("cp{0}-cp{0}-manylinux_2_17_{machine}", python.replace('.', "")))
}

#[test]
fn a_target_that_was_asked_for_and_cannot_be_served_publishes_nothing() {
    let world = World::with_registry();
    let before = attune_tests::Tree::of(&world.registry().join("metadata"));
    let both = ["--python", "3.11", "--python", "3.12", "--no-build"];
    let pack = for_one_python("3.11");
    let innocent = PackBuilder::new("innocent", "1.0.0");
    let blame = format!("linux/{} with Python 3.12: ", this_arch());
    let run = world.add_for(&[&innocent, &pack], &both).fails(4, &["`native`", &blame, "`fast` 1.0.0"]);
    assert!(run.with_hint().stderr.contains("--allow-missing"));
    attune_tests::Tree::of(&world.registry().join("metadata")).assert_same(&before);
    let added = world.add_for(&[&innocent, &pack], &[&both[..], &["--allow-missing"]].concat()).succeeds();
    let warning = format!("warning[W108]: native 1.0.0 is published without {blame}");
    assert!(added.stderr.contains(&warning), "{}", added.stderr);
    // What is published lacks the target, and says so again.
    world.add_for(&[&pack], &both).fails(1, &["published already", "nothing vendored for Python 3.12"]);
    world.add_for(&[&pack], &[&both[..], &["--allow-missing"]].concat()).succeeds();
}

#[test]
fn a_python_that_the_pack_itself_excludes_is_no_target() {
    let world = World::with_registry();
    let pack = PackBuilder::new("modern", "1.0.0").yaml("python: '>=3.12'\nruntime_deps: [python]");
    let words = ["Python 3.11: the pack requires Python >=3.12"];
    world.add_for(&[&pack], &["--python", "3.11", "--python", "3.12"]).fails(4, &words).with_hint();
    world.add_for(&[&pack], &["--python", "3.12"]).succeeds();
}
