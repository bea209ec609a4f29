//! Each wrong field is refused under its own name, so that an operator can read what is wrong.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a wrong answer should stop the test"
)]

mod history;

use alloy_primitives::{B256, keccak256};
use alloy_sol_types::SolStruct;
use forebond_protocol::Turn;
use forebond_types::{Base, Frag, Seal};
use history::{base, clock};

/// The field that is wrong, and how it is made wrong.
type Wrong<Message> = (&'static str, fn(&mut Message));

/// Block 11 with frags 0 and 1, nothing sealed; and the frag that comes next in it.
fn open_block() -> (Turn, Frag) {
    let mut turn = Turn::open(base(64, 10), clock());
    let first = Frag {
        base: turn.base_hash(),
        blockNumber: 11,
        sequence: 0,
        previousFrag: turn.base_hash(),
        timestamp: 1_760_000_022,
        l1OriginNumber: 500,
        l1OriginHash: keccak256("origin"),
        issuedAtMs: 1_760_000_020_100,
        firstTransaction: 0,
        transactionCount: 2,
        promisesRoot: keccak256("root"),
        gasUsed: 50_000,
        windowCoverage: 10,
        orderingRule: 0,
        blockEnv: keccak256("environment"),
    };
    turn.admit_frag(&first).unwrap();
    let second = continued(&turn, &first);
    turn.admit_frag(&second).unwrap();
    let third = continued(&turn, &second);
    (turn, third)
}

fn continued(turn: &Turn, frag: &Frag) -> Frag {
    Frag {
        sequence: turn.next_sequence(),
        previousFrag: turn.previous_frag(),
        firstTransaction: frag.firstTransaction + frag.transactionCount,
        ..frag.clone()
    }
}

/// The first frag of the block behind `frag`'s.
fn next_block(turn: &Turn, frag: &Frag) -> Frag {
    Frag {
        blockNumber: frag.blockNumber + 1,
        timestamp: frag.timestamp + 2,
        firstTransaction: 0,
        gasUsed: 1,
        blockEnv: keccak256("the next environment"),
        ..continued(turn, frag)
    }
}

fn seal(turn: &Turn, number: u64) -> Seal {
    let (last_sequence, last_frag) = turn.block_end(number).unwrap();
    Seal {
        base: turn.base_hash(),
        blockNumber: number,
        blockHash: keccak256("block"),
        lastSequence: last_sequence,
        lastFrag: last_frag,
        endOfWindow: false,
    }
}

fn frag_refused(turn: &Turn, frag: &Frag) -> &'static str {
    turn.clone()
        .admit_frag(frag)
        .expect_err("this frag must be refused")
        .what
}

fn seal_refused(turn: &Turn, seal: &Seal) -> &'static str {
    turn.clone()
        .admit_seal(seal)
        .expect_err("this seal must be refused")
        .what
}

#[test]
fn a_frag_in_an_open_block_must_repeat_the_block_and_continue_the_chain() {
    let (turn, good) = open_block();
    turn.clone().admit_frag(&good).unwrap();
    let wrong: &[Wrong<Frag>] = &[
        ("base", |f| f.base = B256::ZERO),
        ("sequence", |f| f.sequence = 1),
        ("sequence", |f| f.sequence = 3),
        ("previousFrag", |f| f.previousFrag = f.base),
        ("timestamp", |f| f.timestamp += 1),
        ("timestamp", |f| f.blockNumber += 1),
        ("blockNumber", |f| {
            (f.blockNumber, f.timestamp) = (13, f.timestamp + 4)
        }),
        ("blockNumber", |f| {
            (f.blockNumber, f.timestamp) = (10, f.timestamp - 2)
        }),
        ("l1OriginNumber", |f| f.l1OriginNumber += 1),
        ("l1OriginHash", |f| f.l1OriginHash = B256::ZERO),
        ("issuedAtMs", |f| f.issuedAtMs -= 1),
        ("firstTransaction", |f| f.firstTransaction -= 1),
        ("firstTransaction", |f| f.firstTransaction += 1),
        ("transactionCount", |f| f.transactionCount = 0),
        ("transactionCount", |f| f.transactionCount = u32::MAX),
        ("gasUsed", |f| f.gasUsed -= 1),
        ("windowCoverage", |f| f.windowCoverage -= 1),
        ("orderingRule", |f| f.orderingRule = 1),
        ("blockEnv", |f| f.blockEnv = B256::ZERO),
    ];
    for (field, change) in wrong {
        let mut frag = good.clone();
        change(&mut frag);
        assert_eq!(frag_refused(&turn, &frag), *field);
    }
}

#[test]
fn the_first_frag_of_the_next_block_starts_at_zero_and_moves_the_origin_by_one_at_most() {
    let (turn, third) = open_block();
    let good = next_block(&turn, &third);
    let good = Frag {
        sequence: turn.next_sequence(),
        previousFrag: turn.previous_frag(),
        ..good
    };
    turn.clone().admit_frag(&good).unwrap();
    let moved = Frag {
        l1OriginNumber: 501,
        l1OriginHash: keccak256("the next origin"),
        ..good.clone()
    };
    turn.clone().admit_frag(&moved).unwrap();
    let wrong: &[Wrong<Frag>] = &[
        ("firstTransaction", |f| f.firstTransaction = 1),
        ("l1OriginNumber", |f| f.l1OriginNumber += 2),
        ("l1OriginNumber", |f| f.l1OriginNumber -= 1),
        ("l1OriginHash", |f| f.l1OriginHash = B256::ZERO),
        ("blockNumber", |f| {
            (f.blockNumber, f.timestamp) = (13, f.timestamp + 2)
        }),
        ("issuedAtMs", |f| f.issuedAtMs -= 1),
        ("windowCoverage", |f| f.windowCoverage -= 1),
        ("orderingRule", |f| f.orderingRule = 1),
    ];
    for (field, change) in wrong {
        let mut frag = good.clone();
        change(&mut frag);
        assert_eq!(frag_refused(&turn, &frag), *field);
    }
}

#[test]
fn the_first_frag_of_a_turn_follows_its_base() {
    let turn = Turn::open(base(64, 10), clock());
    let (_, third) = open_block();
    let good = Frag {
        sequence: 0,
        previousFrag: turn.base_hash(),
        firstTransaction: 0,
        ..third
    };
    turn.clone().admit_frag(&good).unwrap();
    let wrong: &[Wrong<Frag>] = &[
        ("sequence", |f| f.sequence = 1),
        ("previousFrag", |f| f.previousFrag = B256::ZERO),
        ("blockNumber", |f| {
            (f.blockNumber, f.timestamp) = (12, f.timestamp + 2)
        }),
        ("firstTransaction", |f| f.firstTransaction = 1),
        ("orderingRule", |f| f.orderingRule = 2),
    ];
    for (field, change) in wrong {
        let mut frag = good.clone();
        change(&mut frag);
        assert_eq!(frag_refused(&turn, &frag), *field);
    }
}

#[test]
fn a_seal_names_the_oldest_unsealed_block_and_its_last_frag() {
    let (turn, third) = open_block();
    let good = seal(&turn, 11);
    let mut other = turn.clone();
    other.admit_seal(&good).unwrap();
    let wrong: &[Wrong<Seal>] = &[
        ("base", |s| s.base = B256::ZERO),
        ("blockNumber", |s| s.blockNumber = 10),
        ("blockNumber", |s| s.blockNumber = 12),
        ("lastSequence", |s| s.lastSequence = 0),
        ("lastFrag", |s| s.lastFrag = B256::ZERO),
    ];
    for (field, change) in wrong {
        let mut seal = good.clone();
        change(&mut seal);
        assert_eq!(seal_refused(&turn, &seal), *field);
    }
    assert_eq!(
        seal_refused(&other, &good),
        "blockNumber",
        "a block is sealed once"
    );
    assert_eq!(
        frag_refused(&other, &third),
        "blockNumber",
        "a sealed block takes no frag"
    );
    let nothing_yet = Turn::open(base(64, 10), clock());
    assert_eq!(
        seal_refused(&nothing_yet, &good),
        "blockNumber",
        "no frags yet"
    );
}

#[test]
fn the_end_of_the_window_is_the_last_frag_and_nothing_follows_it() {
    let (mut turn, third) = open_block();
    let next = next_block(&turn, &third);
    let next = Frag {
        sequence: turn.next_sequence(),
        previousFrag: turn.previous_frag(),
        ..next
    };
    let ends_now = Seal {
        endOfWindow: true,
        ..seal(&turn, 11)
    };
    let mut ended = turn.clone();
    ended.admit_seal(&ends_now).unwrap();
    assert_eq!(frag_refused(&ended, &next), "turn");
    assert_eq!(seal_refused(&ended, &ends_now), "turn");
    turn.admit_frag(&next).unwrap();
    assert_eq!(seal_refused(&turn, &ends_now), "endOfWindow at sequence");
}

#[test]
fn numbers_that_run_out_are_refused_and_do_not_wrap() {
    let last_block = u64::MAX - 1;
    let base = Base {
        parentBlock: last_block,
        ..base(64, 10)
    };
    let turn = Turn::open(base, clock());
    let (_, third) = open_block();
    let frag = Frag {
        base: turn.base_hash(),
        sequence: 0,
        previousFrag: turn.base_hash(),
        firstTransaction: 0,
        blockNumber: u64::MAX,
        timestamp: clock().timestamp_s(u64::MAX),
        ..third.clone()
    };
    assert_eq!(frag_refused(&turn, &frag), "blockNumber");

    let last = Frag {
        sequence: u32::MAX - 1,
        ..third
    };
    let turn = Turn::resume(history::base(64, 10), clock(), &last);
    let frag = Frag {
        sequence: u32::MAX,
        previousFrag: last.eip712_hash_struct(),
        blockNumber: 12,
        timestamp: last.timestamp + 2,
        firstTransaction: 0,
        ..last
    };
    assert_eq!(frag_refused(&turn, &frag), "sequence");
}
