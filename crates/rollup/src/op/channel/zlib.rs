//! A channel's compression: one zlib stream (RFC 1950), as every OP release reads it. Brotli, which OP reads too since Fjord, is
//! not: a second decompressor that strangers can feed is worth more than the few per cent it saves.

use super::{DecodeError, MAX_RLP_BYTES};
use miniz_oxide::{
    deflate::compress_to_vec_zlib,
    inflate::{
        TINFLStatus,
        core::{
            DecompressorOxide, decompress,
            inflate_flags::{
                TINFL_FLAG_PARSE_ZLIB_HEADER, TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF,
            },
        },
    },
};

/// 1 to 10. Signatures do not compress, so transfers take the same limit at every level (`benches/channel.rs`); call data does not.
pub(super) const LEVEL: u8 = 6;
/// Room to begin with; real channels unfold to about 1.5 times their size.
const FIRST_BYTES: usize = 64 << 10;

/// Compresses a channel.
pub fn deflate(rlp: &[u8]) -> Vec<u8> {
    compress_to_vec_zlib(rlp, LEVEL)
}

/// Decompresses a channel that unfolds to at most `limit` bytes (itself at most [`MAX_RLP_BYTES`]). The stream must be whole,
/// its checksum right, and nothing may follow it.
pub fn inflate(channel: &[u8], limit: usize) -> Result<Vec<u8>, DecodeError> {
    let limit = limit.min(MAX_RLP_BYTES);
    // The output is one buffer that also serves as the window.
    let flags = TINFL_FLAG_PARSE_ZLIB_HEADER | TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
    let mut state = Box::<DecompressorOxide>::default();
    let mut out = vec![0; channel.len().saturating_mul(2).max(FIRST_BYTES).min(limit)];
    let mut input = channel;
    let mut written = 0;
    loop {
        let (status, taken, given) = decompress(&mut state, input, &mut out, written, flags);
        written += given;
        input = input.get(taken..).unwrap_or_default();
        match status {
            TINFLStatus::Done if input.is_empty() => break,
            TINFLStatus::Done => return Err(DecodeError::ZlibTail(input.len())),
            TINFLStatus::HasMoreOutput if out.len() >= limit => return Err(DecodeError::RlpBytes),
            TINFLStatus::HasMoreOutput => out.resize(out.len().saturating_mul(2).min(limit), 0),
            TINFLStatus::Adler32Mismatch => return Err(DecodeError::Zlib("wrong checksum")),
            TINFLStatus::FailedCannotMakeProgress => return Err(DecodeError::Zlib("cut off")),
            _ => return Err(DecodeError::Zlib("invalid data")),
        }
    }
    out.truncate(written);
    Ok(out)
}
