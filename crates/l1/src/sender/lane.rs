use std::time::Duration;

use alloy_consensus::{
    SignableTransaction, TxEip1559, TxEip4844, TxEip4844WithSidecar, TxEnvelope,
};
use alloy_eips::{BlockId, eip2718::Encodable2718};
use alloy_primitives::{Address, B256, Bytes, TxKind, U256};
use alloy_rpc_types_eth::{TransactionReceipt, TransactionRequest};
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use tokio::time::Instant;

use super::{FeeError, FeePolicy, Offer, PoolRefusal, Sidecar, blob};
use crate::{L1Error, execution::ExecutionClient};

/// How often, and how far apart, receipts are looked for until a nonce counts as somebody else's.
const STRANGER_LOOKS: u32 = 10;
const STRANGER_LOOK: Duration = Duration::from_millis(200);

/// How a lane sends.
#[derive(Clone, Copy, Debug)]
pub struct LaneConfig {
    /// What it may offer.
    pub fees: FeePolicy,
    /// Time between looks for the receipt, milliseconds.
    pub poll_ms: u64,
    /// Time without inclusion after which fees are raised, milliseconds. About two slots.
    pub bump_after_ms: u64,
    /// Blocks on top of the transaction's own until it counts as landed.
    pub confirmations: u64,
    /// Replacements at most.
    pub most_bumps: u32,
}

impl Default for LaneConfig {
    fn default() -> Self {
        Self {
            fees: FeePolicy::default(),
            poll_ms: 500,
            bump_after_ms: 24_000,
            confirmations: 0,
            most_bumps: 8,
        }
    }
}

/// A transaction to send.
#[derive(Clone, Debug, Default)]
pub struct Outgoing {
    /// Receiver; `None` creates a contract.
    pub to: Option<Address>,
    /// Value in wei.
    pub value_wei: U256,
    /// Call data or creation code.
    pub input: Bytes,
    /// Gas; estimated when `None`. Give it for calls that read blobs: estimation does not know them everywhere.
    pub gas_limit: Option<u64>,
    /// Blobs with their proofs: [`super::sidecar`].
    pub sidecar: Option<Sidecar>,
}

/// A transaction in a block.
#[derive(Clone, Debug)]
pub struct Landed {
    /// Its receipt. The transaction may have failed: look at the status.
    pub receipt: TransactionReceipt,
    /// Versions of it that were sent, this one included.
    pub versions: usize,
}

/// Why a transaction did not land.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// Not in a block by the deadline. It may still get there: ask for the receipts of `hashes`, or send again on this lane, which
    /// replaces it.
    #[error("nonce {nonce}: not in a block after {waited_ms} ms; {} versions were sent and may still land", hashes.len())]
    NotIncluded {
        /// Its nonce.
        nonce: u64,
        /// All versions sent.
        hashes: Vec<B256>,
        /// The time given.
        waited_ms: u64,
    },
    /// Somebody else used the account.
    #[error(
        "nonce {nonce} was used by a transaction that this lane did not send: give each lane an account of its own"
    )]
    NonceTaken {
        /// The nonce.
        nonce: u64,
    },
    /// No node takes the transaction.
    #[error("nonce {nonce}: {refusal:?}: {error}")]
    Refused {
        /// Its nonce.
        nonce: u64,
        /// What the refusal means.
        refusal: PoolRefusal,
        /// The node's answer.
        error: L1Error,
    },
    /// Fees are above the caps before anything was sent.
    #[error(transparent)]
    Fees(#[from] FeeError),
    /// The signer failed.
    #[error("cannot sign: {0}")]
    Signer(#[from] alloy_signer::Error),
    /// L1 does not answer.
    #[error(transparent)]
    L1(#[from] L1Error),
}

/// One account's transactions, one at a time, in order of their nonces. Restarting is safe: the nonce comes from the chain, and
/// what an earlier process left waiting is replaced.
#[derive(Debug)]
pub struct Lane {
    pub(super) client: ExecutionClient,
    signer: PrivateKeySigner,
    pub(super) config: LaneConfig,
    chain_id: u64,
    /// What was offered last and may still wait in pools, by its nonce.
    pub(super) last_offer: Option<(u64, Offer)>,
}

impl Lane {
    /// A lane of `signer`'s account.
    ///
    /// # Errors
    /// As a request for the chain id.
    pub async fn new(
        client: ExecutionClient,
        signer: PrivateKeySigner,
        config: LaneConfig,
    ) -> Result<Self, L1Error> {
        let chain_id = client.chain_id().await?;
        Ok(Self {
            client,
            signer,
            config,
            chain_id,
            last_offer: None,
        })
    }

    /// The account.
    pub const fn address(&self) -> Address {
        self.signer.address()
    }

    /// Sends and waits until the transaction is in a block, for `deadline_ms` at most.
    ///
    /// # Errors
    /// [`SendError`].
    pub async fn send(
        &mut self,
        outgoing: &Outgoing,
        deadline_ms: u64,
    ) -> Result<Landed, SendError> {
        let started = Instant::now();
        let nonce = self.client.nonce(self.address()).await?;
        let gas_limit = match outgoing.gas_limit {
            Some(gas) => gas,
            None => self.estimate(outgoing).await?,
        };
        let blobs = outgoing.sidecar.is_some();
        let market = self.client.fees().await?;
        let mut offer = self.config.fees.first(&market, blobs)?;
        let mut versions = Vec::new();
        let mut bumps = 0;
        let mut sent_at = None;
        let deadline = Duration::from_millis(deadline_ms);
        while started.elapsed() < deadline {
            if let Some(landed) = self.landed(nonce, &versions).await? {
                return Ok(landed);
            }
            let due = sent_at.is_none_or(|at: Instant| {
                at.elapsed() >= Duration::from_millis(self.config.bump_after_ms)
            });
            if due && bumps <= self.config.most_bumps {
                if sent_at.is_some() {
                    bumps += 1;
                    offer = self.raised(&offer, blobs).await;
                }
                sent_at = Some(Instant::now());
                let envelope = self.sign(outgoing, nonce, gas_limit, &offer)?;
                if self
                    .submit(nonce, &envelope, &mut offer, &mut versions)
                    .await?
                {
                    // The pool wants more for replacing what is there: at once, not after the usual wait.
                    sent_at = sent_at.and_then(|at| {
                        at.checked_sub(Duration::from_millis(self.config.bump_after_ms))
                    });
                    continue;
                }
            }
            tokio::time::sleep(Duration::from_millis(self.config.poll_ms)).await;
        }
        match self.landed(nonce, &versions).await? {
            Some(landed) => Ok(landed),
            None => Err(SendError::NotIncluded {
                nonce,
                hashes: versions,
                waited_ms: deadline_ms,
            }),
        }
    }

    /// The next offer; the last one again when a cap or a silent node stands in the way.
    pub(super) async fn raised(&self, offer: &Offer, blobs: bool) -> Offer {
        let raised = match self.client.fees().await {
            Ok(market) => self.config.fees.bump(offer, &market, blobs),
            Err(error) => {
                tracing::warn!(%error, "no fees to compare with, the offer stays");
                return *offer;
            }
        };
        raised.unwrap_or_else(|error| {
            tracing::warn!(%error, "the offer stays as it is");
            *offer
        })
    }

    /// Hands one version to the node. True when the pool asks for a higher offer.
    pub(super) async fn submit(
        &self,
        nonce: u64,
        envelope: &TxEnvelope,
        offer: &mut Offer,
        versions: &mut Vec<B256>,
    ) -> Result<bool, SendError> {
        let hash = *envelope.tx_hash();
        // Kept before it is sent: a timeout says nothing about whether the node has it.
        if !versions.contains(&hash) {
            versions.push(hash);
        }
        let Err(error) = self.client.send_raw(&envelope.encoded_2718()).await else {
            tracing::debug!(%hash, nonce, max_fee_wei = offer.max_fee_wei, "transaction sent");
            return Ok(false);
        };
        match PoolRefusal::of(&error) {
            Some(PoolRefusal::AlreadyKnown) | None => Ok(false),
            Some(PoolRefusal::ReplacementUnderpriced) => Ok(true),
            // One of ours may have landed, or somebody else's: the receipts tell.
            Some(PoolRefusal::NonceTooLow) => Ok(false),
            Some(refusal) => Err(SendError::Refused {
                nonce,
                refusal,
                error,
            }),
        }
    }

    /// The version that is in a block, deep enough.
    pub(super) async fn landed(
        &self,
        nonce: u64,
        versions: &[B256],
    ) -> Result<Option<Landed>, SendError> {
        if versions.is_empty() {
            return Ok(None);
        }
        let used = match self.client.nonce(self.address()).await {
            Ok(next) => next > nonce,
            Err(error) if error.advice() == crate::Advice::Retry => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        if !used {
            return Ok(None);
        }
        for hash in versions.iter().rev() {
            let Some(receipt) = self.client.receipt(*hash).await? else {
                continue;
            };
            return Ok(self.deep_enough(&receipt).await?.then(|| Landed {
                receipt,
                versions: versions.len(),
            }));
        }
        // The nonce may have come back in a reorg between the two questions, and a busy node may count a transaction before it has
        // the receipt: only looks over a while prove a stranger.
        for _ in 0..STRANGER_LOOKS {
            tokio::time::sleep(STRANGER_LOOK).await;
            if self.client.nonce(self.address()).await? <= nonce {
                return Ok(None);
            }
            for hash in versions {
                if self.client.receipt(*hash).await?.is_some() {
                    return Ok(None);
                }
            }
        }
        Err(SendError::NonceTaken { nonce })
    }

    async fn deep_enough(&self, receipt: &TransactionReceipt) -> Result<bool, L1Error> {
        let (Some(number), Some(hash)) = (receipt.block_number, receipt.block_hash) else {
            return Ok(false);
        };
        let head = self.client.head().await?;
        if head.number < number.saturating_add(self.config.confirmations) {
            return Ok(false);
        }
        // Still in the chain?
        let there = self.client.block(BlockId::number(number)).await?;
        Ok(there.is_some_and(|block| block.hash == hash))
    }

    pub(super) async fn estimate(&self, outgoing: &Outgoing) -> Result<u64, L1Error> {
        let mut request = TransactionRequest::default()
            .from(self.address())
            .value(outgoing.value_wei)
            .input(outgoing.input.clone().into());
        request.to = Some(outgoing.to.map_or(TxKind::Create, TxKind::Call));
        let gas = self.client.estimate_gas(request).await?;
        // A tenth more: state moves between estimate and block.
        Ok(gas.saturating_add(gas / 10))
    }

    pub(super) fn sign(
        &self,
        outgoing: &Outgoing,
        nonce: u64,
        gas_limit: u64,
        offer: &Offer,
    ) -> Result<TxEnvelope, SendError> {
        match (&outgoing.sidecar, outgoing.to) {
            (Some(sidecar), Some(to)) => {
                let tx = TxEip4844 {
                    chain_id: self.chain_id,
                    nonce,
                    gas_limit,
                    max_fee_per_gas: offer.max_fee_wei,
                    max_priority_fee_per_gas: offer.tip_wei,
                    to,
                    value: outgoing.value_wei,
                    access_list: Default::default(),
                    blob_versioned_hashes: blob::hashes(sidecar),
                    max_fee_per_blob_gas: offer.max_blob_fee_wei,
                    input: outgoing.input.clone(),
                };
                let signature = self.signer.sign_hash_sync(&tx.signature_hash())?;
                let with_sidecar = TxEip4844WithSidecar::from_tx_and_sidecar(tx, sidecar.clone());
                Ok(TxEnvelope::Eip4844(
                    with_sidecar.into_signed(signature).into(),
                ))
            }
            (Some(_), None) => Err(SendError::L1(L1Error::answer(
                "a blob transaction",
                "a receiver (EIP-4844 has no contract creation)",
                "none",
            ))),
            (None, to) => {
                let tx = TxEip1559 {
                    chain_id: self.chain_id,
                    nonce,
                    gas_limit,
                    max_fee_per_gas: offer.max_fee_wei,
                    max_priority_fee_per_gas: offer.tip_wei,
                    to: to.map_or(TxKind::Create, TxKind::Call),
                    value: outgoing.value_wei,
                    access_list: Default::default(),
                    input: outgoing.input.clone(),
                };
                let signature = self.signer.sign_hash_sync(&tx.signature_hash())?;
                Ok(TxEnvelope::Eip1559(tx.into_signed(signature)))
            }
        }
    }
}
