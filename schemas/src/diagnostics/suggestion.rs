//! The known word closest to a misspelt one, for "did you mean".

/// The word of `known` that `word` was probably meant to be; `None` if nothing is close.
///
/// Close means at most a third of the letters wrong, and at most two.
pub fn closest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    // A long key is never a slip of the hand, and the comparison is quadratic.
    if word.len() > 64 {
        return None;
    }
    let folded = fold(word);
    known
        .iter()
        // A difference in length alone is that many slips.
        .filter(|candidate| candidate.chars().count().abs_diff(folded.len()) <= 2)
        .map(|candidate| (distance(&folded, &fold(candidate)), *candidate))
        .filter(|(distance, candidate)| *distance <= (candidate.len() / 3).min(2))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Case, and `-` for `_`, are the commonest slips and cost nothing.
fn fold(word: &str) -> Vec<char> {
    word.chars().map(|c| if c == '-' { '_' } else { c.to_ascii_lowercase() }).collect()
}

/// Levenshtein's distance: insertions, deletions and substitutions.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(from != to);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_recognised_and_other_words_are_not() {
        let known = ["dependencies", "runtime_deps", "ref", "tags", "version"];
        let table = [
            ("dependancies", Some("dependencies")),
            ("runtime-deps", Some("runtime_deps")),
            ("Version", Some("version")),
            ("tag", Some("tags")),
            ("reef", Some("ref")),
            ("colour", None),
            ("x", None),
            ("", None),
        ];
        for (word, expected) in table {
            assert_eq!(closest(word, &known), expected, "{word}");
        }
        assert_eq!(closest(&"x".repeat(10_000), &known), None);
    }
}
