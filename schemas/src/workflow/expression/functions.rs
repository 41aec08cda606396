//! The functions that an expression may call, and how many arguments each takes.

use std::fmt;

/// How many arguments a function takes, both ends inclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arity {
    /// The fewest.
    pub least: usize,
    /// The most.
    pub most: usize,
}

/// The time at which a function has an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FunctionKind {
    /// Always: it computes with its arguments.
    Pure,
    /// Once a task has ended: it tells of that task.
    Outcome,
}

/// One function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Function {
    /// Its name.
    pub name: &'static str,
    /// How many arguments it takes.
    pub arity: Arity,
    /// When it can be called.
    pub kind: FunctionKind,
}

const fn pure(name: &'static str, least: usize, most: usize) -> Function {
    Function { name, arity: Arity { least, most }, kind: FunctionKind::Pure }
}

const fn outcome(name: &'static str) -> Function {
    Function { name, arity: Arity { least: 0, most: 0 }, kind: FunctionKind::Outcome }
}

const FUNCTIONS: [Function; 41] = [
    pure("string", 1, 1),
    pure("number", 1, 1),
    pure("int", 1, 1),
    pure("bool", 1, 1),
    pure("type_of", 1, 1),
    pure("length", 1, 1),
    pure("keys", 1, 1),
    pure("values", 1, 1),
    pure("abs", 1, 1),
    pure("floor", 1, 1),
    pure("ceil", 1, 1),
    pure("round", 1, 1),
    pure("min", 2, 2),
    pure("max", 2, 2),
    pure("sum", 1, 1),
    pure("lower", 1, 1),
    pure("upper", 1, 1),
    pure("trim", 1, 1),
    pure("split", 2, 2),
    pure("join", 2, 2),
    pure("replace", 3, 3),
    pure("starts_with", 2, 2),
    pure("ends_with", 2, 2),
    pure("match", 2, 2),
    pure("contains", 2, 2),
    pure("reversed", 1, 1),
    pure("sort", 1, 1),
    pure("unique", 1, 1),
    pure("flat", 1, 1),
    pure("zip", 2, 2),
    pure("range", 1, 2),
    pure("slice", 2, 3),
    pure("index_of", 2, 2),
    pure("count", 2, 2),
    pure("merge", 2, 2),
    pure("chunks", 2, 2),
    outcome("result"),
    outcome("succeeded"),
    outcome("failed"),
    outcome("timed_out"),
    outcome("cancelled"),
];

/// The function called `name`.
pub fn function(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.name == name)
}

/// The names of all functions.
pub fn function_names() -> impl Iterator<Item = &'static str> {
    FUNCTIONS.iter().map(|function| function.name)
}

impl Arity {
    /// Whether `count` arguments are right.
    pub const fn allows(self, count: usize) -> bool {
        self.least <= count && count <= self.most
    }
}

/// `no arguments`, `1 argument`, `2 or 3 arguments`.
impl fmt::Display for Arity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.least, self.most) {
            (0, 0) => f.write_str("no arguments"),
            (1, 1) => f.write_str("1 argument"),
            (least, most) if least == most => write!(f, "{least} arguments"),
            (least, most) => write!(f, "{least} or {most} arguments"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arities_read_as_people_say_them() {
        let table = [
            ("result", "no arguments"),
            ("abs", "1 argument"),
            ("slice", "2 or 3 arguments"),
            ("replace", "3 arguments"),
        ];
        for (name, text) in table {
            assert_eq!(function(name).unwrap().arity.to_string(), text, "{name}");
        }
        assert_eq!(function("now"), None);
    }
}
