//! Requests, ours and others'. What may take long (looking into history, checking thousands of signatures) runs on blocking
//! threads, a bounded number at a time.

use std::sync::atomic::Ordering;

use alloy_primitives::Bytes;
use libp2p::{
    PeerId,
    request_response::{Event, InboundRequestId, Message, ResponseChannel},
};
use tokio::sync::OwnedSemaphorePermit;

use super::{
    asks::{Ask, Next},
    run::Runner,
};
use crate::{
    History, Offence, RangeAnswer, RangeRequest, Source,
    range::{Answer, Answered, Asked, Fault, Usable, check},
};

/// Requests of others under way, from the look into history until the last byte is sent: bounds the memory of answers.
pub(super) const MAX_SERVING: usize = 16;
/// Of these, for one peer: one that never reads its answers does not take all places.
const MAX_SERVING_PER_PEER: usize = 2;

/// A place among the requests under way.
pub(super) struct Serving {
    peer: PeerId,
    _place: OwnedSemaphorePermit,
}

/// What ends on a blocking thread.
#[allow(
    clippy::large_enum_variant,
    reason = "the large variant is the ordinary one"
)]
pub(super) enum Done {
    /// An answer to us was checked.
    Checked(PeerId, Ask, Result<Usable, Fault>),
    /// An answer of ours is ready.
    Answer(PeerId, ResponseChannel<Answered>, Vec<Bytes>),
}

impl Runner {
    pub(super) fn send(&mut self, next: Next) {
        if let Next::Send(peer, ask) = next {
            let ranges = &mut self.swarm.behaviour_mut().ranges;
            let id = ranges.send_request(&peer, Ok(ask.request));
            self.asks.sent(id, peer, ask);
        }
    }

    pub(super) fn try_next(&mut self, ask: Ask) {
        let connected = self.connected();
        let now_ms = self.now_ms();
        let next = self.asks.advance(ask, connected.iter(), now_ms);
        self.send(next);
    }

    pub(super) fn range(&mut self, event: Event<Asked, Answered>) {
        match event {
            Event::Message {
                peer,
                message:
                    Message::Request {
                        request_id,
                        request,
                        channel,
                    },
                ..
            } => self.requested(peer, request_id, request, channel),
            Event::Message {
                message:
                    Message::Response {
                        request_id,
                        response,
                    },
                ..
            } => {
                if let Some((peer, ask)) = self.asks.take(request_id) {
                    self.answered(peer, ask, response);
                }
            }
            Event::OutboundFailure {
                request_id, error, ..
            } => {
                if let Some((peer, mut ask)) = self.asks.take(request_id) {
                    let now_ms = self.now_ms();
                    self.asks.useless(peer, &mut ask, error.to_string(), now_ms);
                    self.try_next(ask);
                }
            }
            Event::InboundFailure { request_id, .. } | Event::ResponseSent { request_id, .. } => {
                self.serving.remove(&request_id);
            }
        }
    }

    /// Somebody asks us.
    fn requested(
        &mut self,
        peer: PeerId,
        id: InboundRequestId,
        request: Asked,
        channel: ResponseChannel<Answered>,
    ) {
        let request = match request {
            Ok(request) => request,
            Err(reason) => {
                tracing::debug!(%peer, reason, "no request");
                self.charge(peer, Offence::BadRequest);
                return;
            }
        };
        let now_ms = self.now_ms();
        let book = &mut self.swarm.behaviour_mut().gate.book;
        let in_share = book.request(&peer, now_ms);
        let able = in_share && book.may_be_served(&peer, now_ms);
        let of_peer = self.serving.values().filter(|s| s.peer == peer).count();
        let place = if able && of_peer < MAX_SERVING_PER_PEER {
            self.places.clone().try_acquire_owned().ok()
        } else {
            None
        };
        let Some(place) = place else {
            self.shared.counts.busy.fetch_add(1, Ordering::Relaxed);
            let ranges = &mut self.swarm.behaviour_mut().ranges;
            let _ = ranges.send_response(channel, Ok(Answer::Busy));
            if !in_share {
                self.charge(peer, Offence::TooManyRequests);
            }
            return;
        };
        let serving = Serving {
            peer,
            _place: place,
        };
        self.serving.insert(id, serving);
        let history = self.history.clone();
        let (max_blocks, max_bytes) = (self.limits.max_range_blocks, self.limits.max_answer_bytes);
        self.work.spawn_blocking(move || {
            let messages = look_up(&*history, &request, max_blocks, max_bytes);
            Done::Answer(peer, channel, messages)
        });
    }

    /// Somebody answered us.
    fn answered(&mut self, peer: PeerId, mut ask: Ask, response: Answered) {
        let now_ms = self.now_ms();
        match response {
            Ok(Answer::Messages(messages)) => {
                let (judge, separator) = (self.judge.clone(), self.separator);
                self.work.spawn_blocking(move || {
                    let checked = check(&ask.request, &messages, separator, &*judge);
                    Done::Checked(peer, ask, checked)
                });
            }
            Ok(Answer::Busy) => {
                self.asks.busy(peer, &mut ask, now_ms);
                self.try_next(ask);
            }
            Err(reason) => {
                self.asks.useless(peer, &mut ask, reason, now_ms);
                self.charge(peer, Offence::BadAnswer);
                self.try_next(ask);
            }
        }
    }

    pub(super) fn done(&mut self, done: Done) {
        let now_ms = self.now_ms();
        match done {
            Done::Answer(peer, channel, messages) => {
                self.shared.counts.served.fetch_add(1, Ordering::Relaxed);
                let bytes = messages.iter().map(|message| message.len()).sum();
                let behaviour = self.swarm.behaviour_mut();
                behaviour.gate.book.served(&peer, bytes, now_ms);
                // A peer that has left meanwhile wants no answer.
                let _ = behaviour
                    .ranges
                    .send_response(channel, Ok(Answer::Messages(messages)));
            }
            Done::Checked(peer, ask, Ok(usable)) if usable.whole => {
                self.asks.useful(peer);
                ask.answer(Ok(RangeAnswer {
                    messages: usable.messages,
                    from: Source::Peer(peer),
                }));
            }
            Done::Checked(peer, mut ask, Ok(usable)) => {
                // The part before the hole is kept in case nobody has more; whoever sends holes is not asked soon again.
                self.asks.partial(peer, &mut ask, usable.messages, now_ms);
                self.try_next(ask);
            }
            Done::Checked(peer, mut ask, Err(fault)) => {
                let reason = match fault {
                    Fault::Useless(reason) => reason,
                    Fault::Broken(offence, reason) => {
                        self.charge(peer, offence);
                        reason
                    }
                };
                self.asks.useless(peer, &mut ask, reason, now_ms);
                self.try_next(ask);
            }
        }
    }
}

/// What history has, within our bounds whatever it gives.
fn look_up(
    history: &dyn History,
    request: &RangeRequest,
    max_blocks: u16,
    max_bytes: usize,
) -> Vec<Bytes> {
    let found = match *request {
        RangeRequest::Envelopes {
            from_block,
            max_blocks: asked,
        } => history.envelopes(from_block, asked.min(max_blocks), max_bytes),
        RangeRequest::Base { window } => history.base(window).into_iter().collect(),
        RangeRequest::EndSeal { window } => history.end_seal(window).into_iter().collect(),
    };
    let mut left = max_bytes;
    found
        .into_iter()
        .map_while(|message| {
            left = left.checked_sub(message.len())?;
            Some(message)
        })
        .collect()
}
