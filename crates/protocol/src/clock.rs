use serde::{Deserialize, Serialize};

/// Fixed block time: `timestamp = genesis + number × block_time`, so a turn is a block range (R1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockClock {
    genesis_s: u64,
    block_time_s: u64,
}

/// Why a clock cannot be built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClockError {
    /// Zero block time.
    #[error("the block time is a whole number of seconds from 1 to 3600, got {0} s")]
    BlockTime(u64),
}

impl BlockClock {
    /// A clock from the genesis timestamp and the block time, both in seconds.
    pub fn new(genesis_s: u64, block_time_s: u64) -> Result<Self, ClockError> {
        if !(1..=3600).contains(&block_time_s) {
            return Err(ClockError::BlockTime(block_time_s));
        }
        Ok(Self {
            genesis_s,
            block_time_s,
        })
    }

    /// Block time in seconds.
    pub const fn block_time_s(&self) -> u64 {
        self.block_time_s
    }

    /// Timestamp of block `number`, seconds.
    pub const fn timestamp_s(&self, number: u64) -> u64 {
        self.genesis_s
            .saturating_add(number.saturating_mul(self.block_time_s))
    }

    /// The block that is open at `now_ms` (Unix milliseconds): the lowest one whose timestamp is
    /// still to come. It is closed when its timestamp is reached.
    pub const fn open_at(&self, now_ms: u64) -> u64 {
        let elapsed_ms = now_ms.saturating_sub(self.genesis_s.saturating_mul(1000));
        (elapsed_ms / 1000) / self.block_time_s + 1
    }

    /// When block `number` closes, Unix milliseconds.
    pub const fn closes_at_ms(&self, number: u64) -> u64 {
        self.timestamp_s(number).saturating_mul(1000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_open_until_its_timestamp_and_then_the_next_one_is() {
        let clock = BlockClock::new(100, 2).unwrap();
        assert_eq!(clock.open_at(100_000), 1);
        assert_eq!(clock.open_at(101_999), 1);
        assert_eq!(clock.open_at(102_000), 2);
        assert_eq!(clock.timestamp_s(1), 102);
        assert_eq!(clock.closes_at_ms(1), 102_000);
        assert_eq!(clock.open_at(0), 1);
        assert!(BlockClock::new(0, 0).is_err());
    }
}
