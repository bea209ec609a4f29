//! What passes by a watcher.

/// A frag that was accepted: its signature, place and content are checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeardFrag {
    /// Number of the gateway in the registry.
    pub gateway: u32,
    /// Last L1 slot of its window.
    pub window: u64,
    /// Rollup block.
    pub block: u64,
    /// Transactions it promises, without those that nobody asked a promise for.
    pub promises: u32,
    /// When the gateway says it issued it, Unix milliseconds.
    pub issued_at_ms: u64,
    /// When it was heard, Unix milliseconds.
    pub heard_at_ms: u64,
    /// It came by itself (stream, gossip). What was asked for later says nothing about latency or presence.
    pub live: bool,
}

/// A seal that was accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeardSeal {
    /// Number of the gateway in the registry.
    pub gateway: u32,
    /// Last L1 slot of its window.
    pub window: u64,
    /// Rollup block.
    pub block: u64,
    /// When it was heard, Unix milliseconds.
    pub heard_at_ms: u64,
    /// It came by itself.
    pub live: bool,
}

/// Promises of one gateway in one block, held against the block as L1 gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judged {
    /// Whoever promised.
    pub gateway: u32,
    /// Promises the block keeps.
    pub kept: u64,
    /// Promises it does not keep, of whatever fault.
    pub broken: u64,
    /// When it was compared, Unix milliseconds.
    pub at_ms: u64,
}

/// A batch that stays in L1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settled {
    /// Whose batch it is. Blocks that another gateway was heard with count for that one.
    pub gateway: u32,
    /// First rollup block.
    pub first_block: u64,
    /// Last rollup block.
    pub last_block: u64,
    /// Timestamp of the L1 block that holds the batch, Unix seconds.
    pub l1_timestamp_s: u64,
    /// When that was seen, Unix milliseconds.
    pub at_ms: u64,
}

/// A turn that is over: the last of its blocks has closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TurnOver {
    /// Who had it.
    pub gateway: u32,
    /// Last L1 slot of the window.
    pub window: u64,
    /// First rollup block of the turn.
    pub first_block: u64,
    /// Last rollup block of the turn; below `first_block` when the turn is empty.
    pub last_block: u64,
    /// When that was noticed, Unix milliseconds: some seconds behind the last block's timestamp, so that what is on its way counts.
    pub at_ms: u64,
}
