//! The row of each box: below all that lead to it. Lines of a circle that lead back are turned around for it.

use super::Level;

/// The rows of boxes, and the links that lead upwards.
pub(super) struct Ranks {
    pub(super) rank: Vec<usize>,
    pub(super) is_back: Vec<bool>,
}

impl Ranks {
    pub(super) fn of(level: &Level) -> Self {
        let mut outbound: Vec<Vec<usize>> = vec![Vec::new(); level.boxes.len()];
        for (index, link) in level.links.iter().enumerate() {
            if link.from != link.to {
                outbound[link.from].push(index);
            }
        }
        let is_back = back(level, &outbound);
        let mut ranks = Self { rank: vec![0; level.boxes.len()], is_back };
        ranks.assign(level);
        ranks
    }

    /// The upper and the lower box of a link.
    pub(super) fn ends(&self, level: &Level, index: usize) -> (usize, usize) {
        let link = &level.links[index];
        if self.is_back[index] { (link.to, link.from) } else { (link.from, link.to) }
    }

    fn assign(&mut self, level: &Level) {
        let mut below: Vec<Vec<usize>> = vec![Vec::new(); level.boxes.len()];
        let mut waits = vec![0_usize; level.boxes.len()];
        for index in 0..level.links.len() {
            let (upper, lower) = self.ends(level, index);
            if upper != lower {
                below[upper].push(lower);
                waits[lower] += 1;
            }
        }
        let is_first: Vec<bool> = waits.iter().map(|waits| *waits == 0).collect();
        let mut sorted: Vec<usize> = (0..level.boxes.len()).filter(|index| is_first[*index]).collect();
        let mut next = 0;
        while let Some(upper) = sorted.get(next).copied() {
            next += 1;
            for lower in &below[upper] {
                self.rank[*lower] = self.rank[*lower].max(self.rank[upper] + 1);
                waits[*lower] -= 1;
                if waits[*lower] == 0 {
                    sorted.push(*lower);
                }
            }
        }
        // A first task that only leads to a late one stands right above it.
        for index in sorted.into_iter().rev().filter(|index| is_first[*index]) {
            if let Some(nearest) = below[index].iter().map(|lower| self.rank[*lower]).min() {
                self.rank[index] = nearest - 1;
            }
        }
        let least = self.rank.iter().min().copied().unwrap_or_default();
        for rank in &mut self.rank {
            *rank -= least;
        }
    }
}

/// Whether each link leads back, seen from the first tasks in the order of the file.
fn back(level: &Level, outbound: &[Vec<usize>]) -> Vec<bool> {
    #[derive(Clone, Copy, PartialEq)]
    enum Seen {
        Never,
        Open,
        Done,
    }
    let mut is_entered = vec![false; level.boxes.len()];
    for link in level.links.iter().filter(|link| link.from != link.to) {
        is_entered[link.to] = true;
    }
    let first = (0..level.boxes.len()).filter(|index| !is_entered[*index]);
    let mut seen = vec![Seen::Never; level.boxes.len()];
    let mut is_back = vec![false; level.links.len()];
    for root in first.chain(0..level.boxes.len()) {
        if seen[root] != Seen::Never {
            continue;
        }
        seen[root] = Seen::Open;
        let mut path = vec![(root, 0)];
        while let Some((node, followed)) = path.last_mut() {
            let Some(index) = outbound[*node].get(*followed).copied() else {
                seen[*node] = Seen::Done;
                path.pop();
                continue;
            };
            *followed += 1;
            let to = level.links[index].to;
            match seen[to] {
                Seen::Open => is_back[index] = true,
                Seen::Done => {}
                Seen::Never => {
                    seen[to] = Seen::Open;
                    path.push((to, 0));
                }
            }
        }
    }
    is_back
}
