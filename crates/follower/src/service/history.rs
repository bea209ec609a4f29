use crate::core::StandingBoard;
use alloy_primitives::Bytes;
use forebond_ledger::{
    envelopes::{EnvelopeWriter, base_envelope, seal_envelope},
    rpc::ChainReader,
};
use forebond_net::History;
use forebond_types::Envelope;
use std::sync::Arc;

/// Blocks that are looked at for a turn's end, from the window's last block down: a turn that ends early ends by a few blocks.
const END_WITHIN: u64 = 16;

/// Last block of a window's turn, by the window's last slot.
pub(super) type LastBlock = Box<dyn Fn(u64) -> Option<u64> + Send + Sync>;

/// What this process hands out of the past: what its board and its store hold.
pub(super) struct ChainHistory {
    pub(super) reader: Arc<ChainReader>,
    pub(super) standing: Arc<StandingBoard>,
    pub(super) last_block: LastBlock,
}

impl ChainHistory {
    /// Messages of one block as it is now; none when it is not here.
    fn of_block(&self, number: u64, writer: &mut EnvelopeWriter) -> Option<Vec<Bytes>> {
        let view = self.reader.board.view();
        let mut out = Vec::new();
        if number <= view.latest.number() {
            let block = self.reader.sealed(number).ok()??;
            writer.block(&block, &mut out);
        } else {
            let open = view.unsealed.iter();
            let open = open
                .into_iter()
                .find(|b| b.start.opening.number == number)?;
            for frag in &open.frags {
                writer.frag(frag, &mut out);
            }
        }
        Some(out)
    }
}

impl History for ChainHistory {
    fn envelopes(&self, from_block: u64, max_blocks: u16, max_bytes: usize) -> Vec<Bytes> {
        let from = from_block.max(1);
        let mut writer = EnvelopeWriter::default();
        let (mut found, mut bytes) = (Vec::new(), 0usize);
        for number in from..from.saturating_add(u64::from(max_blocks)) {
            let Some(of_block) = self.of_block(number, &mut writer) else {
                break;
            };
            for message in of_block {
                bytes = bytes.saturating_add(message.len());
                if bytes > max_bytes {
                    return found;
                }
                found.push(message);
            }
        }
        found
    }

    fn base(&self, window: u64) -> Option<Bytes> {
        let base = self.standing.base(window)?;
        Some(Envelope::Base(base_envelope(&base)).encode())
    }

    fn end_seal(&self, window: u64) -> Option<Bytes> {
        let newest = self.reader.board.view().latest.number();
        let last = (self.last_block)(window)?.min(newest);
        for number in (last.saturating_sub(END_WITHIN)..=last).rev() {
            let block = self.reader.sealed(number).ok()??;
            let of_window = block.base().map(|base| base.base.window) == Some(window);
            if let Some((seal, signature)) = block.seal.as_ref().filter(|_| of_window)
                && seal.endOfWindow
            {
                return Some(Envelope::Seal(seal_envelope(seal, *signature)).encode());
            }
        }
        None
    }
}
