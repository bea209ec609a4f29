use alloy_primitives::{Bytes, U256};
use forebond_embedded_l1::execution::{Pool, PoolLimits};
use forebond_rpc::SubmitError;

use crate::world::{GWEI, World, Wrapper, blob_transaction, sidecar, signed, transfer, wallet};

#[test]
fn the_best_tip_goes_first_and_each_senders_transactions_by_nonce() {
    let mut world = World::new();
    for (index, nonce, tip) in [(0, 0, 1), (0, 1, 9), (1, 0, 5), (2, 0, 5)] {
        let mut tx = transfer(nonce);
        tx.max_priority_fee_per_gas = tip * GWEI;
        tx.max_fee_per_gas = 20 * GWEI;
        world.send(&signed(&wallet(index), tx)).unwrap();
    }
    let block = world.slot(1);
    let order: Vec<_> = block.transactions.iter().map(|tx| tx.sender).collect();
    let expected: Vec<_> = [1, 2, 0, 0].map(|index| wallet(index).address()).into();
    assert_eq!(order, expected);
    assert!(world.pool.is_empty());
}

#[test]
fn a_transaction_after_a_gap_waits_for_the_one_before_it() {
    let mut world = World::new();
    let sender = wallet(0);
    world.send(&signed(&sender, transfer(1))).unwrap();
    assert_eq!(world.pool.next_nonce(sender.address(), 0), 0);
    assert!(world.slot(1).transactions.is_empty());
    world.send(&signed(&sender, transfer(0))).unwrap();
    assert_eq!(world.pool.next_nonce(sender.address(), 0), 2);
    assert_eq!(world.slot(2).transactions.len(), 2);
}

#[test]
fn the_same_transaction_again_is_a_success_and_changes_nothing() {
    let mut world = World::new();
    let raw = signed(&wallet(0), transfer(0));
    assert_eq!(world.send(&raw).unwrap(), world.send(&raw).unwrap());
    assert_eq!(world.pool.len(), 1);
}

#[test]
fn a_replacement_needs_ten_percent_more_of_both_fees() {
    let mut world = World::new();
    let sender = wallet(0);
    let first = world.send(&signed(&sender, transfer(0))).unwrap();
    let mut cheap = transfer(0);
    cheap.max_fee_per_gas = 11 * GWEI;
    cheap.max_priority_fee_per_gas = GWEI + GWEI / 10 - 1;
    let refused = world.send(&signed(&sender, cheap.clone())).unwrap_err();
    assert!(matches!(
        refused,
        SubmitError::ReplacementUnderpriced { .. }
    ));
    assert!(world.pool.get(&first).is_some());
    cheap.max_priority_fee_per_gas += 1;
    let second = world.send(&signed(&sender, cheap)).unwrap();
    assert!(world.pool.get(&first).is_none());
    assert_eq!(world.slot(1).transactions[0].hash, second);
}

#[test]
fn a_blob_transaction_is_replaced_only_at_twice_all_three_fees() {
    let mut world = World::new();
    let sender = wallet(0);
    let blobs = sidecar(1, Wrapper::Eip4844);
    let original = blob_transaction(0, blobs.clone());
    world.send(&signed(&sender, original)).unwrap();
    let mut doubled = blob_transaction(0, blobs.clone());
    doubled.tx.max_fee_per_gas *= 2;
    doubled.tx.max_priority_fee_per_gas *= 2;
    doubled.tx.max_fee_per_blob_gas *= 2;
    for which in 0..3 {
        let mut almost = doubled.clone();
        let fee = match which {
            0 => &mut almost.tx.max_fee_per_gas,
            1 => &mut almost.tx.max_priority_fee_per_gas,
            _ => &mut almost.tx.max_fee_per_blob_gas,
        };
        *fee -= 1;
        let error = world.send(&signed(&sender, almost)).unwrap_err();
        assert!(error.to_string().contains("underpriced"), "{error}");
    }
    world.send(&signed(&sender, doubled)).unwrap();
    assert_eq!(world.pool.len(), 1);
}

#[test]
fn a_plain_transaction_cannot_replace_one_with_blobs() {
    let mut world = World::new();
    let sender = wallet(0);
    let tx = blob_transaction(0, sidecar(1, Wrapper::Eip4844));
    world.send(&signed(&sender, tx)).unwrap();
    let mut rich = transfer(0);
    rich.max_fee_per_gas = 900 * GWEI;
    rich.max_priority_fee_per_gas = 900 * GWEI;
    let error = world.send(&signed(&sender, rich)).unwrap_err();
    assert!(error.to_string().contains("cannot replace"), "{error}");
}

#[test]
fn the_pool_is_bounded_in_transactions_in_blobs_and_for_each_sender() {
    let mut world = World::new();
    world.pool = Pool::new(PoolLimits {
        max_transactions: 3,
        max_per_sender: 2,
        max_blobs: 1,
        ..PoolLimits::default()
    });
    let far = world.send(&signed(&wallet(0), transfer(2))).unwrap_err();
    assert!(matches!(far, SubmitError::NonceTooHigh { highest: 1, .. }));
    let two = blob_transaction(0, sidecar(2, Wrapper::Eip4844));
    let full = world.send(&signed(&wallet(0), two)).unwrap_err();
    assert!(matches!(full, SubmitError::PoolFull { .. }));
    for index in 0..3 {
        world.send(&signed(&wallet(index), transfer(0))).unwrap();
    }
    let full = world.send(&signed(&wallet(3), transfer(0))).unwrap_err();
    assert!(matches!(full, SubmitError::PoolFull { .. }));
}

#[test]
fn what_can_never_be_executed_is_refused_with_the_rule_it_breaks() {
    let mut world = World::new();
    let sender = wallet(0);
    let send = |world: &mut World, change: &dyn Fn(&mut alloy_consensus::TxEip1559)| {
        let mut tx = transfer(0);
        change(&mut tx);
        world.send(&signed(&sender, tx)).unwrap_err()
    };
    assert!(matches!(
        send(&mut world, &|tx| tx.chain_id = 1),
        SubmitError::WrongChain { .. }
    ));
    assert!(matches!(
        send(&mut world, &|tx| tx.gas_limit = 20_999),
        SubmitError::IntrinsicGasTooLow {
            required: 21_000,
            ..
        }
    ));
    assert!(matches!(
        send(&mut world, &|tx| tx.gas_limit = 16_777_217),
        SubmitError::GasAboveCap { .. }
    ));
    assert!(matches!(
        send(&mut world, &|tx| tx.gas_limit = 60_000_001),
        SubmitError::GasAboveBlock { .. }
    ));
    assert!(matches!(
        send(&mut world, &|tx| tx.max_priority_fee_per_gas = 11 * GWEI),
        SubmitError::TipAboveFeeCap { .. }
    ));
    assert!(matches!(
        send(&mut world, &|tx| tx.value = U256::MAX),
        SubmitError::InsufficientFunds { .. }
    ));
    world.send(&signed(&sender, transfer(0))).unwrap();
    world.slot(1);
    let mut late = transfer(0);
    late.max_fee_per_gas = 11 * GWEI;
    assert!(matches!(
        world.send(&signed(&sender, late)).unwrap_err(),
        SubmitError::NonceTooLow {
            expected: 1,
            got: 0
        }
    ));
    assert!(world.pool.is_empty());
}

#[test]
fn bytes_after_a_transaction_are_refused() {
    let mut world = World::new();
    let mut raw = signed(&wallet(0), transfer(0)).to_vec();
    raw.push(0);
    let error = world.send(&Bytes::from(raw)).unwrap_err();
    assert!(matches!(error, SubmitError::Undecodable { .. }), "{error}");
}

#[test]
fn a_transaction_that_does_not_pay_the_base_fee_waits_until_it_does() {
    let mut world = World::new();
    let mut tx = transfer(0);
    tx.max_fee_per_gas = 800_000_000;
    tx.max_priority_fee_per_gas = 1;
    world.send(&signed(&wallet(0), tx)).unwrap();
    assert!(world.slot(1).transactions.is_empty(), "875,000,000 wei");
    assert_eq!(world.slot(2).transactions.len(), 1, "765,625,000 wei");
}
