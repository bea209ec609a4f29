//! What an own signed batch proves, posted or not.

use alloy_primitives::{B256, Bytes, keccak256};
use alloy_rlp::Decodable;
use forebond_evidence::{FaultKind, Judge, blocks::BlockContents, blocks::root};
use proptest::prelude::*;

use crate::{
    exactly,
    world::{Accusations, Scene, TurnStory, Watching, made_block, plans},
};

/// Changes what a block holds, and not its place.
type Change = fn(&mut BlockContents);

fn header(block: &mut BlockContents, change: impl FnOnce(&mut alloy_consensus::Header)) {
    let mut header = alloy_consensus::Header::decode(&mut block.header.as_ref()).unwrap();
    header.transactions_root = root(&block.transactions);
    header.receipts_root = root(&block.receipts);
    change(&mut header);
    block.header = alloy_rlp::encode(header).into();
}

const LIES: &[Change] = &[
    // The block is shorter: nothing stands at the promised place.
    |block| {
        block.transactions.pop();
        block.receipts.pop();
        header(block, |_| {});
    },
    |block| {
        let last = block.transactions.len() - 1;
        block.transactions[last] = Bytes::from_static(&[2; 150]);
        header(block, |_| {});
    },
    |block| {
        let last = block.receipts.len() - 1;
        block.receipts[last] = Bytes::from_static(&[3; 40]);
        header(block, |_| {});
    },
    // So short that its trie node is embedded in the one above it.
    |block| {
        let last = block.receipts.len() - 1;
        block.receipts[last] = Bytes::from_static(&[3; 4]);
        header(block, |_| {});
    },
    |block| header(block, |header| header.gas_limit -= 1),
    |block| header(block, |header| header.timestamp += 1),
    |block| header(block, |header| header.mix_hash = B256::ZERO),
    |block| {
        header(block, |header| {
            header.extra_data = Bytes::from_static(b"other")
        })
    },
    |block| header(block, |header| header.base_fee_per_gas = Some(1)),
    |block| {
        header(block, |header| {
            header.parent_beacon_block_root = Some(B256::ZERO)
        })
    },
];

/// Adds a batch that the turn's gateway signed under its base, over the turn's own blocks changed by `change`.
fn own_batch(
    scene: &mut Scene,
    turn: usize,
    change: impl FnOnce(&TurnStory, &mut Vec<BlockContents>),
) {
    let story = scene.turns[turn].clone();
    let mut blocks: Vec<_> = story.blocks.values().cloned().collect();
    change(&story, &mut blocks);
    let base = &story.base.message;
    let batch = scene.batch(
        story.window.gateway,
        base,
        base.parentBlock + 1,
        blocks,
        base.parentBlockHash,
        "own",
    );
    scene.unposted.push((story.window.gateway, batch));
}

fn watch(scene: &Scene, seed: u64, hears_seals: bool) -> Accusations {
    let watching = Watching {
        hears_seals,
        ..Watching::everything(seed)
    };
    watching.watch(scene)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// lie (R7); who sealed the block as well has forked.
    #[test]
    fn other_content_nothing_or_other_header_fields_in_the_own_batch_are_a_lie(
        plan in plans(),
        seed: u64,
        at: prop::sample::Index,
        which: prop::sample::Index,
        lie in prop::sample::select(LIES),
        hears_seals: bool,
    ) {
        let (mut scene, _) = Scene::tell(&plan, None);
        let turn = at.index(scene.turns.len());
        own_batch(&mut scene, turn, |_, blocks| {
            let which = which.index(blocks.len());
            lie(&mut blocks[which]);
        });
        let gateway = scene.turns[turn].window.gateway;
        let found = watch(&scene, seed, hears_seals);
        let lied = (FaultKind::Lie, gateway);
        if hears_seals {
            exactly(&scene, &found, &[lied, (FaultKind::Fork, gateway)]);
        } else {
            exactly(&scene, &found, &[lied]);
        }
    }

    /// fork (g): the same promises, another hash.
    #[test]
    fn another_hash_at_a_sealed_block_is_a_fork_and_no_lie(
        plan in plans(),
        seed: u64,
        at: prop::sample::Index,
        which: prop::sample::Index,
    ) {
        let (mut scene, _) = Scene::tell(&plan, None);
        let turn = at.index(scene.turns.len());
        own_batch(&mut scene, turn, |_, blocks| {
            let which = which.index(blocks.len());
            header(&mut blocks[which], |header| header.state_root = B256::ZERO);
        });
        let gateway = scene.turns[turn].window.gateway;
        exactly(&scene, &watch(&scene, seed, false), &[]);
        let found = watch(&scene, seed, true);
        exactly(&scene, &found, &[(FaultKind::Fork, gateway)]);
        prop_assert!(found.values().all(|one| one.judge == Judge::BatchFork));
    }

    /// fork (g): a batch that goes on behind the end of the window.
    #[test]
    fn a_batch_behind_the_end_is_a_fork(plan in plans(), seed: u64, at: prop::sample::Index) {
        let (mut scene, _) = Scene::tell(&plan, None);
        let turn = at.index(scene.turns.len());
        let clock = scene.l1.clock;
        own_batch(&mut scene, turn, |story, blocks| {
            let (last, block) = story.blocks.last_key_value().unwrap();
            let (number, parent) = (last + 1, keccak256(&block.header));
            let time = clock.blocks.timestamp_s(number);
            blocks.push(made_block(number, time, parent, vec![], vec![], 0));
        });
        let found = watch(&scene, seed, true);
        exactly(&scene, &found, &[(FaultKind::Fork, scene.turns[turn].window.gateway)]);
    }

    /// brokenBase (R5), seen in the batch's claim or in a block that it covers.
    #[test]
    fn another_hash_at_the_block_of_the_base_breaks_the_base(
        plan in plans(),
        seed: u64,
        at: prop::sample::Index,
        covers: bool,
    ) {
        let (mut scene, _) = Scene::tell(&plan, None);
        let turn = at.index(scene.turns.len());
        let story = scene.turns[turn].clone();
        let (gateway, base) = (story.window.gateway, story.base.message.clone());
        let covers = covers && base.parentBlock > 0;
        let mut blocks: Vec<_> = story.blocks.values().cloned().collect();
        let mut first = base.parentBlock + 1;
        if covers {
            first -= 1;
            let time = scene.l1.clock.blocks.timestamp_s(first);
            blocks.insert(0, made_block(first, time, B256::ZERO, vec![], vec![], 77));
        }
        let batch = scene.batch(gateway, &base, first, blocks, B256::repeat_byte(0x55), "own");
        scene.unposted.push((gateway, batch));
        exactly(&scene, &watch(&scene, seed, true), &[(FaultKind::BrokenBase, gateway)]);
    }
}
