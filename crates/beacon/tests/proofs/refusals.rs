//! One test for each class of proof that a published verifier has accepted.

use alloy_primitives::B256;
use ethereum_hashing::hash32_concat;
use forebond_beacon::{
    bls::interop_key,
    preset::{Mainnet, Minimal},
    proof::{ForkLayout, Presence, ProofError, verify_branch},
};
use tree_hash::TreeHash;

use crate::vectors;

fn is_wrong_root<T: PartialEq + std::fmt::Debug>(result: &Result<T, ProofError>) -> bool {
    matches!(result, Err(ProofError::StateRoot { .. }))
}

#[test]
fn proof_depth_not_pinned_an_inner_node_or_a_shorter_branch_is_refused() {
    for vectors in vectors::all() {
        let layout = &vectors.layout;
        // The classic: validator 2v passes as v when a branch may be one level short. Here v is 0, the two "leaves" are
        // true nodes one level up, and every step of the walk turns as for the true position.
        let (proven, _) = vectors.validators().swap_remove(0);
        let expected = proven.proof.branch.len();
        let mut shifted = proven.proof.clone();
        let (leaf, sibling) = (shifted.pubkey_root, shifted.withdrawal_credentials);
        shifted.pubkey_root = hash32_concat(leaf.as_slice(), sibling.as_slice()).into();
        shifted.withdrawal_credentials = shifted.branch.remove(0);
        assert_eq!(
            shifted.verify(layout, proven.block_root),
            Err(ProofError::BranchLength {
                got: expected - 1,
                expected
            })
        );
        let mut longer = proven.proof.clone();
        longer.branch.push(B256::ZERO);
        assert_eq!(
            longer.verify(layout, proven.block_root),
            Err(ProofError::BranchLength {
                got: expected + 1,
                expected
            })
        );
        let (mut slot, _) = vectors.slots().swap_remove(0);
        slot.proof.branch.remove(0);
        assert!(matches!(
            slot.proof.verify(layout, slot.block_root, slot.about),
            Err(ProofError::BranchLength { .. })
        ));
        let (mut presence, _) = vectors.presences().swap_remove(0);
        presence.proof.branch_before.clear();
        assert!(matches!(
            presence.proof.verify(layout, presence.block_root),
            Err(ProofError::BranchLength { .. })
        ));
        presence.proof.branch_at.clear();
        assert!(presence.proof.verify(layout, presence.block_root).is_err());
    }
}

#[test]
fn generalized_index_not_pinned_another_validators_index_is_refused() {
    for vectors in vectors::all() {
        for (proven, _) in vectors.validators() {
            for other in [
                proven.about ^ 1,
                proven.about * 2 + 2,
                proven.about + (1 << 33),
            ] {
                let mut proof = proven.proof.clone();
                proof.validator_index = other;
                // Either the branch leads elsewhere or, in a progressive list, it has another length.
                let refused = proof.verify(&vectors.layout, proven.block_root);
                assert!(
                    matches!(
                        refused,
                        Err(ProofError::StateRoot { .. } | ProofError::BranchLength { .. })
                    ),
                    "as validator {other}: {refused:?}"
                );
            }
            let mut proof = proven.proof.clone();
            proof.validator_index += 1 << 40;
            assert!(matches!(
                proof.verify(&vectors.layout, proven.block_root),
                Err(ProofError::ValidatorIndex { .. })
            ));
        }
    }
}

#[test]
fn another_key_or_other_credentials_are_refused() {
    for vectors in vectors::all() {
        let (proven, _) = vectors.validators().swap_remove(0);
        let mut proof = proven.proof.clone();
        proof.pubkey_root = interop_key(1).public_key().hash_tree_root();
        assert!(is_wrong_root(
            &proof.verify(&vectors.layout, proven.block_root)
        ));
        let mut proof = proven.proof.clone();
        proof.withdrawal_credentials.0[31] ^= 1;
        assert!(is_wrong_root(
            &proof.verify(&vectors.layout, proven.block_root)
        ));
        let mut proof = proven.proof.clone();
        std::mem::swap(&mut proof.pubkey_root, &mut proof.withdrawal_credentials);
        assert!(is_wrong_root(
            &proof.verify(&vectors.layout, proven.block_root)
        ));
    }
}

#[test]
fn header_slot_never_proven_a_header_with_another_slot_is_refused() {
    for vectors in vectors::all() {
        for (proven, _) in vectors.epochs() {
            let mut proof = proven.proof.clone();
            proof.header.slot += vectors.layout.slots_per_epoch();
            assert_eq!(
                proof.verify(&vectors.layout, proven.block_root, proven.about + 1),
                Err(ProofError::BlockRoot {
                    got: proof.header.tree_hash_root(),
                    expected: proven.block_root
                })
            );
        }
    }
}

#[test]
fn root_from_the_epoch_before_after_missed_slots_shifts_nothing() {
    for vectors in vectors::all() {
        // The newest block before a border whose slots on both sides are missed: in slot 2 of the next epoch its root is
        // still the newest one, and a verifier that went by the clock would read its next half as that of epoch + 2.
        let (proven, proposers) = vectors.epochs().swap_remove(1);
        let (layout, header_epoch) = (
            &vectors.layout,
            vectors.layout.epoch_of(proven.proof.header.slot),
        );
        assert_eq!(proven.about, header_epoch + 1);
        assert_eq!(
            proven
                .proof
                .verify(layout, proven.block_root, header_epoch + 1),
            Ok(proposers)
        );
        assert_eq!(
            proven
                .proof
                .verify(layout, proven.block_root, header_epoch + 2),
            Err(ProofError::Epoch {
                header_slot: proven.proof.header.slot,
                first: header_epoch,
                epoch: header_epoch + 2
            })
        );
    }
}

#[test]
fn halves_of_the_lookahead_are_not_interchangeable() {
    for vectors in vectors::all() {
        let mut all = vectors.epochs().into_iter();
        let ((current, _), (next, _)) = (all.next().unwrap(), all.next().unwrap());
        assert!(is_wrong_root(&current.proof.verify(
            &vectors.layout,
            current.block_root,
            next.about
        )));
        assert!(is_wrong_root(&next.proof.verify(
            &vectors.layout,
            next.block_root,
            current.about
        )));
    }
}

#[test]
fn wrong_numbers_of_chunks_and_swapped_chunks_are_refused() {
    for vectors in vectors::all() {
        let (proven, _) = vectors.epochs().swap_remove(0);
        let expected = proven.proof.chunks.len();
        let verify = |proof: &forebond_beacon::proof::LookaheadProof| {
            proof.verify(&vectors.layout, proven.block_root, proven.about)
        };
        for got in [0, 1, expected - 1, expected + 1, 2 * expected] {
            let mut proof = proven.proof.clone();
            proof.chunks.resize(got, B256::ZERO);
            assert_eq!(
                verify(&proof),
                Err(ProofError::ChunkCount { got, expected })
            );
        }
        let mut proof = proven.proof.clone();
        proof.chunks.swap(0, 1);
        assert!(is_wrong_root(&verify(&proof)));
    }
}

#[test]
fn fulu_indices_hard_coded_a_proof_of_one_fork_is_none_of_another() {
    let [fulu, _, gloas] = vectors::all();
    for (from, layout) in [(&fulu, &gloas.layout), (&gloas, &fulu.layout)] {
        for (proven, _) in from.epochs() {
            assert!(
                proven
                    .proof
                    .verify(layout, proven.block_root, proven.about)
                    .is_err()
            );
        }
        for (proven, _) in from.slots() {
            assert!(
                proven
                    .proof
                    .verify(layout, proven.block_root, proven.about)
                    .is_err()
            );
        }
        for (proven, _) in from.validators() {
            assert!(proven.proof.verify(layout, proven.block_root).is_err());
        }
        for (proven, _) in from.presences() {
            assert!(proven.proof.verify(layout, proven.block_root).is_err());
        }
    }
}

#[test]
fn a_slot_of_another_chunk_or_epoch_is_refused() {
    for vectors in vectors::all() {
        let (proven, _) = vectors.slots().swap_remove(0);
        let verify = |slot| {
            proven
                .proof
                .verify(&vectors.layout, proven.block_root, slot)
        };
        assert!(verify(proven.about + 3).is_ok());
        assert!(is_wrong_root(&verify(proven.about + 4)));
        let outside = proven.about + 2 * vectors.layout.slots_per_epoch();
        assert!(matches!(verify(outside), Err(ProofError::Epoch { .. })));
        let before = proven.about - vectors.layout.slots_per_epoch();
        assert!(matches!(verify(before), Err(ProofError::Epoch { .. })));
    }
}

#[test]
fn a_proof_of_one_preset_is_none_of_the_other() {
    let (minimal, mainnet) = (vectors::of::<Minimal>(), vectors::of::<Mainnet>());
    for (from, layout) in [(&minimal, &mainnet.layout), (&mainnet, &minimal.layout)] {
        for (proven, _) in from.epochs() {
            let epoch = layout.epoch_of(proven.proof.header.slot);
            assert!(
                proven
                    .proof
                    .verify(layout, proven.block_root, epoch)
                    .is_err()
            );
        }
        for (proven, _) in from.presences() {
            assert!(proven.proof.verify(layout, proven.block_root).is_err());
        }
    }
}

#[test]
fn the_ring_of_block_roots_proves_only_slots_it_still_holds() {
    for vectors in vectors::all() {
        let layout: &ForkLayout = &vectors.layout;
        let ring = layout.slots_per_historical_root();
        for (proven, _) in vectors.presences() {
            let header_slot = proven.proof.header.slot;
            // The same two ring places, one turn later or earlier, the header's own slot, and slot 0 without a predecessor.
            for slot in [
                proven.about + ring,
                proven.about.wrapping_sub(ring),
                header_slot,
                header_slot + 1,
                0,
            ] {
                let mut proof = proven.proof.clone();
                proof.slot = slot;
                assert_eq!(
                    proof.verify(layout, proven.block_root),
                    Err(ProofError::Ring {
                        header_slot,
                        ring,
                        slot
                    })
                );
            }
        }
    }
}

#[test]
fn a_present_slot_cannot_be_passed_off_as_missed() {
    for vectors in vectors::all() {
        let present = vectors
            .presences()
            .into_iter()
            .filter(|(_, presence)| *presence == Presence::Present);
        for (proven, _) in present {
            // Twice the same neighbour, which is equal to itself.
            let mut proof = proven.proof.clone();
            (proof.root_at, proof.branch_at) = (proof.root_before, proof.branch_before.clone());
            assert!(is_wrong_root(
                &proof.verify(&vectors.layout, proven.block_root)
            ));
            let mut proof = proven.proof.clone();
            (proof.root_before, proof.branch_before) = (proof.root_at, proof.branch_at.clone());
            assert!(is_wrong_root(
                &proof.verify(&vectors.layout, proven.block_root)
            ));
        }
    }
}

#[test]
fn every_bit_of_a_proof_counts() {
    let vectors = vectors::of::<Minimal>();
    let (proven, _) = vectors.slots().swap_remove(1);
    let verify = |proof: &forebond_beacon::proof::SlotProof| {
        proof.verify(&vectors.layout, proven.block_root, proven.about)
    };
    for node in 0..proven.proof.branch.len() {
        for byte in 0..32 {
            let mut proof = proven.proof.clone();
            proof.branch[node].0[byte] ^= 0x80;
            assert!(is_wrong_root(&verify(&proof)));
        }
    }
    for change in 0..4 {
        let mut proof = proven.proof.clone();
        match change {
            0 => proof.header.proposer_index ^= 1,
            1 => proof.header.parent_root.0[0] ^= 1,
            2 => proof.header.state_root.0[0] ^= 1,
            _ => proof.header.body_root.0[0] ^= 1,
        }
        assert!(matches!(verify(&proof), Err(ProofError::BlockRoot { .. })));
    }
}

#[test]
fn an_empty_branch_proves_only_the_root_itself() {
    let layout = ForkLayout::fulu::<Minimal>();
    let root = B256::repeat_byte(3);
    assert_eq!(
        verify_branch(root, &[], forebond_beacon::proof::Gindex::ROOT),
        Ok(root)
    );
    assert_eq!(
        verify_branch(root, &[], layout.lookahead()),
        Err(ProofError::BranchLength {
            got: 0,
            expected: 6
        })
    );
}
