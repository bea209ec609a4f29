//! Says what a run is doing: a bar on a terminal, plain lines elsewhere.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::{
    io::{IsTerminal, Write},
    sync::Mutex,
};

/// Hears what a run is doing. Implementations must be cheap: they are called while load is sent.
///
/// 1. `begin` starts a step and ends the one before.
/// 2. `advance` gives the position within the step, never above its total.
/// 3. `end` comes once, after the last step.
pub trait Progress: Send + Sync {
    /// A step of `total` units begins; 0 means its length is unknown.
    fn begin(&self, step: &str, total: u64);
    /// `position` of the step's units are done.
    fn advance(&self, position: u64);
    /// Nothing more follows.
    fn end(&self);
}

/// Says nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn begin(&self, _: &str, _: u64) {}
    fn advance(&self, _: u64) {}
    fn end(&self) {}
}

/// Speaks on standard error, which leaves standard output to the report.
pub struct ToStderr {
    bar: Mutex<Option<ProgressBar>>,
    terminal: bool,
}

impl Default for ToStderr {
    fn default() -> Self {
        Self {
            bar: Mutex::new(None),
            terminal: std::io::stderr().is_terminal(),
        }
    }
}

impl ToStderr {
    fn replace(&self, bar: Option<ProgressBar>) {
        let mut current = self
            .bar
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(old) = std::mem::replace(&mut *current, bar) {
            old.finish_and_clear();
        }
    }
}

impl Progress for ToStderr {
    fn begin(&self, step: &str, total: u64) {
        if !self.terminal {
            // A closed standard error is no reason to stop a measurement.
            let _ = writeln!(std::io::stderr(), "bench: {step}");
            return;
        }
        // Four redraws a second cost nothing measurable beside the load.
        let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr_with_hz(4));
        let template = if total > 0 {
            "{msg} {wide_bar} {pos}/{len} {eta}"
        } else {
            "{spinner} {msg}"
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(step.to_owned());
        self.replace(Some(bar));
    }

    fn advance(&self, position: u64) {
        let bar = self
            .bar
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(bar) = &*bar {
            bar.set_position(position);
        }
    }

    fn end(&self) {
        self.replace(None);
    }
}
