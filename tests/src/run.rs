//! A finished run of a program, with everything it said.

#![allow(clippy::return_self_not_must_use, reason = "an assertion is made for what it asserts")]

use std::process::{Command, Stdio};

use attune_schemas::problem::explain;
use serde_json::Value;

use crate::house::documents::assert_document;

/// What a program did.
#[derive(Debug, Clone)]
pub struct Run {
    /// The exit code; `None` where a signal ended it.
    pub status: Option<i32>,
    /// What it wrote to standard output.
    pub stdout: String,
    /// What it wrote to standard error.
    pub stderr: String,
}

impl Run {
    /// Runs `command` to its end.
    pub fn of(mut command: Command) -> Self {
        let output = command.stdin(Stdio::null()).output().unwrap();
        let run = Self {
            status: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        };
        if command.get_args().any(|argument| argument == "--json") {
            run.assert_documents();
        }
        run
    }

    /// Asserts that a program that was asked for JSON wrote documents that satisfy their schemas.
    #[track_caller]
    fn assert_documents(&self) {
        if !self.stdout.is_empty() && self.stdout.starts_with(['{', '[']) {
            assert_document(&self.stdout);
        }
        // A process that was killed writes nothing.
        if let (Some(1..=8 | 130), Some(line)) = (self.status, self.stderr.lines().last()) {
            assert_document(line);
        }
    }

    /// Asserts that it succeeded.
    #[track_caller]
    pub fn succeeds(self) -> Self {
        assert_eq!(self.status, Some(0), "it failed:\n{}{}", self.stdout, self.stderr);
        self
    }

    /// Asserts that it failed with `code`, did not panic, and that its message has all of `words`.
    #[track_caller]
    pub fn fails(self, code: i32, words: &[&str]) -> Self {
        assert_eq!(self.status, Some(code), "unexpected end:\n{}{}", self.stdout, self.stderr);
        assert!(!self.stderr.contains("panicked"), "it panicked:\n{}", self.stderr);
        assert!(is_error(&self.stderr), "no error with its code is told:\n{}", self.stderr);
        for word in words {
            assert!(self.stderr.contains(word), "`{word}` is not in the message:\n{}", self.stderr);
        }
        self
    }

    /// Asserts that the message ends with advice.
    #[track_caller]
    pub fn with_hint(self) -> Self {
        assert!(self.stderr.contains("hint: "), "no advice is given:\n{}", self.stderr);
        self
    }

    /// Standard output as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}:\n{}", self.stdout))
    }
}

/// Whether a line of `stderr` tells an error with its code, `error[H001]: ...`, or as a document.
pub fn is_error(stderr: &str) -> bool {
    stderr.lines().any(|line| {
        let code = line.split_once("error[").and_then(|(_, rest)| rest.split_once("]: "));
        let is_text = code.is_some_and(|(code, _)| explain(code).is_some());
        is_text || line.starts_with(r#"{"format":"attune.error/v1""#)
    })
}
