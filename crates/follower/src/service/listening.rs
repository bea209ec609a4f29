//! What comes from streams and gossip goes to the follower's thread.

use super::{Input, links::Links, now_ms, put};
use crate::core::Heard;
use crossbeam_channel::Sender;
use forebond_net::{Conflict, Events, Incoming, Source};
use std::sync::{Arc, atomic::Ordering};

/// Runs until the events end or the thread is gone.
pub(super) async fn listen(mut events: Events, inputs: Sender<Input>, links: Arc<Links>) {
    while let Some(event) = events.recv().await {
        match event {
            Incoming::Message {
                envelope,
                signer,
                from,
            } => {
                if let Some(tap) = &links.tap {
                    tap.message(&envelope);
                }
                let heard = Heard {
                    envelope,
                    signer,
                    from,
                };
                if !put(&inputs, Input::Heard(Box::new(heard))).await {
                    return;
                }
            }
            Incoming::Conflict(conflict) => {
                if let Some(tap) = &links.tap {
                    tap.conflict(&conflict);
                }
                keep(conflict, links.clone());
            }
            Incoming::PeerUp { from } => {
                if matches!(from, Source::Stream(_)) {
                    links.streams.fetch_add(1, Ordering::Relaxed);
                }
                tracing::info!(%from, "a peer is there");
            }
            Incoming::PeerDown { from, reason } => {
                if matches!(from, Source::Stream(_)) {
                    let less = |streams: usize| streams.checked_sub(1);
                    let _ = links
                        .streams
                        .fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
                }
                tracing::info!(%from, %reason, "a peer is gone");
            }
            Incoming::Lagged { missed, .. } => {
                tracing::warn!(missed, "messages were missed; they are asked for again");
            }
        }
    }
}

/// Keeps evidence of a fork, on a thread that may wait for the disk.
fn keep(conflict: Box<Conflict>, links: Arc<Links>) {
    tracing::error!(
        signer = %conflict.signer,
        base = %conflict.base,
        fork = ?conflict.fork,
        "two signatures that cannot both be true: a fault of the signer"
    );
    tokio::task::spawn_blocking(move || {
        if let Err(error) = links.evidence.keep(&conflict, now_ms()) {
            tracing::error!(%error, "evidence of a fork cannot be written");
        }
    });
}
