//! How long each stage took.

use std::time::{Duration, Instant};

use schemars::JsonSchema;
use serde::Serialize;

/// A stage that is over.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct StageTime {
    /// The stage's name.
    pub stage: &'static str,
    /// How long it took, in milliseconds.
    #[serde(rename = "durationMs")]
    pub duration_ms: f64,
}

/// Times stages one after the other.
#[derive(Debug)]
pub struct Stopwatch {
    started: Instant,
    stages: Vec<StageTime>,
}

impl Stopwatch {
    /// Starts with the first stage.
    pub fn start() -> Self {
        Self { started: Instant::now(), stages: Vec::new() }
    }

    /// Ends the current stage, which was `stage`, and begins the next.
    pub fn lap(&mut self, stage: &'static str) {
        let now = Instant::now();
        let duration_ms = milliseconds(now - self.started);
        tracing::debug!("{stage}: {duration_ms} ms");
        self.stages.push(StageTime { stage, duration_ms });
        self.started = now;
    }

    /// The stages so far.
    pub fn into_stages(self) -> Vec<StageTime> {
        self.stages
    }
}

fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}
