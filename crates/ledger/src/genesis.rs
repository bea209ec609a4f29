use crate::{
    chain::{Content, SealedBlock},
    promise::BlockStart,
};
use alloy_consensus::constants::EMPTY_ROOT_HASH;
use alloy_primitives::{Address, B256, Bloom, keccak256};
use forebond_exec::{GenesisAccount, SortedLists, StateTrie};
use forebond_rollup::op::{self, BlockTotals, Genesis, L1Origin};
use forebond_types::Domain;
use std::{convert::Infallible, sync::Arc};

/// Chain id that stands for the L1 under `--dev`, where there is none.
const DEV_L1_CHAIN_ID: u64 = 31_337;

/// The accounts of a genesis in the store's form.
pub fn accounts(genesis: &Genesis) -> Vec<GenesisAccount> {
    genesis
        .accounts
        .iter()
        .map(|entry| {
            let mut account = if entry.code.is_empty() {
                GenesisAccount::funded(entry.address, entry.balance)
            } else {
                GenesisAccount::contract(
                    entry.address,
                    entry.balance,
                    entry.code.clone(),
                    entry.storage.clone(),
                )
            };
            account.account.nonce = entry.nonce;
            account
        })
        .collect()
}

/// Block 0 of a chain.
pub fn genesis_block(genesis: &Genesis, origin: L1Origin) -> SealedBlock {
    let accounts = accounts(genesis);
    let lists = SortedLists::new(
        accounts
            .iter()
            .map(|a| (keccak256(a.address), a.account))
            .collect(),
        accounts
            .iter()
            .flat_map(|a| {
                let address = keccak256(a.address);
                a.storage.iter().map(move |(slot, value)| {
                    (address, keccak256(slot.to_be_bytes::<32>()), *value)
                })
            })
            .collect(),
    );
    let built: Result<StateTrie, Infallible> = StateTrie::build(&lists, 1);
    let mut trie = match built {
        Ok(trie) => trie,
        Err(never) => match never {},
    };
    let config = &genesis.config;
    let opening = op::open_block(
        config,
        0,
        config.genesis_s,
        config.genesis_base_fee_wei,
        &origin,
    );
    let totals = BlockTotals {
        parent_hash: B256::ZERO,
        state_root: trie.root(),
        transactions_root: EMPTY_ROOT_HASH,
        receipts_root: EMPTY_ROOT_HASH,
        logs_bloom: Bloom::ZERO,
        gas_used: 0,
        withdrawals_root: trie.storage_root(op::L2_TO_L1_MESSAGE_PASSER),
    };
    let header = op::seal_header(&opening, &totals);
    SealedBlock {
        hash: header.hash_slow(),
        header,
        start: Arc::new(BlockStart {
            opening,
            origin,
            origin_sequence: 0,
        }),
        content: Content::Derived(Vec::new()),
        seal: None,
    }
}

/// The signature domain of a development chain. There is no Inbox contract, so its address is
/// derived from the genesis hash: each new chain signs in a domain of its own, and the bases of
/// two development chains are never two bases of one window.
pub fn dev_domain(genesis_hash: B256) -> Domain {
    let mut input = b"forebond development inbox".to_vec();
    input.extend_from_slice(genesis_hash.as_slice());
    Domain {
        l1_chain_id: DEV_L1_CHAIN_ID,
        inbox: Address::from_slice(&keccak256(input)[12..]),
    }
}
