//! What every method has at hand.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use alloy_eips::{BlockId, BlockNumberOrTag};
use jsonrpsee::types::ErrorObjectOwned;
use serde::Serialize;
use serde_json::value::RawValue;

use super::filter_table::FilterTable;
use crate::{block_ref, chain::Chain, config::RpcConfig, heavy::HeavyWork};

/// Result of a method.
pub(crate) type Answer<T> = Result<T, ErrorObjectOwned>;

/// Result of a method that ran on a blocking thread: JSON already.
pub(crate) type HeavyAnswer = Answer<Box<RawValue>>;

/// The chain, the configuration and the filters.
#[derive(Debug)]
pub(crate) struct Context<C: Chain> {
    pub(crate) chain: Arc<C>,
    pub(crate) config: RpcConfig,
    pub(crate) heavy: HeavyWork,
    pub(crate) client_version: String,
    filters: Mutex<FilterTable<C::Family>>,
}

impl<C: Chain> Context<C> {
    pub(crate) fn new(
        chain: Arc<C>,
        config: &RpcConfig,
        heavy: HeavyWork,
        client_version: String,
    ) -> Self {
        let filters = Mutex::new(FilterTable::new(config.max_filters, config.filter_ttl_ms));
        Self {
            chain,
            config: config.clone(),
            heavy,
            client_version,
            filters,
        }
    }

    /// State at `id`, at `latest` when absent.
    pub(crate) fn state(&self, id: Option<BlockId>) -> Answer<C::Snapshot> {
        let id = id.unwrap_or(BlockId::Number(BlockNumberOrTag::Latest));
        block_ref::state(&*self.chain, id, self.config.latest_shows_preconfirmed)
    }

    /// Runs `work` with this context on a blocking thread.
    pub(crate) async fn on_blocking_thread<T, W>(self: Arc<Self>, work: W) -> HeavyAnswer
    where
        T: Serialize,
        W: FnOnce(&Self) -> Answer<T> + Send + 'static,
    {
        let heavy = self.heavy.clone();
        heavy.run(move || work(&self)).await
    }

    /// The filters. A thread that panicked while holding them left them whole: every change is one step.
    pub(crate) fn filters(&self) -> MutexGuard<'_, FilterTable<C::Family>> {
        self.filters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
