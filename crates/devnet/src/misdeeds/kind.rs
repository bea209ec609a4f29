use std::{fmt, str::FromStr};

use forebond_evidence::FaultKind;

/// A way to break the rules on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Misdeed {
    /// Two frags at one place, one of them for a user's eyes only.
    Equivocate,
    /// The end of the turn is promised to users and shown to nobody else, and nothing is posted.
    Withhold,
    /// Two promised transactions change places in the batch.
    Reorder,
    /// A promised transaction is left out of the batch.
    Omit,
    /// Everything is promised and shown, and nothing is posted in time.
    Late,
    /// A seal says that the turn is over, and the turn goes on.
    FalseEnd,
    /// A batch whose blobs hold none of the blocks it claims.
    FalseClaim,
    /// A batch under a base that names another parent than the batch stands on.
    BrokenBase,
    /// A validator whose slot is lent proposes nothing.
    MissSlot,
}

impl Misdeed {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Equivocate,
        Self::Withhold,
        Self::Reorder,
        Self::Omit,
        Self::Late,
        Self::FalseEnd,
        Self::FalseClaim,
        Self::BrokenBase,
        Self::MissSlot,
    ];

    /// As it is written on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Equivocate => "equivocate",
            Self::Withhold => "withhold",
            Self::Reorder => "reorder",
            Self::Omit => "omit",
            Self::Late => "late",
            Self::FalseEnd => "false-end",
            Self::FalseClaim => "false-claim",
            Self::BrokenBase => "broken-base",
            Self::MissSlot => "miss-slot",
        }
    }

    /// What it has to be convicted of, at least (`specs/rules.md`, the table of faults).
    pub const fn faults(self) -> &'static [FaultKind] {
        match self {
            Self::Equivocate | Self::FalseEnd => &[FaultKind::Fork],
            Self::Withhold => &[FaultKind::Late, FaultKind::Unkept],
            Self::Reorder | Self::Omit => &[FaultKind::Lie],
            Self::Late => &[FaultKind::Late],
            Self::FalseClaim => &[FaultKind::FalseClaim],
            Self::BrokenBase => &[FaultKind::BrokenBase],
            Self::MissSlot => &[FaultKind::MissedSlot],
        }
    }

    /// Whether the batcher of the guilty gateway stands still while it happens.
    pub(crate) const fn stops_batcher(self) -> bool {
        match self {
            Self::Equivocate | Self::FalseEnd | Self::MissSlot => false,
            Self::Withhold
            | Self::Reorder
            | Self::Omit
            | Self::Late
            | Self::FalseClaim
            | Self::BrokenBase => true,
        }
    }

    /// Whether it takes back blocks that the gateway itself has shown: that is done before an honest successor's turn begins, so that
    /// nobody builds on what falls.
    pub(crate) const fn takes_back(self) -> bool {
        matches!(self, Self::Reorder | Self::Omit)
    }

    /// Whether somebody else's window has to follow: who writes on behind what it withheld shows it, and posts it in time for itself.
    pub(crate) const fn needs_another_successor(self) -> bool {
        matches!(self, Self::Withhold)
    }

    /// Slots its window needs at least.
    pub(crate) const fn least_window(self) -> u64 {
        match self {
            Self::Withhold | Self::FalseEnd | Self::Reorder | Self::Omit => 2,
            _ => 1,
        }
    }
}

impl fmt::Display for Misdeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A misdeed and the slot from which on it is done, counted from the start of the run: in the first window that fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlannedMisdeed {
    /// What.
    pub misdeed: Misdeed,
    /// From when on.
    pub slot: u64,
}

impl fmt::Display for PlannedMisdeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.misdeed, self.slot)
    }
}

/// A misdeed that is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected one of {known}, then @SLOT (such as equivocate@8), got {got:?}", known = names())]
pub struct MisdeedError {
    /// As written.
    pub got: String,
}

fn names() -> String {
    Misdeed::ALL.map(Misdeed::name).join(", ")
}

impl FromStr for PlannedMisdeed {
    type Err = MisdeedError;

    fn from_str(text: &str) -> Result<Self, MisdeedError> {
        let read = || {
            let (name, slot) = text.rsplit_once('@')?;
            let misdeed = Misdeed::ALL.into_iter().find(|one| one.name() == name)?;
            let slot: u32 = slot.parse().ok()?;
            Some(Self {
                misdeed,
                slot: slot.into(),
            })
        };
        read().ok_or_else(|| MisdeedError {
            got: text.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_misdeed_is_read_as_it_is_written() {
        for misdeed in Misdeed::ALL {
            let planned = PlannedMisdeed { misdeed, slot: 12 };
            assert_eq!(planned.to_string().parse(), Ok(planned));
        }
    }

    #[test]
    fn what_is_no_misdeed_is_refused_with_those_there_are() {
        for text in ["equivocate", "lie@3", "omit@", "omit@-1", "@3", ""] {
            let words = text.parse::<PlannedMisdeed>().unwrap_err().to_string();
            assert!(
                words.contains("false-end") && words.contains(text),
                "{words}"
            );
        }
    }
}
