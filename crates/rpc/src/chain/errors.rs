//! Refusals a [`Chain`](super::Chain) answers with. Their texts reach the user: each says what was expected, what came
//! and what to do next, and begins with the words wallets look for. Codes: `refusals.rs`.

use alloy_primitives::U256;

/// Why a raw transaction was not taken. Nothing of it is kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SubmitError {
    /// The bytes are no transaction.
    #[error(
        "rlp: cannot decode the transaction: {reason}; send one signed EIP-2718 transaction with nothing after it"
    )]
    Undecodable {
        /// What the decoder met.
        reason: String,
    },
    /// A blob transaction, a deposit, or an unknown type.
    #[error(
        "transaction type not supported: got type {got}; sign a transaction of type 0, 1, 2 or 4"
    )]
    TypeNotSupported {
        /// EIP-2718 type.
        got: u8,
    },
    /// The signature is malleable, out of range or recovers no key.
    #[error("invalid sender: {reason}; sign the transaction again")]
    InvalidSender {
        /// What is wrong with the signature.
        reason: String,
    },
    /// Signed for another chain.
    #[error("invalid chain id for signer: have {got} want {expected}; sign for chain {expected}")]
    WrongChain {
        /// This chain.
        expected: u64,
        /// The transaction's.
        got: u64,
    },
    /// Signed for no chain in particular: it could be replayed elsewhere.
    #[error(
        "only replay-protected (EIP-155) transactions allowed over RPC; sign for chain {expected}"
    )]
    NotReplayProtected {
        /// This chain.
        expected: u64,
    },
    /// The nonce is used.
    #[error(
        "nonce too low: next nonce {expected}, tx nonce {got}; that nonce belongs to a promised transaction, which cannot \
         be replaced: sign with nonce {expected}"
    )]
    NonceTooLow {
        /// Next nonce of the account.
        expected: u64,
        /// Nonce of the transaction.
        got: u64,
    },
    /// Too far ahead to be held.
    #[error(
        "nonce too high: next nonce {expected}, highest held {highest}, tx nonce {got}; send the transactions before it first"
    )]
    NonceTooHigh {
        /// First nonce free.
        expected: u64,
        /// Highest nonce that is held for the future.
        highest: u64,
        /// Nonce of the transaction.
        got: u64,
    },
    /// Same nonce as one being executed.
    #[error(
        "nonce too low: nonce {got} is being executed and cannot be replaced any more; sign with nonce {expected}"
    )]
    InExecution {
        /// Next nonce free.
        expected: u64,
        /// Nonce of both.
        got: u64,
    },
    /// Same nonce as one in the pool and not enough more offered.
    #[error(
        "replacement transaction underpriced: want a fee cap of {min_fee_cap_wei} wei and a tip of {min_tip_wei} wei per gas, \
         have {fee_cap_wei} and {tip_wei}; raise both or wait for the first transaction"
    )]
    ReplacementUnderpriced {
        /// Lowest fee cap that replaces, wei per gas.
        min_fee_cap_wei: u128,
        /// Lowest tip that replaces, wei per gas.
        min_tip_wei: u128,
        /// Fee cap offered, wei per gas.
        fee_cap_wei: u128,
        /// Tip offered, wei per gas.
        tip_wei: u128,
    },
    /// The balance does not cover it, with what the sender has queued.
    #[error(
        "insufficient funds for gas * price + value: have {have_wei} want {want_wei} (wei, {queued_wei} of it for transactions \
         already queued); add funds or wait until those are executed"
    )]
    InsufficientFunds {
        /// Balance, wei.
        have_wei: U256,
        /// Most that this and the queued ones can take, wei.
        want_wei: U256,
        /// Most that the queued ones can take, wei.
        queued_wei: U256,
    },
    /// Less gas than the transaction costs before it runs.
    #[error(
        "intrinsic gas too low: have {got}, want {required}; raise the gas limit to at least {required}"
    )]
    IntrinsicGasTooLow {
        /// Gas it costs at least.
        required: u64,
        /// Its gas limit.
        got: u64,
    },
    /// More gas than a block has.
    #[error("exceeds block gas limit: tx gas {got}, block gas limit {limit}; lower the gas limit")]
    GasAboveBlock {
        /// Limit of a block.
        limit: u64,
        /// Gas limit of the transaction.
        got: u64,
    },
    /// More gas than one transaction may have (EIP-7825, or the rollup's own cap).
    #[error(
        "transaction gas limit too high (cap: {limit}, tx: {got}); lower the gas limit or split the transaction"
    )]
    GasAboveCap {
        /// Cap of one transaction.
        limit: u64,
        /// Gas limit of the transaction.
        got: u64,
    },
    /// Offers less than the quoted preconfirmation fee.
    #[error(
        "tip below the quoted minimum: transaction underpriced: quoted {quoted_wei} wei per gas, offered {got_wei} at base fee \
         {base_fee_wei}; ask eth_maxPriorityFeePerGas and sign again"
    )]
    TipBelowQuote {
        /// Tip asked for at present, wei per gas.
        quoted_wei: u128,
        /// Tip the transaction pays at this base fee, wei per gas.
        got_wei: u128,
        /// Base fee, wei per gas.
        base_fee_wei: u64,
    },
    /// Its fee cap is below the base fee.
    #[error(
        "max fee per gas less than block base fee: maxFeePerGas: {fee_cap_wei}, baseFee: {base_fee_wei} (wei); ask eth_gasPrice and \
         sign again"
    )]
    FeeCapBelowBaseFee {
        /// Base fee, wei per gas.
        base_fee_wei: u64,
        /// Fee cap of the transaction, wei per gas.
        fee_cap_wei: u128,
    },
    /// The tip is larger than the fee cap.
    #[error(
        "max priority fee per gas higher than max fee per gas: maxPriorityFeePerGas: {tip_wei}, maxFeePerGas: {fee_cap_wei} (wei); \
         lower the tip"
    )]
    TipAboveFeeCap {
        /// Tip, wei per gas.
        tip_wei: u128,
        /// Fee cap, wei per gas.
        fee_cap_wei: u128,
    },
    /// Larger than the pool takes.
    #[error(
        "oversized data: transaction size {got_bytes} bytes, limit {max_bytes} bytes; split it"
    )]
    TooLarge {
        /// Limit, bytes.
        max_bytes: usize,
        /// Size of the transaction, bytes.
        got_bytes: usize,
    },
    /// EIP-3860.
    #[error(
        "max initcode size exceeded: code size {got_bytes} bytes, limit {max_bytes} bytes; deploy smaller code"
    )]
    InitcodeTooLarge {
        /// Limit, bytes.
        max_bytes: usize,
        /// Size of the init code, bytes.
        got_bytes: usize,
    },
    /// EIP-3607.
    #[error(
        "sender not an eoa: the account has code that is no EIP-7702 delegation; send from a key's own account"
    )]
    SenderHasCode,
    /// EIP-7702 without anything to set.
    #[error(
        "set code transaction must have at least one authorization; add one or sign a type 2 transaction"
    )]
    NoAuthorizations,
    /// The sender's share of the pool is used up.
    #[error(
        "sender has {count} transactions queued of at most {max_count}; wait until some are executed"
    )]
    SenderFull {
        /// Queued ones.
        count: usize,
        /// Limit.
        max_count: usize,
    },
    /// The blobs of a type 3 transaction, or what it offers for them (EIP-4844, EIP-7594).
    #[error("blob transaction refused: {reason}")]
    Blobs {
        /// What was expected, what came and what to do.
        reason: String,
    },
    /// Nothing in the pool may make room.
    #[error("transaction pool is full: {advice}")]
    PoolFull {
        /// What would get it in.
        advice: String,
    },
    /// The transaction was taken out of the pool while its sender waited.
    #[error(
        "transaction was dropped from the pool: {reason}; check the account's nonce and send it again"
    )]
    Dropped {
        /// Why: replaced, evicted or overtaken.
        reason: String,
    },
    /// The gateway that this node sent it to refused it: its answer, unchanged.
    #[error("{message}")]
    Elsewhere {
        /// JSON-RPC error code.
        code: i32,
        /// Its text.
        message: String,
        /// Its data, JSON.
        data: Option<String>,
    },
    /// Transactions are not taken at the moment.
    #[error("not accepting transactions: {reason}; try again later")]
    NotAccepting {
        /// Why, and what ends it.
        reason: String,
    },
}

/// Why something could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// State of a sealed block is outside the window.
    #[error(
        "state of block {block} is not kept: the oldest kept is {oldest}; ask an archive node or a block from {oldest} on"
    )]
    StateNotKept {
        /// Asked for.
        block: u64,
        /// Oldest state kept.
        oldest: u64,
    },
    /// The block itself is no longer kept.
    #[error(
        "block {block} is not kept: the oldest kept is {oldest}; ask an archive node or a block from {oldest} on"
    )]
    BlockNotKept {
        /// Asked for.
        block: u64,
        /// Oldest block kept.
        oldest: u64,
    },
    /// No sealed block has this number yet.
    #[error(
        "block not found: {block} is above the newest sealed block {latest}; ask again later, or for `pending`"
    )]
    UnknownBlock {
        /// Asked for.
        block: u64,
        /// Newest sealed.
        latest: u64,
    },
    /// Proofs of this state can't be made.
    #[error(
        "proofs of this state are not available; ask for a sealed block, or a node that keeps the trie of this one"
    )]
    NoProofs,
    /// A read failed; the details are for the log.
    #[error("cannot read the chain's store: {reason}; if it lasts, the operator's log says more")]
    Internal {
        /// What failed.
        reason: String,
    },
}

/// Why a call could not start.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The balance does not cover value and offered fees.
    #[error(
        "insufficient funds for gas * price + value: have {have_wei} want {want_wei} (wei); lower the value or the fee"
    )]
    InsufficientFunds {
        /// Balance, wei.
        have_wei: U256,
        /// Needed, wei.
        want_wei: U256,
    },
    /// Less gas than the call costs before it runs.
    #[error("intrinsic gas too low: have {got}, want {required}; raise the gas limit")]
    IntrinsicGasTooLow {
        /// Gas it costs at least.
        required: u64,
        /// Gas given.
        got: u64,
    },
    /// Any other rule of the transaction type or of the overrides.
    #[error("invalid call: {reason}; correct the call's fields")]
    Invalid {
        /// The rule broken.
        reason: String,
    },
    /// State could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}
