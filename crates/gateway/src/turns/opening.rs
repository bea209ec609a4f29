use crate::{
    log::{LogWriter, Position as LogPosition},
    signer::Signer,
};
use alloy_primitives::B256;
use alloy_sol_types::SolStruct;
use forebond_ledger::{Ledger, journal::encode_base, promise::SignedBase};
use forebond_protocol::{Position, Window};
use forebond_types::{Base, Grade, Seal, SignedSeal};
use std::sync::Arc;

/// Opens a window's turn on the newest sealed block: the base is in the log before it is signed, and the block it stands on
/// survives a power cut before either (R5, R17). Only the end of the window right before makes it sealed: an older end says nothing
/// of what came after it.
pub(super) fn open_turn(
    ledger: &mut Ledger,
    window: &Window,
    previous_window: Option<u64>,
    safe: u64,
    log: &mut LogWriter,
    signer: &mut Signer,
) -> eyre::Result<(Arc<SignedBase>, LogPosition)> {
    ledger.settle_all()?;
    let parent = ledger.latest().clone();
    let parent_seal = parent
        .seal
        .as_ref()
        .filter(|(seal, _)| seal.endOfWindow)
        .filter(|_| {
            let ended = parent.base().map(|base| base.base.window);
            ended.is_some() && ended == previous_window
        })
        .map(|(seal, signature): &(Seal, _)| SignedSeal {
            seal: seal.into(),
            signature: *signature,
        });
    let base = Base {
        window: window.last_slot,
        attempt: 0,
        parentBlock: parent.number(),
        parentBlockHash: parent.hash,
        parentFrag: parent.frags().last().map_or(B256::ZERO, |frag| frag.hash),
        parentSeal: parent_seal.as_ref().map_or(B256::ZERO, |sealed| {
            let seal: Seal = (&sealed.seal).into();
            seal.eip712_hash_struct()
        }),
    };
    ledger.sync()?;
    let (kind, payload) = encode_base(&base);
    let position = log.append(kind, &[&payload])?;
    log.commit()?;
    let hash = base.eip712_hash_struct();
    let at = Position::Base {
        window: base.window,
        attempt: base.attempt,
    };
    let signatures = signer.sign_all(&[(at, hash)])?;
    let Some(signature) = signatures.first().copied() else {
        eyre::bail!("the signer gave no signature");
    };
    let grade = match &parent_seal {
        Some(_) => Grade::Sealed,
        None if parent.number() <= safe => Grade::Posted,
        None => Grade::Open,
    };
    let signed = SignedBase {
        domain: signer.domain(),
        hash,
        signature,
        grade,
        parent_seal,
        base,
    };
    Ok((Arc::new(signed), position))
}
