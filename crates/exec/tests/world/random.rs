//! Random deposits and transactions of all sorts.

use super::{
    Wallet,
    random_code::{bytes, creation},
    wallet::{CHAIN_ID, selector},
};
use alloy_consensus::{TxEip1559, TxEip2930, TxEip7702, TxLegacy};
use alloy_eips::eip2930::{AccessList, AccessListItem};
use alloy_primitives::{Address, B256, Bytes, TxKind, U256, address};
use forebond_exec::{Account, PreparedTx};
use forebond_rollup::op::{L1_BLOCK, L2_TO_L1_MESSAGE_PASSER, user_deposit_source};
use op_alloy_consensus::TxDeposit;
use rand::{Rng, rngs::StdRng, seq::IndexedRandom};

const GAS_PRICE_ORACLE: Address = address!("420000000000000000000000000000000000000F");
const DEPLOYMENT_PROXY: Address = address!("4e59b44847b379578588920cA78FbF26c0B4956C");

/// Who is there to send and to be called.
#[derive(Clone, Debug, Default)]
pub(crate) struct Population {
    pub(crate) wallets: Vec<Wallet>,
    /// Contracts of these tests, created so far.
    pub(crate) contracts: Vec<Address>,
}

/// A transaction and whether the rules must refuse it.
#[derive(Clone, Debug)]
pub(crate) struct Picked {
    pub(crate) tx: PreparedTx,
    pub(crate) refused: bool,
}

impl Population {
    /// Somebody who never sends: programs may pay them without disturbing what senders pay.
    pub(super) fn passive(rng: &mut StdRng) -> Address {
        match rng.random_range(0..8) {
            0 => Address::with_last_byte(rng.random_range(1..=0x11)),
            1 => Address::from(rng.random::<[u8; 20]>()),
            _ => Address::repeat_byte(rng.random_range(0xa0..0xa8)),
        }
    }

    pub(super) fn contract(&self, rng: &mut StdRng) -> Address {
        let picked = self.contracts.choose(rng).copied();
        picked.unwrap_or_else(|| Self::passive(rng))
    }

    pub(super) fn anyone(&self, rng: &mut StdRng) -> Address {
        match rng.random_range(0..10) {
            0..2 => self.wallets.choose(rng).unwrap().address(),
            2..7 => self.contract(rng),
            _ => Self::passive(rng),
        }
    }
}

fn call_data(rng: &mut StdRng) -> Vec<u8> {
    let mut data = vec![0; 64];
    data[31] = rng.random_range(0..8);
    data[63] = rng.random_range(0..2);
    data.extend(bytes(rng, 40));
    data
}

fn system_call(rng: &mut StdRng) -> (Address, u64, Vec<u8>) {
    let mut data = match rng.random_range(0..6) {
        0 => return (L1_BLOCK, 0, selector("setL1BlockValuesIsthmus()").to_vec()),
        1 => return (L1_BLOCK, 0, selector("number()").to_vec()),
        2 => return (GAS_PRICE_ORACLE, 0, selector("l1BaseFee()").to_vec()),
        3 => {
            let mut data = selector("getOperatorFee(uint256)").to_vec();
            data.extend(U256::from(rng.random_range(0..1u64 << 40)).to_be_bytes::<32>());
            return (GAS_PRICE_ORACLE, 0, data);
        }
        _ => selector("initiateWithdrawal(address,uint256,bytes)").to_vec(),
    };
    for word in [
        U256::from(rng.random::<u64>()),
        U256::from(90_000),
        U256::from(96),
        U256::ZERO,
    ] {
        data.extend(word.to_be_bytes::<32>());
    }
    (L2_TO_L1_MESSAGE_PASSER, rng.random_range(0..1_000), data)
}

/// A deposit by a wallet or an alias from L1: with and without mint, creating, failing.
pub(crate) fn random_deposit(rng: &mut StdRng, who: &Population, index: u64) -> PreparedTx {
    let from = if rng.random_bool(0.5) {
        who.wallets.choose(rng).unwrap().address()
    } else {
        Address::repeat_byte(rng.random_range(0xd0..0xd4))
    };
    let create = rng.random_bool(0.2);
    let (to, input) = if create {
        (TxKind::Create, creation(rng, who))
    } else {
        (TxKind::Call(who.anyone(rng)), call_data(rng))
    };
    PreparedTx::deposit(TxDeposit {
        source_hash: user_deposit_source(rng.random::<[u8; 32]>().into(), index),
        from,
        to,
        mint: if rng.random_bool(0.5) {
            rng.random_range(0..1u128 << 60)
        } else {
            0
        },
        value: U256::from(rng.random_range(0..1u128 << 59)),
        gas_limit: *[20_000, 60_000, 2_000_000].choose(rng).unwrap(),
        is_system_transaction: false,
        input: input.into(),
    })
}

/// A transaction of a random sort; `account` gives nonce and balance in the state it will meet.
pub(crate) fn random_transaction(
    rng: &mut StdRng,
    who: &Population,
    base_fee_wei: u64,
    mut account: impl FnMut(Address) -> Account,
) -> Picked {
    // Delegated code may have given a wallet's balance away.
    let rich = |w: &&Wallet| account(w.address()).balance > U256::from(10u128.pow(18));
    let rich: Vec<_> = who.wallets.iter().filter(rich).collect();
    let sender = *rich.choose(rng).unwrap();
    let mut nonce = account(sender.address()).nonce;
    let (mut value, mut input) = (rng.random_range(0..1_000u64), call_data(rng));
    let mut gas_limit = *[60_000, 300_000, 3_000_000].choose(rng).unwrap();
    let mut to = TxKind::Call(who.anyone(rng));
    match rng.random_range(0..10) {
        0 => input.clear(),
        1..4 => (to, input, gas_limit) = (TxKind::Create, creation(rng, who), 4_000_000),
        4 => {
            let (address, wei, data) = system_call(rng);
            (to, value, input) = (TxKind::Call(address), wei, data);
        }
        5 => {
            let mut data = rng.random::<[u8; 32]>().to_vec();
            data.extend(creation(rng, who));
            (to, input, gas_limit) = (TxKind::Call(DEPLOYMENT_PROXY), data, 3_000_000);
        }
        _ => {}
    }
    let mut fee_cap = u128::from(base_fee_wei) * 2 + rng.random_range(0..1_000_000_000u128);
    let mut value = U256::from(value);
    let refused = rng.random_bool(0.12);
    if refused {
        match rng.random_range(0..5) {
            0 => nonce += 1,
            1 if nonce > 0 => nonce -= 1,
            1 | 2 => fee_cap = u128::from(base_fee_wei) - 1,
            3 => gas_limit = 20_999,
            _ => value = U256::from(10u128.pow(24)),
        }
    }
    let tip = fee_cap.min(rng.random_range(0..1_000_000_000));
    let access_list = AccessList(vec![AccessListItem {
        address: who.anyone(rng),
        storage_keys: vec![B256::with_last_byte(rng.random_range(0..6)); rng.random_range(0..3)],
    }]);
    let input = Bytes::from(input);
    let chain_id = CHAIN_ID;
    let tx = match (rng.random_range(0..5), to) {
        (0, _) => sender.sign(TxLegacy {
            chain_id: Some(chain_id),
            nonce,
            gas_price: fee_cap,
            gas_limit,
            to,
            value,
            input,
        }),
        (1, _) => sender.sign(TxEip2930 {
            chain_id,
            nonce,
            gas_price: fee_cap,
            gas_limit,
            to,
            value,
            access_list,
            input,
        }),
        (2, TxKind::Call(to)) => {
            let authorization_list = (0..rng.random_range(1..3)).map(|_| {
                let authority = who.wallets.choose(rng).unwrap();
                let code = if rng.random_bool(0.25) {
                    Address::ZERO
                } else {
                    who.contract(rng)
                };
                let own = u64::from(authority.address() == sender.address());
                let next =
                    account(authority.address()).nonce + own + u64::from(rng.random_bool(0.2));
                authority.authorize(*[0, chain_id, chain_id, 1].choose(rng).unwrap(), code, next)
            });
            let authorization_list = authorization_list.collect();
            let gas_limit = if refused {
                gas_limit
            } else {
                gas_limit + 100_000
            };
            sender.sign(TxEip7702 {
                chain_id,
                nonce,
                gas_limit,
                max_fee_per_gas: fee_cap,
                max_priority_fee_per_gas: tip,
                to,
                value,
                access_list,
                authorization_list,
                input,
            })
        }
        _ => sender.sign(TxEip1559 {
            chain_id,
            nonce,
            gas_limit,
            max_fee_per_gas: fee_cap,
            max_priority_fee_per_gas: tip,
            to,
            value,
            access_list,
            input,
        }),
    };
    Picked { tx, refused }
}
