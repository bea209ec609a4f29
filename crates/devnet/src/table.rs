//! The live table: redrawn on a terminal, one line a slot elsewhere.

use std::io::{IsTerminal, Write};

use crate::{
    judge::Verdicts,
    spam::Summary,
    watch::{Heads, Posted},
};

/// Lines a terminal shows of what happened.
const SHOWN_EVENTS: usize = 6;
/// Wei of one gwei.
const GWEI: u128 = 1_000_000_000;

/// One slot.
#[derive(Clone, Debug, Default)]
pub(crate) struct Row {
    /// Slots since the start.
    pub(crate) slot: u64,
    /// The L1's slot.
    pub(crate) l1_slot: u64,
    /// Its epoch.
    pub(crate) epoch: u64,
    /// Who owns it, and the last slot of its window.
    pub(crate) owner: Option<(String, u64)>,
    /// Heads by node.
    pub(crate) heads: Vec<(String, Heads)>,
    /// Promises of this slot.
    pub(crate) latency: Summary,
    /// Promises in all.
    pub(crate) promised: u64,
    /// What became of them.
    pub(crate) verdicts: Verdicts,
    /// What is on L1.
    pub(crate) posted: Posted,
    /// Faults so far.
    pub(crate) faults: usize,
}

/// Shows rows and events.
#[derive(Debug)]
pub(crate) struct Table {
    redraws: bool,
    drawn_lines: usize,
    row: Option<Row>,
    events: Vec<String>,
}

impl Table {
    /// On standard error.
    pub(crate) fn new() -> Self {
        Self {
            redraws: std::io::stderr().is_terminal(),
            drawn_lines: 0,
            row: None,
            events: Vec::new(),
        }
    }

    /// The next slot.
    pub(crate) fn show(&mut self, row: Row) {
        if !self.redraws {
            say(&row.line());
        }
        self.row = Some(row);
        self.redraw();
    }

    /// Something happened that somebody at the terminal should know.
    pub(crate) fn event(&mut self, words: &str) {
        if !self.redraws {
            say(words);
            return;
        }
        let first = words.lines().next().unwrap_or_default();
        self.events.push(first.to_owned());
        if self.events.len() > SHOWN_EVENTS {
            self.events.remove(0);
        }
        self.redraw();
    }

    fn redraw(&mut self) {
        if !self.redraws {
            return;
        }
        let mut lines = self.row.as_ref().map(Row::lines).unwrap_or_default();
        lines.extend(self.events.iter().cloned());
        let mut text = String::new();
        if self.drawn_lines > 0 {
            // Up to the first line, and away with what was there.
            text.push_str(&format!("\x1b[{}A\x1b[J", self.drawn_lines));
        }
        for line in &lines {
            // A line that the terminal would break would count for two.
            text.extend(line.chars().take(118));
            text.push('\n');
        }
        self.drawn_lines = lines.len();
        let _ = std::io::stderr().write_all(text.as_bytes());
    }
}

/// A line on standard error, which may be closed.
pub(crate) fn say(words: &str) {
    let _ = writeln!(std::io::stderr(), "{words}");
}

impl Row {
    fn owner(&self) -> String {
        match &self.owner {
            Some((name, last)) => format!("{name} to {last}"),
            None => "unknown".to_owned(),
        }
    }

    fn cost_gwei(&self) -> u128 {
        self.posted.cost_wei / GWEI
    }

    fn line(&self) -> String {
        let heads: Vec<_> = self
            .heads
            .iter()
            .map(|(name, h)| format!("{name} {}/{}/{}", h.unsafe_head, h.safe, h.finalized))
            .collect();
        format!(
            "slot {} (L1 {}, epoch {})  {}  {}  {:.1}/{:.1} ms  promised {} kept {} broken {}  batches {} blocks {} cost {} gwei  faults {}",
            self.slot,
            self.l1_slot,
            self.epoch,
            self.owner(),
            heads.join(" "),
            self.latency.p50,
            self.latency.p99,
            self.promised,
            self.verdicts.kept,
            self.verdicts.broken,
            self.posted.batches,
            self.posted.blocks,
            self.cost_gwei(),
            self.faults,
        )
    }

    fn lines(&self) -> Vec<String> {
        let mut lines = vec![
            format!(
                "slot {:<6} L1 slot {:<6} epoch {:<5} window of {}",
                self.slot,
                self.l1_slot,
                self.epoch,
                self.owner()
            ),
            format!(
                "{:<12} {:>9} {:>9} {:>9}",
                "", "unsafe", "safe", "finalized"
            ),
        ];
        for (name, heads) in &self.heads {
            lines.push(format!(
                "{name:<12} {:>9} {:>9} {:>9}",
                heads.unsafe_head, heads.safe, heads.finalized
            ));
        }
        lines.push(format!(
            "promises     {} so far, {} kept, {} broken, {} open; this slot p50 {:.1} ms, p99 {:.1} ms",
            self.promised,
            self.verdicts.kept,
            self.verdicts.broken,
            self.verdicts.open,
            self.latency.p50,
            self.latency.p99,
        ));
        lines.push(format!(
            "on L1        {} batches, {} blocks, {} blobs, {} gwei; faults so far {}",
            self.posted.batches,
            self.posted.blocks,
            self.posted.blobs,
            self.cost_gwei(),
            self.faults,
        ));
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_says_who_owns_the_slot_and_how_far_each_follower_is() {
        let row = Row {
            slot: 7,
            l1_slot: 47,
            epoch: 5,
            owner: Some(("gateway-2".into(), 49)),
            heads: vec![(
                "follower-1".into(),
                Heads {
                    unsafe_head: 90,
                    safe: 80,
                    finalized: 60,
                    ..Heads::default()
                },
            )],
            posted: Posted {
                batches: 3,
                cost_wei: 5_000_000_001,
                ..Posted::default()
            },
            ..Row::default()
        };
        let line = row.line();
        for part in [
            "slot 7 (L1 47, epoch 5)",
            "gateway-2 to 49",
            "follower-1 90/80/60",
            "batches 3",
            "cost 5 gwei",
        ] {
            assert!(line.contains(part), "{line}");
        }
        assert_eq!(row.lines().len(), 5);
    }
}
