//! The signing guard (R17): what stands between any message and the key.
//!
//! The attack it answers: a gateway restarted on an old copy of its data signs a second, different
//! message for a position it signed before, and loses its whole bond for an honest mistake. The
//! guard therefore keeps its own record, outside the data directory, of the newest position signed
//! in each signing domain, and refuses everything that is not exactly the next position or a
//! repetition, byte for byte, of one it knows.

use alloy_primitives::B256;
use std::collections::VecDeque;

/// How many of the newest positions the guard can repeat; older ones are only ever refused.
const REPEATABLE: usize = 1 << 16;

/// A place in the signing order at which one message, and only one, may be signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Position {
    /// The base of a window; `attempt` as in R5.
    Base {
        /// The window's last L1 slot.
        window: u64,
        /// 0, or 1 under R5.
        attempt: u8,
    },
    /// A frag under the current base.
    Frag {
        /// Sequence under the base.
        sequence: u32,
    },
    /// The seal of a block under the current base.
    Seal {
        /// The block.
        block: u64,
    },
}

/// The newest positions signed in one domain: what is kept outside the data directory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GuardRecord {
    /// Window and attempt of the newest base, with its struct hash.
    pub base: Option<(u64, u8, B256)>,
    /// Newest frag under that base: sequence and struct hash.
    pub frag: Option<(u32, B256)>,
    /// Newest seal under that base: block and struct hash.
    pub seal: Option<(u64, B256)>,
}

/// Why the guard refuses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GuardError {
    /// The position already carries another message.
    #[error(
        "refusing to sign {position:?}: this key already signed {signed} there and was now asked \
         for {asked}; signing both would be a provable fork. The data directory is an older copy \
         or belongs to another run: restore the newest copy of it, or wait for the next window"
    )]
    AlreadySigned {
        /// The position.
        position: Position,
        /// Struct hash that was signed.
        signed: B256,
        /// Struct hash that was asked for.
        asked: B256,
    },
    /// The position is older than anything the guard can still compare.
    #[error(
        "refusing to sign {position:?}: this key has already signed up to {newest}; the data \
         directory is an older copy: restore the newest copy of it, or wait for the next window"
    )]
    Behind {
        /// The position.
        position: Position,
        /// The newest position signed, in words.
        newest: String,
    },
    /// The position leaves a gap.
    #[error("refusing to sign {position:?}: the next position in order is {next}")]
    Gap {
        /// The position.
        position: Position,
        /// The next one in order, in words.
        next: String,
    },
    /// The log does not reach the record kept outside of it.
    #[error(
        "the promise log ends at {log}, but this key has signed up to {signed}: the data directory \
         is an older copy. Restore the newest copy of it; if there is none, sign nothing before \
         the next window (with --dev: start with a new data directory)"
    )]
    OldBackup {
        /// Where the log ends, in words.
        log: String,
        /// What was signed, in words.
        signed: String,
    },
}

/// Decides whether a message may be signed, and remembers that it was.
#[derive(Clone, Debug, Default)]
pub struct Guard {
    record: GuardRecord,
    frags: VecDeque<(u32, B256)>,
    seals: VecDeque<(u64, B256)>,
}

fn place(number: Option<impl std::fmt::Display>, what: &str) -> String {
    number.map_or_else(|| format!("before any {what}"), |n| format!("{what} {n}"))
}

impl Guard {
    /// A guard that has signed nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// A guard that has signed up to `record`, as a durable copy of the chain shows.
    pub fn resume(record: GuardRecord) -> Self {
        Self {
            record,
            frags: record.frag.into_iter().collect(),
            seals: record.seal.into_iter().collect(),
        }
    }

    /// The newest positions, to be kept before the signature leaves.
    pub const fn record(&self) -> &GuardRecord {
        &self.record
    }

    /// Compares what a replayed log led to with the record kept outside of it. The log is written
    /// first, so it may be ahead; it can only be behind when it is an old copy.
    pub fn check_against(&self, kept: &GuardRecord) -> Result<(), GuardError> {
        let (Some(kept_base), Some(own_base)) = (kept.base, self.record.base) else {
            return match kept.base {
                Some((window, ..)) => Err(GuardError::OldBackup {
                    log: "no base".into(),
                    signed: format!("the base of window {window}"),
                }),
                None => Ok(()),
            };
        };
        if kept_base != own_base {
            if (own_base.0, own_base.1) > (kept_base.0, kept_base.1) {
                return Ok(());
            }
            return Err(GuardError::OldBackup {
                log: format!("window {} with base {}", own_base.0, own_base.2),
                signed: format!("window {} with base {}", kept_base.0, kept_base.2),
            });
        }
        let frag = |r: &GuardRecord| place(r.frag.map(|f| f.0), "frag");
        let seal = |r: &GuardRecord| place(r.seal.map(|s| s.0), "the seal of block");
        let behind = kept.frag.map(|f| f.0) > self.record.frag.map(|f| f.0);
        let other = kept
            .frag
            .is_some_and(|(n, hash)| differs(&self.frags, n, hash));
        if behind || other {
            return Err(GuardError::OldBackup {
                log: frag(&self.record),
                signed: frag(kept),
            });
        }
        let behind = kept.seal.map(|s| s.0) > self.record.seal.map(|s| s.0);
        let other = kept
            .seal
            .is_some_and(|(n, hash)| differs(&self.seals, n, hash));
        if behind || other {
            return Err(GuardError::OldBackup {
                log: seal(&self.record),
                signed: seal(kept),
            });
        }
        Ok(())
    }

    /// Allows or refuses one signature over `struct_hash` at `position`, and takes it in.
    pub fn authorize(&mut self, position: Position, struct_hash: B256) -> Result<(), GuardError> {
        match position {
            Position::Base { window, attempt } => {
                self.base(position, (window, attempt), struct_hash)
            }
            Position::Frag { sequence } => {
                let next = self.record.frag.map_or(Some(0), |(n, _)| n.checked_add(1));
                if Some(sequence) != next {
                    return repeat(&self.frags, position, sequence, next, struct_hash, "frag");
                }
                if self.record.base.is_none() {
                    return Err(GuardError::Gap {
                        position,
                        next: "a base".into(),
                    });
                }
                remember(&mut self.frags, (sequence, struct_hash));
                self.record.frag = Some((sequence, struct_hash));
                Ok(())
            }
            Position::Seal { block } => {
                let next = self
                    .record
                    .seal
                    .map_or(Some(block), |(n, _)| n.checked_add(1));
                if Some(block) != next {
                    return repeat(&self.seals, position, block, next, struct_hash, "seal");
                }
                if self.record.frag.is_none() {
                    return Err(GuardError::Gap {
                        position,
                        next: "a frag".into(),
                    });
                }
                remember(&mut self.seals, (block, struct_hash));
                self.record.seal = Some((block, struct_hash));
                Ok(())
            }
        }
    }

    fn base(
        &mut self,
        position: Position,
        (window, attempt): (u64, u8),
        asked: B256,
    ) -> Result<(), GuardError> {
        if attempt > 1 {
            let next = "attempt 0, or 1 under R5, of a window".into();
            return Err(GuardError::Gap { position, next });
        }
        if let Some((known_window, known_attempt, signed)) = self.record.base {
            if (window, attempt) == (known_window, known_attempt) {
                if signed == asked {
                    return Ok(());
                }
                return Err(GuardError::AlreadySigned {
                    position,
                    signed,
                    asked,
                });
            }
            if (window, attempt) < (known_window, known_attempt) {
                let newest = format!("window {known_window}");
                return Err(GuardError::Behind { position, newest });
            }
        }
        *self = Self::default();
        self.record.base = Some((window, attempt, asked));
        Ok(())
    }
}

fn remember<N>(known: &mut VecDeque<(N, B256)>, entry: (N, B256)) {
    if known.len() >= REPEATABLE {
        known.pop_front();
    }
    known.push_back(entry);
}

fn differs<N: Copy + PartialEq>(known: &VecDeque<(N, B256)>, number: N, hash: B256) -> bool {
    known
        .iter()
        .rev()
        .find(|(n, _)| *n == number)
        .is_some_and(|(_, signed)| *signed != hash)
}

/// A position that is not the next one: fine if it repeats a known message exactly. There is no
/// `next` once the numbers have run out.
fn repeat<N: Copy + PartialOrd + std::fmt::Display>(
    known: &VecDeque<(N, B256)>,
    position: Position,
    number: N,
    next: Option<N>,
    asked: B256,
    what: &str,
) -> Result<(), GuardError> {
    if let Some(next) = next.filter(|next| number > *next) {
        return Err(GuardError::Gap {
            position,
            next: format!("{what} {next}"),
        });
    }
    match known.iter().rev().find(|(n, _)| *n == number) {
        Some((_, signed)) if *signed == asked => Ok(()),
        Some((_, signed)) => Err(GuardError::AlreadySigned {
            position,
            signed: *signed,
            asked,
        }),
        None => {
            let newest = next.map_or_else(
                || format!("the last {what} there can be"),
                |next| format!("{what} before {next}"),
            );
            Err(GuardError::Behind { position, newest })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(n: u8) -> B256 {
        B256::repeat_byte(n)
    }

    fn opened() -> Guard {
        let mut guard = Guard::new();
        guard
            .authorize(
                Position::Base {
                    window: 9,
                    attempt: 0,
                },
                hash(1),
            )
            .unwrap();
        guard
            .authorize(Position::Frag { sequence: 0 }, hash(2))
            .unwrap();
        guard
            .authorize(Position::Frag { sequence: 1 }, hash(3))
            .unwrap();
        guard
            .authorize(Position::Seal { block: 5 }, hash(4))
            .unwrap();
        guard
    }

    #[test]
    fn a_second_message_for_a_signed_position_is_refused_and_a_repetition_is_not() {
        let mut guard = opened();
        for (position, known) in [
            (
                Position::Base {
                    window: 9,
                    attempt: 0,
                },
                hash(1),
            ),
            (Position::Frag { sequence: 0 }, hash(2)),
            (Position::Seal { block: 5 }, hash(4)),
        ] {
            guard.authorize(position, known).unwrap();
            assert!(matches!(
                guard.authorize(position, hash(99)),
                Err(GuardError::AlreadySigned { .. })
            ));
        }
    }

    #[test]
    fn a_gap_and_an_earlier_window_are_refused() {
        let mut guard = opened();
        let gap = guard.authorize(Position::Frag { sequence: 3 }, hash(9));
        assert!(matches!(gap, Err(GuardError::Gap { .. })));
        let earlier = guard.authorize(
            Position::Base {
                window: 8,
                attempt: 0,
            },
            hash(9),
        );
        assert!(matches!(earlier, Err(GuardError::Behind { .. })));
        guard
            .authorize(
                Position::Base {
                    window: 10,
                    attempt: 0,
                },
                hash(9),
            )
            .unwrap();
        guard
            .authorize(Position::Frag { sequence: 0 }, hash(10))
            .unwrap();
    }

    #[test]
    fn a_restored_old_backup_is_noticed_and_a_log_ahead_of_the_record_is_not() {
        let newest = *opened().record();
        let mut old = Guard::new();
        assert!(matches!(
            old.check_against(&newest),
            Err(GuardError::OldBackup { .. })
        ));
        old.authorize(
            Position::Base {
                window: 9,
                attempt: 0,
            },
            hash(1),
        )
        .unwrap();
        old.authorize(Position::Frag { sequence: 0 }, hash(2))
            .unwrap();
        assert!(matches!(
            old.check_against(&newest),
            Err(GuardError::OldBackup { .. })
        ));
        let mut ahead = opened();
        ahead
            .authorize(Position::Frag { sequence: 2 }, hash(7))
            .unwrap();
        ahead.check_against(&newest).unwrap();
        opened().check_against(&newest).unwrap();
    }

    #[test]
    fn a_log_with_other_content_at_the_kept_position_is_refused() {
        let newest = *opened().record();
        let mut other = Guard::new();
        other
            .authorize(
                Position::Base {
                    window: 9,
                    attempt: 0,
                },
                hash(1),
            )
            .unwrap();
        other
            .authorize(Position::Frag { sequence: 0 }, hash(2))
            .unwrap();
        other
            .authorize(Position::Frag { sequence: 1 }, hash(33))
            .unwrap();
        assert!(matches!(
            other.check_against(&newest),
            Err(GuardError::OldBackup { .. })
        ));
    }
}
