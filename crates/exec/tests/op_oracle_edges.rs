//! Edges of an open block that random blocks hit too rarely: the last unit of gas, and changes that
//! cancel out.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod world;

use alloy_primitives::{Address, B256, U256};
use forebond_exec::{BlockRun, ExecuteError, PreparedTx, WorkingState};
use forebond_rollup::op::attributes_deposit;
use forebond_types::InfoWrite;
use std::sync::Arc;
use world::{CHAIN_ID, Program, config, genesis, opcode, open, wallets};

#[test]
fn a_transaction_whose_limit_is_one_gas_too_much_for_the_block_changes_nothing() {
    let (config, wallet) = (config(), &wallets(1)[0]);
    let pay = |nonce| wallet.call(nonce, Address::repeat_byte(0xa0), 1, Default::default());
    let begin = |gas_limit| {
        let state = WorkingState::new(Arc::new(genesis()), 0, 100);
        let mut opening = open(&config, 1, None).opening;
        opening.env.gasLimit = gas_limit;
        let mut run = BlockRun::begin(state, CHAIN_ID, opening, Some(B256::ZERO)).unwrap();
        let attributes = attributes_deposit(&config, &open(&config, 1, None).origin, 1);
        run.execute(&PreparedTx::deposit(attributes)).unwrap();
        run.execute(&pay(0)).unwrap();
        run
    };
    let used = begin(5_000_000).gas_used();
    let limit = 1_000_000;

    let mut exact = begin(used + limit);
    exact.execute(&pay(1)).unwrap();

    let mut short = begin(used + limit - 1);
    let error = short.execute(&pay(1)).unwrap_err();
    assert!(
        matches!(error, ExecuteError::BlockFull { left, limit: asked } if left == limit - 1 && asked == limit),
        "{error}"
    );
    assert_eq!((short.gas_used(), short.transactions()), (used, 2));
    assert_eq!(short.finish().1, begin(5_000_000).finish().1);
}

#[test]
fn what_a_block_changes_and_changes_back_is_promised_but_no_part_of_its_net_change() {
    let (config, wallet) = (config(), &wallets(1)[0]);
    let (contract, friend) = (Address::repeat_byte(0xb1), Address::repeat_byte(0xa0));
    // Stores the first word of the call data; gives its whole balance away if the second is odd.
    let mut pay_out = Program::default();
    pay_out.push(0).push(0).push(0).push(0).op(0x47);
    pay_out
        .push_address(friend)
        .op(opcode::GAS)
        .op(opcode::CALL);
    let mut code = Program::default();
    code.push(0).op(opcode::CALLDATALOAD).store(0);
    code.if_input_bit(32, &pay_out.op(opcode::POP).bytes());
    let mut before = genesis();
    before.insert(contract, 1, U256::ZERO, code.code(), []);

    let state = WorkingState::new(Arc::new(before.clone()), 0, 100);
    let opened = open(&config, 1, None);
    let mut run = BlockRun::begin(state, CHAIN_ID, opened.opening, Some(B256::ZERO)).unwrap();
    let attributes = attributes_deposit(&config, &opened.origin, opened.sequence_number);
    run.execute(&PreparedTx::deposit(attributes)).unwrap();
    for (nonce, (value, word, odd)) in [(5, 1, 0), (0, 0, 1)].into_iter().enumerate() {
        let mut input = [0; 64];
        (input[31], input[63]) = (word, odd);
        let tx = wallet.call(nonce as u64, contract, value, input.to_vec().into());
        let done = run.execute(&tx).unwrap();
        let writes = done.changes.write_set();
        let write = writes.accounts().iter().find(|w| w.address == contract);
        let write = write.unwrap();
        assert_eq!(write.slots, [(U256::ZERO, U256::from(word))]);
        let balance = U256::from(5 - 5 * odd);
        assert!(matches!(write.info, InfoWrite::Set { balance: b, .. } if b == balance));
    }
    let (_, diff) = run.finish();
    assert!(!diff.accounts.contains_key(&contract));
    assert!(!diff.slots.contains_key(&(contract, U256::ZERO)));
    let paid = diff.accounts[&friend].after.unwrap();
    assert_eq!(paid.balance, U256::from(5));
    before.apply_diff(&diff);
}
