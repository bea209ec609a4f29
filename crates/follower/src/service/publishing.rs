//! A gateway's own messages go to gossip as its board shows them. What it followed of others went round already.

use super::links::Links;
use crate::core::StandingBoard;
use alloy_primitives::{Address, B256};
use forebond_ledger::{
    board::Event,
    envelopes::{base_envelope, frag_envelope, seal_envelope},
};
use forebond_net::{Net, PublishError};
use forebond_types::Envelope;
use std::sync::Arc;
use tokio::sync::broadcast::{Receiver, error::RecvError};

/// What of an event is this process's own to say.
pub(super) struct Publisher {
    pub(super) me: Address,
    pub(super) standing: Arc<StandingBoard>,
    /// The base that was published last.
    pub(super) base: Option<B256>,
}

impl Publisher {
    pub(super) const fn new(me: Address, standing: Arc<StandingBoard>) -> Self {
        Self {
            me,
            standing,
            base: None,
        }
    }

    fn is_own(&self, base: &B256) -> bool {
        self.standing.signer(base) == Some(self.me)
    }

    /// Messages to publish for an event, in order.
    pub(super) fn envelopes(&mut self, event: &Event) -> Vec<Envelope> {
        match event {
            Event::Frag(frag) if self.is_own(&frag.base.hash) => {
                let mut out = Vec::with_capacity(2);
                if self.base != Some(frag.base.hash) {
                    self.base = Some(frag.base.hash);
                    out.push(Envelope::Base(base_envelope(&frag.base)));
                }
                out.push(Envelope::Frag(frag_envelope(frag)));
                out
            }
            Event::Sealed(block) => match &block.seal {
                Some((seal, signature)) if self.is_own(&seal.base) => {
                    vec![Envelope::Seal(seal_envelope(seal, *signature))]
                }
                _ => Vec::new(),
            },
            Event::Frag(_) | Event::Removed(_) => Vec::new(),
        }
    }
}

/// Runs until the board or the network is gone.
pub(super) async fn publish(
    mut events: Receiver<Event>,
    mut publisher: Publisher,
    links: Arc<Links>,
) {
    let Some(net) = links.gossip().cloned() else {
        return;
    };
    loop {
        let event = match events.recv().await {
            Ok(event) => event,
            Err(RecvError::Lagged(missed)) => {
                tracing::warn!(
                    missed,
                    "gossip was too slow; peers will ask for what they miss"
                );
                continue;
            }
            Err(RecvError::Closed) => return,
        };
        for envelope in publisher.envelopes(&event) {
            if !say(&net, envelope) {
                return;
            }
        }
    }
}

/// `false` when the network is gone.
fn say(net: &Net, envelope: Envelope) -> bool {
    match net.publish(envelope) {
        Ok(()) => true,
        Err(PublishError::Stopped) => false,
        Err(error) => {
            tracing::debug!(%error, "a message is not published");
            true
        }
    }
}
