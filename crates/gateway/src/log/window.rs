//! Reading a file forward in large pieces.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use super::segment_file::SegmentFile;

/// Bytes read at a time when going through a whole segment.
pub(super) const SCAN_CHUNK_BYTES: u32 = 1 << 20;

/// Something with bytes at offsets: a file, or a segment's image in memory.
pub(super) trait ReadAt {
    /// Reads some bytes from `offset` and says how many; 0 at the end.
    fn read_at(&self, buffer: &mut [u8], offset: u32) -> io::Result<usize>;
}

impl ReadAt for &File {
    fn read_at(&self, buffer: &mut [u8], offset: u32) -> io::Result<usize> {
        FileExt::read_at(*self, buffer, u64::from(offset))
    }
}

impl ReadAt for Arc<SegmentFile> {
    fn read_at(&self, buffer: &mut [u8], offset: u32) -> io::Result<usize> {
        FileExt::read_at(&self.file, buffer, u64::from(offset))
    }
}

impl ReadAt for &[u8] {
    fn read_at(&self, buffer: &mut [u8], offset: u32) -> io::Result<usize> {
        let rest = self.get(offset as usize..).unwrap_or_default();
        let read = rest.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..read), rest.get(..read)) {
            to.copy_from_slice(from);
        }
        Ok(read)
    }
}

/// The part of a source that is in memory.
pub(super) struct Window<S> {
    source: S,
    chunk_bytes: u32,
    buffer: Vec<u8>,
    start: u32,
    filled: usize,
}

impl<S: ReadAt> Window<S> {
    /// A window that fetches at least `chunk_bytes` at a time.
    pub(super) fn new(source: S, chunk_bytes: u32) -> Self {
        Self {
            source,
            chunk_bytes,
            buffer: Vec::new(),
            start: 0,
            filled: 0,
        }
    }

    /// `want` bytes from `offset`; fewer if the source or `limit` ends before. Nothing at or beyond
    /// `limit` is read, so bytes a writer may still change are never kept here.
    pub(super) fn bytes(&mut self, offset: u32, want: u32, limit: u32) -> io::Result<&[u8]> {
        let available = limit.saturating_sub(offset);
        let want = want.min(available) as usize;
        let inside = offset
            .checked_sub(self.start)
            .is_some_and(|skipped| skipped as usize + want <= self.filled);
        if !inside {
            let fetch = (self.chunk_bytes.min(available) as usize).max(want);
            self.fill(offset, fetch)?;
        }
        let from = offset.saturating_sub(self.start) as usize;
        let to = (from + want).min(self.filled);
        Ok(self.buffer.get(from..to).unwrap_or_default())
    }

    fn fill(&mut self, offset: u32, fetch: usize) -> io::Result<()> {
        if self.buffer.len() < fetch {
            self.buffer.resize(fetch, 0);
        }
        self.start = offset;
        self.filled = 0;
        let Some(buffer) = self.buffer.get_mut(..fetch) else {
            return Ok(());
        };
        while self.filled < fetch {
            let Some(rest) = buffer.get_mut(self.filled..) else {
                break;
            };
            // Offsets stay below a segment's size, so the sum fits whenever there is data there.
            let Ok(filled) = u32::try_from(self.filled) else {
                break;
            };
            match self.source.read_at(rest, offset.saturating_add(filled)) {
                Ok(0) => break,
                Ok(read) => self.filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.filled = 0;
                    return Err(error);
                }
            }
        }
        Ok(())
    }
}
