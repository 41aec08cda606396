//! The place of each box and line in the whole picture: boxes inside of others are laid out first.

use super::super::layout::{Layout, Level, Link, Place, Size, lay_out};
use super::super::outcome::Outcome;
use super::super::picture::{Figure, Line, Picture};
use super::super::words::{Px, fit, width};
use super::SMALL;

/// The size of names.
const NAME: Px = 13;
/// The greatest width of a text in a box, and beside a line.
const MAX_TEXT: Px = 230;
const MAX_LABEL: Px = 190;
/// The height of a line of text.
pub(super) const NAME_LINE: Px = 18;
pub(super) const SMALL_LINE: Px = 15;
/// The space between the edge of a box and its content.
pub(super) const PADDING: Px = 10;
/// The space that a box takes beside itself: for the edge of those behind it, and for a line back to itself.
pub(super) const BEHIND: Px = 4;
pub(super) const LOOP: Px = 26;

/// A box as it is drawn.
#[derive(Debug, Clone, Default)]
pub(super) struct Card {
    pub(super) at: Place,
    /// Its own size, without what stands beside it.
    pub(super) size: Size,
    pub(super) name: String,
    pub(super) details: Vec<String>,
    /// The words at the line that leads back to it; `None` without such a line.
    pub(super) around: Option<String>,
}

/// The layout of the boxes beside each other, the lines between them by their numbers in the picture.
pub(super) struct Placed {
    pub(super) at: Place,
    pub(super) layout: Layout,
    pub(super) lines: Vec<usize>,
}

/// All boxes and lines.
pub(super) struct Scene {
    pub(super) cards: Vec<Card>,
    /// The layout at the top, then that inside of each box.
    pub(super) levels: Vec<Placed>,
}

impl Scene {
    pub(super) fn of(picture: &Picture<'_>) -> Self {
        let mut cards: Vec<Card> = picture.figures.iter().map(Card::of).collect();
        let mut lines: Vec<Vec<usize>> = vec![Vec::new(); picture.figures.len() + 1];
        for (index, line) in picture.lines.iter().enumerate() {
            let level = picture.figures[line.from].parent.map_or(0, |parent| parent + 1);
            lines[level].push(index);
            if line.from == line.to {
                cards[line.from].around = Some(label(line).unwrap_or_default());
            }
        }
        let mut inner: Vec<Option<Placed>> = picture.figures.iter().map(|_| None).collect();
        // Boxes inside of others have higher numbers.
        for (index, figure) in picture.figures.iter().enumerate().rev() {
            if !figure.inside.is_empty() {
                let lines = std::mem::take(&mut lines[index + 1]);
                let placed = placed(picture, &figure.inside, lines, &cards);
                cards[index].enclose(placed.layout.size);
                inner[index] = Some(placed);
            }
        }
        let outermost = picture.outermost();
        let top = placed(picture, &outermost, std::mem::take(&mut lines[0]), &cards);
        let mut scene = Self { cards, levels: vec![top] };
        scene.settle(&outermost, 0);
        for (index, placed) in inner.into_iter().enumerate() {
            let Some(mut placed) = placed else { continue };
            let card = &scene.cards[index];
            placed.at = Place { x: card.at.x + PADDING, y: card.at.y + card.head() };
            scene.levels.push(placed);
            scene.settle(&picture.figures[index].inside, scene.levels.len() - 1);
        }
        scene
    }

    pub(super) fn size(&self) -> Size {
        self.levels[0].layout.size
    }

    fn settle(&mut self, boxes: &[usize], level: usize) {
        let placed = &self.levels[level];
        for (figure, place) in boxes.iter().zip(&placed.layout.boxes) {
            let card = &mut self.cards[*figure];
            // What stands beside a box is on both sides of its middle.
            card.at = Place { x: placed.at.x + place.x + card.aside(), y: placed.at.y + place.y };
        }
    }
}

impl Card {
    fn of(figure: &Figure<'_>) -> Self {
        let name = fit(&figure.name, NAME, MAX_TEXT);
        let details: Vec<String> = figure.details().iter().map(|line| fit(line, SMALL, MAX_TEXT)).collect();
        let widest = details.iter().map(|line| width(line, SMALL)).max().unwrap_or_default();
        // Names are bold.
        let widest = widest.max(width(&name, NAME) * 23 / 20);
        let mut card = Self { name, details, ..Self::default() };
        let inner = if figure.class() == "sub-workflow" { 8 } else { 0 };
        card.size = Size { width: (widest + 2 * PADDING + inner).max(72), height: card.head() };
        if figure.is_repeated() {
            card.size = Size { width: card.size.width + BEHIND, height: card.size.height + BEHIND };
        }
        card
    }

    /// The height of its texts.
    pub(super) fn head(&self) -> Px {
        let lines = Px::try_from(self.details.len()).unwrap_or_default();
        NAME_LINE + lines * SMALL_LINE + PADDING
    }

    fn enclose(&mut self, inside: Size) {
        self.size.width = self.size.width.max(inside.width + 2 * PADDING);
        self.size.height = self.head() + inside.height + PADDING;
    }

    /// The space that it takes on each side.
    fn aside(&self) -> Px {
        match &self.around {
            Some(words) if words.is_empty() => LOOP,
            Some(words) => LOOP + width(words, SMALL),
            None => 0,
        }
    }
}

fn placed(picture: &Picture<'_>, boxes: &[usize], lines: Vec<usize>, cards: &[Card]) -> Placed {
    let mut numbers = std::collections::BTreeMap::new();
    let mut level = Level::default();
    for (number, figure) in boxes.iter().enumerate() {
        numbers.insert(*figure, number);
        let card = &cards[*figure];
        level.boxes.push(Size { width: card.size.width + 2 * card.aside(), height: card.size.height });
    }
    for line in &lines {
        let line = &picture.lines[*line];
        let words = |text: &str| Size { width: width(text, SMALL) + 6, height: SMALL_LINE };
        level.links.push(Link {
            from: numbers[&line.from],
            to: numbers[&line.to],
            label: label(line).map(|label| words(&label)).unwrap_or_default(),
            stub: words(&stub(picture, line)),
            group: Outcome::ALL.iter().position(|outcome| *outcome == line.outcome).unwrap_or_default(),
        });
    }
    Placed { at: Place::default(), layout: lay_out(&level), lines }
}

/// The words beside a line.
pub(super) fn label(line: &Line) -> Option<String> {
    line.label.as_ref().map(|label| fit(label, SMALL, MAX_LABEL))
}

/// The words at the end of a line that does not get to its box.
pub(super) fn stub(picture: &Picture<'_>, line: &Line) -> String {
    fit(&format!("→ {}", picture.figures[line.to].name), SMALL, MAX_LABEL)
}
