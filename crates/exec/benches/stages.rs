//! The stages a transfer passes, one by one: `cargo bench -p forebond-exec --bench stages`.

#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a benchmark may stop at the first surprise"
)]

use alloy_consensus::{
    SignableTransaction, TxEip1559, TxEnvelope, proofs::ordered_trie_root_with_encoder,
};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{Address, B256, Bytes, TxKind, U256, keccak256};
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use divan::{Bencher, black_box};
use forebond_exec::{
    Account, BaseState, BlockRun, PreparedTx, SortedLists, StateDiff, StateError, StateTrie,
    WorkingState,
};
use forebond_protocol::PromisesTree;
use forebond_rollup::op::{ChainConfig, L1Origin, attributes_deposit, open_block};
use std::{convert::Infallible, sync::Arc};

const TRANSFERS: u64 = 1_000;

fn main() {
    divan::main();
}

/// Everybody is rich and nobody has code.
#[derive(Debug)]
struct Rich;

impl BaseState for Rich {
    fn account(&self, _: Address) -> Result<Option<Account>, StateError> {
        Ok(Some(Account {
            balance: U256::from(u128::MAX),
            ..Account::default()
        }))
    }
    fn storage(&self, _: Address, _: U256) -> Result<U256, StateError> {
        Ok(U256::ZERO)
    }
    fn code(&self, _: B256) -> Result<Option<Bytes>, StateError> {
        Ok(None)
    }
    fn block_hash(&self, _: u64) -> Result<Option<B256>, StateError> {
        Ok(None)
    }
}

fn transfers() -> Vec<Bytes> {
    let signer = PrivateKeySigner::from_slice(&[9; 32]).unwrap();
    (0..TRANSFERS)
        .map(|nonce| {
            let tx = TxEip1559 {
                chain_id: 9545,
                nonce,
                gas_limit: 21_000,
                max_fee_per_gas: 1_000_000_000,
                max_priority_fee_per_gas: 1_000_000,
                to: TxKind::Call(Address::from_word(keccak256(nonce.to_be_bytes()))),
                value: U256::from(1),
                ..Default::default()
            };
            let signature = signer.sign_hash_sync(&tx.signature_hash()).unwrap();
            TxEnvelope::from(tx.into_signed(signature))
                .encoded_2718()
                .into()
        })
        .collect()
}

fn block() -> BlockRun {
    let config = ChainConfig::dev(0, 1);
    let origin = L1Origin {
        number: 1,
        hash: B256::repeat_byte(1),
        timestamp_s: 1,
        base_fee_wei: 1_000_000_000,
        blob_base_fee_wei: 1,
        prev_randao: B256::ZERO,
        parent_beacon_root: B256::ZERO,
    };
    let opening = open_block(&config, 1, 1, 1_000_000, &origin);
    let state = WorkingState::new(Arc::new(Rich), 0, 1_000_000);
    let mut run = BlockRun::begin(state, config.chain_id, opening, Some(B256::ZERO)).unwrap();
    run.execute(&PreparedTx::deposit(attributes_deposit(
        &config, &origin, 0,
    )))
    .unwrap();
    run
}

#[divan::bench]
fn decode_and_recover_one_transfer(bencher: Bencher<'_, '_>) {
    let raw = transfers().swap_remove(0);
    bencher.bench(|| PreparedTx::decode(black_box(raw.clone()), 9545).unwrap());
}

/// Execution, change tracking and commit into the flat cache.
#[divan::bench]
fn execute_a_thousand_transfers(bencher: Bencher<'_, '_>) {
    let prepared: Vec<_> = transfers()
        .into_iter()
        .map(|raw| PreparedTx::decode(raw, 9545).unwrap())
        .collect();
    bencher
        .counter(divan::counter::ItemsCount::new(prepared.len()))
        .with_inputs(block)
        .bench_values(|mut run| {
            for tx in &prepared {
                black_box(run.execute(tx).unwrap());
            }
            run
        });
}

#[divan::bench(args = [1, 16, 1024])]
fn merkle_tree_of_a_cut(bencher: Bencher<'_, '_>, leaves: usize) {
    let leaves: Vec<_> = (0..leaves).map(|n| keccak256(n.to_be_bytes())).collect();
    bencher.bench(|| PromisesTree::new(black_box(leaves.clone())).unwrap().root());
}

/// What the sealer does for a block of a thousand transfers between two thousand of 100,000
/// accounts: state root and the ordered tries.
#[divan::bench]
fn seal_a_block_of_a_thousand_transfers(bencher: Bencher<'_, '_>) {
    let address = |n: u64| Address::from_word(keccak256(n.to_be_bytes()));
    let account = |n: u64| Account {
        balance: U256::from(n + 1),
        ..Account::default()
    };
    let accounts = (0..100_000)
        .map(|n| (keccak256(address(n)), account(n)))
        .collect();
    let built: Result<StateTrie, Infallible> =
        StateTrie::build(&SortedLists::new(accounts, vec![]), 1);
    let mut trie = built.unwrap();
    trie.root();
    let raws = transfers();
    let mut round = 1;
    bencher.bench_local(|| {
        let mut diff = StateDiff::default();
        for n in 0..2 * TRANSFERS {
            diff.set_account(address(n), Some(account(n)), Some(account(n + round)));
        }
        round += 1;
        trie.apply(&diff);
        let transactions =
            ordered_trie_root_with_encoder(&raws, |raw, out| out.extend_from_slice(raw));
        (trie.root(), transactions)
    });
}
