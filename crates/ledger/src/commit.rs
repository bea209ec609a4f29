use crate::chain::{SealedBlock, encode_body};
use forebond_exec::{BlockRecord, Durability, StateDiff, Store, StoreError};

/// Writes a block to the store. `log_position` is where in this process's promise log a replay of what follows starts; a block
/// that is not `durable` reaches the disk with a later one.
pub fn commit(
    store: &Store,
    block: &SealedBlock,
    diff: &StateDiff,
    log_position: u64,
    durable: bool,
) -> Result<(), StoreError> {
    let record = BlockRecord {
        number: block.number(),
        hash: block.hash,
        state_root: block.header.state_root,
        body: encode_body(block),
        tx_hashes: block
            .transactions()
            .map(|promised| promised.leaf.tx_hash)
            .collect(),
        log_position,
    };
    let durability = if durable {
        Durability::Durable
    } else {
        Durability::Deferred
    };
    store.commit_block(&record, diff, durability)
}
