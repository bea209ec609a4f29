use super::*;
use alloy_primitives::{U256, keccak256};

fn blob(seed: u64) -> Box<Blob> {
    let mut blob = Box::new(Blob::ZERO);
    for (place, element) in blob.chunks_exact_mut(32).enumerate() {
        let drawn = keccak256([seed.to_be_bytes(), (place as u64).to_be_bytes()].concat());
        element.copy_from_slice(drawn.as_slice());
        element[0] &= 0x3f;
    }
    blob
}

fn commitments(blobs: &[Box<Blob>]) -> Vec<FixedBytes<48>> {
    blobs.iter().map(|blob| commitment(blob).unwrap()).collect()
}

fn hashes(commitments: &[FixedBytes<48>]) -> Vec<B256> {
    commitments
        .iter()
        .map(|known| kzg_to_versioned_hash(known.as_slice()))
        .collect()
}

fn unchecked(
    hashes: Vec<B256>,
    blobs: Vec<Box<Blob>>,
    commitments: Vec<FixedBytes<48>>,
) -> Unchecked {
    Unchecked {
        what: "blobs/test".into(),
        hashes,
        blobs,
        commitments,
    }
}

#[test]
fn blobs_are_what_their_commitments_say_together_as_one_by_one() {
    let blobs: Vec<_> = (0..3).map(blob).collect();
    let all = commitments(&blobs);
    assert!(together::check(&blobs, &all));
    let mut wanted = hashes(&all);
    wanted.reverse();
    let mut expected = blobs.clone();
    expected.reverse();
    let with = unchecked(wanted.clone(), blobs.clone(), all)
        .check()
        .unwrap();
    let without = unchecked(wanted, blobs, vec![]).check().unwrap();
    assert_eq!(with, expected);
    assert_eq!(without, expected);
}

/// Pitfall: a joint check that two wrong blobs pass because their errors cancel out.
#[test]
fn errors_in_two_blobs_do_not_cancel_out() {
    let blobs: Vec<_> = (0..2).map(blob).collect();
    let all = commitments(&blobs);
    let mut wrong = blobs.clone();
    let moved = |element: &[u8], by: U256, up: bool| {
        let value = U256::from_be_slice(element);
        let value = if up { value + by } else { value - by };
        value.to_be_bytes::<32>()
    };
    let (first, second) = (
        moved(&wrong[0][..32], U256::from(1), true),
        moved(&wrong[1][..32], U256::from(1), false),
    );
    wrong[0][..32].copy_from_slice(&first);
    wrong[1][..32].copy_from_slice(&second);
    assert!(!together::check(&wrong, &all));
    assert!(
        unchecked(hashes(&all), wrong, all.clone())
            .check()
            .unwrap_err()
            .to_string()
            .contains("none that has it")
    );
    // Nor does a pair in the other order.
    let swapped: Vec<_> = blobs.iter().rev().cloned().collect();
    assert!(!together::check(&swapped, &all));
    assert_eq!(
        unchecked(hashes(&all), swapped, all).check().unwrap(),
        blobs
    );
}

#[test]
fn what_cannot_be_told_together_is_told_one_by_one() {
    let blobs = vec![blob(1), Box::new(Blob::ZERO)];
    let all = commitments(&blobs);
    // The commitment of zeros is the point at infinity.
    assert!(!together::check(&blobs, &all));
    assert_eq!(
        unchecked(hashes(&all), blobs.clone(), all.clone())
            .check()
            .unwrap(),
        blobs
    );
    assert!(!together::check(&blobs[..1], &all));
    let mut large = blob(2);
    large[..32].fill(0xff);
    assert!(!together::check(&[large.clone()], &all[..1]));
    assert!(
        unchecked(vec![B256::ZERO], vec![large], vec![])
            .check()
            .is_err()
    );
}
