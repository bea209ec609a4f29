//! The invariants, by name. Each is asked after every step that can break it.

use super::{
    l1::SimL1,
    process::{Life, Node},
};
use alloy_primitives::{Address, B256, keccak256};
use alloy_sol_types::SolStruct;
use forebond_ledger::{chain::SealedBlock, promise::PublishedFrag};
use forebond_protocol::{Signed, fork};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// An invariant's name, and what contradicts it.
pub(crate) type Broken = (&'static str, String);

/// What moved a process in a step.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cause {
    /// L1, or blobs of it: blocks may follow from L1 that were not here.
    pub(crate) l1: bool,
    /// L1 took a block back.
    pub(crate) reorg: bool,
    /// It began anew.
    pub(crate) start: bool,
}

#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    safe: u64,
    latest: u64,
    /// Window of the base of the newest sealed block.
    window: u64,
    /// Newest window whose base was heard or signed.
    heard: u64,
}

/// Everything that was signed and delivered.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    bases: BTreeMap<(Address, u64), Signed>,
    signed: BTreeMap<(Address, B256), Vec<Signed>>,
    /// By block.
    pub(crate) promised: BTreeMap<u64, Vec<(Address, Arc<PublishedFrag>)>>,
    /// What the observer has shown, by frag.
    accepted: BTreeMap<B256, Arc<PublishedFrag>>,
    /// Safe head by L1 block.
    derived: BTreeMap<B256, (u64, B256)>,
    seen: BTreeMap<usize, Seen>,
    pub(crate) progress_ms: u64,
    newest_safe: u64,
}

/// How a promise ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Kept,
    Unkept,
    Lie,
}

fn base_of(message: &Signed) -> B256 {
    match message {
        Signed::Base(base) => base.eip712_hash_struct(),
        Signed::Frag(frag) => frag.base,
        Signed::Seal(seal) => seal.base,
    }
}

fn keeps(block: &SealedBlock, frag: &PublishedFrag, place: usize) -> bool {
    let Some(promised) = frag.transactions.get(place) else {
        return false;
    };
    let index = u32::try_from(promised.leaf.index).unwrap_or(u32::MAX);
    block.transaction(index).is_some_and(|tx| {
        tx.leaf.tx_hash == promised.leaf.tx_hash
            && keccak256(&tx.receipt_bytes) == promised.leaf.receipt_hash
    })
}

impl Watch {
    /// `no_position_signed_twice`: nothing signed contradicts anything signed before, published or not.
    pub(crate) fn signed(&mut self, signer: Address, message: Signed) -> Result<(), Broken> {
        let contradiction = |known: &Signed| {
            fork(known, &message).map(|kind| {
                (
                    "no_position_signed_twice",
                    format!("{signer} signed {kind:?}: {known:?} and {message:?}"),
                )
            })
        };
        if let Signed::Base(base) = &message {
            if let Some(broken) = self
                .bases
                .get(&(signer, base.window))
                .and_then(contradiction)
            {
                return Err(broken);
            }
            self.bases.insert((signer, base.window), message.clone());
        }
        let row = self.signed.entry((signer, base_of(&message))).or_default();
        if let Some(broken) = row.iter().find_map(contradiction) {
            return Err(broken);
        }
        row.push(message);
        Ok(())
    }

    /// A base came to a process, or from it.
    pub(crate) fn heard_base(&mut self, node: usize, window: u64) {
        let seen = self.seen.entry(node).or_default();
        seen.heard = seen.heard.max(window);
    }

    /// `heads_move_back_only_by_l1_reorg_or_later_base` and `followers_agree_with_derivation`.
    pub(crate) fn heads(&mut self, index: usize, node: &Node, cause: Cause) -> Result<(), Broken> {
        let Some(life) = &node.life else {
            return Ok(());
        };
        let safe = life.follower.derived_head();
        let view = life.follower.reader().board.view();
        let latest = view.latest.number();
        let window = view.latest.base().map_or(0, |base| base.base.window);
        let before = *self.seen.entry(index).or_default();
        if !cause.start {
            if safe.number < before.safe && !cause.reorg {
                return Err((
                    "heads_move_back_only_by_l1_reorg_or_later_base",
                    format!("safe of {index} from {} to {}", before.safe, safe.number),
                ));
            }
            let excused = cause.l1 || before.heard > before.window;
            if latest < before.latest && !excused {
                return Err((
                    "heads_move_back_only_by_l1_reorg_or_later_base",
                    format!(
                        "latest of {index} from {} (window {}) to {latest}, newest base heard {}",
                        before.latest, before.window, before.heard
                    ),
                ));
            }
        }
        self.seen.insert(
            index,
            Seen {
                safe: safe.number,
                latest,
                window,
                heard: before.heard,
            },
        );
        let l1 = life.follower.origins().newest();
        if let Some(l1) = l1.filter(|_| life.follower.l1_backlog() == 0) {
            let known = *self
                .derived
                .entry(l1.at.hash)
                .or_insert((safe.number, safe.hash));
            if known != (safe.number, safe.hash) {
                return Err((
                    "followers_agree_with_derivation",
                    format!(
                        "after L1 block {} node {index} has block {} {}, another had {known:?}",
                        l1.at.number, safe.number, safe.hash
                    ),
                ));
            }
        }
        Ok(())
    }

    /// Remembers what the observer shows.
    pub(crate) fn observe(&mut self, life: &Life, latest_before: u64) -> eyre::Result<()> {
        let reader = life.follower.reader();
        let view = reader.board.view();
        for number in latest_before.saturating_add(1)..=view.latest.number() {
            if let Some(block) = reader.sealed(number).map_err(|e| eyre::eyre!("{e}"))? {
                for frag in block.frags() {
                    self.accepted.insert(frag.hash, frag.clone());
                }
            }
        }
        for frag in view.unsealed.iter().flat_map(|block| block.frags.iter()) {
            self.accepted
                .entry(frag.hash)
                .or_insert_with(|| frag.clone());
        }
        Ok(())
    }

    /// `never_halts_while_one_gateway_and_l1_live`: what follows from L1 grows.
    pub(crate) fn progress(
        &mut self,
        safe: u64,
        now_ms: u64,
        well_since_ms: u64,
        limit_ms: u64,
    ) -> Result<(), Broken> {
        if safe > self.newest_safe {
            self.newest_safe = safe;
            self.progress_ms = now_ms;
        }
        let since_ms = self.progress_ms.max(well_since_ms);
        if now_ms > since_ms.saturating_add(limit_ms) {
            return Err((
                "never_halts_while_one_gateway_and_l1_live",
                format!(
                    "safe head {safe} for {} s",
                    now_ms.saturating_sub(since_ms) / 1000
                ),
            ));
        }
        Ok(())
    }

    /// `every_delivered_promise_is_in_the_chain_or_judged` and `no_honest_gateway_commits_a_safety_fault`, over the blocks that
    /// follow from L1. Gives promises and how many of them are not kept.
    pub(crate) fn judge(
        &self,
        deriver: &Life,
        observer: &Life,
        l1: &SimL1,
    ) -> eyre::Result<Result<(usize, usize), Broken>> {
        let safe = deriver.follower.derived_head().number;
        let void: BTreeSet<u32> = deriver.follower.void_batches().into_iter().collect();
        if let Some(id) = void.first() {
            let name = "no_honest_gateway_commits_a_safety_fault";
            return Ok(Err((name, format!("batch {id} is void: a false claim"))));
        }
        let line = l1.head().map(|entry| entry.inbox.line());
        let batches: Vec<_> = line
            .into_iter()
            .flatten()
            .filter(|batch| !void.contains(&batch.id))
            .collect();
        let (mut count, mut unkept) = (0usize, 0usize);
        for (number, frags) in self.promised.range(..=safe) {
            let Some(block) = sealed(deriver, *number)? else {
                continue;
            };
            let base = batches
                .iter()
                .find(|b| b.batch.firstBlock <= *number && *number <= b.batch.lastBlock)
                .map(|b| b.batch.base);
            for (signer, frag) in frags {
                for place in 0..frag.transactions.len() {
                    count = count.saturating_add(1);
                    let end = match keeps(&block, frag, place) {
                        true => End::Kept,
                        false if base == Some(frag.base.hash) => End::Lie,
                        false => End::Unkept,
                    };
                    match end {
                        End::Kept => {}
                        End::Unkept => unkept = unkept.saturating_add(1),
                        End::Lie => {
                            return Ok(Err((
                                "no_honest_gateway_commits_a_safety_fault",
                                format!(
                                    "{signer} lied in block {number}, frag {}, place {place}",
                                    frag.frag.sequence
                                ),
                            )));
                        }
                    }
                }
            }
        }
        if let Some(broken) = self.own_batches(deriver, &batches)? {
            return Ok(Err(broken));
        }
        if let Some(broken) = self.reported(observer)? {
            return Ok(Err(broken));
        }
        Ok(Ok((count, unkept)))
    }

    /// Seals and bases that a gateway's own batches contradict: fork (g), brokenBase.
    fn own_batches(
        &self,
        deriver: &Life,
        batches: &[&super::inbox::Taken],
    ) -> eyre::Result<Option<Broken>> {
        let name = "no_honest_gateway_commits_a_safety_fault";
        for taken in batches {
            let (first, last) = (taken.batch.firstBlock, taken.batch.lastBlock);
            let rows = self
                .signed
                .iter()
                .filter(|((_, b), _)| *b == taken.batch.base);
            for message in rows.flat_map(|(_, row)| row.iter()) {
                let (number, hash, ends) = match message {
                    Signed::Base(base) => (base.parentBlock, base.parentBlockHash, false),
                    Signed::Seal(seal) => (seal.blockNumber, seal.blockHash, seal.endOfWindow),
                    Signed::Frag(_) => continue,
                };
                if ends && last > number {
                    let words = format!("batch {} reaches beyond its end seal", taken.id);
                    return Ok(Some((name, words)));
                }
                if number.saturating_add(1) < first || number > last {
                    continue;
                }
                let Some(block) = sealed(deriver, number)? else {
                    continue;
                };
                if block.hash != hash {
                    let words = format!("batch {} contradicts {message:?}", taken.id);
                    return Ok(Some((name, words)));
                }
            }
        }
        Ok(None)
    }

    /// What the observer has shown and its chain has not, it has reported.
    fn reported(&self, observer: &Life) -> eyre::Result<Option<Broken>> {
        let safe = observer.follower.derived_head().number;
        let reports: BTreeSet<(B256, u64, B256)> = observer
            .follower
            .standing()
            .broken(0)
            .into_iter()
            .map(|broken| (broken.tx_hash, broken.block, broken.base))
            .collect();
        for frag in self.accepted.values() {
            let number = frag.frag.blockNumber;
            if number > safe {
                continue;
            }
            let Some(block) = sealed(observer, number)? else {
                continue;
            };
            for (place, promised) in frag.transactions.iter().enumerate() {
                let report = (promised.leaf.tx_hash, number, frag.base.hash);
                if !promised.tx.is_deposit()
                    && !keeps(&block, frag, place)
                    && !reports.contains(&report)
                {
                    return Ok(Some((
                        "every_delivered_promise_is_in_the_chain_or_judged",
                        format!(
                            "the observer showed transaction {} at {number}:{} under {}, its chain has another, and it says nothing",
                            promised.leaf.tx_hash, promised.leaf.index, frag.base.hash
                        ),
                    )));
                }
            }
        }
        Ok(None)
    }
}

pub(crate) fn sealed(life: &Life, number: u64) -> eyre::Result<Option<Arc<SealedBlock>>> {
    life.follower
        .reader()
        .sealed(number)
        .map_err(|error| eyre::eyre!("{error}"))
}
