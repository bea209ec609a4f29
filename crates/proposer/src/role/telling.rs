use std::sync::Arc;

use forebond_commit_boost::client::ProposerSigner;

use super::context::{Context, Now, Round};
use crate::{
    seen::Lookout,
    served::{Relays, SlotBook},
};

/// Signed slots offered to one relay in one round.
const MOST_OFFERS: usize = 16;

/// Looks at gateways and tells relays, once a slot.
pub struct Telling<S> {
    context: Arc<Context<S>>,
    lookout: Lookout,
    relays: Relays,
}

impl<S: ProposerSigner> Round for Telling<S> {
    type Error = std::convert::Infallible;

    async fn round(&mut self, now: Now) -> Result<(), std::convert::Infallible> {
        let book = self.context.settlement.windows();
        let offers = (0..self.relays.count()).map(|relay| self.offer(relay, now.slot));
        let offers = futures_util::future::join_all(offers);
        tokio::join!(self.lookout.look(&book), offers);
        *self.context.health.lock() = self.lookout.all().clone();
        let balance = self
            .context
            .chain
            .execution
            .balance(self.context.chain.operator);
        if let Ok(wei) = balance.await {
            let gwei = wei / alloy_primitives::U256::from(1_000_000_000);
            let gwei = i64::try_from(gwei).unwrap_or(i64::MAX);
            self.context.figures.balance_gwei.set(gwei);
        }
        Ok(())
    }
}

impl<S: ProposerSigner> Telling<S> {
    pub(super) const fn new(context: Arc<Context<S>>, lookout: Lookout, relays: Relays) -> Self {
        Self {
            context,
            lookout,
            relays,
        }
    }
}

impl<S> Telling<S> {
    /// One relay's turn: what it does not take now it is offered in the next slot, until the slot has come.
    fn offer(&self, relay: usize, now_slot: u64) -> impl Future<Output = ()> + Send + 'static {
        let (book, relays): (SlotBook, Relays) = (self.context.book.clone(), self.relays.clone());
        let figures = self.context.figures.clone();
        async move {
            for signed in book.missing_at(relay, now_slot, MOST_OFFERS) {
                match relays.post(relay, &signed).await {
                    Ok(()) => {
                        book.taken(relay, &signed);
                        figures.relayed.inc();
                    }
                    Err(words) => {
                        figures.relay_failures.inc();
                        tracing::debug!(relay, slot = signed.message.slot, words, "not taken");
                        // Its next offers would take as long to fail.
                        return;
                    }
                }
            }
        }
    }
}
