//! Words where a command stands: near misses, verbs of other tools, sources and packs.

use attune_tests::binaries::Binary;
use attune_tests::standard_packs::greeter;
use attune_tests::world::standard;
use attune_tests::{Run, World};

fn run(world: &World, binary: Binary, line: &str) -> Run {
    let mut command = world.command(binary);
    command.args(line.split_whitespace());
    Run::of(command)
}

#[test]
fn a_near_miss_proposes_the_command() {
    let world = World::new();
    for (binary, line, proposal) in [
        (Binary::Install, "instal bundle.tar.zst", "`attune-install install`"),
        (Binary::Install, "lst", "`attune-install list`"),
        (Binary::Install, "verfy --root nowhere", "`attune-install verify`"),
        (Binary::Install, "--root nowhere repiar", "`attune-install repair`"),
        (Binary::Install, "env pth", "`attune-install env path`"),
        (Binary::Install, "trust delete demo", "`attune-install trust remove`"),
        (Binary::Install, "uninstal weather", "`attune-install uninstall`"),
        (Binary::Build, "ad registry pack", "`attune-build add`"),
        (Binary::Build, "bundel registry", "`attune-build bundle`"),
        (Binary::Build, "key creat x.json", "--help"),
        (Binary::Build, "key create x.json", "`attune-build key generate`"),
        (Binary::Serve, "registyr .", "`attune-serve registry`"),
    ] {
        let told = run(&world, binary, line).fails(2, &["has no command"]).with_hint();
        assert!(told.stderr.contains(proposal), "{line}: {}", told.stderr);
    }
}

#[test]
fn verbs_of_other_tools_are_answered() {
    let world = World::with_packs(&[&greeter()]);
    let verbs = "remove update log check version completion manual ps clean prune config";
    let of_the_installer = [
        "diff",
        "doctor",
        "history",
        "info",
        "outdated",
        "rollback",
        "search",
        "show",
        "status",
        "tree",
        "uninstall",
        "upgrade",
    ];
    for verb in verbs.split_whitespace().chain(of_the_installer) {
        for (binary, name) in [
            (Binary::Install, "attune-install"),
            (Binary::Build, "attune-build"),
            (Binary::Serve, "attune-serve"),
        ] {
            if binary == Binary::Install && of_the_installer.contains(&verb) {
                continue;
            }
            let words = [&*format!("`{name}` has no command `{verb}`")];
            let told = run(&world, binary, verb).fails(2, &words).with_hint();
            assert!(!told.stderr.contains("lists the commands"), "{name} {verb}: {}", told.stderr);
        }
        if of_the_installer.contains(&verb) {
            continue;
        }
        // A registry in the environment makes no pack of it.
        let mut command = world.command(Binary::Install);
        command.env("ATTUNE_REGISTRY", world.registry()).arg(verb);
        Run::of(command).fails(2, &["has no command"]);
    }
}

#[test]
fn a_command_stays_one_whatever_files_and_packs_there_are() {
    let world = World::with_packs(&[&greeter()]);
    for name in ["list", "lst", "greeter"] {
        fs_err::write(world.path().join(name), "a file\n").unwrap();
    }
    run(&world, Binary::Install, "list --root nowhere").fails(1, &["does not exist"]);
    run(&world, Binary::Install, "lst").fails(2, &["did you mean `attune-install list`?", "`./lst`"]);
    run(&world, Binary::Install, "greeter")
        .fails(2, &["neither a command nor a bundle", "./greeter"])
        .with_hint();
    run(&world, Binary::Install, "./greeter --root root").fails(3, &["no"]);
}

#[test]
fn a_word_without_a_source_is_told_how_to_name_one() {
    let world = World::with_packs(&[&greeter()]);
    world.bundle(&["greeter"]).succeeds();
    let words = ["`weather` is neither a command nor a bundle", "--registry", ".tar.zst"];
    run(&world, Binary::Install, "weather").fails(2, &words).with_hint();
    let words = ["name the bundle first: `attune-install bundle.tar.zst greeter`"];
    run(&world, Binary::Install, "greeter bundle.tar.zst").fails(2, &words);
    run(&world, Binary::Install, "nowhere.tar.gz").fails(2, &["does not exist"]);
    let told = run(&world, Binary::Build, "bundle greeter registry");
    told.fails(
        2,
        &["`greeter` is not a registry, and `registry` is", "attune-build bundle registry greeter"],
    );
    let told = run(&world, Binary::Build, "bundle greeter ./registry");
    told.fails(2, &["name it first", "attune-build bundle ./registry"]);
}

#[test]
fn global_options_stand_anywhere() {
    let world = World::new();
    world.install_from(&standard().bundle_path(), &standard().trust()).succeeds();
    let expected = world.list();
    for line in [
        "--json --root root list",
        "--root=root list --json",
        "list --root root --json",
        "--root root ls --json --color never",
        "--color=never --json --root root list -q",
    ] {
        assert_eq!(run(&world, Binary::Install, line).succeeds().json(), expected, "{line}");
    }
    run(&world, Binary::Install, "--root root env --json list").succeeds().json();
    run(&world, Binary::Install, "env --root root path greeter").fails(5, &["greeter"]);
    let registry = standard().registry().display().to_string();
    run(&world, Binary::Build, &format!("--json inspect {registry}")).succeeds().json();
    run(&world, Binary::Build, &format!("-v key list --json {registry}")).succeeds().json();
}

#[test]
fn help_works_everywhere() {
    let world = World::new();
    for (binary, line, usage) in [
        (Binary::Serve, "help", "Usage: attune-serve"),
        (Binary::Serve, "help registry", "Usage: attune-serve registry"),
        (Binary::Install, "help env path", "Usage: attune-install env path"),
        (Binary::Install, "env help", "Usage: attune-install env"),
        (Binary::Install, "env help path", "Usage: attune-install env path"),
        (Binary::Build, "help key rotate", "Usage: attune-build key rotate"),
        (Binary::Build, "key rotate help --help", "Usage: attune-build key rotate"),
    ] {
        let told = run(&world, binary, line).succeeds();
        assert!(told.stdout.contains(usage), "{line}: {}", told.stdout);
    }
    run(&world, Binary::Install, "help env pth").fails(2, &["did you mean `attune-install env path`?"]);
    run(&world, Binary::Build, "help remove").fails(2, &["has no command `remove`"]).with_hint();
}

#[test]
fn no_arguments_are_answered_with_the_help() {
    let world = World::new();
    for (binary, name) in [
        (Binary::Install, "attune-install"),
        (Binary::Build, "attune-build"),
        (Binary::Serve, "attune-serve"),
    ] {
        let told = run(&world, binary, "");
        assert_eq!(told.status, Some(2));
        assert!(told.stderr.contains(&format!("Usage: {name}")), "{}", told.stderr);
    }
}

#[test]
fn the_version_tells_the_build_where_details_are_asked_for() {
    let world = World::new();
    for (binary, name) in [
        (Binary::Install, "attune-install"),
        (Binary::Build, "attune-build"),
        (Binary::Serve, "attune-serve"),
    ] {
        let short = run(&world, binary, "--version").succeeds().stdout;
        assert_eq!(short, format!("{name} {}\n", env!("CARGO_PKG_VERSION")));
        let long = run(&world, binary, "-V -v").succeeds().stdout;
        assert!(long.starts_with(&short), "{long}");
        for line in ["commit: ", "target: ", "profile: ", "features: ", "zstd: ", "TUF: "] {
            assert!(long.lines().any(|other| other.starts_with(line)), "{line} is not in {long}");
        }
        assert_eq!(run(&world, binary, "--verbose --version").succeeds().stdout, long);
    }
}
