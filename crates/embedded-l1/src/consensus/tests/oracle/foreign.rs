//! The other way round: a chain that eth-consensus-specs made (`fixtures/beacon/minimal`), applied by our rules with
//! every signature checked.

use std::{path::Path, sync::Arc};

use alloy_primitives::{B256, hex};
use forebond_beacon::{
    containers::{BeaconState, SignedBeaconBlock},
    preset::Minimal,
};
use serde_json::Value;
use ssz::Decode as _;
use tree_hash::TreeHash as _;

use super::super::super::{ChainConfig, Consensus, KeyRing};

fn fixture(name: &str) -> Vec<u8> {
    let folder = Path::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../fixtures/beacon/minimal"
    ));
    std::fs::read(folder.join(name)).unwrap()
}

fn number(step: &Value, key: &str) -> u64 {
    step[key].as_str().unwrap().parse().unwrap()
}

#[test]
fn a_chain_made_by_the_executable_specification_is_followed_block_by_block() {
    let chain: Value = serde_json::from_slice(&fixture("chain.json")).unwrap();
    // No key is local: everything is verified with keys read from the state.
    let config = ChainConfig::devnet::<Minimal>(31_337, 6000);
    let consensus = Consensus::<Minimal>::new(Arc::new(config), Arc::new(KeyRing::interop(0)));
    let mut state = BeaconState::<Minimal>::from_ssz_bytes(&fixture("genesis.ssz")).unwrap();
    let root = |value: &Value| value.as_str().unwrap().parse::<B256>().unwrap();
    assert_eq!(state.tree_hash_root(), root(&chain["genesisStateRoot"]));

    for step in chain["steps"].as_array().unwrap() {
        let slot = number(step, "slot");
        let advanced = consensus.advance_to(&state, slot).unwrap();
        assert_eq!(
            advanced.tree_hash_root(),
            root(&step["advancedRoot"]),
            "slot {slot}"
        );
        let block = hex::decode(step["block"].as_str().unwrap()).unwrap();
        state = if block.is_empty() {
            advanced
        } else {
            let block = SignedBeaconBlock::from_ssz_bytes(&block).unwrap();
            assert_eq!(
                block.message.proposer_index,
                consensus.proposer_index(&advanced)
            );
            consensus.apply_block(&state, &block).unwrap()
        };
        assert_eq!(
            state.tree_hash_root(),
            root(&step["stateRoot"]),
            "slot {slot}"
        );
        assert_eq!(
            consensus.head_root(&state),
            root(&step["blockRoot"]),
            "slot {slot}"
        );
        assert_eq!(
            state.current_justified_checkpoint.epoch,
            number(step, "justifiedEpoch")
        );
        assert_eq!(
            state.finalized_checkpoint.epoch,
            number(step, "finalizedEpoch")
        );
        let lookahead: Vec<String> = state
            .proposer_lookahead
            .iter()
            .map(u64::to_string)
            .collect();
        assert_eq!(
            serde_json::to_value(lookahead).unwrap(),
            step["lookahead"],
            "slot {slot}"
        );
    }
}
