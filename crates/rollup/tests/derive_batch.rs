//! Batches to block plans: all of a batch or nothing, for a typed reason, and never void for what is only missing.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a wrong answer should stop the test"
)]

mod world;

use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{B256, Bytes};
use forebond_rollup::op::{
    attributes_deposit,
    channel::{BatchBlock, encode},
    derive::{
        BatchFault, DerivedHead, Origins, PostedBatch, Verdict, check_claim, next_plan, plan_batch,
    },
};
use world::{
    GENESIS_ORIGIN, GENESIS_S, L1, MAX_LAG, block_hash, chain, claim, deposit, genesis, l1_hash,
    plan, plan_claim, rules, transfer,
};

/// The reason why a changed chain is void.
fn void(blocks: &[BatchBlock]) -> BatchFault {
    let fault = plan(blocks, &L1::up_to(150)).unwrap_err();
    assert_eq!(fault.verdict(), Verdict::Void, "{fault}");
    fault
}

#[test]
fn a_batch_becomes_blocks_with_attributes_deposits_and_user_transactions_in_this_order() {
    let l1 = L1::up_to(150);
    let blocks = chain(8, 2);
    let plans = plan(&blocks, &l1).unwrap();
    assert_eq!(plans.len(), 8);
    let mut sequence = 0;
    for (number, (plan, block)) in (1u64..).zip(plans.iter().zip(&blocks)) {
        let opens = number.is_multiple_of(2);
        sequence = if opens { 0 } else { sequence + 1 };
        assert_eq!(
            (plan.number, plan.timestamp_s),
            (number, GENESIS_S + number)
        );
        assert_eq!(plan.origin, l1.origin(GENESIS_ORIGIN + number / 2).unwrap());
        assert_eq!(plan.origin_sequence, sequence);
        assert_eq!(plan.parent_hash, Some(block_hash(number - 1)));
        let attributes = attributes_deposit(&rules().chain, &plan.origin, sequence);
        let mut expected = vec![Bytes::from(attributes.encoded_2718())];
        if opens && plan.origin.number.is_multiple_of(3) {
            expected.push(deposit(plan.origin.number).encoded_2718().into());
        }
        expected.extend(block.transactions.clone());
        assert_eq!(plan.transactions, expected);
    }
    // Some origin brought a deposit, or the test would say nothing about them.
    assert!(plans.iter().any(|plan| plan.transactions.len() == 4));
}

#[test]
fn deposits_come_in_the_first_block_of_their_origin_and_in_no_later_one() {
    let l1 = L1::up_to(150);
    let next = l1.origin(GENESIS_ORIGIN + 1).unwrap();
    let deposits = [deposit(1), deposit(2)];
    let user = transfer(1);
    let begin =
        |head: &DerivedHead| next_plan(&rules().chain, head, &next, &deposits, vec![user.clone()]);
    let first = begin(&genesis());
    assert_eq!((first.origin_sequence, first.transactions.len()), (0, 4));
    let second = begin(&genesis().after(&first, block_hash(1)));
    assert_eq!((second.origin_sequence, second.transactions.len()), (1, 2));
    assert_eq!(second.transactions[1], user);
    // An L1 block with the same height and another hash is another origin.
    let replaced = DerivedHead {
        origin: (next.number, B256::ZERO),
        ..genesis()
    };
    assert_eq!(begin(&replaced).transactions.len(), 4);
}

#[test]
fn a_batch_over_several_blobs_gives_the_same_plans() {
    let l1 = L1::up_to(150);
    let blocks = chain(6, 1);
    let blobs = forebond_rollup::op::channel::encode_in_frames_of(400, &blocks).unwrap();
    assert!(blobs.len() > 1);
    let mut claim = claim(&genesis(), &blocks);
    claim.blobHashes = vec![B256::ZERO; blobs.len()];
    assert_eq!(
        plan_claim(&claim, &blobs, &l1).unwrap(),
        plan(&blocks, &l1).unwrap()
    );
}

#[test]
fn a_malformed_blob_voids_the_batch_and_is_never_replaced_by_an_empty_one() {
    let blocks = chain(2, 1);
    let mut blobs = encode(&blocks).unwrap();
    blobs[0].0[1] = 7;
    let fault = plan_claim(&claim(&genesis(), &blocks), &blobs, &L1::up_to(150)).unwrap_err();
    assert!(matches!(fault, BatchFault::Data(_)));
    assert_eq!(fault.verdict(), Verdict::Void);
}

#[test]
fn a_batch_on_another_batch_is_orphaned_and_nobodys_fault() {
    let blocks = chain(2, 0);
    let mut other = claim(&genesis(), &blocks);
    other.parentBatch = B256::repeat_byte(9);
    let fault = plan_claim(&other, &encode(&blocks).unwrap(), &L1::up_to(150)).unwrap_err();
    assert_eq!(fault.verdict(), Verdict::Orphaned);
}

#[test]
fn a_gap_or_an_overlap_before_the_batch_makes_it_void() {
    let blocks = chain(2, 0);
    for first in [0, 2] {
        let mut moved = claim(&genesis(), &blocks);
        moved.firstBlock = first;
        moved.lastBlock = first + 1;
        let fault = plan_claim(&moved, &encode(&blocks).unwrap(), &L1::up_to(150)).unwrap_err();
        assert_eq!(
            fault,
            BatchFault::FirstBlock {
                expected: 1,
                got: first
            }
        );
        assert_eq!(fault.verdict(), Verdict::Void);
    }
}

#[test]
fn a_claim_about_more_or_fewer_blocks_than_the_data_is_void() {
    let blocks = chain(3, 0);
    let with_last = |last: u64| {
        let mut claim = claim(&genesis(), &blocks);
        claim.lastBlock = last;
        plan_claim(&claim, &encode(&blocks).unwrap(), &L1::up_to(150)).unwrap_err()
    };
    assert_eq!(
        with_last(2),
        BatchFault::BlockCount {
            expected: 2,
            got: 3
        }
    );
    assert_eq!(
        with_last(4),
        BatchFault::BlockCount {
            expected: 4,
            got: 3
        }
    );
    assert_eq!(with_last(0), BatchFault::Range { first: 1, last: 0 });
    assert_eq!(
        with_last(u64::MAX),
        BatchFault::Range {
            first: 1,
            last: u64::MAX
        }
    );
}

#[test]
fn a_wrong_parent_in_claim_or_data_is_void() {
    let blocks = chain(2, 0);
    let mut wrong = claim(&genesis(), &blocks);
    wrong.parentBlockHash = B256::ZERO;
    let fault = plan_claim(&wrong, &encode(&blocks).unwrap(), &L1::up_to(150)).unwrap_err();
    assert!(matches!(
        fault,
        BatchFault::ParentHash {
            number: 1,
            got: B256::ZERO,
            ..
        }
    ));
    let mut blocks = chain(2, 0);
    blocks[0].parent_hash = B256::ZERO;
    assert!(matches!(
        void(&blocks),
        BatchFault::ParentHash {
            number: 1,
            got: B256::ZERO,
            ..
        }
    ));
}

#[test]
fn wrong_timestamps_are_void() {
    for (place, timestamp_s) in [(0, GENESIS_S), (1, GENESIS_S + 3), (2, 0), (2, u64::MAX)] {
        let mut blocks = chain(3, 0);
        blocks[place].timestamp_s = timestamp_s;
        let number = place as u64 + 1;
        let expected = GENESIS_S + number;
        assert_eq!(
            void(&blocks),
            BatchFault::Timestamp {
                number,
                expected,
                got: timestamp_s
            }
        );
    }
}

#[test]
fn an_origin_that_goes_back_or_skips_a_block_is_void() {
    let step = |origin: u64| {
        let mut blocks = chain(4, 0);
        blocks[3].origin_number = origin;
        blocks[3].origin_hash = l1_hash(origin);
        void(&blocks)
    };
    for got in [GENESIS_ORIGIN, GENESIS_ORIGIN + 3, 0, u64::MAX] {
        assert_eq!(
            step(got),
            BatchFault::OriginStep {
                number: 4,
                parent: GENESIS_ORIGIN + 1,
                got
            }
        );
    }
}

#[test]
fn a_foreign_origin_is_void() {
    for place in [0, 1] {
        let mut blocks = chain(2, 0);
        blocks[place].origin_hash = B256::repeat_byte(9);
        assert!(
            matches!(void(&blocks), BatchFault::ForeignOrigin { got, .. } if got == B256::repeat_byte(9))
        );
    }
}

#[test]
fn an_origin_younger_than_its_block_is_void() {
    let mut blocks = chain(1, 0);
    blocks[0].origin_number = GENESIS_ORIGIN + 1;
    blocks[0].origin_hash = l1_hash(GENESIS_ORIGIN + 1);
    assert!(matches!(
        void(&blocks),
        BatchFault::OriginAhead { number: 1, .. }
    ));
}

#[test]
fn an_origin_that_is_not_older_than_the_posting_is_void() {
    let blocks = chain(4, 0);
    let fault = plan(&blocks, &L1::up_to(GENESIS_ORIGIN + 2)).unwrap_err();
    assert_eq!(
        fault,
        BatchFault::OriginNotPast {
            number: 4,
            l1_block: GENESIS_ORIGIN + 2,
            got: GENESIS_ORIGIN + 2
        }
    );
    assert_eq!(fault.verdict(), Verdict::Void);
}

/// A chain that never leaves its first origin.
fn stuck(count: u64) -> Vec<BatchBlock> {
    let mut blocks = chain(count, 0);
    for block in &mut blocks {
        block.origin_number = GENESIS_ORIGIN;
        block.origin_hash = l1_hash(GENESIS_ORIGIN);
    }
    blocks
}

#[test]
fn holding_the_origin_back_to_censor_deposits_is_void() {
    // L1 block genesis + MAX_LAG + 1 comes with rollup block 2 × (MAX_LAG + 1).
    let first_late = 2 * (MAX_LAG + 1);
    assert!(plan(&stuck(first_late - 1), &L1::up_to(150)).is_ok());
    assert_eq!(
        void(&stuck(first_late)),
        BatchFault::OriginLag {
            number: first_late,
            origin: GENESIS_ORIGIN,
            limit: MAX_LAG
        }
    );
}

#[test]
fn nobody_lags_while_l1_makes_no_blocks() {
    let l1 = L1 {
        missed: Some((GENESIS_ORIGIN + 3, 600)),
        ..L1::up_to(150)
    };
    assert!(plan(&stuck(100), &l1).is_ok());
}

#[test]
fn a_transaction_no_user_can_have_sent_voids_the_whole_batch() {
    let deposit = Bytes::from(deposit(3).encoded_2718());
    assert_eq!(deposit[0], 0x7e);
    let cases = [
        (deposit, Some(0x7e)),
        (Bytes::new(), None),
        (Bytes::from_static(&[3, 0xc0]), Some(3)),
        (Bytes::from_static(&[0, 0xc0]), Some(0)),
        (Bytes::from_static(&[5, 0xc0]), Some(5)),
        (Bytes::from_static(&[0xbf, 0xc0]), Some(0xbf)),
    ];
    for (transaction, got) in cases {
        let mut blocks = chain(2, 0);
        blocks[1].transactions = vec![transfer(1), transaction];
        assert_eq!(
            void(&blocks),
            BatchFault::TransactionType {
                number: 2,
                index: 1,
                got
            }
        );
    }
    for first in [0x01, 0x02, 0x04, 0xc0, 0xf8, 0xff] {
        let mut blocks = chain(1, 0);
        blocks[0].transactions = vec![vec![first, 0].into()];
        assert!(plan(&blocks, &L1::up_to(150)).is_ok());
    }
}

#[test]
fn a_claim_with_another_last_origin_is_void() {
    let blocks = chain(4, 0);
    for (number, hash) in [
        (GENESIS_ORIGIN + 1, l1_hash(GENESIS_ORIGIN + 2)),
        (GENESIS_ORIGIN + 2, B256::ZERO),
    ] {
        let mut wrong = claim(&genesis(), &blocks);
        (wrong.lastOriginNumber, wrong.lastOriginHash) = (number, hash);
        let fault = plan_claim(&wrong, &encode(&blocks).unwrap(), &L1::up_to(150)).unwrap_err();
        assert!(matches!(fault, BatchFault::LastOrigin { .. }));
    }
}

#[test]
fn what_is_only_missing_is_undecided_and_never_void() {
    let blocks = chain(8, 0);
    let claim = claim(&genesis(), &blocks);
    let blobs = encode(&blocks).unwrap();
    let undecided = |fault: BatchFault| assert_eq!(fault.verdict(), Verdict::Undecided, "{fault}");
    // No blobs yet.
    undecided(plan_claim(&claim, &[], &L1::up_to(150)).unwrap_err());
    // The log is in block 150, but less of L1 is known than that.
    for newest in GENESIS_ORIGIN - 1..GENESIS_ORIGIN + 4 {
        let posted = PostedBatch {
            claim: &claim,
            blobs: &blobs,
            l1_block: 150,
        };
        let l1 = L1::up_to(newest);
        let fault = plan_batch(&rules(), &posted, &genesis(), &l1).unwrap_err();
        undecided(fault);
    }
    let deposits = L1 {
        without_deposits: vec![GENESIS_ORIGIN + 3],
        ..L1::up_to(150)
    };
    let fault = plan_claim(&claim, &blobs, &deposits).unwrap_err();
    assert_eq!(
        fault,
        BatchFault::UnknownDeposits {
            number: GENESIS_ORIGIN + 3
        }
    );
    undecided(fault);
    // L1 replaced the head's origin: the head has to go back, the batch is not to blame.
    let replaced = DerivedHead {
        origin: (GENESIS_ORIGIN, B256::repeat_byte(1)),
        ..genesis()
    };
    let posted = PostedBatch {
        claim: &claim,
        blobs: &blobs,
        l1_block: 150,
    };
    let l1 = L1::up_to(150);
    let fault = plan_batch(&rules(), &posted, &replaced, &l1).unwrap_err();
    assert!(matches!(fault, BatchFault::HeadOriginReplaced { .. }));
    undecided(fault);
}

#[test]
fn executed_blocks_must_have_every_hash_the_batch_claims() {
    let blocks = chain(4, 1);
    let plans = plan(&blocks, &L1::up_to(150)).unwrap();
    let claim = claim(&genesis(), &blocks);
    let hashes: Vec<_> = (1..=4).map(block_hash).collect();
    let root = claim.blocksRoot;
    assert_eq!(check_claim(&claim, &plans, &hashes, root), Ok(()));
    let other = B256::repeat_byte(8);
    assert_eq!(
        check_claim(&claim, &plans, &hashes, other),
        Err(BatchFault::BlocksRoot {
            expected: other,
            got: root
        })
    );
    let with = |place: usize| {
        let mut hashes = hashes.clone();
        hashes[place] = other;
        check_claim(&claim, &plans, &hashes, root).unwrap_err()
    };
    assert!(matches!(with(3), BatchFault::LastBlockHash { expected, .. } if expected == other));
    // The parent hashes inside the data are claims, too.
    for place in 0..3 {
        let number = place as u64 + 2;
        assert!(
            matches!(with(place), BatchFault::ParentHash { number: n, expected, .. } if n == number && expected == other)
        );
    }
    assert_eq!(
        check_claim(&claim, &plans, &hashes[..3], root),
        Err(BatchFault::BlockCount {
            expected: 4,
            got: 3
        })
    );
    assert_eq!(
        check_claim(&claim, &plans[..3], &hashes, root),
        Err(BatchFault::BlockCount {
            expected: 4,
            got: 3
        })
    );
}

#[test]
fn the_next_batch_goes_on_where_the_last_one_ended() {
    let l1 = L1::up_to(150);
    let all = chain(7, 1);
    let whole = plan(&all, &l1).unwrap();
    let first = plan(&all[..3], &l1).unwrap();
    let mut head = genesis();
    for plan in &first {
        head = head.after(plan, block_hash(plan.number));
    }
    head.batch = B256::repeat_byte(6);
    let claim = claim(&head, &all[3..]);
    let blobs = encode(&all[3..]).unwrap();
    let posted = PostedBatch {
        claim: &claim,
        blobs: &blobs,
        l1_block: 150,
    };
    let second = plan_batch(&rules(), &posted, &head, &l1).unwrap();
    assert_eq!([first, second].concat(), whole);
}
