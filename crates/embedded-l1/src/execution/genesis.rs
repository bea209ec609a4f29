//! Block 0: funded development accounts, Ethereum's system contracts, the deterministic deployment proxy.

use alloy_consensus::{
    EMPTY_OMMER_ROOT_HASH, Header,
    constants::{EMPTY_RECEIPTS, EMPTY_TRANSACTIONS, EMPTY_WITHDRAWALS},
};
use alloy_eips::{eip2935, eip4788, eip7002, eip7251, eip7685::EMPTY_REQUESTS_HASH};
use alloy_primitives::{Address, Bytes, U256, address, hex, keccak256};
use forebond_exec::{Account, StateDiff, StateTrie};
use revm::state::Bytecode;

use super::{
    spec::{BLOCK_GAS_LIMIT, GENESIS_BASE_FEE_WEI},
    state::ForkState,
};

/// Balance of each development account, wei: 10,000 ETH.
pub const DEV_BALANCE_WEI: U256 = U256::from_limbs([0x19e0_c9ba_b240_0000, 0x21e, 0, 0]);
/// The deterministic deployment proxy that deployment tools expect.
pub const DEPLOYMENT_PROXY: Address = address!("4e59b44847b379578588920cA78FbF26c0B4956C");
const DEPLOYMENT_PROXY_CODE: &[u8] = &hex!(
    "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f58015156039578182fd5b8082525050506014600cf3"
);

/// The ten accounts of the usual development mnemonic ("test test … junk").
pub fn dev_accounts() -> Vec<Address> {
    forebond_rollup::op::dev_accounts()
        .into_iter()
        .map(|account| account.address)
        .collect()
}

/// Block 0 with the state after it.
#[derive(Debug, Clone)]
pub struct GenesisBlock {
    /// Its header; its timestamp is the time of slot 0.
    pub header: Header,
    /// The state after it.
    pub state: ForkState,
    /// The same as a Merkle trie.
    pub trie: StateTrie,
}

impl GenesisBlock {
    /// The development genesis at `time_s`, Unix seconds, with `more` accounts funded by so many wei.
    pub fn development(time_s: u64, more: &[(Address, U256)]) -> Self {
        let mut state = ForkState::default();
        let mut diff = StateDiff::default();
        let funded = dev_accounts().into_iter().map(|a| (a, DEV_BALANCE_WEI));
        for (address, balance) in funded.chain(more.iter().copied()) {
            let account = Account {
                balance,
                ..Account::default()
            };
            state.set_account(address, Some(account));
            diff.set_account(address, None, Some(account));
        }
        for (address, code) in contracts() {
            let account = Account {
                nonce: 1,
                balance: U256::ZERO,
                code_hash: keccak256(&code),
            };
            state.set_account(address, Some(account));
            state.insert_code(account.code_hash, Bytecode::new_raw(code));
            diff.set_account(address, None, Some(account));
        }
        let mut trie = StateTrie::new();
        trie.apply(&diff);
        let header = Header {
            ommers_hash: EMPTY_OMMER_ROOT_HASH,
            state_root: trie.root(),
            transactions_root: EMPTY_TRANSACTIONS,
            receipts_root: EMPTY_RECEIPTS,
            gas_limit: BLOCK_GAS_LIMIT,
            timestamp: time_s,
            base_fee_per_gas: Some(GENESIS_BASE_FEE_WEI),
            withdrawals_root: Some(EMPTY_WITHDRAWALS),
            blob_gas_used: Some(0),
            excess_blob_gas: Some(0),
            parent_beacon_block_root: Some(Default::default()),
            requests_hash: Some(EMPTY_REQUESTS_HASH),
            ..Header::default()
        };
        Self {
            header,
            state,
            trie,
        }
    }
}

/// Contracts that stand in genesis, with their code.
fn contracts() -> [(Address, Bytes); 5] {
    [
        (
            eip4788::BEACON_ROOTS_ADDRESS,
            eip4788::BEACON_ROOTS_CODE.clone(),
        ),
        (
            eip2935::HISTORY_STORAGE_ADDRESS,
            eip2935::HISTORY_STORAGE_CODE.clone(),
        ),
        (
            eip7002::WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS,
            eip7002::WITHDRAWAL_REQUEST_PREDEPLOY_CODE.clone(),
        ),
        (
            eip7251::CONSOLIDATION_REQUEST_PREDEPLOY_ADDRESS,
            eip7251::CONSOLIDATION_REQUEST_PREDEPLOY_CODE.clone(),
        ),
        (DEPLOYMENT_PROXY, Bytes::from_static(DEPLOYMENT_PROXY_CODE)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_development_account_holds_ten_thousand_ether() {
        assert_eq!(
            DEV_BALANCE_WEI,
            U256::from(10_000) * U256::from(10).pow(U256::from(18))
        );
        let genesis = GenesisBlock::development(7, &[]);
        assert_eq!(dev_accounts().len(), 10);
        for address in dev_accounts() {
            assert_eq!(
                genesis.state.account(address).unwrap().balance,
                DEV_BALANCE_WEI
            );
        }
    }

    #[test]
    fn the_deployment_proxy_has_the_code_every_tool_expects() {
        let state = GenesisBlock::development(7, &[]).state;
        let account = state.account(DEPLOYMENT_PROXY).unwrap();
        assert_eq!(
            account.code_hash,
            alloy_primitives::b256!(
                "2fa86add0aed31f33a762c9d88e807c475bd51d0f52bd0955754b2608f7e4989"
            )
        );
    }
}
