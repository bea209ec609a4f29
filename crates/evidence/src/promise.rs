use alloy_primitives::{B256, Bytes};
use alloy_sol_types::SolStruct;
use forebond_contracts::bindings::IEvidenceShapes as abi;
use forebond_protocol::branch_root;
use forebond_types::{BlockEnv, Frag, Leaf, Preconfirmation};

use crate::{Attested, shapes};

/// One promised transaction: the part of a preconfirmation that a judge hears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Promise {
    /// The frag that holds it.
    pub frag: Attested<Frag>,
    /// Preimage of the frag's `blockEnv`.
    pub env: BlockEnv,
    /// What is promised.
    pub leaf: Leaf,
    /// From the leaf up to the frag's root, lowest sibling first.
    pub branch: Vec<B256>,
}

/// Why something is no promise of its frag.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PromiseError {
    /// Not the environment that the frag commits to.
    #[error("the frag commits to the environment {expected}, got {got}")]
    OtherEnv {
        /// In the frag.
        expected: B256,
        /// Of the preimage.
        got: B256,
    },
    /// The index is none of the frag's.
    #[error("index {index} lies outside the frag's {count} transactions from {first} on")]
    OutsideFrag {
        /// Promised index.
        index: u64,
        /// First index of the frag.
        first: u32,
        /// Transactions in it.
        count: u32,
    },
    /// The branch does not lead to the frag's root.
    #[error("the branch of index {index} does not lead to the frag's root {expected}")]
    OtherRoot {
        /// Promised index.
        index: u64,
        /// The frag's root.
        expected: B256,
    },
}

impl Promise {
    /// The promise in a preconfirmation, checked, and its raw transaction. Who signed it is checked by whoever keeps it.
    ///
    /// # Errors
    /// [`PromiseError`]: the object is damaged or invented.
    pub fn of(object: &Preconfirmation) -> Result<(Self, Bytes), PromiseError> {
        let promise = Self {
            frag: Attested {
                message: (&object.frag).into(),
                signature: object.frag_signature.as_bytes().to_vec().into(),
            },
            env: (&object.block_env).into(),
            leaf: (&object.leaf).into(),
            branch: object.branch.clone(),
        };
        promise.check()?;
        Ok((promise, object.transaction.clone()))
    }

    /// Checks that the frag promises this at this place (R18), and in this environment (R20).
    ///
    /// # Errors
    /// [`PromiseError`].
    pub fn check(&self) -> Result<(), PromiseError> {
        let frag = &self.frag.message;
        let got = self.env.eip712_hash_struct();
        if got != frag.blockEnv {
            return Err(PromiseError::OtherEnv {
                expected: frag.blockEnv,
                got,
            });
        }
        let index = self.leaf.index;
        let place = index
            .checked_sub(u64::from(frag.firstTransaction))
            .and_then(|place| u32::try_from(place).ok())
            .filter(|place| *place < frag.transactionCount)
            .ok_or(PromiseError::OutsideFrag {
                index,
                first: frag.firstTransaction,
                count: frag.transactionCount,
            })?;
        let root = branch_root(self.leaf.hash(), place, frag.transactionCount, &self.branch);
        if root != Some(frag.promisesRoot) {
            return Err(PromiseError::OtherRoot {
                index,
                expected: frag.promisesRoot,
            });
        }
        Ok(())
    }

    pub(crate) fn shape(&self) -> abi::Promise {
        abi::Promise {
            frag: shapes::frag(&self.frag.message),
            signature: self.frag.signature.clone(),
            env: shapes::env(&self.env),
            leaf: shapes::leaf(&self.leaf),
            branch: self.branch.clone(),
        }
    }
}
