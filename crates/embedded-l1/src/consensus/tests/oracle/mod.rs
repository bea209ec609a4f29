//! A chain in which everything happens, judged by eth-consensus-specs: after each slot our state root is the one that
//! the executable specification computes from our blocks. `replay.py` beside this file writes the verdict.

mod foreign;

use std::{collections::BTreeSet, path::PathBuf};

use alloy_primitives::B256;
use forebond_beacon::{
    bls::interop_key,
    containers::{
        AttesterSlashing, BeaconState, ConsolidationRequest, IndexedAttestation, WithdrawalRequest,
    },
    preset::Minimal,
};
use ssz::Encode as _;
use tree_hash::TreeHash as _;

use super::{
    super::{access::at, *},
    world::{OPERATOR, World},
};

/// Slots of the chain: long enough for the late penalty of the slashed and for full withdrawals.
const SLOTS: u64 = 300;

/// Waiting times cut so that 37 epochs see everything; `replay.py` sets the same.
fn config() -> ChainConfig {
    ChainConfig {
        shard_committee_period_epochs: 0,
        min_validator_withdrawability_delay_epochs: 2,
        churn_limit_quotient: 2,
        ..ChainConfig::devnet::<Minimal>(31_337, 6000)
    }
}

/// Who does not vote: nearly nobody, later nearly half, long enough for the inactivity leak.
fn silent(slot: u64) -> BTreeSet<u64> {
    if (60..130).contains(&slot) {
        (0..30).collect()
    } else {
        (0..3).collect()
    }
}

fn fill(
    slot: u64,
    consensus: &Consensus<Minimal>,
    state: &BeaconState<Minimal>,
    parts: &mut BlockParts<Minimal>,
) {
    let keys = consensus.keys().public_keys();
    let deposit = |key, gwei, place| {
        deposit_request(consensus.config(), &interop_key(key), OPERATOR, gwei, place)
    };
    let withdrawal = |key: usize, amount| WithdrawalRequest {
        source_address: OPERATOR,
        validator_pubkey: keys[key],
        amount,
    };
    let merge = |from: usize, into: usize| ConsolidationRequest {
        source_address: OPERATOR,
        source_pubkey: keys[from],
        target_pubkey: keys[into],
    };
    match slot {
        10 => parts
            .proposer_slashings
            .push(consensus.proposer_slashing(state, 5).unwrap()),
        11 => parts
            .voluntary_exits
            .extend([6, 7, 8].map(|index| consensus.voluntary_exit(state, index).unwrap())),
        13 => {
            let mut without_proof = deposit(90, 32_000_000_000, 67);
            without_proof.signature = deposit(64, 32_000_000_000, 64).signature;
            parts.requests.deposits = vec![
                deposit(64, 32_000_000_000, 64),
                deposit(65, 33_500_000_000, 65),
                deposit(2, 1_000_000_000, 66),
                without_proof,
                deposit(7, 5_000_000_000, 68),
            ]
            .try_into()
            .unwrap();
        }
        14 => {
            parts.requests.consolidations = vec![merge(20, 20)].try_into().unwrap();
            parts.requests.withdrawals = vec![withdrawal(21, 0)].try_into().unwrap();
        }
        17 => parts.attester_slashings.push(double_vote(consensus, state)),
        30 => {
            parts.requests.consolidations = vec![merge(22, 20), merge(23, 20)].try_into().unwrap();
            parts.requests.withdrawals = vec![withdrawal(20, 1_000_000), withdrawal(24, 1)]
                .try_into()
                .unwrap();
        }
        140 => parts.requests.withdrawals = vec![withdrawal(20, 3_000_000_000)].try_into().unwrap(),
        _ => {}
    }
}

/// One committee member votes for two heads.
fn double_vote(
    consensus: &Consensus<Minimal>,
    state: &BeaconState<Minimal>,
) -> AttesterSlashing<Minimal> {
    let committees = Committees::new(state, state.current_epoch()).unwrap();
    let culprit = *committees
        .members(state.slot, 0)
        .iter()
        .find(|index| **index > 30)
        .unwrap();
    let others = (0..70).filter(|index| *index != culprit).collect();
    let vote = |head| {
        let vote = consensus.attest(state, head, &others).unwrap().unwrap();
        IndexedAttestation {
            attesting_indices: vec![culprit].try_into().unwrap(),
            data: vote.data,
            signature: vote.signature,
        }
    };
    AttesterSlashing {
        attestation_1: vote(B256::repeat_byte(1)),
        attestation_2: vote(B256::repeat_byte(2)),
    }
}

/// Runs the chain; `after_slot` sees each slot's state.
fn run(mut after_slot: impl FnMut(&World<Minimal>)) -> World<Minimal> {
    let mut world = World::<Minimal>::with_config(64, config());
    after_slot(&world);
    for slot in 1..=SLOTS {
        world.silent = silent(slot);
        let advanced = world.consensus.advance_to(&world.state, slot).unwrap();
        let proposer = advanced
            .validators
            .get(at(world.consensus.proposer_index(&advanced)))
            .unwrap();
        if slot % 11 == 7 || proposer.slashed {
            world.miss();
        } else {
            let (consensus, state) = (world.consensus.clone(), world.state.clone());
            world.propose_with(|parts| fill(slot, &consensus, &state, parts));
        }
        after_slot(&world);
    }
    world
}

#[test]
fn every_state_root_is_the_one_the_executable_specification_computes() {
    let verdict: Vec<B256> = serde_json::from_str(include_str!("state_roots.json")).unwrap();
    assert_eq!(verdict.len() as u64, SLOTS + 1);
    let mut verdict = verdict.into_iter();
    let mut leaked = false;
    let world = run(|world| {
        assert_eq!(
            Some(world.state.tree_hash_root()),
            verdict.next(),
            "slot {}",
            world.state.slot
        );
        leaked |= world.state.inactivity_scores.iter().any(|score| *score > 0);
    });
    // The chain really holds what it is meant to hold.
    let state = &world.state;
    let is_gone = |index: &usize| state.balances.get(*index) == Some(&0);
    assert!([6, 7, 8, 21, 22, 23].iter().all(is_gone));
    assert_eq!(state.validators.len(), 66);
    assert_eq!(
        state
            .validators
            .iter()
            .filter(|validator| validator.slashed)
            .count(),
        2
    );
    assert!(
        state.validators.get(20).unwrap().effective_balance > 2 * constants::MIN_ACTIVATION_BALANCE
    );
    assert!(leaked);
    assert!(!state.historical_summaries.is_empty());
}

/// Writes the chain for `replay.py`: `FOREBOND_DUMP=DIR cargo test -p forebond-embedded-l1 -- --ignored oracle`.
#[test]
#[ignore = "writes files for the oracle; the verdict is committed"]
fn write_the_chain_for_the_oracle() {
    let directory =
        PathBuf::from(std::env::var("FOREBOND_DUMP").expect("FOREBOND_DUMP names a directory"));
    std::fs::create_dir_all(&directory).unwrap();
    let write = |name: String, bytes: Vec<u8>| std::fs::write(directory.join(name), bytes).unwrap();
    let mut first = true;
    let world = run(|world| {
        if core::mem::take(&mut first) {
            write("genesis.ssz".to_owned(), world.state.as_ssz_bytes());
        }
    });
    for block in &world.blocks {
        write(
            format!("block-{:04}.ssz", block.message.slot),
            block.as_ssz_bytes(),
        );
    }
}
