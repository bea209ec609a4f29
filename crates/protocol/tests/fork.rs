//! Each kind of fork of R2, made on purpose and judged as exactly that kind; and what only looks
//! like one.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a wrong answer should stop the test"
)]

use alloy_primitives::{B256, keccak256};
use alloy_sol_types::SolStruct;
use forebond_protocol::{Fork, Signed, fork};
use forebond_types::{Base, Frag, Seal};

fn base() -> Base {
    Base {
        window: 64,
        attempt: 0,
        parentBlock: 9,
        parentBlockHash: keccak256("block 9"),
        parentFrag: B256::ZERO,
        parentSeal: B256::ZERO,
    }
}

/// A branch under [`base`]: `frags[i]` is the block of sequence `i`. What `salt` names differs
/// between branches from sequence `apart` on; before it they are one and the same.
fn branch(frags: &[u64], salt: &str, apart: u32) -> Vec<Frag> {
    let base = base().eip712_hash_struct();
    let mut previous = base;
    let mut first = 0;
    let mut out: Vec<Frag> = vec![];
    for (sequence, &block) in (0u32..).zip(frags) {
        first = if out.last().is_some_and(|last| last.blockNumber == block) {
            first + 1
        } else {
            0
        };
        let content = if sequence >= apart {
            format!("{salt} {sequence}")
        } else {
            sequence.to_string()
        };
        let frag = Frag {
            base,
            blockNumber: block,
            sequence,
            previousFrag: previous,
            timestamp: 1_000 + block,
            l1OriginNumber: 500,
            l1OriginHash: keccak256("origin"),
            issuedAtMs: 1_000_000 + u64::from(sequence),
            firstTransaction: first,
            transactionCount: 1,
            promisesRoot: keccak256(content),
            gasUsed: 21_000 * u64::from(first + 1),
            windowCoverage: 0,
            orderingRule: 0,
            blockEnv: keccak256(format!("environment {block}")),
        };
        previous = frag.eip712_hash_struct();
        out.push(frag);
    }
    out
}

fn seal(block: u64, last: &Frag) -> Seal {
    Seal {
        base: last.base,
        blockNumber: block,
        blockHash: keccak256(format!("block {block}")),
        lastSequence: last.sequence,
        lastFrag: last.eip712_hash_struct(),
        endOfWindow: false,
    }
}

/// Both orders, because a judge gets its evidence in any.
fn judged(first: impl Into<Message>, second: impl Into<Message>) -> Option<Fork> {
    let (first, second) = (first.into().0, second.into().0);
    let kind = fork(&first, &second);
    assert_eq!(
        kind,
        fork(&second, &first),
        "the order of the evidence must not matter"
    );
    assert_eq!(fork(&first, &first), None, "a message is no fork of itself");
    kind
}

struct Message(Signed);

impl From<&Frag> for Message {
    fn from(frag: &Frag) -> Self {
        Self(Signed::Frag(frag.clone()))
    }
}

impl From<&Seal> for Message {
    fn from(seal: &Seal) -> Self {
        Self(Signed::Seal(seal.clone()))
    }
}

impl From<&Base> for Message {
    fn from(base: &Base) -> Self {
        Self(Signed::Base(base.clone()))
    }
}

#[test]
fn a_equal_sequence_and_another_frag() {
    let (one, other) = (branch(&[10; 4], "x", 2), branch(&[10; 4], "y", 2));
    assert_eq!(
        judged(&one[1], &other[1]),
        None,
        "before they part, the branches are one"
    );
    assert_eq!(judged(&one[2], &other[2]), Some(Fork::SameSequence));
    assert_eq!(judged(&one[3], &other[3]), Some(Fork::SameSequence));
}

#[test]
fn b_equal_predecessor_and_another_frag() {
    let honest = branch(&[10; 4], "x", 9);
    let skips = Frag {
        sequence: 7,
        ..honest[2].clone()
    };
    assert_eq!(judged(&honest[2], &skips), Some(Fork::SamePredecessor));
}

#[test]
fn c_one_block_with_two_timestamps_origins_rules_or_environments() {
    let honest = branch(&[10; 4], "x", 9);
    let changes: &[fn(&mut Frag)] = &[
        |f| f.timestamp += 1,
        |f| f.l1OriginNumber += 1,
        |f| f.l1OriginHash = B256::ZERO,
        |f| f.orderingRule = 1,
        |f| f.blockEnv = B256::ZERO,
    ];
    for change in changes {
        let mut other = honest[3].clone();
        change(&mut other);
        assert_eq!(judged(&honest[1], &other), Some(Fork::BlockFields));
    }
    let mut next = honest[3].clone();
    (next.blockNumber, next.timestamp) = (11, 1_011);
    assert_eq!(
        judged(&honest[1], &next),
        None,
        "another block has its own fields"
    );
}

#[test]
fn d_two_seals_of_one_block() {
    let frags = branch(&[10; 2], "x", 9);
    let honest = seal(10, &frags[1]);
    let changes: &[fn(&mut Seal)] = &[
        |s| s.blockHash = B256::ZERO,
        |s| s.lastSequence += 1,
        |s| s.lastFrag = B256::ZERO,
        |s| s.endOfWindow = true,
    ];
    for change in changes {
        let mut other = honest.clone();
        change(&mut other);
        assert_eq!(judged(&honest, &other), Some(Fork::TwoSeals));
    }
}

#[test]
fn e_a_seal_and_a_frag_that_cannot_both_be_true() {
    let frags = branch(&[10, 10, 10, 11], "x", 9);
    let honest = seal(10, &frags[2]);
    for frag in &frags {
        assert_eq!(judged(&honest, frag), None);
    }
    let same_sequence = Seal {
        lastFrag: keccak256("another frag"),
        ..honest.clone()
    };
    assert_eq!(
        judged(&same_sequence, &frags[2]),
        Some(Fork::SealAgainstFrag)
    );
    let too_early = seal(10, &frags[1]);
    assert_eq!(judged(&too_early, &frags[2]), Some(Fork::SealAgainstFrag));
    let too_late = Seal {
        lastSequence: 5,
        ..honest
    };
    assert_eq!(judged(&too_late, &frags[3]), Some(Fork::SealAgainstFrag));
    let of_the_next_block = seal(10, &frags[3]);
    assert_eq!(
        judged(&of_the_next_block, &frags[3]),
        Some(Fork::SealAgainstFrag)
    );
    let of_the_block_before = seal(11, &frags[2]);
    assert_eq!(
        judged(&of_the_block_before, &frags[2]),
        Some(Fork::SealAgainstFrag)
    );
    let next = seal(11, &frags[3]);
    assert_eq!(
        judged(
            &next,
            &Frag {
                sequence: 4,
                ..frags[2].clone()
            }
        ),
        Some(Fork::SealAgainstFrag)
    );
}

#[test]
fn e_anything_behind_the_end_of_the_window() {
    let frags = branch(&[10, 10, 11], "x", 9);
    let end = Seal {
        endOfWindow: true,
        ..seal(10, &frags[1])
    };
    assert_eq!(judged(&end, &frags[1]), None);
    assert_eq!(judged(&end, &frags[2]), Some(Fork::AfterEnd));
    assert_eq!(judged(&end, &seal(11, &frags[2])), Some(Fork::AfterEnd));
    assert_eq!(judged(&seal(10, &frags[1]), &seal(11, &frags[2])), None);
}

#[test]
fn e_seals_and_frags_that_run_against_the_order_of_their_blocks() {
    let frags = branch(&[10, 10, 11], "x", 9);
    for last_sequence in [0, 1] {
        let backwards = Seal {
            lastSequence: last_sequence,
            ..seal(11, &frags[2])
        };
        assert_eq!(
            judged(&seal(10, &frags[1]), &backwards),
            Some(Fork::OutOfOrder)
        );
    }
    let swapped = Frag {
        sequence: 7,
        ..frags[0].clone()
    };
    let swapped = Frag {
        previousFrag: keccak256("frag 6"),
        ..swapped
    };
    assert_eq!(judged(&swapped, &frags[2]), Some(Fork::OutOfOrder));
}

/// R2's own example: branch 1 keeps block 10 open, branch 2 seals it early and goes on.
#[test]
fn a_fork_at_a_block_border_is_judged() {
    let one = branch(&[10, 10, 10, 10, 10, 10], "x", 4);
    let two = branch(&[10, 10, 10, 10, 11], "y", 4);
    let early = seal(10, &two[3]);
    assert_eq!(
        judged(&one[4], &two[4]),
        Some(Fork::SameSequence),
        "holders of (10,4) and (11,4)"
    );
    assert_eq!(
        judged(&one[4], &early),
        Some(Fork::SealAgainstFrag),
        "holder of (10,4) and the seal"
    );
    assert_eq!(
        judged(&one[5], &early),
        Some(Fork::SealAgainstFrag),
        "holder of (10,5) and the seal"
    );
    assert_eq!(
        judged(&two[4], &seal(10, &one[5])),
        Some(Fork::SealAgainstFrag),
        "holder of (11,4)"
    );
    assert_eq!(judged(&early, &seal(10, &one[5])), Some(Fork::TwoSeals));
    // Two users who hold nothing but their own promise, and the public seal of the next block.
    assert_eq!(
        judged(&one[5], &two[4]),
        Some(Fork::OutOfOrder),
        "holders of (10,5) and (11,4)"
    );
    assert_eq!(
        judged(&one[5], &seal(11, &two[4])),
        Some(Fork::SealAgainstFrag)
    );
}

/// R2: an honest gateway must be able to sign lost blocks again, differently, in a later window.
#[test]
fn nothing_is_a_fork_across_bases() {
    let frags = branch(&[10, 10, 11], "x", 9);
    let elsewhere = |frag: &Frag| Frag {
        base: keccak256("another base"),
        ..frag.clone()
    };
    let end = Seal {
        endOfWindow: true,
        ..seal(10, &frags[0])
    };
    let far_seal = Seal {
        base: keccak256("another base"),
        blockHash: B256::ZERO,
        ..end.clone()
    };
    for frag in &frags {
        let mut other = elsewhere(frag);
        other.promisesRoot = B256::ZERO;
        other.timestamp += 9;
        assert_eq!(judged(frag, &other), None);
        assert_eq!(judged(&end, &other), None);
        assert_eq!(judged(&far_seal, frag), None);
    }
    assert_eq!(judged(&end, &far_seal), None);
    for frag in &frags {
        assert_eq!(judged(&base(), frag), None, "a base contradicts only bases");
    }
    assert_eq!(judged(&base(), &end), None);
}

/// R5: one base per window; attempt 1 is judged by the chain, every other pair is a fork.
#[test]
fn two_bases_of_one_window_are_a_fork_unless_they_are_its_two_attempts() {
    let honest = base();
    let changes: &[fn(&mut Base)] = &[
        |b| b.parentBlock += 1,
        |b| b.parentBlockHash = B256::ZERO,
        |b| b.parentFrag = keccak256("frag"),
        |b| b.parentSeal = keccak256("seal"),
        |b| b.attempt = 2,
        |b| b.attempt = u8::MAX,
    ];
    for change in changes {
        let mut other = honest.clone();
        change(&mut other);
        assert_eq!(judged(&honest, &other), Some(Fork::TwoBases));
    }
    let second = Base {
        attempt: 1,
        parentBlockHash: B256::ZERO,
        ..honest.clone()
    };
    assert_eq!(
        judged(&honest, &second),
        None,
        "the chain decides between attempts 0 and 1"
    );
    let third = Base {
        attempt: 1,
        parentBlockHash: B256::repeat_byte(1),
        ..honest.clone()
    };
    assert_eq!(judged(&second, &third), Some(Fork::TwoBases));
    assert_eq!(
        judged(
            &honest,
            &Base {
                window: 65,
                ..honest.clone()
            }
        ),
        None
    );
}
