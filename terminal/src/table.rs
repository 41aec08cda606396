//! Tables whose columns align; where the terminal is too narrow, a record for each row.

use std::fmt;

use unicode_width::UnicodeWidthStr;

use crate::palette::HEADING;
use crate::printable::printable;
use crate::screen;

/// The columns between two cells.
const GAP: usize = 2;
/// The fewest columns in which a last column is worth wrapping.
const LEAST_WRAPPED: usize = 16;

/// A table with a heading. It is shown as wide as the terminal is; elsewhere its lines have any length.
#[derive(Debug, Clone)]
pub struct Table {
    heading: Vec<String>,
    rows: Vec<Vec<String>>,
}

/// How a table fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fit {
    /// As it is.
    Whole,
    /// With a last column of so many columns, whose words go on below.
    Wrapped(usize),
    /// Not at all: a record for each row.
    Records,
}

impl Table {
    /// A table with these columns.
    pub fn new(heading: &[&str]) -> Self {
        Self { heading: heading.iter().map(ToString::to_string).collect(), rows: Vec::new() }
    }

    /// Adds a row, which has as many cells as the heading; control characters in it are written out, and line breaks, as
    /// a line is a row.
    pub fn push(&mut self, row: Vec<String>) {
        debug_assert_eq!(row.len(), self.heading.len());
        // A table may show what strangers wrote.
        let row = row.into_iter().map(|cell| printable(&cell).replace('\n', "\\n")).collect();
        self.rows.push(row);
    }

    fn widths(&self) -> Vec<usize> {
        let width = |column: usize| {
            let cells = self.rows.iter().map(|row| row[column].width());
            cells.chain([self.heading[column].width()]).max().unwrap_or(0)
        };
        (0..self.heading.len()).map(width).collect()
    }

    fn fit(&self, widths: &[usize], screen: Option<usize>) -> Fit {
        let Some((screen, (last, others))) = screen.zip(widths.split_last()) else { return Fit::Whole };
        let before: usize = others.iter().map(|width| width + GAP).sum();
        if before + last <= screen {
            return Fit::Whole;
        }
        let cells = self.rows.iter().filter_map(|row| row.last()).chain(self.heading.last());
        let longest = cells.flat_map(|cell| cell.split_whitespace()).map(UnicodeWidthStr::width).max();
        let room = screen.saturating_sub(before);
        if room >= longest.unwrap_or(0).max(LEAST_WRAPPED) { Fit::Wrapped(room) } else { Fit::Records }
    }

    fn lines(&self, screen: Option<usize>) -> String {
        let widths = self.widths();
        match self.fit(&widths, screen) {
            Fit::Whole => self.columns(&widths, usize::MAX),
            Fit::Wrapped(room) => self.columns(&widths, room),
            Fit::Records => self.records(screen.unwrap_or(usize::MAX)),
        }
    }

    fn columns(&self, widths: &[usize], room: usize) -> String {
        let mut text = String::new();
        let last = widths.len().saturating_sub(1);
        let indent = " ".repeat(widths.iter().take(last).map(|width| width + GAP).sum());
        for (at, row) in std::iter::once(&self.heading).chain(&self.rows).enumerate() {
            let mut line = String::new();
            for (cell, width) in row.iter().zip(widths).take(last) {
                line.push_str(cell);
                line.extend(std::iter::repeat_n(' ', width + GAP - cell.width()));
            }
            let wrapped = wrap(row.last().map_or("", String::as_str), room);
            line.push_str(&wrapped.join(&format!("\n{indent}")));
            let line = line.trim_end();
            match at {
                0 => text.extend([&HEADING.render().to_string(), line, &HEADING.render_reset().to_string()]),
                _ => text.push_str(line),
            }
            text.push('\n');
        }
        text
    }

    /// `NAME  value` lines, with an empty line between two rows.
    fn records(&self, screen: usize) -> String {
        let names = self.heading.iter().map(|name| name.width()).max().unwrap_or(0) + GAP;
        let record = |row: &Vec<String>| {
            let lines =
                self.heading.iter().zip(row).filter(|(_, cell)| !cell.is_empty()).map(|(name, cell)| {
                    let padding = " ".repeat(names - name.width());
                    let value = wrap(cell, screen.saturating_sub(names).max(1))
                        .join(&format!("\n{}", " ".repeat(names)));
                    format!("{HEADING}{name}{HEADING:#}{padding}{value}\n")
                });
            lines.collect::<String>()
        };
        self.rows.iter().map(record).collect::<Vec<_>>().join("\n")
    }
}

/// `text` in lines of at most `room` columns, broken between words alone.
fn wrap(text: &str, room: usize) -> Vec<String> {
    if text.width() <= room {
        return vec![text.to_owned()];
    }
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut().filter(|line| line.width() + 1 + word.width() <= room) {
            Some(line) => line.extend([" ", word]),
            None => lines.push(word.to_owned()),
        }
    }
    lines
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.lines(screen::output_width()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_break_in_a_cell_makes_no_row() {
        let mut table = Table::new(&["PACK", "PLACE"]);
        table.push(vec!["weather".to_owned(), "/reg\nforged  /reg".to_owned()]);
        assert_eq!(table.lines(None).lines().count(), 2);
        assert!(table.lines(None).contains("/reg\\nforged"));
    }

    fn table() -> Table {
        let mut table = Table::new(&["PACK", "VERSION", "CONTENTS"]);
        table.push(vec!["net_tools".into(), "1.2.0".into(), "4 actions, 2 rules, 1 sensor".into()]);
        table.push(vec!["zürich".into(), "10.0.0-rc.1".into(), String::new()]);
        table
    }

    fn plain(screen: Option<usize>) -> String {
        anstream::adapter::strip_str(&table().lines(screen)).to_string()
    }

    #[test]
    fn columns_align_and_lines_have_no_trailing_space() {
        let expected = "PACK       VERSION      CONTENTS\n\
                        net_tools  1.2.0        4 actions, 2 rules, 1 sensor\n\
                        zürich     10.0.0-rc.1\n";
        assert_eq!(plain(None), expected);
        assert_eq!(plain(Some(52)), expected);
    }

    #[test]
    fn the_last_column_goes_on_below_where_there_is_room() {
        let expected = "PACK       VERSION      CONTENTS\n\
                        net_tools  1.2.0        4 actions, 2\n                        rules, 1 sensor\n\
                        zürich     10.0.0-rc.1\n";
        assert_eq!(plain(Some(40)), expected);
    }

    #[test]
    fn a_narrow_terminal_has_records() {
        let expected = "PACK      net_tools\nVERSION   1.2.0\nCONTENTS  4 actions, 2 rules, 1\n          sensor\n\n\
                        PACK      zürich\nVERSION   10.0.0-rc.1\n";
        assert_eq!(plain(Some(32)), expected);
    }

    #[test]
    fn cells_are_as_wide_as_they_are_shown() {
        let mut table = Table::new(&["NAME", "X"]);
        table.push(vec!["東京".into(), "1".into()]);
        table.push(vec!["e\u{301}".into(), "2".into()]);
        let text = anstream::adapter::strip_str(&table.lines(None)).to_string();
        assert_eq!(text, "NAME  X\n東京  1\ne\u{301}     2\n");
    }

    #[test]
    fn words_stay_whole_even_where_they_do_not_fit() {
        assert_eq!(wrap("sha256:0123456789 and more", 8), ["sha256:0123456789", "and more"]);
    }
}
