//! Whose base fell: what it was signed on is not what the Inbox holds, so its blocks could not be posted. Such a gateway is not
//! accused of being late; whoever took the ground away answers (R5).

use alloy_primitives::B256;
use forebond_types::Base;

use crate::docket::Standing;

/// A batch that somebody else than the base's signer had posted when the window was over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Earlier {
    /// Who signed it.
    pub gateway: u32,
    /// How it stands now.
    pub standing: Standing,
    /// Its first block.
    pub first_block: u64,
    /// Its last block.
    pub last_block: u64,
    /// Hash of the block before the first.
    pub parent_hash: B256,
    /// Hash of the last block.
    pub last_hash: B256,
}

/// The predecessor whose end-of-window seal the base names, where it was heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Predecessor {
    /// Who sealed.
    pub gateway: u32,
    /// Blocks it sealed under the same base, with their hashes.
    pub sealed: Vec<(u64, B256)>,
}

/// Whether the Inbox contradicts what `base` was signed on. A base on nothing that anybody signed or posted cannot fall: that is its
/// signer's own risk.
pub fn has_fallen(base: &Base, before: Option<&Predecessor>, earlier: &[Earlier]) -> bool {
    if base.parentSeal == B256::ZERO {
        return batch_fell(base, earlier);
    }
    earlier
        .iter()
        .filter(|batch| counts(batch.standing))
        .any(|batch| {
            let another =
                at(batch, base.parentBlock).is_some_and(|hash| hash != base.parentBlockHash);
            another || before.is_some_and(|before| contradicts(base, before, batch))
        })
}

/// Grade posted: the batch that ended in the parent is gone, and no other one ends there.
fn batch_fell(base: &Base, earlier: &[Earlier]) -> bool {
    let parent = |batch: &&Earlier| {
        (batch.last_block, batch.last_hash) == (base.parentBlock, base.parentBlockHash)
    };
    let mut parents = earlier.iter().filter(parent).peekable();
    parents.peek().is_some() && parents.all(|batch| !counts(batch.standing))
}

/// The sealer's own batch goes on behind its end, or ends in another block than it sealed there.
fn contradicts(base: &Base, before: &Predecessor, batch: &Earlier) -> bool {
    let goes_on = batch.first_block <= base.parentBlock && batch.last_block > base.parentBlock;
    let another = before
        .sealed
        .iter()
        .any(|(number, sealed)| *number == batch.last_block && *sealed != batch.last_hash);
    batch.gateway == before.gateway && (goes_on || another)
}

/// The hash that a batch's claim shows at a block.
fn at(batch: &Earlier, block: u64) -> Option<B256> {
    if batch.last_block == block {
        Some(batch.last_hash)
    } else if batch.first_block.checked_sub(1) == Some(block) {
        Some(batch.parent_hash)
    } else {
        None
    }
}

const fn counts(standing: Standing) -> bool {
    matches!(
        standing,
        Standing::Posted | Standing::Disputed | Standing::Confirmed
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: B256 = B256::repeat_byte(1);
    const OTHER: B256 = B256::repeat_byte(2);

    fn base(parent_seal: B256) -> Base {
        Base {
            window: 9,
            attempt: 0,
            parentBlock: 20,
            parentBlockHash: HERE,
            parentFrag: B256::ZERO,
            parentSeal: parent_seal,
        }
    }

    fn sealed() -> Base {
        base(B256::repeat_byte(7))
    }

    fn batch(first_block: u64, last_block: u64, last_hash: B256) -> Earlier {
        Earlier {
            gateway: 1,
            standing: Standing::Posted,
            first_block,
            last_block,
            parent_hash: B256::repeat_byte(3),
            last_hash,
        }
    }

    fn predecessor() -> Predecessor {
        Predecessor {
            gateway: 1,
            sealed: vec![(19, B256::repeat_byte(9)), (20, HERE)],
        }
    }

    #[test]
    fn a_seal_that_its_signers_batch_contradicts_is_no_ground() {
        let before = predecessor();
        let fell = |batch: Earlier| has_fallen(&sealed(), Some(&before), &[batch]);
        assert!(fell(batch(11, 20, OTHER)), "another block at the end");
        assert!(fell(batch(11, 21, OTHER)), "it goes on behind its end");
        assert!(fell(batch(11, 19, OTHER)), "another block before the end");
        let on_another = Earlier {
            parent_hash: OTHER,
            ..batch(21, 25, HERE)
        };
        assert!(fell(on_another), "the next batch stands on another block");
        assert!(!fell(batch(11, 20, HERE)), "posted as sealed");
        assert!(!fell(batch(11, 19, B256::repeat_byte(9))), "a part of it");
        assert!(!fell(batch(11, 15, OTHER)), "a block that nobody sealed");
        for standing in [Standing::Void, Standing::Orphaned, Standing::Unposted] {
            let gone = Earlier {
                standing,
                ..batch(11, 20, OTHER)
            };
            assert!(!fell(gone), "what does not count contradicts nothing");
        }
    }

    #[test]
    fn without_the_seal_only_another_block_at_its_place_is_seen() {
        let fell = |batch: Earlier| has_fallen(&sealed(), None, &[batch]);
        assert!(fell(batch(11, 20, OTHER)));
        assert!(!fell(batch(11, 21, OTHER)));
        assert!(!has_fallen(&sealed(), None, &[]), "a silent predecessor");
        // Somebody else who goes on from there took nothing away that was signed.
        let somebody = Earlier {
            gateway: 5,
            ..batch(11, 21, OTHER)
        };
        assert!(!has_fallen(&sealed(), Some(&predecessor()), &[somebody]));
    }

    #[test]
    fn a_posted_parent_falls_with_its_batch_and_an_open_base_cannot() {
        let open = base(B256::ZERO);
        let void = Earlier {
            standing: Standing::Void,
            ..batch(11, 20, HERE)
        };
        assert!(has_fallen(&open, None, &[void]));
        assert!(!has_fallen(&open, None, &[void, batch(11, 20, HERE)]));
        assert!(!has_fallen(&open, None, &[batch(11, 20, HERE)]));
        assert!(!has_fallen(&open, None, &[batch(11, 20, OTHER)]));
        assert!(!has_fallen(&open, None, &[]));
    }
}
