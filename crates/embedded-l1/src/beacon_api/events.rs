//! `events`: server-sent events.

use std::{collections::HashSet, convert::Infallible};

use alloy_primitives::B256;
use axum::{
    extract::{RawQuery, State},
    http::StatusCode,
    response::{
        IntoResponse,
        sse::{Event, KeepAlive, Sse},
    },
};
use forebond_beacon::{containers::BeaconState, preset::Preset};
use futures_util::stream;
use serde::Serialize;
use tokio::sync::{OwnedSemaphorePermit, broadcast};

use super::{
    query::QueryPairs,
    reply::{Answer, ApiError},
    server::Api,
};

const TOPICS: [&str; 4] = ["head", "block", "chain_reorg", "finalized_checkpoint"];

/// A new head.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HeadEvent {
    /// Slot of the block.
    #[serde(with = "as_text")]
    pub slot: u64,
    /// Root of the block.
    pub block: B256,
    /// Root of the state after it.
    pub state: B256,
    /// Whether it is the first head of its epoch.
    pub epoch_transition: bool,
    /// Root the duties of this epoch depend on since Fulu: the last block before the previous epoch.
    pub previous_duty_dependent_root: B256,
    /// Root the duties of the next epoch depend on since Fulu: the last block before this epoch.
    pub current_duty_dependent_root: B256,
    /// Always false: payloads are executed before they are announced.
    pub execution_optimistic: bool,
}

impl HeadEvent {
    /// The event of a head whose post-state is `state`. `previous_head_slot` is the slot of the head before it,
    /// `genesis_root` the root of block 0.
    #[must_use]
    pub fn new<P: Preset>(
        state: &BeaconState<P>,
        block_root: B256,
        state_root: B256,
        previous_head_slot: u64,
        genesis_root: B256,
    ) -> Self {
        let slots_per_epoch = P::slots_per_epoch();
        let epoch = state.slot / slots_per_epoch;
        let before = |epoch: u64| {
            let Some(slot) = (epoch * slots_per_epoch).checked_sub(1) else {
                return genesis_root;
            };
            usize::try_from(slot % P::slots_per_historical_root())
                .ok()
                .and_then(|place| state.block_roots.get(place))
                .copied()
                .unwrap_or(genesis_root)
        };
        Self {
            slot: state.slot,
            block: block_root,
            state: state_root,
            epoch_transition: previous_head_slot / slots_per_epoch != epoch,
            previous_duty_dependent_root: before(epoch.saturating_sub(1)),
            current_duty_dependent_root: before(epoch),
            execution_optimistic: false,
        }
    }
}

/// What subscribers hear of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum ChainEvent {
    /// The head moved; after a reorg too.
    Head(HeadEvent),
    /// A block was made.
    Block {
        /// Its slot.
        #[serde(with = "as_text")]
        slot: u64,
        /// Its root.
        block: B256,
        /// Always false.
        execution_optimistic: bool,
    },
    /// The new head does not descend from the old one. Sent before the new head.
    ChainReorg {
        /// Slot of the new head.
        #[serde(with = "as_text")]
        slot: u64,
        /// Slots back to the block both have in common, from the old head.
        #[serde(with = "as_text")]
        depth: u64,
        /// Abandoned head.
        old_head_block: B256,
        /// New head.
        new_head_block: B256,
        /// State of the abandoned head.
        old_head_state: B256,
        /// State of the new head.
        new_head_state: B256,
        /// Epoch of the new head.
        #[serde(with = "as_text")]
        epoch: u64,
        /// Always false.
        execution_optimistic: bool,
    },
    /// Something more became final.
    FinalizedCheckpoint {
        /// Root of the final block.
        block: B256,
        /// Root of its state.
        state: B256,
        /// Epoch of the checkpoint.
        #[serde(with = "as_text")]
        epoch: u64,
        /// Always false.
        execution_optimistic: bool,
    },
}

impl ChainEvent {
    const fn topic(&self) -> &'static str {
        match self {
            Self::Head(_) => "head",
            Self::Block { .. } => "block",
            Self::ChainReorg { .. } => "chain_reorg",
            Self::FinalizedCheckpoint { .. } => "finalized_checkpoint",
        }
    }
}

/// Integers as decimal strings.
mod as_text {
    use serde::Serializer;

    #[allow(
        clippy::trivially_copy_pass_by_ref,
        reason = "the signature serde asks for"
    )]
    pub(super) fn serialize<S: Serializer>(number: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(number)
    }
}

struct Subscription {
    events: broadcast::Receiver<ChainEvent>,
    topics: HashSet<String>,
    /// Gives the place back when the connection ends.
    _place: OwnedSemaphorePermit,
}

impl Subscription {
    /// The next event of a topic asked for; nothing when the chain ends or the reader fell behind. A reader that lost
    /// events must know: the connection is closed, it reconnects and asks for what it missed.
    async fn next(&mut self) -> Option<Result<Event, Infallible>> {
        loop {
            let event = match self.events.recv().await {
                Ok(event) => event,
                Err(broadcast::error::RecvError::Closed) => return None,
                Err(broadcast::error::RecvError::Lagged(lost)) => {
                    tracing::debug!(lost, "an event reader fell behind and is disconnected");
                    return None;
                }
            };
            if self.topics.contains(event.topic()) {
                let data = serde_json::to_string(&event).ok()?;
                return Some(Ok(Event::default().event(event.topic()).data(data)));
            }
        }
    }
}

pub(super) async fn events<P: Preset>(
    State(api): State<Api<P>>,
    RawQuery(query): RawQuery,
) -> Answer {
    let query = QueryPairs::parse(query.as_deref())?;
    let topics: HashSet<String> = query.all("topics").map(str::to_owned).collect();
    if let Some(unknown) = topics
        .iter()
        .find(|topic| !TOPICS.contains(&topic.as_str()))
    {
        return Err(ApiError::bad_request(format!(
            "topic {unknown:?}: served are {}",
            TOPICS.join(", ")
        )));
    }
    if topics.is_empty() {
        return Err(ApiError::bad_request(format!(
            "no topics: name some of {}",
            TOPICS.join(", ")
        )));
    }
    let place = api.event_places.clone().try_acquire_owned().map_err(|_| {
        ApiError::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "too many event readers; close one or try later".to_owned(),
        )
    })?;
    let subscription = Subscription {
        events: api.view.events(),
        topics,
        _place: place,
    };
    let stopped = api.stopped.clone();
    let events = stream::unfold(subscription, move |mut subscription| {
        let stopped = stopped.clone();
        async move {
            let event = tokio::select! {
                event = subscription.next() => event?,
                () = stopped.cancelled() => return None,
            };
            Some((event, subscription))
        }
    });
    Ok(Sse::new(events)
        .keep_alive(KeepAlive::new().interval(api.heartbeat).text("heartbeat"))
        .into_response())
}
