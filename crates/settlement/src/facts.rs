//! What never changes about a rollup, read once from its contracts and compared with the rollup file.

use alloy_eips::BlockId;
use alloy_primitives::B256;
use forebond_contracts::bindings::{Inbox, Lookahead};
use forebond_l1::{beacon::BeaconClient, execution::ExecutionClient};
use forebond_protocol::{BlockClock, SlotClock, TurnClock};
use forebond_types::Domain;

use crate::{
    ContractAddresses, L1Facts, RollupFile, SettlementError, contracts::ContractsAt,
    origins::OriginRule,
};

const WRONG_FILE: &str = "use the rollup file and the L1 endpoint of the same deployment";

/// A rollup's fixed facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Slots, blocks and turns.
    pub turns: TurnClock,
    /// The domain of all chain messages.
    pub domain: Domain,
    /// Its separator, as the contract computes it too.
    pub separator: B256,
    /// The L1.
    pub l1: L1Facts,
    /// Where the contracts are.
    pub contracts: ContractAddresses,
    /// Hash of rollup block 0.
    pub genesis_hash: B256,
    /// Owns what no registered proposer owns.
    pub fallback_gateway: u32,
    /// Slots into an epoch before owners are taken from the next epoch, on top of the handover slots.
    pub lookahead_depth: u64,
    /// 0 arrival, 1 descending priority fee (R19).
    pub ordering_rule: u8,
    /// First L1 epoch with windows.
    pub first_epoch: u64,
    /// Seconds after which an undisputed batch is confirmed.
    pub claim_window_s: u64,
    /// L1 slots after which nodes fill unposted blocks by themselves (R8).
    pub sequencing_window_slots: u64,
    /// How origins move (R3, R23).
    pub origins: OriginRule,
}

impl Facts {
    /// Reads the facts as of `block` and compares them with the file and, where there is one, with a beacon node.
    pub(crate) async fn read(
        client: &ExecutionClient,
        beacon: Option<&BeaconClient>,
        file: &RollupFile,
        block: BlockId,
    ) -> Result<Self, SettlementError> {
        let chain_id = client.chain_id().await?;
        same("chain id of L1", file.l1.chain_id, chain_id)?;
        let at = ContractsAt { client, block };
        let (inbox, lookahead) = (file.contracts.inbox, file.contracts.lookahead);
        let config = at.read("Inbox", inbox, &Inbox::configCall {}).await?;
        let window = Inbox::sequencingWindowSlotsCall {};
        let sequencing_window_slots = at.read("Inbox", inbox, &window).await?;
        let separator = at
            .read("Inbox", inbox, &Inbox::domainSeparatorCall {})
            .await?;
        let slots = SlotClock {
            genesis_s: at.read("Inbox", inbox, &Inbox::genesisTimeCall {}).await?,
            seconds_per_slot: at
                .read("Inbox", inbox, &Inbox::secondsPerSlotCall {})
                .await?,
            slots_per_epoch: at
                .read("Inbox", inbox, &Inbox::slotsPerEpochCall {})
                .await?,
        };
        let found = at.read("Inbox", inbox, &Inbox::lookaheadCall {}).await?;
        same("the Inbox's lookahead", lookahead, found)?;
        let found = at.read("Inbox", inbox, &Inbox::registryCall {}).await?;
        same(
            "the Inbox's registry",
            file.contracts.gateway_registry,
            found,
        )?;
        let found = at
            .read("Lookahead", lookahead, &Lookahead::gatewaysCall {})
            .await?;
        same(
            "the Lookahead's registry",
            file.contracts.gateway_registry,
            found,
        )?;

        let facts = Self {
            turns: TurnClock {
                slots,
                blocks: BlockClock::new(config.l2GenesisTime, config.blockTimeSeconds).map_err(
                    |error| SettlementError::Mismatch {
                        what: "block time of the Inbox",
                        expected: "1 to 3600 seconds".to_owned(),
                        got: error.to_string(),
                        next: WRONG_FILE,
                    },
                )?,
                handover_slots: config.handoverSlots,
            },
            domain: Domain {
                l1_chain_id: chain_id,
                inbox,
            },
            separator,
            l1: file.l1.clone(),
            contracts: file.contracts,
            genesis_hash: config.l2GenesisHash,
            fallback_gateway: config.fallbackGateway,
            lookahead_depth: config.lookaheadDepth,
            ordering_rule: config.orderingRule,
            first_epoch: config.firstEpoch,
            claim_window_s: config.claimWindowSeconds,
            sequencing_window_slots,
            origins: OriginRule {
                depth: file.origin_depth,
                most_lag: config.maxOriginLag,
            },
        };
        facts.check(file)?;
        if let Some(beacon) = beacon {
            facts.check_beacon(beacon).await?;
        }
        Ok(facts)
    }

    /// Compares what does not need L1.
    fn check(&self, file: &RollupFile) -> Result<(), SettlementError> {
        let computed = self.domain.separator();
        same(
            "separator of the rollup's messages",
            computed,
            self.separator,
        )?;
        let blocks = &self.turns.blocks;
        same(
            "time of block 0, Unix seconds",
            file.chain.genesis_s,
            blocks.timestamp_s(0),
        )?;
        same(
            "block time, seconds",
            file.chain.block_time_s,
            blocks.block_time_s(),
        )?;
        if self.origins.depth >= self.origins.most_lag {
            return Err(SettlementError::Mismatch {
                what: "originDepth",
                expected: format!(
                    "less than the Inbox's maxOriginLag {}",
                    self.origins.most_lag
                ),
                got: self.origins.depth.to_string(),
                next: "lower originDepth in the rollup file",
            });
        }
        Ok(())
    }

    async fn check_beacon(&self, beacon: &BeaconClient) -> Result<(), SettlementError> {
        let (genesis, spec) = (beacon.genesis().await?, beacon.spec().await?);
        let slots = &self.turns.slots;
        same(
            "time of slot 0, Unix seconds",
            slots.genesis_s,
            genesis.genesis_time,
        )?;
        same(
            "slot time, seconds",
            slots.seconds_per_slot,
            spec.seconds_per_slot,
        )?;
        same(
            "slots of an epoch",
            slots.slots_per_epoch,
            spec.slots_per_epoch,
        )
    }

    /// Compares the hash of block 0, as built from the rollup file, with the Inbox's.
    ///
    /// # Errors
    /// [`SettlementError::Mismatch`].
    pub fn check_genesis(&self, built: B256) -> Result<(), SettlementError> {
        same("hash of block 0", built, self.genesis_hash)
    }

    /// The slot an L1 block lies in.
    pub const fn slot_of(&self, l1_timestamp_s: u64) -> u64 {
        self.turns.slots.slot_at_s(l1_timestamp_s)
    }
}

fn same<T: PartialEq + ToString>(
    what: &'static str,
    expected: T,
    got: T,
) -> Result<(), SettlementError> {
    if expected == got {
        return Ok(());
    }
    Err(SettlementError::Mismatch {
        what,
        expected: expected.to_string(),
        got: got.to_string(),
        next: WRONG_FILE,
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::rollup_file::tests::example;

    /// Slots of 2 s in epochs of 8, rollup blocks of 1 s.
    pub(crate) fn facts() -> Facts {
        let file = example();
        let domain = Domain {
            l1_chain_id: file.l1.chain_id,
            inbox: file.contracts.inbox,
        };
        Facts {
            turns: TurnClock {
                slots: SlotClock {
                    genesis_s: 900,
                    seconds_per_slot: 2,
                    slots_per_epoch: 8,
                },
                blocks: BlockClock::new(1_000, 1).unwrap(),
                handover_slots: 1,
            },
            domain,
            separator: domain.separator(),
            l1: file.l1,
            contracts: file.contracts,
            genesis_hash: B256::repeat_byte(9),
            fallback_gateway: 1,
            lookahead_depth: 1,
            ordering_rule: 0,
            first_epoch: 0,
            claim_window_s: 6,
            sequencing_window_slots: 32,
            origins: OriginRule {
                depth: 2,
                most_lag: 64,
            },
        }
    }

    #[test]
    fn a_file_of_another_deployment_is_refused_with_both_values() {
        assert!(facts().check(&example()).is_ok());
        let mut file = example();
        file.chain.genesis_s += 1;
        let error = facts().check(&file).unwrap_err().to_string();
        assert!(error.contains("expected 1001, got 1000"), "{error}");
        let mut other = facts();
        other.separator = B256::ZERO;
        assert!(other.check(&example()).is_err());
        let mut deep = facts();
        deep.origins.depth = 64;
        assert!(deep.check(&example()).is_err());
    }

    #[test]
    fn another_genesis_is_refused() {
        assert!(facts().check_genesis(B256::repeat_byte(9)).is_ok());
        assert!(facts().check_genesis(B256::ZERO).is_err());
    }
}
