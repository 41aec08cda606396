//! Findings in lines, with those of one kind in one pack folded into one.

use std::path::Path;

use attune_host::verification::Finding;

use crate::cli::checks::verify::line;

/// So many of a kind are shown one by one.
const SHOWN_ALIKE: usize = 3;
/// Lines that are shown, whatever is folded.
const SHOWN_LINES: usize = 40;

/// `findings` in lines; with `all` each has one of its own.
pub(in crate::cli) fn lines(root: &Path, findings: &[Finding], all: bool) -> Vec<String> {
    if all {
        return findings.iter().map(|finding| line(root, finding)).collect();
    }
    let mut groups: Vec<Vec<&Finding>> = Vec::new();
    for finding in findings {
        match groups.iter_mut().find(|group| is_alike(group[0], finding)) {
            Some(group) => group.push(finding),
            None => groups.push(vec![finding]),
        }
    }
    let mut lines: Vec<String> = groups.iter().flat_map(|group| lines_of(root, group)).collect();
    if lines.len() > SHOWN_LINES {
        let more = lines.len() - SHOWN_LINES;
        lines.truncate(SHOWN_LINES);
        lines.push(format!("and {more} more; -v shows all"));
    }
    lines
}

fn is_alike(one: &Finding, other: &Finding) -> bool {
    (one.kind, one.part, &one.packs) == (other.kind, other.part, &other.packs)
}

fn lines_of(root: &Path, group: &[&Finding]) -> Vec<String> {
    match group {
        [first, .., _] if group.len() > SHOWN_ALIKE => {
            vec![format!("{} (and {} more like it; -v shows all)", line(root, first), group.len() - 1)]
        }
        _ => group.iter().map(|finding| line(root, finding)).collect(),
    }
}
