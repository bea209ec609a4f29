//! Pieces of channels: <https://specs.optimism.io/protocol/derivation.html#frame-format>.
//! `channel id (16) ‖ number (2) ‖ data length (4) ‖ data ‖ is_last (1)`.

use super::DecodeError;

/// Identity of a channel within a batch.
pub type ChannelId = [u8; 16];

/// What a frame takes beyond its data.
pub const FRAME_OVERHEAD_BYTES: usize = 16 + 2 + 4 + 1;

/// A piece of a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Channel it belongs to.
    pub id: ChannelId,
    /// Place in the channel, from 0.
    pub number: u16,
    /// The piece.
    pub data: &'a [u8],
    /// No more frames of this channel follow.
    pub is_last: bool,
}

impl Frame<'_> {
    /// Appends the frame's bytes. `data` is shorter than 4 GiB: a blob has 128 KiB.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.id);
        out.extend_from_slice(&self.number.to_be_bytes());
        let length = u32::try_from(self.data.len()).unwrap_or(u32::MAX);
        out.extend_from_slice(&length.to_be_bytes());
        out.extend_from_slice(self.data);
        out.push(u8::from(self.is_last));
    }
}

/// Takes the next frame off `bytes`. `blob` is for the error.
pub fn read<'a>(bytes: &mut &'a [u8], blob: usize) -> Result<Frame<'a>, DecodeError> {
    let got = bytes.len();
    take(bytes, blob).unwrap_or(Err(DecodeError::FrameCutOff { blob, got }))
}

/// None when the bytes end too early.
fn take<'a>(bytes: &mut &'a [u8], blob: usize) -> Option<Result<Frame<'a>, DecodeError>> {
    let (id, rest) = bytes.split_first_chunk::<16>()?;
    let (number, rest) = rest.split_first_chunk::<2>()?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let (data, rest) = rest.split_at_checked(length)?;
    let (end, rest) = rest.split_first()?;
    *bytes = rest;
    let is_last = match end {
        0 => false,
        1 => true,
        got => return Some(Err(DecodeError::FrameEnd { blob, got: *got })),
    };
    Some(Ok(Frame {
        id: *id,
        number: u16::from_be_bytes(*number),
        data,
        is_last,
    }))
}
