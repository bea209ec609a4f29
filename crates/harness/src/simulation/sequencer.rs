//! A turn on one thread: the gateway's order of work (execute, cut, log, sync, guard, sign, publish, seal) over the same parts.

use super::{
    pen::{Pen, Point},
    rules::Rules,
};
use alloy_consensus::Transaction as _;
use alloy_primitives::{B256, Bytes};
use alloy_sol_types::SolStruct;
use eyre::eyre;
use forebond_exec::{BlockRun, ExecuteError, PreparedTx, Store};
use forebond_ledger::{
    AtRest, ClosedBlock, Ledger, OpenBlock, Sealer,
    board::Publisher,
    chain::SealedBlock,
    commit,
    envelopes::{base_envelope, frag_envelope},
    journal::{encode_base, encode_frag, encode_seal},
    promise::{BlockStart, PublishedFrag, SignedBase, TurnStart},
};
use forebond_protocol::{BlockRange, CoverageBook, OrderingRule, Position, Signed, Turn, Window};
use forebond_rollup::op::{self, derive::next_origin};
use forebond_settlement::OriginBook;
use forebond_types::{Envelope, SealEnvelope};
use std::sync::Arc;

/// A turn that is under way.
pub(crate) struct RunningTurn {
    pub(crate) window: Window,
    pub(crate) blocks: BlockRange,
    block: Option<OpenBlock>,
    turn: Turn,
    base: Arc<SignedBase>,
    book: CoverageBook,
    rest: Rest,
    position: u64,
    latest: Arc<SealedBlock>,
    ending: bool,
}

/// The ledger's parts while it is lent.
struct Rest {
    config: op::ChainConfig,
    domain: forebond_types::Domain,
    genesis: Arc<SealedBlock>,
    store: Arc<Store>,
    sealer: Sealer,
    publisher: Publisher,
    cache_entries: usize,
    checkpoint_blocks: u64,
}

/// How a look at a running turn ends.
pub(crate) enum Looked {
    /// It goes on.
    GoesOn(Box<RunningTurn>),
    /// It is over, and the ledger is back.
    Over(Box<Ledger>),
}

/// Signs the base of a window on the newest sealed block and opens the turn's first block.
pub(crate) fn open(
    mut ledger: Ledger,
    (window, blocks): (Window, BlockRange),
    previous_window: Option<u64>,
    safe: u64,
    pen: &mut Pen,
    origins: &OriginBook,
) -> eyre::Result<(RunningTurn, Arc<SignedBase>)> {
    ledger.settle_all()?;
    let start = TurnStart::on(ledger.latest(), window.last_slot, previous_window, safe);
    ledger.sync()?;
    let base = start.base.clone();
    let hash = base.eip712_hash_struct();
    let at = Position::Base {
        window: base.window,
        attempt: base.attempt,
    };
    let (position, signature) =
        pen.log_and_sign(encode_base(&base), at, Signed::Base(base), hash)?;
    let signed = Arc::new(start.signed(pen.domain, signature));
    pen.out
        .envelopes
        .push(Envelope::Base(base_envelope(&signed)));
    let clock = ledger.clock();
    let AtRest {
        config,
        domain,
        genesis,
        store,
        sealer,
        publisher,
        latest,
        state,
        cache_entries,
        checkpoint_blocks,
        ..
    } = ledger.rest()?;
    let start = next_start(
        &config,
        clock,
        origins,
        &latest.start,
        latest.header.gas_used,
    );
    let run = BlockRun::begin(
        state,
        config.chain_id,
        start.opening.clone(),
        Some(latest.hash),
    )?;
    let block = OpenBlock::new(run, Arc::new(start), OrderingRule::Arrival, Vec::new());
    let turn = RunningTurn {
        window,
        blocks,
        block: Some(block),
        turn: Turn::open(signed.base.clone(), clock),
        base: signed.clone(),
        book: CoverageBook::new(1_000_000_000_000_000_000_000, 10, 0),
        rest: Rest {
            config,
            domain,
            genesis,
            store,
            sealer,
            publisher,
            cache_entries,
            checkpoint_blocks,
        },
        position,
        latest,
        ending: false,
    };
    Ok((turn, signed))
}

fn next_start(
    config: &op::ChainConfig,
    clock: forebond_protocol::BlockClock,
    origins: &OriginBook,
    now: &BlockStart,
    gas_used: u64,
) -> BlockStart {
    let timestamp_s = clock.timestamp_s(now.opening.number.saturating_add(1));
    let parent = (now.origin.number, now.origin.hash);
    let newest = origins.newest_usable(super::rules::ORIGIN_DEPTH);
    // When the branch it stands on is gone, the origin stays where it is until the turn is ended.
    let origin = next_origin(parent, timestamp_s, newest, origins).unwrap_or(now.origin);
    now.next(config, &clock, origin, gas_used)
}

impl RunningTurn {
    /// L1 contradicts what the turn stands on: it ends with the open block.
    pub(crate) const fn end_early(&mut self) {
        self.ending = true;
    }

    /// Does what is due at `now_ms` of the gateway's clock.
    pub(crate) fn look(
        mut self,
        rules: &Rules,
        pen: &mut Pen,
        origins: &OriginBook,
        waiting: &mut Vec<Arc<PreparedTx>>,
        now_ms: u64,
    ) -> eyre::Result<Looked> {
        let clock = rules.facts.turns.blocks;
        loop {
            self.deposits(pen, origins, now_ms)?;
            let number = self.number();
            if number >= self.blocks.first {
                self.users(pen, waiting, now_ms)?;
                pen.pass(Point::MidBlock)?;
            }
            let over =
                self.ending || number < self.blocks.first || now_ms >= clock.closes_at_ms(number);
            if !over {
                return Ok(Looked::GoesOn(Box::new(self)));
            }
            if self.ending || number >= self.blocks.last {
                return Ok(Looked::Over(Box::new(self.finish(pen, waiting)?)));
            }
            let gas_used = self.open_block()?.run.gas_used();
            let now = self.open_block()?.start.clone();
            let start = next_start(&self.rest.config, clock, origins, &now, gas_used);
            let closed = self.open_block()?.turn(start)?;
            let hash = self.seal(closed, pen)?;
            self.open_block()?.run.parent_sealed(hash)?;
            let snapshot = Arc::new(self.rest.store.snapshot()?);
            let stored = snapshot.head().number;
            self.rest.publisher.stored(snapshot.clone());
            self.open_block()?.run.state().rebase(snapshot, stored);
        }
    }

    fn open_block(&mut self) -> eyre::Result<&mut OpenBlock> {
        self.block.as_mut().ok_or_else(|| eyre!("no block is open"))
    }

    fn number(&self) -> u64 {
        self.block.as_ref().map_or(0, OpenBlock::number)
    }

    /// The first frag of a block: attributes and deposits (R23).
    fn deposits(&mut self, pen: &mut Pen, origins: &OriginBook, now_ms: u64) -> eyre::Result<()> {
        if self.open_block()?.run.transactions() > 0 {
            return Ok(());
        }
        let config = self.rest.config.clone();
        let block = self.open_block()?;
        let start = block.start.clone();
        let attributes = op::attributes_deposit(&config, &start.origin, start.origin_sequence);
        let mut deposits = vec![attributes];
        if start.origin_sequence == 0 {
            let of_origin = origins
                .block(start.origin.number)
                .filter(|block| block.at.hash == start.origin.hash)
                .map(|block| block.deposits.clone());
            deposits.extend(of_origin.unwrap_or_default());
        }
        for deposit in deposits {
            let deposit = Arc::new(PreparedTx::deposit(deposit));
            let executed = block
                .run
                .execute(&deposit)
                .map_err(|error| eyre!("a deposit: {error}"))?;
            block.push(deposit, executed, 0, None, None);
        }
        self.cut(pen, now_ms)
    }

    /// Executes what waits, in frags of a few transactions.
    fn users(
        &mut self,
        pen: &mut Pen,
        waiting: &mut Vec<Arc<PreparedTx>>,
        now_ms: u64,
    ) -> eyre::Result<()> {
        for tx in std::mem::take(waiting) {
            let nonce = tx.envelope().nonce();
            let block = self
                .block
                .as_mut()
                .ok_or_else(|| eyre!("no block is open"))?;
            let account = block.run.state().account(tx.sender())?;
            let next = account.map_or(0, |account| account.nonce);
            if nonce < next {
                continue;
            }
            if nonce > next {
                waiting.push(tx);
                continue;
            }
            match block.run.execute(&tx) {
                Ok(executed) => {
                    let coverage_wei = self.book.cover(executed.fee_wei());
                    block.push(tx, executed, coverage_wei, None, None);
                }
                Err(ExecuteError::State(error)) => return Err(error.into()),
                Err(_) => {}
            }
            if pen.chance.percent(60) {
                self.cut(pen, now_ms)?;
            }
        }
        self.cut(pen, now_ms)
    }

    fn cut(&mut self, pen: &mut Pen, now_ms: u64) -> eyre::Result<()> {
        let book = self.book;
        let Some(cut) = self.open_block()?.cut(&book) else {
            return Ok(());
        };
        let (frag, tree) = cut
            .message(&self.turn, now_ms)
            .ok_or_else(|| eyre!("an empty cut"))?;
        let hash = self.turn.admit_frag(&frag)?;
        let at = Position::Frag {
            sequence: frag.sequence,
        };
        let record = encode_frag(&frag, &cut, frag.firstTransaction == 0);
        let (_, signature) = pen.log_and_sign(record, at, Signed::Frag(frag.clone()), hash)?;
        let published = Arc::new(PublishedFrag::new(
            self.base.clone(),
            cut.start,
            (frag, hash),
            signature,
            cut.transactions,
            tree,
        ));
        self.rest.publisher.frag(published.clone(), &cut.changes);
        pen.out
            .envelopes
            .push(Envelope::Frag(frag_envelope(&published)));
        pen.out.promised.push(published);
        Ok(())
    }

    /// Seals a closed block, signs for it, stores it. Gives its hash.
    fn seal(&mut self, closed: ClosedBlock, pen: &mut Pen) -> eyre::Result<B256> {
        pen.pass(Point::BeforeSeal)?;
        let (header, hash) = self.rest.sealer.seal(&closed);
        let number = header.number;
        let seal = self.turn.seal_of(number, hash, closed.ends_turn);
        let struct_hash = self.turn.admit_seal(&seal)?;
        let at = Position::Seal { block: number };
        let message = Signed::Seal(seal.clone());
        let (_, signature) = pen.log_and_sign(encode_seal(&seal), at, message, struct_hash)?;
        let block = self
            .rest
            .publisher
            .sealed(header, hash, Some((seal.clone(), signature)))
            .ok_or_else(|| eyre!("a sealed block that was not shown"))?;
        let durable = number.is_multiple_of(self.rest.checkpoint_blocks.max(1));
        commit(
            &self.rest.store,
            &block,
            &closed.diff,
            self.position,
            durable,
        )?;
        self.latest = block;
        pen.out
            .envelopes
            .push(Envelope::Seal(SealEnvelope { seal, signature }));
        Ok(hash)
    }

    /// The last block is closed; the ledger is put together again.
    fn finish(mut self, pen: &mut Pen, waiting: &mut Vec<Arc<PreparedTx>>) -> eyre::Result<Ledger> {
        let block = self.block.take().ok_or_else(|| eyre!("no block is open"))?;
        let (mut state, mut closed) = block.finish();
        closed.ends_turn = true;
        let left: Vec<Bytes> = waiting.drain(..).map(|tx| tx.raw().clone()).collect();
        pen.out.left.extend(left);
        self.seal(closed, pen)?;
        self.rest.store.sync()?;
        let snapshot = Arc::new(self.rest.store.snapshot()?);
        self.rest.publisher.stored(snapshot.clone());
        state.rebase(snapshot, self.latest.number());
        let rest = self.rest;
        let at_rest = AtRest {
            config: rest.config,
            domain: rest.domain,
            genesis: rest.genesis,
            store: rest.store,
            sealer: rest.sealer,
            publisher: rest.publisher,
            latest: self.latest,
            state,
            cache_entries: rest.cache_entries,
            checkpoint_blocks: rest.checkpoint_blocks,
            log_position: self.position,
        };
        Ok(at_rest.resume()?)
    }
}
