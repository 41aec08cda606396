//! The parts of a drawing, alike for every language: tasks, names that lead nowhere, and lines between them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;

use super::super::expression::only_expression;
use super::super::graph::Graph;
use super::super::model::{Quantity, Task, TaskKind, Transition, Workflow};
use super::outcome::{Outcome, outcome};
use super::words::{clean, cut};

/// The most characters of a text that a drawing repeats.
const MAX_REPEATED: usize = 120;
/// The most variables that the title of a line lists.
const MAX_PUBLISHED: usize = 12;
/// The most tasks that the description of a drawing lists.
const MAX_DESCRIBED: usize = 200;

/// The content of a box.
#[derive(Debug, Clone, Copy)]
pub(super) enum Content<'w> {
    /// A task.
    Task(&'w Task),
    /// The name of a task that is not there.
    Missing,
}

/// A box.
#[derive(Debug, Clone)]
pub(super) struct Figure<'w> {
    pub(super) content: Content<'w>,
    /// The parallel task that it is inside of.
    pub(super) parent: Option<usize>,
    /// The boxes inside of it.
    pub(super) inside: Vec<usize>,
    /// Its name, in one line.
    pub(super) name: String,
}

/// A line from a box to another.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) outcome: Outcome,
    /// The words beside it.
    pub(super) label: Option<String>,
    /// The condition and the variables that are published, for the title.
    told: Arc<str>,
}

/// A workflow in boxes and lines.
#[derive(Debug, Clone)]
pub(super) struct Picture<'w> {
    /// Each before those inside of it; names that lead nowhere at the end.
    pub(super) figures: Vec<Figure<'w>>,
    /// In the order of the tasks that they leave.
    pub(super) lines: Vec<Line>,
}

impl<'w> Picture<'w> {
    pub(super) fn of(workflow: &'w Workflow) -> Self {
        let graph = Graph::of(workflow);
        let figures = graph.nodes().iter().map(|node| {
            let name = clean(&node.task.name.value);
            Figure { content: Content::Task(node.task), parent: node.parent, inside: Vec::new(), name }
        });
        let mut picture = Self { figures: figures.collect(), lines: Vec::new() };
        let mut missing: BTreeMap<(Option<usize>, &str), usize> = BTreeMap::new();
        for (from, node) in graph.nodes().iter().enumerate() {
            for transition in &node.task.next {
                let (outcome, label) = outcome(transition);
                let label = label.map(|label| cut(&label, MAX_REPEATED));
                let told: Arc<str> = told(transition).into();
                let mut led = BTreeSet::new();
                for target in &transition.targets {
                    let name = target.value.as_str();
                    let to = graph.find(node.parent, name).unwrap_or_else(|| {
                        *missing
                            .entry((node.parent, name))
                            .or_insert_with(|| picture.add_missing(node.parent, name))
                    });
                    if led.insert(to) {
                        let (label, told) = (label.clone(), Arc::clone(&told));
                        picture.lines.push(Line { from, to, outcome, label, told });
                    }
                }
            }
        }
        for index in 0..picture.figures.len() {
            if let Some(parent) = picture.figures[index].parent {
                picture.figures[parent].inside.push(index);
            }
        }
        picture
    }

    fn add_missing(&mut self, parent: Option<usize>, name: &'w str) -> usize {
        let content = Content::Missing;
        self.figures.push(Figure { content, parent, inside: Vec::new(), name: clean(name) });
        self.figures.len() - 1
    }

    /// The boxes at the top.
    pub(super) fn outermost(&self) -> Vec<usize> {
        (0..self.figures.len()).filter(|index| self.figures[*index].parent.is_none()).collect()
    }

    /// Each box with how deep it is inside of others, or `None` where a box with others inside ends.
    pub(super) fn nested(&self) -> Vec<Nested> {
        let mut nested = Vec::new();
        let mut open = vec![self.outermost().into_iter().rev().collect::<Vec<_>>()];
        while let Some(level) = open.last_mut() {
            if let Some(index) = level.pop() {
                let inside = &self.figures[index].inside;
                nested.push(Nested::Box { index, depth: open.len() });
                if !inside.is_empty() {
                    open.push(inside.iter().rev().copied().collect());
                }
            } else {
                open.pop();
                if !open.is_empty() {
                    nested.push(Nested::End { depth: open.len() });
                }
            }
        }
        nested
    }

    /// The words of a line that is pointed at: from and to, the condition, and the variables that are published.
    pub(super) fn line_title(&self, line: &Line) -> String {
        let [from, to] = [line.from, line.to].map(|end| cut(&self.figures[end].name, MAX_REPEATED));
        format!("{from} → {to}{}", line.told)
    }

    /// The workflow in words, for those who do not see it.
    pub(super) fn description(&self) -> String {
        let mut outbound: Vec<Vec<&Line>> = vec![Vec::new(); self.figures.len()];
        for line in &self.lines {
            outbound[line.from].push(line);
        }
        let tasks = || self.figures.iter().enumerate().filter(|(_, figure)| !figure.is_missing());
        let told = tasks().take(MAX_DESCRIBED).map(|(index, figure)| {
            let name = cut(&figure.name, MAX_REPEATED);
            let ways = outbound[index].iter().take(MAX_PUBLISHED).map(|line| {
                let to = cut(&self.figures[line.to].name, MAX_REPEATED);
                match &line.label {
                    Some(label) => format!("{to} ({})", cut(label, MAX_REPEATED)),
                    None => format!("{to} ({})", line.outcome.words()),
                }
            });
            let ways: Vec<String> = ways.collect();
            let more = match outbound[index].len().saturating_sub(MAX_PUBLISHED) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            if ways.is_empty() {
                format!("{name} ends.")
            } else {
                format!("{name} leads to {}{more}.", ways.join(", "))
            }
        });
        let mut words: Vec<String> = told.collect();
        let more = tasks().count().saturating_sub(MAX_DESCRIBED);
        if more > 0 {
            words.push(format!("And {more} more tasks."));
        }
        words.join(" ")
    }
}

/// A step through boxes inside of boxes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Nested {
    /// A box, `depth` from 1 on.
    Box { index: usize, depth: usize },
    /// The end of the box at `depth` that others are inside of.
    End { depth: usize },
}

impl Figure<'_> {
    pub(super) const fn is_missing(&self) -> bool {
        matches!(self.content, Content::Missing)
    }

    /// The class of its style.
    pub(super) const fn class(&self) -> &'static str {
        match self.content {
            Content::Missing => "missing",
            Content::Task(_) if !self.inside.is_empty() => "parallel",
            Content::Task(task) => match task.kind.value {
                TaskKind::Workflow => "sub-workflow",
                TaskKind::Action | TaskKind::Parallel => "action",
            },
        }
    }

    /// Whether it is repeated for each item of a list.
    pub(super) fn is_repeated(&self) -> bool {
        matches!(self.content, Content::Task(task) if task.with_items.is_some())
    }

    /// The lines below its name.
    pub(super) fn details(&self) -> Vec<String> {
        let task = match self.content {
            Content::Missing => return vec!["no such task".to_owned()],
            Content::Task(task) => task,
        };
        let mut lines = Vec::new();
        match (&task.action, task.kind.value) {
            (Some(action), TaskKind::Workflow) => lines.push(format!("workflow {}", clean(&action.value))),
            (Some(action), _) => lines.push(clean(&action.value)),
            (None, TaskKind::Parallel) => lines.push("parallel".to_owned()),
            (None, _) => {}
        }
        if let Some(when) = &task.when {
            lines.push(format!("if {}", bare(&when.value)));
        }
        if let Some(with_items) = &task.with_items {
            lines.push(format!("for each of {}", bare(&with_items.value)));
        }
        if let Some(join) = task.join.as_ref().and_then(|join| join.value.number()) {
            lines.push(format!("waits for {join}"));
        }
        lines
    }

    /// All that is told of it where it is pointed at.
    pub(super) fn title(&self) -> String {
        let mut title = self.name.clone();
        for line in self.details() {
            title.push('\n');
            title.push_str(&line);
        }
        let Content::Task(task) = self.content else { return title };
        if let Some(retry) = &task.retry
            && let Some(count) = retry.count.as_ref().map(|count| quantity(&count.value))
        {
            let _ = write!(title, "\ntried again: {count}");
        }
        if let Some(timeout) = &task.timeout {
            let _ = write!(title, "\ntimeout: {}", quantity(&timeout.value));
        }
        for transition in task.next.iter().filter(|transition| transition.targets.is_empty()) {
            title.push_str(&told(transition));
        }
        title
    }
}

fn quantity(quantity: &Quantity) -> String {
    match quantity {
        Quantity::Number(number) => number.to_string(),
        Quantity::Template(template) => clean(template),
    }
}

/// A template without its braces.
fn bare(template: &str) -> String {
    clean(only_expression(template).unwrap_or(template))
}

/// The condition of a transition, and the variables that it publishes, a line each.
fn told(transition: &Transition) -> String {
    let mut words = match &transition.when {
        Some(when) => format!("\nwhen: {}", cut(&clean(&when.value), MAX_REPEATED * 4)),
        None => "\nin any case".to_owned(),
    };
    for publish in transition.publish.iter().take(MAX_PUBLISHED) {
        let name = cut(&clean(&publish.name.value), MAX_REPEATED);
        let value = match &publish.value {
            None => "the result".to_owned(),
            Some(serde_json::Value::String(text)) => cut(&clean(text), MAX_REPEATED),
            Some(value) => cut(&clean(&value.to_string()), MAX_REPEATED),
        };
        let _ = write!(words, "\npublishes {name}: {value}");
    }
    match transition.publish.len().saturating_sub(MAX_PUBLISHED) {
        0 => {}
        more => {
            let _ = write!(words, "\npublishes {more} more");
        }
    }
    words
}
