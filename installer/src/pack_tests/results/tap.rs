//! The Test Anything Protocol, versions 12 to 14: points, plans, subtests and what is written below a point.
//!
//! A subtest is indented by four columns and ends with the point that stands for it. Its own points are the tests; the
//! point that stands for them is one only where it failed and none of them did.

use attune_schemas::pack_test_result::TestStatus;

use super::cases::{CaseText, Cases};

/// The deepest nesting.
const MAX_DEPTH: usize = 32;
/// The most of a diagnostic that is kept, in lines.
const MAX_LINES: usize = 40;

/// Reads `text`.
pub(super) fn read(text: &str, cases: &mut Cases) -> Result<(), String> {
    let mut reading = Reading { levels: vec![Level::default()], below: None };
    for line in text.lines() {
        reading.line(line)?;
    }
    reading.finish(cases)
}

/// A test that has no subtests.
#[derive(Debug)]
struct Leaf {
    name: String,
    status: TestStatus,
    seconds: f64,
    message: String,
}

/// The points of one level that no point of the level above stands for yet.
#[derive(Debug, Default)]
struct Level {
    leaves: Vec<Leaf>,
    points: u64,
    plan: Option<u64>,
    is_seen: bool,
    /// Whether the last leaf is the last point, to which a block belongs that follows.
    takes_block: bool,
    /// The reason for which the plan has no tests.
    skipped: Option<String>,
}

/// A block below a point, of which the end is awaited.
#[derive(Debug)]
struct Block {
    indent: usize,
    level: usize,
    /// The key whose lines are read, and how far they are indented at least.
    open: Option<usize>,
    lines: usize,
}

struct Reading {
    levels: Vec<Level>,
    below: Option<Block>,
}

impl Reading {
    fn line(&mut self, line: &str) -> Result<(), String> {
        let text = line.trim_start_matches(' ');
        let indent = line.len() - text.len();
        if let Some(mut block) = self.below.take() {
            if text.trim_end() != "..." || indent > block.indent {
                // A block without an end is not one; a point at its margin or before it begins anew.
                if indent >= block.indent || text.trim().is_empty() {
                    self.diagnostic(&mut block, indent, text.trim_end());
                    self.below = Some(block);
                    return Ok(());
                }
            } else {
                return Ok(());
            }
        }
        let level = (indent / 4).min(MAX_DEPTH);
        if text.trim_end() == "---" && !indent.is_multiple_of(4) {
            self.below = Some(Block { indent, level, open: None, lines: 0 });
            return Ok(());
        }
        if !indent.is_multiple_of(4) {
            return Ok(());
        }
        if let Some(reason) = text.strip_prefix("Bail out!") {
            return Err(format!("it bailed out:{}", reason.trim_end()));
        }
        if let Some(plan) = text.strip_prefix("1..") {
            return self.plan(level, plan);
        }
        if let Some((is_ok, rest)) = point(text) {
            self.point(level, is_ok, rest);
        }
        Ok(())
    }

    fn level(&mut self, level: usize) -> &mut Level {
        while self.levels.len() <= level {
            self.levels.push(Level::default());
        }
        self.levels[level].is_seen = true;
        &mut self.levels[level]
    }

    fn plan(&mut self, level: usize, plan: &str) -> Result<(), String> {
        let (number, comment) = plan.split_once('#').unwrap_or((plan, ""));
        // `1..2 files` is a sentence.
        let Ok(number) = number.trim().parse::<u64>() else { return Ok(()) };
        let level = self.level(level);
        if level.plan.is_some_and(|known| known != number) {
            return Err("it has two plans that differ".to_owned());
        }
        level.plan = Some(number);
        if number == 0 {
            level.skipped = Some(comment.trim().to_owned());
        }
        Ok(())
    }

    fn point(&mut self, level: usize, is_ok: bool, rest: &str) {
        let Point { name, directive, reason } = Point::of(rest);
        let below = if self.levels.len() > level + 1 { self.close(level + 1) } else { Vec::new() };
        let is_todo = directive == Directive::Todo;
        let status = match directive {
            Directive::Skip => TestStatus::Skipped,
            _ if is_ok || is_todo => TestStatus::Passed,
            _ => TestStatus::Failed,
        };
        let level = self.level(level);
        level.points += 1;
        let is_failed = |leaf: &Leaf| matches!(leaf.status, TestStatus::Failed | TestStatus::Error);
        let is_told = below.iter().any(is_failed);
        let is_own = below.is_empty() || (status == TestStatus::Failed && !is_told);
        for mut leaf in below {
            if !name.is_empty() {
                leaf.name = format!("{name} > {}", leaf.name);
            }
            if is_todo && is_failed(&leaf) {
                leaf.status = TestStatus::Passed;
            }
            level.leaves.push(leaf);
        }
        if is_own {
            let name = if name.is_empty() { format!("test {}", level.points) } else { name };
            level.leaves.push(Leaf { name, status, seconds: 0.0, message: reason });
        }
        level.takes_block = is_own;
    }

    /// The tests of `level` and below, which ends with this.
    fn close(&mut self, level: usize) -> Vec<Leaf> {
        let deeper = if self.levels.len() > level + 1 { self.close(level + 1) } else { Vec::new() };
        let mut closed = std::mem::take(&mut self.levels[level]);
        self.levels.truncate(level.max(1));
        // Nobody stood for these.
        closed.leaves.extend(deeper);
        if let Some(plan) = closed.plan
            && plan != closed.points
        {
            let message = format!("{} of {plan} planned tests reported", closed.points);
            let error =
                |message| Leaf { name: "plan".to_owned(), status: TestStatus::Error, seconds: 0.0, message };
            closed.leaves.push(error(message));
        }
        closed.leaves
    }

    /// A line of the block below a point: `duration_ms`, and the message, which may have several lines.
    fn diagnostic(&mut self, block: &mut Block, indent: usize, text: &str) {
        let level = self.levels.get_mut(block.level).filter(|level| level.takes_block);
        let Some(leaf) = level.and_then(|level| level.leaves.last_mut()) else { return };
        if let Some(margin) = block.open {
            if indent > margin || text.is_empty() {
                block.lines += 1;
                if block.lines <= MAX_LINES {
                    leaf.message.push_str(text);
                    leaf.message.push('\n');
                }
                return;
            }
            block.open = None;
        }
        let Some((key, value)) = text.split_once(':') else { return };
        let value = value.trim();
        match key.trim() {
            "duration_ms" => {
                leaf.seconds = value.parse::<f64>().map_or(0.0, |milliseconds| milliseconds / 1000.0);
            }
            "message" | "error" if leaf.message.is_empty() && leaf.status == TestStatus::Failed => {
                if value.starts_with('|') || value.starts_with('>') {
                    block.open = Some(indent);
                } else {
                    value.trim_matches(['\'', '"']).clone_into(&mut leaf.message);
                }
            }
            _ => {}
        }
    }

    fn finish(mut self, cases: &mut Cases) -> Result<(), String> {
        let top = &self.levels[0];
        if !self.levels.iter().any(|level| level.is_seen) {
            return Err("it has no line of the Test Anything Protocol".to_owned());
        }
        if top.plan.is_none() {
            return Err("it has no plan, so that nobody knows whether it is complete".to_owned());
        }
        let skipped = top.skipped.clone().filter(|_| top.points == 0);
        if let Some(reason) = skipped {
            let message = Some(reason.as_str());
            return cases.push(TestStatus::Skipped, &CaseText { name: "all", message, ..Default::default() });
        }
        for leaf in self.close(0) {
            let message = Some(leaf.message.as_str()).filter(|_| leaf.status != TestStatus::Passed);
            let told = CaseText { name: &leaf.name, seconds: leaf.seconds, message, ..Default::default() };
            cases.push(leaf.status, &told)?;
        }
        Ok(())
    }
}

/// `ok` or `not ok`, and what follows.
fn point(text: &str) -> Option<(bool, &str)> {
    let (is_ok, rest) = match (text.strip_prefix("not ok"), text.strip_prefix("ok")) {
        (Some(rest), _) => (false, rest),
        (_, Some(rest)) => (true, rest),
        _ => return None,
    };
    (rest.is_empty() || rest.starts_with([' ', '\t'])).then_some((is_ok, rest))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Directive {
    None,
    Skip,
    Todo,
}

/// The words of a point.
struct Point {
    name: String,
    directive: Directive,
    reason: String,
}

impl Point {
    /// ` 3 - the name # SKIP no disk`
    fn of(rest: &str) -> Self {
        let (text, directive, reason) = split_directive(rest);
        let text = text.trim();
        let number =
            text.split_whitespace().next().filter(|word| word.bytes().all(|byte| byte.is_ascii_digit()));
        let text = number.map_or(text, |number| text[number.len()..].trim_start());
        let text = text.strip_prefix('-').map_or(text, str::trim_start);
        Self { name: text.replace("\\#", "#").replace("\\\\", "\\"), directive, reason: reason.to_owned() }
    }
}

/// The directive is behind the last `#` that is not escaped.
fn split_directive(rest: &str) -> (&str, Directive, &str) {
    let bytes = rest.as_bytes();
    let is_mark =
        |at: &usize| bytes[*at] == b'#' && at.checked_sub(1).is_some_and(|before| bytes[before] != b'\\');
    let Some(at) = (0..bytes.len()).rev().find(is_mark) else { return (rest, Directive::None, "") };
    let comment = rest[at + 1..].trim();
    let word = comment.split_whitespace().next().unwrap_or_default().to_ascii_lowercase();
    let directive = match word.trim_end_matches(':') {
        word if word.starts_with("skip") => Directive::Skip,
        "todo" => Directive::Todo,
        _ => return (rest, Directive::None, ""),
    };
    (&rest[..at], directive, comment.split_once(char::is_whitespace).map_or("", |(_, reason)| reason.trim()))
}
