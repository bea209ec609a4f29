//! Proofs of the rollup's state (`eth_getProof`): of every account for the block the trie stands at, of the fee accounts for some
//! thousand blocks before it.
//!
//! Readers share the trie with the one who seals blocks. They only ever read it: whoever asks for a proof cannot change what the
//! next block's root will be, and holds the sealer up for microseconds. What older blocks' proofs would need is gone by then, so the
//! few accounts whose history matters (`specs/rewards.md`: what came in is proven from headers) are proven as each block is sealed,
//! and kept.

mod kept;

use alloy_primitives::{Address, B256, U256};
use forebond_exec::{AccountProof, StateTrie, StoreError, StoreSnapshot};
use kept::Kept;
use parking_lot::Mutex;

/// Changed accounts and slots that are walked back over at a start, to prove what was sealed before it: about a second.
const LOOK_BACK_ENTRIES: usize = 100_000;

/// The state trie, with its one writer and any number of readers.
#[derive(Debug)]
pub struct Proofs {
    trie: Mutex<StateTrie>,
    kept: Mutex<Kept>,
}

impl Proofs {
    /// Proofs of what `trie` holds.
    pub fn new(trie: StateTrie) -> Self {
        Self {
            trie: Mutex::new(trie),
            kept: Mutex::default(),
        }
    }

    /// The account and its slots in the state with this root; none when neither the trie stands there nor the proofs are kept.
    pub fn prove(&self, root: B256, address: Address, slots: &[U256]) -> Option<AccountProof> {
        if let Some(proof) = self.kept.lock().find(root, address, slots) {
            return Some(proof);
        }
        let mut trie = self.trie.lock();
        (trie.root() == root).then(|| trie.account_proof(address, slots))
    }

    /// Whether the fee accounts of the state with this root are kept.
    pub fn keeps(&self, root: B256) -> bool {
        self.kept.lock().has(root)
    }

    /// Lets the sealer change the trie.
    pub(crate) fn write<T>(&self, change: impl FnOnce(&mut StateTrie) -> T) -> T {
        change(&mut self.trie.lock())
    }

    /// Keeps the fee accounts' proofs of the block that the trie stands at.
    pub(crate) fn keep(&self, number: u64) {
        let mut trie = self.trie.lock();
        let taken = kept::take(&mut trie);
        drop(trie);
        if let Some(taken) = taken {
            self.kept.lock().push(number, taken);
        }
    }

    /// Keeps those of the stored blocks before the head of `snapshot`, which the trie stands at: after a restart, batches of the
    /// blocks before it are still to be accounted for. Walks back as far as state is kept and a second lasts, and forward again.
    ///
    /// # Errors
    /// The database failed. The trie is not what it was then: open the ledger again.
    pub(crate) fn look_back(&self, snapshot: &StoreSnapshot) -> Result<(), StoreError> {
        let mut trie = self.trie.lock();
        let head = snapshot.head();
        let Some(newest) = kept::take(&mut trie) else {
            return Ok(());
        };
        let mut before = vec![(head.number, newest)];
        let mut walked = Vec::new();
        let mut entries = 0usize;
        for number in (head.oldest_state.saturating_add(1)..=head.number)
            .rev()
            .take(kept::MOST_BLOCKS)
        {
            let Some(diff) = snapshot.block_diff(number)? else {
                break;
            };
            entries = entries.saturating_add(diff.accounts.len() + diff.slots.len());
            if entries > LOOK_BACK_ENTRIES {
                break;
            }
            trie.apply(&diff.reversed());
            walked.push(diff);
            if let Some(taken) = kept::take(&mut trie) {
                before.push((number.saturating_sub(1), taken));
            }
        }
        for diff in walked.iter().rev() {
            trie.apply(diff);
        }
        drop(trie);
        let mut kept = self.kept.lock();
        for (number, taken) in before.into_iter().rev() {
            kept.push(number, taken);
        }
        Ok(())
    }
}
