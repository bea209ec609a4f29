use alloy_primitives::{Address, B256, Bytes};
use alloy_rlp::{Decodable, Encodable, RlpDecodable, RlpEncodable};
use alloy_sol_types::SolValue;
use forebond_evidence::{Attested, Promise};
use forebond_l1::execution::BlockRef;
use forebond_protocol::Signed;
use forebond_settlement::PostedBatch;
use forebond_types::{Base, Batch, BlockEnv, Frag, Leaf, Seal};

const BASE: u8 = 0;
const FRAG: u8 = 1;
const SEAL: u8 = 2;
const PROMISES: u8 = 3;

/// Something heard, as it lies on disk: whole enough to be heard again after a restart.
#[derive(Clone, Debug)]
#[allow(
    clippy::large_enum_variant,
    reason = "the large variant is the ordinary one"
)]
pub enum Row {
    /// A signed message under a base, or a base itself.
    Message {
        /// Preimage of the base.
        base: Base,
        /// What was signed.
        message: Signed,
        /// Signatures, 65 bytes each.
        signature: Bytes,
    },
    /// Promises of one frag with their raw transactions.
    Promises {
        /// Preimage of the base.
        base: Base,
        /// All of one frag.
        promises: Vec<(Promise, Bytes)>,
    },
}

/// A row that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum RowError {
    /// Not RLP of a row.
    #[error("a row does not decode: {0}")]
    Rlp(#[from] alloy_rlp::Error),
    /// A message in it is none.
    #[error("a message in a row does not decode: {0}")]
    Message(#[from] alloy_sol_types::Error),
    /// Written by a later version.
    #[error("a row is of kind {0}, known are 0 to 3")]
    Kind(u8),
}

#[derive(RlpEncodable, RlpDecodable)]
struct Flat {
    kind: u8,
    base: Bytes,
    message: Bytes,
    signature: Bytes,
    env: Bytes,
    told: Vec<FlatTold>,
}

#[derive(RlpEncodable, RlpDecodable)]
struct FlatTold {
    index: u64,
    tx_hash: B256,
    sender: Address,
    receipt_hash: B256,
    writes_hash: B256,
    coverage: u128,
    branch: Vec<B256>,
    transaction: Bytes,
}

impl Row {
    /// Its bytes.
    pub fn encode(&self) -> Vec<u8> {
        let flat = match self {
            Self::Message {
                base,
                message,
                signature,
            } => {
                let (kind, bytes) = match message {
                    Signed::Base(base) => (BASE, base.abi_encode()),
                    Signed::Frag(frag) => (FRAG, frag.abi_encode()),
                    Signed::Seal(seal) => (SEAL, seal.abi_encode()),
                };
                Flat {
                    kind,
                    base: base.abi_encode().into(),
                    message: bytes.into(),
                    signature: signature.clone(),
                    env: Bytes::new(),
                    told: Vec::new(),
                }
            }
            Self::Promises { base, promises } => {
                let first = promises.first().map(|(promise, _)| promise);
                Flat {
                    kind: PROMISES,
                    base: base.abi_encode().into(),
                    message: first
                        .map(|one| one.frag.message.abi_encode().into())
                        .unwrap_or_default(),
                    signature: first
                        .map(|one| one.frag.signature.clone())
                        .unwrap_or_default(),
                    env: first
                        .map(|one| one.env.abi_encode().into())
                        .unwrap_or_default(),
                    told: promises.iter().map(FlatTold::of).collect(),
                }
            }
        };
        let mut out = Vec::with_capacity(flat.length());
        flat.encode(&mut out);
        out
    }

    /// From its bytes.
    ///
    /// # Errors
    /// [`RowError`].
    pub fn decode(mut bytes: &[u8]) -> Result<Self, RowError> {
        let flat = Flat::decode(&mut bytes)?;
        let base = Base::abi_decode(&flat.base)?;
        let message = match flat.kind {
            BASE => Signed::Base(Base::abi_decode(&flat.message)?),
            FRAG => Signed::Frag(Frag::abi_decode(&flat.message)?),
            SEAL => Signed::Seal(Seal::abi_decode(&flat.message)?),
            PROMISES => {
                let frag = Attested {
                    message: Frag::abi_decode(&flat.message)?,
                    signature: flat.signature,
                };
                let env = BlockEnv::abi_decode(&flat.env)?;
                let promises = flat
                    .told
                    .into_iter()
                    .map(|told| told.promise(&frag, &env))
                    .collect();
                return Ok(Self::Promises { base, promises });
            }
            other => return Err(RowError::Kind(other)),
        };
        Ok(Self::Message {
            base,
            message,
            signature: flat.signature,
        })
    }

    /// The window of its base.
    pub const fn window(&self) -> u64 {
        match self {
            Self::Message { base, .. } | Self::Promises { base, .. } => base.window,
        }
    }
}

impl FlatTold {
    fn of((promise, transaction): &(Promise, Bytes)) -> Self {
        let leaf = &promise.leaf;
        Self {
            index: leaf.index,
            tx_hash: leaf.tx_hash,
            sender: leaf.sender,
            receipt_hash: leaf.receipt_hash,
            writes_hash: leaf.writes_hash,
            coverage: leaf.coverage,
            branch: promise.branch.clone(),
            transaction: transaction.clone(),
        }
    }

    fn promise(self, frag: &Attested<Frag>, env: &BlockEnv) -> (Promise, Bytes) {
        let promise = Promise {
            frag: frag.clone(),
            env: env.clone(),
            leaf: Leaf {
                index: self.index,
                tx_hash: self.tx_hash,
                sender: self.sender,
                receipt_hash: self.receipt_hash,
                writes_hash: self.writes_hash,
                coverage: self.coverage,
            },
            branch: self.branch,
        };
        (promise, self.transaction)
    }
}

/// A posted batch as it lies on disk.
#[derive(Clone, Debug, PartialEq, Eq, RlpEncodable, RlpDecodable)]
pub struct PostedRow {
    id: u32,
    gateway: u32,
    parent_id: u32,
    batch: Bytes,
    signature: Bytes,
    number: u64,
    hash: B256,
    parent_hash: B256,
    timestamp_s: u64,
    slot: u64,
    log_index: u64,
    tx: B256,
}

impl PostedRow {
    /// Its bytes.
    pub fn bytes_of(posted: &PostedBatch) -> Vec<u8> {
        let row = Self {
            id: posted.id,
            gateway: posted.gateway,
            parent_id: posted.parent_id,
            batch: posted.batch.abi_encode().into(),
            signature: posted.signature.clone(),
            number: posted.at.number,
            hash: posted.at.hash,
            parent_hash: posted.at.parent_hash,
            timestamp_s: posted.at.timestamp_s,
            slot: posted.slot,
            log_index: posted.log_index,
            tx: posted.tx,
        };
        let mut out = Vec::with_capacity(row.length());
        row.encode(&mut out);
        out
    }

    /// From its bytes.
    ///
    /// # Errors
    /// [`RowError`].
    pub fn read(mut bytes: &[u8]) -> Result<PostedBatch, RowError> {
        let row = Self::decode(&mut bytes)?;
        Ok(PostedBatch {
            id: row.id,
            gateway: row.gateway,
            parent_id: row.parent_id,
            batch: Batch::abi_decode(&row.batch)?,
            signature: row.signature,
            at: BlockRef {
                number: row.number,
                hash: row.hash,
                parent_hash: row.parent_hash,
                timestamp_s: row.timestamp_s,
            },
            slot: row.slot,
            log_index: row.log_index,
            tx: row.tx,
        })
    }
}
