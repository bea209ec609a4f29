use super::{Board, Event, Promise, Settled, UnsealedBlock, View};
use crate::{
    chain::{Content, SealedBlock},
    promise::PublishedFrag,
    proofs::Proofs,
};
use alloy_consensus::Header;
use alloy_primitives::B256;
use forebond_exec::{Changes, Layer, StateView, StoreSnapshot};
use forebond_types::{Seal, Signature};
use rpds::VectorSync;
use std::{collections::VecDeque, sync::Arc};

/// The one writer of the board.
#[derive(Debug)]
pub struct Publisher {
    board: Arc<Board>,
    latest: Arc<SealedBlock>,
    recent: VecDeque<Arc<SealedBlock>>,
    unsealed: VecDeque<UnsealedBlock>,
    /// Published writes of blocks the store does not hold yet, ascending.
    layers: VecDeque<Layer>,
    stored: Arc<StoreSnapshot>,
}

impl Publisher {
    /// A publisher over what the store holds, whose head is `latest`; `proofs` are of the trie that seals what it publishes.
    pub fn new(latest: Arc<SealedBlock>, stored: Arc<StoreSnapshot>, proofs: Arc<Proofs>) -> Self {
        let state = Arc::new(StateView::new(vec![], vec![], stored.clone()));
        let view = View {
            latest: latest.clone(),
            recent: vec![],
            unsealed: vec![],
            pending_state: state.clone(),
            latest_state: state,
            recent_states: vec![],
            stored: stored.clone(),
        };
        Self {
            board: Arc::new(Board::new(view, proofs)),
            latest,
            recent: VecDeque::new(),
            unsealed: VecDeque::new(),
            layers: VecDeque::new(),
            stored,
        }
    }

    /// The board.
    pub const fn board(&self) -> &Arc<Board> {
        &self.board
    }

    /// Shows a frag that is durable and signed, with what it changed.
    pub fn frag(&mut self, frag: Arc<PublishedFrag>, changes: &[Changes]) {
        let number = frag.frag.blockNumber;
        if self
            .unsealed
            .back()
            .is_none_or(|b| b.start.opening.number != number)
        {
            self.unsealed.push_back(UnsealedBlock {
                start: frag.start.clone(),
                frags: VectorSync::new_sync(),
                transactions: 0,
                gas_used: 0,
            });
            self.layers.push_back(Layer::new(number));
        }
        if let Some(layer) = self.layers.back_mut() {
            changes.iter().for_each(|change| layer.add(change));
        }
        if let Some(block) = self.unsealed.back_mut() {
            block.frags.push_back_mut(frag.clone());
            block.transactions = frag
                .frag
                .firstTransaction
                .saturating_add(frag.frag.transactionCount);
            block.gas_used = frag.frag.gasUsed;
        }
        let promises = self.board.promises();
        for (place, promised) in frag.transactions.iter().enumerate() {
            promises.insert(
                promised.leaf.tx_hash,
                Promise {
                    frag: frag.clone(),
                    place,
                },
            );
        }
        self.show();
        self.board.tell(Event::Frag(frag));
    }

    /// Shows the oldest unsealed block as sealed; `None` when there is no such block. Without a seal, its hash is only what
    /// was computed here.
    pub fn sealed(
        &mut self,
        header: Header,
        hash: B256,
        seal: Option<(Seal, Signature)>,
    ) -> Option<Arc<SealedBlock>> {
        if self.unsealed.front()?.start.opening.number != header.number {
            return None;
        }
        let open = self.unsealed.pop_front()?;
        let block = Arc::new(SealedBlock {
            header,
            hash,
            start: open.start,
            content: Content::Promised(open.frags.iter().cloned().collect()),
            seal,
        });
        self.show_sealed(block.clone());
        Some(block)
    }

    /// Shows a block that was derived from L1, with what it changed. Nothing may be open.
    pub fn derived(&mut self, block: Arc<SealedBlock>, changes: &[Changes]) {
        let mut layer = Layer::new(block.number());
        changes.iter().for_each(|change| layer.add(change));
        self.layers.push_back(layer);
        self.show_sealed(block);
    }

    fn show_sealed(&mut self, block: Arc<SealedBlock>) {
        self.latest = block.clone();
        self.recent.push_back(block.clone());
        self.show();
        self.board.tell(Event::Sealed(block));
    }

    /// Goes back to `latest`, the head of `stored`: everything above it is taken away. `removed` are the sealed blocks among
    /// it, newest first.
    pub fn rewound(
        &mut self,
        latest: Arc<SealedBlock>,
        stored: Arc<StoreSnapshot>,
        removed: Vec<Arc<SealedBlock>>,
    ) {
        let unsealed = std::mem::take(&mut self.unsealed);
        let dropped = unsealed.iter().flat_map(|block| block.frags.iter());
        for promised in dropped.flat_map(|frag| frag.transactions.iter()) {
            self.board.promises().remove(&promised.leaf.tx_hash);
        }
        for promised in removed.iter().flat_map(|block| block.transactions()) {
            self.board.promises().remove(&promised.leaf.tx_hash);
        }
        // What takes the place of these blocks is not settled by what they were.
        let (newest, settled) = (latest.number(), self.board.settled());
        self.board.settle(Settled {
            safe: settled.safe.min(newest),
            finalized: settled.finalized.min(newest),
        });
        self.latest = latest;
        self.recent.clear();
        self.layers.clear();
        self.stored = stored;
        self.show();
        self.board.tell(Event::Removed(removed.into()));
    }

    /// The store now holds everything up to `snapshot`'s head: what it holds leaves memory.
    pub fn stored(&mut self, snapshot: Arc<StoreSnapshot>) {
        let number = snapshot.head().number;
        self.stored = snapshot;
        let mut layers = Vec::new();
        while self
            .layers
            .front()
            .is_some_and(|layer| layer.number() <= number)
        {
            layers.extend(self.layers.pop_front());
        }
        let mut gone = Vec::new();
        while self
            .recent
            .front()
            .is_some_and(|block| block.number() <= number)
        {
            gone.extend(self.recent.pop_front());
        }
        self.show();
        let board = self.board.clone();
        // Dropping tens of thousands of entries takes milliseconds: not on this thread.
        std::thread::spawn(move || {
            drop(layers);
            for frag in gone.iter().flat_map(|block| block.frags()) {
                for promised in &frag.transactions {
                    // After a reorg the same transaction may be promised anew by now.
                    board
                        .promises()
                        .remove_if(&promised.leaf.tx_hash, |_, shown| {
                            Arc::ptr_eq(&shown.frag, frag)
                        });
                }
            }
        });
    }

    fn show(&self) {
        let sealed = self.latest.number();
        let newest_first = |upto: u64| -> Vec<Layer> {
            self.layers
                .iter()
                .rev()
                .filter(|l| l.number() <= upto)
                .cloned()
                .collect()
        };
        let hashes: Vec<_> = self.recent.iter().map(|b| (b.number(), b.hash)).collect();
        let state = |layers| Arc::new(StateView::new(layers, hashes.clone(), self.stored.clone()));
        self.board.show(View {
            latest: self.latest.clone(),
            recent: self.recent.iter().cloned().collect(),
            unsealed: self.unsealed.iter().cloned().collect(),
            pending_state: state(newest_first(u64::MAX)),
            latest_state: state(newest_first(sealed)),
            recent_states: self
                .recent
                .iter()
                .map(|block| (block.number(), state(newest_first(block.number()))))
                .collect(),
            stored: self.stored.clone(),
        });
    }
}
