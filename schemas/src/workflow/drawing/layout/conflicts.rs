//! Lines that cross the inner part of a longer one: the longer one stays straight.

use std::collections::BTreeSet;

use super::layers::{Kind, Layered};

/// The pairs of an upper and a lower vertex that are not put above each other.
pub(super) fn conflicts(layered: &Layered, rows: &[Vec<usize>], place: &[usize]) -> BTreeSet<(usize, usize)> {
    let mut conflicts = joints(layered);
    let is_line = |vertex: usize| layered.vertices[vertex].kind != Kind::Box;
    for pair in rows.windows(2) {
        let (mut first, mut scanned) = (0, 0);
        for (index, vertex) in pair[1].iter().enumerate() {
            let inner = layered.above[*vertex].iter().find(|above| is_line(*vertex) && is_line(**above));
            let last = match inner {
                Some(above) => place[*above],
                None if index + 1 == pair[1].len() => pair[0].len(),
                None => continue,
            };
            for lower in &pair[1][scanned..=index] {
                for upper in &layered.above[*lower] {
                    let is_apart = place[*upper] < first || last < place[*upper];
                    if is_apart && !(is_line(*upper) && is_line(*lower)) {
                        conflicts.insert((*upper, *lower));
                    }
                }
            }
            scanned = index + 1;
            first = last;
        }
    }
    conflicts
}

/// The places where lines join a trunk, which goes straight on.
fn joints(layered: &Layered) -> BTreeSet<(usize, usize)> {
    let kind = |vertex: usize| layered.vertices[vertex].kind;
    let passes = |near: &[usize]| near.iter().any(|near| kind(*near) == Kind::Pass);
    let mut joints = BTreeSet::new();
    for (pass, _) in layered.vertices.iter().enumerate().filter(|(_, vertex)| vertex.kind == Kind::Pass) {
        let (above, below) = (&layered.above[pass], &layered.below[pass]);
        let labels = |near: &&usize| kind(**near) == Kind::Label;
        if passes(above) {
            joints.extend(above.iter().filter(labels).map(|label| (*label, pass)));
        }
        if passes(below) {
            joints.extend(below.iter().filter(labels).map(|label| (pass, *label)));
        }
    }
    joints
}
