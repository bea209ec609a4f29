//! `fixtures/beacon/*/proofs.json`: proofs by eth-consensus-specs' own generalized indices and branches.

use alloy_primitives::B256;
use forebond_beacon::{
    bls::PublicKeyBytes,
    containers::BeaconBlockHeader,
    preset::{Mainnet, Minimal, Preset},
    proof::{ForkLayout, LookaheadProof, Presence, SlotPresenceProof, SlotProof, ValidatorProof},
};
use serde_json::Value;

pub struct Vectors {
    pub layout: ForkLayout,
    pub file: Value,
}

/// Every fork and preset there are vectors for, so that each test holds for all.
pub fn all() -> [Vectors; 3] {
    let gloas = Vectors {
        layout: ForkLayout::gloas::<Minimal>(),
        file: read("gloas_minimal"),
    };
    [of::<Minimal>(), of::<Mainnet>(), gloas]
}

/// Fulu's.
pub fn of<P: Preset>() -> Vectors {
    Vectors {
        layout: ForkLayout::fulu::<P>(),
        file: read(P::NAME),
    }
}

fn read(folder: &str) -> Value {
    let path = format!(
        "{}/../../fixtures/beacon/{folder}/proofs.json",
        env!("CARGO_MANIFEST_DIR")
    );
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

pub struct Proven<T> {
    pub proof: T,
    pub block_root: B256,
    /// What the proof is about, and what it must say.
    pub about: u64,
    pub gindex: u64,
}

impl Vectors {
    /// With the proposers that each epoch must turn out to have.
    pub fn epochs(&self) -> Vec<(Proven<LookaheadProof>, Vec<u64>)> {
        let halves = list(&self.file, "lookahead");
        halves
            .map(|vector| {
                let proof = LookaheadProof {
                    header: header(vector),
                    chunks: roots(vector, "chunks"),
                    branch: roots(vector, "branch"),
                };
                let epoch = self.layout.epoch_of(number(vector, "firstSlot"));
                let proposers = list(vector, "proposers")
                    .map(|text| text.as_str().unwrap().parse().unwrap())
                    .collect();
                (proven(vector, proof, epoch, "gindex"), proposers)
            })
            .collect()
    }

    /// With the proposer of each slot.
    pub fn slots(&self) -> Vec<(Proven<SlotProof>, u64)> {
        list(&self.file, "slots")
            .map(|vector| {
                let proof = SlotProof {
                    header: header(vector),
                    chunk: root(vector, "chunk"),
                    branch: roots(vector, "branch"),
                };
                (
                    proven(vector, proof, number(vector, "slot"), "gindex"),
                    number(vector, "proposer"),
                )
            })
            .collect()
    }

    /// With the compressed key of each validator.
    pub fn validators(&self) -> Vec<(Proven<ValidatorProof>, PublicKeyBytes)> {
        list(&self.file, "validators")
            .map(|vector| {
                let proof = ValidatorProof {
                    header: header(vector),
                    validator_index: number(vector, "validatorIndex"),
                    pubkey_root: root(vector, "pubkeyRoot"),
                    withdrawal_credentials: root(vector, "withdrawalCredentials"),
                    branch: roots(vector, "branch"),
                };
                let index = proof.validator_index;
                (
                    proven(vector, proof, index, "gindex"),
                    vector["pubkey"].as_str().unwrap().parse().unwrap(),
                )
            })
            .collect()
    }

    pub fn presences(&self) -> Vec<(Proven<SlotPresenceProof>, Presence)> {
        list(&self.file, "presence")
            .map(|vector| {
                let proof = SlotPresenceProof {
                    header: header(vector),
                    slot: number(vector, "slot"),
                    root_before: root(vector, "rootBefore"),
                    root_at: root(vector, "rootAt"),
                    branch_before: roots(vector, "branchBefore"),
                    branch_at: roots(vector, "branchAt"),
                };
                let presence = if vector["missed"].as_bool().unwrap() {
                    Presence::Missed
                } else {
                    Presence::Present
                };
                let slot = proof.slot;
                (proven(vector, proof, slot, "gindexAt"), presence)
            })
            .collect()
    }
}

fn proven<T>(vector: &Value, proof: T, about: u64, gindex: &str) -> Proven<T> {
    Proven {
        proof,
        block_root: root(vector, "blockRoot"),
        about,
        gindex: number(vector, gindex),
    }
}

fn list<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    let list = value[key].as_array().unwrap();
    assert!(!list.is_empty(), "{key} is empty");
    list.iter()
}

pub fn number(value: &Value, key: &str) -> u64 {
    value[key].as_str().unwrap().parse().unwrap()
}

fn root(value: &Value, key: &str) -> B256 {
    value[key].as_str().unwrap().parse().unwrap()
}

fn roots(value: &Value, key: &str) -> Vec<B256> {
    list(value, key)
        .map(|text| text.as_str().unwrap().parse().unwrap())
        .collect()
}

fn header(value: &Value) -> BeaconBlockHeader {
    BeaconBlockHeader {
        slot: number(value, "headerSlot"),
        proposer_index: number(value, "proposerIndex"),
        parent_root: root(value, "parentRoot"),
        state_root: root(value, "stateRoot"),
        body_root: root(value, "bodyRoot"),
    }
}
