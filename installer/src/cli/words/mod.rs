//! The first word of the command line: a command, or what is to be installed.
//!
//! The name of a command is always the command. A source is a path with a `/` or a known ending, a URL, or `-`; a
//! pack is one where a registry is named. All else is a mistake, and is told with what was probably meant.

mod candidates;
mod verbs;

use std::ffi::{OsStr, OsString};
use std::path::Path;

use attune_schemas::problem::ErrorCode;
use attune_terminal::{Failure, first_word, is_near_command, registry_packs, unknown_command};
use clap::{Args as _, Command, CommandFactory as _};

use super::Cli;
use super::install::InstallArgs;
use crate::cli::args::settings::variable;
use crate::source::SourceLocation;

pub(super) use candidates::{installed_packs, known_registries, offered_packs, trusted};
use candidates::{known_has_pack, knows_registries};
pub(super) use verbs::VERBS;

/// `args` with the command in front: the one that stands on the line, or `install` where there is none.
pub(super) fn with_command(mut args: Vec<OsString>) -> Result<Vec<OsString>, Failure> {
    let program = Cli::command();
    let options = InstallArgs::augment_args(Cli::command());
    let Some(at) = first_word(&options, &args) else {
        return Ok(if asks_about_itself(&args) { args } else { installing(args) });
    };
    let is_plain = !args[..at].iter().any(|arg| arg == "--");
    if is_plain && args[at].to_str().is_some_and(|word| program.find_subcommand(word).is_some()) {
        args[1..=at].rotate_right(1);
        return Ok(args);
    }
    if is_plain {
        let others = [&args[..1], &args[at + 1..]].concat();
        let next = first_word(&options, &others).and_then(|next| others.get(next));
        check(&args[at], next.map(OsString::as_os_str), &args, &program)?;
    }
    Ok(installing(args))
}

fn installing(mut args: Vec<OsString>) -> Vec<OsString> {
    args.insert(args.len().min(1), "install".into());
    args
}

/// Whether `args`, which have no word, are about the program: its help or its version.
fn asks_about_itself(args: &[OsString]) -> bool {
    let is_letter =
        |letters: &str| !letters.is_empty() && letters.chars().all(|letter| "hVvq".contains(letter));
    let asks = |arg: &str| match arg {
        "--help" | "--version" => true,
        _ => arg.strip_prefix('-').is_some_and(|letters| is_letter(letters) && letters.contains(['h', 'V'])),
    };
    args.len() <= 1 || args.iter().skip(1).filter_map(|arg| arg.to_str()).any(asks)
}

/// Fails where `word` is neither a source nor a pack; `next` is the word after it.
fn check(word: &OsStr, next: Option<&OsStr>, args: &[OsString], program: &Command) -> Result<(), Failure> {
    if SourceLocation::is_name_of_source(word) {
        return Ok(());
    }
    let text = word.to_string_lossy();
    let is_near = is_near_command(&text, program, VERBS);
    let is_verb = VERBS.iter().any(|verb| verb.words.contains(&text.as_ref()));
    let is_on_line = args
        .iter()
        .any(|arg| arg == "--registry" || arg.to_str().is_some_and(|arg| arg.starts_with("--registry=")));
    let registry = variable("ATTUNE_REGISTRY");
    let is_pack = match (is_on_line, &registry) {
        (true, _) => !is_verb,
        (false, None) if knows_registries(args) => !is_near && !is_verb || known_has_pack(args, &text),
        (false, Some(registry)) => {
            !is_near || has_pack(registry, &text) || registry.contains("://") && !is_verb
        }
        (false, None) => false,
    };
    if is_pack {
        return Ok(());
    }
    // A directory is likelier than a slip.
    if is_verb || is_near && !Path::new(word).is_dir() {
        let note = note(word, is_on_line || registry.is_some() || knows_registries(args));
        return Err(unknown_command(&text, program, VERBS, note));
    }
    Err(neither(word, next))
}

fn has_pack(registry: &str, word: &str) -> bool {
    let name = name_of(word);
    registry_packs(Path::new(registry)).iter().any(|pack| pack == name)
}

/// The name of the pack that `word` asks for.
fn name_of(word: &str) -> &str {
    word.split('@').next().unwrap_or(word)
}

/// How a file or pack called `word` is named all the same.
fn note(word: &OsStr, has_registry: bool) -> Option<String> {
    let text = word.to_string_lossy();
    if Path::new(word).exists() {
        return Some(format!("name the file or directory `./{text}`"));
    }
    has_registry.then(|| format!("install a pack of that name with `attune-install install {text}`"))
}

fn neither(word: &OsStr, next: Option<&OsStr>) -> Failure {
    let text = word.to_string_lossy();
    let source = next.filter(|next| SourceLocation::is_name_of_source(next));
    let hint = match source {
        Some(source) if Path::new(source).exists() => {
            format!("name the bundle first: `attune-install {} {text}`", source.to_string_lossy())
        }
        _ if Path::new(word).exists() => {
            format!(
                "name the file or directory by its path: `attune-install ./{text}`; `attune-install --help` lists the \
                 commands"
            )
        }
        _ => format!(
            "name a pack with its registry, `attune-install {text} --registry URL|DIR`, once one is known by its name \
             alone (`attune-install registry add`), or a bundle by a path with a `/` or the ending .tar.zst; \
             `attune-install --help` lists the commands"
        ),
    };
    Failure::from_message(format!("`{text}` is neither a command nor a bundle"), ErrorCode::NotASource)
        .with_hint(Some(hint))
}

/// The program's commands as shells complete them: in their place, what is installed may stand as well.
pub(super) fn completed(program: Command) -> Command {
    program.arg(clap::Arg::new("what").num_args(0..).value_hint(clap::ValueHint::AnyPath))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(line: &str) -> Result<String, String> {
        let args = line.split(' ').map(OsString::from).collect();
        let joined = |args: Vec<OsString>| args.join(OsStr::new(" ")).to_string_lossy().into_owned();
        with_command(args).map(joined).map_err(|failure| format!("{failure:?}"))
    }

    #[test]
    fn a_command_comes_first_and_anything_else_is_installed() {
        for (line, expected) in [
            ("x --root /r list", "x list --root /r"),
            ("x --json env path jira", "x env --json path jira"),
            ("x ls", "x ls"),
            ("x bundle.tar.zst a", "x install bundle.tar.zst a"),
            ("x --root /r ./b", "x install --root /r ./b"),
            ("x --registry list weather", "x install --registry list weather"),
            ("x weather --registry /r", "x install weather --registry /r"),
            ("x -", "x install -"),
            ("x -- list", "x install -- list"),
            ("x --json", "x install --json"),
            ("x --help", "x --help"),
            ("x -Vv", "x -Vv"),
            ("x", "x"),
        ] {
            assert_eq!(shown(line).as_deref(), Ok(expected));
        }
    }

    #[test]
    fn all_else_is_a_mistake() {
        for line in
            ["x instal b.tar.zst", "x weather", "x remove weather --registry /r", "x lst", "x weather@1"]
        {
            assert!(shown(line).is_err(), "{line}");
        }
    }
}
