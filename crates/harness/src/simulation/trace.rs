//! What happened last, for whoever has to understand a failing seed.

use alloy_primitives::{B256, keccak256};
use std::collections::VecDeque;

/// Events that are kept.
const KEPT: usize = 50;

/// The newest events, and a fingerprint of all.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    newest: VecDeque<String>,
    fingerprint: B256,
    aloud: bool,
}

impl Trace {
    pub(crate) fn new(aloud: bool) -> Self {
        Self {
            aloud,
            ..Self::default()
        }
    }

    #[allow(
        clippy::print_stderr,
        reason = "a replay is asked for by whoever wants to read it"
    )]
    pub(crate) fn add(&mut self, at_ms: u64, words: &str) {
        let seconds = at_ms.saturating_sub(super::rules::L1_GENESIS_S.saturating_mul(1000));
        let line = format!("{:>9.3} s  {words}", seconds as f64 / 1000.0);
        self.fingerprint = keccak256([self.fingerprint.as_slice(), line.as_bytes()].concat());
        if self.aloud {
            eprintln!("{line}");
        }
        if self.newest.len() >= KEPT {
            self.newest.pop_front();
        }
        self.newest.push_back(line);
    }

    pub(crate) const fn fingerprint(&self) -> B256 {
        self.fingerprint
    }

    pub(crate) fn newest(&self) -> Vec<String> {
        self.newest.iter().cloned().collect()
    }
}
