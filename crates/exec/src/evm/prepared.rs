use alloy_consensus::{Transaction, transaction::SignerRecoverable};
use alloy_eips::{Decodable2718, Encodable2718, Typed2718};
use alloy_evm::FromTxWithEncoded;
use alloy_op_evm::OpTx;
use alloy_primitives::{Address, B256, Bytes, U256};
use op_alloy_consensus::{OpTxEnvelope, TxDeposit};
use revm::{
    context_interface::cfg::gas::calculate_initial_tx_gas_for_tx, primitives::hardfork::SpecId,
};

/// A transaction that is ready to execute: decoded, hashed, sender recovered. Made once, outside
/// the executing thread, and shared from then on.
#[derive(Clone, Debug)]
pub struct PreparedTx {
    raw: Bytes,
    hash: B256,
    sender: Address,
    envelope: OpTxEnvelope,
    env: OpTx,
}

/// Why raw bytes are not a transaction for this chain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Not an EIP-2718 transaction.
    #[error("the bytes are not a signed EIP-2718 transaction: {0}")]
    Malformed(String),
    /// A type a user may not send.
    #[error(
        "transaction type not supported: got type {0}, this chain takes types 0, 1, 2 and 4 \
         (no blob transactions)"
    )]
    Type(u8),
    /// The signature recovers nobody, or is not in low-s form.
    #[error("invalid sender: the signature does not recover an address, or its s is too high")]
    Signature,
    /// Signed for another chain.
    #[error("invalid chain id for signer: have {got}, want {expected}")]
    ChainId {
        /// The chain's id.
        expected: u64,
        /// The transaction's id.
        got: u64,
    },
    /// Signed for no chain in particular.
    #[error("the transaction names no chain id (EIP-155); sign it for chain {0}")]
    NoChainId(u64),
}

impl PreparedTx {
    /// Decodes a user's transaction for `chain_id` and recovers its sender.
    pub fn decode(raw: Bytes, chain_id: u64) -> Result<Self, DecodeError> {
        if let Some(ty @ (3 | 0x05..=0x7f)) = raw.first().copied() {
            return Err(DecodeError::Type(ty));
        }
        let envelope = OpTxEnvelope::decode_2718_exact(&raw)
            .map_err(|e| DecodeError::Malformed(e.to_string()))?;
        if !matches!(envelope.ty(), 0 | 1 | 2 | 4) {
            return Err(DecodeError::Type(envelope.ty()));
        }
        match envelope.chain_id() {
            Some(got) if got != chain_id => {
                return Err(DecodeError::ChainId {
                    expected: chain_id,
                    got,
                });
            }
            Some(_) => {}
            None => return Err(DecodeError::NoChainId(chain_id)),
        }
        let sender = envelope
            .recover_signer()
            .map_err(|_| DecodeError::Signature)?;
        Ok(Self::assemble(raw, sender, envelope))
    }

    /// As [`Self::decode`] for bytes this gateway has accepted before, with the sender it
    /// recovered then: a replay does not recover again.
    pub fn restore(raw: Bytes, sender: Address) -> Result<Self, DecodeError> {
        let envelope = OpTxEnvelope::decode_2718_exact(&raw)
            .map_err(|e| DecodeError::Malformed(e.to_string()))?;
        Ok(Self::assemble(raw, sender, envelope))
    }

    /// A deposit: comes from L1, has no signature.
    pub fn deposit(deposit: TxDeposit) -> Self {
        let sender = deposit.from;
        let envelope = OpTxEnvelope::from(deposit);
        Self::assemble(envelope.encoded_2718().into(), sender, envelope)
    }

    fn assemble(raw: Bytes, sender: Address, envelope: OpTxEnvelope) -> Self {
        let env = OpTx::from_encoded_tx(&envelope, sender, raw.clone());
        Self {
            hash: envelope.trie_hash(),
            raw,
            sender,
            envelope,
            env,
        }
    }

    /// Raw EIP-2718 bytes.
    pub const fn raw(&self) -> &Bytes {
        &self.raw
    }

    /// keccak256 of the raw bytes.
    pub const fn hash(&self) -> B256 {
        self.hash
    }

    /// Recovered sender, or a deposit's `from`.
    pub const fn sender(&self) -> Address {
        self.sender
    }

    /// The decoded transaction.
    pub const fn envelope(&self) -> &OpTxEnvelope {
        &self.envelope
    }

    /// Whether it comes from L1.
    pub const fn is_deposit(&self) -> bool {
        matches!(self.envelope, OpTxEnvelope::Deposit(_))
    }

    /// What the sender must own: value plus gas limit times fee cap, wei.
    pub fn max_cost_wei(&self) -> U256 {
        let gas = U256::from(self.envelope.gas_limit());
        gas.saturating_mul(U256::from(self.envelope.max_fee_per_gas()))
            .saturating_add(self.envelope.value())
    }

    /// Gas the transaction costs at least before it runs: intrinsic gas, or the calldata floor of
    /// EIP-7623 if that is higher.
    pub fn intrinsic_gas(&self) -> u64 {
        let gas = calculate_initial_tx_gas_for_tx(&self.env.0, SpecId::PRAGUE);
        gas.initial_total_gas.max(gas.floor_gas)
    }

    pub(crate) fn env(&self) -> OpTx {
        self.env.clone()
    }
}
