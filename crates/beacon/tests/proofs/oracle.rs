use alloy_primitives::Address;
use forebond_beacon::{
    bls::{PublicKey, interop_key},
    proof::{LookaheadHalf, Presence},
};

use crate::vectors::{self, number};

#[test]
fn positions_equal_the_specifications() {
    for vectors::Vectors { layout, file } in vectors::all() {
        let expected = |name| number(&file["gindices"], name);
        assert_eq!(layout.slots_per_epoch(), number(&file, "slotsPerEpoch"));
        assert_eq!(
            layout.slots_per_historical_root(),
            number(&file, "slotsPerHistoricalRoot")
        );
        assert_eq!(layout.lookahead().get(), expected("lookahead"));
        assert_eq!(
            layout.lookahead_half(LookaheadHalf::Current).get(),
            expected("lookaheadCurrent")
        );
        assert_eq!(
            layout.lookahead_half(LookaheadHalf::Next).get(),
            expected("lookaheadNext")
        );
        assert_eq!(
            layout.lookahead_chunk(0, 0).unwrap().get(),
            expected("lookaheadFirstChunk")
        );
        assert_eq!(layout.validators().get(), expected("validators"));
        assert_eq!(
            layout.validator_identity(0).unwrap().get(),
            expected("validator0Identity")
        );
        assert_eq!(
            layout.validator_identity(5).unwrap().get(),
            expected("validator5Identity")
        );
        assert_eq!(layout.block_root(0).get(), expected("blockRoot0"));
        assert_eq!(layout.block_root(5).get(), expected("blockRoot5"));
    }
}

#[test]
fn an_epochs_proposers_are_proven() {
    for vectors in vectors::all() {
        for (proven, proposers) in vectors.epochs() {
            let half = vectors
                .layout
                .half_of(proven.proof.header.slot, proven.about)
                .unwrap();
            assert_eq!(vectors.layout.lookahead_half(half).get(), proven.gindex);
            assert_eq!(
                proven
                    .proof
                    .verify(&vectors.layout, proven.block_root, proven.about),
                Ok(proposers)
            );
        }
    }
}

#[test]
fn one_slots_proposer_is_proven() {
    for vectors in vectors::all() {
        for (proven, proposer) in vectors.slots() {
            let at = vectors
                .layout
                .lookahead_chunk(proven.proof.header.slot, proven.about)
                .unwrap();
            assert_eq!(at.get(), proven.gindex);
            assert_eq!(
                proven
                    .proof
                    .verify(&vectors.layout, proven.block_root, proven.about),
                Ok(proposer)
            );
        }
    }
}

#[test]
fn a_validators_key_and_withdrawal_address_are_proven() {
    for vectors in vectors::all() {
        for (proven, key) in vectors.validators() {
            assert_eq!(
                proven.proof.verify(&vectors.layout, proven.block_root),
                Ok(())
            );
            assert_eq!(
                PublicKey::try_from(&key).unwrap().hash_tree_root(),
                proven.proof.pubkey_root
            );
            // The fixture chain's validators have the interop keys, and two operators take turns.
            assert_eq!(interop_key(proven.about).public_key().to_bytes(), key);
            let operators = [
                "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266",
                "0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
            ];
            let operator: Address = operators[usize::try_from(proven.about % 2).unwrap()]
                .parse()
                .unwrap();
            assert_eq!(proven.proof.withdrawal_address(), Some(operator));
        }
    }
}

#[test]
fn missed_and_present_slots_are_told_apart() {
    for vectors in vectors::all() {
        let mut seen = [0, 0];
        for (proven, presence) in vectors.presences() {
            assert_eq!(vectors.layout.block_root(proven.about).get(), proven.gindex);
            assert_eq!(
                proven.proof.verify(&vectors.layout, proven.block_root),
                Ok(presence),
                "slot {}",
                proven.about
            );
            seen[usize::from(presence == Presence::Missed)] += 1;
        }
        assert!(seen.iter().all(|count| *count > 1), "{seen:?}");
    }
}
