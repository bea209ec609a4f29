//! A gateway's batcher: the real decisions and the real packing, over its gateway's blocks and the Inbox as its gateway sees it.

use super::{
    inbox::Posting,
    l1::SimL1,
    process::{Node, Role},
    rules::{Rules, number_of},
};
use alloy_eips::eip4844::VERSIONED_HASH_VERSION_KZG;
use alloy_primitives::{B256, keccak256};
use alloy_sol_types::SolStruct;
use eyre::eyre;
use forebond_batcher::{
    pack::pack,
    plan::{
        Ancestor, Decision, Permit, Policy, Rules as PlanRules, SealedBlock, Situation, decide,
        first_block, parent_of,
    },
    source::SourceBlock,
};
use forebond_ledger::promise::SignedBase;
use forebond_types::Signature;
use std::{collections::BTreeMap, sync::Arc};

/// Blocks that are looked at.
const MOST_BLOCKS: u64 = 128;

/// What a batcher remembers.
#[derive(Debug, Default)]
pub(crate) struct Batcher {
    bases: BTreeMap<u64, Arc<SignedBase>>,
    /// A batch is under way to this slot.
    sent_for: u64,
}

impl Node {
    /// A look at the situation; a batch, when one is to be sent now.
    pub(crate) fn look_at_batches(
        &mut self,
        rules: &Rules,
        l1: &SimL1,
        now_ms: u64,
    ) -> eyre::Result<Option<Posting>> {
        let Role::Gateway(place) = self.role else {
            return Ok(None);
        };
        let clock_ms = self.clock_ms(now_ms);
        let Some(life) = &self.life else {
            return Ok(None);
        };
        let Some(head) = life.follower.origins().newest().map(|block| block.at) else {
            return Ok(None);
        };
        // The Inbox as of the head its gateway has seen.
        let Some(entry) = l1
            .entry(head.number)
            .filter(|entry| entry.block.at.hash == head.hash)
        else {
            return Ok(None);
        };
        let plan_rules = PlanRules {
            turns: rules.facts.turns,
            me: number_of(place),
            sequencing_window_slots: rules.facts.sequencing_window_slots,
            policy: Policy {
                max_age_ms: 8_000,
                patience_slots: 1,
                ..Policy::for_slots_of(rules.facts.turns.slots.seconds_per_slot)
            },
        };
        let next_slot = next_slot(&plan_rules, entry.block.slot, clock_ms);
        if self.batcher.sent_for >= next_slot {
            return Ok(None);
        }
        let line: Vec<Ancestor> = entry
            .inbox
            .line()
            .into_iter()
            .map(|taken| Ancestor {
                id: taken.id,
                hash: taken.hash,
                parent_id: taken.parent_id,
                last_block: taken.batch.lastBlock,
            })
            .chain(std::iter::once(Ancestor {
                id: 0,
                hash: B256::ZERO,
                parent_id: 0,
                last_block: 0,
            }))
            .collect();
        let void = life.follower.void_batches().into_iter().collect();
        let Some(parent) = parent_of(&line, &void) else {
            return Ok(None);
        };
        let safe = *life.follower.derived_head();
        let first = first_block(&plan_rules, parent.batch.last_block, next_slot);
        let blocks = source_blocks(life.follower.reader(), first)?;
        for window in life.book.schedule.iter() {
            if window.gateway == plan_rules.me
                && let Some(base) = life.follower.base_of(window.last_slot)
            {
                self.batcher.bases.insert(window.last_slot, base.clone());
            }
        }
        let present = life.book.schedule.at(next_slot);
        let permit = present
            .filter(|window| window.gateway != plan_rules.me)
            .and_then(|window| life.follower.base_of(window.last_slot).cloned());
        let heads: Vec<SealedBlock> = blocks
            .iter()
            .map(|block| SealedBlock {
                number: block.number,
                hash: block.hash,
                parent_hash: block.parent_hash,
                base: block.base,
            })
            .collect();
        let bases = self.batcher.bases.iter();
        let decision = decide(
            &plan_rules,
            &Situation {
                now_ms: clock_ms,
                next_slot,
                schedule: &life.book.schedule,
                blocks: &heads,
                bases: &bases.clone().map(|(w, b)| (*w, b.base.clone())).collect(),
                base_hashes: &bases.map(|(w, b)| (*w, b.hash)).collect(),
                permit: permit.as_ref().map(|signed| Permit {
                    window: signed.base.window,
                    parent_block: signed.base.parentBlock,
                    parent_block_hash: signed.base.parentBlockHash,
                }),
                fits_until: heads.last().map_or(0, |block| block.number),
                blobs: 1,
            },
        );
        let Decision::Post(order) = decision else {
            return Ok(None);
        };
        let parted = heads.first().is_some_and(|first| {
            safe.number.saturating_add(1) == first.number && safe.hash != first.parent_hash
        });
        if parted {
            return Ok(None);
        }
        let base = self
            .batcher
            .bases
            .get(&order.window)
            .cloned()
            .ok_or_else(|| eyre!("a batch under a base that is not known"))?;
        let sent: Vec<SourceBlock> = blocks
            .into_iter()
            .take_while(|block| block.number <= order.last)
            .collect();
        let packed = pack(&sent)?;
        let hashes = packed.blobs.iter().map(|blob| {
            let mut hash = keccak256(blob.as_slice());
            if let Some(version) = hash.0.first_mut() {
                *version = VERSIONED_HASH_VERSION_KZG;
            }
            hash
        });
        let batch = packed.claim(base.hash, order.window, parent.batch.hash, hashes.collect());
        let separator = rules.facts.separator;
        let digest = forebond_types::Domain::digest_of(separator, batch.eip712_hash_struct());
        self.batcher.sent_for = next_slot;
        Ok(Some(Posting {
            by: place,
            slot: next_slot,
            signature: Signature::sign(digest, &self.pen.key),
            batch,
            base: (base.base.clone(), base.signature),
            permit: order
                .permit
                .and(permit)
                .map(|signed| (signed.base.clone(), signed.signature)),
            parent: (parent.batch.id, parent.disputes),
            blobs: packed.blobs,
        }))
    }
}

/// The slot whose block can still hold what is sent now.
fn next_slot(rules: &PlanRules, head_slot: u64, clock_ms: u64) -> u64 {
    let slots = &rules.turns.slots;
    let next = head_slot.max(slots.slot_at_ms(clock_ms)).saturating_add(1);
    let starts_ms = slots.start_s(next).saturating_mul(1000);
    let too_late = clock_ms.saturating_add(rules.policy.lead_ms / 2) > starts_ms;
    next.saturating_add(too_late.into())
}

/// Sealed blocks from one on, without a gap.
fn source_blocks(
    reader: &forebond_ledger::rpc::ChainReader,
    first: u64,
) -> eyre::Result<Vec<SourceBlock>> {
    let mut blocks: Vec<SourceBlock> = Vec::new();
    for number in first..first.saturating_add(MOST_BLOCKS) {
        let Some(block) = reader.sealed(number).map_err(|error| eyre!("{error}"))? else {
            break;
        };
        if blocks
            .last()
            .is_some_and(|parent| parent.hash != block.header.parent_hash)
        {
            break;
        }
        blocks.push(SourceBlock {
            number,
            hash: block.hash,
            parent_hash: block.header.parent_hash,
            timestamp_s: block.header.timestamp,
            origin_number: block.start.origin.number,
            origin_hash: block.start.origin.hash,
            base: block.base().map(|base| base.hash),
            last_frag: block.frags().last().map(|frag| frag.hash),
            transactions: block
                .transactions()
                .filter(|tx| !tx.tx.is_deposit())
                .map(|tx| tx.tx.raw().clone())
                .collect(),
            gas_used: block.header.gas_used,
            transaction_count: block.transactions().count() as u64,
        });
    }
    Ok(blocks)
}
