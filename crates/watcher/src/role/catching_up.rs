use forebond_ledger::rpc::ChainReader;
use forebond_protocol::Signed;

use super::listening::{hear_frag, ignore_unheard};
use crate::hearing::{Desk, DeskError};

/// Hears what the newest `blocks` blocks of the store were built from: bases, frags with their promises, seals. How many blocks had any.
/// Reads the store: not for a task that must not wait.
pub(super) fn from_store(
    desk: &Desk,
    slot: u64,
    reader: &ChainReader,
    blocks: u64,
) -> Result<u64, DeskError> {
    let view = reader.board.view();
    let newest = view.latest.number();
    let first = newest.saturating_sub(blocks).saturating_add(1).max(1);
    let mut with = 0u64;
    for number in first..=newest {
        let Ok(Some(block)) = reader.sealed(number) else {
            continue;
        };
        for frag in block.frags() {
            hear_frag(desk, slot, frag)?;
        }
        if let Some((seal, signature)) = &block.seal {
            let signature = signature.as_bytes().to_vec().into();
            ignore_unheard(desk.hear(slot, Signed::Seal(seal.clone()), signature))?;
        }
        with = with.saturating_add(u64::from(!block.frags().is_empty()));
    }
    for open in &view.unsealed {
        for frag in &open.frags {
            hear_frag(desk, slot, frag)?;
        }
    }
    Ok(with)
}
