//! What users need before they can do anything: ether, tokens, a pool.

use alloy_primitives::{Address, U256};
use eyre::{Result, bail};

use super::{
    calls::{Call, Market, Terms},
    checker::Checker,
    sending::{Outcome, Places},
    user::Sink,
};
use crate::opening::Key;

/// Tries of a preparation; each one lasts longer than a hand-over.
const MOST_TRIES: u32 = 12;
/// Wei a user gets.
const USER_WEI: u128 = 20_000_000_000_000_000_000;
/// Units of each token a user gets, and each side of the pool holds.
const USER_UNITS: u128 = 1_000_000_000_000_000_000_000;
const POOL_UNITS: u128 = 1_000_000_000_000_000_000_000_000_000_000;

/// One account that does things one after the other.
pub(super) struct Actor {
    /// Its key.
    pub(super) key: Key,
    /// Nonce of its next transaction.
    pub(super) nonce: u64,
    /// Prices.
    pub(super) terms: Terms,
    /// Whom it asks.
    pub(super) places: Places,
    /// How it checks what it gets.
    pub(super) checker: Checker,
    /// Where promises go.
    pub(super) sink: Sink,
}

impl Actor {
    /// Does one thing and hands in the promise; the nonce moves on when it is promised.
    pub(super) async fn act(&mut self, call: Call) -> Result<Outcome> {
        let signed = call.sign(&self.key.signer()?, self.nonce, &self.terms)?;
        let outcome = self
            .places
            .promised(&signed, self.key.address, &mut self.checker)
            .await;
        if let Outcome::Promised(..) = outcome {
            self.nonce = self.nonce.saturating_add(1);
        }
        self.sink.take(&outcome).await;
        Ok(outcome)
    }

    /// As [`Self::act`], and it has to go well at last: nobody may be taking transactions yet.
    async fn must(&mut self, what: &str, call: Call) -> Result<()> {
        let mut last = None;
        for _ in 0..MOST_TRIES {
            let outcome = self.act(call.clone()).await?;
            if matches!(outcome, Outcome::Promised(..)) {
                return Ok(());
            }
            last = Some(outcome);
            let nonce = self.places.nonce(self.key.address).await?;
            if nonce > self.nonce {
                // It was taken, and nobody could say so.
                self.nonce = nonce;
                return Ok(());
            }
        }
        bail!("{what}: {last:?}")
    }

    async fn create(&mut self, what: &str, call: Call) -> Result<Address> {
        let address = self.key.address.create(self.nonce);
        self.must(what, call).await?;
        Ok(address)
    }

    /// Gives ether to `users`.
    pub(super) async fn fund(&mut self, users: &[Key]) -> Result<()> {
        for user in users {
            let call = Call::pay(user.address, U256::from(USER_WEI));
            self.must("ether for a user", call).await?;
        }
        Ok(())
    }

    /// Two tokens, a pool, and tokens for `users`.
    pub(super) async fn open_market(&mut self, users: &[Key]) -> Result<Market> {
        let token = |symbol| Call::create_token(symbol, U256::MAX);
        let tokens = [
            self.create("creating a token", token("ONE")?).await?,
            self.create("creating a token", token("TWO")?).await?,
        ];
        let pool = self
            .create("creating the pool", Call::create_pool(tokens)?)
            .await?;
        for token in tokens {
            self.must("approving", Call::approve(token, pool)).await?;
        }
        let liquidity = Call::add_liquidity(pool, U256::from(POOL_UNITS));
        self.must("filling the pool", liquidity).await?;
        for user in users {
            for token in tokens {
                let call = Call::give(token, user.address, U256::from(USER_UNITS));
                self.must("tokens for a user", call).await?;
            }
        }
        Ok(Market { tokens, pool })
    }

    /// Lets the pool take this user's tokens.
    pub(super) async fn approve(&mut self, market: &Market) -> Result<()> {
        for token in market.tokens {
            self.must("approving", Call::approve(token, market.pool))
                .await?;
        }
        Ok(())
    }
}
