//! Heights of rows, and the ways of lines through them.

use super::layers::{Kind, Layered};
use super::{End, Layout, Level, Place, Route, Run, Size, Trunk};
use crate::workflow::drawing::words::Px;

/// The least and the greatest distance between two rows.
const NEAR: Px = 13;
const FAR: Px = 48;
/// The distance between two lines at a box, and from its corners.
const PORT: Px = 18;
const CORNER: Px = 14;

/// The layout of vertices in `rows` with their middles at `columns`.
pub(super) fn routes(level: &Level, mut layered: Layered, rows: &[Vec<usize>], columns: &[Px]) -> Layout {
    for near in layered.below.iter_mut().chain(&mut layered.above) {
        near.sort_unstable_by_key(|vertex| (columns[*vertex], *vertex));
    }
    let bands = bands(&layered, rows, columns);
    let canvas = Canvas { layered: &layered, columns, bands: &bands };
    let place = |vertex: usize, size: &Size| {
        let (top, bottom) = canvas.band(vertex);
        Place { x: columns[vertex] - size.width / 2, y: i32::midpoint(top, bottom) - size.height / 2 }
    };
    let boxes = level.boxes.iter().enumerate().map(|(index, size)| place(index, size)).collect();
    let right = |(vertex, x): (usize, &Px)| x + (layered.vertices[vertex].size.width + 1) / 2;
    let width = columns.iter().enumerate().map(right).max().unwrap_or_default();
    let height = bands.last().map_or(0, |(_, bottom)| *bottom);
    let ways = layered.ways.iter().map(|way| {
        let way = way.as_ref()?;
        let (top, bottom) = canvas.band(way.label);
        let label = Place { x: columns[way.label], y: i32::midpoint(top, bottom) };
        // A trunk goes on where the line meets it, and a name that is written there is not crossed out.
        let met = (way.end != End::Box).then(|| if way.is_back { 0 } else { way.through.len() - 1 });
        let runs = canvas.runs(&way.through, met);
        Some(Route { runs, is_back: way.is_back, end: way.end, label })
    });
    let routes = ways.collect();
    let trunks = layered.trunks.iter().map(|trunk| Trunk {
        to: trunk.to,
        group: trunk.group,
        lines: trunk.lines,
        runs: canvas.runs(&trunk.through, None),
        is_back: trunk.is_back,
    });
    Layout { size: Size { width, height }, boxes, routes, trunks: trunks.collect() }
}

/// The top and bottom of each row. Rows are the farther from each other, the farther lines go sideways.
fn bands(layered: &Layered, rows: &[Vec<usize>], columns: &[Px]) -> Vec<(Px, Px)> {
    let mut bands = Vec::with_capacity(rows.len());
    let mut top = 0;
    for row in rows {
        let height = row.iter().map(|vertex| layered.vertices[*vertex].size.height).max().unwrap_or_default();
        bands.push((top, top + height));
        let sideways = row.iter().flat_map(|vertex| {
            layered.below[*vertex].iter().map(|below| (columns[*vertex] - columns[*below]).abs())
        });
        top += height + (NEAR + sideways.max().unwrap_or_default() / 16).min(FAR);
    }
    bands
}

struct Canvas<'a> {
    layered: &'a Layered,
    columns: &'a [Px],
    bands: &'a [(Px, Px)],
}

impl Canvas<'_> {
    fn band(&self, vertex: usize) -> (Px, Px) {
        self.bands[self.layered.vertices[vertex].rank]
    }

    /// The runs through vertices, from the top to the bottom; that at `met` is only touched.
    fn runs(&self, through: &[usize], met: Option<usize>) -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::with_capacity(through.len());
        for (index, vertex) in through.iter().enumerate() {
            let (mut top, mut bottom) = self.band(*vertex);
            let mut x = self.columns[*vertex];
            let of = &self.layered.vertices[*vertex];
            // A line without words takes the shorter curve.
            if of.kind == Kind::Label && of.size.height == 0 {
                continue;
            }
            if of.kind == Kind::Box {
                let middle = i32::midpoint(top, bottom);
                if index == 0 {
                    x = self.port(*vertex, through.get(1).copied(), &self.layered.below[*vertex]);
                    top = middle - of.size.height / 2 + of.size.height;
                } else {
                    x = self.port(*vertex, Some(through[index - 1]), &self.layered.above[*vertex]);
                    bottom = middle - of.size.height / 2;
                }
            }
            if met == Some(index) {
                (top, bottom) = if index == 0 { (bottom, bottom) } else { (top, top) };
            }
            match runs.last_mut() {
                Some(last) if last.x == x => last.bottom = bottom,
                _ => runs.push(Run { x, top, bottom }),
            }
        }
        runs
    }

    /// The place at a box of the line to or from `other`, one of `all`, which are sorted.
    fn port(&self, vertex: usize, other: Option<usize>, all: &[usize]) -> Px {
        let x = self.columns[vertex];
        let Some(other) = other else { return x };
        let key = |vertex: usize| (self.columns[vertex], vertex);
        let left = all.partition_point(|near| key(*near) < key(other));
        let count = |count: usize| Px::try_from(count).unwrap_or(Px::MAX);
        let gaps = count(all.len().saturating_sub(1));
        let room = (self.layered.vertices[vertex].size.width - 2 * CORNER).max(0);
        if gaps == 0 {
            return x;
        }
        let width = room.min(gaps.saturating_mul(PORT));
        let offset = i64::from(width) * i64::from(count(left)) / i64::from(gaps);
        x - width / 2 + Px::try_from(offset).unwrap_or_default()
    }
}
