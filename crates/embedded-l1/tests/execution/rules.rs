use alloy_eips::{
    eip2935::HISTORY_STORAGE_ADDRESS,
    eip4788::BEACON_ROOTS_ADDRESS,
    eip4895::Withdrawal,
    eip7002::{WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS, WITHDRAWAL_REQUEST_TYPE},
    eip7685::EMPTY_REQUESTS_HASH,
};
use alloy_primitives::{Address, B256, TxKind, U256};
use forebond_embedded_l1::execution::DEPLOYMENT_PROXY;
use forebond_exec::{StateDiff, StateTrie};
use forebond_rpc::CallEnd;

use crate::world::{
    GENESIS_S, GWEI, SLOT_S, World, attributes, beacon_root, signed, transfer, wallet,
};

fn word(value: u64) -> Vec<u8> {
    B256::from(U256::from(value)).to_vec()
}

#[test]
fn a_contract_reads_the_parent_beacon_root_by_the_time_of_the_block_that_carries_it() {
    let mut world = World::new();
    world.slot(1);
    // Slot 2 is missed.
    world.slot(3);
    for slot in [1, 3] {
        let found = world.call(BEACON_ROOTS_ADDRESS, word(GENESIS_S + slot * SLOT_S));
        let output = beacon_root(slot).to_vec().into();
        assert_eq!(found, CallEnd::Success { output });
    }
    let missed = world.call(BEACON_ROOTS_ADDRESS, word(GENESIS_S + 2 * SLOT_S));
    assert!(
        matches!(missed, CallEnd::Revert { .. }),
        "a missed slot has no root: {missed:?}"
    );
}

#[test]
fn the_hashes_of_former_blocks_are_in_the_history_contract() {
    let mut world = World::new();
    let first = world.slot(1);
    world.slot(2);
    let output = first.hash.to_vec().into();
    assert_eq!(
        world.call(HISTORY_STORAGE_ADDRESS, word(1)),
        CallEnd::Success { output }
    );
}

#[test]
fn withdrawals_are_paid_in_gwei_and_committed_to() {
    let mut world = World::new();
    let receiver = Address::repeat_byte(0xdd);
    let mut asked = attributes(1);
    asked.withdrawals = vec![Withdrawal {
        index: 0,
        validator_index: 3,
        address: receiver,
        amount: 32_000_000_000,
    }];
    let block = world.slot_with(&asked);
    let balance = block.state.account(receiver).unwrap().balance;
    assert_eq!(balance, U256::from(32_u128 * GWEI * GWEI));
    let empty = world.slot(2);
    assert_ne!(block.header.withdrawals_root, empty.header.withdrawals_root);
}

#[test]
fn a_withdrawal_request_to_its_contract_becomes_a_request_of_the_block() {
    let mut world = World::new();
    assert_eq!(
        world.slot(1).header.requests_hash,
        Some(EMPTY_REQUESTS_HASH)
    );
    let sender = wallet(0);
    let mut request = transfer(0);
    request.to = TxKind::Call(WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS);
    request.gas_limit = 200_000;
    request.input = [vec![7; 48], 0_u64.to_be_bytes().to_vec()].concat().into();
    world.send(&signed(&sender, request)).unwrap();
    let block = world.slot(2);
    let expected = [
        vec![WITHDRAWAL_REQUEST_TYPE],
        sender.address().to_vec(),
        vec![7; 48],
        vec![0; 8],
    ]
    .concat();
    assert_eq!(block.requests.len(), 1);
    assert_eq!(block.requests.first().unwrap().to_vec(), expected);
    assert_eq!(
        block.header.requests_hash,
        Some(block.requests.requests_hash())
    );
}

#[test]
fn the_deployment_proxy_deploys_at_the_address_of_create2() {
    let mut world = World::new();
    // Init code that returns one byte, STOP.
    let init = [0x60, 0x01, 0x60, 0x00, 0xf3];
    let mut deploy = transfer(0);
    deploy.to = TxKind::Call(DEPLOYMENT_PROXY);
    deploy.gas_limit = 200_000;
    deploy.value = U256::ZERO;
    deploy.input = [&[0_u8; 32][..], &init[..]].concat().into();
    world.send(&signed(&wallet(0), deploy)).unwrap();
    let block = world.slot(1);
    let at = DEPLOYMENT_PROXY.create2_from_code(B256::ZERO, init);
    assert_eq!(block.transactions.len(), 1);
    assert!(block.state.account(at).unwrap().has_code());
}

#[test]
fn the_base_fee_falls_by_an_eighth_with_each_empty_block() {
    let mut world = World::new();
    let first = world.slot(1).header.base_fee_per_gas.unwrap();
    let second = world.slot(2).header.base_fee_per_gas.unwrap();
    assert_eq!(first, 875_000_000);
    assert_eq!(second, first - first / 8);
}

#[test]
fn a_block_is_refused_when_its_time_is_not_after_its_parents() {
    let mut world = World::new();
    let block = world.slot(2);
    let error = world
        .tree
        .build(block.hash, &attributes(2), None)
        .unwrap_err();
    assert!(error.to_string().contains("is not after"), "{error}");
}

#[test]
fn the_state_root_is_that_of_the_whole_state_built_from_nothing() {
    let mut world = World::new();
    world.send(&signed(&wallet(0), transfer(0))).unwrap();
    world.send(&signed(&wallet(1), transfer(0))).unwrap();
    world.slot(1);
    let head = world.slot(2);
    let proof = |world: &mut World, address| world.tree.proof(head.hash, address, &[]).unwrap();
    // Every account the chain can have touched, read one by one and put into a new trie.
    let mut diff = StateDiff::default();
    let mut addresses = forebond_embedded_l1::execution::dev_accounts();
    addresses.extend([
        Address::repeat_byte(0xfe),
        Address::repeat_byte(0xbb),
        BEACON_ROOTS_ADDRESS,
        HISTORY_STORAGE_ADDRESS,
        WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS,
        alloy_eips::eip7251::CONSOLIDATION_REQUEST_PREDEPLOY_ADDRESS,
        DEPLOYMENT_PROXY,
    ]);
    for address in addresses {
        let account = head.state.account(address);
        assert_eq!(proof(&mut world, address).account, account);
        diff.set_account(address, None, account);
    }
    for slot in [1, 2] {
        let time = GENESIS_S + slot * SLOT_S;
        for key in [time % 8_191, time % 8_191 + 8_191] {
            let value = head.state.storage(BEACON_ROOTS_ADDRESS, U256::from(key));
            assert!(!value.is_zero());
            diff.set_slot(BEACON_ROOTS_ADDRESS, U256::from(key), U256::ZERO, value);
        }
        let key = U256::from(slot - 1);
        let value = head.state.storage(HISTORY_STORAGE_ADDRESS, key);
        diff.set_slot(HISTORY_STORAGE_ADDRESS, key, U256::ZERO, value);
    }
    let mut trie = StateTrie::new();
    trie.apply(&diff);
    assert_eq!(trie.root(), head.header.state_root);
}
