use crate::{
    asked::Desk,
    world::{Follower, Producer, ledger_with},
};
use alloy_primitives::{Address, B256, U256, keccak256};
use alloy_rlp::Encodable;
use alloy_rpc_types_eth::EIP1186AccountProofResponse;
use alloy_trie::{KECCAK_EMPTY, Nibbles, TrieAccount, proof::verify_proof};
use forebond_exec::StoreOptions;
use forebond_ledger::rpc::LedgerChain;
use forebond_rollup::op::{BASE_FEE_VAULT, L1_FEE_VAULT, OPERATOR_FEE_VAULT, SEQUENCER_FEE_VAULT};
use forebond_rpc::{Chain, ReadError, Snapshot, StateAt};
use std::sync::Arc;

const FEE_ACCOUNTS: [Address; 4] = [
    SEQUENCER_FEE_VAULT,
    BASE_FEE_VAULT,
    L1_FEE_VAULT,
    OPERATOR_FEE_VAULT,
];

fn chain_of(follower: &Follower) -> LedgerChain<Desk> {
    LedgerChain::new(Arc::new(follower.reader()), Desk::of(follower))
}

/// Asks for the account after a block, and has another implementation check the answer against the block's header.
fn proven(
    follower: &Follower,
    number: u64,
    address: Address,
    slots: &[B256],
) -> Result<EIP1186AccountProofResponse, ReadError> {
    let chain = chain_of(follower);
    let proof = chain
        .snapshot(StateAt::Block(number))?
        .proof(address, slots)?;
    let root = chain.header(number)?.unwrap().state_root;
    let account = TrieAccount::new(
        proof.nonce,
        proof.balance,
        proof.storage_hash,
        proof.code_hash,
    );
    let mut encoded = Vec::new();
    account.encode(&mut encoded);
    let exists = proof.nonce > 0 || !proof.balance.is_zero() || proof.code_hash != KECCAK_EMPTY;
    let key = Nibbles::unpack(keccak256(address));
    let nodes = &proof.account_proof;
    verify_proof(root, key, exists.then_some(encoded), nodes).unwrap();
    assert_eq!(proof.storage_proof.len(), slots.len());
    for (slot, shown) in slots.iter().zip(&proof.storage_proof) {
        assert_eq!(shown.key.as_b256(), *slot);
        let value = (!shown.value.is_zero()).then(|| alloy_rlp::encode(shown.value));
        let key = Nibbles::unpack(keccak256(slot));
        verify_proof(proof.storage_hash, key, value, &shown.proof).unwrap();
    }
    Ok(proof)
}

/// A follower behind six blocks of paid transactions.
fn followed() -> (Producer, Follower) {
    let (mut producer, mut follower) = (Producer::new(), Follower::new());
    let mut turn = producer.turn(100);
    follower.hear(&turn.base_envelope()).unwrap();
    for _ in 0..6 {
        follower.hear_all(&turn.block(&producer.block(3), &[]));
    }
    (producer, follower)
}

#[test]
fn every_account_and_slot_of_the_newest_block_is_proven_and_so_is_what_is_not_there() {
    let (producer, follower) = followed();
    let slots = [0, 1, 7].map(|n| B256::from(U256::from(n)));
    for address in producer.watched.iter().chain(&FEE_ACCOUNTS) {
        let proof = proven(&follower, 6, *address, &slots).unwrap();
        let state = chain_of(&follower).snapshot(StateAt::Latest).unwrap();
        assert_eq!(proof.balance, state.account(*address).unwrap().balance_wei);
        for (slot, shown) in slots.iter().zip(&proof.storage_proof) {
            assert_eq!(
                shown.value,
                state.storage(*address, (*slot).into()).unwrap()
            );
        }
    }
    let nobody = proven(&follower, 6, Address::repeat_byte(0x5c), &slots).unwrap();
    assert_eq!(
        (nobody.balance, nobody.code_hash),
        (U256::ZERO, KECCAK_EMPTY)
    );
}

#[test]
fn fee_accounts_are_proven_for_older_blocks_too_and_others_are_refused_with_words() {
    let (_, follower) = followed();
    let mut before = U256::ZERO;
    for number in 0..=6 {
        let mut held = U256::ZERO;
        for address in FEE_ACCOUNTS {
            let proof = proven(&follower, number, address, &[B256::ZERO]).unwrap();
            held += proof.balance;
        }
        assert!(
            number == 0 || held > before,
            "block {number}: fees only grow"
        );
        before = held;
    }
    let refused = proven(&follower, 3, Address::repeat_byte(1), &[]).unwrap_err();
    assert!(matches!(refused, ReadError::NoProofs), "{refused}");
    let pending = chain_of(&follower).snapshot(StateAt::Pending).unwrap();
    assert!(matches!(
        pending.proof(BASE_FEE_VAULT, &[]),
        Err(ReadError::NoProofs)
    ));
}

#[test]
fn proofs_of_fees_outlive_the_states_they_are_of() {
    let mut producer = Producer::new();
    let dir = tempfile::tempdir().unwrap();
    let store = StoreOptions {
        history_blocks: 2,
        ..StoreOptions::default()
    };
    let mut ledger = ledger_with(dir.path(), store);
    for _ in 0..8 {
        producer.block(1);
    }
    for plan in &producer.plans {
        plan.derive(&mut ledger).unwrap();
    }
    ledger.sync().unwrap();
    let follower = Follower::over(dir, ledger);
    for number in 0..=8 {
        proven(&follower, number, L1_FEE_VAULT, &[B256::ZERO]).unwrap();
    }
    let old = chain_of(&follower).snapshot(StateAt::Block(1)).unwrap();
    let refused = old.account(L1_FEE_VAULT).unwrap_err();
    assert!(
        matches!(refused, ReadError::StateNotKept { block: 1, .. }),
        "{refused}"
    );
}

#[test]
fn a_restart_loses_no_proof_of_a_block_before_it() {
    let (_, mut follower) = followed();
    let before: Vec<_> = (0..=6)
        .map(|number| proven(&follower, number, L1_FEE_VAULT, &[B256::ZERO]).unwrap())
        .collect();
    follower.sync().unwrap();
    follower.restart();
    for (number, known) in (0..=6).zip(before) {
        let again = proven(&follower, number, L1_FEE_VAULT, &[B256::ZERO]).unwrap();
        assert_eq!(again, known, "block {number}");
    }
}

#[test]
fn a_block_that_replaces_another_is_proven_by_its_own_root() {
    let (mut producer, mut follower) = followed();
    let old = proven(&follower, 5, BASE_FEE_VAULT, &[]).unwrap();
    follower.rewind(4).unwrap();
    assert!(proven(&follower, 5, BASE_FEE_VAULT, &[]).is_err());
    producer.rewind(4);
    producer.block(1);
    let plan = producer.plans.last().unwrap();
    plan.derive(&mut follower).unwrap();
    let new = proven(&follower, 5, BASE_FEE_VAULT, &[]).unwrap();
    assert_ne!(new.balance, old.balance);
}
