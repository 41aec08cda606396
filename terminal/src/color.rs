//! Whether colours are shown.

use std::ffi::{OsStr, OsString};

use anstream::ColorChoice;
use clap::{Args, ValueEnum};

/// When colours are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum ColorWhen {
    /// On a terminal, unless `NO_COLOR` is set; elsewhere where `CLICOLOR_FORCE` or `FORCE_COLOR` is.
    #[default]
    Auto,
    /// Everywhere.
    Always,
    /// Nowhere.
    Never,
}

/// The option about colours.
#[derive(Debug, Clone, Args)]
pub struct ColorArgs {
    /// Use colours; `auto` respects `NO_COLOR`, `CLICOLOR_FORCE` and `FORCE_COLOR`
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", hide_possible_values = true)]
    #[arg(value_enum, help_heading = "Global options", value_parser = parse_when)]
    pub color: ColorWhen,
}

fn parse_when(text: &str) -> Result<ColorWhen, String> {
    ColorWhen::from_str(text, true).map_err(|_| "it is auto, always or never".to_owned())
}

/// Decides for the whole program, by what `args` ask for: also errors about the command line have colours.
pub(crate) fn choose_color(args: &[OsString]) {
    let choice = match asked(args).unwrap_or_default() {
        ColorWhen::Always => ColorChoice::AlwaysAnsi,
        ColorWhen::Never => ColorChoice::Never,
        ColorWhen::Auto if is_set("FORCE_COLOR") && !is_set("NO_COLOR") => ColorChoice::AlwaysAnsi,
        ColorWhen::Auto => ColorChoice::Auto,
    };
    choice.write_global();
}

/// Whether standard error has colours.
pub(crate) fn stderr_has_color() -> bool {
    anstream::AutoStream::choice(&std::io::stderr()) != ColorChoice::Never
}

/// What is asked for last, without a complete look at the command line.
fn asked(args: &[OsString]) -> Option<ColorWhen> {
    let options = args.iter().take_while(|arg| *arg != "--").collect::<Vec<_>>();
    let values = options.iter().enumerate().filter_map(|(at, arg)| match arg.to_str()? {
        "--color" => options.get(at + 1)?.to_str(),
        text => text.strip_prefix("--color="),
    });
    values.filter_map(|value| parse_when(value).ok()).next_back()
}

#[expect(clippy::disallowed_methods, reason = "variables about the terminal belong to this crate")]
fn is_set(name: &str) -> bool {
    std::env::var_os(name).is_some_and(|value| !value.is_empty() && value != OsStr::new("0"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_choice_is_found_anywhere_on_the_line() {
        for (line, expected) in [
            ("x list", None),
            ("x --color never list", Some(ColorWhen::Never)),
            ("x list --color=always", Some(ColorWhen::Always)),
            ("x --color=always list --color ALWAYS", Some(ColorWhen::Always)),
            ("x run -- --color=always", None),
            ("x --color", None),
            ("x --color=pink", None),
        ] {
            let args: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            assert_eq!(asked(&args), expected, "{line}");
        }
    }
}
