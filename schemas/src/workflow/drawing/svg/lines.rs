//! Lines with their tips and words.

use std::fmt::Write as _;

use super::super::layout::{End, Place, Route, Run};
use super::super::outcome::Outcome;
use super::super::picture::Picture;
use super::super::words::{Px, cut};
use super::escaped;
use super::scene::{Card, LOOP, Placed, Scene, label, stub};

/// The number of lines up to which each has a broad one below it, which is easy to point at.
const MAX_BROAD: usize = 1_000;
/// The length and half of the width of a tip.
const TIP: Px = 7;
const TIP_SIDE: Px = 4;

/// Draws the lines.
pub(super) fn draw(svg: &mut String, picture: &Picture<'_>, scene: &Scene) {
    let is_broad = picture.lines.len() <= MAX_BROAD;
    for level in &scene.levels {
        let Place { x, y } = level.at;
        let _ = writeln!(svg, "<g transform=\"translate({x} {y})\">");
        for trunk in &level.layout.trunks {
            let outcome = Outcome::ALL[trunk.group];
            let name = target(picture, level, trunk);
            let title = format!("{} tasks → {name}\n{}", trunk.lines, outcome.words());
            let title = if trunk.lines == 1 { format!("→ {name}\n{}", outcome.words()) } else { title };
            group(svg, outcome, &title, &path(&trunk.runs, true, trunk.is_back), is_broad);
        }
        for (route, line) in level.layout.routes.iter().zip(&level.lines) {
            let Some(route) = route else { continue };
            let line = &picture.lines[*line];
            let drawn = path(&route.runs, route.end != End::Trunk, route.is_back);
            group(svg, line.outcome, &picture.line_title(line), &drawn, is_broad);
        }
        svg.push_str("</g>\n");
    }
    for line in picture.lines.iter().filter(|line| line.from == line.to) {
        let drawn = around(&scene.cards[line.from]);
        group(svg, line.outcome, &picture.line_title(line), &drawn, is_broad);
    }
}

/// Draws the words beside the lines, on top of everything.
pub(super) fn labels(svg: &mut String, picture: &Picture<'_>, scene: &Scene) {
    for level in &scene.levels {
        for (route, line) in level.layout.routes.iter().zip(&level.lines) {
            let line = &picture.lines[*line];
            let Some(Route { end, label: place, .. }) = route else { continue };
            let words = match end {
                End::Stub => Some(stub(picture, line)),
                End::Box | End::Trunk => label(line),
            };
            if let Some(words) = words {
                let (x, y) = (level.at.x + place.x, level.at.y + place.y + 4);
                text(svg, line.outcome, (x, y), &words);
            }
        }
    }
    for line in picture.lines.iter().filter(|line| line.from == line.to) {
        let card = &scene.cards[line.from];
        if let Some(words) = card.around.as_ref().filter(|words| !words.is_empty()) {
            let x = card.at.x + card.size.width + LOOP + super::super::words::width(words, super::SMALL) / 2;
            text(svg, line.outcome, (x, card.at.y + card.size.height / 2 + 4), words);
        }
    }
}

fn target(picture: &Picture<'_>, level: &Placed, trunk: &super::super::layout::Trunk) -> String {
    let parent = level.lines.first().and_then(|line| picture.figures[picture.lines[*line].from].parent);
    let boxes = match parent {
        Some(parent) => picture.figures[parent].inside.get(trunk.to).copied(),
        None => picture.outermost().get(trunk.to).copied(),
    };
    boxes.map(|index| cut(&picture.figures[index].name, 120)).unwrap_or_default()
}

fn group(svg: &mut String, outcome: Outcome, title: &str, (line, tip): &(String, String), is_broad: bool) {
    let _ = write!(svg, "<g class=\"{}\"><title>{}</title>", outcome.class(), escaped(title));
    if is_broad {
        let _ = write!(svg, "<path class=\"hit\" d=\"{line}\"/>");
    }
    let _ = write!(svg, "<path class=\"line\" d=\"{line}\"/>");
    if !tip.is_empty() {
        let _ = write!(svg, "<path class=\"tip\" d=\"{tip}\"/>");
    }
    svg.push_str("</g>\n");
}

fn text(svg: &mut String, outcome: Outcome, (x, y): (Px, Px), words: &str) {
    let class = outcome.class();
    let _ = writeln!(svg, "<text class=\"label {class}\" x=\"{x}\" y=\"{y}\">{}</text>", escaped(words));
}

/// The line through `runs` and its tip.
fn path(runs: &[Run], has_tip: bool, is_back: bool) -> (String, String) {
    let mut runs = runs.to_vec();
    let tip = if has_tip { tip(&mut runs, is_back) } else { String::new() };
    let mut line = String::new();
    let mut last: Option<&Run> = None;
    for run in &runs {
        match last {
            None => {
                let _ = write!(line, "M{} {}", run.x, run.top);
            }
            Some(last) => {
                let middle = i32::midpoint(last.bottom, run.top);
                let _ = write!(line, "C{} {middle} {} {middle} {} {}", last.x, run.x, run.x, run.top);
            }
        }
        if run.bottom != run.top {
            let _ = write!(line, "V{}", run.bottom);
        }
        last = Some(run);
    }
    (line, tip)
}

/// Shortens the line by its tip.
fn tip(runs: &mut [Run], is_back: bool) -> String {
    let (at, base) = if is_back {
        let Some(first) = runs.first_mut() else { return String::new() };
        let at = (first.x, first.top);
        first.top += TIP;
        first.bottom = first.bottom.max(first.top);
        (at, TIP)
    } else {
        let Some(last) = runs.last_mut() else { return String::new() };
        let at = (last.x, last.bottom);
        last.bottom -= TIP;
        last.top = last.top.min(last.bottom);
        (at, -TIP)
    };
    format!("M{} {}l{} {base}h{}z", at.0, at.1, -TIP_SIDE, 2 * TIP_SIDE)
}

/// A line from the right edge of a box back to it.
fn around(card: &Card) -> (String, String) {
    let right = card.at.x + card.size.width;
    let (upper, lower) = (card.at.y + card.size.height / 4, card.at.y + card.size.height * 3 / 4);
    let out = right + LOOP;
    let line = format!("M{right} {upper}C{out} {upper} {out} {lower} {} {lower}", right + TIP);
    (line, format!("M{right} {lower}l{TIP} {}v{}z", -TIP_SIDE, 2 * TIP_SIDE))
}
