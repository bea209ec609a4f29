//! Shows how far long work is: a bar on a terminal, a plain line every few seconds elsewhere.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::{
    io::{IsTerminal, Write},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Between two plain lines. Often enough to see that work goes on, seldom enough for a log.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// Redraws of the bar in a second; they cost nothing measurable beside the work.
const REDRAWS_PER_S: u8 = 5;

/// The progress of one piece of work, on standard error. Cheap to advance, from any thread.
///
/// Dropped unfinished, it leaves its last state on the screen.
pub struct Progress {
    shown: Shown,
}

enum Shown {
    Bar(ProgressBar),
    Lines(Mutex<Lines<Box<dyn Write + Send>>>),
}

/// The plain form.
struct Lines<W> {
    what: String,
    unit: &'static str,
    total: Option<u64>,
    position: u64,
    started: Instant,
    next_line: Instant,
    out: W,
}

impl Progress {
    /// Starts to show `what` ("replaying the log"), counted in `unit` ("records"), of which there
    /// will be `total`, if that is known.
    pub fn new(what: &str, unit: &'static str, total: Option<u64>) -> Self {
        let stderr = std::io::stderr();
        if !stderr.is_terminal() {
            let lines = Lines::new(what, unit, total, Instant::now(), Box::new(stderr) as _);
            return Self {
                shown: Shown::Lines(Mutex::new(lines)),
            };
        }
        let bar =
            ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr_with_hz(REDRAWS_PER_S));
        let template = if total.is_some() {
            "{msg} {wide_bar} {human_pos}/{human_len} {prefix}, {per_sec}, {eta} left"
        } else {
            "{spinner} {msg}: {human_pos} {prefix}, {per_sec}"
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(what.to_owned());
        bar.set_prefix(unit);
        Self {
            shown: Shown::Bar(bar),
        }
    }

    /// `units` more are done.
    pub fn advance(&self, units: u64) {
        match &self.shown {
            Shown::Bar(bar) => bar.inc(units),
            Shown::Lines(lines) => {
                let mut lines = lock(lines);
                let position = lines.position.saturating_add(units);
                lines.set(position, Instant::now());
            }
        }
    }

    /// `position` units are done in all.
    pub fn set(&self, position: u64) {
        match &self.shown {
            Shown::Bar(bar) => bar.set_position(position),
            Shown::Lines(lines) => lock(lines).set(position, Instant::now()),
        }
    }

    /// The work is done: says so, with the number of units and the time it took. Work that was over
    /// before the first plain line was due stays silent in a log.
    pub fn finish(self) {
        match self.shown {
            Shown::Bar(bar) => bar.finish(),
            Shown::Lines(lines) => {
                lines
                    .into_inner()
                    .unwrap_or_else(PoisonError::into_inner)
                    .finish(Instant::now());
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<W: Write> Lines<W> {
    fn new(what: &str, unit: &'static str, total: Option<u64>, now: Instant, out: W) -> Self {
        let what = what.to_owned();
        Self {
            what,
            unit,
            total,
            position: 0,
            started: now,
            next_line: now + LINE_EVERY,
            out,
        }
    }

    fn set(&mut self, position: u64, now: Instant) {
        self.position = position;
        if now < self.next_line {
            return;
        }
        self.next_line = now + LINE_EVERY;
        let per_s = self.per_s(now);
        let of_total = match self.total {
            Some(total) => {
                let percent = position
                    .saturating_mul(100)
                    .checked_div(total)
                    .unwrap_or(100);
                format!("{position} of {total} {} ({percent} %)", self.unit)
            }
            None => format!("{position} {}", self.unit),
        };
        // A closed standard error is no reason to stop the work.
        let _ = writeln!(self.out, "{}: {of_total}, {per_s}/s", self.what);
    }

    fn finish(mut self, now: Instant) {
        if self.next_line == self.started + LINE_EVERY {
            return;
        }
        let seconds = now.duration_since(self.started).as_secs_f64();
        let _ = writeln!(
            self.out,
            "{}: done, {} {} in {seconds:.1} s",
            self.what, self.position, self.unit
        );
    }

    /// Units done per second so far.
    fn per_s(&self, now: Instant) -> u128 {
        let elapsed_ms = now.duration_since(self.started).as_millis().max(1);
        u128::from(self.position) * 1000 / elapsed_ms
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Positions at times in milliseconds, then the end; gives what was written.
    fn lines(total: Option<u64>, steps: &[(u64, u64)], end_ms: u64) -> String {
        let start = Instant::now();
        let mut out = Vec::new();
        let mut lines = Lines::new("replaying", "records", total, start, &mut out);
        for (at_ms, position) in steps {
            lines.set(*position, start + Duration::from_millis(*at_ms));
        }
        lines.finish(start + Duration::from_millis(end_ms));
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_line_comes_every_few_seconds_however_often_work_advances() {
        let steps: Vec<_> = (1..=12_000).map(|ms| (ms, ms)).collect();
        assert_eq!(
            lines(Some(20_000), &steps, 12_500),
            "replaying: 5000 of 20000 records (25 %), 1000/s\n\
             replaying: 10000 of 20000 records (50 %), 1000/s\n\
             replaying: done, 12000 records in 12.5 s\n"
        );
    }

    #[test]
    fn work_of_unknown_length_shows_no_percentage() {
        assert_eq!(
            lines(None, &[(5_000, 100)], 6_000),
            "replaying: 100 records, 20/s\nreplaying: done, 100 records in 6.0 s\n"
        );
    }

    #[test]
    fn short_work_leaves_no_line_and_an_empty_total_is_no_division_by_zero() {
        assert_eq!(lines(Some(10), &[(10, 10)], 20), "");
        assert!(lines(Some(0), &[(5_000, 0)], 5_000).contains("(100 %)"));
    }
}
