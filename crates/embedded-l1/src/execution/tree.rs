//! Known blocks, which of them are canonical, and the one trie that walks between their states.

use std::{collections::HashMap, sync::Arc};

use alloy_primitives::{Address, B256, U256};
use forebond_exec::{AccountProof, Change, StateDiff, StateTrie};

use super::{
    block::{ExecutedBlock, PayloadAttributes},
    build,
    error::ExecutionError,
    genesis::GenesisBlock,
    pool::Pool,
    spec::ChainSpec,
};

/// What a change of the head did, each list in ascending order of numbers.
#[derive(Debug, Clone, Default)]
pub struct HeadChange {
    /// Blocks that were canonical and no longer are.
    pub removed: Vec<Arc<ExecutedBlock>>,
    /// Blocks that were not canonical and now are.
    pub added: Vec<Arc<ExecutedBlock>>,
}

/// Blocks by hash, the canonical ones by number. States are persistent maps; the Merkle trie exists once, at
/// `trie_at`, and follows by applying differences forwards or backwards.
#[derive(Debug)]
pub struct BlockTree {
    spec: ChainSpec,
    blocks: HashMap<B256, Arc<ExecutedBlock>>,
    head: B256,
    trie: StateTrie,
    trie_at: B256,
}

impl BlockTree {
    /// A tree that holds block 0 only.
    pub fn new(spec: ChainSpec, genesis: GenesisBlock) -> Self {
        let hash = genesis.header.hash_slow();
        let block = ExecutedBlock {
            hash,
            header: genesis.header,
            transactions: Vec::new(),
            withdrawals: Vec::new(),
            requests: Default::default(),
            blobs: Vec::new(),
            size_bytes: 540,
            state: genesis.state,
            diff: StateDiff::default(),
        };
        Self {
            spec,
            blocks: HashMap::from([(hash, Arc::new(block))]),
            head: hash,
            trie: genesis.trie,
            trie_at: hash,
        }
    }

    /// The chain's constants.
    pub const fn spec(&self) -> ChainSpec {
        self.spec
    }

    /// The canonical head.
    ///
    /// # Errors
    /// None in practice: the head is always kept.
    pub fn head(&self) -> Result<Arc<ExecutedBlock>, ExecutionError> {
        self.block(self.head)
    }

    /// A block, canonical or not.
    ///
    /// # Errors
    /// [`ExecutionError::UnknownBlock`].
    pub fn block(&self, hash: B256) -> Result<Arc<ExecutedBlock>, ExecutionError> {
        self.blocks
            .get(&hash)
            .cloned()
            .ok_or(ExecutionError::UnknownBlock { hash })
    }

    /// Builds a block on `parent` from what the pool holds; without a pool it has no transactions. The head stays.
    ///
    /// # Errors
    /// [`ExecutionError`]; nothing changes then.
    pub fn build(
        &mut self,
        parent: B256,
        attributes: &PayloadAttributes,
        pool: Option<&Pool>,
    ) -> Result<Arc<ExecutedBlock>, ExecutionError> {
        let parent = self.block(parent)?;
        let unrooted = build::execute(self.spec, &parent, attributes, pool)?;
        self.move_trie(parent.hash)?;
        let block = Arc::new(unrooted.seal(&mut self.trie, attributes));
        self.trie_at = block.hash;
        self.blocks.insert(block.hash, Arc::clone(&block));
        Ok(block)
    }

    /// Makes `hash` the head; says which blocks left and joined the canonical chain.
    ///
    /// # Errors
    /// [`ExecutionError::UnknownBlock`] when a block between the heads is no longer kept; nothing changes then.
    pub fn set_head(&mut self, hash: B256) -> Result<HeadChange, ExecutionError> {
        let (down, up) = self.path(self.head, hash)?;
        self.head = hash;
        let mut removed = down;
        removed.reverse();
        Ok(HeadChange { removed, added: up })
    }

    /// Forgets blocks below `number`.
    pub fn prune_below(&mut self, number: u64) {
        let keep = (self.head, self.trie_at);
        self.blocks
            .retain(|hash, block| block.number() >= number || *hash == keep.0 || *hash == keep.1);
    }

    /// An account and storage words with their Merkle proofs in the state after a block (EIP-1186).
    ///
    /// # Errors
    /// [`ExecutionError::UnknownBlock`].
    pub fn proof(
        &mut self,
        at: B256,
        address: Address,
        slots: &[U256],
    ) -> Result<AccountProof, ExecutionError> {
        self.move_trie(at)?;
        self.trie.root();
        Ok(self.trie.account_proof(address, slots))
    }

    /// Brings the trie to the state after `to`.
    fn move_trie(&mut self, to: B256) -> Result<(), ExecutionError> {
        if self.trie_at == to {
            return Ok(());
        }
        let (down, up) = self.path(self.trie_at, to)?;
        for block in &down {
            self.trie.apply(&reversed(&block.diff));
        }
        for block in &up {
            self.trie.apply(&block.diff);
        }
        self.trie_at = to;
        Ok(())
    }

    /// The way from one block to another: blocks to leave, newest first, then blocks to join, oldest first.
    #[allow(clippy::type_complexity, reason = "two lists of blocks")]
    fn path(
        &self,
        from: B256,
        to: B256,
    ) -> Result<(Vec<Arc<ExecutedBlock>>, Vec<Arc<ExecutedBlock>>), ExecutionError> {
        let (mut old, mut new) = (self.block(from)?, self.block(to)?);
        let (mut down, mut up) = (Vec::new(), Vec::new());
        // Each step lowers the higher of the two; at number 0 both are genesis.
        while old.hash != new.hash {
            if old.number() >= new.number() {
                let parent = self.block(old.header.parent_hash)?;
                down.push(old);
                old = parent;
            } else {
                let parent = self.block(new.header.parent_hash)?;
                up.push(new);
                new = parent;
            }
        }
        up.reverse();
        Ok((down, up))
    }
}

/// The way back.
fn reversed(diff: &StateDiff) -> StateDiff {
    StateDiff {
        accounts: diff
            .accounts
            .iter()
            .map(|(address, change)| (*address, swapped(change)))
            .collect(),
        slots: diff
            .slots
            .iter()
            .map(|(key, change)| (*key, swapped(change)))
            .collect(),
        codes: Default::default(),
    }
}

fn swapped<T: Clone>(change: &Change<T>) -> Change<T> {
    Change {
        before: change.after.clone(),
        after: change.before.clone(),
    }
}
