//! Blocks executed by EELS, the executable specification of Ethereum: our state, change tracking
//! and trie must arrive at the same roots. Shape of the fixtures: `fixtures/eels/README.md`.

#![allow(
    clippy::unwrap_used,
    clippy::unreachable,
    missing_docs,
    reason = "a failing test may say so by a panic"
)]

use alloy_consensus::{
    Eip658Value, Receipt, ReceiptEnvelope, TxEnvelope, TxType, proofs::calculate_receipt_root,
    transaction::SignerRecoverable,
};
use alloy_eips::{
    eip2718::Decodable2718, eip2935::HISTORY_STORAGE_ADDRESS, eip4788,
    eip4788::BEACON_ROOTS_ADDRESS,
};
use alloy_evm::{Evm, EvmEnv, FromRecoveredTx, eth::EthEvmBuilder};
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use forebond_exec::{
    Account, BaseState, SortedLists, StateDiff, StateError, StateTrie, WorkingState, changes_of,
};
use revm::{
    context::{BlockEnv, CfgEnv, TxEnv},
    context_interface::block::BlobExcessGasAndPrice,
    primitives::hardfork::SpecId,
};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    convert::Infallible,
    path::PathBuf,
    sync::{Arc, Mutex},
};

/// A state in maps, with the block hashes of the block being executed.
#[derive(Debug, Default)]
struct Maps {
    accounts: BTreeMap<Address, Account>,
    slots: BTreeMap<(Address, U256), U256>,
    codes: BTreeMap<B256, Bytes>,
    hashes: Mutex<BTreeMap<u64, B256>>,
}

impl BaseState for Maps {
    fn account(&self, address: Address) -> Result<Option<Account>, StateError> {
        Ok(self.accounts.get(&address).copied())
    }
    fn storage(&self, address: Address, slot: U256) -> Result<U256, StateError> {
        Ok(self
            .slots
            .get(&(address, slot))
            .copied()
            .unwrap_or_default())
    }
    fn code(&self, hash: B256) -> Result<Option<Bytes>, StateError> {
        Ok(self.codes.get(&hash).cloned())
    }
    fn block_hash(&self, number: u64) -> Result<Option<B256>, StateError> {
        Ok(self.hashes.lock().unwrap().get(&number).copied())
    }
}

fn number(value: &Value) -> U256 {
    value.as_str().unwrap().parse().unwrap()
}

fn text<T: std::str::FromStr<Err: std::fmt::Debug>>(value: &Value) -> T {
    value.as_str().unwrap().parse().unwrap()
}

fn load(pre: &Value) -> Maps {
    let mut maps = Maps::default();
    for (address, entry) in pre.as_object().unwrap() {
        let address: Address = address.parse().unwrap();
        let code: Bytes = text(&entry["code"]);
        let code_hash = keccak256(&code);
        let account = Account {
            nonce: number(&entry["nonce"]).to(),
            balance: number(&entry["balance"]),
            code_hash,
        };
        maps.accounts.insert(address, account);
        maps.codes.insert(code_hash, code);
        for (slot, value) in entry["storage"].as_object().unwrap() {
            maps.slots
                .insert((address, slot.parse().unwrap()), number(value));
        }
    }
    maps
}

fn trie_of(maps: &Maps) -> StateTrie {
    let accounts = maps
        .accounts
        .iter()
        .map(|(a, account)| (keccak256(a), *account))
        .collect();
    let slots = maps
        .slots
        .iter()
        .map(|((a, slot), value)| (keccak256(a), keccak256(slot.to_be_bytes::<32>()), *value))
        .collect();
    let built: Result<StateTrie, Infallible> =
        StateTrie::build(&SortedLists::new(accounts, slots), 1);
    built.unwrap()
}

fn environment(chain_id: &Value, env: &Value) -> EvmEnv {
    let mut cfg = CfgEnv::default();
    cfg.chain_id = number(chain_id).to();
    cfg.set_spec_and_mainnet_gas_params(SpecId::PRAGUE);
    let block = BlockEnv {
        number: number(&env["currentNumber"]),
        beneficiary: text(&env["currentCoinbase"]),
        timestamp: number(&env["currentTimestamp"]),
        gas_limit: number(&env["currentGasLimit"]).to(),
        basefee: number(&env["currentBaseFee"]).to(),
        prevrandao: Some(text(&env["currentRandom"])),
        blob_excess_gas_and_price: Some(BlobExcessGasAndPrice {
            excess_blob_gas: 0,
            blob_gasprice: 1,
        }),
        ..Default::default()
    };
    EvmEnv::new(cfg, block)
}

fn envelope(ty: TxType, receipt: Receipt) -> ReceiptEnvelope {
    let receipt = receipt.with_bloom();
    match ty {
        TxType::Legacy => ReceiptEnvelope::Legacy(receipt),
        TxType::Eip2930 => ReceiptEnvelope::Eip2930(receipt),
        TxType::Eip1559 => ReceiptEnvelope::Eip1559(receipt),
        TxType::Eip7702 => ReceiptEnvelope::Eip7702(receipt),
        TxType::Eip4844 => unreachable!("no blob transactions in the fixtures"),
    }
}

/// Runs one fixture; returns how many transactions it held.
fn run(name: &str, fixture: &Value) -> usize {
    let pre = Arc::new(load(&fixture["pre"]));
    let mut trie = trie_of(&pre);
    let mut state = WorkingState::new(pre.clone(), 0, 64);
    let mut count = 0;
    for block in fixture["blocks"].as_array().unwrap() {
        let (env, expected) = (&block["env"], &block["expected"]);
        let height: u64 = number(&env["currentNumber"]).to();
        *pre.hashes.lock().unwrap() = env["blockHashes"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(n, hash)| (n.parse::<U256>().unwrap().to(), text(hash)))
            .collect();
        let parent = pre.hashes.lock().unwrap()[&(height - 1)];
        let evm_env = environment(&fixture["chainId"], env);
        let mut diff = StateDiff::default();
        for (contract, word) in [
            (HISTORY_STORAGE_ADDRESS, parent),
            (BEACON_ROOTS_ADDRESS, text(&env["parentBeaconBlockRoot"])),
        ] {
            let mut evm = EthEvmBuilder::new(state, evm_env.clone()).build();
            let called = evm
                .transact_system_call(eip4788::SYSTEM_ADDRESS, contract, word.to_vec().into())
                .unwrap();
            state = evm.finish().0;
            let changes = changes_of(&mut state, &called.state).unwrap();
            state.commit(height, &changes);
            changes.add_to(&mut diff);
        }
        let mut cumulative_gas_used = 0;
        let mut receipts = Vec::new();
        for (index, entry) in block["transactions"].as_array().unwrap().iter().enumerate() {
            let raw: Bytes = text(&entry["raw"]);
            let tx = TxEnvelope::decode_2718_exact(&raw).unwrap();
            let sender = tx.recover_signer().unwrap();
            assert_eq!(sender, text::<Address>(&entry["sender"]));
            let mut evm = EthEvmBuilder::new(state, evm_env.clone()).build();
            let done = evm
                .transact_raw(TxEnv::from_recovered_tx(&tx, sender))
                .unwrap();
            state = evm.finish().0;
            cumulative_gas_used += done.result.tx_gas_used();
            let gas = U256::from(cumulative_gas_used);
            let wanted = number(&expected["receipts"][index]["cumulativeGasUsed"]);
            assert_eq!(
                gas, wanted,
                "{name} block {height} transaction {index}: gas"
            );
            receipts.push(envelope(
                tx.tx_type(),
                Receipt {
                    status: Eip658Value::Eip658(done.result.is_success()),
                    cumulative_gas_used,
                    logs: done.result.logs().to_vec(),
                },
            ));
            let changes = changes_of(&mut state, &done.state).unwrap();
            state.commit(height, &changes);
            changes.add_to(&mut diff);
            count += 1;
        }
        trie.apply(&diff);
        let root: B256 = text(&expected["stateRoot"]);
        assert_eq!(trie.root(), root, "{name} block {height}: state root");
        let receipts_root: B256 = text(&expected["receiptsRoot"]);
        assert_eq!(
            calculate_receipt_root(&receipts),
            receipts_root,
            "{name} block {height}: receipts"
        );
    }
    assert_eq!(
        trie.root(),
        trie_of(&load(&fixture["post"])).root(),
        "{name}: state after the last block"
    );
    count
}

#[test]
fn every_block_of_the_executable_specification_gives_the_same_roots() {
    let dir = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/eels");
    let mut files: Vec<_> = std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ext| ext == "json"))
        .collect();
    files.sort();
    let mut transactions = 0;
    for path in &files {
        let fixture: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        transactions += run(&path.display().to_string(), &fixture);
    }
    assert!(
        files.len() >= 9 && transactions >= 300,
        "{} files, {transactions} transactions",
        files.len()
    );
}
