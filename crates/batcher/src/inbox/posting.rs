use alloy_primitives::{B256, Bytes};
use alloy_sol_types::SolCall;
use forebond_contracts::{ConvertError, bindings::Inbox, convert};
use forebond_settlement::CommitterSet;
use forebond_types::{Base, Batch, Signature};

use crate::source::SignedBase;

/// Everything a posting brings, the slot aside.
#[derive(Clone, Debug)]
pub struct Letters {
    /// The claim.
    pub batch: Batch,
    /// Our signature on it.
    pub signature: Signature,
    /// Who signs for us.
    pub set: CommitterSet,
    /// Our window's Base, unless the Inbox has it.
    pub base: Option<SignedBase>,
    /// The present owner's Base and who signs for it, when our window is over (R5).
    pub permit: Option<(SignedBase, CommitterSet)>,
    /// The batch to post on and its child that is held void, when the newest batch is not the one to post on (R4).
    pub disputing: Option<(u32, u32)>,
}

/// Calldata of the posting in the block of `slot`.
///
/// # Errors
/// [`ConvertError`], never for messages of this version.
pub fn posting_call(letters: &Letters, slot: u64) -> Result<Bytes, ConvertError> {
    let (base, base_signature) = parts(letters.base.as_ref())?;
    let (permit, permit_signature) = parts(letters.permit.as_ref().map(|(base, _)| base))?;
    let posting = Inbox::Posting {
        batch: convert(&letters.batch)?,
        set: set(Some(&letters.set)),
        base,
        baseSignature: base_signature,
        permit,
        permitSet: set(letters.permit.as_ref().map(|(_, set)| set)),
        permitSignature: permit_signature,
        slotProof: Bytes::new(),
    };
    let signature = Bytes::copy_from_slice(letters.signature.as_bytes());
    let call = match letters.disputing {
        None => Inbox::postBatchCall {
            posting,
            gatewaySignature: signature,
            slot,
        }
        .abi_encode(),
        Some((parent, disputed)) => Inbox::postBatchDisputingCall {
            posting,
            gatewaySignature: signature,
            slot,
            parentId: parent,
            disputedId: disputed,
        }
        .abi_encode(),
    };
    Ok(call.into())
}

fn set(set: Option<&CommitterSet>) -> Inbox::CommitterSet {
    Inbox::CommitterSet {
        threshold: set.map_or(0, |set| set.threshold),
        members: set.map(|set| set.members.clone()).unwrap_or_default(),
    }
}

fn parts(base: Option<&SignedBase>) -> Result<(Inbox::Base, Bytes), ConvertError> {
    const NONE: Base = Base {
        window: 0,
        attempt: 0,
        parentBlock: 0,
        parentBlockHash: B256::ZERO,
        parentFrag: B256::ZERO,
        parentSeal: B256::ZERO,
    };
    Ok(match base {
        Some(signed) => (
            convert(&signed.base)?,
            Bytes::copy_from_slice(signed.signature.as_bytes()),
        ),
        None => (convert(&NONE)?, Bytes::new()),
    })
}
