//! How each misdeed is done, in its window.

use alloy_eips::eip4844::Blob;
use alloy_primitives::keccak256;
use eyre::{Result, bail, ensure, eyre};
use forebond_batcher::{
    pack::pack,
    source::{BlockSource, SignedBase, SourceBlock},
};
use forebond_types::{Envelope, FragEnvelope, Preconfirmation, SealEnvelope};
use serde_json::json;

use super::{
    Misdeed,
    culprit::{Around, Culprit},
    hands::Order,
    letters::{contradiction, frag_json, seal_json},
    posting::{Posting, newest, post},
    scratch::{Original, Replay},
    tampering::{Tampering, tamper},
};
use crate::rpc::hex;

/// Between two looks for something to do wrong.
const LOOK: std::time::Duration = std::time::Duration::from_millis(150);
/// Blocks in one answer of a gateway, at most.
const BLOCKS_AT_A_TIME: u64 = 64;
/// Blocks at a turn's end that are withheld.
const WITHHELD_BLOCKS: u64 = 3;
/// Promises that users complain about, at most: each case is two transactions of a watcher.
const MOST_COMPLAINTS: usize = 6;

/// Does it; returns when there is nothing left to do.
///
/// # Errors
/// When it could not be done: the window did not offer what it needs.
pub(super) async fn commit(around: &Around, culprit: &Culprit, misdeed: Misdeed) -> Result<()> {
    if !misdeed.stops_batcher() {
        return match misdeed {
            Misdeed::FalseEnd => false_end(around, culprit).await,
            _ => equivocate(around, culprit).await,
        };
    }
    let window = culprit.window;
    let replay = match misdeed {
        Misdeed::Omit | Misdeed::Reorder => Some(prepared(around, culprit).await?),
        _ => None,
    };
    let hands = &around.hands;
    if misdeed == Misdeed::Withhold {
        // The turn may be over before its window begins.
        let (paused, cut) = tokio::join!(pause(around, culprit), withhold(around, culprit));
        paused.and(cut)?;
    } else {
        pause(around, culprit).await?;
    }
    let done = match misdeed {
        Misdeed::FalseClaim => false_claim(around, culprit).await,
        Misdeed::BrokenBase => broken_base(around, culprit).await,
        _ => match replay {
            Some(replay) => lie(around, culprit, tampering(misdeed), replay).await,
            None => Ok(()),
        },
    };
    // The same blocks again, with their data: whoever only compares claims with the chain finds the false one true.
    if misdeed != Misdeed::FalseClaim {
        around.until(window.last_slot.saturating_add(1), 500).await;
    }
    hands.order(Order::GoOn(culprit.batcher.clone())).await?;
    done?;
    if misdeed == Misdeed::Withhold {
        hands.order(Order::Mend(culprit.place)).await?;
        complain_of_what_was_withheld(around, culprit).await?;
    }
    Ok(())
}

/// Stops the batcher before it can send anything for the window's first slot, which it does as soon as the block before is known.
async fn pause(around: &Around, culprit: &Culprit) -> Result<()> {
    let before = culprit.window.first_slot.saturating_sub(2);
    around.until(before, 500).await;
    let batcher = culprit.batcher.clone();
    around.hands.order(Order::Pause(batcher)).await
}

const fn tampering(misdeed: Misdeed) -> Tampering {
    match misdeed {
        Misdeed::Reorder => Tampering::Swap,
        _ => Tampering::Omit,
    }
}

/// Executes beforehand what is on L1 already: in the window there is no time for it.
async fn prepared(around: &Around, culprit: &Culprit) -> Result<Replay> {
    let folder = around
        .folder
        .join(format!("replay-{}", culprit.window.last_slot));
    let mut replay = Replay::start(around.beginning.clone(), folder)?;
    let posted = newest(around).await?.last_block;
    keep_posted(around, culprit, &mut replay, posted).await?;
    Ok(replay)
}

/// One user is shown another receipt than everybody else.
async fn equivocate(around: &Around, culprit: &Culprit) -> Result<()> {
    let last = culprit.blocks(&around.clock).last;
    let object = a_promise(around, culprit, last).await?;
    let twin = culprit.pen.contradict(&object)?;
    around.complain(&json!(twin)).await
}

/// The turn is said to be over in its middle.
async fn false_end(around: &Around, culprit: &Culprit) -> Result<()> {
    let last = culprit.blocks(&around.clock).last;
    let object = a_promise(around, culprit, last.saturating_sub(1)).await?;
    let block = object.frag.block_number;
    // The block behind it is sealed, too: its frags are in the answer.
    around.until_block(block.saturating_add(2), 500).await;
    let (seal, later) = seal_and_later_frag(culprit, block).await?;
    let (end, signature) = culprit.pen.false_end(&seal.seal);
    let complaint = contradiction(
        seal_json(&end, &signature),
        frag_json(&later.frag, &later.signature),
    );
    around.complain(&complaint).await
}

/// The batch holds other transactions than were promised, and derives.
async fn lie(around: &Around, culprit: &Culprit, how: Tampering, mut replay: Replay) -> Result<()> {
    let last_slot = culprit.post_until;
    let mut slot = culprit.window.first_slot;
    // The window before may still bring a batch, up to its last block.
    around.until(slot.saturating_sub(1), 200).await;
    loop {
        let parent = newest(around).await?;
        keep_posted(around, culprit, &mut replay, parent.last_block).await?;
        if let Some(altered) =
            altered_blocks(around, culprit, parent.last_block, how, &replay).await?
        {
            let packed = pack(&altered)?;
            let posting = Posting {
                blobs: packed.blobs.clone(),
                packed,
                base: base(culprit).await?,
                parent,
                slots: (slot, last_slot),
            };
            let posted = post(around, culprit, posting).await;
            let is_overtaken = posted.is_err() && newest(around).await?.hash != parent.hash;
            if !is_overtaken || slot >= last_slot {
                return posted;
            }
        }
        ensure!(
            slot < last_slot,
            "no promised transactions to tamper with before slot {last_slot}"
        );
        around.until(slot, 300).await;
        slot = slot.saturating_add(1);
    }
}

async fn keep_posted(
    around: &Around,
    culprit: &Culprit,
    replay: &mut Replay,
    number: u64,
) -> Result<()> {
    let facts = &around.beginning.l1;
    replay.keep(&culprit.rpc, &around.l1, facts, number).await
}

/// The blocks behind `posted` up to the newest one, tampered with where the culprit wrote them; nothing when there is nothing to
/// tamper with yet.
async fn altered_blocks(
    around: &Around,
    culprit: &Culprit,
    posted: u64,
    how: Tampering,
    replay: &Replay,
) -> Result<Option<Vec<SourceBlock>>> {
    let turn = culprit.blocks(&around.clock);
    let sealed = blocks(culprit, posted.saturating_add(1), turn.last).await?;
    let own_from = base(culprit).await?.base.parentBlock;
    let Some(first) = sealed.iter().position(|block| block.number > own_from) else {
        return Ok(None);
    };
    let facts = &around.beginning.l1;
    let mut originals = Vec::with_capacity(sealed.len());
    for block in &sealed {
        originals.push(Original::of(&culprit.rpc, &around.l1, facts, block.number).await?);
    }
    let mut placed: Vec<_> = originals
        .iter()
        .map(|block| block.transactions.clone())
        .collect();
    let Some(at) = tamper(&mut placed, first, how) else {
        return Ok(None);
    };
    let made = replay.alter(originals, placed).await?;
    let hash = |blocks: &[SourceBlock]| blocks.get(at).map(|block| block.hash);
    ensure!(hash(&made) != hash(&sealed), "the block is as promised");
    let signed = made
        .into_iter()
        .zip(&sealed)
        .map(|(made, block)| SourceBlock {
            base: block.base,
            last_frag: block.last_frag,
            ..made
        });
    Ok(Some(signed.collect()))
}

/// The claim is true, and the blobs hold something else.
async fn false_claim(around: &Around, culprit: &Culprit) -> Result<()> {
    let (sealed, base, parent) = whole_turn(around, culprit).await?;
    let packed = pack(&sealed)?;
    let noise = keccak256(packed.hashes.concat());
    let mut blob = Box::new(Blob::ZERO);
    // A field element's first byte is zero.
    for (place, byte) in noise.iter().take(31).enumerate() {
        if let Some(target) = blob.get_mut(place + 1) {
            *target = *byte;
        }
    }
    let last = culprit.window.last_slot;
    let posting = Posting {
        packed,
        blobs: vec![blob],
        base,
        parent,
        slots: (last, last),
    };
    post(around, culprit, posting).await
}

/// The true blocks under a base that names another parent.
async fn broken_base(around: &Around, culprit: &Culprit) -> Result<()> {
    let (sealed, base, parent) = whole_turn(around, culprit).await?;
    let (broken, signature) = culprit.pen.broken_base(&base.base);
    let packed = pack(&sealed)?;
    let last = culprit.window.last_slot;
    let posting = Posting {
        blobs: packed.blobs.clone(),
        packed,
        base: SignedBase {
            base: broken,
            signature,
        },
        parent,
        slots: (last, last),
    };
    post(around, culprit, posting).await
}

/// What the gateway promises at its turn's end nobody but its users hears.
async fn withhold(around: &Around, culprit: &Culprit) -> Result<()> {
    let turn = culprit.blocks(&around.clock);
    let first_hidden = first_withheld(turn.first, turn.last);
    around
        .until_block(first_hidden.saturating_sub(1), 900)
        .await;
    around.hands.order(Order::Cut(culprit.place)).await
}

fn first_withheld(first: u64, last: u64) -> u64 {
    let at_least = first.saturating_add(1);
    last.saturating_add(1)
        .saturating_sub(WITHHELD_BLOCKS)
        .max(at_least)
}

async fn complain_of_what_was_withheld(around: &Around, culprit: &Culprit) -> Result<()> {
    let turn = culprit.blocks(&around.clock);
    let hidden = first_withheld(turn.first, turn.last);
    let promised: Vec<Preconfirmation> = around
        .held
        .of_window(&culprit.window)
        .into_iter()
        .filter(|object| object.frag.block_number >= hidden)
        .collect();
    ensure!(
        !promised.is_empty(),
        "no user got a promise while the gateway withheld its blocks"
    );
    // What was on its way when the road was cut may have arrived; the last ones have not.
    for object in promised.iter().rev().take(MOST_COMPLAINTS) {
        around.complain(&json!(object)).await?;
    }
    Ok(())
}

/// Every block that is not on L1 up to the turn's end, right before the window's last slot.
async fn whole_turn(
    around: &Around,
    culprit: &Culprit,
) -> Result<(
    Vec<SourceBlock>,
    SignedBase,
    forebond_batcher::plan::Ancestor,
)> {
    around
        .until(culprit.window.last_slot.saturating_sub(1), 350)
        .await;
    let turn = culprit.blocks(&around.clock);
    let parent = newest(around).await?;
    let sealed = blocks(culprit, parent.last_block.saturating_add(1), turn.last).await?;
    ensure!(!sealed.is_empty(), "there are no blocks to post");
    Ok((sealed, base(culprit).await?, parent))
}

/// The gateway's sealed blocks in a range, as far as there are any.
async fn blocks(culprit: &Culprit, first: u64, last: u64) -> Result<Vec<SourceBlock>> {
    let mut found: Vec<SourceBlock> = Vec::new();
    while let Some(from) = first
        .checked_add(found.len() as u64)
        .filter(|from| *from <= last)
    {
        let wanted = (last - from).saturating_add(1).min(BLOCKS_AT_A_TIME);
        let more = culprit.source.blocks(from, wanted).await?;
        if more.is_empty() {
            break;
        }
        found.extend(more);
    }
    Ok(found)
}

async fn base(culprit: &Culprit) -> Result<SignedBase> {
    let base = culprit.source.base(culprit.window.last_slot).await?;
    base.ok_or_else(|| eyre!("the gateway has signed no base for its window"))
}

/// A user's promise of the culprit's turn, as soon as there is one of block `last` or an earlier one.
async fn a_promise(around: &Around, culprit: &Culprit, last: u64) -> Result<Preconfirmation> {
    let turn = culprit.blocks(&around.clock);
    loop {
        let held = around.held.of_window(&culprit.window);
        let early = held
            .into_iter()
            .find(|object| object.frag.block_number <= last);
        if let Some(object) = early {
            return Ok(object);
        }
        let over_s = around.clock.blocks.timestamp_s(turn.last.saturating_add(2));
        if forebond_runtime::now_ms() > over_s.saturating_mul(1000) {
            bail!("no user got a promise in the window");
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// The seal of a block, and a frag of the same turn behind it.
async fn seal_and_later_frag(
    culprit: &Culprit,
    block: u64,
) -> Result<(SealEnvelope, FragEnvelope)> {
    let raw: Vec<alloy_primitives::Bytes> = culprit
        .rpc
        .ask("forebond_getEnvelopes", json!([hex(block), hex(2)]))
        .await?;
    let (mut seal, mut later) = (None, None);
    for bytes in raw {
        match Envelope::decode(&bytes)? {
            Envelope::Seal(one) if one.seal.blockNumber == block && !one.seal.endOfWindow => {
                seal = Some(one);
            }
            Envelope::Frag(one) if one.frag.blockNumber > block => later = Some(one),
            _ => {}
        }
    }
    match (seal, later) {
        (Some(seal), Some(later)) if seal.seal.base == later.frag.base => Ok((seal, later)),
        _ => bail!("the turn ended with block {block}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_is_withheld_from_near_its_end_on_and_never_whole() {
        assert_eq!(first_withheld(10, 19), 17);
        assert_eq!(first_withheld(10, 11), 11);
    }
}
