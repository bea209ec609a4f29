//! JSON forms of the messages: numbers are hex quantities, as everywhere in Ethereum's JSON-RPC,
//! so that a 64-bit window or a 128-bit coverage survives JavaScript.

use crate::{Base, Batch, BlockEnv, CommitterKey, Delegation, Frag, Leaf, Revocation, Seal};
use alloy_primitives::{Address, B256};
use serde::{Deserialize, Serialize};

macro_rules! wire {
    ($(#[$doc:meta])* $wire:ident for $message:ident { $($(#[$meta:meta])* $field:ident: $ty:ty = $source:ident),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        #[allow(missing_docs)]
        pub struct $wire { $($(#[$meta])* pub $field: $ty,)* }

        impl From<&$message> for $wire {
            fn from(message: &$message) -> Self {
                Self { $($field: message.$source.clone(),)* }
            }
        }

        impl From<&$wire> for $message {
            fn from(wire: &$wire) -> Self {
                Self { $($source: wire.$field.clone(),)* }
            }
        }
    };
}

wire! {
    /// JSON form of [`Base`].
    BaseWire for Base {
        #[serde(with = "alloy_serde::quantity")] window: u64 = window,
        #[serde(with = "alloy_serde::quantity")] attempt: u8 = attempt,
        #[serde(with = "alloy_serde::quantity")] parent_block: u64 = parentBlock,
        parent_block_hash: B256 = parentBlockHash,
        parent_frag: B256 = parentFrag,
        parent_seal: B256 = parentSeal,
    }
}

wire! {
    /// JSON form of [`BlockEnv`].
    BlockEnvWire for BlockEnv {
        coinbase: Address = coinbase,
        #[serde(with = "alloy_serde::quantity")] gas_limit: u64 = gasLimit,
        #[serde(with = "alloy_serde::quantity")] base_fee: u64 = baseFee,
        prev_randao: B256 = prevRandao,
        parent_beacon_root: B256 = parentBeaconRoot,
        extra_data_hash: B256 = extraDataHash,
    }
}

wire! {
    /// JSON form of [`Frag`].
    FragWire for Frag {
        base: B256 = base,
        #[serde(with = "alloy_serde::quantity")] block_number: u64 = blockNumber,
        #[serde(with = "alloy_serde::quantity")] sequence: u32 = sequence,
        previous_frag: B256 = previousFrag,
        #[serde(with = "alloy_serde::quantity")] timestamp: u64 = timestamp,
        #[serde(with = "alloy_serde::quantity")] l1_origin_number: u64 = l1OriginNumber,
        l1_origin_hash: B256 = l1OriginHash,
        #[serde(with = "alloy_serde::quantity")] issued_at_ms: u64 = issuedAtMs,
        #[serde(with = "alloy_serde::quantity")] first_transaction: u32 = firstTransaction,
        #[serde(with = "alloy_serde::quantity")] transaction_count: u32 = transactionCount,
        promises_root: B256 = promisesRoot,
        #[serde(with = "alloy_serde::quantity")] gas_used: u64 = gasUsed,
        #[serde(with = "alloy_serde::quantity")] window_coverage: u128 = windowCoverage,
        #[serde(with = "alloy_serde::quantity")] ordering_rule: u8 = orderingRule,
        block_env: B256 = blockEnv,
    }
}

wire! {
    /// JSON form of [`Seal`].
    SealWire for Seal {
        base: B256 = base,
        #[serde(with = "alloy_serde::quantity")] block_number: u64 = blockNumber,
        block_hash: B256 = blockHash,
        #[serde(with = "alloy_serde::quantity")] last_sequence: u32 = lastSequence,
        last_frag: B256 = lastFrag,
        end_of_window: bool = endOfWindow,
    }
}

wire! {
    /// JSON form of [`Batch`].
    BatchWire for Batch {
        base: B256 = base,
        #[serde(with = "alloy_serde::quantity")] window: u64 = window,
        parent_batch: B256 = parentBatch,
        #[serde(with = "alloy_serde::quantity")] first_block: u64 = firstBlock,
        #[serde(with = "alloy_serde::quantity")] last_block: u64 = lastBlock,
        parent_block_hash: B256 = parentBlockHash,
        last_block_hash: B256 = lastBlockHash,
        blocks_root: B256 = blocksRoot,
        last_frag: B256 = lastFrag,
        #[serde(with = "alloy_serde::quantity")] last_origin_number: u64 = lastOriginNumber,
        last_origin_hash: B256 = lastOriginHash,
        blob_hashes: Vec<B256> = blobHashes,
    }
}

wire! {
    /// JSON form of [`Delegation`].
    DelegationWire for Delegation {
        operator: Address = operator,
        #[serde(with = "alloy_serde::quantity")] gateway: u32 = gateway,
        #[serde(with = "alloy_serde::quantity")] first_epoch: u64 = firstEpoch,
        #[serde(with = "alloy_serde::quantity")] last_epoch: u64 = lastEpoch,
        #[serde(with = "alloy_serde::quantity")] nonce: u64 = nonce,
        rollups: Vec<Address> = rollups,
        slashers: Vec<Address> = slashers,
    }
}

wire! {
    /// JSON form of [`Revocation`].
    RevocationWire for Revocation {
        operator: Address = operator,
        rollup: Address = rollup,
        #[serde(with = "alloy_serde::quantity")] last_epoch: u64 = lastEpoch,
        #[serde(with = "alloy_serde::quantity")] nonce: u64 = nonce,
    }
}

wire! {
    /// JSON form of [`CommitterKey`].
    CommitterKeyWire for CommitterKey {
        owner: Address = owner,
        committer_set: B256 = committerSet,
    }
}

wire! {
    /// JSON form of [`Leaf`].
    LeafWire for Leaf {
        #[serde(with = "alloy_serde::quantity")] index: u64 = index,
        tx_hash: B256 = tx_hash,
        sender: Address = sender,
        receipt_hash: B256 = receipt_hash,
        writes_hash: B256 = writes_hash,
        #[serde(with = "alloy_serde::quantity")] coverage: u128 = coverage,
    }
}
