//! The difference of two texts, as `diff -u` writes it.

use std::fmt::Write as _;
use std::ops::Range;

/// The lines around a change that are shown.
const CONTEXT: usize = 3;
/// The most changed lines for which the shortest difference is looked for; beyond it, all is replaced.
const MAX_CHANGES: usize = 2_000;

/// Lines of the old text that lines of the new one take the place of.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Change {
    old: Range<usize>,
    new: Range<usize>,
}

/// The difference between `old` and `new`, which is the file `name`; empty if there is none.
pub(super) fn unified(name: &str, old: &str, new: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (lines(old), lines(new));
    let changes = changes(&old, &new);
    if changes.is_empty() {
        return String::new();
    }
    let mut text = format!("--- a/{name}\n+++ b/{name}\n");
    let mut rest = changes.as_slice();
    while let Some(first) = rest.first() {
        // Changes whose surroundings meet are shown together.
        let near = |pair: &[Change]| pair[1].old.start - pair[0].old.end <= 2 * CONTEXT;
        let count = 1 + rest.windows(2).take_while(|pair| near(pair)).count();
        let (hunk, others) = rest.split_at(count);
        let last = hunk.last().unwrap_or(first);
        let before = first.old.start.min(CONTEXT);
        let after = (old.len() - last.old.end).min(CONTEXT);
        let shown_old = first.old.start - before..last.old.end + after;
        let shown_new = first.new.start - before..last.new.end + after;
        let _ = writeln!(text, "@@ -{} +{} @@", place(&shown_old), place(&shown_new));
        let mut at = shown_old.start;
        for change in hunk {
            old[at..change.old.start].iter().for_each(|line| push(&mut text, ' ', line));
            old[change.old.clone()].iter().for_each(|line| push(&mut text, '-', line));
            new[change.new.clone()].iter().for_each(|line| push(&mut text, '+', line));
            at = change.old.end;
        }
        old[at..shown_old.end].iter().for_each(|line| push(&mut text, ' ', line));
        rest = others;
    }
    text
}

fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

fn place(lines: &Range<usize>) -> String {
    match lines.len() {
        0 => format!("{},0", lines.start),
        1 => (lines.start + 1).to_string(),
        count => format!("{},{count}", lines.start + 1),
    }
}

fn push(text: &mut String, sign: char, line: &str) {
    text.push(sign);
    text.push_str(line);
    if !line.ends_with('\n') {
        text.push_str("\n\\ No newline at end of file\n");
    }
}

/// The changes, in order.
fn changes(old: &[&str], new: &[&str]) -> Vec<Change> {
    let start = old.iter().zip(new).take_while(|(old, new)| old == new).count();
    let (old_rest, new_rest) = (&old[start..], &new[start..]);
    let end = old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(|(old, new)| old == new).count();
    let (old_rest, new_rest) = (&old_rest[..old_rest.len() - end], &new_rest[..new_rest.len() - end]);
    if old_rest.is_empty() && new_rest.is_empty() {
        return Vec::new();
    }
    let kept = common(old_rest, new_rest);
    let mut changes = Vec::new();
    let (mut x, mut y) = (0, 0);
    for (old_line, new_line) in kept.into_iter().chain([(old_rest.len(), new_rest.len())]) {
        if old_line > x || new_line > y {
            changes.push(Change { old: start + x..start + old_line, new: start + y..start + new_line });
        }
        (x, y) = (old_line + 1, new_line + 1);
    }
    changes
}

/// The lines that both have, by Myers' algorithm: as many as there can be, in the order of both.
fn common(old: &[&str], new: &[&str]) -> Vec<(usize, usize)> {
    let most = (old.len() + new.len()).min(MAX_CHANGES);
    // How far down the old text each diagonal has come: that of `k` more old lines than new ones is at `most + k`.
    let mut reached = vec![0_usize; 2 * most + 2];
    let mut trace: Vec<Vec<usize>> = Vec::new();
    for count in 0..=most {
        trace.push(reached[most - count..=most + count].to_vec());
        for step in 0..=count {
            let place = most + 2 * step - count;
            let is_insertion = step == 0 || step != count && reached[place - 1] < reached[place + 1];
            let mut x = if is_insertion { reached[place + 1] } else { reached[place - 1] + 1 };
            let mut y = (x + most).wrapping_sub(place);
            while x < old.len() && y < new.len() && old[x] == new[y] {
                (x, y) = (x + 1, y + 1);
            }
            reached[place] = x;
            if x >= old.len() && y >= new.len() {
                return walk_back(old.len(), new.len(), count, &trace);
            }
        }
    }
    Vec::new()
}

/// The lines that were kept on the way to the end, which took `count` changes.
fn walk_back(mut x: usize, mut y: usize, count: usize, trace: &[Vec<usize>]) -> Vec<(usize, usize)> {
    let mut kept = Vec::new();
    for count in (1..=count).rev() {
        // The diagonals of this round start at `-count`, and change by two.
        let reached = |place: usize| trace[count].get(place).copied().unwrap_or_default();
        let place = x + count - y;
        let is_insertion = place == 0 || place != 2 * count && reached(place - 1) < reached(place + 1);
        let from_x = if is_insertion { reached(place + 1) } else { reached(place - 1) };
        let from_y = if is_insertion { from_x + count - (place + 1) } else { from_x + count - (place - 1) };
        while x > from_x && y > from_y {
            (x, y) = (x - 1, y - 1);
            kept.push((x, y));
        }
        (x, y) = (from_x, from_y);
    }
    while x > 0 && y > 0 {
        (x, y) = (x - 1, y - 1);
        kept.push((x, y));
    }
    kept.reverse();
    kept
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_difference_reads_as_that_of_diff() {
        let old = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n14\n15";
        let new = "1\n2\nthree\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n14\n15\n16\n";
        let expected = "--- a/x\n+++ b/x\n@@ -1,6 +1,6 @@\n 1\n 2\n-3\n+three\n 4\n 5\n 6\n@@ -12,4 +12,5 @@\n 12\n 13\n 14\n-15\n\\ No newline at end of file\n+15\n+16\n";
        assert_eq!(unified("x", old, new), expected);
        assert_eq!(unified("x", old, old), "");
        assert_eq!(unified("x", "", "1\n"), "--- a/x\n+++ b/x\n@@ -0,0 +1 @@\n+1\n");
    }

    proptest! {
        #[test]
        fn the_changes_lead_from_the_old_text_to_the_new(
            old in prop::collection::vec(0..4_u8, 0..20), new in prop::collection::vec(0..4_u8, 0..20)
        ) {
            let texts = |numbers: &[u8]| numbers.iter().map(u8::to_string).collect::<Vec<_>>();
            let (old, new) = (texts(&old), texts(&new));
            let old: Vec<&str> = old.iter().map(String::as_str).collect();
            let new: Vec<&str> = new.iter().map(String::as_str).collect();
            let (mut made, mut at) = (Vec::new(), 0);
            for change in changes(&old, &new) {
                made.extend_from_slice(&old[at..change.old.start]);
                made.extend_from_slice(&new[change.new.clone()]);
                at = change.old.end;
            }
            made.extend_from_slice(&old[at..]);
            prop_assert_eq!(made, new);
        }
    }
}
