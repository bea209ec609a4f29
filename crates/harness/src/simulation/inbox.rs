//! The Inbox's rules as plain code, for speed and so that no HTTP is in the way: what `Inbox.sol` checks of a batch that matters to
//! honest gateways (slot, parent, range, gap, origin, owner or permit, end of the turn, signatures, one base a window), and which
//! batch is the newest. The contract itself is tried by the other scenarios of this crate. Bonds and money are left out; a dispute
//! is taken for granted.

use super::rules::Rules;
use alloy_eips::eip4844::Blob;
use alloy_primitives::{Address, B256};
use alloy_sol_types::SolStruct;
use forebond_protocol::Window;
use forebond_types::{Base, Batch, Signature};
use std::collections::BTreeMap;

/// A batch as a gateway posts it.
#[derive(Clone, Debug)]
pub(crate) struct Posting {
    /// Gateway by place.
    pub(crate) by: usize,
    /// The slot it is for.
    pub(crate) slot: u64,
    pub(crate) batch: Batch,
    pub(crate) signature: Signature,
    pub(crate) base: (Base, Signature),
    pub(crate) permit: Option<(Base, Signature)>,
    /// The batch it stands on; and the child of it that is disputed, when one is.
    pub(crate) parent: (u32, Option<u32>),
    pub(crate) blobs: Vec<Box<Blob>>,
}

/// A batch that was taken.
#[derive(Clone, Debug)]
pub(crate) struct Taken {
    pub(crate) id: u32,
    pub(crate) parent_id: u32,
    pub(crate) gateway: u32,
    /// The slot it landed in.
    pub(crate) slot: u64,
    pub(crate) batch: Batch,
    pub(crate) hash: B256,
}

/// The Inbox after one L1 block.
#[derive(Clone, Debug, Default)]
pub(crate) struct SimInbox {
    taken: Vec<Taken>,
    newest: u32,
    bases: BTreeMap<u64, B256>,
}

impl SimInbox {
    /// A batch by number; none for genesis.
    pub(crate) fn batch(&self, id: u32) -> Option<&Taken> {
        self.taken.get(usize::try_from(id).ok()?.checked_sub(1)?)
    }

    /// The newest batch and all before it, newest first.
    pub(crate) fn line(&self) -> Vec<&Taken> {
        let mut line = Vec::new();
        let mut id = self.newest;
        while let Some(batch) = self.batch(id) {
            line.push(batch);
            id = batch.parent_id;
        }
        line
    }

    /// Takes a batch in an L1 block of `slot`, or says why not. `canonical` knows L1's block hashes up to the parent.
    pub(crate) fn post(
        &mut self,
        rules: &Rules,
        posting: &Posting,
        slot: u64,
        canonical: impl Fn(u64) -> Option<B256>,
        l1_number: u64,
    ) -> Result<Taken, String> {
        let batch = &posting.batch;
        if posting.slot != slot {
            return Err(format!("WrongSlot: for {}, this is {slot}", posting.slot));
        }
        self.check_place(rules, posting, slot)?;
        let (origin, hash) = (batch.lastOriginNumber, batch.lastOriginHash);
        if origin >= l1_number || canonical(origin) != Some(hash) {
            return Err(format!("its last origin {origin} is not canonical"));
        }
        let gateway = owner_of(rules, posting, slot)?;
        let signer = committer(rules, gateway)?;
        check_signature(rules, signer, batch.eip712_hash_struct(), posting.signature)?;
        let base = &posting.base.0;
        let base_hash = base.eip712_hash_struct();
        match self.bases.get(&batch.window) {
            Some(known) if *known == batch.base => {}
            Some(_) => return Err("SecondBase".into()),
            None => {
                if base_hash != batch.base || base.window != batch.window {
                    return Err("WrongBase".into());
                }
                check_signature(rules, signer, base_hash, posting.base.1)?;
                self.bases.insert(batch.window, base_hash);
            }
        }
        let id = u32::try_from(self.taken.len())
            .unwrap_or(u32::MAX)
            .saturating_add(1);
        let taken = Taken {
            id,
            parent_id: posting.parent.0,
            gateway,
            slot,
            batch: batch.clone(),
            hash: batch.eip712_hash_struct(),
        };
        self.taken.push(taken.clone());
        self.newest = id;
        Ok(taken)
    }

    fn check_place(&self, rules: &Rules, posting: &Posting, slot: u64) -> Result<(), String> {
        let batch = &posting.batch;
        let (parent_id, disputes) = posting.parent;
        match disputes {
            None if parent_id != self.newest => {
                return Err(format!(
                    "the newest batch is {}, not {parent_id}",
                    self.newest
                ));
            }
            Some(disputed) => {
                let mut newest_first = self.taken.iter().rev();
                let child = newest_first.find(|taken| taken.parent_id == parent_id);
                if child.map(|taken| taken.id) != Some(disputed) {
                    return Err("AnotherChild".into());
                }
            }
            None => {}
        }
        let parent = self.batch(parent_id);
        let parent_hash = parent.map_or(B256::ZERO, |parent| parent.hash);
        if batch.parentBatch != parent_hash {
            return Err("NotTheParent".into());
        }
        if batch.firstBlock > batch.lastBlock {
            return Err("EmptyRange".into());
        }
        let next = parent.map_or(0, |p| p.batch.lastBlock).saturating_add(1);
        if batch.firstBlock < next {
            return Err(format!("WrongFirstBlock: {next} expected"));
        }
        if batch.firstBlock > next {
            let youngest = rules
                .facts
                .turns
                .posting_slot_of(batch.firstBlock.saturating_sub(1))
                .saturating_add(rules.facts.sequencing_window_slots);
            return if slot < youngest {
                Err(format!("GapTooYoung: not before slot {youngest}"))
            } else {
                Ok(())
            };
        }
        let known = parent.map_or(rules.facts.genesis_hash, |p| p.batch.lastBlockHash);
        if batch.parentBlockHash != known {
            return Err("WrongParentBlockHash".into());
        }
        Ok(())
    }
}

fn committer(rules: &Rules, gateway: u32) -> Result<Address, String> {
    usize::try_from(gateway)
        .ok()
        .and_then(|number| number.checked_sub(1))
        .and_then(|index| rules.committers.get(index).copied())
        .ok_or_else(|| format!("gateway {gateway} is not known"))
}

fn check_signature(
    rules: &Rules,
    signer: Address,
    hash: B256,
    signature: Signature,
) -> Result<(), String> {
    let digest = forebond_types::Domain::digest_of(rules.facts.separator, hash);
    match signature.recover(digest) {
        Ok(found) if found == signer => Ok(()),
        other => Err(format!("signed by {other:?}, {signer} expected")),
    }
}

/// The gateway whose signature the batch needs: the slot's owner, or by its permit that of an earlier window (R5).
fn owner_of(rules: &Rules, posting: &Posting, slot: u64) -> Result<u32, String> {
    let batch = &posting.batch;
    let present = rules.windows.at(slot).ok_or("LookaheadUnknown")?;
    let window = if batch.window == present.last_slot {
        present
    } else {
        let Some((permit, signature)) = &posting.permit else {
            return Err(format!(
                "WrongWindow: {} in {}",
                batch.window, present.last_slot
            ));
        };
        let last = batch
            .window
            .saturating_add(rules.facts.sequencing_window_slots);
        if batch.window > present.last_slot || present.last_slot > last {
            return Err("PermitTooLate".into());
        }
        if permit.window != present.last_slot || batch.lastBlock > permit.parentBlock {
            return Err("BlockAfterPermit".into());
        }
        let owner = committer(rules, present.gateway)?;
        check_signature(rules, owner, permit.eip712_hash_struct(), *signature)?;
        rules.windows.window(batch.window).ok_or("WrongWindow")?
    };
    let ends = Window {
        first_slot: window.last_slot,
        ..window
    };
    let last = rules.facts.turns.blocks_of(&ends).last;
    if batch.lastBlock > last {
        return Err(format!("BlockAfterTurn: {last}"));
    }
    Ok(window.gateway)
}
