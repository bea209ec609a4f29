//! Signs the whole load before the first transaction leaves, on every core.

use crate::{
    config::Mode,
    frame::text_frame,
    progress::Progress,
    request::submission,
    schedule::{connection_of, sender_of},
    transaction::{Terms, sign},
    workload::Prepared,
};
use alloy_primitives::{Address, B256};
use rand::{Rng, SeedableRng, rngs::StdRng};
use std::{
    ops::Range,
    sync::atomic::{AtomicU64, Ordering},
    thread,
};

/// One transaction of the load, ready to leave.
#[derive(Debug)]
pub(crate) struct Planned {
    /// Its hash.
    pub(crate) hash: B256,
    /// Who signed it.
    pub(crate) sender: Address,
    /// Connection it leaves by.
    pub(crate) connection: usize,
    /// The request, framed.
    pub(crate) frame: Vec<u8>,
}

/// What signing needs besides the accounts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Signing {
    /// Chain and prices.
    pub(crate) terms: Terms,
    /// How the transactions are submitted.
    pub(crate) mode: Mode,
    /// Over how many connections.
    pub(crate) connections: u16,
    /// How many transactions.
    pub(crate) total: u32,
}

/// Signs and frames all transactions, in the order they leave.
pub(crate) fn presign(
    prepared: &Prepared,
    signing: Signing,
    progress: &dyn Progress,
) -> eyre::Result<Vec<Planned>> {
    progress.begin("signing the load", signing.total.into());
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let share = signing
        .total
        .div_ceil(u32::try_from(workers).unwrap_or(1))
        .max(1);
    let done = AtomicU64::new(0);
    thread::scope(|scope| {
        let parts: Vec<_> = (0..signing.total)
            .step_by(usize::try_from(share).unwrap_or(1))
            .map(|first| {
                let part = first..first.saturating_add(share).min(signing.total);
                let done = &done;
                scope.spawn(move || sign_part(prepared, signing, part, done, progress))
            })
            .collect();
        let mut planned = Vec::with_capacity(signing.total as usize);
        for part in parts {
            let part = part
                .join()
                .map_err(|_| eyre::eyre!("a signing thread panicked"))?;
            planned.extend(part?);
        }
        Ok(planned)
    })
}

/// How many signatures are made between two signs of life.
const PROGRESS_STEP: u64 = 1_000;

fn sign_part(
    prepared: &Prepared,
    signing: Signing,
    part: Range<u32>,
    done: &AtomicU64,
    progress: &dyn Progress,
) -> eyre::Result<Vec<Planned>> {
    // Masks only have to differ; they hide nothing from a server on the same machine.
    let mut masks = StdRng::seed_from_u64(part.start.into());
    let count = u32::try_from(prepared.senders.len())?;
    part.map(|id| {
        let (number, turn) = sender_of(id.into(), count);
        let place = usize::try_from(number)?;
        let (Some(sender), Some(first_nonce)) =
            (prepared.senders.get(place), prepared.nonces.get(place))
        else {
            eyre::bail!("sender {number} was not prepared");
        };
        let call = prepared.actions.call(id.into(), sender.address);
        let signed = sign(sender, first_nonce + turn, call, signing.terms);
        let text = submission(signing.mode, id, &signed.raw, signing.terms.prices.tip_wei);
        let so_far = done.fetch_add(1, Ordering::Relaxed) + 1;
        if so_far.is_multiple_of(PROGRESS_STEP) {
            progress.advance(so_far);
        }
        Ok(Planned {
            hash: signed.hash,
            sender: sender.address,
            connection: connection_of(number, signing.connections),
            frame: text_frame(text.as_bytes(), masks.random()),
        })
    })
    .collect()
}
