//! After a crash: what the promise log holds beyond the store is executed again, and the guard learns what was signed (R17). The
//! decisions are those of `gateway::turns::restart`, over a log in memory instead of segments on a disk.

use super::pen::Pen;
use alloy_sol_types::SolStruct;
use forebond_ledger::{
    FollowError, Ledger, envelopes::frag_envelope_of_record, journal::JournalRecord,
    promise::SignedBase,
};
use forebond_protocol::{Guard, GuardError, Position};
use forebond_types::{Base, Grade};
use std::sync::Arc;

/// Gives the newest window that was signed in.
pub(crate) fn replay(ledger: &mut Ledger, pen: &mut Pen) -> eyre::Result<Option<u64>> {
    let kept = pen.disk.guard;
    pen.guard = Guard::new();
    let first = usize::try_from(ledger.log_position())?.saturating_sub(1);
    let records: Vec<_> = pen.disk.log.iter().skip(first).cloned().collect();
    let mut replay = Replay {
        current: None,
        newest: None,
    };
    for (kind, payload) in records {
        replay.record(ledger, pen, JournalRecord::decode(kind, &payload)?)?;
    }
    let mut newest = replay.newest;
    match pen.guard.check_against(&kept) {
        Ok(()) => {}
        Err(GuardError::OldBackup { .. }) => {
            newest = newest.max(kept.base.map(|(window, ..)| window));
            pen.guard = Guard::resume(kept);
        }
        Err(error) => return Err(error.into()),
    }
    pen.disk.guard = *pen.guard.record();
    Ok(newest)
}

struct Replay {
    current: Option<(Arc<SignedBase>, bool)>,
    newest: Option<u64>,
}

impl Replay {
    fn record(
        &mut self,
        ledger: &mut Ledger,
        pen: &mut Pen,
        record: JournalRecord,
    ) -> eyre::Result<()> {
        match record {
            JournalRecord::Base(base) => {
                self.newest = self.newest.max(Some(base.window));
                self.base(ledger, pen, base)
            }
            JournalRecord::Frag(record) => {
                let hash = record.frag.eip712_hash_struct();
                let at = Position::Frag {
                    sequence: record.frag.sequence,
                };
                let signature = pen.sign(at, hash)?;
                if !self.is_here(record.frag.base)
                    || record.frag.blockNumber <= ledger.latest().number()
                {
                    return Ok(());
                }
                let envelope = frag_envelope_of_record(&record, signature);
                self.outcome(ledger.follow_frag(&envelope).map(drop))
            }
            JournalRecord::Seal(seal) => {
                let at = Position::Seal {
                    block: seal.blockNumber,
                };
                let signature = pen.sign(at, seal.eip712_hash_struct())?;
                if !self.is_here(seal.base) || seal.blockNumber <= ledger.latest().number() {
                    return Ok(());
                }
                self.outcome(ledger.follow_seal(&seal, signature))
            }
        }
    }

    fn is_here(&self, base: alloy_primitives::B256) -> bool {
        matches!(&self.current, Some((known, true)) if known.hash == base)
    }

    fn base(&mut self, ledger: &mut Ledger, pen: &mut Pen, base: Base) -> eyre::Result<()> {
        let hash = base.eip712_hash_struct();
        let at = Position::Base {
            window: base.window,
            attempt: base.attempt,
        };
        let signature = pen.sign(at, hash)?;
        let parent = base.parentBlock;
        let signed = Arc::new(SignedBase {
            domain: pen.domain,
            hash,
            signature,
            grade: Grade::Open,
            parent_seal: None,
            base,
        });
        let here = if ledger.latest().number() > parent {
            ledger.follow_on() && ledger.base().is_some_and(|base| base.hash == hash)
        } else {
            match ledger.follow_base(signed.clone()) {
                Ok(()) => true,
                Err(FollowError::Ledger(error)) => return Err(error.into()),
                Err(_) => false,
            }
        };
        self.current = Some((signed, here));
        Ok(())
    }

    /// What is left of a base that the chain here does not stand on is not executed.
    fn outcome(&mut self, followed: Result<(), FollowError>) -> eyre::Result<()> {
        match followed {
            Ok(()) => Ok(()),
            Err(FollowError::Ledger(error)) => Err(error.into()),
            Err(_) => {
                if let Some((_, here)) = &mut self.current {
                    *here = false;
                }
                Ok(())
            }
        }
    }
}
