//! What users do: transfers, ERC-20 transfers, swaps.

use alloy_consensus::{SignableTransaction, TxEip1559, TxEnvelope};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{Address, B256, Bytes, TxKind, U256};
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use alloy_sol_types::{SolCall, SolValue};
use eyre::{Result, WrapErr};
use rand::Rng;
use serde::Deserialize;

const TOKEN: &str = include_str!("../../../../examples/contracts/artifacts/Token.json");
const POOL: &str =
    include_str!("../../../../examples/contracts/artifacts/ConstantProductPool.json");

const TRANSFER_GAS: u64 = 21_000;
const TOKEN_GAS: u64 = 100_000;
const SWAP_GAS: u64 = 250_000;
const LIQUIDITY_GAS: u64 = 600_000;
const CREATION_GAS: u64 = 5_000_000;
/// Units of a token that one swap sells.
const SWAP_UNITS: u64 = 1_000_000_000;
/// Of 100 actions so many are plain transfers, and so many of the rest move tokens.
const TRANSFERS_PERCENT: u8 = 60;
const TOKENS_PERCENT: u8 = 25;

mod interface {
    #![allow(missing_docs, unreachable_pub, reason = "the contracts' own names")]
    alloy_sol_types::sol! {
        function transfer(address to, uint256 value) external returns (bool);
        function approve(address spender, uint256 value) external returns (bool);
        function addLiquidity(uint256 amount0, uint256 amount1, uint256 minimumShares) external returns (uint256 shares);
        function swap(address tokenIn, uint256 amountIn, uint256 minimumOut, address to) external returns (uint256 amountOut);
    }
}

/// What a transaction does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Call {
    to: Option<Address>,
    value_wei: U256,
    input: Bytes,
    gas: u64,
}

/// Two tokens and the pool between them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Market {
    /// Both tokens.
    pub(super) tokens: [Address; 2],
    /// The pool.
    pub(super) pool: Address,
}

/// What all transactions pay, wei per gas.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms {
    /// EIP-155 chain id of the rollup.
    pub(super) chain_id: u64,
    /// At most.
    pub(super) max_fee_wei: u128,
    /// To the gateway.
    pub(super) tip_wei: u128,
}

/// A signed transaction.
#[derive(Clone, Debug)]
pub(super) struct Signed {
    /// Its hash.
    pub(super) hash: B256,
    /// Its bytes in hex.
    pub(super) raw: Bytes,
}

#[derive(Deserialize)]
struct Artifact {
    bytecode: Bytes,
}

impl Call {
    fn of(to: Address, call: &impl SolCall, gas: u64) -> Self {
        Self {
            to: Some(to),
            value_wei: U256::ZERO,
            input: call.abi_encode().into(),
            gas,
        }
    }

    fn creation(artifact: &str, arguments: &[u8]) -> Result<Self> {
        let Artifact { bytecode } =
            serde_json::from_str(artifact).wrap_err("compiled example contract")?;
        Ok(Self {
            to: None,
            value_wei: U256::ZERO,
            input: [bytecode.as_ref(), arguments].concat().into(),
            gas: CREATION_GAS,
        })
    }

    /// A payment.
    pub(super) fn pay(to: Address, wei: U256) -> Self {
        Self {
            to: Some(to),
            value_wei: wei,
            input: Bytes::new(),
            gas: TRANSFER_GAS,
        }
    }

    /// A token whose `supply` belongs to the sender.
    pub(super) fn create_token(symbol: &str, supply: U256) -> Result<Self> {
        Self::creation(TOKEN, &("Devnet", symbol, supply).abi_encode_params())
    }

    /// A pool of two tokens.
    pub(super) fn create_pool(tokens: [Address; 2]) -> Result<Self> {
        let [first, second] = tokens;
        Self::creation(POOL, &(first, second).abi_encode_params())
    }

    /// Moves units of a token.
    pub(super) fn give(token: Address, to: Address, value: U256) -> Self {
        Self::of(token, &interface::transferCall { to, value }, TOKEN_GAS)
    }

    /// Lets the pool take any amount of a token.
    pub(super) fn approve(token: Address, spender: Address) -> Self {
        let call = interface::approveCall {
            spender,
            value: U256::MAX,
        };
        Self::of(token, &call, TOKEN_GAS)
    }

    /// Pays `amount` of both tokens into the pool.
    pub(super) fn add_liquidity(pool: Address, amount: U256) -> Self {
        let call = interface::addLiquidityCall {
            amount0: amount,
            amount1: amount,
            minimumShares: U256::ZERO,
        };
        Self::of(pool, &call, LIQUIDITY_GAS)
    }

    /// Something a user may want to do.
    pub(super) fn any(rng: &mut impl Rng, market: Option<&Market>, own: Address) -> Self {
        let somebody = Address::from(rng.random::<[u8; 20]>());
        let dice = rng.random_range(0..100u8);
        let Some(market) = market.filter(|_| dice >= TRANSFERS_PERCENT) else {
            return Self::pay(somebody, U256::ONE);
        };
        let token = market.tokens[usize::from(rng.random::<bool>())];
        if dice < TRANSFERS_PERCENT + TOKENS_PERCENT {
            return Self::give(token, somebody, U256::ONE);
        }
        let swap = interface::swapCall {
            tokenIn: token,
            amountIn: U256::from(SWAP_UNITS),
            minimumOut: U256::ONE,
            to: own,
        };
        Self::of(market.pool, &swap, SWAP_GAS)
    }

    /// The transaction that does it.
    pub(super) fn sign(
        self,
        signer: &PrivateKeySigner,
        nonce: u64,
        terms: &Terms,
    ) -> Result<Signed> {
        let tx = TxEip1559 {
            chain_id: terms.chain_id,
            nonce,
            gas_limit: self.gas,
            max_fee_per_gas: terms.max_fee_wei,
            max_priority_fee_per_gas: terms.tip_wei,
            to: self.to.map_or(TxKind::Create, TxKind::Call),
            value: self.value_wei,
            access_list: Default::default(),
            input: self.input,
        };
        let signature = signer.sign_hash_sync(&tx.signature_hash())?;
        let signed = tx.into_signed(signature);
        let hash = *signed.hash();
        Ok(Signed {
            hash,
            raw: TxEnvelope::Eip1559(signed).encoded_2718().into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{SeedableRng, rngs::StdRng};
    use std::collections::HashMap;

    #[test]
    fn users_transfer_move_tokens_and_swap_in_these_shares() {
        let market = Market {
            tokens: [Address::repeat_byte(1), Address::repeat_byte(2)],
            pool: Address::repeat_byte(3),
        };
        let mut rng = StdRng::seed_from_u64(7);
        let mut by_gas: HashMap<u64, u32> = HashMap::new();
        for _ in 0..10_000 {
            let call = Call::any(&mut rng, Some(&market), Address::ZERO);
            *by_gas.entry(call.gas).or_default() += 1;
        }
        assert!((5_700..6_300).contains(&by_gas[&TRANSFER_GAS]));
        assert!((2_300..2_700).contains(&by_gas[&TOKEN_GAS]));
        assert!((1_300..1_700).contains(&by_gas[&SWAP_GAS]));
    }

    #[test]
    fn without_a_market_there_are_transfers_only() {
        let mut rng = StdRng::seed_from_u64(7);
        for _ in 0..100 {
            let call = Call::any(&mut rng, None, Address::ZERO);
            assert_eq!(call.gas, TRANSFER_GAS);
        }
    }
}
