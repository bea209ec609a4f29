use alloy_primitives::B256;
use tree_hash::TreeHash;

use super::{
    ForkLayout, Gindex, LookaheadHalf, LookaheadProof, ProofError, SlotPresenceProof, SlotProof,
    ValidatorProof, branch, fold, layout::REGISTRY_DEPTH, lookahead::chunks, presence::slot_before,
};
use crate::{
    bls::public_key_root,
    containers::{BeaconBlockHeader, BeaconState, STATE_FIELDS},
    preset::Preset,
};

/// Makes proofs from the state right after a block: hashes the state's fields once, then each proof is cheap, except for
/// validators, whose registry is hashed for each call of [`Self::validators`].
#[derive(Clone, Debug)]
pub struct StateProver<'a, P: Preset> {
    state: &'a BeaconState<P>,
    header: BeaconBlockHeader,
    field_roots: [B256; STATE_FIELDS],
    layout: ForkLayout,
}

impl<'a, P: Preset> StateProver<'a, P> {
    /// Prepares a block's post-state.
    ///
    /// # Errors
    /// [`ProofError::NotAfterBlock`] when empty slots were processed since: no block commits to such a state.
    pub fn new(state: &'a BeaconState<P>) -> Result<Self, ProofError> {
        let mut header = state.latest_block_header;
        if header.slot != state.slot {
            return Err(ProofError::NotAfterBlock {
                state_slot: state.slot,
                block_slot: header.slot,
            });
        }
        let field_roots = state.field_roots();
        // The field is zero until the next slot begins.
        header.state_root = fold(&field_roots, STATE_FIELDS.next_power_of_two().ilog2())
            .first()
            .copied()
            .unwrap_or_default();
        Ok(Self {
            state,
            header,
            field_roots,
            layout: ForkLayout::fulu::<P>(),
        })
    }

    /// The block's header, state root filled in. Its root is the block root that EIP-4788 exposes in the next block.
    #[must_use]
    pub const fn header(&self) -> &BeaconBlockHeader {
        &self.header
    }

    /// The root that the proofs verify against.
    #[must_use]
    pub fn block_root(&self) -> B256 {
        self.header.tree_hash_root()
    }

    /// Proves the proposers of `epoch`: the state's own or the next one.
    ///
    /// # Errors
    /// [`ProofError::Epoch`].
    pub fn lookahead(&self, epoch: u64) -> Result<LookaheadProof, ProofError> {
        let half = self.layout.half_of(self.header.slot, epoch)?;
        let all = chunks(&self.state.proposer_lookahead);
        let (current, next) = all.split_at(all.len() / 2);
        let (mine, other) = match half {
            LookaheadHalf::Current => (current, next),
            LookaheadHalf::Next => (next, current),
        };
        let mut path = fold(other, self.layout.chunks_per_epoch().ilog2());
        path.extend(self.field_branch(self.layout.lookahead()));
        Ok(LookaheadProof {
            header: self.header,
            chunks: mine.to_vec(),
            branch: path,
        })
    }

    /// Proves the proposer of one slot of the state's epoch or the next.
    ///
    /// # Errors
    /// [`ProofError::Epoch`].
    pub fn slot(&self, slot: u64) -> Result<SlotProof, ProofError> {
        let at = self.layout.lookahead_chunk(self.header.slot, slot)?;
        let all = chunks(&self.state.proposer_lookahead);
        let depth = all.len().ilog2();
        let place = at.get() & ((1 << depth) - 1);
        let chunk = usize::try_from(place)
            .ok()
            .and_then(|place| all.get(place))
            .copied()
            .unwrap_or_default();
        let mut path = branch(&all, depth, place);
        path.extend(self.field_branch(self.layout.lookahead()));
        Ok(SlotProof {
            header: self.header,
            chunk,
            branch: path,
        })
    }

    /// Proves keys and withdrawal credentials of validators. Hashes the whole registry once: a second or so per million.
    ///
    /// # Errors
    /// [`ProofError::ValidatorIndex`] for an index that the registry does not have.
    pub fn validators(&self, wanted: &[u64]) -> Result<Vec<ValidatorProof>, ProofError> {
        let registry = &self.state.validators;
        let count = registry.len() as u64;
        let roots: Vec<B256> = registry.iter().map(TreeHash::tree_hash_root).collect();
        let mut length = [0; 32];
        length[..8].copy_from_slice(&count.to_le_bytes());
        wanted
            .iter()
            .map(|&index| {
                let missing = ProofError::ValidatorIndex {
                    index,
                    limit: count,
                };
                let validator = usize::try_from(index)
                    .ok()
                    .and_then(|at| registry.get(at))
                    .ok_or(missing)?;
                let fields = [
                    public_key_root(&validator.pubkey),
                    validator.withdrawal_credentials,
                    validator.effective_balance.tree_hash_root(),
                    validator.slashed.tree_hash_root(),
                    validator.activation_eligibility_epoch.tree_hash_root(),
                    validator.activation_epoch.tree_hash_root(),
                    validator.exit_epoch.tree_hash_root(),
                    validator.withdrawable_epoch.tree_hash_root(),
                ];
                // The node over the first two leaves: its branch inside the validator begins one level up.
                let mut path = branch(&fold(&fields, 1), 2, 0);
                path.extend(branch(&roots, REGISTRY_DEPTH, index));
                path.push(length.into());
                path.extend(self.field_branch(self.layout.validators()));
                Ok(ValidatorProof {
                    header: self.header,
                    validator_index: index,
                    pubkey_root: fields[0],
                    withdrawal_credentials: fields[1],
                    branch: path,
                })
            })
            .collect()
    }

    /// Proves whether `slot`, which must lie before the block and in its ring, has a block.
    ///
    /// # Errors
    /// [`ProofError::Ring`].
    pub fn presence(&self, slot: u64) -> Result<SlotPresenceProof, ProofError> {
        let before = slot_before(&self.layout, self.header.slot, slot)?;
        let roots: Vec<B256> = self.state.block_roots.iter().copied().collect();
        let prove = |slot: u64| {
            let place = slot % self.layout.slots_per_historical_root();
            let root = usize::try_from(place)
                .ok()
                .and_then(|place| roots.get(place))
                .copied()
                .unwrap_or_default();
            let mut path = branch(
                &roots,
                self.layout.slots_per_historical_root().ilog2(),
                place,
            );
            path.extend(self.field_branch(self.layout.block_roots()));
            (root, path)
        };
        let ((root_before, branch_before), (root_at, branch_at)) = (prove(before), prove(slot));
        Ok(SlotPresenceProof {
            header: self.header,
            slot,
            root_before,
            root_at,
            branch_before,
            branch_at,
        })
    }

    /// From a field's root up to the state root.
    fn field_branch(&self, field: Gindex) -> Vec<B256> {
        branch(&self.field_roots, field.depth(), field.place())
    }
}
