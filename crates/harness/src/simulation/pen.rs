//! The order of log, guard and signature (R17), with the points at which a process may die.

use super::{chance::Chance, disk::Disk};
use alloy_primitives::{Address, B256};
use forebond_ledger::promise::PublishedFrag;
use forebond_protocol::{Guard, Position, Signed};
use forebond_types::{Domain, Envelope, Grade, Signature};
use secp256k1::SecretKey;
use std::sync::Arc;

/// Where a process may be told to die.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Point {
    /// A record is appended and not synced.
    BeforeSync,
    /// It is synced, and not signed.
    BeforeSignature,
    /// It is signed, and nobody has it.
    BeforePublishing,
    /// A block's frag is out, the block is not closed.
    MidBlock,
    /// A block is closed, its seal is not logged.
    BeforeSeal,
}

impl Point {
    pub(crate) const ALL: [Self; 5] = [
        Self::BeforeSync,
        Self::BeforeSignature,
        Self::BeforePublishing,
        Self::MidBlock,
        Self::BeforeSeal,
    ];
}

/// The process is dead.
#[derive(Debug, thiserror::Error)]
#[error("it dies {0:?}")]
pub(crate) struct Died(pub(crate) Point);

/// What a process gives out in a step.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    pub(crate) envelopes: Vec<Envelope>,
    pub(crate) signed: Vec<Signed>,
    pub(crate) promised: Vec<Arc<PublishedFrag>>,
    pub(crate) left: Vec<alloy_primitives::Bytes>,
    pub(crate) said: Vec<String>,
    /// Turns that were opened: window, parent block, grade.
    pub(crate) opened: Vec<(u64, u64, Grade)>,
}

/// Key, guard and disk of a process.
#[derive(Debug)]
pub(crate) struct Pen {
    pub(crate) key: SecretKey,
    pub(crate) address: Address,
    pub(crate) domain: Domain,
    pub(crate) guard: Guard,
    pub(crate) disk: Disk,
    pub(crate) out: Outbox,
    /// It dies the next time it comes here.
    pub(crate) dies_at: Option<Point>,
    pub(crate) chance: Chance,
}

impl Pen {
    /// A point at which it may die.
    pub(crate) fn pass(&mut self, point: Point) -> eyre::Result<()> {
        if self.dies_at == Some(point) {
            self.dies_at = None;
            return Err(Died(point).into());
        }
        Ok(())
    }

    /// Logs, syncs, asks the guard, signs. Gives the record's position and the signature.
    pub(crate) fn log_and_sign(
        &mut self,
        record: (u8, Vec<u8>),
        position: Position,
        message: Signed,
        hash: B256,
    ) -> eyre::Result<(u64, Signature)> {
        let at = self.disk.append(record);
        self.pass(Point::BeforeSync)?;
        self.disk.sync();
        self.pass(Point::BeforeSignature)?;
        let signature = self.sign(position, hash)?;
        self.out.signed.push(message);
        self.pass(Point::BeforePublishing)?;
        Ok((at, signature))
    }

    /// Signs what is logged, if the guard allows.
    pub(crate) fn sign(&mut self, position: Position, hash: B256) -> eyre::Result<Signature> {
        self.guard.authorize(position, hash)?;
        self.disk.guard = *self.guard.record();
        let digest = forebond_types::Domain::digest_of(self.domain.separator(), hash);
        Ok(Signature::sign(digest, &self.key))
    }

    pub(crate) fn say(&mut self, words: impl Into<String>) {
        self.out.said.push(words.into());
    }
}
