//! How much is told: what was asked for always, what was done unless nobody wants to know, details where they are
//! wanted, and equal findings once.

use std::os::unix::fs::PermissionsExt as _;

use attune_tests::binaries::Binary;
use attune_tests::standard_packs::greeter;
use attune_tests::world::standard;
use attune_tests::{PackBuilder, Run, World};

fn run(world: &World, binary: Binary, line: &str) -> Run {
    let mut command = world.command(binary);
    command.args(line.split_whitespace());
    Run::of(command).succeeds()
}

#[test]
fn quiet_answers_what_was_asked_and_says_nothing_of_what_was_done() {
    let world = World::with_packs(&[&greeter()]);
    world.install_from(&standard().bundle_path(), &standard().trust()).succeeds();
    let registry = standard().registry().display().to_string();
    let answers =
        ["list", "du", "env list", "env path reporter", "env show reporter", "trust list", "trust show demo"];
    for line in answers {
        let told = run(&world, Binary::Install, &format!("{line} -q --root root"));
        assert_eq!(
            told.stdout,
            run(&world, Binary::Install, &format!("{line} --root root")).stdout,
            "{line}"
        );
        assert!(!told.stdout.is_empty(), "{line}");
    }
    for line in ["inspect", "key list", "root show", "runtime list"] {
        let told = run(&world, Binary::Build, &format!("-q {line} {registry}"));
        assert!(!told.stdout.is_empty(), "{line}");
    }
    let trust = standard().trust().display().to_string();
    let bundle = standard().bundle_path().display().to_string();
    for (binary, line) in [
        (Binary::Install, format!("{bundle} --trust {trust} --root other -q")),
        (Binary::Install, "verify --root other -q".to_owned()),
        (Binary::Install, "gc --root other -q".to_owned()),
        (Binary::Install, format!("trust add {trust} --root other -q")),
        (Binary::Install, "trust remove demo --yes --root other -q".to_owned()),
        (Binary::Build, "bundle registry greeter -o new.tar.zst -q".to_owned()),
        (Binary::Build, "refresh registry -q".to_owned()),
        (Binary::Build, "key generate new.json -q".to_owned()),
        (Binary::Build, "init new --name new -q".to_owned()),
    ] {
        let told = run(&world, binary, &line);
        assert_eq!((told.stdout.as_str(), told.stderr.as_str()), ("", ""), "{line}");
    }
}

#[test]
fn the_stages_of_an_install_are_told_where_details_are_wanted() {
    for (option, is_told) in [("", false), ("-v", true)] {
        let world = World::new();
        let (bundle, trust) = (standard().bundle_path(), standard().trust());
        let line = format!("{} --trust {} --root root {option}", bundle.display(), trust.display());
        let told = run(&world, Binary::Install, &line);
        assert_eq!(told.stdout.contains("resolve "), is_told, "{}", told.stdout);
        assert!(!told.stderr.contains(" ms"), "it is told twice: {}", told.stderr);
    }
}

#[test]
fn findings_that_are_alike_are_one_line() {
    let many = (1..=12).fold(greeter(), |pack, number| pack.file(&format!("data/{number}.txt"), "right"));
    let world = World::with_packs(&[&many]);
    world.install_packs(&["greeter"]).succeeds();
    let data = world.root().join("packs/greeter/data");
    for number in 1..=12 {
        let file = data.join(format!("{number}.txt"));
        fs_err::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
        fs_err::write(&file, "wrong").unwrap();
        fs_err::set_permissions(&file, std::fs::Permissions::from_mode(0o444)).unwrap();
    }
    let folded = world.verify(&[]).fails(3, &["12 differences"]).stdout;
    let lines = |text: &str| text.lines().filter(|line| line.contains("data/")).count();
    assert!(folded.contains("(and 11 more like it; -v shows all)"), "{folded}");
    assert_eq!(lines(&folded), 1, "{folded}");
    let all = world.verify(&["-v"]).fails(3, &["12 differences"]).stdout;
    assert_eq!(lines(&all), 12, "{all}");
}

#[test]
fn quiet_lints_tell_errors_alone() {
    let world = World::new();
    let pack = PackBuilder::new("odd", "1.0.0").file("actions/odd.yaml", "ref: odd.odd\n");
    let directory = pack.write(world.path()).display().to_string();
    let mut command = world.command(Binary::Build);
    command.args(["lint", &directory]);
    let loud = Run::of(command).stderr;
    let mut command = world.command(Binary::Build);
    command.args(["lint", &directory, "-q"]);
    let quiet = Run::of(command).stderr;
    assert!(loud.contains("warning[") && !quiet.contains("warning["), "{loud}\n{quiet}");
}
