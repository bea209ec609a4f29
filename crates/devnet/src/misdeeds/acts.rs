//! How each misdeed is done, in its window.

use alloy_eips::eip4844::Blob;
use alloy_primitives::keccak256;
use eyre::{Result, bail, ensure, eyre};
use forebond_batcher::{
    pack::{Packed, pack},
    plan::Ancestor,
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
    let plot = match (misdeed, replay) {
        (Misdeed::FalseClaim, _) => Some(Plot::Noise),
        (Misdeed::BrokenBase, _) => Some(Plot::BrokenBase),
        (_, Some(replay)) => Some(Plot::Altered(tampering(misdeed), Box::new(replay))),
        (_, None) => None,
    };
    let done = match plot {
        Some(plot) => carry_out(around, culprit, plot).await,
        None => Ok(()),
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

/// What a claim says, what its blobs hold, and the base it names.
type Content = (Packed, Vec<Box<Blob>>, SignedBase);

/// What is posted in place of the true batch.
enum Plot {
    /// Other transactions than were promised; it derives.
    Altered(Tampering, Box<Replay>),
    /// The claim is true, and the blobs hold something else.
    Noise,
    /// The true blocks under a base that names another parent.
    BrokenBase,
}

impl Plot {
    /// First and last slot to post in. Who takes back its own blocks does it early; else the turn is over before.
    fn slots(&self, around: &Around, culprit: &Culprit) -> (u64, u64) {
        let window = culprit.window;
        match self {
            Self::Altered(..) => (window.first_slot, culprit.post_until),
            Self::Noise | Self::BrokenBase => {
                let after = culprit.blocks(&around.clock).last.saturating_add(1);
                let over_s = around.clock.blocks.timestamp_s(after);
                let next = around.clock.slots.slot_at_s(over_s).saturating_add(1);
                (
                    next.clamp(window.first_slot, window.last_slot),
                    window.last_slot,
                )
            }
        }
    }

    /// Makes it stand on `parent`; nothing when there is nothing to post yet.
    async fn on(
        &mut self,
        around: &Around,
        culprit: &Culprit,
        parent: Ancestor,
    ) -> Result<Option<Content>> {
        let posted = parent.last_block;
        let blocks = if let Self::Altered(how, replay) = self {
            keep_posted(around, culprit, replay, posted).await?;
            let altered = altered_blocks(around, culprit, posted, *how, replay).await?;
            altered.unwrap_or_default()
        } else {
            let last = culprit.blocks(&around.clock).last;
            blocks(culprit, posted.saturating_add(1), last).await?
        };
        if blocks.is_empty() {
            return Ok(None);
        }
        let packed = pack(&blocks)?;
        let base = base(culprit).await?;
        Ok(Some(match self {
            Self::Altered(..) => (packed.clone(), packed.blobs, base),
            Self::Noise => {
                let noise = noise(&packed);
                (packed, vec![noise], base)
            }
            Self::BrokenBase => {
                let (base, signature) = culprit.pen.broken_base(&base.base);
                (packed.clone(), packed.blobs, SignedBase { base, signature })
            }
        }))
    }
}

fn noise(packed: &Packed) -> Box<Blob> {
    let noise = keccak256(packed.hashes.concat());
    let mut blob = Box::new(Blob::ZERO);
    // A field element's first byte is zero.
    for (place, byte) in noise.iter().take(31).enumerate() {
        if let Some(target) = blob.get_mut(place + 1) {
            *target = *byte;
        }
    }
    blob
}

/// Posts on the Inbox's newest batch: again when somebody else's batch was faster, later when there is nothing to post yet.
async fn carry_out(around: &Around, culprit: &Culprit, mut plot: Plot) -> Result<()> {
    let (first_slot, last_slot) = plot.slots(around, culprit);
    for slot in first_slot..=last_slot {
        // The block before may still bring a batch.
        around.until(slot.saturating_sub(1), 250).await;
        let parent = newest(around).await?;
        let Some((packed, blobs, base)) = plot.on(around, culprit, parent).await? else {
            continue;
        };
        let posting = Posting {
            packed,
            blobs,
            base,
            parent,
            slots: (slot, last_slot),
        };
        let posted = post(around, culprit, posting).await;
        let is_overtaken = posted.is_err() && newest(around).await?.hash != parent.hash;
        if !is_overtaken || slot == last_slot {
            return posted;
        }
    }
    bail!("there was nothing to post in the slots {first_slot} to {last_slot}")
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
