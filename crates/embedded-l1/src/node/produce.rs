//! One slot: the proposer's block or none, then everybody's votes.

use std::{collections::BTreeSet, sync::Arc};

use alloy_primitives::{Address, B256, Bytes};
use forebond_beacon::{
    bls::interop_key,
    containers::{BeaconState, ProposerSlashing, SignedVoluntaryExit},
    preset::Preset,
};
use ssz::Encode;

use super::{
    chain::{BlockRecord, Chain, SlotRecord},
    payload,
    shared::Node,
};
use crate::{
    consensus::{BlockParts, KeyRing, ProducedBlock, TransitionError, deposit_request},
    execution::ExecutedBlock,
    script::{ScriptError, SlotPlan},
};

/// Attestations one block holds at most (`MAX_ATTESTATIONS_ELECTRA`).
const MAX_ATTESTATIONS: usize = 8;
/// What blocks carry in their header and graffiti.
const SIGNATURE: &str = "forebond";

/// A beacon block with the execution block in it.
type MadeBlock<P> = (ProducedBlock<P>, Arc<ExecutedBlock>);

/// Operations a script puts into a block.
#[derive(Default)]
struct Operations {
    exits: Vec<SignedVoluntaryExit>,
    slashings: Vec<ProposerSlashing>,
}

impl<P: Preset> Node<P> {
    /// Lets the next slot pass as the plan says.
    pub(super) fn pass_slot(&self, chain: &mut Chain<P>) -> Result<(), ScriptError> {
        let Some(slot) = chain.newest().map(|record| record.slot.saturating_add(1)) else {
            return Ok(());
        };
        let plan = chain.plan.take(slot);
        if let Some(reorg) = plan.reorg {
            self.reorg_chain(chain, reorg)?;
        }
        self.pass_as(chain, slot, &plan)
    }

    /// Lets `slot`, the one after the newest, pass as `plan` says, and shows it to readers.
    pub(super) fn pass_as(
        &self,
        chain: &mut Chain<P>,
        slot: u64,
        plan: &SlotPlan,
    ) -> Result<(), ScriptError> {
        let record = self.make_slot(chain, slot, plan)?;
        if plan.hides_blobs && record.has_block() {
            chain.hidden.insert(record.head.root);
        }
        let has_block = record.has_block();
        chain.push(record, self.config.kept_states, self.config.kept_blocks);
        self.show(chain, has_block)
    }

    /// The record of `slot` on top of the chain; the chain stays.
    pub(super) fn make_slot(
        &self,
        chain: &mut Chain<P>,
        slot: u64,
        plan: &SlotPlan,
    ) -> Result<SlotRecord<P>, ScriptError> {
        let Some(newest) = chain.newest().cloned() else {
            return Err(ScriptError::NoBlock { slot });
        };
        let state = self.consensus.lock().advance_to(&newest.state, slot)?;
        let silent = silent(state.validators.len() as u64, plan.attesting_percent);
        let produced = if plan.has_block {
            self.make_block(chain, &state, plan, &silent)?
        } else {
            None
        };
        let (head, state) = match produced {
            Some((produced, executed)) => {
                let head = Arc::new(BlockRecord {
                    root: produced.root,
                    signed: Arc::new(produced.block),
                    executed,
                    slot,
                });
                (head, produced.post_state)
            }
            None => (newest.head, state),
        };
        let votes = self.consensus.lock().attest(&state, head.root, &silent)?;
        Ok(SlotRecord {
            slot,
            head,
            state,
            votes,
        })
    }

    /// The block of the state's slot; nothing when its proposer can't make one.
    fn make_block(
        &self,
        chain: &mut Chain<P>,
        state: &BeaconState<P>,
        plan: &SlotPlan,
        silent: &BTreeSet<u64>,
    ) -> Result<Option<MadeBlock<P>>, ScriptError> {
        let deposits = self.deposits(chain, plan);
        let consensus = self.consensus.lock().clone();
        let asked = consensus.payload_attributes(state)?;
        let mark = if chain.reorgs == 0 {
            SIGNATURE.to_owned()
        } else {
            format!("{SIGNATURE}/{}", chain.reorgs)
        };
        let attributes = payload::attributes(
            &asked,
            self.fee_recipient(asked.proposer_index),
            Bytes::from(mark.clone().into_bytes()),
            deposits,
        );
        let executed = self
            .ledger
            .build(asked.parent_hash, &attributes, plan.has_transactions)?;
        let mut parts = BlockParts::new(payload::payload(&executed)?);
        parts.requests = payload::requests(&executed.requests)?;
        parts.commitments = payload::commitments(&executed);
        parts.attestations = chain.open_votes(MAX_ATTESTATIONS);
        parts.graffiti = graffiti(&mark);
        parts.silent = silent.clone();
        let operations = self.operations(state, plan);
        let with_operations = !operations.exits.is_empty() || !operations.slashings.is_empty();
        let bare = with_operations.then(|| parts.clone());
        parts.voluntary_exits = operations.exits;
        parts.proposer_slashings = operations.slashings;
        let produced = match (consensus.produce_block(state, parts), bare) {
            (Err(error), Some(bare)) => {
                tracing::warn!(slot = state.slot, %error, "scripted operations are left out of the block");
                consensus.produce_block(state, bare)
            }
            (result, _) => result,
        };
        match produced {
            Ok(produced) => Ok(Some((produced, executed))),
            Err(
                error @ (TransitionError::ProposerSlashed { .. } | TransitionError::NoKey { .. }),
            ) => {
                tracing::info!(slot = state.slot, %error, "the slot stays empty");
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Exits and slashings the plan asks for, as far as they can be signed here.
    fn operations(&self, state: &BeaconState<P>, plan: &SlotPlan) -> Operations {
        let consensus = self.consensus.lock();
        let mut operations = Operations::default();
        for validator in &plan.exits {
            match consensus.voluntary_exit(state, *validator) {
                Ok(exit) => operations.exits.push(exit),
                Err(error) => tracing::warn!(validator, %error, "the scripted exit is left out"),
            }
        }
        for validator in &plan.slashings {
            match consensus.proposer_slashing(state, *validator) {
                Ok(slashing) => operations.slashings.push(slashing),
                Err(error) => {
                    tracing::warn!(validator, %error, "the scripted slashing is left out")
                }
            }
        }
        operations
    }

    /// Deposits the plan asks for, in SSZ; their keys join the ring, so that the validators will do their duties.
    fn deposits(&self, chain: &mut Chain<P>, plan: &SlotPlan) -> Bytes {
        if plan.deposits.is_empty() {
            return Bytes::new();
        }
        let mut consensus = self.consensus.lock();
        let mut encoded = Vec::new();
        for deposit in &plan.deposits {
            let joined = chain.deposited_keys.len() as u64;
            let request = deposit_request(
                consensus.config(),
                &interop_key(deposit.key),
                deposit.withdrawal_address,
                deposit.amount_gwei,
                self.config.validators.saturating_add(joined),
            );
            chain.deposited_keys.push(deposit.key);
            encoded.extend(request.as_ssz_bytes());
        }
        let mut keys = KeyRing::interop(self.config.validators);
        for key in &chain.deposited_keys {
            keys.add(interop_key(*key));
        }
        *consensus = consensus.with_keys(Arc::new(keys));
        encoded.into()
    }

    /// Tips go to the account the validator withdraws to.
    pub(super) fn fee_recipient(&self, proposer: u64) -> Address {
        let count = self.withdrawal_accounts.len() as u64;
        let place = proposer.checked_rem(count).unwrap_or_default();
        usize::try_from(place)
            .ok()
            .and_then(|place| self.withdrawal_accounts.get(place))
            .copied()
            .unwrap_or_default()
    }
}

fn graffiti(text: &str) -> B256 {
    let mut graffiti = B256::ZERO;
    for (place, byte) in graffiti.iter_mut().zip(text.bytes()) {
        *place = byte;
    }
    graffiti
}

/// The validators that stay silent when `percent` of `count` attest: those with the highest indices.
fn silent(count: u64, percent: u8) -> BTreeSet<u64> {
    let attesting = count.saturating_mul(percent.into()).div_ceil(100);
    (attesting..count).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_percent_attest_and_never_fewer() {
        assert!(silent(64, 100).is_empty());
        assert_eq!(silent(64, 0).len(), 64);
        assert_eq!(silent(64, 66).len(), 21, "43 of 64 attest: 67 percent");
        assert_eq!(silent(3, 50).len(), 1);
    }
}
