//! What a gateway signs that it must not: pure.

use alloy_consensus::Eip658Value;
use alloy_eips::eip2718::{Decodable2718, Encodable2718};
use alloy_primitives::keccak256;
use eyre::{Result, ensure, eyre};
use forebond_harness::scenario::accounts::Committer;
use forebond_protocol::branch_root;
use forebond_types::{Base, Domain, Frag, FragWire, Leaf, Preconfirmation, Seal, SealWire};
use op_alloy_consensus::OpReceiptEnvelope;
use serde_json::{Value, json};

/// A gateway's key and where its signatures count.
#[derive(Clone, Debug)]
pub(super) struct Pen {
    /// The key.
    pub(super) committer: Committer,
    /// The rollup's domain.
    pub(super) domain: Domain,
}

impl Pen {
    /// The promise of `object` with another outcome of the same transaction, at the same place: a second truth for one user. It
    /// holds to whoever sees it alone.
    ///
    /// # Errors
    /// When the object is no promise.
    pub(super) fn contradict(&self, object: &Preconfirmation) -> Result<Preconfirmation> {
        let mut twin = object.clone();
        twin.receipt = failed(&object.receipt)?.into();
        twin.leaf.receipt_hash = keccak256(&twin.receipt);
        let leaf = Leaf::from(&twin.leaf);
        let first = u64::from(twin.frag.first_transaction);
        let place = u32::try_from(leaf.index.saturating_sub(first))?;
        let root = branch_root(
            leaf.hash(),
            place,
            twin.frag.transaction_count,
            &twin.branch,
        );
        twin.frag.promises_root = root.ok_or_else(|| eyre!("the branch is none of its frag"))?;
        twin.frag_signature = self
            .committer
            .sign(self.domain.digest(&Frag::from(&twin.frag)));
        ensure!(twin.frag != object.frag, "both frags say the same");
        Ok(twin)
    }

    /// The seal, saying that the turn is over.
    pub(super) fn false_end(&self, seal: &Seal) -> (Seal, forebond_types::Signature) {
        let end = Seal {
            endOfWindow: true,
            ..seal.clone()
        };
        let signature = self.committer.sign(self.domain.digest(&end));
        (end, signature)
    }

    /// The base on a parent that never was.
    pub(super) fn broken_base(&self, base: &Base) -> (Base, forebond_types::Signature) {
        let broken = Base {
            parentBlockHash: keccak256(base.parentBlockHash),
            ..base.clone()
        };
        let signature = self.committer.sign(self.domain.digest(&broken));
        (broken, signature)
    }
}

/// Consensus bytes of the receipt with the other status.
fn failed(receipt: &[u8]) -> Result<Vec<u8>> {
    let mut envelope = OpReceiptEnvelope::decode_2718_exact(receipt)?;
    let status = Eip658Value::Eip658(!envelope.status());
    match &mut envelope {
        OpReceiptEnvelope::Legacy(receipt)
        | OpReceiptEnvelope::Eip2930(receipt)
        | OpReceiptEnvelope::Eip1559(receipt)
        | OpReceiptEnvelope::Eip7702(receipt) => receipt.receipt.status = status,
        _ => eyre::bail!("a deposit is nobody's promise"),
    }
    Ok(envelope.encoded_2718())
}

/// Two signed messages as a watcher takes them.
pub(super) fn contradiction(first: Value, second: Value) -> Value {
    json!({ "first": first, "second": second })
}

/// A signed seal as a watcher takes it.
pub(super) fn seal_json(seal: &Seal, signature: &forebond_types::Signature) -> Value {
    json!({ "kind": "seal", "message": SealWire::from(seal), "signature": signature })
}

/// A signed frag as a watcher takes it.
pub(super) fn frag_json(frag: &Frag, signature: &forebond_types::Signature) -> Value {
    json!({ "kind": "frag", "message": FragWire::from(frag), "signature": signature })
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_consensus::{Receipt, ReceiptWithBloom};

    #[test]
    fn a_failed_receipt_is_the_same_receipt_with_the_other_status() {
        let receipt = Receipt {
            status: Eip658Value::Eip658(true),
            cumulative_gas_used: 77_000,
            logs: vec![],
        };
        let bytes = OpReceiptEnvelope::Eip1559(ReceiptWithBloom::from(receipt)).encoded_2718();
        let other = failed(&bytes).unwrap();
        assert_ne!(other, bytes);
        let decoded = OpReceiptEnvelope::decode_2718_exact(&other).unwrap();
        assert!(!decoded.status() && decoded.cumulative_gas_used() == 77_000);
        assert_eq!(failed(&other).unwrap(), bytes);
    }
}
