use alloy_primitives::Address;
use eyre::eyre;
use forebond_settlement::Settlement;
use std::time::{Duration, Instant};

/// So long after L1's gateways were read for the first time a key that none of them signs with is a mistake.
const PATIENCE: Duration = Duration::from_secs(60);

/// The gateway whose committer set holds this key, if L1 has told.
pub fn own_number(settlement: &Settlement, committer: Address) -> Option<u32> {
    settlement
        .windows()
        .gateways
        .iter()
        .find(|(_, gateway)| {
            gateway
                .epochs
                .values()
                .filter_map(|epoch| epoch.committers.as_ref())
                .any(|set| set.members.contains(&committer))
        })
        .map(|(number, _)| *number)
}

/// Which gateway of the registry this process is. L1 tells once it is followed to its head, which can take long after a long
/// absence, so nothing may stand still until then.
pub(super) struct OwnNumber {
    committer: Address,
    known: Option<u32>,
    first_read: Option<Instant>,
}

impl OwnNumber {
    pub(super) const fn of(committer: Address) -> Self {
        Self {
            committer,
            known: None,
            first_read: None,
        }
    }

    /// The number, once it is known.
    ///
    /// # Errors
    /// When L1 was read and no gateway signs with the key.
    pub(super) fn find(&mut self, settlement: &Settlement) -> eyre::Result<Option<u32>> {
        if self.known.is_some() {
            return Ok(self.known);
        }
        let committer = self.committer;
        self.known = own_number(settlement, committer);
        if let Some(gateway) = self.known {
            tracing::info!(gateway, %committer, "this gateway");
        } else if settlement.windows().at.is_some() {
            let first_read = *self.first_read.get_or_insert_with(Instant::now);
            if first_read.elapsed() >= PATIENCE {
                return Err(eyre!(
                    "no registered gateway signs with {committer}; register the key, or name the right one with --key"
                ));
            }
        }
        Ok(self.known)
    }
}
