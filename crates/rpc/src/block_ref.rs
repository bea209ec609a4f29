//! What a block tag, number or hash stands for.

use std::sync::Arc;

use alloy_eips::{BlockId, BlockNumberOrTag};
use jsonrpsee::types::ErrorObjectOwned;

use crate::{
    chain::{BlockView, Chain, ReadError, StateAt},
    refusals::server_error,
};

/// The block `id` stands for; `None` when there is none yet. `pending` is the newest unsealed block; a number is always a
/// sealed one, so that every block but `pending` has a hash.
pub(crate) fn block<C: Chain>(
    chain: &C,
    id: BlockId,
) -> Result<Option<Arc<BlockView<C::Family>>>, ReadError> {
    match id {
        BlockId::Hash(hash) => match chain.block_number(hash.block_hash)? {
            Some(number) => chain.block(number),
            None => Ok(None),
        },
        BlockId::Number(BlockNumberOrTag::Pending) => Ok(chain.unsealed().pop()),
        BlockId::Number(tag) => chain.block(sealed_number(chain, tag)),
    }
}

/// The number of the sealed block a tag stands for; `pending` counts as `latest`.
pub(crate) fn sealed_number<C: Chain>(chain: &C, tag: BlockNumberOrTag) -> u64 {
    match tag {
        BlockNumberOrTag::Number(number) => number,
        BlockNumberOrTag::Earliest => 0,
        BlockNumberOrTag::Latest | BlockNumberOrTag::Pending => chain.heads().latest,
        BlockNumberOrTag::Safe => chain.heads().safe,
        BlockNumberOrTag::Finalized => chain.heads().finalized,
    }
}

/// The state `id` stands for. With `latest_shows_preconfirmed`, `latest` is `pending`.
///
/// # Errors
/// -32000 when the hash is unknown or the state is not kept.
pub(crate) fn state<C: Chain>(
    chain: &C,
    id: BlockId,
    latest_shows_preconfirmed: bool,
) -> Result<C::Snapshot, ErrorObjectOwned> {
    let at = match id {
        BlockId::Hash(hash) => match chain.block_number(hash.block_hash)? {
            Some(number) => StateAt::Block(number),
            None => {
                let hash = hash.block_hash;
                return Err(server_error(format!(
                    "block not found: no sealed block has the hash {hash}; check it, or ask by number"
                )));
            }
        },
        BlockId::Number(BlockNumberOrTag::Pending) => StateAt::Pending,
        BlockId::Number(BlockNumberOrTag::Latest) if latest_shows_preconfirmed => StateAt::Pending,
        BlockId::Number(BlockNumberOrTag::Latest) => StateAt::Latest,
        BlockId::Number(tag) => StateAt::Block(sealed_number(chain, tag)),
    };
    Ok(chain.snapshot(at)?)
}
