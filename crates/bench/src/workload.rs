//! Prepares what the load needs: ether, tokens, a pool.

use crate::{
    actions::{Actions, Kind, TRANSFER_GAS},
    chain_setup::ChainSetup,
    config::{BenchConfig, Workload},
    contracts, disperse,
    keys::{self, Account},
    transaction::sign,
};
use alloy_primitives::{Address, U256};

/// What the L1 fee of an OP Stack chain may take of a transaction, in wei; generous.
const L1_FEE_WEI: u64 = 20_000_000_000_000;
/// Units of each token a sender starts with, and a pool's side holds: a swap moves the price by
/// less than a billionth.
const SENDER_UNITS: u128 = 1_000_000_000_000_000_000_000_000;
const POOL_UNITS: u128 = 1_000_000_000_000_000_000_000_000_000_000;

/// A prepared run: who sends, from which nonce on, and what.
pub(crate) struct Prepared {
    /// The senders.
    pub(crate) senders: Vec<Account>,
    /// Nonce of each sender's first transaction of the load.
    pub(crate) nonces: Vec<u64>,
    /// What they send.
    pub(crate) actions: Actions,
}

/// Gives the senders what they need and learns their nonces.
pub(crate) async fn prepare(
    setup: &mut ChainSetup<'_>,
    config: &BenchConfig,
) -> eyre::Result<Prepared> {
    setup.progress.begin("deriving the senders' keys", 0);
    let senders = (0..config.senders)
        .map(|i| keys::sender(config.seed, i))
        .collect::<eyre::Result<Vec<_>>>()?;
    let funder = keys::funder(&config.funding)?;
    fund(setup, config, &funder, &senders).await?;
    let kind = match config.workload {
        Workload::Transfer => Kind::Transfer,
        Workload::Erc20 => {
            let token = create_token(setup, &funder, "LOAD").await?;
            hand_out(setup, &funder, token, &senders).await?;
            Kind::Erc20 { token }
        }
        Workload::Swap => create_market(setup, &funder, &senders).await?,
    };
    let addresses: Vec<_> = senders.iter().map(|sender| sender.address).collect();
    let states = setup.states(&addresses).await?;
    let nonces = states.into_iter().map(|state| state.nonce).collect();
    Ok(Prepared {
        senders,
        nonces,
        actions: Actions::new(kind, config),
    })
}

/// Tops up the senders whose balance would not last; an earlier run's senders often have enough.
async fn fund(
    setup: &mut ChainSetup<'_>,
    config: &BenchConfig,
    funder: &Account,
    senders: &[Account],
) -> eyre::Result<()> {
    let need = need_wei(setup.terms.prices.max_fee_wei, config);
    let addresses: Vec<_> = senders.iter().map(|sender| sender.address).collect();
    let states = setup.states(&addresses).await?;
    let poor: Vec<_> = addresses
        .iter()
        .zip(states)
        .filter(|(_, state)| state.balance < need)
        .map(|(address, _)| *address)
        .collect();
    let total = need.saturating_mul(U256::from(poor.len()));
    let held = setup
        .states(&[funder.address])
        .await?
        .first()
        .map_or(U256::ZERO, |s| s.balance);
    eyre::ensure!(
        poor.is_empty() || held > total,
        "the funding account {} holds {held} wei, but {} senders need {total} wei together: fund \
         it, or use fewer senders or a shorter run",
        funder.address,
        poor.len()
    );
    let calls = poor
        .chunks(disperse::RECEIVERS_PER_TRANSACTION)
        .map(|receivers| disperse::disperse(receivers, need))
        .collect();
    setup
        .send_from("funding the senders", funder, calls)
        .await
        .map(drop)
}

/// What one sender may spend in a run at the highest price, plus a tenth.
fn need_wei(max_fee_wei: u128, config: &BenchConfig) -> U256 {
    let gas = match config.workload {
        Workload::Transfer => TRANSFER_GAS,
        Workload::Erc20 => contracts::TOKEN_GAS,
        Workload::Swap => contracts::SWAP_GAS,
    };
    let each = config.schedule().total().div_ceil(config.senders.into());
    // Two approvals come on top when there is a pool.
    let count = each + 2;
    let price = U256::from(max_fee_wei).saturating_mul(U256::from(gas)) + U256::from(L1_FEE_WEI);
    price.saturating_mul(U256::from(count)) * U256::from(11) / U256::from(10)
}

async fn create_token(
    setup: &mut ChainSetup<'_>,
    funder: &Account,
    symbol: &str,
) -> eyre::Result<Address> {
    let create = contracts::create_token(symbol, U256::MAX)?;
    let created = setup
        .send_from("creating a token", funder, vec![create])
        .await?;
    created
        .first()
        .copied()
        .ok_or_else(|| eyre::eyre!("the token's receipt names no contract"))
}

async fn hand_out(
    setup: &mut ChainSetup<'_>,
    funder: &Account,
    token: Address,
    senders: &[Account],
) -> eyre::Result<()> {
    let give = |to: &Account| contracts::transfer(token, to.address, U256::from(SENDER_UNITS));
    setup
        .send_from(
            "handing out tokens",
            funder,
            senders.iter().map(give).collect(),
        )
        .await
        .map(drop)
}

async fn create_market(
    setup: &mut ChainSetup<'_>,
    funder: &Account,
    senders: &[Account],
) -> eyre::Result<Kind> {
    let tokens = [
        create_token(setup, funder, "ONE").await?,
        create_token(setup, funder, "TWO").await?,
    ];
    let [first, second] = tokens;
    let create = contracts::create_pool(first, second)?;
    let created = setup
        .send_from("creating the pool", funder, vec![create])
        .await?;
    let pool = created.first().copied();
    let pool = pool.ok_or_else(|| eyre::eyre!("the pool's receipt names no contract"))?;
    let liquidity = vec![
        contracts::approve(first, pool),
        contracts::approve(second, pool),
        contracts::add_liquidity(pool, U256::from(POOL_UNITS)),
    ];
    setup
        .send_from("filling the pool", funder, liquidity)
        .await?;
    for token in tokens {
        hand_out(setup, funder, token, senders).await?;
    }
    let addresses: Vec<_> = senders.iter().map(|sender| sender.address).collect();
    let states = setup.states(&addresses).await?;
    let mut approvals = Vec::with_capacity(senders.len() * 2);
    for (offset, token) in (0u64..).zip(tokens) {
        for (sender, state) in senders.iter().zip(&states) {
            let call = contracts::approve(token, pool);
            approvals.push(sign(sender, state.nonce + offset, call, setup.terms));
        }
    }
    setup.submit("approving the pool", &approvals).await?;
    Ok(Kind::Swap { pool, tokens })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_sender_needs_grows_with_price_and_length() {
        let short = BenchConfig {
            rate_per_s: 1_000,
            seconds: 8,
            ..BenchConfig::default()
        };
        let long = BenchConfig {
            seconds: 98,
            ..short.clone()
        };
        // 10 and 100 transactions a sender, 2 in reserve, a tenth on top.
        assert_eq!(
            need_wei(0, &short),
            U256::from(L1_FEE_WEI) * U256::from(132) / U256::from(10)
        );
        assert_eq!(
            need_wei(0, &long),
            U256::from(L1_FEE_WEI) * U256::from(1122) / U256::from(10)
        );
        assert!(need_wei(2, &short) > need_wei(1, &short));
    }
}
