//! Messages of the right gateway in the right place that say what is not so: refused, and nothing of them stays.

use crate::world::{Follower, Producer, TurnWriter, hashes};
use alloy_primitives::{B256, Bytes, U256};
use alloy_rlp::{Decodable, Encodable};
use alloy_sol_types::SolStruct;
use forebond_ledger::{
    FollowError, envelopes::start_of, journal::StartRecord, promise::BlockStart,
};
use forebond_types::{Envelope, FragEnvelope};

type Lie = (&'static str, &'static str, fn(&mut FragEnvelope));

fn restart(envelope: &mut FragEnvelope, change: impl FnOnce(&mut BlockStart)) {
    let mut start = start_of(envelope).unwrap().unwrap();
    change(&mut start);
    let mut bytes = Vec::new();
    StartRecord::from(&start).encode(&mut bytes);
    envelope.start = bytes.into();
    envelope.frag.l1OriginNumber = start.origin.number;
    envelope.frag.l1OriginHash = start.origin.hash;
    envelope.frag.blockEnv = start.opening.env.eip712_hash_struct();
}

/// Lies about a block's first frag, and the word in the refusal.
const FIRST: &[Lie] = &[
    ("gas", "gasUsed", |e| e.frag.gasUsed += 1),
    ("root", "promisesRoot", |e| e.frag.promisesRoot.0[31] ^= 1),
    ("coverage", "windowCoverage", |e| e.frag.windowCoverage += 1),
    ("environment's hash", "blockEnv", |e| {
        e.frag.blockEnv.0[0] ^= 1
    }),
    ("gas limit", "block environment", |e| {
        restart(e, |s| s.opening.env.gasLimit += 1)
    }),
    ("base fee", "block environment", |e| {
        restart(e, |s| s.opening.env.baseFee += 1)
    }),
    ("randao", "block environment", |e| {
        restart(e, |s| s.opening.env.prevRandao.0[0] ^= 1)
    }),
    ("beacon root", "block environment", |e| {
        restart(e, |s| s.opening.env.parentBeaconRoot.0[0] ^= 1)
    }),
    ("coinbase", "block environment", |e| {
        restart(e, |s| s.opening.env.coinbase.0[0] ^= 1)
    }),
    ("extra data", "block environment", |e| {
        restart(e, |s| s.opening.extra_data = Bytes::from_static(&[1]));
    }),
    ("origin's number", "L1 origin", |e| {
        e.frag.l1OriginNumber += 1
    }),
    ("origin's hash", "L1 origin", |e| {
        e.frag.l1OriginHash.0[0] ^= 1
    }),
    ("origin that jumps", "L1 origin", |e| {
        restart(e, |s| s.origin.number += 2)
    }),
    ("origin of the parent, altered", "L1 origin", |e| {
        restart(e, |s| {
            s.origin.number -= 1;
            s.origin.base_fee_wei += 1;
        });
    }),
    ("sequence at the origin", "origin sequence", |e| {
        restart(e, |s| s.origin_sequence += 1)
    }),
    ("start", "block start", |e| e.start = Bytes::new()),
    ("start that does not decode", "block start", |e| {
        e.start = Bytes::from_static(&[0xc0])
    }),
    ("attributes of another origin", "L1 attributes", |e| {
        restart(e, |s| s.origin.base_fee_wei += 1);
    }),
    ("missing attributes", "L1 attributes", |e| {
        e.transactions.remove(0);
        e.frag.transactionCount -= 1;
    }),
    ("count", "transactionCount", |e| {
        e.frag.transactionCount += 1
    }),
    ("bytes of a deposit", "transaction", |e| {
        e.transactions[1].raw = Bytes::from_static(&[0x7e])
    }),
    ("deposit's value", "promisesRoot", |e| {
        let tx = &e.transactions[1].raw;
        let mut deposit = op_alloy_consensus::TxDeposit::decode(&mut &tx[1..]).unwrap();
        deposit.mint += 1;
        deposit.value += U256::ONE;
        let mut raw = vec![0x7e];
        deposit.encode(&mut raw);
        e.transactions[1].raw = raw.into();
    }),
    ("ordering rule", "orderingRule", |e| e.frag.orderingRule = 7),
];

/// Lies about a frag in mid-block.
const LATER: &[Lie] = &[
    ("gas", "gasUsed", |e| e.frag.gasUsed += 1),
    ("root", "promisesRoot", |e| e.frag.promisesRoot.0[31] ^= 1),
    ("coverage", "windowCoverage", |e| e.frag.windowCoverage += 1),
    ("coverage of a leaf", "windowCoverage", |e| {
        e.transactions[0].coverage_wei += 1
    }),
    ("coverage of two leaves", "promisesRoot", |e| {
        e.transactions[0].coverage_wei += 1;
        e.transactions[1].coverage_wei -= 1;
    }),
    ("environment", "blockEnv", |e| e.frag.blockEnv.0[0] ^= 1),
    ("origin's hash", "l1OriginHash", |e| {
        e.frag.l1OriginHash.0[0] ^= 1
    }),
    ("origin's number", "l1OriginNumber", |e| {
        e.frag.l1OriginNumber += 1
    }),
    ("start where none belongs", "block start", |e| {
        e.start = Bytes::from_static(&[0xc0])
    }),
    ("order", "promisesRoot", |e| e.transactions.swap(0, 1)),
    ("the same transaction twice", "transaction", |e| {
        e.transactions[1].raw = e.transactions[0].raw.clone()
    }),
    ("bytes that are no transaction", "transaction", |e| {
        e.transactions[1].raw = Bytes::from_static(&[9])
    }),
    ("count", "transactionCount", |e| {
        e.frag.transactionCount -= 1
    }),
];

/// Attack (R23): a deposit outside of a block's first frag makes money out of nothing, and a user's transaction among the deposits
/// shifts what L1 forces in.
#[test]
fn deposits_stand_in_the_first_frag_of_a_block_and_nowhere_else() {
    let (mut producer, mut follower) = (Producer::new(), Follower::new());
    let mut turn = producer.turn(100);
    follower.hear(&turn.base_envelope()).unwrap();
    follower.hear_all(&turn.block(&producer.block(2), &[]));
    follower.hear_all(&turn.block(&producer.block(2), &[]));
    let messages = turn.block(&producer.block(4), &[2]);
    let Envelope::Frag(first) = &messages[0] else {
        panic!("a frag");
    };
    for message in &messages[..3] {
        let Envelope::Frag(mut lie) = message.clone() else {
            panic!("a frag");
        };
        let (user, deposit) = (&messages[1], first.transactions[1].raw.clone());
        let Envelope::Frag(user) = user else {
            panic!("a frag");
        };
        let misplaced = if lie.frag.firstTransaction == 0 {
            user.transactions[0].raw.clone()
        } else {
            deposit
        };
        lie.transactions.last_mut().unwrap().raw = misplaced;
        let refused = follower.follow_frag(&lie);
        assert!(
            matches!(&refused, Err(FollowError::Untrue { what: "transaction", ours, .. }) if ours.contains("deposits")),
            "{refused:?}"
        );
        follower.hear(message).unwrap();
    }
}

/// The lie is refused by this word, whatever it had executed by then is gone, and the truth is followed.
fn refuses(follower: &mut Follower, turn: &TurnWriter, truth: &Envelope, lies: &[Lie]) {
    for (name, word, lie) in lies {
        let Envelope::Frag(mut envelope) = truth.clone() else {
            panic!("a frag");
        };
        lie(&mut envelope);
        let before = follower.board().view();
        let Envelope::Frag(said) = turn.signed_again(envelope) else {
            panic!("a frag");
        };
        let refused = follower.follow_frag(&said).unwrap_err();
        match &refused {
            FollowError::Untrue { what, .. } => assert_eq!(what, word, "{name}: {refused}"),
            // Within a turn, the turn knows the origin before, too.
            FollowError::Turn(error) if *word == "L1 origin" => {
                assert!(error.what.starts_with("l1Origin"), "{name}: {refused}");
            }
            FollowError::Turn(error) => assert_eq!(&error.what, word, "{name}: {refused}"),
            other => panic!("{name}: {other}"),
        }
        let after = follower.board().view();
        assert_eq!(after.pending_number(), before.pending_number(), "{name}");
        assert_eq!(
            after.unsealed.last().map(|b| b.transactions),
            before.unsealed.last().map(|b| b.transactions),
            "{name}"
        );
    }
    follower.hear(truth).unwrap();
}

#[test]
fn an_untrue_frag_is_refused_for_each_field_and_the_true_one_is_followed_after_it() {
    for turn_for_each_block in [false, true] {
        let (mut producer, mut follower) = (Producer::new(), Follower::new());
        let mut turn = producer.turn(100);
        follower.hear(&turn.base_envelope()).unwrap();
        for number in 1..=4 {
            if turn_for_each_block && number > 1 {
                turn = producer.turn(100 + number);
                follower.hear(&turn.base_envelope()).unwrap();
            }
            let block = producer.block(8);
            let messages = turn.block(&block, &[3, 3]);
            // Block 3 begins a new origin and brings a deposit: all lies can be told about it.
            let lies = if number == 3 { FIRST } else { &FIRST[..4] };
            refuses(&mut follower, &turn, &messages[0], lies);
            refuses(&mut follower, &turn, &messages[1], LATER);
            refuses(&mut follower, &turn, &messages[2], LATER);
            follower.hear_all(&messages[3..]);
            assert_eq!(follower.latest().hash, block.hash);
        }
        assert_eq!(hashes(&follower), hashes(&producer.ledger));
    }
}

#[test]
fn an_untrue_frag_changes_nothing_while_earlier_blocks_wait_for_their_seals() {
    let (mut producer, mut follower) = (Producer::new(), Follower::new());
    let mut turn = producer.turn(100);
    follower.hear(&turn.base_envelope()).unwrap();
    let mut seals = Vec::new();
    for _ in 1..=5 {
        let block = producer.block(8);
        let frags = turn.frags(&block, &[3, 3]);
        refuses(&mut follower, &turn, &frags[0], &FIRST[..4]);
        refuses(&mut follower, &turn, &frags[1], LATER);
        follower.hear_all(&frags[2..]);
        seals.push(Envelope::Seal(turn.seal(
            &block,
            frags.last().unwrap(),
            false,
        )));
    }
    follower.hear_all(&seals);
    assert_eq!(hashes(&follower), hashes(&producer.ledger));
}

/// Pitfall: a gateway that signs two messages for one position stops whoever heard the untrue one first.
#[test]
fn an_untrue_first_frag_of_the_next_block_does_not_end_the_open_one() {
    let (mut producer, mut follower) = (Producer::new(), Follower::new());
    let mut turn = producer.turn(100);
    follower.hear(&turn.base_envelope()).unwrap();
    let block = producer.block(6);
    let frags = turn.frags(&block, &[2, 2]);
    follower.hear_all(&frags[..2]);
    // Another chain in which this block ends here, and the next one's first frag under the same signed prefix.
    let mut fork = Producer::new();
    fork.block(6);
    let mut sequel = TurnWriter::open(100, fork.ledger.genesis(), crate::world::DOMAIN);
    let short = fork.shorten(2);
    assert_eq!(sequel.frags(&short, &[2]), frags[..2].to_vec());
    let other = fork.block(1);
    let Envelope::Frag(mut lie) = sequel.frags(&other, &[])[0].clone() else {
        panic!("a frag");
    };
    lie.frag.promisesRoot = B256::ZERO;
    let refused = follower.hear(&sequel.signed_again(lie));
    assert!(
        matches!(
            refused,
            Err(FollowError::Untrue {
                what: "promisesRoot",
                ..
            })
        ),
        "{refused:?}"
    );
    follower.hear_all(&frags[2..]);
    follower
        .hear(&Envelope::Seal(turn.seal(
            &block,
            frags.last().unwrap(),
            false,
        )))
        .unwrap();
    follower.hear_all(&turn.block(&producer.block(3), &[1]));
    assert_eq!(hashes(&follower), hashes(&producer.ledger));
}

#[test]
fn an_untrue_seal_is_refused_and_the_block_goes_on() {
    let (mut producer, mut follower) = (Producer::new(), Follower::new());
    let mut turn = producer.turn(100);
    follower.hear(&turn.base_envelope()).unwrap();
    let block = producer.block(6);
    let frags = turn.frags(&block, &[2, 2]);
    follower.hear_all(&frags[..2]);
    let early = turn.seal(&block, &frags[1], false);
    let refused = follower.hear(&Envelope::Seal(early));
    assert!(
        matches!(
            refused,
            Err(FollowError::Untrue {
                what: "block hash",
                ..
            })
        ),
        "{refused:?}"
    );
    follower.hear_all(&frags[2..]);
    let mut wrong = block.as_ref().clone();
    wrong.hash = B256::repeat_byte(9);
    let wrong = turn.seal(&wrong, frags.last().unwrap(), false);
    let refused = follower.hear(&Envelope::Seal(wrong));
    assert!(
        matches!(
            refused,
            Err(FollowError::Untrue {
                what: "block hash",
                ..
            })
        ),
        "{refused:?}"
    );
    let next = producer.block(3);
    let next_frags = turn.frags(&next, &[1]);
    follower.hear_all(&next_frags);
    follower
        .hear(&Envelope::Seal(turn.seal(
            &block,
            frags.last().unwrap(),
            false,
        )))
        .unwrap();
    follower
        .hear(&Envelope::Seal(turn.seal(
            &next,
            next_frags.last().unwrap(),
            false,
        )))
        .unwrap();
    assert_eq!(hashes(&follower), hashes(&producer.ledger));
}

#[test]
fn a_block_that_an_untrue_seal_closed_too_early_can_be_taken_back_altogether() {
    let (mut producer, mut follower) = (Producer::new(), Follower::new());
    let mut turn = producer.turn(100);
    follower.hear(&turn.base_envelope()).unwrap();
    let block = producer.block(6);
    let frags = turn.frags(&block, &[2, 2]);
    follower.hear_all(&frags[..2]);
    let early = turn.seal(&block, &frags[1], false);
    follower.hear(&Envelope::Seal(early)).unwrap_err();
    follower.hear(&frags[2]).unwrap();
    producer.rewind(0);
    follower.rewind(0).unwrap();
    // Another block without anything of the first one: what that had put into the trie must be gone.
    let mut other = producer.turn(101);
    follower.hear(&other.base_envelope()).unwrap();
    follower.hear_all(&other.block(&producer.transfers(1), &[]));
    assert_eq!(hashes(&follower), hashes(&producer.ledger));
}
