//! A signed message as it travels: over gossip, streams and range requests alike.
//!
//! RLP: `[kind, message, signature, attachment…]`, where `message` is the ABI encoding of the struct. Decoding is strict:
//! trailing bytes, non-canonical lengths and unknown kinds are errors, so one message has one form.

use crate::{Base, Domain, Frag, Seal, Signature};
use alloy_primitives::{Address, B256, Bytes};
use alloy_rlp::{Decodable, Encodable, Header, RlpDecodable, RlpEncodable};
use alloy_sol_types::{SolStruct, SolValue};

/// Largest envelope that is read, bytes.
pub const MAX_ENVELOPE_BYTES: usize = 4 << 20;

const BASE: u8 = 1;
const FRAG: u8 = 2;
const SEAL: u8 = 3;

/// A signed message with what a follower needs to act on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Envelope {
    /// A turn opens: the handover marker.
    Base(BaseEnvelope),
    /// A run of promised transactions.
    Frag(FragEnvelope),
    /// A block's hash; the last one of a turn says so.
    Seal(SealEnvelope),
}

/// A base, and the seal it rests on when it has one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseEnvelope {
    /// The message.
    pub base: Base,
    /// The gateway's signature.
    pub signature: Signature,
    /// The predecessor's end-of-window seal whose struct hash is `base.parentSeal`.
    pub parent_seal: Option<SealEnvelope>,
}

/// A frag with its transactions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FragEnvelope {
    /// The message.
    pub frag: Frag,
    /// The gateway's signature.
    pub signature: Signature,
    /// How the block starts, as the ledger encodes it; empty unless the frag is its block's first.
    pub start: Bytes,
    /// The transactions, in order.
    pub transactions: Vec<EnvelopeTx>,
}

/// A promised transaction as it travels: the receiver recovers the sender and executes it, so nothing else needs to be believed.
#[derive(Clone, Debug, PartialEq, Eq, RlpEncodable, RlpDecodable)]
pub struct EnvelopeTx {
    /// Coverage in its leaf, wei.
    pub coverage_wei: u128,
    /// Raw EIP-2718 bytes.
    pub raw: Bytes,
}

/// A seal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealEnvelope {
    /// The message.
    pub seal: Seal,
    /// The gateway's signature.
    pub signature: Signature,
}

/// Why bytes are no envelope.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// Longer than anything honest.
    #[error("an envelope has at most {MAX_ENVELOPE_BYTES} bytes, got {0}")]
    TooLong(usize),
    /// A kind this version does not know.
    #[error("kind 1 (base), 2 (frag) or 3 (seal) expected, got {0}")]
    Kind(u8),
    /// Not the canonical encoding of its kind.
    #[error("the {what} does not decode: {reason}")]
    Malformed {
        /// Which part.
        what: &'static str,
        /// Why.
        reason: String,
    },
}

fn malformed(what: &'static str, reason: impl ToString) -> EnvelopeError {
    EnvelopeError::Malformed {
        what,
        reason: reason.to_string(),
    }
}

impl Envelope {
    /// Struct hash of the message: its identity, whatever the signature's bytes.
    pub fn struct_hash(&self) -> B256 {
        match self {
            Self::Base(base) => base.base.eip712_hash_struct(),
            Self::Frag(frag) => frag.frag.eip712_hash_struct(),
            Self::Seal(seal) => seal.seal.eip712_hash_struct(),
        }
    }

    /// Struct hash of the base the message stands under.
    pub fn base_hash(&self) -> B256 {
        match self {
            Self::Base(base) => base.base.eip712_hash_struct(),
            Self::Frag(frag) => frag.frag.base,
            Self::Seal(seal) => seal.seal.base,
        }
    }

    /// The signature.
    pub const fn signature(&self) -> &Signature {
        match self {
            Self::Base(base) => &base.signature,
            Self::Frag(frag) => &frag.signature,
            Self::Seal(seal) => &seal.signature,
        }
    }

    /// Who signed it in the domain with this separator.
    pub fn signer(&self, separator: B256) -> Result<Address, crate::SignatureError> {
        self.signature()
            .recover(Domain::digest_of(separator, self.struct_hash()))
    }

    /// The bytes that travel.
    pub fn encode(&self) -> Bytes {
        let mut body = Vec::with_capacity(1024);
        match self {
            Self::Base(envelope) => {
                BASE.encode(&mut body);
                put(&envelope.base.abi_encode(), &envelope.signature, &mut body);
                let (seal, signature) = match &envelope.parent_seal {
                    Some(parent) => (
                        Bytes::from(parent.seal.abi_encode()),
                        Bytes::copy_from_slice(parent.signature.as_bytes()),
                    ),
                    None => Default::default(),
                };
                seal.encode(&mut body);
                signature.encode(&mut body);
            }
            Self::Frag(envelope) => {
                FRAG.encode(&mut body);
                put(&envelope.frag.abi_encode(), &envelope.signature, &mut body);
                envelope.start.encode(&mut body);
                envelope.transactions.encode(&mut body);
            }
            Self::Seal(envelope) => {
                SEAL.encode(&mut body);
                put(&envelope.seal.abi_encode(), &envelope.signature, &mut body);
            }
        }
        let mut out = Vec::with_capacity(body.len() + 8);
        Header {
            list: true,
            payload_length: body.len(),
        }
        .encode(&mut out);
        out.extend_from_slice(&body);
        out.into()
    }

    /// Reads the one canonical form. Checks no signature.
    pub fn decode(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        if bytes.len() > MAX_ENVELOPE_BYTES {
            return Err(EnvelopeError::TooLong(bytes.len()));
        }
        let mut rest = bytes;
        let header = Header::decode(&mut rest).map_err(|e| malformed("envelope", e))?;
        if !header.list || header.payload_length != rest.len() {
            return Err(malformed(
                "envelope",
                "one list and nothing after it expected",
            ));
        }
        let kind = u8::decode(&mut rest).map_err(|e| malformed("kind", e))?;
        let message = Bytes::decode(&mut rest).map_err(|e| malformed("message", e))?;
        let signature = read_signature(&mut rest)?;
        let envelope = match kind {
            BASE => {
                let base = Base::abi_decode_validate(&message).map_err(|e| malformed("base", e))?;
                Self::Base(BaseEnvelope {
                    base,
                    signature,
                    parent_seal: read_parent_seal(&mut rest)?,
                })
            }
            FRAG => Self::Frag(FragEnvelope {
                frag: Frag::abi_decode_validate(&message).map_err(|e| malformed("frag", e))?,
                signature,
                start: Bytes::decode(&mut rest).map_err(|e| malformed("start", e))?,
                transactions: Vec::decode(&mut rest).map_err(|e| malformed("transactions", e))?,
            }),
            SEAL => Self::Seal(SealEnvelope {
                seal: Seal::abi_decode_validate(&message).map_err(|e| malformed("seal", e))?,
                signature,
            }),
            other => return Err(EnvelopeError::Kind(other)),
        };
        if !rest.is_empty() {
            return Err(malformed(
                "envelope",
                format!("{} trailing bytes", rest.len()),
            ));
        }
        if let Self::Frag(frag) = &envelope
            && frag.transactions.len() != frag.frag.transactionCount as usize
        {
            let reason = format!(
                "the frag promises {} transactions, {} come with it",
                frag.frag.transactionCount,
                frag.transactions.len()
            );
            return Err(malformed("transactions", reason));
        }
        Ok(envelope)
    }
}

fn put(message: &[u8], signature: &Signature, out: &mut Vec<u8>) {
    message.encode(out);
    signature.as_bytes().as_slice().encode(out);
}

fn read_signature(rest: &mut &[u8]) -> Result<Signature, EnvelopeError> {
    let bytes = Bytes::decode(rest).map_err(|e| malformed("signature", e))?;
    Signature::from_bytes(&bytes).map_err(|e| malformed("signature", e))
}

fn read_parent_seal(rest: &mut &[u8]) -> Result<Option<SealEnvelope>, EnvelopeError> {
    let seal = Bytes::decode(rest).map_err(|e| malformed("parent seal", e))?;
    if seal.is_empty() {
        let none = Bytes::decode(rest).map_err(|e| malformed("parent seal", e))?;
        if !none.is_empty() {
            return Err(malformed("parent seal", "a signature without a seal"));
        }
        return Ok(None);
    }
    Ok(Some(SealEnvelope {
        seal: Seal::abi_decode_validate(&seal).map_err(|e| malformed("parent seal", e))?,
        signature: read_signature(rest)?,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples() -> Vec<Envelope> {
        let key = secp256k1::SecretKey::from_slice(&[5; 32]).unwrap();
        let signature = Signature::sign(B256::repeat_byte(9), &key);
        let seal = SealEnvelope {
            seal: Seal {
                base: B256::repeat_byte(1),
                blockNumber: 7,
                blockHash: B256::repeat_byte(2),
                lastSequence: 3,
                lastFrag: B256::repeat_byte(4),
                endOfWindow: true,
            },
            signature,
        };
        let base = |parent_seal| {
            Envelope::Base(BaseEnvelope {
                base: Base {
                    window: 8,
                    attempt: 0,
                    parentBlock: 7,
                    parentBlockHash: B256::repeat_byte(2),
                    parentFrag: B256::repeat_byte(4),
                    parentSeal: B256::ZERO,
                },
                signature,
                parent_seal,
            })
        };
        let frag = Frag {
            base: B256::repeat_byte(1),
            blockNumber: 8,
            sequence: 0,
            previousFrag: B256::repeat_byte(1),
            timestamp: 9,
            l1OriginNumber: 1,
            l1OriginHash: B256::repeat_byte(7),
            issuedAtMs: 9_000,
            firstTransaction: 0,
            transactionCount: 2,
            promisesRoot: B256::repeat_byte(8),
            gasUsed: 50_000,
            windowCoverage: 5,
            orderingRule: 0,
            blockEnv: B256::repeat_byte(6),
        };
        vec![
            base(None),
            base(Some(seal.clone())),
            Envelope::Frag(FragEnvelope {
                frag,
                signature,
                start: Bytes::from_static(b"start"),
                transactions: vec![
                    EnvelopeTx {
                        coverage_wei: 0,
                        raw: Bytes::from_static(&[0x7e, 1, 2]),
                    },
                    EnvelopeTx {
                        coverage_wei: u128::MAX,
                        raw: Bytes::from_static(&[2; 200]),
                    },
                ],
            }),
            Envelope::Seal(seal),
        ]
    }

    #[test]
    fn an_envelope_comes_back_as_it_was_and_tells_who_signed() {
        for envelope in samples() {
            let bytes = envelope.encode();
            let again = Envelope::decode(&bytes).unwrap();
            assert_eq!(again, envelope);
            assert_eq!(again.encode(), bytes);
        }
        let key = secp256k1::SecretKey::from_slice(&[6; 32]).unwrap();
        let signer = Signature::sign(B256::ZERO, &key)
            .recover(B256::ZERO)
            .unwrap();
        let separator = B256::repeat_byte(3);
        let Some(Envelope::Seal(mut seal)) = samples().pop() else {
            panic!("a seal")
        };
        let digest = Domain::digest_of(separator, seal.seal.eip712_hash_struct());
        seal.signature = Signature::sign(digest, &key);
        assert_eq!(Envelope::Seal(seal).signer(separator), Ok(signer));
    }

    /// Pitfall: strict decode, no panic on a malformed gossip message.
    #[test]
    fn strict_decode_refuses_cut_longer_and_altered_envelopes_without_panic() {
        for envelope in samples() {
            let bytes = envelope.encode();
            for cut in 0..bytes.len() {
                assert!(Envelope::decode(&bytes[..cut]).is_err(), "{cut} bytes");
            }
            let mut longer = bytes.to_vec();
            longer.push(0);
            assert!(Envelope::decode(&longer).is_err());
            for place in 0..bytes.len() {
                let mut altered = bytes.to_vec();
                altered[place] ^= 0x80;
                if let Ok(other) = Envelope::decode(&altered) {
                    assert_eq!(other.encode(), altered, "one form for each message");
                }
            }
        }
        assert!(matches!(
            Envelope::decode(&vec![0; MAX_ENVELOPE_BYTES + 1]),
            Err(EnvelopeError::TooLong(_))
        ));
    }
}
