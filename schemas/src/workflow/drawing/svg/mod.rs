//! A drawing as SVG: a picture of its own, for people with a light or a dark screen, or with none.
//!
//! The style comes along, with the colours of both modes; it uses no more than classes, so that a page can bring it in the place of ours.

mod figures;
mod lines;
mod scene;

use std::fmt::Write as _;

use super::Drawing;
use super::outcome::Outcome;
use super::words::{Px, width};
use scene::Scene;

pub(super) const STYLE: &str = include_str!("style.css");

/// The space around everything.
const MARGIN: Px = 16;
/// The height of the legend, and the length of its lines.
const LEGEND: Px = 30;
const SAMPLE: Px = 26;
/// The size of small texts.
const SMALL: Px = 11;

impl Drawing<'_> {
    /// The drawing as SVG.
    pub fn to_svg(&self) -> String {
        let scene = Scene::of(&self.picture);
        let legend: Vec<Outcome> = Outcome::ALL
            .into_iter()
            .filter(|outcome| self.picture.lines.iter().any(|line| line.outcome == *outcome))
            .collect();
        let legend_width: Px = legend.iter().map(|outcome| legend_step(*outcome)).sum();
        let size = scene.size();
        let whole = size.width.max(legend_width) + 2 * MARGIN;
        let high = size.height + 2 * MARGIN + if legend.is_empty() { 0 } else { LEGEND };
        let mut svg = String::new();
        let _ = writeln!(
            svg,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"workflow\" role=\"img\" width=\"{whole}\" \
             height=\"{high}\" viewBox=\"{} {} {whole} {high}\">",
            -MARGIN, -MARGIN
        );
        let _ = writeln!(svg, "<title>{}</title>", escaped(&self.title));
        let _ = writeln!(svg, "<desc>{}</desc>", escaped(&self.picture.description()));
        let _ = writeln!(svg, "<style>{STYLE}</style>");
        let _ = writeln!(
            svg,
            "<rect class=\"ground\" x=\"{}\" y=\"{}\" width=\"{whole}\" height=\"{high}\"/>",
            -MARGIN, -MARGIN
        );
        figures::grounds(&mut svg, &self.picture, &scene);
        lines::draw(&mut svg, &self.picture, &scene);
        figures::draw(&mut svg, &self.picture, &scene);
        lines::labels(&mut svg, &self.picture, &scene);
        let mut x = 0;
        let y = size.height + LEGEND;
        for outcome in legend {
            let _ = writeln!(
                svg,
                "<path class=\"line {class}\" d=\"M{x} {y}h{SAMPLE}\"/><text class=\"small\" x=\"{}\" y=\"{}\">{}</text>",
                x + SAMPLE + 6,
                y + 4,
                outcome.words(),
                class = outcome.class(),
            );
            x += legend_step(outcome);
        }
        svg.push_str("</svg>\n");
        svg
    }
}

fn legend_step(outcome: Outcome) -> Px {
    SAMPLE + 6 + width(outcome.words(), SMALL) + 18
}

/// A text as XML and HTML read it alike.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            character => escaped.push(character),
        }
    }
    escaped
}
