//! The example contracts that the heavier workloads call: a token and a constant-product pool.

use crate::transaction::Call;
use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::{SolCall, SolValue};
use eyre::WrapErr;
use serde::Deserialize;

const TOKEN: &str = include_str!("../../../examples/contracts/artifacts/Token.json");
const POOL: &str = include_str!("../../../examples/contracts/artifacts/ConstantProductPool.json");

/// Deploying either contract takes less; also below every per-transaction limit in use.
const DEPLOY_GAS: u64 = 5_000_000;
/// A transfer to a new holder costs about 52,000.
pub(crate) const TOKEN_GAS: u64 = 90_000;
/// A first swap into an empty balance costs about 120,000.
pub(crate) const SWAP_GAS: u64 = 200_000;
/// Adding the first liquidity writes a dozen new slots.
const LIQUIDITY_GAS: u64 = 500_000;

mod interface {
    #![allow(missing_docs, unreachable_pub)]
    alloy_sol_types::sol! {
        function transfer(address to, uint256 value) external returns (bool);
        function approve(address spender, uint256 value) external returns (bool);
        function addLiquidity(uint256 amount0, uint256 amount1, uint256 minimumShares) external returns (uint256 shares);
        function swap(address tokenIn, uint256 amountIn, uint256 minimumOut, address to) external returns (uint256 amountOut);
    }
}

#[derive(Deserialize)]
struct Artifact {
    bytecode: Bytes,
}

fn creation(artifact: &str, arguments: &[u8]) -> eyre::Result<Call> {
    let Artifact { bytecode } =
        serde_json::from_str(artifact).wrap_err("compiled example contract")?;
    let input = [bytecode.as_ref(), arguments].concat().into();
    Ok(Call {
        to: None,
        value: U256::ZERO,
        input,
        gas: DEPLOY_GAS,
    })
}

fn call(to: Address, call: &impl SolCall, gas: u64) -> Call {
    Call {
        to: Some(to),
        value: U256::ZERO,
        input: call.abi_encode().into(),
        gas,
    }
}

/// Creates a token whose `supply` belongs to the sender.
pub(crate) fn create_token(symbol: &str, supply: U256) -> eyre::Result<Call> {
    creation(TOKEN, &("Load", symbol, supply).abi_encode_params())
}

/// Creates a pool of two tokens.
pub(crate) fn create_pool(token0: Address, token1: Address) -> eyre::Result<Call> {
    creation(POOL, &(token0, token1).abi_encode_params())
}

/// Moves `value` units of `token` to `to`.
pub(crate) fn transfer(token: Address, to: Address, value: U256) -> Call {
    call(token, &interface::transferCall { to, value }, TOKEN_GAS)
}

/// Lets `spender` take any amount of `token`.
pub(crate) fn approve(token: Address, spender: Address) -> Call {
    call(
        token,
        &interface::approveCall {
            spender,
            value: U256::MAX,
        },
        TOKEN_GAS,
    )
}

/// Pays `amount` of both tokens into `pool`.
pub(crate) fn add_liquidity(pool: Address, amount: U256) -> Call {
    let add = interface::addLiquidityCall {
        amount0: amount,
        amount1: amount,
        minimumShares: U256::ZERO,
    };
    call(pool, &add, LIQUIDITY_GAS)
}

/// Sells `amount` units of `token` to `pool`; the other token goes to `to`.
pub(crate) fn swap(pool: Address, token: Address, amount: U256, to: Address) -> Call {
    let swap = interface::swapCall {
        tokenIn: token,
        amountIn: amount,
        minimumOut: U256::ONE,
        to,
    };
    call(pool, &swap, SWAP_GAS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::keccak256;

    #[test]
    fn calls_carry_the_selectors_of_the_contracts() {
        let to = Address::with_last_byte(1);
        let selector = |text: &str| keccak256(text)[..4].to_vec();
        let swap = swap(to, to, U256::ONE, to);
        assert_eq!(
            swap.input[..4],
            selector("swap(address,uint256,uint256,address)")
        );
        let add = add_liquidity(to, U256::ONE);
        assert_eq!(
            add.input[..4],
            selector("addLiquidity(uint256,uint256,uint256)")
        );
        assert_eq!(transfer(to, to, U256::ONE).input.len(), 4 + 64);
    }

    #[test]
    fn creation_puts_the_arguments_behind_the_bytecode() {
        let supply = U256::from(77);
        let token = create_token("A", supply).unwrap();
        assert!(token.input.len() > 1_000 && token.to.is_none());
        let pool = create_pool(Address::with_last_byte(1), Address::with_last_byte(2)).unwrap();
        assert_eq!(pool.input[pool.input.len() - 1], 2);
    }
}
