//! The choice of wheels, over locks as text.

use std::path::Path;

use proptest::prelude::*;

use super::super::target::{Glibc, TargetKey};
use super::*;
use crate::vendoring::python::testing::{lock_of, package_of};

fn choose(lock: &str, platform: &str, python: &str) -> Result<Vec<String>, Vec<String>> {
    choose_for(lock, None, platform, python)
}

fn choose_for(
    lock: &str,
    pack: Option<&str>,
    platform: &str,
    python: &str,
) -> Result<Vec<String>, Vec<String>> {
    let lock = Pylock::parse(lock, Path::new(".")).unwrap();
    let key = TargetKey::new(platform.parse().unwrap(), python.parse().unwrap());
    let target = TargetEnvironment::new(key, Glibc::default()).unwrap();
    let pack = pack.map(|requires| requires.parse().unwrap());
    match select(&lock, pack.as_ref(), &target) {
        Ok(selected) => {
            let shown = |selected: &Selected<'_>| {
                let patches = selected.patches.specifier(key.python).map(|text| format!(" {text}"));
                selected.wheel.filename.clone() + &patches.unwrap_or_default()
            };
            Ok(selected.wheels.iter().map(shown).collect())
        }
        Err(blames) => Err(blames.iter().map(ToString::to_string).collect()),
    }
}

#[test]
fn the_best_wheel_wins() {
    let wheels = [
        "foo-1.0-py3-none-any.whl",
        "foo-1.0-cp39-abi3-manylinux_2_17_x86_64.whl",
        "foo-1.0-cp311-cp311-manylinux_2_17_x86_64.whl",
        "foo-1.0-cp311-cp311-manylinux_2_28_x86_64.whl",
        "foo-1.0-cp311-cp311-manylinux_2_34_x86_64.whl",
        "foo-1.0-cp311-cp311-musllinux_1_2_x86_64.whl",
    ];
    let lock = lock_of(&[package_of("foo", "1.0", "", &wheels)]);
    let table = [
        ("linux/amd64", "3.11", wheels[3]),
        ("linux/amd64", "3.12", wheels[1]),
        ("linux/arm64", "3.11", wheels[0]),
        ("linux/amd64/musl", "3.11", wheels[5]),
    ];
    for (platform, python, expected) in table {
        assert_eq!(choose(&lock, platform, python), Ok(vec![expected.to_owned()]), "{platform} {python}");
    }
}

#[test]
fn the_build_tag_breaks_a_tie() {
    let wheels = ["foo-1.0-2-py3-none-any.whl", "foo-1.0-10-py3-none-any.whl", "foo-1.0-py3-none-any.whl"];
    let lock = lock_of(&[package_of("foo", "1.0", "", &wheels)]);
    assert_eq!(choose(&lock, "linux/amd64", "3.11"), Ok(vec![wheels[1].to_owned()]));
}

#[test]
fn markers_decide_what_is_part_of_it() {
    let lock = lock_of(&[
        package_of(
            "tomli",
            "2.0",
            "marker = \"python_full_version < '3.11'\"",
            &["tomli-2.0-py3-none-any.whl"],
        ),
        package_of("win", "1.0", "marker = \"sys_platform == 'win32'\"", &["win-1.0-py3-none-win_amd64.whl"]),
        package_of("arm", "1.0", "marker = \"platform_machine == 'aarch64'\"", &["arm-1.0-py3-none-any.whl"]),
        package_of("extra", "1.0", "marker = \"'x' in extras\"", &["extra-1.0-py3-none-any.whl"]),
    ]);
    assert_eq!(choose(&lock, "linux/amd64", "3.10"), Ok(vec!["tomli-2.0-py3-none-any.whl".to_owned()]));
    assert_eq!(choose(&lock, "linux/amd64", "3.11"), Ok(vec![]));
    assert_eq!(choose(&lock, "linux/arm64", "3.11"), Ok(vec!["arm-1.0-py3-none-any.whl".to_owned()]));
}

#[test]
fn every_blame_is_named() {
    let lock = lock_of(&[
        package_of("a", "1.0", "", &["a-1.0-cp311-cp311-win_amd64.whl"]),
        package_of("b", "2.0", "requires-python = '>=3.12'", &["b-2.0-py3-none-any.whl"]),
        package_of(
            "c",
            "3.0",
            "sdist = { url = 'https://h.invalid/c-3.0.tar.gz', hashes = { sha256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' } }",
            &[],
        ),
        package_of("d", "4.0", "directory = { path = 'd' }", &[]),
        package_of("e", "5.0", "", &[]),
        package_of("f", "6.0", "", &["f-6.0-cp310-cp310-manylinux_2_17_x86_64.whl"]),
    ]);
    let blames = choose(&lock, "linux/amd64", "3.11").unwrap_err();
    let expected = [
        "`a` 1.0 has no wheel that fits, only for win_amd64",
        "`b` 2.0 requires python >=3.12",
        "`c` 3.0 is published as source only",
        "`d` 4.0 comes from a directory outside of the pack",
        "`e` 5.0 has no wheel at all",
        "`f` 6.0 has no wheel that fits, only for cp310",
    ];
    assert_eq!(blames, expected);
}

#[test]
fn a_glibc_newer_than_the_baseline_is_named() {
    let lock = lock_of(&[package_of("a", "1.0", "", &["a-1.0-cp311-cp311-manylinux_2_34_x86_64.whl"])]);
    let blames = choose(&lock, "linux/amd64", "3.11").unwrap_err();
    assert_eq!(blames, ["`a` 1.0 has no wheel that fits, only for manylinux_2_34_x86_64"]);
}

#[test]
fn two_entries_for_one_package_are_refused() {
    let lock = lock_of(&[
        package_of("a", "1.0", "", &["a-1.0-py3-none-any.whl"]),
        package_of("a", "2.0", "", &["a-2.0-py3-none-any.whl"]),
    ]);
    let blames = choose(&lock, "linux/amd64", "3.11").unwrap_err();
    assert_eq!(blames, ["`a` 2.0 is listed more than once for this target"]);
}

#[test]
fn a_fork_at_a_patch_release_is_kept_on_both_sides() {
    let lock = lock_of(&[
        package_of("a", "1.0", "marker = \"python_full_version < '3.11.3'\"", &["a-1.0-py3-none-any.whl"]),
        package_of("a", "2.0", "marker = \"python_full_version >= '3.11.3'\"", &["a-2.0-py3-none-any.whl"]),
    ]);
    let both = ["a-1.0-py3-none-any.whl <3.11.3", "a-2.0-py3-none-any.whl >=3.11.3"].map(str::to_owned);
    assert_eq!(choose(&lock, "linux/amd64", "3.11"), Ok(both.to_vec()));
    assert_eq!(choose(&lock, "linux/amd64", "3.12"), Ok(vec!["a-2.0-py3-none-any.whl".to_owned()]));
}

#[test]
fn a_marker_that_no_lock_can_tell_is_blamed_by_name() {
    let lock = lock_of(&[package_of(
        "a",
        "1.0",
        "marker = \"platform_release < '6'\"",
        &["a-1.0-py3-none-any.whl"],
    )]);
    let blames = choose(&lock, "linux/amd64", "3.11").unwrap_err();
    assert_eq!(blames, ["`a` 1.0 is required where `platform_release < '6'`, which no lock can tell"]);
}

#[test]
fn what_packages_require_of_the_interpreter_narrows_the_target() {
    let lock = |requires: &str| {
        lock_of(&[package_of(
            "a",
            "1.0",
            &format!("requires-python = '{requires}'"),
            &["a-1.0-py3-none-any.whl"],
        )])
    };
    let patches = |requires: &str| {
        let lock = Pylock::parse(&lock(requires), Path::new(".")).unwrap();
        let key = TargetKey::new("linux/amd64".parse().unwrap(), "3.11".parse().unwrap());
        let target = TargetEnvironment::new(key, Glibc::default()).unwrap();
        select(&lock, None, &target).map(|selection| selection.patches.specifier(key.python))
    };
    assert_eq!(patches(">=3.11.4"), Ok(Some(">=3.11.4".to_owned())));
    assert_eq!(patches(">=3.9"), Ok(None));
    assert_eq!(patches("<3.10").unwrap_err()[0].to_string(), "`a` 1.0 requires python <3.10");
}

#[test]
fn the_pack_and_the_lock_rule_out_whole_targets() {
    let packages = package_of("a", "1.0", "", &["a-1.0-py3-none-any.whl"]);
    let lock = format!("lock-version = '1.0'\nrequires-python = '>=3.10'\n{packages}");
    assert_eq!(
        choose(&lock, "linux/amd64", "3.9"),
        Err(vec!["the lock is made for python >=3.10".to_owned()])
    );
    let blames = choose_for(&lock, Some(">=3.12"), "linux/amd64", "3.11");
    assert_eq!(blames, Err(vec!["the pack requires python >=3.12".to_owned()]));
    let lock = format!("lock-version = '1.0'\nenvironments = [\"sys_platform == 'win32'\"]\n{packages}");
    assert_eq!(
        choose(&lock, "linux/amd64", "3.11"),
        Err(vec!["the lock is made for other machines".to_owned()])
    );
}

proptest! {
    #[test]
    fn the_choice_does_not_depend_on_the_order(
        wheels in Just(vec![
            "foo-1.0-py3-none-any.whl",
            "foo-1.0-1-py3-none-any.whl",
            "foo-1.0-py2.py3-none-any.whl",
            "foo-1.0-cp39-abi3-manylinux_2_17_x86_64.whl",
            "foo-1.0-cp39-abi3-manylinux2014_x86_64.whl",
            "foo-1.0-cp310-cp310-win_amd64.whl",
        ]).prop_shuffle(),
        python in prop::sample::select(vec!["3.8", "3.9", "3.12"]),
    ) {
        let chosen = choose(&lock_of(&[package_of("foo", "1.0", "", &wheels)]), "linux/amd64", python);
        let expected = if python == "3.8" {
            "foo-1.0-1-py3-none-any.whl"
        } else {
            "foo-1.0-cp39-abi3-manylinux_2_17_x86_64.whl"
        };
        prop_assert_eq!(chosen, Ok(vec![expected.to_owned()]));
    }
}
