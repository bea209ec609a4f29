//! Blobs to blocks.

use super::{
    BatchBlock, DecodeError, MAX_BLOBS, MAX_CHANNELS, MAX_RLP_BYTES,
    blob::unpack,
    frame::{self, ChannelId, Frame},
    singular, zlib,
};
use alloy_eips::eip4844::Blob;

/// The blocks of a batch: whole channels, one after the other, over exactly these blobs (R8).
///
/// Strict: one byte that [`encode`](super::encode) could not have a reason to write makes it an error, never fewer blocks. Frames come
/// in order and channels one after the other, as OP demands since Holocene; what OP would skip is refused, because a batch
/// of which a part is skipped has no claim.
pub fn decode(blobs: &[Box<Blob>]) -> Result<Vec<BatchBlock>, DecodeError> {
    if blobs.is_empty() {
        return Err(DecodeError::NoBlobs);
    }
    if blobs.len() > MAX_BLOBS {
        return Err(DecodeError::Blobs(blobs.len()));
    }
    let mut reader = Reader::default();
    for (index, blob) in blobs.iter().enumerate() {
        let content = unpack(blob, index)?;
        let mut frames = match content.split_first() {
            Some((0, frames)) => frames,
            other => {
                let got = other.map(|(version, _)| *version);
                return Err(DecodeError::Version { blob: index, got });
            }
        };
        if frames.is_empty() {
            return Err(DecodeError::NoFrames { blob: index });
        }
        while !frames.is_empty() {
            reader.take(frame::read(&mut frames, index)?, index)?;
        }
    }
    if reader.open.is_some() {
        return Err(DecodeError::Unfinished);
    }
    Ok(reader.blocks)
}

/// The blocks read so far, and the channel that is not complete yet.
#[derive(Default)]
struct Reader {
    blocks: Vec<BatchBlock>,
    transactions: usize,
    rlp_bytes: usize,
    seen: Vec<ChannelId>,
    open: Option<Open>,
}

struct Open {
    id: ChannelId,
    /// Wider than a frame's number: a channel of 65,536 frames has no next one.
    next: u32,
    data: Vec<u8>,
}

impl Reader {
    fn take(&mut self, frame: Frame<'_>, blob: usize) -> Result<(), DecodeError> {
        let mut open = match self.open.take() {
            Some(open) => open,
            None => self.begin(frame.id, blob)?,
        };
        if open.id != frame.id {
            return Err(DecodeError::Interleaved { blob });
        }
        if open.next != u32::from(frame.number) {
            return Err(DecodeError::FrameNumber {
                blob,
                expected: open.next,
                got: frame.number,
            });
        }
        open.next += 1;
        open.data.extend_from_slice(frame.data);
        if frame.is_last {
            let rlp = zlib::inflate(&open.data, MAX_RLP_BYTES.saturating_sub(self.rlp_bytes))?;
            self.rlp_bytes = self.rlp_bytes.saturating_add(rlp.len());
            singular::read(&rlp, &mut self.blocks, &mut self.transactions)?;
        } else {
            self.open = Some(open);
        }
        Ok(())
    }

    fn begin(&mut self, id: ChannelId, blob: usize) -> Result<Open, DecodeError> {
        if self.seen.contains(&id) {
            return Err(DecodeError::ChannelTwice { blob });
        }
        if self.seen.len() >= MAX_CHANNELS {
            return Err(DecodeError::Channels);
        }
        self.seen.push(id);
        Ok(Open {
            id,
            next: 0,
            data: Vec::new(),
        })
    }
}
