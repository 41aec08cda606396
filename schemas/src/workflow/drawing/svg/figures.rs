//! Boxes with their texts.

use std::fmt::Write as _;

use super::super::picture::{Figure, Picture};
use super::super::words::Px;
use super::escaped;
use super::scene::{BEHIND, Card, NAME_LINE, PADDING, SMALL_LINE, Scene};

/// Draws the boxes that others are inside of, which lie below everything.
pub(super) fn grounds(svg: &mut String, picture: &Picture<'_>, scene: &Scene) {
    each(svg, picture, scene, true);
}

/// Draws the other boxes.
pub(super) fn draw(svg: &mut String, picture: &Picture<'_>, scene: &Scene) {
    each(svg, picture, scene, false);
}

fn each(svg: &mut String, picture: &Picture<'_>, scene: &Scene, is_ground: bool) {
    for (figure, card) in picture.figures.iter().zip(&scene.cards) {
        if figure.inside.is_empty() != is_ground {
            one(svg, figure, card);
        }
    }
}

fn one(svg: &mut String, figure: &Figure<'_>, card: &Card) {
    let _ = write!(svg, "<g class=\"{}\"><title>{}</title>", figure.class(), escaped(&figure.title()));
    let behind = if figure.is_repeated() { BEHIND } else { 0 };
    let (width, height) = (card.size.width - behind, card.size.height - behind);
    if behind > 0 {
        rect(svg, "box", (card.at.x + behind, card.at.y + behind), (width, height));
    }
    rect(svg, "box", (card.at.x, card.at.y), (width, height));
    let is_inset = figure.class() == "sub-workflow";
    if is_inset {
        rect(svg, "inner", (card.at.x + 3, card.at.y + 3), (width - 6, height - 6));
    }
    let x = card.at.x + PADDING + if is_inset { 4 } else { 0 };
    let mut y = card.at.y + NAME_LINE;
    let _ = write!(svg, "<text class=\"name\" x=\"{x}\" y=\"{y}\">{}</text>", escaped(&card.name));
    for line in &card.details {
        y += SMALL_LINE;
        let _ = write!(svg, "<text class=\"small\" x=\"{x}\" y=\"{y}\">{}</text>", escaped(line));
    }
    svg.push_str("</g>\n");
}

fn rect(svg: &mut String, class: &str, (x, y): (Px, Px), (width, height): (Px, Px)) {
    let _ = write!(
        svg,
        "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"5\"/>"
    );
}
