//! Places for boxes and ways for lines, in layers from the top to the bottom (after Sugiyama).
//!
//! ```text
//! Level --components--> Component --layers--> Layered --order--> rows --columns--> x --routes--> Layout
//! ```
//!
//! Each line passes through a row of its own between two rows of boxes, where its words stand. Lines to one box for one outcome
//! join in a trunk, so that a hundred tasks that lead to one handler of errors give one line there and not a hundred. What would be
//! too long even so ends below its box, with the name of the other.
//!
//! A crate that does this (`rust-sugiyama`) recurses once per task, gives no ways around boxes, and has no place for words.

mod columns;
mod components;
mod conflicts;
mod layers;
mod order;
mod ranks;
mod routes;

pub(super) use components::lay_out;

use super::words::Px;

/// A size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Size {
    pub(super) width: Px,
    pub(super) height: Px,
}

/// A place: of boxes the upper left corner, of words the middle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Place {
    pub(super) x: Px,
    pub(super) y: Px,
}

/// A line to be drawn between two boxes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Link {
    pub(super) from: usize,
    pub(super) to: usize,
    /// The size of its words; empty if it has none.
    pub(super) label: Size,
    /// The size of the other box's name, for a line that does not get there.
    pub(super) stub: Size,
    /// Lines of one group that lead to one box may join.
    pub(super) group: usize,
}

/// Boxes beside each other and the lines between them.
#[derive(Debug, Clone, Default)]
pub(super) struct Level {
    pub(super) boxes: Vec<Size>,
    pub(super) links: Vec<Link>,
}

/// The way from one row to the next is a curve; that through a row is straight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) x: Px,
    pub(super) top: Px,
    pub(super) bottom: Px,
}

/// The end of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The box that it leads to.
    Box,
    /// A trunk, which goes on to the box.
    Trunk,
    /// The name of the box.
    Stub,
}

/// The way of a line.
#[derive(Debug, Clone)]
pub(super) struct Route {
    /// From the top to the bottom.
    pub(super) runs: Vec<Run>,
    /// Whether the line goes from the bottom to the top.
    pub(super) is_back: bool,
    pub(super) end: End,
    /// The middle of its words.
    pub(super) label: Place,
}

/// The way that several lines share.
#[derive(Debug, Clone)]
pub(super) struct Trunk {
    pub(super) to: usize,
    pub(super) group: usize,
    /// The number of lines.
    pub(super) lines: usize,
    pub(super) runs: Vec<Run>,
    pub(super) is_back: bool,
}

/// Where everything is.
#[derive(Debug, Clone, Default)]
pub(super) struct Layout {
    pub(super) size: Size,
    pub(super) boxes: Vec<Place>,
    /// The way of each link; `None` where it leads from a box to itself.
    pub(super) routes: Vec<Option<Route>>,
    pub(super) trunks: Vec<Trunk>,
}

impl Layout {
    fn shift(&mut self, by: Place) {
        for place in &mut self.boxes {
            *place = Place { x: place.x + by.x, y: place.y + by.y };
        }
        for route in self.routes.iter_mut().flatten() {
            route.label = Place { x: route.label.x + by.x, y: route.label.y + by.y };
        }
        let routes = self.routes.iter_mut().flatten().flat_map(|route| &mut route.runs);
        for run in routes.chain(self.trunks.iter_mut().flat_map(|trunk| &mut trunk.runs)) {
            *run = Run { x: run.x + by.x, top: run.top + by.y, bottom: run.bottom + by.y };
        }
    }
}
