//! How a sealed block is kept in the store: RLP, compressed with LZ4.
//!
//! Everything a promise object needs is in it, so that a preconfirmation can still be served when
//! the block is long sealed.

use super::{Content, SealedBlock};
use crate::{
    journal::StartRecord,
    promise::{BlockStart, PromisedTx, PublishedFrag, SignedBase},
};
use alloy_consensus::Header;
use alloy_eips::Decodable2718;
use alloy_primitives::{Address, Bytes, U256, keccak256};
use alloy_rlp::{Decodable, Encodable, RlpDecodable, RlpEncodable};
use alloy_sol_types::{SolStruct, SolValue};
use forebond_exec::PreparedTx;
use forebond_protocol::PromisesTree;
use forebond_types::{Base, Domain, Frag, Grade, Leaf, Seal, Signature};
use op_alloy_consensus::OpReceiptEnvelope;
use std::sync::Arc;

/// Largest decompressed body that is read, bytes.
const MAX_BODY_BYTES: usize = 1 << 30;

#[derive(RlpEncodable, RlpDecodable)]
struct BodyRlp {
    header: Header,
    start: StartRecord,
    /// Empty for a derived block, whose transactions then stand in one frag without message.
    base: Bytes,
    base_signature: Bytes,
    /// JSON of the parent seal, empty without one.
    parent_seal: Bytes,
    grade: u8,
    /// Both empty when the seal is not known.
    seal: Bytes,
    seal_signature: Bytes,
    frags: Vec<FragRlp>,
}

#[derive(RlpEncodable, RlpDecodable)]
struct FragRlp {
    frag: Bytes,
    signature: Bytes,
    transactions: Vec<TxRlp>,
}

#[derive(RlpEncodable, RlpDecodable)]
struct TxRlp {
    sender: Address,
    coverage_wei: u128,
    raw: Bytes,
    receipt: Bytes,
    writes: Bytes,
    gas_used: u64,
    effective_gas_price_wei: u128,
    l1_fee_wei: U256,
    /// 20 bytes, or none.
    created: Bytes,
    first_log: u64,
}

/// Why a stored body cannot be read.
#[derive(Debug, thiserror::Error)]
#[error(
    "a stored block does not decode ({0}); the state database is damaged: restore it from a copy"
)]
pub struct BodyError(String);

fn damaged(reason: impl ToString) -> BodyError {
    BodyError(reason.to_string())
}

/// Encodes a sealed block.
pub fn encode_body(block: &SealedBlock) -> Bytes {
    let base = block.base();
    let parent_seal = base
        .and_then(|base| base.parent_seal.as_ref())
        .and_then(|s| serde_json::to_vec(s).ok());
    let (seal, seal_signature) = match &block.seal {
        Some((seal, signature)) => (
            seal.abi_encode().into(),
            Bytes::copy_from_slice(signature.as_bytes()),
        ),
        None => Default::default(),
    };
    let body = BodyRlp {
        header: block.header.clone(),
        start: StartRecord::from(block.start.as_ref()),
        base: base.map_or_else(Bytes::new, |base| base.base.abi_encode().into()),
        base_signature: base.map_or_else(Bytes::new, |base| {
            Bytes::copy_from_slice(base.signature.as_bytes())
        }),
        parent_seal: parent_seal.unwrap_or_default().into(),
        grade: base.map_or(0, |base| grade_id(base.grade)),
        seal,
        seal_signature,
        frags: match &block.content {
            Content::Promised(frags) => frags.iter().map(|f| frag_rlp(f)).collect(),
            Content::Derived(transactions) => vec![FragRlp {
                frag: Bytes::new(),
                signature: Bytes::new(),
                transactions: transactions.iter().map(|t| tx_rlp(t)).collect(),
            }],
        },
    };
    let mut out = Vec::with_capacity(body.length());
    body.encode(&mut out);
    lz4_flex::compress_prepend_size(&out).into()
}

const fn grade_id(grade: Grade) -> u8 {
    match grade {
        Grade::Posted => 0,
        Grade::Sealed => 1,
        Grade::Open => 2,
    }
}

fn frag_rlp(published: &PublishedFrag) -> FragRlp {
    FragRlp {
        frag: published.frag.abi_encode().into(),
        signature: Bytes::copy_from_slice(published.signature.as_bytes()),
        transactions: published.transactions.iter().map(|t| tx_rlp(t)).collect(),
    }
}

fn tx_rlp(t: &PromisedTx) -> TxRlp {
    TxRlp {
        sender: t.leaf.sender,
        coverage_wei: t.leaf.coverage,
        raw: t.tx.raw().clone(),
        receipt: t.receipt_bytes.clone(),
        writes: t.writes.clone(),
        gas_used: t.gas_used,
        effective_gas_price_wei: t.effective_gas_price_wei,
        l1_fee_wei: t.l1_fee_wei,
        created: t
            .created
            .map_or_else(Bytes::new, |a| Bytes::copy_from_slice(a.as_slice())),
        first_log: t.first_log,
    }
}

fn decompress(bytes: &[u8]) -> Result<Vec<u8>, BodyError> {
    let (size, _) = lz4_flex::block::uncompressed_size(bytes).map_err(damaged)?;
    if size > MAX_BODY_BYTES {
        return Err(damaged(format!("{size} bytes")));
    }
    lz4_flex::decompress_size_prepended(bytes).map_err(damaged)
}

/// Decodes no more of a stored block than its header: a hundredth of the work.
pub fn decode_header(bytes: &[u8]) -> Result<Header, BodyError> {
    let raw = decompress(bytes)?;
    let mut rest = raw.as_slice();
    alloy_rlp::Header::decode_bytes(&mut rest, true)
        .and_then(|mut fields| Header::decode(&mut fields))
        .map_err(damaged)
}

/// Decodes a stored block of the rollup with this signature domain.
pub fn decode_body(bytes: &[u8], domain: Domain) -> Result<SealedBlock, BodyError> {
    let raw = decompress(bytes)?;
    let mut rest = raw.as_slice();
    let body = BodyRlp::decode(&mut rest).map_err(damaged)?;
    if !rest.is_empty() {
        return Err(damaged("trailing bytes"));
    }
    let seal = if body.seal.is_empty() {
        None
    } else {
        let seal = Seal::abi_decode_validate(&body.seal).map_err(damaged)?;
        Some((
            seal,
            Signature::from_bytes(&body.seal_signature).map_err(damaged)?,
        ))
    };
    let start = Arc::new(
        body.start
            .restore(body.header.number, body.header.timestamp)
            .map_err(damaged)?,
    );
    let hash = body.header.hash_slow();
    let content = if body.base.is_empty() {
        let [only] = <[FragRlp; 1]>::try_from(body.frags)
            .map_err(|_| damaged("a derived block in more than one piece"))?;
        Content::Derived(restore_transactions(0, only.transactions)?)
    } else {
        let base = Arc::new(restore_base(&body, domain)?);
        Content::Promised(restore_frags(&base, &start, body.frags)?)
    };
    Ok(SealedBlock {
        header: body.header,
        hash,
        start,
        content,
        seal,
    })
}

fn restore_transactions(first: u64, stored: Vec<TxRlp>) -> Result<Vec<Arc<PromisedTx>>, BodyError> {
    (first..)
        .zip(stored)
        .map(|(index, t)| restore_tx(index, t).map(Arc::new))
        .collect()
}

fn restore_frags(
    base: &Arc<SignedBase>,
    start: &Arc<BlockStart>,
    stored: Vec<FragRlp>,
) -> Result<Vec<Arc<PublishedFrag>>, BodyError> {
    let mut frags = Vec::with_capacity(stored.len());
    let mut index = 0;
    for frag in stored {
        let message = Frag::abi_decode_validate(&frag.frag).map_err(damaged)?;
        let transactions = restore_transactions(index, frag.transactions)?;
        index = index.saturating_add(transactions.len() as u64);
        let tree = PromisesTree::new(transactions.iter().map(|t| t.leaf.hash()).collect())
            .ok_or_else(|| damaged("a frag without transactions"))?;
        let hash = message.eip712_hash_struct();
        let signature = Signature::from_bytes(&frag.signature).map_err(damaged)?;
        frags.push(Arc::new(PublishedFrag::new(
            base.clone(),
            start.clone(),
            (message, hash),
            signature,
            transactions,
            tree,
        )));
    }
    Ok(frags)
}

fn restore_base(body: &BodyRlp, domain: Domain) -> Result<SignedBase, BodyError> {
    let base = Base::abi_decode_validate(&body.base).map_err(damaged)?;
    let grade = match body.grade {
        0 => Grade::Posted,
        1 => Grade::Sealed,
        2 => Grade::Open,
        other => return Err(damaged(format!("grade {other}"))),
    };
    let parent_seal = if body.parent_seal.is_empty() {
        None
    } else {
        Some(serde_json::from_slice(&body.parent_seal).map_err(damaged)?)
    };
    Ok(SignedBase {
        domain,
        hash: base.eip712_hash_struct(),
        base,
        signature: Signature::from_bytes(&body.base_signature).map_err(damaged)?,
        grade,
        parent_seal,
    })
}

fn restore_tx(index: u64, stored: TxRlp) -> Result<PromisedTx, BodyError> {
    let tx = PreparedTx::restore(stored.raw, stored.sender).map_err(damaged)?;
    let leaf = Leaf {
        index,
        tx_hash: tx.hash(),
        sender: stored.sender,
        receipt_hash: keccak256(&stored.receipt),
        writes_hash: keccak256(&stored.writes),
        coverage: stored.coverage_wei,
    };
    let created = match stored.created.len() {
        0 => None,
        20 => Some(Address::from_slice(&stored.created)),
        other => return Err(damaged(format!("an address of {other} bytes"))),
    };
    Ok(PromisedTx {
        tx: Arc::new(tx),
        leaf,
        receipt: OpReceiptEnvelope::decode_2718_exact(&stored.receipt).map_err(damaged)?,
        receipt_bytes: stored.receipt,
        writes: stored.writes,
        gas_used: stored.gas_used,
        effective_gas_price_wei: stored.effective_gas_price_wei,
        l1_fee_wei: stored.l1_fee_wei,
        created,
        first_log: stored.first_log,
        received: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::promise::sample;
    use alloy_primitives::B256;

    fn block() -> SealedBlock {
        let key = secp256k1::SecretKey::from_slice(&[5; 32]).unwrap();
        let frag = sample::frag(3);
        let header = Header {
            number: 1,
            timestamp: 1,
            ..Default::default()
        };
        let hash = header.hash_slow();
        let seal = Seal {
            base: frag.base.hash,
            blockNumber: 1,
            blockHash: hash,
            lastSequence: 0,
            lastFrag: frag.hash,
            endOfWindow: false,
        };
        let signature = Signature::sign(B256::ZERO, &key);
        let start = frag.start.clone();
        SealedBlock {
            header,
            hash,
            start,
            content: Content::Promised(vec![frag]),
            seal: Some((seal, signature)),
        }
    }

    #[test]
    fn a_stored_block_comes_back_with_every_promise() {
        let block = block();
        let body = encode_body(&block);
        let again = decode_body(&body, sample::DOMAIN).unwrap();
        assert_eq!(again.hash, block.hash);
        assert_eq!(again.start, block.start);
        assert_eq!(again.seal, block.seal);
        for place in 0..3 {
            let object = again.frags()[0].preconfirmation(place).unwrap();
            assert_eq!(object, block.frags()[0].preconfirmation(place).unwrap());
        }
        assert_eq!(encode_body(&again), body);
        assert_eq!(decode_header(&body).unwrap(), block.header);
    }

    #[test]
    fn a_derived_block_comes_back_with_its_transactions_and_no_promise() {
        let promised = block();
        let derived = SealedBlock {
            content: Content::Derived(promised.transactions().cloned().collect()),
            seal: None,
            ..promised
        };
        let again = decode_body(&encode_body(&derived), sample::DOMAIN).unwrap();
        assert!(again.frags().is_empty() && again.seal.is_none());
        assert_eq!(again.transactions().count(), 3);
        assert_eq!(again.transaction(2).unwrap().leaf.index, 2);
        assert_eq!(encode_body(&again), encode_body(&derived));
    }

    #[test]
    fn damaged_bytes_are_an_error_and_never_a_panic() {
        let body = encode_body(&block());
        for cut in 0..body.len() {
            assert!(decode_body(&body[..cut], sample::DOMAIN).is_err());
        }
        let mut large = body.to_vec();
        large[..4].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(decode_body(&large, sample::DOMAIN).is_err());
    }
}
