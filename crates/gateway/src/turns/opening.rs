use crate::{
    log::{LogWriter, Position as LogPosition},
    signer::Signer,
};
use alloy_sol_types::SolStruct;
use forebond_ledger::{
    Ledger,
    journal::encode_base,
    promise::{SignedBase, TurnStart},
};
use forebond_protocol::{Position, Window};
use std::sync::Arc;

/// Opens a window's turn on the newest sealed block: the base is in the log before it is signed, and the block it stands on
/// survives a power cut before either (R5, R17).
pub(super) fn open_turn(
    ledger: &mut Ledger,
    window: &Window,
    previous_window: Option<u64>,
    safe: u64,
    log: &mut LogWriter,
    signer: &mut Signer,
) -> eyre::Result<(Arc<SignedBase>, LogPosition)> {
    ledger.settle_all()?;
    let start = TurnStart::on(ledger.latest(), window.last_slot, previous_window, safe);
    ledger.sync()?;
    let (kind, payload) = encode_base(&start.base);
    let position = log.append(kind, &[&payload])?;
    log.commit()?;
    let hash = start.base.eip712_hash_struct();
    let at = Position::Base {
        window: start.base.window,
        attempt: start.base.attempt,
    };
    let signatures = signer.sign_all(&[(at, hash)])?;
    let Some(signature) = signatures.first().copied() else {
        eyre::bail!("the signer gave no signature");
    };
    Ok((Arc::new(start.signed(signer.domain(), signature)), position))
}
