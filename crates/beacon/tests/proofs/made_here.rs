//! Proofs made by [`StateProver`] from decoded states.

use std::path::PathBuf;

use forebond_beacon::{
    containers::BeaconState,
    preset::Minimal,
    proof::{ForkLayout, Presence, ProofError, StateProver},
};
use ssz::Decode;

use crate::vectors;

pub fn state(name: &str) -> BeaconState<Minimal> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../fixtures/beacon/minimal")
        .join(name);
    BeaconState::from_ssz_bytes(&std::fs::read(path).unwrap()).unwrap()
}

/// The newest state of the fixture chain, from which most vectors are made.
pub const NEWEST: &str = "slot_75.ssz";

#[test]
fn epoch_proofs_equal_the_specifications() {
    let (vectors, state) = (vectors::of::<Minimal>(), state(NEWEST));
    let prover = StateProver::new(&state).unwrap();
    let mut compared = 0;
    for (proven, _) in vectors.epochs() {
        if proven.block_root == prover.block_root() {
            assert_eq!(prover.lookahead(proven.about), Ok(proven.proof));
            compared += 1;
        }
    }
    assert_eq!(compared, 2);
}

#[test]
fn slot_proofs_equal_the_specifications() {
    let (vectors, state) = (vectors::of::<Minimal>(), state(NEWEST));
    let prover = StateProver::new(&state).unwrap();
    for (proven, _) in vectors.slots() {
        assert_eq!(prover.slot(proven.about), Ok(proven.proof));
    }
}

#[test]
fn validator_proofs_equal_the_specifications() {
    let (vectors, state) = (vectors::of::<Minimal>(), state(NEWEST));
    let prover = StateProver::new(&state).unwrap();
    let (proofs, indices): (Vec<_>, Vec<_>) = vectors
        .validators()
        .into_iter()
        .map(|(proven, _)| (proven.proof, proven.about))
        .unzip();
    assert_eq!(prover.validators(&indices), Ok(proofs));
}

#[test]
fn presence_proofs_equal_the_specifications() {
    let (vectors, state) = (vectors::of::<Minimal>(), state(NEWEST));
    let prover = StateProver::new(&state).unwrap();
    for (proven, _) in vectors.presences() {
        assert_eq!(prover.presence(proven.about), Ok(proven.proof));
    }
}

#[test]
fn everything_a_state_knows_can_be_proven_and_verified() {
    let layout = ForkLayout::fulu::<Minimal>();
    for name in ["slot_38.ssz", NEWEST] {
        let state = state(name);
        let prover = StateProver::new(&state).unwrap();
        let (root, epoch) = (prover.block_root(), state.current_epoch());
        for (epoch, from) in [(epoch, 0), (epoch + 1, 8)] {
            let proposers = prover
                .lookahead(epoch)
                .unwrap()
                .verify(&layout, root, epoch)
                .unwrap();
            assert_eq!(proposers, state.proposer_lookahead[from..from + 8]);
            for (slot, proposer) in (epoch * 8..).zip(proposers) {
                assert_eq!(
                    prover.slot(slot).unwrap().verify(&layout, root, slot),
                    Ok(proposer)
                );
            }
        }
        let all: Vec<u64> = (0..state.validators.len() as u64).collect();
        for proof in prover.validators(&all).unwrap() {
            assert_eq!(proof.verify(&layout, root), Ok(()));
        }
        let missed = |slot| [3, 15, 16, 17, 29, 63, 70].contains(&slot);
        for slot in (state.slot.saturating_sub(63)).max(1)..state.slot {
            let expected = if missed(slot) {
                Presence::Missed
            } else {
                Presence::Present
            };
            assert_eq!(
                prover.presence(slot).unwrap().verify(&layout, root),
                Ok(expected),
                "slot {slot}"
            );
        }
    }
}

#[test]
fn what_a_state_does_not_know_is_refused_by_name() {
    let mut state = state(NEWEST);
    let prover = StateProver::new(&state).unwrap();
    assert!(matches!(prover.lookahead(8), Err(ProofError::Epoch { .. })));
    assert!(matches!(
        prover.lookahead(11),
        Err(ProofError::Epoch { .. })
    ));
    assert!(matches!(prover.slot(71), Err(ProofError::Epoch { .. })));
    assert_eq!(
        prover.validators(&[32]),
        Err(ProofError::ValidatorIndex {
            index: 32,
            limit: 32
        })
    );
    for slot in [0, 11, 75, u64::MAX] {
        assert_eq!(
            prover.presence(slot),
            Err(ProofError::Ring {
                header_slot: 75,
                ring: 64,
                slot
            })
        );
    }
    // As after an empty slot.
    state.slot += 1;
    assert_eq!(
        StateProver::new(&state).err(),
        Some(ProofError::NotAfterBlock {
            state_slot: 76,
            block_slot: 75
        })
    );
}
