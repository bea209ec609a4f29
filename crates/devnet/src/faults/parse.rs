use std::str::FromStr;

use super::{Fault, Planned};

/// Longest pause or stall.
const MAX_SECONDS: u64 = 600;
/// Most slots of an L1 fault.
const MAX_SLOTS: u64 = 64;

/// A fault that is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected restart:NAME, kill:NAME, pause:NAME:SECONDS, l1-reorg:DEPTH, l1-miss, stall-l1:SECONDS or hide-blobs:SLOTS, then \
     @SLOT (such as restart:gateway-1@20), got {got:?}: {reason}"
)]
pub struct FaultError {
    /// As written.
    pub got: String,
    /// What is wrong with it.
    pub reason: String,
}

impl FromStr for Planned {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        parse(text).map_err(|reason| FaultError {
            got: text.to_owned(),
            reason,
        })
    }
}

fn parse(text: &str) -> Result<Planned, String> {
    let (what, slot) = text.rsplit_once('@').ok_or("there is no @SLOT")?;
    let slot = number("slot", slot, 0, u64::from(u32::MAX))?;
    let mut parts = what.split(':');
    let kind = parts.next().unwrap_or_default();
    let mut next = |what: &str| {
        parts
            .next()
            .filter(|part| !part.is_empty())
            .ok_or_else(|| format!("{kind} wants a {what}"))
    };
    let fault = match kind {
        "kill" => Fault::Kill {
            name: next("name")?.to_owned(),
        },
        "restart" => Fault::Restart {
            name: next("name")?.to_owned(),
        },
        "pause" => Fault::Pause {
            name: next("name")?.to_owned(),
            seconds: number("seconds", next("number of seconds")?, 1, MAX_SECONDS)?,
        },
        "l1-reorg" => Fault::L1Reorg {
            depth: number("depth", next("depth")?, 1, MAX_SLOTS)?,
        },
        "l1-miss" => Fault::L1Miss,
        "stall-l1" => Fault::StallL1 {
            seconds: number("seconds", next("number of seconds")?, 1, MAX_SECONDS)?,
        },
        "hide-blobs" => Fault::HideBlobs {
            slots: number("slots", next("number of slots")?, 1, MAX_SLOTS)?,
        },
        other => return Err(format!("{other:?} is no kind of fault")),
    };
    match parts.next() {
        None => Ok(Planned { fault, slot }),
        Some(more) => Err(format!("{more:?} is too much")),
    }
}

fn number(what: &str, text: &str, min: u64, max: u64) -> Result<u64, String> {
    text.parse()
        .ok()
        .filter(|number| (min..=max).contains(number))
        .ok_or_else(|| format!("{what}: expected {min} to {max}, got {text:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_read_as_it_is_written() {
        for text in [
            "kill:gateway-1@0",
            "restart:gateway-2@20",
            "pause:follower-1:3@7",
            "l1-reorg:2@11",
            "l1-miss@12",
            "stall-l1:5@13",
            "hide-blobs:3@14",
        ] {
            let planned: Planned = text.parse().unwrap();
            assert_eq!(planned.to_string(), text);
        }
    }

    #[test]
    fn what_is_no_fault_is_refused_with_the_reason() {
        for (text, words) in [
            ("l1-miss", "no @SLOT"),
            ("l1-miss@", "slot"),
            ("l1-miss@-1", "slot"),
            ("l1-miss:2@1", "too much"),
            ("l1-reorg@1", "wants a depth"),
            ("l1-reorg:0@1", "1 to 64"),
            ("l1-reorg:65@1", "1 to 64"),
            ("pause:gateway-1@1", "number of seconds"),
            ("restart:@1", "wants a name"),
            ("dance@1", "no kind of fault"),
        ] {
            let error = text.parse::<Planned>().unwrap_err();
            assert!(error.reason.contains(words), "{text}: {}", error.reason);
        }
    }
}
