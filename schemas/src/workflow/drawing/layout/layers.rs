//! Rows of boxes, with a row between each two of them, and the vertices that lines pass through.

use std::collections::BTreeMap;

use super::ranks::Ranks;
use super::{End, Level, Size};
use crate::workflow::drawing::words::Px;

/// The most vertices that trunks may have in all.
const MAX_PASSES: usize = 40_000;
/// The width of a line that passes.
const PASS_WIDTH: Px = 6;

/// The kind of a vertex.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Box,
    /// The words of a line, also where it has none.
    Label,
    /// A trunk.
    Pass,
}

/// Something that needs a place in a row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Vertex {
    pub(super) kind: Kind,
    /// From the top; that of a box is even.
    pub(super) rank: usize,
    pub(super) size: Size,
}

/// The vertices of a line, from the top to the bottom.
#[derive(Debug, Clone)]
pub(super) struct Way {
    pub(super) through: Vec<usize>,
    pub(super) label: usize,
    pub(super) is_back: bool,
    pub(super) end: End,
}

/// The vertices that several lines share.
#[derive(Debug, Clone)]
pub(super) struct TrunkWay {
    pub(super) to: usize,
    pub(super) group: usize,
    pub(super) lines: usize,
    pub(super) through: Vec<usize>,
    pub(super) is_back: bool,
}

/// The vertices, the boxes first.
#[derive(Debug, Default)]
pub(super) struct Layered {
    pub(super) vertices: Vec<Vertex>,
    /// The vertices in the row below that each is connected with, and those in the row above.
    pub(super) below: Vec<Vec<usize>>,
    pub(super) above: Vec<Vec<usize>>,
    /// The way of each link; `None` for one that leads from a box to itself.
    pub(super) ways: Vec<Option<Way>>,
    pub(super) trunks: Vec<TrunkWay>,
}

/// Lines that share a trunk: the box that they lead to, their group, and whether they lead upwards.
type Shared = (usize, usize, bool);

impl Layered {
    pub(super) fn of(level: &Level) -> Self {
        let ranks = Ranks::of(level);
        let mut layered = Self::default();
        for (size, rank) in level.boxes.iter().zip(&ranks.rank) {
            layered.add(Kind::Box, rank * 2, *size);
        }
        let mut shared: BTreeMap<Shared, Vec<usize>> = BTreeMap::new();
        for (index, link) in level.links.iter().enumerate() {
            let (upper, lower) = ranks.ends(level, index);
            if ranks.rank[lower] > ranks.rank[upper] + 1 {
                shared.entry((link.to, link.group, ranks.is_back[index])).or_default().push(index);
            }
        }
        let trunks = layered.add_trunks(level, &ranks, shared);
        layered.ways = (0..level.links.len())
            .map(|index| layered.way(level, &ranks, index, trunks.get(&index).copied()))
            .collect();
        layered
    }

    fn add(&mut self, kind: Kind, rank: usize, size: Size) -> usize {
        self.vertices.push(Vertex { kind, rank, size });
        self.below.push(Vec::new());
        self.above.push(Vec::new());
        self.vertices.len() - 1
    }

    fn connect(&mut self, upper: usize, lower: usize) {
        self.below[upper].push(lower);
        self.above[lower].push(upper);
    }

    /// Adds the trunks, the shortest first, as far as there is room; the trunk of each link that has one, where it joins.
    fn add_trunks(
        &mut self,
        level: &Level,
        ranks: &Ranks,
        shared: BTreeMap<Shared, Vec<usize>>,
    ) -> BTreeMap<usize, usize> {
        let rank = |index: usize| ranks.rank[index] * 2;
        let from = |link: &usize| rank(level.links[*link].from);
        let span = |to: usize, is_back: bool, links: &[usize]| {
            if is_back {
                (rank(to) + 1, links.iter().map(from).max().unwrap_or_default() - 2)
            } else {
                (links.iter().map(from).min().unwrap_or_default() + 2, rank(to) - 1)
            }
        };
        let spans = shared.into_iter().map(|((to, group, is_back), links)| {
            let (first, last) = span(to, is_back, &links);
            (last - first, to, group, is_back, links)
        });
        let mut spans: Vec<_> = spans.collect();
        spans.sort_by_key(|(length, to, group, is_back, _)| (*length, *to, *group, *is_back));
        let mut joins = BTreeMap::new();
        let mut left = MAX_PASSES;
        for (_, to, group, is_back, links) in spans {
            let (first, last) = span(to, is_back, &links);
            let Some(rest) = left.checked_sub(last - first + 1) else { break };
            left = rest;
            let size = Size { width: PASS_WIDTH, height: 0 };
            let passes: Vec<usize> = (first..=last).map(|rank| self.add(Kind::Pass, rank, size)).collect();
            for pair in passes.windows(2) {
                self.connect(pair[0], pair[1]);
            }
            let mut through = passes.clone();
            if is_back {
                self.connect(to, passes[0]);
                through.insert(0, to);
            } else {
                self.connect(passes[passes.len() - 1], to);
                through.push(to);
            }
            for link in &links {
                let at = if is_back { from(link) - 2 } else { from(link) + 2 };
                joins.insert(*link, passes[at - first]);
            }
            self.trunks.push(TrunkWay { to, group, lines: links.len(), through, is_back });
        }
        joins
    }

    /// The way of a link, which joins a trunk at the vertex `trunk`.
    fn way(&mut self, level: &Level, ranks: &Ranks, index: usize, trunk: Option<usize>) -> Option<Way> {
        let link = &level.links[index];
        if link.from == link.to {
            return None;
        }
        let is_back = ranks.is_back[index];
        let (upper, lower) = ranks.ends(level, index);
        let is_near = ranks.rank[lower] == ranks.rank[upper] + 1;
        let rank = ranks.rank[link.from] * 2;
        // A line that does not get there ends below its box, also one that leads upwards.
        let (other, end) = match trunk {
            _ if is_near => (Some(link.to), End::Box),
            Some(trunk) => (Some(trunk), End::Trunk),
            None => (None, End::Stub),
        };
        let is_up = is_back && other.is_some();
        let size = if other.is_some() { link.label } else { link.stub };
        let size = Size { width: size.width.max(PASS_WIDTH), ..size };
        let label = self.add(Kind::Label, if is_up { rank - 1 } else { rank + 1 }, size);
        let mut through = vec![link.from, label];
        through.extend(other);
        if is_up {
            through.reverse();
        }
        for pair in through.windows(2) {
            self.connect(pair[0], pair[1]);
        }
        Some(Way { through, label, is_back: is_up, end })
    }
}
