use super::{
    FollowError, Followed, Ledger, LedgerError, Work,
    checks::{check_coverage, check_origin, untrue},
    prepare::prepare_all,
};
use crate::{
    OpenBlock,
    board::Publisher,
    envelopes::start_of,
    promise::{BlockStart, PublishedFrag, SignedBase},
};
use alloy_eips::Encodable2718;
use alloy_primitives::{B256, Bytes};
use alloy_sol_types::SolStruct;
use forebond_exec::{BlockRun, PreparedTx};
use forebond_protocol::{CoverageBook, OrderingRule, PromisesTree, Turn};
use forebond_rollup::op;
use forebond_types::{FragEnvelope, Seal, Signature};
use op_alloy_consensus::OpTxEnvelope;
use std::sync::Arc;

impl Ledger {
    /// Follows the turn that `base` opens. What was open before is closed at the base's parent. A base heard again changes nothing.
    pub fn follow_base(&mut self, base: Arc<SignedBase>) -> Result<(), FollowError> {
        if self.base().is_some_and(|known| known.hash == base.hash) {
            return Ok(());
        }
        let parent = base.base.parentBlock;
        let newest = self.tip().start.opening.number;
        if parent > newest {
            return Err(FollowError::Ahead {
                needs: parent,
                have: newest,
            });
        }
        if parent < newest {
            return Err(FollowError::Behind { to: parent, newest });
        }
        // Frags of the parent that are shown and not settled; none once it is.
        let shown = self.open_frags();
        if let Some(last) = shown.last().filter(|last| {
            let wanted = base.base.parentFrag;
            last.frag.blockNumber == parent && !wanted.is_zero() && last.hash != wanted
        }) {
            // The base closes this block at an earlier frag, or at one that is not here.
            if shown.iter().all(|frag| frag.hash != base.base.parentFrag) {
                return Err(FollowError::Ahead {
                    needs: parent,
                    have: newest,
                });
            }
            return Err(FollowError::Behind {
                to: parent.saturating_sub(1),
                newest: last.frag.blockNumber,
            });
        }
        self.close()?;
        let ours = self.hash_of(parent)?.unwrap_or_default();
        if ours != base.base.parentBlockHash {
            return Err(FollowError::OtherParent {
                number: parent,
                ours,
                theirs: base.base.parentBlockHash,
            });
        }
        // The predecessor's last seal may have come with the base and nowhere else.
        let last = base.parent_seal.as_ref().map(|parent| {
            let seal: Seal = (&parent.seal).into();
            (seal, parent.signature)
        });
        while let Some(closed) = self.closed.front() {
            let number = closed.sealed.header.number;
            let hash = closed.sealed.hash;
            let seal = last
                .clone()
                .filter(|(seal, _)| seal.blockNumber == number && seal.blockHash == hash);
            self.settle(seal)?;
        }
        self.turn = Some(Followed {
            turn: Turn::open(base.base.clone(), self.clock()),
            base,
        });
        Ok(())
    }

    /// Goes on with the turn of the newest sealed block, whose frags are here: after a restart, or after going back.
    pub fn follow_on(&mut self) -> bool {
        if self.turn.is_some() || !self.closed.is_empty() || matches!(self.work, Work::Open(_)) {
            return self.turn.is_some();
        }
        let Some(last) = self.latest.frags().last() else {
            return false;
        };
        let mut turn = Turn::resume(last.base.base.clone(), self.clock, &last.frag);
        if let Some((seal, _)) = &self.latest.seal
            && seal.endOfWindow
        {
            turn.end();
        }
        self.turn = Some(Followed {
            turn,
            base: last.base.clone(),
        });
        true
    }

    /// Executes a frag and shows it, if it comes next and is true.
    pub fn follow_frag(
        &mut self,
        envelope: &FragEnvelope,
    ) -> Result<Arc<PublishedFrag>, FollowError> {
        let frag = &envelope.frag;
        let Some(followed) = self.turn.as_ref().filter(|f| f.base.hash == frag.base) else {
            return Err(FollowError::OtherBase {
                following: self.base().map(|base| base.hash),
                got: frag.base,
            });
        };
        let mut turn = followed.turn.clone();
        let base = followed.base.clone();
        let hash = turn.admit_frag(frag)?;
        check_coverage(followed.turn.window_coverage_wei(), envelope)?;
        let transactions = self.prepare(envelope)?;
        let start = start_of(envelope)
            .map_err(|reason| untrue("block start", "a start that decodes", reason))?;
        match (frag.firstTransaction, start) {
            (0, Some(start)) => self.open_block(envelope, start)?,
            (0, None) => return Err(untrue("block start", "one with the first frag", "none")),
            (_, Some(_)) => {
                return Err(untrue("block start", "none behind the first frag", "one"));
            }
            // An untrue message may have closed it.
            (_, None) => self.reopen_closed(frag.blockNumber)?,
        }
        let published = match self.execute(envelope, transactions, &base, hash) {
            Ok(published) => published,
            Err(error) => {
                // Some of it is executed already: the block goes back to its last good frag.
                self.reopen()?;
                return Err(error);
            }
        };
        if let Some(followed) = &mut self.turn {
            followed.turn = turn;
        }
        Ok(published)
    }

    /// Takes in a seal: the block has the hash it says, or it is untrue.
    pub fn follow_seal(&mut self, seal: &Seal, signature: Signature) -> Result<(), FollowError> {
        let Some(followed) = self.turn.as_ref().filter(|f| f.base.hash == seal.base) else {
            return Err(FollowError::OtherBase {
                following: self.base().map(|base| base.hash),
                got: seal.base,
            });
        };
        let mut turn = followed.turn.clone();
        turn.admit_seal(seal)?;
        if matches!(&self.work, Work::Open(open) if open.number() == seal.blockNumber) {
            self.close()?;
        }
        let closed = self.closed.front().map(|closed| &closed.sealed);
        let Some(closed) = closed.filter(|closed| closed.header.number == seal.blockNumber) else {
            self.seal_settled(seal, signature)?;
            if let Some(followed) = &mut self.turn {
                followed.turn = turn;
            }
            return Ok(());
        };
        if closed.hash != seal.blockHash {
            return Err(untrue("block hash", closed.hash, seal.blockHash));
        }
        self.settle(Some((seal.clone(), signature)))?;
        if let Some(followed) = &mut self.turn {
            followed.turn = turn;
        }
        Ok(())
    }

    /// A seal of a block that was called sealed without it. The newest block keeps it, in memory only.
    fn seal_settled(&mut self, seal: &Seal, signature: Signature) -> Result<(), FollowError> {
        let ours = self.hash_of(seal.blockNumber)?.unwrap_or_default();
        if ours != seal.blockHash {
            return Err(untrue("block hash", ours, seal.blockHash));
        }
        if self.latest.number() == seal.blockNumber {
            let mut block = self.latest.as_ref().clone();
            block.seal = Some((seal.clone(), signature));
            self.latest = Arc::new(block);
        }
        Ok(())
    }

    /// Decodes and recovers. A block's first frag holds exactly its deposits, the others none (R23).
    fn prepare(&self, envelope: &FragEnvelope) -> Result<Vec<PreparedTx>, FollowError> {
        let promised = envelope.frag.transactionCount as usize;
        if envelope.transactions.len() != promised {
            return Err(untrue(
                "transactionCount",
                envelope.transactions.len(),
                promised,
            ));
        }
        let raw: Vec<_> = envelope
            .transactions
            .iter()
            .map(|tx| tx.raw.clone())
            .collect();
        let prepared = prepare_all(&raw, self.config.chain_id).map_err(|none| {
            let said = format!("transaction {} of the frag: {}", none.index, none.reason);
            untrue("transaction", "one that decodes", said)
        })?;
        let deposits = envelope.frag.firstTransaction == 0;
        match prepared.iter().find(|tx| tx.is_deposit() != deposits) {
            Some(misplaced) => Err(untrue(
                "transaction",
                "all deposits in the block's first frag and nothing else in it",
                misplaced.hash(),
            )),
            None => Ok(prepared),
        }
    }

    /// Opens the block whose first frag this is, if its environment and its attributes follow from its parent and origin (R20).
    fn open_block(
        &mut self,
        envelope: &FragEnvelope,
        start: BlockStart,
    ) -> Result<(), FollowError> {
        let frag = &envelope.frag;
        check_origin(&self.tip().start, &start)?;
        let base_fee_wei = self.next_base_fee_wei();
        let expected = op::open_block(
            &self.config,
            frag.blockNumber,
            frag.timestamp,
            base_fee_wei,
            &start.origin,
        );
        if start.opening != expected {
            let said = format!("{:?}", start.opening);
            return Err(untrue("block environment", format!("{expected:?}"), said));
        }
        let env = expected.env.eip712_hash_struct();
        if env != frag.blockEnv {
            return Err(untrue("blockEnv", env, frag.blockEnv));
        }
        let said = (start.origin.number, start.origin.hash);
        if said != (frag.l1OriginNumber, frag.l1OriginHash) {
            return Err(untrue(
                "L1 origin",
                format!("{said:?}"),
                format!("{} {}", frag.l1OriginNumber, frag.l1OriginHash),
            ));
        }
        let deposit = op::attributes_deposit(&self.config, &start.origin, start.origin_sequence);
        let attributes = Bytes::from(OpTxEnvelope::from(deposit).encoded_2718());
        if envelope.transactions.first().map(|tx| &tx.raw) != Some(&attributes) {
            return Err(untrue(
                "L1 attributes",
                format!("{attributes} as first transaction"),
                "another",
            ));
        }
        let rule = OrderingRule::from_id(frag.orderingRule)
            .ok_or_else(|| untrue("orderingRule", "0 or 1", frag.orderingRule))?;
        self.close()?;
        self.begin(Arc::new(start), rule)?;
        Ok(())
    }

    /// Opens a block on the state as it is.
    pub(super) fn begin(
        &mut self,
        start: Arc<BlockStart>,
        rule: OrderingRule,
    ) -> Result<(), LedgerError> {
        let Work::Idle(state) = std::mem::replace(&mut self.work, Work::Moving) else {
            return Err(LedgerError::OutOfOrder("a block opens twice"));
        };
        let parent = Some(self.sealer.parent_hash());
        let run = BlockRun::begin(state, self.config.chain_id, start.opening.clone(), parent)?;
        self.work = Work::Open(OpenBlock::new(run, start, rule, Vec::new()));
        Ok(())
    }

    fn execute(
        &mut self,
        envelope: &FragEnvelope,
        transactions: Vec<PreparedTx>,
        base: &Arc<SignedBase>,
        hash: B256,
    ) -> Result<Arc<PublishedFrag>, FollowError> {
        let frag = &envelope.frag;
        let open = match &mut self.work {
            Work::Open(open) if open.number() == frag.blockNumber => open,
            _ => {
                return Err(FollowError::Settled {
                    number: frag.blockNumber,
                });
            }
        };
        for (tx, sent) in transactions.into_iter().zip(&envelope.transactions) {
            let executed = open
                .run
                .execute(&tx)
                .map_err(|reason| untrue("transaction", format!("{} fails", tx.hash()), reason))?;
            open.push(Arc::new(tx), executed, sent.coverage_wei, None, None);
        }
        let book = CoverageBook::new(0, 0, frag.windowCoverage);
        let cut = open
            .cut(&book)
            .ok_or_else(|| untrue("frag", "at least one transaction", 0))?;
        if cut.gas_used != frag.gasUsed {
            return Err(untrue("gasUsed", cut.gas_used, frag.gasUsed));
        }
        let leaves = cut.transactions.iter().map(|tx| tx.leaf.hash()).collect();
        let tree = PromisesTree::new(leaves)
            .ok_or_else(|| untrue("frag", "at least one transaction", 0))?;
        if tree.root() != frag.promisesRoot {
            return Err(untrue("promisesRoot", tree.root(), frag.promisesRoot));
        }
        let published = Arc::new(PublishedFrag::new(
            base.clone(),
            cut.start,
            (frag.clone(), hash),
            envelope.signature,
            cut.transactions,
            tree,
        ));
        show(&mut self.publisher, &published, &cut.changes);
        Ok(published)
    }

    /// Published frags of the open block.
    pub fn open_frags(&self) -> Vec<Arc<PublishedFrag>> {
        let view = self.board().view();
        view.unsealed
            .last()
            .map(|block| block.frags.iter().cloned().collect())
            .unwrap_or_default()
    }
}

fn show(publisher: &mut Publisher, frag: &Arc<PublishedFrag>, changes: &[forebond_exec::Changes]) {
    publisher.frag(frag.clone(), changes);
    publisher.board().answer(frag);
}
