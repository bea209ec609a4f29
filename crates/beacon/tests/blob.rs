//! The blob vector that Rust and Solidity share (`fixtures/blobs`): the rule that makes it and what KZG says about it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a test stops at the first surprise"
)]

use alloy_primitives::hex;
use c_kzg::{Blob, Bytes32, Bytes48, ethereum_kzg_settings};
use ethereum_hashing::hash;
use serde_json::Value;

fn vector() -> Value {
    let path = format!(
        "{}/../../fixtures/blobs/blob.json",
        env!("CARGO_MANIFEST_DIR")
    );
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn bytes(value: &Value, key: &str) -> Vec<u8> {
    hex::decode(value[key].as_str().unwrap()).unwrap()
}

fn blob(vector: &Value) -> Blob {
    let seed = bytes(vector, "seed");
    let elements = (0..4096u32).flat_map(|index| {
        let digest = hash(&[seed.as_slice(), &index.to_be_bytes()].concat());
        let mut element = [0; 32];
        element[1..].copy_from_slice(&digest[..31]);
        element
    });
    Blob::from_bytes(&elements.collect::<Vec<u8>>()).unwrap()
}

#[test]
fn the_blob_has_the_vectors_commitment_and_versioned_hash() {
    let vector = vector();
    let blob = blob(&vector);
    assert_eq!(hash(blob.as_ref()), bytes(&vector, "blobSha256"));
    let settings = ethereum_kzg_settings(0);
    let commitment = settings.blob_to_kzg_commitment(&blob).unwrap().to_bytes();
    assert_eq!(commitment.as_slice(), bytes(&vector, "commitment"));
    let mut versioned = hash(commitment.as_slice());
    versioned[0] = 1;
    assert_eq!(versioned, bytes(&vector, "versionedHash"));
    let proof = Bytes48::from_bytes(&bytes(&vector, "blobProof")).unwrap();
    assert!(
        settings
            .verify_blob_kzg_proof(&blob, &commitment, &proof)
            .unwrap()
    );
    let (_, proofs) = settings.compute_cells_and_kzg_proofs(&blob).unwrap();
    let proofs: Vec<u8> = proofs
        .iter()
        .flat_map(|proof| proof.to_bytes().to_vec())
        .collect();
    assert_eq!(hash(&proofs), bytes(&vector, "cellProofsSha256"));
}

#[test]
fn the_opened_value_is_the_blobs_and_no_other() {
    let vector = vector();
    let fixed = |key| Bytes32::from_bytes(&bytes(&vector, key)).unwrap();
    let long = |key| Bytes48::from_bytes(&bytes(&vector, key)).unwrap();
    let settings = ethereum_kzg_settings(0);
    let verify = |value: &Bytes32| {
        settings
            .verify_kzg_proof(
                &long("commitment"),
                &fixed("point"),
                value,
                &long("openingProof"),
            )
            .unwrap()
    };
    assert!(verify(&fixed("value")));
    assert!(!verify(&fixed("point")));
    let parts = [
        "versionedHash",
        "point",
        "value",
        "commitment",
        "openingProof",
    ];
    assert_eq!(
        bytes(&vector, "pointEvaluationInput"),
        parts.map(|key| bytes(&vector, key)).concat()
    );
}
