use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::{Address, B256, U256, address, keccak256};
use alloy_sol_types::SolCall;
use forebond_contracts::bindings::{
    BeaconVerifiers, GatewayRegistry, IEvidenceShapes as abi, Inbox, Lookahead, Parameters,
    Slasher, ValidatorRegistry,
};
use forebond_evidence::{
    Attested,
    docket::Standing,
    faults::late::{Cover, Ended},
};
use forebond_protocol::{TurnClock, Window};
use forebond_types::{Batch, CommitterSet, Domain};

pub(crate) const REGISTRY: Address = address!("0x00000000000000000000000000000000000a0001");
pub(crate) const PARAMETERS: Address = address!("0x00000000000000000000000000000000000a0002");
pub(crate) const SLASHER: Address = address!("0x00000000000000000000000000000000000a0003");
pub(crate) const LOOKAHEAD: Address = address!("0x00000000000000000000000000000000000a0004");
pub(crate) const PRESENCE: Address = address!("0x00000000000000000000000000000000000a0005");
pub(crate) const VALIDATORS: Address = address!("0x00000000000000000000000000000000000a0006");

const ETHER: u128 = 1_000_000_000_000_000_000;
pub(crate) const HORIZON_S: u64 = 4_000;
const CLAIM_PERIOD_S: u64 = 1_000;
pub(crate) const PERIOD_EPOCHS: u64 = 4;

/// A batch in the Inbox.
#[derive(Clone, Debug)]
pub(crate) struct BatchOnL1 {
    pub(crate) gateway: u32,
    pub(crate) batch: Attested<Batch>,
    pub(crate) posted_slot: u64,
    pub(crate) standing: Standing,
}

/// A safety verdict in the Slasher's records: gateway, base, kind.
pub(crate) type Verdict = (u32, B256, u8);

/// L1 as the contracts would show it.
#[derive(Clone, Debug)]
pub(crate) struct L1 {
    pub(crate) clock: TurnClock,
    pub(crate) domain: Domain,
    pub(crate) slot: u64,
    pub(crate) sets: BTreeMap<u32, CommitterSet>,
    pub(crate) windows: Vec<Window>,
    pub(crate) missed: BTreeSet<u64>,
    /// Number in the Inbox less one.
    pub(crate) batches: Vec<BatchOnL1>,
    pub(crate) verdicts: BTreeSet<Verdict>,
    pub(crate) insured_wei: u128,
    /// Operator of every proposer, to whom it lends in every epoch, and its used nonces.
    pub(crate) operator: Address,
    pub(crate) lent_to: u32,
    pub(crate) used_nonces: BTreeSet<u64>,
}

impl L1 {
    pub(crate) const fn now_s(&self) -> u64 {
        self.clock.slots.start_s(self.slot)
    }

    pub(crate) fn stands_at(&self, address: Address) -> bool {
        [
            REGISTRY, PARAMETERS, SLASHER, LOOKAHEAD, PRESENCE, VALIDATORS,
        ]
        .contains(&address)
            || address == self.domain.inbox
    }

    pub(crate) fn window_at(&self, slot: u64) -> Option<Window> {
        let holds = |window: &&Window| (window.first_slot..=window.last_slot).contains(&slot);
        self.windows.iter().find(holds).copied()
    }

    /// Block roots of a slot and the one before: equal exactly when the slot was missed.
    pub(crate) fn presence(&self, slot: u64) -> abi::SlotPresenceProof {
        let root = |slot: u64| keccak256(slot.to_be_bytes());
        let before = root(slot - 1);
        abi::SlotPresenceProof {
            header: abi::HeaderProof {
                rootTimestamp: 0,
                header: abi::BeaconHeader {
                    slot: slot + 1,
                    proposerIndex: 0,
                    parentRoot: B256::ZERO,
                    stateRoot: B256::ZERO,
                    bodyRoot: B256::ZERO,
                },
            },
            slot,
            rootBefore: before,
            rootAt: if self.missed.contains(&slot) {
                before
            } else {
                root(slot)
            },
            branchBefore: vec![B256::ZERO; 3],
            branchAt: vec![B256::ZERO; 3],
        }
    }

    /// A window that is over, as a watcher sees it.
    pub(crate) fn ended(&self, window: Window) -> Ended {
        let in_time = self
            .batches
            .iter()
            .rfind(|one| one.posted_slot <= window.last_slot);
        let covers = (1u32..)
            .zip(&self.batches)
            .filter(|(_, one)| one.posted_slot > window.last_slot)
            .filter(|(_, one)| matches!(one.standing, Standing::Posted | Standing::Confirmed))
            .map(|(batch_id, one)| Cover {
                batch_id,
                first_block: one.batch.message.firstBlock,
                last_block: one.batch.message.lastBlock,
            })
            .collect();
        let reached = |one: Option<&BatchOnL1>| one.map_or(0, |one| one.batch.message.lastBlock);
        Ended {
            window,
            slot: self.slot,
            slots_per_epoch: self.clock.slots.slots_per_epoch,
            handover_slots: self.clock.handover_slots,
            posted_until: reached(in_time),
            newest_block: reached(self.batches.last()),
            covers,
        }
    }

    /// The answer of whatever stands at `to`; nothing is a revert.
    pub(crate) fn answer(&self, to: Address, input: &[u8]) -> Option<Vec<u8>> {
        match to {
            REGISTRY => self.registry(input),
            PARAMETERS => {
                Parameters::termsAtCall::abi_decode(input).ok()?;
                Some(Parameters::termsAtCall::abi_encode_returns(&terms()))
            }
            SLASHER => self.slasher(input),
            LOOKAHEAD => self.lookahead(input),
            PRESENCE => {
                let call = BeaconVerifiers::wasMissedCall::abi_decode(input).ok()?;
                let missed = call.proof.rootBefore == call.proof.rootAt;
                Some(BeaconVerifiers::wasMissedCall::abi_encode_returns(&missed))
            }
            VALIDATORS => {
                ValidatorRegistry::operatorAtCall::abi_decode(input).ok()?;
                let operator = &self.operator;
                Some(ValidatorRegistry::operatorAtCall::abi_encode_returns(
                    operator,
                ))
            }
            _ => self.inbox(input),
        }
    }

    fn registry(&self, input: &[u8]) -> Option<Vec<u8>> {
        if let Ok(call) = GatewayRegistry::committerSetAtCall::abi_decode(input) {
            let hash = self
                .sets
                .get(&call.gateway)
                .map_or(B256::ZERO, CommitterSet::hash);
            return Some(GatewayRegistry::committerSetAtCall::abi_encode_returns(
                &hash,
            ));
        }
        if let Ok(call) = GatewayRegistry::gatewayOfSetCall::abi_decode(input) {
            let owner = self
                .sets
                .iter()
                .find(|(_, set)| set.hash() == call.setHash)
                .map_or(0, |(gateway, _)| *gateway);
            return Some(GatewayRegistry::gatewayOfSetCall::abi_encode_returns(
                &owner,
            ));
        }
        if let Ok(call) = GatewayRegistry::delegateAtCall::abi_decode(input) {
            let ours = call.operator == self.operator && call.rollup == self.domain.inbox;
            let lent = if ours { self.lent_to } else { 0 };
            return Some(GatewayRegistry::delegateAtCall::abi_encode_returns(&lent));
        }
        let call = GatewayRegistry::nonceUsedCall::abi_decode(input).ok()?;
        let used = self.used_nonces.contains(&call.nonce);
        Some(GatewayRegistry::nonceUsedCall::abi_encode_returns(&used))
    }

    fn slasher(&self, input: &[u8]) -> Option<Vec<u8>> {
        if let Ok(call) = Slasher::hasVerdictCall::abi_decode(input) {
            let verdict = (call.gateway, call.base, call.kind);
            return Some(Slasher::hasVerdictCall::abi_encode_returns(
                &self.verdicts.contains(&verdict),
            ));
        }
        Slasher::insuredWeiCall::abi_decode(input).ok()?;
        Some(Slasher::insuredWeiCall::abi_encode_returns(&U256::from(
            self.insured_wei,
        )))
    }

    fn lookahead(&self, input: &[u8]) -> Option<Vec<u8>> {
        if let Ok(call) = Lookahead::windowAtCall::abi_decode(input) {
            let window = self.window_at(call.slot)?;
            return Some(Lookahead::windowAtCall::abi_encode_returns(
                &Lookahead::Window {
                    gateway: window.gateway,
                    firstSlot: window.first_slot,
                    lastSlot: window.last_slot,
                },
            ));
        }
        Lookahead::proposerAtCall::abi_decode(input).ok()?;
        Some(Lookahead::proposerAtCall::abi_encode_returns(&7))
    }

    fn inbox(&self, input: &[u8]) -> Option<Vec<u8>> {
        if Inbox::configCall::abi_decode(input).is_ok() {
            return Some(Inbox::configCall::abi_encode_returns(&self.config()));
        }
        if let Ok(call) = Inbox::recordCall::abi_decode(input) {
            return Some(Inbox::recordCall::abi_encode_returns(
                &self.record(call.batchId),
            ));
        }
        if let Ok(call) = Inbox::statusOfCall::abi_decode(input) {
            let status = self
                .batch(call.batchId)
                .map_or(0, |one| status(one.standing));
            return Some(Inbox::statusOfCall::abi_encode_returns(&status));
        }
        if let Ok(call) = Inbox::lastPostedByCall::abi_decode(input) {
            let last = (1u32..)
                .zip(&self.batches)
                .filter(|(_, one)| one.posted_slot <= call.slot)
                .last()
                .map_or(0, |(id, _)| id);
            return Some(Inbox::lastPostedByCall::abi_encode_returns(&last));
        }
        if Inbox::newestCall::abi_decode(input).is_ok() {
            let newest = u32::try_from(self.batches.len()).unwrap();
            return Some(Inbox::newestCall::abi_encode_returns(&newest));
        }
        let call = Inbox::blocksOfCall::abi_decode(input).ok()?;
        let blocks = self.clock.blocks_of(&Window {
            gateway: 0,
            first_slot: call.firstSlot,
            last_slot: call.lastSlot,
        });
        Some(Inbox::blocksOfCall::abi_encode_returns(
            &Inbox::blocksOfReturn {
                firstBlock: blocks.first,
                lastBlock: blocks.last,
            },
        ))
    }

    fn batch(&self, id: u32) -> Option<&BatchOnL1> {
        self.batches.get(usize::try_from(id).ok()?.checked_sub(1)?)
    }

    fn record(&self, id: u32) -> Inbox::BatchRecord {
        let one = self.batch(id);
        let batch = one.map(|one| &one.batch.message);
        Inbox::BatchRecord {
            batchHash: one.map_or(B256::ZERO, |one| one.batch.struct_hash()),
            base: batch.map_or(B256::ZERO, |batch| batch.base),
            gateway: one.map_or(0, |one| one.gateway),
            parentId: id.saturating_sub(1),
            window: batch.map_or(0, |batch| batch.window),
            postedSlot: one.map_or(0, |one| one.posted_slot),
            firstBlock: batch.map_or(0, |batch| batch.firstBlock),
            lastBlock: batch.map_or(0, |batch| batch.lastBlock),
            poster: Address::repeat_byte(0x99),
            costWei: alloy_primitives::aliases::U96::from(1_000_000),
        }
    }

    fn config(&self) -> Inbox::RollupConfig {
        Inbox::RollupConfig {
            l2GenesisTime: self.clock.blocks.timestamp_s(0),
            blockTimeSeconds: self.clock.blocks.block_time_s(),
            l2GenesisHash: B256::ZERO,
            handoverSlots: self.clock.handover_slots,
            lookaheadDepth: 1,
            fallbackGateway: 1,
            orderingRule: 1,
            firstEpoch: 0,
            claimWindowSeconds: 24,
            resolverSeconds: 24,
            disputeBondWei: U256::from(1),
            maxOriginLag: 64,
        }
    }
}

const fn status(standing: Standing) -> u8 {
    match standing {
        Standing::Unposted => 0,
        Standing::Posted => 1,
        Standing::Disputed => 2,
        Standing::Confirmed => 3,
        Standing::Void => 4,
        Standing::Orphaned => 5,
    }
}

fn terms() -> Parameters::Terms {
    Parameters::Terms {
        livenessWei: ETHER,
        safetyWei: 1_000 * ETHER,
        minReserveWei: 10 * ETHER,
        bountyCapWei: 10 * ETHER,
        bountyBps: 500,
        coverBps: 12_500,
        evidenceHorizonSeconds: HORIZON_S,
        claimPeriodSeconds: CLAIM_PERIOD_S,
        rewardPeriodEpochs: PERIOD_EPOCHS,
        freeMissesPerPeriod: 1,
    }
}
