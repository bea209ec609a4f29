//! Requests of ours: one peer after the other until one has it, never more than a few, each with a deadline.

use std::{collections::HashMap, sync::Arc};

use libp2p::{PeerId, request_response::OutboundRequestId};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use crate::{
    Limits, RangeAnswer, RangeRequest, Received, RequestError, Source,
    policy::{Asking, Choice},
};

/// Who waits for an answer.
pub(super) type Reply = oneshot::Sender<Result<RangeAnswer, RequestError>>;

/// A request of ours.
pub(super) struct Ask {
    pub(super) request: RangeRequest,
    tried: Vec<PeerId>,
    last: String,
    /// The longest answer with a hole behind it.
    partial: Option<RangeAnswer>,
    deadline_ms: u64,
    reply: Reply,
    /// Counts it among those under way for as long as it exists.
    _place: OwnedSemaphorePermit,
}

impl Ask {
    pub(super) fn answer(self, answer: Result<RangeAnswer, RequestError>) {
        // Whoever asked may have gone; then nobody wants to know.
        let _ = self.reply.send(answer);
    }
}

/// What to do with a request.
#[allow(
    clippy::large_enum_variant,
    reason = "the large variant is the ordinary one"
)]
pub(super) enum Next {
    /// Send it to this peer, and tell [`Asks::sent`].
    Send(PeerId, Ask),
    /// Nothing now.
    Nothing,
}

/// All requests of ours.
pub(super) struct Asks {
    asking: Asking,
    sent: HashMap<OutboundRequestId, (PeerId, Ask)>,
    /// Those that wait until a peer may be asked again.
    parked: Vec<Ask>,
    places: Arc<Semaphore>,
    max: usize,
    max_peers: usize,
    patience_ms: u64,
}

impl Asks {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            asking: Asking::default(),
            sent: HashMap::new(),
            parked: Vec::new(),
            places: Arc::new(Semaphore::new(limits.max_requests)),
            max: limits.max_requests,
            max_peers: limits.max_peers_asked,
            patience_ms: limits.answer_ms,
        }
    }

    /// A new request.
    pub(super) fn begin<'a>(
        &mut self,
        request: RangeRequest,
        reply: Reply,
        connected: impl Iterator<Item = &'a PeerId> + Clone,
        now_ms: u64,
    ) -> Next {
        let Ok(place) = self.places.clone().try_acquire_owned() else {
            let _ = reply.send(Err(RequestError::TooMany { limit: self.max }));
            return Next::Nothing;
        };
        let ask = Ask {
            request,
            tried: Vec::new(),
            last: String::new(),
            partial: None,
            deadline_ms: now_ms.saturating_add(self.patience_ms),
            reply,
            _place: place,
        };
        self.advance(ask, connected, now_ms)
    }

    /// The next peer for a request, or its end.
    pub(super) fn advance<'a>(
        &mut self,
        mut ask: Ask,
        connected: impl Iterator<Item = &'a PeerId> + Clone,
        now_ms: u64,
    ) -> Next {
        if ask.reply.is_closed() {
            return Next::Nothing;
        }
        let choice = if ask.tried.len() < self.max_peers {
            self.asking.choose(connected.clone(), &ask.tried, now_ms)
        } else {
            Choice::Nobody
        };
        match choice {
            Choice::Ask(peer) => {
                ask.tried.push(peer);
                self.asking.asked(peer, now_ms);
                Next::Send(peer, ask)
            }
            Choice::Wait if now_ms < ask.deadline_ms => {
                self.parked.push(ask);
                Next::Nothing
            }
            Choice::Wait | Choice::Nobody if ask.tried.is_empty() => {
                let error = RequestError::NoPeers {
                    connected: connected.clone().count(),
                    resting: self.asking.resting(connected, now_ms),
                };
                ask.answer(Err(error));
                Next::Nothing
            }
            Choice::Wait | Choice::Nobody => {
                if let Some(partial) = ask.partial.take() {
                    ask.answer(Ok(partial));
                    return Next::Nothing;
                }
                let error = RequestError::NotFound {
                    asked: ask.tried.len(),
                    last: std::mem::take(&mut ask.last),
                };
                ask.answer(Err(error));
                Next::Nothing
            }
        }
    }

    pub(super) fn sent(&mut self, id: OutboundRequestId, peer: PeerId, ask: Ask) {
        self.sent.insert(id, (peer, ask));
    }

    /// An answer or a failure came for this request.
    pub(super) fn take(&mut self, id: OutboundRequestId) -> Option<(PeerId, Ask)> {
        self.sent.remove(&id)
    }

    /// Requests that waited; each goes to [`Self::advance`].
    pub(super) fn unpark(&mut self) -> Vec<Ask> {
        std::mem::take(&mut self.parked)
    }

    pub(super) fn useful(&mut self, peer: PeerId) {
        self.asking.useful(peer);
    }

    pub(super) fn useless(&mut self, peer: PeerId, ask: &mut Ask, reason: String, now_ms: u64) {
        ask.last = reason;
        self.asking.useless(peer, now_ms);
    }

    /// An answer that has a hole.
    pub(super) fn partial(
        &mut self,
        peer: PeerId,
        ask: &mut Ask,
        messages: Vec<Received>,
        now_ms: u64,
    ) {
        self.useless(peer, ask, "its answer has a hole".to_owned(), now_ms);
        let best = ask.partial.as_ref().map_or(0, |best| best.messages.len());
        if messages.len() > best {
            ask.partial = Some(RangeAnswer {
                messages,
                from: Source::Peer(peer),
            });
        }
    }

    pub(super) fn busy(&mut self, peer: PeerId, ask: &mut Ask, now_ms: u64) {
        ask.last = "it has too much to do".to_owned();
        self.asking.busy(peer, now_ms);
    }
}
