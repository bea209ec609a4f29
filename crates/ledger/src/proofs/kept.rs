//! Proofs of the fee accounts, block by block.

use std::collections::VecDeque;

use alloy_primitives::{Address, B256, U256};
use forebond_exec::{AccountProof, StateTrie};
use forebond_rollup::op::{BASE_FEE_VAULT, L1_FEE_VAULT, OPERATOR_FEE_VAULT, SEQUENCER_FEE_VAULT};

/// Blocks whose proofs are kept at most: half an hour of 1-second blocks. Batches are posted within two epochs, 13 minutes.
pub(super) const MOST_BLOCKS: usize = 2_048;
/// Bytes of all of them at most. A block takes 2 KB in a small state, 20 KB with a million accounts.
const MOST_BYTES: usize = 32 << 20;
/// Where a fee vault counts what left it.
const PROCESSED_SLOT: U256 = U256::ZERO;

/// The fee accounts after one block.
#[derive(Debug)]
pub(super) struct Taken {
    root: B256,
    accounts: [(Address, AccountProof); 4],
}

/// Proves the fee accounts as the trie holds them; none on a rollup that does not share its fees.
pub(super) fn take(trie: &mut StateTrie) -> Option<Taken> {
    let manager = trie.account_proof(SEQUENCER_FEE_VAULT, &[PROCESSED_SLOT]);
    if !manager.account.is_some_and(|account| account.has_code()) {
        return None;
    }
    let vaults = [BASE_FEE_VAULT, L1_FEE_VAULT, OPERATOR_FEE_VAULT];
    let [base, l1, operator] =
        vaults.map(|address| (address, trie.account_proof(address, &[PROCESSED_SLOT])));
    Some(Taken {
        root: trie.root(),
        accounts: [(SEQUENCER_FEE_VAULT, manager), base, l1, operator],
    })
}

impl Taken {
    fn bytes(&self) -> usize {
        let of = |proof: &AccountProof| -> usize {
            let slots = proof.slots.iter().flat_map(|slot| &slot.nodes);
            proof.nodes.iter().chain(slots).map(|node| node.len()).sum()
        };
        self.accounts.iter().map(|(_, proof)| of(proof)).sum()
    }
}

/// What is kept, the oldest block first.
#[derive(Debug, Default)]
pub(super) struct Kept {
    blocks: VecDeque<(u64, Taken)>,
    bytes: usize,
}

impl Kept {
    /// Adds a block's. What was kept for it or for later ones was taken back since.
    pub(super) fn push(&mut self, number: u64, taken: Taken) {
        while self.blocks.back().is_some_and(|(last, _)| *last >= number) {
            let back = self.blocks.pop_back();
            self.forget(back);
        }
        self.bytes = self.bytes.saturating_add(taken.bytes());
        self.blocks.push_back((number, taken));
        while self.blocks.len() > MOST_BLOCKS || self.bytes > MOST_BYTES {
            let front = self.blocks.pop_front();
            self.forget(front);
        }
    }

    fn forget(&mut self, gone: Option<(u64, Taken)>) {
        if let Some((_, taken)) = gone {
            self.bytes = self.bytes.saturating_sub(taken.bytes());
        }
    }

    /// Whether this state's are kept.
    pub(super) fn has(&self, root: B256) -> bool {
        self.blocks
            .iter()
            .rev()
            .any(|(_, taken)| taken.root == root)
    }

    /// The account with exactly these slots in the state with this root, if it was kept.
    pub(super) fn find(
        &self,
        root: B256,
        address: Address,
        slots: &[U256],
    ) -> Option<AccountProof> {
        if slots.iter().any(|slot| *slot != PROCESSED_SLOT) {
            return None;
        }
        let newest_first = self.blocks.iter().rev();
        let (_, taken) = newest_first
            .into_iter()
            .find(|(_, taken)| taken.root == root)?;
        let (_, proof) = taken.accounts.iter().find(|(one, _)| *one == address)?;
        let mut proof = proof.clone();
        let word = proof.slots.pop()?;
        proof.slots = vec![word; slots.len()];
        Some(proof)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test")]
    use super::*;

    fn empty(root: u64, node_bytes: usize) -> Taken {
        let proof = AccountProof {
            account: None,
            storage_root: B256::ZERO,
            nodes: vec![vec![0; node_bytes].into()],
            slots: vec![],
        };
        let at = |address| (address, proof.clone());
        Taken {
            root: B256::from(U256::from(root)),
            accounts: [
                at(SEQUENCER_FEE_VAULT),
                at(BASE_FEE_VAULT),
                at(L1_FEE_VAULT),
                at(OPERATOR_FEE_VAULT),
            ],
        }
    }

    #[test]
    fn neither_many_blocks_nor_large_proofs_take_more_than_their_room() {
        let mut kept = Kept::default();
        for number in 0..2 * MOST_BLOCKS as u64 {
            kept.push(number, empty(number, 100));
        }
        assert_eq!(
            (kept.blocks.len(), kept.bytes),
            (MOST_BLOCKS, MOST_BLOCKS * 400)
        );
        for number in 0..64 {
            kept.push(10_000 + number, empty(number, 1 << 20));
        }
        assert!(kept.bytes <= MOST_BYTES && kept.blocks.len() == 8);
    }

    #[test]
    fn a_block_that_takes_the_place_of_another_takes_its_proofs_and_the_later_ones_with_it() {
        let mut kept = Kept::default();
        for number in 5..9 {
            kept.push(number, empty(number, 1));
        }
        kept.push(6, empty(66, 1));
        let roots: Vec<_> = kept.blocks.iter().map(|(_, taken)| taken.root).collect();
        assert_eq!(roots, [5, 66].map(|n| B256::from(U256::from(n))));
        assert_eq!(kept.bytes, 8);
    }
}
