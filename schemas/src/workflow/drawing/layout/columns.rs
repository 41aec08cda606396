//! The middle of each vertex from the left (after Brandes and Köpf): lines are straight, boxes stand above each other.
//!
//! Vertices are put in blocks, each a straight line from row to row, once from each of the four corners; a vertex stands in the middle
//! of the four.

use std::collections::BTreeSet;

use super::conflicts::conflicts;
use super::layers::{Kind, Layered};
use crate::workflow::drawing::words::Px;

/// The middle of each vertex; nothing starts left of 0.
pub(super) fn columns(layered: &Layered, rows: &[Vec<usize>]) -> Vec<Px> {
    let count = layered.vertices.len();
    let mut place = vec![0; count];
    for (index, vertex) in rows.iter().flat_map(|row| row.iter().enumerate()) {
        place[*vertex] = index;
    }
    let conflicts = conflicts(layered, rows, &place);
    let mut four: Vec<(bool, Vec<Px>)> = Vec::with_capacity(4);
    for from_below in [false, true] {
        for from_right in [false, true] {
            let mut turned: Vec<Vec<usize>> = rows.to_vec();
            if from_below {
                turned.reverse();
            }
            if from_right {
                for row in &mut turned {
                    row.reverse();
                }
            }
            let neighbours = if from_below { &layered.below } else { &layered.above };
            let block = blocks(&turned, neighbours, &conflicts, from_below);
            let mut columns = compact(layered, &turned, &block);
            if from_right {
                for x in &mut columns {
                    *x = -*x;
                }
            }
            four.push((from_right, columns));
        }
    }
    align(&mut four);
    let middle = |vertex: usize| {
        let mut all = [four[0].1[vertex], four[1].1[vertex], four[2].1[vertex], four[3].1[vertex]];
        all.sort_unstable();
        i32::midpoint(all[1], all[2])
    };
    let mut columns: Vec<Px> = (0..count).map(middle).collect();
    let left = |vertex: usize| columns[vertex] - layered.vertices[vertex].size.width / 2;
    let least = (0..count).map(left).min().unwrap_or_default();
    for x in &mut columns {
        *x -= least;
    }
    columns
}

/// The first vertex of the block that each is in.
fn blocks(
    rows: &[Vec<usize>],
    neighbours: &[Vec<usize>],
    conflicts: &BTreeSet<(usize, usize)>,
    from_below: bool,
) -> Vec<usize> {
    let mut place = vec![0; neighbours.len()];
    for (index, vertex) in rows.iter().flat_map(|row| row.iter().enumerate()) {
        place[*vertex] = index;
    }
    let mut block: Vec<usize> = (0..neighbours.len()).collect();
    let mut is_taken = vec![false; neighbours.len()];
    for row in rows {
        // Blocks do not cross: each neighbour that is taken is right of the last.
        let mut next = 0;
        for vertex in row {
            let pair = |other: usize| if from_below { (*vertex, other) } else { (other, *vertex) };
            let mut near = neighbours[*vertex].clone();
            near.retain(|near| !conflicts.contains(&pair(*near)));
            near.sort_unstable_by_key(|near| place[*near]);
            let Some(last) = near.len().checked_sub(1) else { continue };
            for other in near[last / 2..=last.div_ceil(2)].iter().copied() {
                if place[other] >= next && !is_taken[other] {
                    is_taken[other] = true;
                    block[*vertex] = block[other];
                    next = place[other] + 1;
                    break;
                }
            }
        }
    }
    block
}

/// Puts the blocks as far to the left as their neighbours let them, then as near to the right ones as they may.
fn compact(layered: &Layered, rows: &[Vec<usize>], block: &[usize]) -> Vec<Px> {
    let mut right_of: Vec<Vec<(usize, Px)>> = vec![Vec::new(); block.len()];
    let mut waits = vec![0_usize; block.len()];
    for pair in rows.iter().flat_map(|row| row.windows(2)) {
        let (left, right) = (block[pair[0]], block[pair[1]]);
        right_of[left].push((right, apart(layered, pair[0], pair[1])));
        waits[right] += 1;
    }
    let mut sorted: Vec<usize> =
        (0..block.len()).filter(|vertex| block[*vertex] == *vertex && waits[*vertex] == 0).collect();
    let mut x = vec![0; block.len()];
    let mut next = 0;
    while let Some(left) = sorted.get(next).copied() {
        next += 1;
        for (right, apart) in &right_of[left] {
            x[*right] = x[*right].max(x[left] + apart);
            waits[*right] -= 1;
            if waits[*right] == 0 {
                sorted.push(*right);
            }
        }
    }
    for left in sorted.into_iter().rev() {
        if let Some(most) = right_of[left].iter().map(|(right, apart)| x[*right] - apart).min() {
            x[left] = x[left].max(most);
        }
    }
    block.iter().map(|block| x[*block]).collect()
}

/// The least distance between the middles of two vertices beside each other.
fn apart(layered: &Layered, left: usize, right: usize) -> Px {
    let [left, right] = [left, right].map(|vertex| &layered.vertices[vertex]);
    let between = match (left.kind, right.kind) {
        (Kind::Box, Kind::Box) => 28,
        (Kind::Box, _) | (_, Kind::Box) => 18,
        _ => 12,
    };
    (left.size.width + 1) / 2 + (right.size.width + 1) / 2 + between
}

/// Moves all to the narrowest, those from the left to its left edge.
fn align(four: &mut [(bool, Vec<Px>)]) {
    let edges = |columns: &[Px]| {
        let least = columns.iter().min().copied().unwrap_or_default();
        (least, columns.iter().max().copied().unwrap_or_default())
    };
    let all = four.iter().map(|(_, columns)| edges(columns));
    let (left, right) = all.min_by_key(|(left, right)| right - left).unwrap_or_default();
    for (from_right, columns) in four {
        let own = edges(columns);
        let by = if *from_right { right - own.1 } else { left - own.0 };
        for x in columns {
            *x += by;
        }
    }
}
