use crate::store::{Account, StoreError, StoreSnapshot};
use alloy_primitives::{Address, B256, Bytes, U256};
use revm::database_interface::DBErrorMarker;
use std::{fmt::Debug, sync::Arc};

/// Read access to a state at one point in time.
///
/// Contract: 1. Answers never change during the life of the value. 2. An absent account is `None`,
/// an absent slot is zero. 3. `block_hash` answers for sealed blocks only.
pub trait BaseState: Debug + Send + Sync {
    /// The account, if it exists.
    fn account(&self, address: Address) -> Result<Option<Account>, StateError>;
    /// The value of a storage slot.
    fn storage(&self, address: Address, slot: U256) -> Result<U256, StateError>;
    /// The code with this hash.
    fn code(&self, hash: B256) -> Result<Option<Bytes>, StateError>;
    /// The hash of a sealed block.
    fn block_hash(&self, number: u64) -> Result<Option<B256>, StateError>;
}

impl<T: BaseState + ?Sized> BaseState for Arc<T> {
    fn account(&self, address: Address) -> Result<Option<Account>, StateError> {
        (**self).account(address)
    }
    fn storage(&self, address: Address, slot: U256) -> Result<U256, StateError> {
        (**self).storage(address, slot)
    }
    fn code(&self, hash: B256) -> Result<Option<Bytes>, StateError> {
        (**self).code(hash)
    }
    fn block_hash(&self, number: u64) -> Result<Option<B256>, StateError> {
        (**self).block_hash(number)
    }
}

/// Why state could not be read.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StateError {
    /// The hash of the parent block is asked for while the parent is still being sealed (R13).
    #[error("the hash of block {0} is not known yet: it is being sealed; wait for the seal")]
    ParentHashPending(u64),
    /// The database failed.
    #[error("reading the state database failed: {0}")]
    Database(Arc<str>),
    /// Code that an account refers to is missing.
    #[error("code {0} is missing from the state database; restore it from a copy")]
    MissingCode(B256),
}

impl DBErrorMarker for StateError {}

impl From<StoreError> for StateError {
    fn from(error: StoreError) -> Self {
        Self::Database(error.to_string().into())
    }
}

impl BaseState for StoreSnapshot {
    fn account(&self, address: Address) -> Result<Option<Account>, StateError> {
        Ok(Self::account(self, address)?)
    }
    fn storage(&self, address: Address, slot: U256) -> Result<U256, StateError> {
        Ok(Self::storage(self, address, slot)?)
    }
    fn code(&self, hash: B256) -> Result<Option<Bytes>, StateError> {
        Ok(Self::code(self, hash)?)
    }
    fn block_hash(&self, number: u64) -> Result<Option<B256>, StateError> {
        Ok(Self::block_hash(self, number)?)
    }
}
