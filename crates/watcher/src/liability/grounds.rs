use alloy_primitives::{Address, B256};
use forebond_evidence::{
    Accused, Attested,
    faults::excuse::{Ground, On},
};
use forebond_types::{Base, Seal};

use super::Announced;
use crate::{hearing::Desk, settled::Batches};

/// What a base may rest on: the seal that it names, as it was heard or as a verdict shows it, or the batches that end in its parent.
pub(super) fn grounds(
    desk: &Desk,
    batches: &Batches,
    announced: &Announced,
    accused: &Accused,
) -> Vec<Ground> {
    let base = accused.base();
    if base.parentSeal == B256::ZERO {
        return posted(desk, batches, accused.rollup(), base);
    }
    let is_parent = |seal: &Attested<Seal>| {
        let message = &seal.message;
        // The hash last: it is the dearest.
        message.endOfWindow
            && (message.blockNumber, message.blockHash) == (base.parentBlock, base.parentBlockHash)
            && seal.struct_hash() == base.parentSeal
    };
    let mut found: Vec<Ground> = desk.dockets(|docket| {
        let seal = docket.chain().seals().find(|seal| is_parent(seal))?;
        Some(Ground {
            before: docket.accused().clone(),
            on: On::Seal(seal.clone()),
        })
    });
    // Of two seals that contradict each other only the first is kept; the verdict has both.
    for brought in announced.verdicts().filter_map(|one| one.evidence()) {
        let seal = brought.seals.iter().find(|seal| is_parent(seal));
        found.extend(seal.map(|seal| Ground {
            before: brought.accused.clone(),
            on: On::Seal(seal.clone()),
        }));
    }
    found
}

fn posted(desk: &Desk, batches: &Batches, rollup: Address, base: &Base) -> Vec<Ground> {
    let parents = batches.around(base.parentBlock).filter(|posted| {
        let batch = &posted.batch;
        (batch.lastBlock, batch.lastBlockHash) == (base.parentBlock, base.parentBlockHash)
    });
    parents
        .filter_map(|posted| {
            let before = desk.base(&posted.batch.base)?;
            let set = desk.set_of(posted.gateway, before.window)?;
            Some(Ground {
                before: Accused::new(rollup, posted.gateway, set, before),
                on: On::Batch(posted.id, posted.batch.clone()),
            })
        })
        .collect()
}
