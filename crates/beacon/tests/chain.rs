//! A chain made by the executable specification, read with our containers: same roots, same bytes, valid signatures.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a test stops at the first surprise"
)]

use std::path::PathBuf;

use alloy_primitives::{B256, hex};
use forebond_beacon::{
    bls::{PublicKey, Signature, verify_sync_aggregate},
    containers::{BeaconState, SignedBeaconBlock, SyncCommittee},
    preset::Minimal,
    signing::domain::{DomainType, ForkVersion, compute_domain, signing_root},
};
use serde_json::Value;
use ssz::{Decode, Encode};
use tree_hash::TreeHash;

const SLOTS_PER_EPOCH: u64 = 8;
/// Slots that one sync committee of the minimal preset serves.
const SYNC_PERIOD_SLOTS: u64 = 64;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/beacon/minimal")
}

fn chain() -> Value {
    serde_json::from_str(&std::fs::read_to_string(folder().join("chain.json")).unwrap()).unwrap()
}

fn state(name: &str) -> (Vec<u8>, BeaconState<Minimal>) {
    let bytes = std::fs::read(folder().join(name)).unwrap();
    let state = BeaconState::from_ssz_bytes(&bytes).unwrap();
    (bytes, state)
}

fn root(value: &Value, key: &str) -> B256 {
    value[key].as_str().unwrap().parse().unwrap()
}

fn steps(chain: &Value) -> &[Value] {
    chain["steps"].as_array().unwrap()
}

/// The chain's blocks in order, each with its step.
fn blocks(chain: &Value) -> Vec<(&Value, SignedBeaconBlock<Minimal>)> {
    steps(chain)
        .iter()
        .filter(|step| step["block"] != "0x")
        .map(|step| {
            let bytes = hex::decode(step["block"].as_str().unwrap()).unwrap();
            let block = SignedBeaconBlock::from_ssz_bytes(&bytes).unwrap();
            assert_eq!(block.as_ssz_bytes(), bytes, "slot {}", step["slot"]);
            (step, block)
        })
        .collect()
}

#[test]
fn states_have_the_specifications_roots_and_bytes() {
    let chain = chain();
    for name in chain["states"].as_array().unwrap() {
        let name = name.as_str().unwrap();
        let (bytes, state) = state(name);
        let expected = match state.slot {
            0 => root(&chain, "genesisStateRoot"),
            slot => root(
                &steps(&chain)[usize::try_from(slot).unwrap() - 1],
                "stateRoot",
            ),
        };
        assert_eq!(state.tree_hash_root(), expected, "{name}");
        assert_eq!(state.as_ssz_bytes(), bytes, "{name}");
    }
}

#[test]
fn a_state_with_trailing_or_missing_bytes_is_refused() {
    let (bytes, _) = state("genesis.ssz");
    let mut longer = bytes.clone();
    longer.push(0);
    assert!(BeaconState::<Minimal>::from_ssz_bytes(&longer).is_err());
    assert!(BeaconState::<Minimal>::from_ssz_bytes(&bytes[..bytes.len() - 1]).is_err());
    assert!(BeaconState::<Minimal>::from_ssz_bytes(&[]).is_err());
}

#[test]
fn blocks_have_the_specifications_roots_and_form_a_chain() {
    let chain = chain();
    let mut parent = None;
    for (step, block) in blocks(&chain) {
        let header = block.message.to_header();
        assert_eq!(header.tree_hash_root(), root(step, "blockRoot"));
        assert_eq!(block.message.tree_hash_root(), root(step, "blockRoot"));
        assert_eq!(block.message.state_root, root(step, "stateRoot"));
        if let Some(parent) = parent.replace(root(step, "blockRoot")) {
            assert_eq!(block.message.parent_root, parent);
        }
    }
}

#[test]
fn each_block_is_by_the_proposer_that_the_lookahead_named_an_epoch_before() {
    let chain = chain();
    let lookahead_at = |slot: u64| -> Vec<u64> {
        let list = steps(&chain)[usize::try_from(slot).unwrap() - 1]["lookahead"]
            .as_array()
            .unwrap();
        list.iter()
            .map(|index| index.as_str().unwrap().parse().unwrap())
            .collect()
    };
    let mut checked = 0;
    for (_, block) in blocks(&chain) {
        let slot = block.message.slot;
        let place = usize::try_from(slot % SLOTS_PER_EPOCH).unwrap();
        assert_eq!(lookahead_at(slot)[place], block.message.proposer_index);
        if slot > 2 * SLOTS_PER_EPOCH {
            let before = lookahead_at(slot - SLOTS_PER_EPOCH);
            assert_eq!(before[place + 8], block.message.proposer_index);
            checked += 1;
        }
    }
    assert!(checked > 40);
}

#[test]
fn signatures_of_blocks_verify_under_their_domains() {
    let chain = chain();
    let (_, genesis) = state("genesis.ssz");
    let version: ForkVersion = chain["forkVersion"].as_str().unwrap().parse().unwrap();
    let domain = |purpose| compute_domain(purpose, version, genesis.genesis_validators_root);
    let key = |index: u64| {
        let validator = genesis
            .validators
            .get(usize::try_from(index).unwrap())
            .unwrap();
        PublicKey::try_from(&validator.pubkey).unwrap()
    };
    for (_, block) in blocks(&chain) {
        let message = &block.message;
        let proposer = key(message.proposer_index);

        let signed = signing_root(
            message.tree_hash_root(),
            domain(DomainType::BEACON_PROPOSER),
        );
        assert_eq!(
            Signature::try_from(&block.signature)
                .unwrap()
                .verify(&proposer, signed),
            Ok(())
        );

        let epoch = message.slot / SLOTS_PER_EPOCH;
        let revealed = signing_root(epoch.tree_hash_root(), domain(DomainType::RANDAO));
        let reveal = Signature::try_from(&message.body.randao_reveal).unwrap();
        assert_eq!(reveal.verify(&proposer, revealed), Ok(()));
        assert!(reveal.verify(&proposer, signed).is_err());

        let committee: &SyncCommittee<Minimal> = if message.slot < SYNC_PERIOD_SLOTS {
            &genesis.current_sync_committee
        } else {
            &genesis.next_sync_committee
        };
        let aggregate = &message.body.sync_aggregate;
        let members: Vec<PublicKey> = committee
            .pubkeys
            .iter()
            .zip(aggregate.sync_committee_bits.iter())
            .filter(|(_, signed)| *signed)
            .map(|(key, _)| PublicKey::try_from(key).unwrap())
            .collect();
        assert!(!members.is_empty());
        let members: Vec<&PublicKey> = members.iter().collect();
        let vote = signing_root(message.parent_root, domain(DomainType::SYNC_COMMITTEE));
        assert_eq!(
            verify_sync_aggregate(&aggregate.sync_committee_signature, &members, vote),
            Ok(())
        );
        assert!(
            verify_sync_aggregate(&aggregate.sync_committee_signature, &members[1..], vote)
                .is_err()
        );
    }
}
