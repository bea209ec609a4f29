//! Executes the log's records again, on top of the store's head.

use super::{
    RecoveryError,
    recover::{Recovered, RestOfRecovered, base_position, dev_grade},
};
use crate::{
    l1::DevL1,
    log::{Position as LogPosition, Record},
    sequencer::next_start,
    signer::ReplaySigner,
};
use alloy_primitives::B256;
use alloy_sol_types::SolStruct;
use forebond_exec::{BlockRun, PreparedTx, Store, WorkingState};
use forebond_ledger::{
    OpenBlock, SealedHeader, Sealer,
    board::Publisher,
    chain::SealedBlock,
    commit,
    journal::{FragRecord, JournalRecord, TxRecord},
    promise::{BlockStart, Cut, PublishedFrag, SignedBase},
};
use forebond_protocol::{BlockClock, CoverageBook, OrderingRule, Position, PromisesTree, Turn};
use forebond_rollup::op::ChainConfig;
use forebond_types::{Base, Frag, Seal};
use std::{collections::VecDeque, sync::Arc};

/// Blocks from one durable write to the next during a long replay.
const DURABLE_EVERY: u64 = 64;

/// The state of a replay between two records.
pub(super) struct Replay<'l1> {
    pub(super) config: ChainConfig,
    pub(super) block_clock: BlockClock,
    pub(super) l1: &'l1 mut DevL1,
    pub(super) ordering_rule: OrderingRule,
    pub(super) store: Arc<Store>,
    pub(super) sealer: Sealer,
    pub(super) turn: Option<Turn>,
    pub(super) base: Option<Arc<SignedBase>>,
    pub(super) signer: ReplaySigner,
    pub(super) publisher: Publisher,
    /// The store's head when the replay began: records up to it are skipped.
    pub(super) stored_block: u64,
    pub(super) latest: Arc<SealedBlock>,
    /// The state, until the first block opens on it.
    pub(super) state: Option<WorkingState>,
    pub(super) open: Option<OpenBlock>,
    /// Seal of the open block, when the log has it already.
    pub(super) seal: Option<(Seal, LogPosition)>,
    /// Closed blocks whose seal has not come up yet.
    pub(super) unsealed: VecDeque<SealedHeader>,
    pub(super) first_records: VecDeque<(u64, LogPosition)>,
    pub(super) records: u64,
}

fn differs(
    ordinal: u64,
    what: &'static str,
    expected: impl ToString,
    got: impl ToString,
) -> RecoveryError {
    RecoveryError::Differs {
        ordinal,
        what,
        expected: expected.to_string(),
        got: got.to_string(),
    }
}

impl Replay<'_> {
    /// Takes in the next record of the log.
    pub(super) fn record(&mut self, record: &Record) -> Result<(), RecoveryError> {
        let ordinal = record.ordinal;
        let decoded = JournalRecord::decode(record.kind, &record.payload)
            .map_err(|reason| RecoveryError::Record { ordinal, reason })?;
        match decoded {
            JournalRecord::Base(base) if self.turn.is_none() => self.open_turn(base),
            // The base of the turn the store's head belongs to.
            JournalRecord::Base(_) => Ok(()),
            JournalRecord::Frag(frag) if frag.frag.blockNumber <= self.stored_block => Ok(()),
            JournalRecord::Frag(frag) => self.frag(*frag, record),
            JournalRecord::Seal(seal) if seal.blockNumber <= self.stored_block => Ok(()),
            JournalRecord::Seal(seal) => self.sealed(seal, record),
        }
    }

    /// Opens the turn with its base.
    pub(super) fn open_turn(&mut self, base: Base) -> Result<(), RecoveryError> {
        let hash = base.eip712_hash_struct();
        let signature = self.signer.repeat(base_position(&base), hash)?;
        self.base = Some(Arc::new(SignedBase {
            domain: self.signer.domain(),
            hash,
            signature,
            grade: dev_grade(&base),
            parent_seal: None,
            base: base.clone(),
        }));
        self.turn = Some(Turn::open(base, self.block_clock));
        Ok(())
    }

    fn turn(&mut self, ordinal: u64) -> Result<&mut Turn, RecoveryError> {
        self.turn
            .as_mut()
            .ok_or_else(|| RecoveryError::Mixed(format!("record {ordinal} comes before any base")))
    }

    fn frag(&mut self, record: FragRecord, at: &Record) -> Result<(), RecoveryError> {
        let FragRecord {
            frag,
            start,
            transactions,
        } = record;
        let ordinal = at.ordinal;
        let hash = self
            .turn(ordinal)?
            .admit_frag(&frag)
            .map_err(|reason| RecoveryError::Chained { ordinal, reason })?;
        if let Some(start) = start {
            self.start_block(start, &frag, at)?;
        }
        self.records = self.records.saturating_add(1);
        let cut = self.execute(&frag, transactions, ordinal)?;
        let leaves = cut
            .transactions
            .iter()
            .map(|promised| promised.leaf.hash())
            .collect();
        let tree = PromisesTree::new(leaves)
            .filter(|tree| tree.root() == frag.promisesRoot)
            .ok_or_else(|| differs(ordinal, "promises root", frag.promisesRoot, "another root"))?;
        let signature = self.signer.repeat(
            Position::Frag {
                sequence: frag.sequence,
            },
            hash,
        )?;
        let Some(base) = self.base.clone() else {
            return Err(RecoveryError::Mixed("a frag before any base".into()));
        };
        let published = PublishedFrag::new(
            base,
            cut.start,
            (frag, hash),
            signature,
            cut.transactions,
            tree,
        );
        self.publisher.frag(Arc::new(published), &cut.changes);
        Ok(())
    }

    /// Opens the block whose first frag is `frag`, closing the one before it.
    fn start_block(
        &mut self,
        start: BlockStart,
        frag: &Frag,
        at: &Record,
    ) -> Result<(), RecoveryError> {
        let number = start.opening.number;
        let env = start.opening.env.eip712_hash_struct();
        if env != frag.blockEnv {
            return Err(differs(at.ordinal, "block environment", frag.blockEnv, env));
        }
        self.first_records.push_back((number, at.position));
        self.next_block(start, at.ordinal)
    }

    fn next_block(&mut self, start: BlockStart, ordinal: u64) -> Result<(), RecoveryError> {
        let Some(open) = &mut self.open else {
            let Some(state) = self.state.take() else {
                return Err(RecoveryError::Mixed("a block opens twice".into()));
            };
            let parent = Some(self.sealer.parent_hash());
            let run = BlockRun::begin(state, self.config.chain_id, start.opening.clone(), parent)?;
            self.open = Some(OpenBlock::new(
                run,
                Arc::new(start),
                self.ordering_rule,
                Vec::new(),
            ));
            return Ok(());
        };
        let closed = open.turn(start)?;
        let (header, hash) = self.sealer.seal(&closed);
        open.run.parent_sealed(hash)?;
        self.unsealed.push_back(SealedHeader {
            header,
            hash,
            diff: closed.diff,
            ends_turn: closed.ends_turn,
        });
        if let Some((seal, position)) = self.seal.take() {
            self.publish_seal(seal, position, ordinal)?;
        }
        Ok(())
    }

    /// Executes a frag's transactions on the open block and compares the gas.
    fn execute(
        &mut self,
        frag: &Frag,
        transactions: Vec<TxRecord>,
        ordinal: u64,
    ) -> Result<Cut, RecoveryError> {
        let Some(open) = self
            .open
            .as_mut()
            .filter(|open| open.number() == frag.blockNumber)
        else {
            return Err(RecoveryError::Mixed(format!(
                "record {ordinal} is of a block that never opened"
            )));
        };
        for transaction in transactions {
            let TxRecord {
                sender,
                coverage_wei,
                raw,
            } = transaction;
            let tx = PreparedTx::restore(raw, sender)
                .map_err(|reason| differs(ordinal, "transaction", "valid bytes", reason))?;
            let executed = open.run.execute(&tx).map_err(|reason| {
                differs(
                    ordinal,
                    "outcome",
                    format!("{} executes", tx.hash()),
                    reason,
                )
            })?;
            open.push(Arc::new(tx), executed, coverage_wei, None, None);
        }
        let book = CoverageBook::new(0, 0, frag.windowCoverage);
        let cut = open
            .cut(&book)
            .ok_or_else(|| differs(ordinal, "frag", "at least one transaction", 0))?;
        if cut.gas_used != frag.gasUsed {
            return Err(differs(ordinal, "gas used", frag.gasUsed, cut.gas_used));
        }
        Ok(cut)
    }

    fn sealed(&mut self, seal: Seal, at: &Record) -> Result<(), RecoveryError> {
        let ordinal = at.ordinal;
        self.turn(ordinal)?
            .admit_seal(&seal)
            .map_err(|reason| RecoveryError::Chained { ordinal, reason })?;
        if self
            .unsealed
            .front()
            .is_some_and(|block| block.header.number == seal.blockNumber)
        {
            self.publish_seal(seal, at.position, ordinal)
        } else {
            // The seal stands before the first frag of the next block: the open block is complete,
            // and is closed when the next one opens.
            self.seal = Some((seal, at.position));
            Ok(())
        }
    }

    fn publish_seal(
        &mut self,
        seal: Seal,
        position: LogPosition,
        ordinal: u64,
    ) -> Result<(), RecoveryError> {
        let Some(SealedHeader {
            header, hash, diff, ..
        }) = self.unsealed.pop_front()
        else {
            return Err(RecoveryError::Mixed(format!(
                "block {} is sealed before it is closed",
                seal.blockNumber
            )));
        };
        if hash != seal.blockHash {
            return Err(differs(ordinal, "block hash", seal.blockHash, hash));
        }
        let signature = self.signer.repeat(
            Position::Seal {
                block: seal.blockNumber,
            },
            seal.eip712_hash_struct(),
        )?;
        let number = header.number;
        let Some(block) = self.publisher.sealed(header, hash, Some((seal, signature))) else {
            return Err(RecoveryError::Mixed(format!(
                "block {number} is sealed out of order"
            )));
        };
        self.latest = block.clone();
        let next = number.saturating_add(1);
        let resume = self.first_records.iter().find(|(block, _)| *block == next);
        let log_position = resume.map_or(position, |(_, position)| *position);
        self.first_records.retain(|(block, _)| *block > number);
        let durable = number.is_multiple_of(DURABLE_EVERY);
        commit(&self.store, &block, &diff, log_position.to_u64(), durable)?;
        let snapshot = Arc::new(self.store.snapshot()?);
        self.publisher.stored(snapshot.clone());
        if let Some(open) = &mut self.open {
            open.run.state().rebase(snapshot, number);
        }
        Ok(())
    }

    /// Opens the block to go on with, if the log left none open, and hands everything over.
    pub(super) fn finish(mut self, rest: RestOfRecovered) -> Result<Recovered, RecoveryError> {
        if self.open.is_none() || self.seal.is_some() {
            let (now, gas_used) = match &self.open {
                Some(open) => (open.start.clone(), open.run.gas_used()),
                None => (self.latest.start.clone(), self.latest.header.gas_used),
            };
            let start = next_start(&self.config, &self.block_clock, self.l1, &now, gas_used);
            self.next_block(start, u64::MAX)?;
        }
        if let Some(have) = self.turn.as_ref().and_then(Turn::ordering_rule)
            && have != self.ordering_rule.id()
        {
            return Err(RecoveryError::OrderingRule {
                have,
                want: self.ordering_rule.id(),
            });
        }
        let (Some(open), Some(turn), Some(base)) = (self.open, self.turn, self.base) else {
            return Err(RecoveryError::Mixed("the log has no base".into()));
        };
        let newest_block = if open.run.transactions() > 0 {
            open.number()
        } else {
            open.number().saturating_sub(1)
        };
        Ok(Recovered {
            config: self.config,
            block_clock: self.block_clock,
            l1: DevL1::new(B256::ZERO, 0, 0),
            genesis: rest.genesis,
            store: self.store,
            sealer: self.sealer,
            turn,
            base,
            log: rest.log,
            signer: self.signer.finish().map_err(|(error, _)| error)?,
            publisher: self.publisher,
            newest_block,
            first_records: self.first_records,
            open: open.pause(),
            unsealed: self.unsealed.into_iter().collect(),
            replayed_records: self.records,
            cut_bytes: rest.cut_bytes,
        })
    }
}
