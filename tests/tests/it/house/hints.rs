//! The commands and options that texts name: clap knows each, where it is said to be.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Command;

/// The command lines of the programs, by name.
fn programs() -> BTreeMap<&'static str, Command> {
    let all = [
        ("attune-build", attune_build::cli::command()),
        ("attune-install", attune_install::cli::command()),
        ("attune-serve", attune_serve::cli::command()),
    ];
    all.into_iter()
        .map(|(name, mut command)| {
            command.build();
            (name, command)
        })
        .collect()
}

/// Options of other programs, which texts name as well.
const OTHERS: [&str; 10] = [
    "--universal",
    "--format",
    "--generate-hashes",
    "--package-lock-only",
    "--require-hashes",
    "--hash",
    "--python-version",
    "--nodeps",
    "--release",
    "--no-default-features",
];

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn sources(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs_err::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

/// The texts in the strings of a source, without its tests: those with a space, since others are names.
fn texts(source: &str) -> Vec<String> {
    let source = source.split("#[cfg(test)]").next().unwrap();
    let code =
        source.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let joined = code.replace("\\\n", "\u{1}").replace("\\\"", "'");
    let strings = joined.split('"').skip(1).step_by(2);
    let unbroken = strings.map(|text| {
        let parts: Vec<&str> = text.split('\u{1}').collect();
        let first = parts[0].to_owned();
        parts[1..].iter().fold(first, |text, part| text + part.trim_start())
    });
    unbroken.filter(|text| text.contains(' ')).collect()
}

/// The options in `text`: `--name`.
fn options(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '-'));
    words.filter(|word| word.len() > 3 && word.starts_with("--") && word.as_bytes()[2].is_ascii_lowercase())
}

fn has_option(command: &Command, option: &str) -> bool {
    let name = option.trim_start_matches('-');
    let spells = |argument: &clap::Arg| {
        let mut aliases = argument.get_all_aliases().unwrap_or_default().into_iter();
        argument.get_long() == Some(name) || aliases.any(|alias| alias == name)
    };
    ["help", "version"].contains(&name) || command.get_arguments().any(spells)
}

fn any_has_option(command: &Command, option: &str) -> bool {
    has_option(command, option) || command.get_subcommands().any(|below| any_has_option(below, option))
}

/// Asserts that the words after a program's name are a command of it with these options.
fn assert_command_line(programs: &BTreeMap<&'static str, Command>, line: &str, place: &str) {
    let mut words = line.split_whitespace();
    let Some(program) = words.next().and_then(|name| programs.get(name)) else { return };
    let mut command = program;
    for word in words.by_ref() {
        if let Some(below) = command.find_subcommand(word) {
            command = below;
            continue;
        }
        let is_word = word.chars().all(|letter| letter.is_ascii_lowercase());
        let is_top = std::ptr::eq(command, program) && is_word && line.contains("attune-build");
        assert!(!is_top, "{place}: `{line}`: there is no command `{word}`");
        break;
    }
    // The command's name is put in at run time.
    if line.contains('{') {
        assert!(options(line).all(|option| any_has_option(program, option)), "{place}: `{line}`");
        return;
    }
    // The bare form installs.
    let install = program.find_subcommand("install");
    for option in options(line) {
        let is_known = has_option(command, option)
            || std::ptr::eq(command, program) && install.is_some_and(|install| has_option(install, option));
        assert!(is_known, "{place}: `{line}`: `{option}` is no option of it");
    }
}

fn assert_text(programs: &BTreeMap<&'static str, Command>, own: Option<&str>, text: &str, place: &str) {
    for line in text.lines() {
        assert_line(programs, own, line, place);
    }
}

fn assert_line(programs: &BTreeMap<&'static str, Command>, own: Option<&str>, line: &str, place: &str) {
    // An example of a help, with its comment.
    if line.trim_start().starts_with("attune-") && !line.contains('`') {
        let example = line.trim_start().split(" #").next().unwrap().split("   ").next().unwrap();
        return assert_command_line(programs, example, place);
    }
    for quoted in line.split('`').skip(1).step_by(2).filter(|quoted| quoted.starts_with("attune-")) {
        assert_command_line(programs, quoted, place);
    }
    let is_bare = |(at, part): &(usize, &str)| at % 2 == 0 || !part.starts_with("attune-");
    let bare: String = line.split('`').enumerate().filter(is_bare).map(|(_, part)| part).collect();
    for option in options(&bare).filter(|option| !OTHERS.contains(option)) {
        let is_known = match own.and_then(|own| programs.get(own)) {
            Some(program) => any_has_option(program, option),
            None => programs.values().any(|program| any_has_option(program, option)),
        };
        assert!(is_known, "{place}: no program has `{option}`: {line}");
    }
}

#[test]
fn every_option_that_a_message_names_is_one_of_its_program() {
    let programs = programs();
    let mut count = 0;
    for (folder, own) in [
        ("installer/src/cli", Some("attune-install")),
        ("registry-builder/src/cli", Some("attune-build")),
        ("server/src/cli", Some("attune-serve")),
        ("terminal/src", None),
    ] {
        let mut files = Vec::new();
        sources(&project().join(folder), &mut files);
        for file in files.iter().filter(|file| !file.ends_with("tests.rs")) {
            for text in texts(&fs_err::read_to_string(file).unwrap()) {
                count += options(&text).count() + text.matches("`attune-").count();
                assert_text(&programs, own, &text, &file.display().to_string());
            }
        }
    }
    assert!(count > 100, "only {count} options and commands were found");
}

#[test]
fn every_option_that_the_documents_name_is_there() {
    let programs = programs();
    for document in ["docs/ERRORS.md", "docs/GUIDE.md", "docs/NETWORK.md", "README.md"] {
        let text = fs_err::read_to_string(project().join(document)).unwrap();
        // Blocks of commands run in a test of their own.
        let prose: String = text.split("```").step_by(2).collect();
        for line in prose.lines() {
            assert_text(&programs, None, line, document);
        }
    }
}

/// The hints that the programs gave in the transcripts, each with its program.
fn told() -> Vec<(String, String)> {
    let folder = project().join("tests/tests/it/house/snapshots");
    let mut told = Vec::new();
    for entry in fs_err::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if !path.file_name().unwrap().to_string_lossy().contains("errors") {
            continue;
        }
        let mut program = String::new();
        for line in fs_err::read_to_string(path).unwrap().lines() {
            if let Some(command) = line.strip_prefix("$ ") {
                command.split(' ').next().unwrap().clone_into(&mut program);
            } else if let Some(hint) = line.strip_prefix("hint: ") {
                told.push((program.clone(), hint.to_owned()));
            }
        }
    }
    told
}

#[test]
fn every_hint_that_was_given_names_options_of_its_program() {
    let programs = programs();
    let told = told();
    assert!(told.len() > 40, "{}", told.len());
    for (program, hint) in told {
        assert_text(&programs, Some(&program), &hint, &program);
        assert!(!hint.ends_with('.') && !hint.is_empty(), "{program}: {hint}");
    }
}
