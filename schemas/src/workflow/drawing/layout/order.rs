//! The order in each row: few lines cross.

use super::layers::Layered;

/// The most passes over all rows.
const MAX_SWEEPS: usize = 24;
/// The passes that may bring nothing.
const MAX_IDLE: usize = 5;
/// The number of vertices up to which neighbours are swapped one by one.
const MAX_SWAPPED: usize = 4_000;

/// The vertices of each row, from the left to the right.
pub(super) fn ordered(layered: &Layered) -> Vec<Vec<usize>> {
    let mut rows = first(layered);
    let mut place = places(layered, &rows);
    let mut best = (crossings(layered, &rows, &place), rows.clone());
    let mut idle = 0;
    // A pass takes time in proportion to the vertices: the largest drawings get few.
    let sweeps = MAX_SWEEPS.min(600_000 / (layered.vertices.len() + 1)).max(2);
    for sweep in 0..sweeps {
        if best.0 == 0 || idle > MAX_IDLE {
            break;
        }
        let is_down = sweep % 2 == 0;
        let last = rows.len() - 1;
        for step in 1..=last {
            let row = if is_down { step } else { last - step };
            let neighbours = if is_down { &layered.above } else { &layered.below };
            sort(&mut rows[row], neighbours, &mut place, sweep % 4 > 1);
        }
        if layered.vertices.len() <= MAX_SWAPPED {
            swap(layered, &mut rows, &mut place);
        }
        let crossings = crossings(layered, &rows, &place);
        if crossings < best.0 {
            best = (crossings, rows.clone());
            idle = 0;
        } else {
            idle += 1;
        }
    }
    best.1
}

/// The vertices in the order in which they are reached.
fn first(layered: &Layered) -> Vec<Vec<usize>> {
    let height = layered.vertices.iter().map(|vertex| vertex.rank + 1).max().unwrap_or_default();
    let mut rows: Vec<Vec<usize>> = vec![Vec::new(); height];
    let mut is_seen = vec![false; layered.vertices.len()];
    let mut roots: Vec<usize> = (0..layered.vertices.len()).collect();
    roots.sort_by_key(|vertex| layered.vertices[*vertex].rank);
    for root in roots {
        let mut open = vec![root];
        while let Some(vertex) = open.pop() {
            if !std::mem::replace(&mut is_seen[vertex], true) {
                rows[layered.vertices[vertex].rank].push(vertex);
                open.extend(layered.below[vertex].iter().rev());
            }
        }
    }
    rows
}

fn places(layered: &Layered, rows: &[Vec<usize>]) -> Vec<usize> {
    let mut place = vec![0; layered.vertices.len()];
    for (index, vertex) in rows.iter().flat_map(|row| row.iter().enumerate()) {
        place[*vertex] = index;
    }
    place
}

/// Sorts a row by the middle of what each vertex is connected with; others stay where they are.
fn sort(row: &mut [usize], neighbours: &[Vec<usize>], place: &mut [usize], later_first: bool) {
    /// Places are compared in such parts.
    const PARTS: usize = 1 << 16;
    let mut free = Vec::with_capacity(row.len());
    let mut sorted = Vec::with_capacity(row.len());
    for (index, vertex) in row.iter().enumerate() {
        let near = &neighbours[*vertex];
        if !near.is_empty() {
            let sum: usize = near.iter().map(|near| place[*near]).sum();
            let equal = if later_first { row.len() - index } else { index };
            sorted.push((sum * PARTS / near.len(), equal, *vertex));
            free.push(index);
        }
    }
    sorted.sort_unstable();
    for (index, (_, _, vertex)) in free.into_iter().zip(sorted) {
        row[index] = vertex;
    }
    for (index, vertex) in row.iter().enumerate() {
        place[*vertex] = index;
    }
}

/// Swaps neighbours while fewer lines cross by it.
fn swap(layered: &Layered, rows: &mut [Vec<usize>], place: &mut [usize]) {
    for _ in 0..4 {
        let mut is_better = false;
        for row in rows.iter_mut() {
            for index in 1..row.len() {
                let (left, right) = (row[index - 1], row[index]);
                let count = |left: usize, right: usize| {
                    crossed(&layered.above[left], &layered.above[right], place)
                        + crossed(&layered.below[left], &layered.below[right], place)
                };
                if count(right, left) < count(left, right) {
                    row.swap(index - 1, index);
                    place.swap(left, right);
                    is_better = true;
                }
            }
        }
        if !is_better {
            break;
        }
    }
}

/// How often lines to `left` cross those to `right`.
fn crossed(left: &[usize], right: &[usize], place: &[usize]) -> usize {
    const MANY: usize = 64;
    // The middles say enough of vertices with very many lines.
    if left.len().max(right.len()) > MANY {
        let middle = |near: &[usize]| near.iter().map(|near| place[*near]).sum::<usize>() / near.len().max(1);
        return usize::from(middle(left) > middle(right));
    }
    left.iter().map(|left| right.iter().filter(|right| place[**right] < place[*left]).count()).sum()
}

/// The number of crossings, with a tree of sums.
fn crossings(layered: &Layered, rows: &[Vec<usize>], place: &[usize]) -> usize {
    let mut total = 0;
    for pair in rows.windows(2) {
        let width = pair[1].len();
        let mut sums = vec![0_usize; width + 1];
        let mut seen = 0;
        for vertex in &pair[0] {
            let mut ends: Vec<usize> = layered.below[*vertex].iter().map(|below| place[*below]).collect();
            ends.sort_unstable();
            for end in &ends {
                let mut before = 0;
                let mut index = end + 1;
                while index > 0 {
                    before += sums[index];
                    index &= index - 1;
                }
                total += seen - before;
            }
            for end in ends {
                let mut index = end + 1;
                while index <= width {
                    sums[index] += 1;
                    index += index & index.wrapping_neg();
                }
                seen += 1;
            }
        }
    }
    total
}
