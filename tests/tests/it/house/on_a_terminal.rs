//! What people see: questions, bars, colours and tables on a terminal, and nothing left of what is over.

use std::os::unix::process::ExitStatusExt as _;
use std::process::Command;

use attune_tests::binaries::Binary;
use attune_tests::terminal::{Ended, Terminal};
use attune_tests::world::standard;
use attune_tests::{PackBuilder, Run, World};
use serde_json::Value;

/// `binary` with the words of `line` as arguments, in colour.
fn command(world: &World, binary: Binary, line: &str) -> Command {
    let mut command = world.command(binary);
    command.args(line.split_whitespace()).env_remove("NO_COLOR");
    command
}

fn trusting() -> World {
    let world = World::new();
    world.install_from(&standard().bundle_path(), &standard().trust()).succeeds();
    world
}

/// A pack that fits into no pipe.
fn large() -> PackBuilder {
    let mut state = 1_u32;
    let noise: String = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        char::from(b'!' + u8::try_from(state >> 24).unwrap() % 90)
    })
    .take(1 << 20)
    .collect();
    PackBuilder::new("large", "1.0.0").file("noise.txt", &noise)
}

#[test]
fn what_cannot_be_undone_is_asked_about() {
    let world = trusting();
    let line = "trust remove demo --root root";
    for answer in ["\n", "n\n", "what\n", "\u{4}"] {
        let mut terminal = Terminal::run(&command(&world, Binary::Install, line), 100);
        terminal.waits_for("[y/N]");
        terminal.types(answer);
        let ended = terminal.ends();
        assert_eq!(ended.status.code(), Some(1), "{}", ended.screen());
        assert!(ended.screen().contains("nothing was changed"), "{}", ended.screen());
    }
    let mut terminal = Terminal::run(&command(&world, Binary::Install, line), 100);
    terminal.waits_for("[y/N]");
    terminal.types("\u{3}");
    assert_eq!(terminal.ends().status.signal(), Some(2));
    let list = "trust list --root root --json";
    let trusted = || Run::of(command(&world, Binary::Install, list)).succeeds().json();
    assert_eq!(trusted()["registries"].as_array().map(Vec::len), Some(1));

    let mut terminal = Terminal::run(&command(&world, Binary::Install, line), 100);
    terminal.waits_for("[y/N]");
    terminal.types("y\n");
    assert!(terminal.ends().status.success());
    assert_eq!(trusted()["registries"].as_array().map(Vec::len), Some(0));
}

#[test]
fn without_a_terminal_it_has_to_be_confirmed_beforehand() {
    let world = trusting();
    let before = world.root_tree().without_touched();
    for line in ["trust remove demo --root root", "trust reset demo --root root"] {
        Run::of(command(&world, Binary::Install, line)).fails(2, &["cannot be undone", "--yes"]).with_hint();
    }
    world.root_tree().without_touched().assert_same(&before);
    for line in ["root publish registry", "key remove registry 00 --role targets"] {
        Run::of(command(&world, Binary::Build, line)).fails(2, &["cannot be undone", "--yes"]).with_hint();
    }
    // Nobody is asked about what is not there.
    let absent = "trust remove stranger --root root";
    Run::of(command(&world, Binary::Install, absent)).fails(1, &["no registry `stranger` is trusted"]);
}

/// Asserts that nothing of a bar is left, and that colours are named.
#[track_caller]
fn assert_clean(ended: &Ended, bar: &str) {
    let written = String::from_utf8_lossy(&ended.bytes).into_owned();
    assert!(written.contains(bar), "no bar was shown: {written:?}");
    assert!(!ended.screen().contains(bar), "a bar is left:\n{}", ended.screen());
    assert!(ended.shows_cursor());
    for codes in ended.colors() {
        assert!(!codes.contains("38;5") && !codes.contains("38;2"), "a colour by number: {codes}");
    }
}

#[test]
fn a_bar_is_gone_after_success_and_after_an_interrupt() {
    let world = World::with_packs(&[&large()]);
    let pipe = world.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let bundle = command(&world, Binary::Build, "bundle registry large -o pipe");
    for is_interrupted in [false, true] {
        let mut terminal = Terminal::run(&bundle, 80);
        let mut reader = fs_err::File::open(&pipe).unwrap();
        terminal.waits_for("bundling");
        if is_interrupted {
            terminal.types("\u{3}");
            let ended = terminal.ends();
            assert_eq!(ended.status.signal(), Some(2), "{}", ended.screen());
            assert_clean(&ended, "bundling");
        } else {
            std::io::copy(&mut reader, &mut std::io::sink()).unwrap();
            let ended = terminal.ends();
            assert!(ended.status.success() && ended.screen().contains("wrote /"), "{}", ended.screen());
            assert_clean(&ended, "bundling");
        }
    }
}

#[test]
fn an_install_that_is_interrupted_leaves_a_clean_screen() {
    let world = World::with_packs(&[&large()]);
    world.bundle(&["large"]).succeeds();
    let bytes = fs_err::read(world.bundle_path()).unwrap();
    let pipe = world.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let trust = world.trust().display().to_string();
    let line = format!("./pipe --trust {trust} --root root");
    let mut terminal = Terminal::run(&command(&world, Binary::Install, &line), 40);
    // It opens the pipe without waiting, so that a signal is seen.
    let mut writer = fs_err::OpenOptions::new().write(true).open(&pipe).unwrap();
    std::io::Write::write_all(&mut writer, &bytes[..bytes.len() / 2]).unwrap();
    terminal.waits_for("unpacking");
    terminal.types("\u{3}");
    // The kernel throws output away as it takes the key: the end of the pipe comes after it.
    terminal.waits_for("^C");
    drop(writer);
    let ended = terminal.ends();
    assert_eq!(ended.status.code(), Some(130), "{}", ended.screen());
    assert_clean(&ended, "unpacking");
    assert!(world.root_tree().is_absent(), "{}", ended.screen());
}

#[test]
fn a_narrow_terminal_has_records_of_whole_words() {
    let world = trusting();
    let list = command(&world, Binary::Install, "list --root root");
    let narrow = Terminal::run(&list, 40).ends();
    let screen = narrow.screen();
    for line in ["PACK      greeter", "VERSION   1.0.0", "REGISTRY  demo"] {
        assert!(screen.lines().any(|other| other == line), "`{line}` is no line of\n{screen}");
    }
    let wide = Terminal::run(&list, 120).ends();
    assert!(wide.screen().contains("PACK      VERSION  WHY"), "{}", wide.screen());
    // Headings are bold on a terminal, and nowhere else.
    assert!(wide.colors().contains(&"1".to_owned()));
    let plain = Run::of(list).succeeds().stdout;
    assert!(plain.starts_with("PACK      VERSION  WHY") && !plain.contains('\u{1b}'), "{plain:?}");
    // A variable goes before the terminal's own word.
    let mut told = command(&world, Binary::Install, "list --root root");
    told.env("COLUMNS", "40");
    assert_eq!(Terminal::run(&told, 120).ends().screen(), screen);
}

#[test]
fn colours_are_chosen_by_option_and_variable() {
    let world = World::new();
    let is_colored = |line: &str, variables: &[(&str, &str)]| {
        let mut command = command(&world, Binary::Install, line);
        command.envs(variables.iter().copied());
        let run = Run::of(command);
        assert_eq!(run.status, Some(1), "{}", run.stderr);
        run.stderr.contains("\u{1b}[")
    };
    let list = "list --root nowhere";
    assert!(!is_colored(list, &[]));
    for variable in ["CLICOLOR_FORCE", "FORCE_COLOR"] {
        assert!(is_colored(list, &[(variable, "1")]), "{variable}");
    }
    assert!(!is_colored(list, &[("NO_COLOR", "1"), ("FORCE_COLOR", "1")]));
    assert!(is_colored("list --root nowhere --color always", &[("NO_COLOR", "1")]));
    assert!(!is_colored("--color=never list --root nowhere", &[("CLICOLOR_FORCE", "1")]));
}

#[test]
fn events_tell_a_program_of_the_progress() {
    let world = World::with_packs(&[&large()]);
    world.bundle(&["large"]).succeeds();
    let trust = world.trust();
    let run = world.install([
        "./bundle.tar.zst".as_ref(),
        "--json".as_ref(),
        "--progress".as_ref(),
        "json".as_ref(),
        "--trust".as_ref(),
        trust.as_os_str(),
    ]);
    let run = run.succeeds();
    assert_eq!(run.json()["outcome"], "installed");
    let events: Vec<Value> = run.stderr.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of_unpacking: Vec<&Value> = events.iter().filter(|event| event["task"] == "unpacking").collect();
    let (first, last) = (of_unpacking.first().unwrap(), of_unpacking.last().unwrap());
    assert_eq!((&first["event"], &last["event"]), (&"started".into(), &"finished".into()));
    assert_eq!(first["format"], "attune.progress/v1");
    assert_eq!(first["id"], last["id"]);
    assert_eq!(last["bytes"], last["totalBytes"]);
    assert!(last["bytes"].as_u64() > Some(1 << 19), "{last}");
}
