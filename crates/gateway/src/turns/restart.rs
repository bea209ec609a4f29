use crate::{
    log::{Log, LogConfig, LogWriter, Position as LogPosition},
    signer::{GuardFile, ReplaySigner, Signer, SignerError},
};
use alloy_sol_types::SolStruct;
use eyre::WrapErr;
use forebond_ledger::{
    FollowError, Ledger, envelopes::frag_envelope_of_record, journal::JournalRecord,
    promise::SignedBase,
};
use forebond_protocol::{Guard, GuardError, Position};
use forebond_types::{Base, Domain, Grade};
use std::{path::Path, sync::Arc};

/// What a restart finds.
pub struct Restarted {
    /// The promise log, behind its last record.
    pub log: LogWriter,
    /// The key behind its guard.
    pub signer: Signer,
    /// Newest window in which this key has signed, as far as log and guard know.
    pub newest_signed_window: Option<u64>,
    /// Where the newest base lies in the log.
    pub base_position: Option<LogPosition>,
}

/// Whose log and key it is.
pub struct RestartSettings<'a> {
    /// Data directory.
    pub data_dir: &'a Path,
    /// Where the guard's record lies.
    pub guard_dir: &'a Path,
    /// Size of the log's segments, bytes.
    pub segment_bytes: u32,
    /// Committer key.
    pub key: secp256k1::SecretKey,
    /// Its address.
    pub committer: alloy_primitives::Address,
    /// The signature domain.
    pub domain: Domain,
}

/// Executes what the promise log holds beyond the store, so that what was promised before a crash is still shown, and brings the
/// guard up to date. A log that is older than the guard's record does not stop the process: it signs nothing in that window.
pub fn restart(ledger: &mut Ledger, settings: &RestartSettings<'_>) -> eyre::Result<Restarted> {
    let domain = settings.domain;
    let resume_at =
        (ledger.log_position() > 0).then(|| LogPosition::from_u64(ledger.log_position()));
    let config = LogConfig {
        identity: domain.separator(),
        segment_bytes: settings.segment_bytes,
    };
    let opened = Log::open(
        &settings.data_dir.join("log"),
        config,
        resume_at,
        &mut |_| {},
    )?;
    let (file, kept) = GuardFile::open(settings.guard_dir, settings.committer, domain.separator())?;
    let signer = Signer::new(settings.key, settings.committer, domain, Guard::new(), file);
    let mut replay = Replay {
        signer: ReplaySigner::new(signer, kept),
        current: None,
        newest: None,
        position: None,
        frags: 0,
    };
    let from = resume_at.unwrap_or(opened.report.first);
    for record in opened.reader.iter(from)? {
        let record = record?;
        let decoded = JournalRecord::decode(record.kind, &record.payload)
            .wrap_err_with(|| format!("record {} of the promise log", record.ordinal))?;
        replay.record(ledger, decoded, record.position)?;
    }
    let mut newest = replay.newest;
    let signer = match replay.signer.finish() {
        Ok(signer) => signer,
        Err((SignerError::Guard(GuardError::OldBackup { log, signed }), signer)) => {
            tracing::error!(
                log,
                signed,
                "the promise log is an older copy; nothing is signed in the window it misses"
            );
            newest = newest.max(kept.base.map(|(window, ..)| window));
            signer.trusting(kept)
        }
        Err((error, _)) => return Err(error.into()),
    };
    tracing::info!(
        frags = replay.frags,
        newest_window = ?newest,
        "the promise log is read"
    );
    Ok(Restarted {
        log: opened.writer,
        signer,
        newest_signed_window: newest,
        base_position: replay.position,
    })
}

struct Replay {
    signer: ReplaySigner,
    /// The base whose records are read, and whether the chain here stands on it.
    current: Option<(Arc<SignedBase>, bool)>,
    newest: Option<u64>,
    position: Option<LogPosition>,
    frags: u64,
}

impl Replay {
    fn record(
        &mut self,
        ledger: &mut Ledger,
        record: JournalRecord,
        position: LogPosition,
    ) -> eyre::Result<()> {
        match record {
            JournalRecord::Base(base) => {
                self.newest = self.newest.max(Some(base.window));
                self.position = Some(position);
                self.base(ledger, base)
            }
            JournalRecord::Frag(record) => {
                let hash = record.frag.eip712_hash_struct();
                let at = Position::Frag {
                    sequence: record.frag.sequence,
                };
                let here = matches!(&self.current, Some((base, true)) if base.hash == record.frag.base)
                    && record.frag.blockNumber > ledger.latest().number();
                if !here {
                    return Ok(self.signer.pass(at, hash)?);
                }
                let signature = self.signer.repeat(at, hash)?;
                let envelope = frag_envelope_of_record(&record, signature);
                match ledger.follow_frag(&envelope) {
                    Ok(_) => self.frags = self.frags.saturating_add(1),
                    Err(FollowError::Ledger(error)) => return Err(error.into()),
                    Err(error) => self.leave(&error),
                }
                Ok(())
            }
            JournalRecord::Seal(seal) => {
                let at = Position::Seal {
                    block: seal.blockNumber,
                };
                let hash = seal.eip712_hash_struct();
                let here = matches!(&self.current, Some((base, true)) if base.hash == seal.base)
                    && seal.blockNumber > ledger.latest().number();
                if !here {
                    return Ok(self.signer.pass(at, hash)?);
                }
                let signature = self.signer.repeat(at, hash)?;
                match ledger.follow_seal(&seal, signature) {
                    Ok(()) => {}
                    Err(FollowError::Ledger(error)) => return Err(error.into()),
                    Err(error) => self.leave(&error),
                }
                Ok(())
            }
        }
    }

    fn base(&mut self, ledger: &mut Ledger, base: Base) -> eyre::Result<()> {
        let hash = base.eip712_hash_struct();
        let at = Position::Base {
            window: base.window,
            attempt: base.attempt,
        };
        let signature = self.signer.repeat(at, hash)?;
        let signed = Arc::new(SignedBase {
            domain: self.signer.domain(),
            hash,
            signature,
            grade: Grade::Open,
            parent_seal: None,
            base,
        });
        let parent = signed.base.parentBlock;
        let newest = ledger.latest().number();
        let mut here = false;
        if newest > parent {
            // Its first blocks are stored, or the chain went another way.
            here = ledger.follow_on() && ledger.base().is_some_and(|base| base.hash == hash);
        } else {
            match ledger.follow_base(signed.clone()) {
                Ok(()) => here = true,
                Err(FollowError::Ledger(error)) => return Err(error.into()),
                Err(error) => tracing::warn!(%error, "a base of the log has no parent here"),
            }
        }
        self.current = Some((signed, here));
        Ok(())
    }

    /// What is left of this base is not executed: the chain here went another way.
    fn leave(&mut self, error: &FollowError) {
        tracing::warn!(%error, "the promise log and the chain here part; what follows in the log is left");
        if let Some((_, here)) = &mut self.current {
            *here = false;
        }
    }
}
