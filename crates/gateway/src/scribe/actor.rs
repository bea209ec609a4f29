use crate::{
    archive::ArchiveInput,
    log::{LogError, LogWriter, Position as LogPosition},
    metrics::StageMetrics,
    sequencer::SequencerInput,
    signer::{Signer, SignerError},
};
use alloy_primitives::B256;
use crossbeam_channel::{Receiver, Sender};
use forebond_exec::{Changes, StoreSnapshot};
use forebond_ledger::{
    SealedHeader,
    board::Publisher,
    journal::{encode_frag, encode_seal},
    promise::{Cut, PublishedFrag, SignedBase},
};
use forebond_protocol::{Position, PromisesTree, Turn, TurnError};
use forebond_runtime::Clock;
use forebond_types::{Frag, Seal};
use std::{collections::VecDeque, sync::Arc};
use tokio::sync::mpsc;

/// Cuts and seals taken into one sync at most.
const MAX_BATCH: usize = 64;

/// What the scribe is told.
#[derive(Debug)]
pub enum ScribeInput {
    /// The sequencer cut a frag.
    Cut(Cut),
    /// The sealer knows a block's hash.
    Sealed(Box<SealedHeader>),
}

/// Why the scribe stops. Every case ends the gateway: nothing may be published any more.
#[derive(Debug, thiserror::Error)]
pub enum ScribeError {
    /// The promise log failed.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The guard refused.
    #[error(transparent)]
    Signer(#[from] SignerError),
    /// A message does not fit the turn: a defect, caught before it was logged.
    #[error("a message does not fit the turn: {0}")]
    Turn(#[from] TurnError),
    /// A cut without transactions: a defect.
    #[error("a cut without transactions")]
    EmptyCut,
    /// Another thread ended.
    #[error("the {0} has stopped")]
    Peer(&'static str),
}

/// Owns the promise log, the key and the published view.
#[derive(Debug)]
pub struct Scribe {
    /// The turn.
    pub turn: Turn,
    /// The signed base.
    pub base: Arc<SignedBase>,
    /// The log.
    pub log: LogWriter,
    /// The key behind its guard.
    pub signer: Signer,
    /// The board's writer.
    pub publisher: Publisher,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Block of the newest frag.
    pub newest_block: u64,
    /// Where a replay starts whatever was stored: at the base of the present turn. None: behind the last stored block.
    pub replay_from: Option<LogPosition>,
    /// Where the log's first record of each unsealed or unstored block lies.
    pub first_records: VecDeque<(u64, LogPosition)>,
    /// Towards the sequencer.
    pub sequencer: Sender<SequencerInput>,
    /// Towards the task that answers who waits.
    pub answers: mpsc::Sender<Arc<PublishedFrag>>,
    /// Towards the archive.
    pub archive: Option<Sender<ArchiveInput>>,
    /// From the archive: how far the store has come.
    pub stored: Receiver<Arc<StoreSnapshot>>,
    /// Figures.
    pub metrics: Arc<StageMetrics>,
}

/// A logged message that still waits for its signature.
#[allow(
    clippy::large_enum_variant,
    reason = "frags are the rule, seals the exception"
)]
enum Logged {
    Frag {
        frag: Frag,
        hash: B256,
        tree: PromisesTree,
        cut: Cut,
    },
    Seal {
        seal: Seal,
        hash: B256,
        sealed: Box<SealedHeader>,
        position: LogPosition,
    },
}

impl Scribe {
    /// Runs until the sequencer and the sealer are gone; gives back what it owns.
    pub fn run(mut self, input: &Receiver<ScribeInput>) -> Result<Self, ScribeError> {
        while let Ok(first) = input.recv() {
            let mut batch = Vec::with_capacity(8);
            self.take(first, &mut batch)?;
            while batch.len() < MAX_BATCH
                && let Ok(next) = input.try_recv()
            {
                self.take(next, &mut batch)?;
            }
            let started = std::time::Instant::now();
            self.log.commit()?;
            self.metrics
                .log_sync
                .observe(started.elapsed().as_secs_f64());
            if batch
                .iter()
                .any(|logged| matches!(logged, Logged::Frag { .. }))
            {
                // The sequencer may be gone already when the gateway stops.
                let _ = self.sequencer.send(SequencerInput::LogReady);
            }
            self.publish(batch)?;
            if let Some(snapshot) = self.stored.try_iter().last() {
                let number = snapshot.head().number;
                self.first_records.retain(|(block, _)| *block > number);
                self.publisher.stored(snapshot);
            }
        }
        Ok(self)
    }

    /// Nothing more is stored: the archive may end.
    pub fn release_archive(&mut self) {
        self.archive = None;
    }

    fn take(&mut self, input: ScribeInput, batch: &mut Vec<Logged>) -> Result<(), ScribeError> {
        match input {
            ScribeInput::Cut(cut) => batch.push(self.log_cut(cut)?),
            ScribeInput::Sealed(sealed) => batch.push(self.log_seal(sealed)?),
        }
        Ok(())
    }

    /// Gives a cut its place in the turn and appends it to the log.
    fn log_cut(&mut self, cut: Cut) -> Result<Logged, ScribeError> {
        let (frag, tree) = cut
            .message(&self.turn, self.clock.now_ms())
            .ok_or(ScribeError::EmptyCut)?;
        let hash = self.turn.admit_frag(&frag)?;
        let number = frag.blockNumber;
        let first = number != self.newest_block;
        let (kind, payload) = encode_frag(&frag, &cut, first);
        let position = self.log.append(kind, &[&payload])?;
        if first {
            self.newest_block = number;
            self.first_records.push_back((number, position));
        }
        Ok(Logged::Frag {
            frag,
            hash,
            tree,
            cut,
        })
    }

    /// Gives a block's hash its seal and appends it to the log.
    fn log_seal(&mut self, sealed: Box<SealedHeader>) -> Result<Logged, ScribeError> {
        let number = sealed.header.number;
        let seal = self.turn.seal_of(number, sealed.hash, sealed.ends_turn);
        let hash = self.turn.admit_seal(&seal)?;
        let (kind, payload) = encode_seal(&seal);
        let position = self.log.append(kind, &[&payload])?;
        Ok(Logged::Seal {
            seal,
            hash,
            sealed,
            position,
        })
    }

    /// Signs and publishes what is durable now.
    fn publish(&mut self, batch: Vec<Logged>) -> Result<(), ScribeError> {
        let positions: Vec<_> = batch
            .iter()
            .map(|logged| match logged {
                Logged::Frag { frag, hash, .. } => (
                    Position::Frag {
                        sequence: frag.sequence,
                    },
                    *hash,
                ),
                Logged::Seal { seal, hash, .. } => (
                    Position::Seal {
                        block: seal.blockNumber,
                    },
                    *hash,
                ),
            })
            .collect();
        let signatures = self.signer.sign_all(&positions)?;
        for (logged, signature) in batch.into_iter().zip(signatures) {
            match logged {
                Logged::Frag {
                    frag,
                    hash,
                    tree,
                    cut,
                } => {
                    let Cut {
                        start,
                        transactions,
                        changes,
                        cut_at,
                        ..
                    } = cut;
                    let base = self.base.clone();
                    let published = PublishedFrag::new(
                        base,
                        start,
                        (frag, hash),
                        signature,
                        transactions,
                        tree,
                    );
                    self.publish_frag(Arc::new(published), &changes);
                    self.metrics
                        .cut_to_published
                        .observe(cut_at.elapsed().as_secs_f64());
                }
                Logged::Seal {
                    seal,
                    sealed,
                    position,
                    ..
                } => {
                    let SealedHeader {
                        header, hash, diff, ..
                    } = *sealed;
                    let number = header.number;
                    let Some(block) = self.publisher.sealed(header, hash, Some((seal, signature)))
                    else {
                        continue;
                    };
                    let next = number.saturating_add(1);
                    let resume = self.first_records.iter().find(|(block, _)| *block == next);
                    let log_position = self
                        .replay_from
                        .unwrap_or_else(|| resume.map_or(position, |(_, position)| *position));
                    let input = ArchiveInput {
                        block,
                        diff,
                        log_position,
                    };
                    let sent = self
                        .archive
                        .as_ref()
                        .map(|archive| archive.send(input).is_ok());
                    if sent != Some(true) {
                        return Err(ScribeError::Peer("archive"));
                    }
                }
            }
        }
        Ok(())
    }

    fn publish_frag(&mut self, frag: Arc<PublishedFrag>, changes: &[Changes]) {
        self.metrics
            .frag_transactions
            .observe(f64::from(frag.frag.transactionCount));
        for promised in &frag.transactions {
            if let Some(received) = promised.received {
                self.metrics
                    .socket_to_signed
                    .observe(received.elapsed().as_secs_f64());
                self.metrics.promised.inc();
            }
        }
        self.publisher.frag(frag.clone(), changes);
        // One wake-up for the whole frag; what follows happens inside the async runtime.
        if let Err(mpsc::error::TrySendError::Full(frag)) = self.answers.try_send(frag) {
            self.publisher.board().answer(&frag);
        }
    }
}
