//! The users themselves: each sends, waits for its promise, and sends again at its time.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use alloy_primitives::Address;
use eyre::{Result, WrapErr};
use forebond_runtime::Shutdown;
use forebond_types::Domain;
use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_json::json;
use tokio::{
    sync::mpsc,
    task::JoinSet,
    time::{Instant, MissedTickBehavior},
};

use super::{
    Latencies, Promise, Summary,
    calls::{Call, Market, Terms},
    checker::Checker,
    market::Actor,
    sending::{Outcome, Places},
};
use crate::{
    misdeeds::Held,
    opening::Key,
    rpc::{Rpc, quantity},
};

/// Transactions per second of one user, about.
const USER_TPS: u32 = 5;
/// Users at least and at most.
const MOST_USERS: u32 = 64;
const LEAST_USERS: u32 = 4;
/// Reasons that are kept for the report.
const KEPT_REASONS: usize = 32;
/// What the base fee may grow to.
const MAX_FEE_WEI: u128 = 20_000_000_000;

/// What users are to do.
#[derive(Clone, Debug)]
pub(crate) struct SpamPlan {
    /// Transactions per second in all.
    pub(crate) tps: u32,
    /// Repeats what they do.
    pub(crate) seed: u64,
    /// Signature domain of the rollup.
    pub(crate) domain: Domain,
    /// EIP-155 chain id of the rollup.
    pub(crate) chain_id: u64,
    /// Keys of the gateways, in order.
    pub(crate) committers: Vec<Address>,
    /// Whom they ask, in turn.
    pub(crate) places: Vec<Rpc>,
    /// Where they keep their objects, when somebody may want to complain.
    pub(crate) held: Option<Held>,
}

/// What users have seen.
#[derive(Clone, Debug, Default, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Counts {
    /// Transactions that were promised.
    pub(crate) promised: u64,
    /// Refused by everybody.
    pub(crate) refused: u64,
    /// Nobody answered in time.
    pub(crate) unanswered: u64,
    /// Objects that are not what they say.
    pub(crate) invalid: u64,
    /// Why, the newest ones.
    pub(crate) reasons: Vec<String>,
}

#[derive(Debug)]
struct Seen {
    counts: Counts,
    all: Latencies,
    recent: Latencies,
}

/// Where users hand in what they got.
#[derive(Clone, Debug)]
pub(super) struct Sink {
    seen: Arc<Mutex<Seen>>,
    promises: mpsc::Sender<Promise>,
}

impl Sink {
    pub(super) async fn take(&self, outcome: &Outcome) {
        {
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            match outcome {
                Outcome::Promised(_, latency) => {
                    seen.counts.promised += 1;
                    seen.all.record(*latency);
                    seen.recent.record(*latency);
                }
                Outcome::Invalid(why) => {
                    seen.counts.invalid += 1;
                    keep(&mut seen.counts.reasons, format!("invalid: {why}"));
                }
                Outcome::Refused(why) => {
                    seen.counts.refused += 1;
                    keep(&mut seen.counts.reasons, format!("refused: {why}"));
                }
                Outcome::Unanswered(why) => {
                    seen.counts.unanswered += 1;
                    keep(&mut seen.counts.reasons, format!("unanswered: {why}"));
                }
            }
        }
        if let Outcome::Promised(promise, _) = outcome {
            // The judge waits for nobody, so this waits for a moment at most.
            let _ = self.promises.send(*promise).await;
        }
    }
}

fn keep(reasons: &mut Vec<String>, reason: String) {
    if reasons.len() >= KEPT_REASONS {
        reasons.remove(0);
    }
    reasons.push(reason);
}

/// The users at work.
#[derive(Debug)]
pub(crate) struct Spammer {
    seen: Arc<Mutex<Seen>>,
    stop: Shutdown,
    working: tokio::task::JoinHandle<Result<()>>,
}

impl Spammer {
    /// Starts them; promises go to `promises`.
    pub(crate) fn start(plan: SpamPlan, promises: mpsc::Sender<Promise>) -> Result<Self> {
        let seen = Arc::new(Mutex::new(Seen {
            counts: Counts::default(),
            all: Latencies::new()?,
            recent: Latencies::new()?,
        }));
        let sink = Sink {
            seen: Arc::clone(&seen),
            promises,
        };
        let stop = Shutdown::new();
        let working = tokio::spawn(work(plan, sink, stop.clone()));
        Ok(Self {
            seen,
            stop,
            working,
        })
    }

    /// What they have seen so far, and how long all promises took.
    pub(crate) fn seen(&self) -> (Counts, Summary) {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        (seen.counts.clone(), seen.all.summary())
    }

    /// How long those took that came since the last time this was asked.
    pub(crate) fn recent(&self) -> Summary {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let summary = seen.recent.summary();
        seen.recent.clear();
        summary
    }

    /// Why they stopped by themselves, if they have.
    pub(crate) fn stopped(&self) -> bool {
        self.working.is_finished()
    }

    /// Lets them finish what they are at, for so long.
    ///
    /// # Errors
    /// When they could not begin at all.
    pub(crate) async fn stop(self, deadline: Duration) -> Result<(Counts, Summary)> {
        self.stop.request("the run is over");
        let abort = self.working.abort_handle();
        let worked = match tokio::time::timeout(deadline, self.working).await {
            Ok(worked) => worked.wrap_err("users")?,
            Err(_) => {
                abort.abort();
                Ok(())
            }
        };
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        worked.map(|()| (seen.counts.clone(), seen.all.summary()))
    }
}

/// How many users send so many transactions per second.
fn users(tps: u32) -> u32 {
    (tps / USER_TPS).clamp(LEAST_USERS, MOST_USERS)
}

async fn work(plan: SpamPlan, sink: Sink, stop: Shutdown) -> Result<()> {
    if plan.tps == 0 {
        return Ok(());
    }
    let places = Places::new(plan.places.clone(), plan.held.clone());
    let checker = Checker::new(plan.domain, plan.committers.clone());
    let terms = terms(&plan, &places).await?;
    let keys: Vec<Key> = (0..users(plan.tps))
        .map(|n| Key::derived(plan.seed, 0, &format!("user {n}")))
        .collect::<Result<_>>()?;
    let actor = |key: Key| {
        let (places, checker, sink) = (places.clone(), checker.clone(), sink.clone());
        async move {
            let nonce = places.nonce(key.address).await?;
            Ok::<_, eyre::Report>(Actor {
                key,
                nonce,
                terms,
                places,
                checker,
                sink,
            })
        }
    };
    let mut bank = actor(Key::development(BANK)?).await?;
    bank.fund(&keys).await.wrap_err("users without ether")?;
    // Two banks: users can begin with transfers while there is no market yet.
    let (tell, market) = tokio::sync::watch::channel(None::<Market>);
    let mut working = JoinSet::new();
    let period = Duration::from_secs_f64(f64::from(users(plan.tps)) / f64::from(plan.tps));
    for (place, key) in (0u32..).zip(keys.iter().cloned()) {
        let mut own = actor(key).await?;
        let rng = StdRng::seed_from_u64(plan.seed ^ (u64::from(place) << 32));
        let (stop, market) = (stop.clone(), market.clone());
        let offset = period.mul_f64(f64::from(place) / f64::from(users(plan.tps)));
        working.spawn(async move { live(&mut own, rng, period, offset, market, stop).await });
    }
    let market = tokio::select! {
        market = bank.open_market(&keys) => Some(market.wrap_err("users without a market")?),
        () = stop.requested() => None,
    };
    tell.send_replace(market);
    while let Some(ended) = working.join_next().await {
        ended.wrap_err("a user")??;
    }
    Ok(())
}

/// Account of the development mnemonic that pays users and opens the market.
const BANK: u32 = 2;

/// One user's life.
async fn live(
    actor: &mut Actor,
    mut rng: impl Rng,
    period: Duration,
    offset: Duration,
    market: tokio::sync::watch::Receiver<Option<Market>>,
    stop: Shutdown,
) -> Result<()> {
    let mut times = tokio::time::interval_at(Instant::now() + offset, period);
    times.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut approved = false;
    loop {
        tokio::select! {
            _ = times.tick() => {}
            () = stop.requested() => return Ok(()),
        }
        let open = *market.borrow();
        if let (Some(market), false) = (open, approved) {
            approved = actor.approve(&market).await.is_ok();
        }
        let call = Call::any(
            &mut rng,
            open.as_ref().filter(|_| approved),
            actor.key.address,
        );
        match actor.act(call).await? {
            Outcome::Promised(..) => {}
            _ => {
                // Perhaps it was promised and nobody could say so: the chain knows.
                if let Ok(nonce) = actor.places.nonce(actor.key.address).await {
                    actor.nonce = nonce;
                }
            }
        }
    }
}

async fn terms(plan: &SpamPlan, places: &Places) -> Result<Terms> {
    let tip = places.ask("eth_maxPriorityFeePerGas", json!([])).await?;
    let tip = quantity(&tip).unwrap_or_default();
    Ok(Terms {
        chain_id: plan.chain_id,
        max_fee_wei: MAX_FEE_WEI,
        tip_wei: u128::from(tip).saturating_mul(2).max(1_000_000),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_enough_users_for_the_rate_and_never_a_crowd() {
        assert_eq!(users(1), LEAST_USERS);
        assert_eq!(users(100), 20);
        assert_eq!(users(5_000), MOST_USERS);
    }

    #[tokio::test]
    async fn what_users_got_is_counted_and_promises_are_handed_on() {
        let (promises, mut handed) = mpsc::channel(4);
        let seen = Arc::new(Mutex::new(Seen {
            counts: Counts::default(),
            all: Latencies::new().unwrap(),
            recent: Latencies::new().unwrap(),
        }));
        let sink = Sink {
            seen: Arc::clone(&seen),
            promises,
        };
        let promise = Promise {
            tx_hash: Default::default(),
            block: 3,
            index: 1,
            receipt_hash: Default::default(),
            base: Default::default(),
            window: 9,
            gateway: 0,
            issued_at_ms: 1,
            received_at_ms: 2,
        };
        sink.take(&Outcome::Promised(promise, Duration::from_millis(5)))
            .await;
        for n in 0..50 {
            sink.take(&Outcome::Refused(format!("{n}"))).await;
        }
        assert_eq!(handed.try_recv().unwrap(), promise);
        let seen = seen.lock().unwrap();
        assert_eq!((seen.counts.promised, seen.counts.refused), (1, 50));
        assert_eq!(seen.counts.reasons.len(), KEPT_REASONS);
        assert_eq!(seen.counts.reasons.last().unwrap(), "refused: 49");
    }
}
