//! Subscription ids as wallets expect them: hex strings, unguessable.

use std::{
    hash::{BuildHasher, RandomState},
    sync::atomic::{AtomicU64, Ordering},
};

use jsonrpsee::{server::IdProvider, types::SubscriptionId};

/// Issues ids by hashing a counter under a key of this process.
#[derive(Debug, Default)]
pub(super) struct HexIds {
    key: RandomState,
    issued: AtomicU64,
}

impl IdProvider for HexIds {
    fn next_id(&self) -> SubscriptionId<'static> {
        let counter = self.issued.fetch_add(1, Ordering::Relaxed);
        let (high, low) = (self.key.hash_one(counter), self.key.hash_one(!counter));
        SubscriptionId::Str(format!("0x{high:016x}{low:016x}").into())
    }
}
