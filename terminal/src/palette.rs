//! The colours of everything that is shown: the sixteen names of a terminal alone, so that its theme keeps them
//! readable on black and on white.

use anstyle::{AnsiColor, Style};
use clap::builder::Styles;

const fn of(color: AnsiColor) -> Style {
    Style::new().fg_color(Some(anstyle::Color::Ansi(color)))
}

/// `error`.
pub(crate) const ERROR: Style = of(AnsiColor::Red).bold();
/// `warning`.
pub(crate) const WARNING: Style = of(AnsiColor::Yellow).bold();
/// `hint`, and what is only told.
pub(crate) const HINT: Style = of(AnsiColor::Cyan).bold();
/// The heading of a table.
pub(crate) const HEADING: Style = Style::new().bold();
/// What went well.
const SUCCESS: Style = of(AnsiColor::Green);

/// The styles of helps and of errors about the command line.
pub const HELP_STYLES: Styles = Styles::styled()
    .header(of(AnsiColor::Green).bold())
    .usage(of(AnsiColor::Green).bold())
    .literal(of(AnsiColor::Cyan).bold())
    .placeholder(of(AnsiColor::Cyan))
    .error(ERROR)
    .valid(of(AnsiColor::Green))
    .invalid(of(AnsiColor::Yellow));

/// `text` in the colour of what went well.
pub fn success(text: &str) -> String {
    format!("{SUCCESS}{text}{SUCCESS:#}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_colour_is_one_of_the_sixteen_names() {
        for style in [ERROR, WARNING, HINT, HEADING, SUCCESS] {
            let codes = format!("{style}");
            assert!(!codes.contains("38;5") && !codes.contains("38;2"), "{codes:?}");
            let foreground = style.get_fg_color();
            assert!(foreground.is_none_or(|color| matches!(color, anstyle::Color::Ansi(_))));
        }
    }

    #[test]
    fn success_ends_where_its_text_ends() {
        assert_eq!(success("done"), "\u{1b}[32mdone\u{1b}[0m");
    }
}
