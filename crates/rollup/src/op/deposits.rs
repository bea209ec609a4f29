//! User deposits: logs of the Portal become the first transactions of a rollup block.
//! <https://specs.optimism.io/protocol/deposits.html#user-deposited-transactions>

use super::user_deposit_source;
use alloy_primitives::{Address, B256, Bytes, TxKind, U256, b256};
use op_alloy_consensus::TxDeposit;

/// First topic of a deposit: `keccak256("TransactionDeposited(address,address,uint256,bytes)")`.
pub const DEPOSIT_TOPIC: B256 =
    b256!("b3813568d9991fc951961fcb4c784893574240a28925604d09fc577c55bb7c32");

/// `mint ‖ value ‖ gasLimit ‖ isCreation`: what stands before the call data.
const FIXED_BYTES: usize = 32 + 32 + 8 + 1;
/// One word of the ABI.
const WORD_BYTES: usize = 32;

/// Why a log is no deposit. The Portal never writes such a log: whoever meets one reads another contract's logs or a
/// server that lies, and should stop rather than skip it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DepositError {
    /// Another number of topics.
    #[error("a deposit has 4 topics, this log has {0}")]
    Topics(usize),
    /// Another event.
    #[error("a deposit begins with topic {DEPOSIT_TOPIC}, this log with {0}")]
    Event(B256),
    /// A topic that should hold an address does not.
    #[error("topic {topic} is no address: {got}")]
    Address {
        /// Place among the topics.
        topic: usize,
        /// What stands there.
        got: B256,
    },
    /// A version this code does not know.
    #[error("deposits have version 0, this one says {0}; a newer release may know it")]
    Version(B256),
    /// Not one ABI-encoded `bytes`, byte for byte: wrong offset or length, padding that is not zero, or bytes behind it.
    #[error("{0} bytes of log data are not one ABI-encoded byte string")]
    Encoding(usize),
    /// The fixed part does not fit.
    #[error("opaque data has at least {FIXED_BYTES} bytes, got {0}")]
    TooShort(usize),
    /// More ETH than a rollup can mint.
    #[error("mint is below 2^128 wei, got {0}")]
    Mint(U256),
    /// `isCreation` is neither 0 nor 1.
    #[error("isCreation is 0 or 1, got {0}")]
    Creation(u8),
}

/// The deposit that a `TransactionDeposited` log asks for.
///
/// `log_index` is the log's index in its L1 block, counted over all transactions; with the block's hash it makes the
/// deposit's source unique.
pub fn deposit_of(
    l1_block_hash: B256,
    log_index: u64,
    topics: &[B256],
    data: &[u8],
) -> Result<TxDeposit, DepositError> {
    let &[event, from, to, version] = topics else {
        return Err(DepositError::Topics(topics.len()));
    };
    if event != DEPOSIT_TOPIC {
        return Err(DepositError::Event(event));
    }
    let from = address(1, from)?;
    let to = address(2, to)?;
    if !version.is_zero() {
        return Err(DepositError::Version(version));
    }
    let opaque = byte_string(data).ok_or(DepositError::Encoding(data.len()))?;
    let too_short = || DepositError::TooShort(opaque.len());
    let (mint, rest) = opaque.split_first_chunk::<32>().ok_or_else(too_short)?;
    let (value, rest) = rest.split_first_chunk::<32>().ok_or_else(too_short)?;
    let (gas_limit, rest) = rest.split_first_chunk::<8>().ok_or_else(too_short)?;
    let (creation, input) = rest.split_first().ok_or_else(too_short)?;
    let mint = U256::from_be_bytes(*mint);
    Ok(TxDeposit {
        source_hash: user_deposit_source(l1_block_hash, log_index),
        from,
        to: match creation {
            0 => TxKind::Call(to),
            1 => TxKind::Create,
            other => return Err(DepositError::Creation(*other)),
        },
        mint: u128::try_from(mint).map_err(|_| DepositError::Mint(mint))?,
        value: U256::from_be_bytes(*value),
        gas_limit: u64::from_be_bytes(*gas_limit),
        is_system_transaction: false,
        input: Bytes::copy_from_slice(input),
    })
}

fn address(topic: usize, got: B256) -> Result<Address, DepositError> {
    let (zeros, tail) = got.split_at(12);
    if zeros.iter().any(|byte| *byte != 0) {
        return Err(DepositError::Address { topic, got });
    }
    Ok(Address::from_slice(tail))
}

/// Reads `abi.encode(bytes)` in its one canonical form: offset 32, length, content, zeros up to a whole word, no more.
fn byte_string(data: &[u8]) -> Option<&[u8]> {
    let (offset, rest) = data.split_first_chunk::<WORD_BYTES>()?;
    let (length, rest) = rest.split_first_chunk::<WORD_BYTES>()?;
    if U256::from_be_bytes(*offset) != U256::from(WORD_BYTES) {
        return None;
    }
    let length = usize::try_from(U256::from_be_bytes(*length)).ok()?;
    let (content, padding) = rest.split_at_checked(length)?;
    let exact = length.checked_next_multiple_of(WORD_BYTES)? == rest.len();
    (exact && padding.iter().all(|byte| *byte == 0)).then_some(content)
}
