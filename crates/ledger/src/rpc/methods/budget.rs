use std::time::{Duration, Instant};

/// Longest answer, bytes of JSON: half of what the server sends at most by default.
pub(super) const MAX_ANSWER_BYTES: usize = 8 << 20;
/// Longest time spent on one answer. It ends early then, and the next question goes on behind it.
const MAX_TIME: Duration = Duration::from_secs(2);

/// What an answer may still cost.
#[derive(Debug)]
pub(super) struct Budget {
    bytes_left: usize,
    until: Instant,
    empty: bool,
}

/// What to do with the next piece of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It goes in.
    Take,
    /// The answer ends before it.
    Stop,
    /// It is too long for any answer.
    Never,
}

impl Budget {
    pub(super) fn new() -> Self {
        Self {
            bytes_left: MAX_ANSWER_BYTES,
            until: Instant::now() + MAX_TIME,
            empty: true,
        }
    }

    /// Whether there is time for one more piece; the first one always gets it.
    pub(super) fn has_time(&self) -> bool {
        self.empty || Instant::now() < self.until
    }

    /// Asks for room for a piece of so many bytes.
    pub(super) const fn ask(&mut self, bytes: usize) -> Verdict {
        match self.bytes_left.checked_sub(bytes) {
            Some(left) => {
                self.bytes_left = left;
                self.empty = false;
                Verdict::Take
            }
            None if self.empty => Verdict::Never,
            None => Verdict::Stop,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_ends_before_the_piece_that_does_not_fit_and_a_piece_that_never_fits_is_told_apart()
    {
        let mut budget = Budget::new();
        assert_eq!(budget.ask(MAX_ANSWER_BYTES + 1), Verdict::Never);
        assert_eq!(budget.ask(MAX_ANSWER_BYTES), Verdict::Take);
        assert_eq!(budget.ask(1), Verdict::Stop);
        assert_eq!(budget.ask(0), Verdict::Take);
    }

    #[test]
    fn the_first_piece_is_read_however_late_it_is() {
        let mut budget = Budget::new();
        budget.until = Instant::now();
        assert!(budget.has_time());
        assert_eq!(budget.ask(1), Verdict::Take);
        assert!(!budget.has_time());
    }
}
