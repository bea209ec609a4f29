//! What block 0 of a development chain holds.

use super::ChainConfig;
use alloy_eips::{eip2935, eip4788};
use alloy_primitives::{Address, Bytes, U256, address, hex};

/// One account of the genesis state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GenesisAccount {
    /// Where it lives.
    pub address: Address,
    /// Its nonce; contracts start at 1.
    pub nonce: u64,
    /// Its balance, wei.
    pub balance: U256,
    /// Its code; empty for a plain account.
    pub code: Bytes,
    /// Its non-zero storage slots.
    pub storage: Vec<(U256, U256)>,
}

/// Configuration and state of block 0.
#[derive(Clone, Debug)]
pub struct Genesis {
    /// The chain's constants.
    pub config: ChainConfig,
    /// All accounts.
    pub accounts: Vec<GenesisAccount>,
}

/// Balance of each development account: 10,000 ETH.
const DEV_BALANCE_WEI: u128 = 10_000 * 10u128.pow(18);

/// The ten accounts of the usual development mnemonic
/// "test test test test test test test test test test test junk".
const DEV_ACCOUNTS: [Address; 10] = [
    address!("f39Fd6e51aad88F6F4ce6aB8827279cffFb92266"),
    address!("70997970C51812dc3A010C7d01b50e0d17dc79C8"),
    address!("3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"),
    address!("90F79bf6EB2c4f870365E785982E1f101E93b906"),
    address!("15d34AAf54267DB7D7c367839AAf71A00a2C6A65"),
    address!("9965507D1a55bcC2695C58ba16FB37d819B0A4dc"),
    address!("976EA74026E726554dB657fA54763abd0C3a0aa9"),
    address!("14dC79964da2C08b23698B3D3cc7Ca32193d9955"),
    address!("23618e81E3f5cdF7f54C3d65f7FBc0aBf5B21E8f"),
    address!("a0Ee7A142d267C1f36714E4a8F75612F20a79720"),
];

/// The deterministic deployment proxy that deployment tools expect.
const DEPLOYMENT_PROXY: Address = address!("4e59b44847b379578588920cA78FbF26c0B4956C");
const DEPLOYMENT_PROXY_CODE: &[u8] = &hex!(
    "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f58015156039578182fd5b8082525050506014600cf3"
);

/// The funded development accounts.
pub fn dev_accounts() -> Vec<GenesisAccount> {
    DEV_ACCOUNTS
        .into_iter()
        .map(|address| GenesisAccount {
            address,
            nonce: 0,
            balance: U256::from(DEV_BALANCE_WEI),
            code: Bytes::new(),
            storage: vec![],
        })
        .collect()
}

/// System contracts: EIP-4788, EIP-2935, the deployment proxy and the OP Stack predeploys, whose
/// runtime code stands at its address directly, without a proxy in front.
pub fn predeploys() -> Vec<GenesisAccount> {
    let contract = |address, code: Bytes| GenesisAccount {
        address,
        nonce: 1,
        balance: U256::ZERO,
        code,
        storage: vec![],
    };
    let mut all = vec![
        contract(
            eip4788::BEACON_ROOTS_ADDRESS,
            eip4788::BEACON_ROOTS_CODE.clone(),
        ),
        contract(
            eip2935::HISTORY_STORAGE_ADDRESS,
            eip2935::HISTORY_STORAGE_CODE.clone(),
        ),
        contract(DEPLOYMENT_PROXY, Bytes::from_static(DEPLOYMENT_PROXY_CODE)),
    ];
    all.extend(super::predeploys::ALL.iter().map(|p| {
        GenesisAccount {
            storage: p
                .storage
                .iter()
                .map(|(k, v)| (U256::from(*k), U256::from(*v)))
                .collect(),
            ..contract(p.address, p.code())
        }
    }));
    all
}

/// Slot of the rewards manager that names its messenger.
const MESSENGER_SLOT: u64 = 1;

/// Added to the address of an L1 contract, modulo 2^160: its account on the rollup.
/// <https://specs.optimism.io/protocol/deposits.html#address-aliasing>
const ALIAS_OFFSET: Address = address!("1111000000000000000000000000000000001111");

/// The accounts of a rollup that shares its fees (`specs/rewards.md`), beside [`predeploys`]: the rewards manager at the
/// coinbase and the fee vaults that pay to it. `messenger` is the L1 address of the `RewardsMessenger`, predicted from the
/// deployment plan; only its alias may tell the manager who earned what.
pub fn rewards_predeploys(messenger: Address) -> Vec<GenesisAccount> {
    super::predeploys::REWARDS
        .iter()
        .map(|p| GenesisAccount {
            address: p.address,
            nonce: 1,
            balance: U256::ZERO,
            code: p.code(),
            storage: if p.address == super::SEQUENCER_FEE_VAULT {
                let alias = l1_contract_account(messenger);
                vec![(
                    U256::from(MESSENGER_SLOT),
                    U256::from_be_bytes(alias.into_word().0),
                )]
            } else {
                vec![]
            },
        })
        .collect()
}

/// Account on the rollup of an L1 contract.
fn l1_contract_account(contract: Address) -> Address {
    let sum = U256::from_be_bytes(contract.into_word().0)
        .wrapping_add(U256::from_be_bytes(ALIAS_OFFSET.into_word().0));
    // The low 160 bits: the sum wraps.
    Address::from_word(sum.to_be_bytes().into())
}

impl Genesis {
    /// A development chain with the funded accounts and all system contracts.
    pub fn dev(genesis_s: u64, block_time_s: u64) -> Self {
        let mut accounts = predeploys();
        accounts.extend(dev_accounts());
        Self {
            config: ChainConfig::dev(genesis_s, block_time_s),
            accounts,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::op::{BASE_FEE_VAULT, L1_FEE_VAULT, SEQUENCER_FEE_VAULT};

    #[test]
    fn the_rewards_accounts_stand_beside_the_others() {
        let messenger = address!("f0000000000000000000000000000000000000aa");
        let rewards = rewards_predeploys(messenger);
        let places: Vec<_> = rewards.iter().map(|account| account.address).collect();
        assert_eq!(places, [SEQUENCER_FEE_VAULT, BASE_FEE_VAULT, L1_FEE_VAULT]);
        assert!(
            predeploys()
                .iter()
                .all(|account| !places.contains(&account.address)),
            "one account twice"
        );
        // The alias wraps around 2^160.
        let alias = address!("01110000000000000000000000000000000011bb");
        assert_eq!(
            rewards[0].storage,
            [(U256::from(1), U256::from_be_bytes(alias.into_word().0))]
        );
        assert!(rewards[1].storage.is_empty() && rewards[2].storage.is_empty());
    }
}
