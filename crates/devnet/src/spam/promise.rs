use alloy_primitives::B256;

/// What a user keeps of a preconfirmation that was checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Promise {
    /// The transaction.
    pub(crate) tx_hash: B256,
    /// Rollup block.
    pub(crate) block: u64,
    /// Index in it.
    pub(crate) index: u64,
    /// Hash of the consensus receipt.
    pub(crate) receipt_hash: B256,
    /// hashStruct(Base).
    pub(crate) base: B256,
    /// Last L1 slot of the posting window.
    pub(crate) window: u64,
    /// Place of the signer among the devnet's gateways.
    pub(crate) gateway: usize,
    /// When the gateway says it issued the frag, Unix milliseconds.
    pub(crate) issued_at_ms: u64,
    /// When it was here, Unix milliseconds.
    pub(crate) received_at_ms: u64,
}
