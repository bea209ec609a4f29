//! Names of the files in a log directory.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use super::error::LogError;

const SEGMENT_SUFFIX: &str = ".seg";
const UNFINISHED_SUFFIX: &str = ".unfinished";

/// The file of segment number `segment`.
pub(super) fn segment_path(dir: &Path, segment: u32) -> PathBuf {
    dir.join(format!("{segment:010}{SEGMENT_SUFFIX}"))
}

/// Where a segment is made ready before it gets its name.
pub(super) fn unfinished_path(dir: &Path, segment: u32) -> PathBuf {
    dir.join(format!("{segment:010}{UNFINISHED_SUFFIX}"))
}

/// Makes created, renamed and removed names durable.
pub(super) fn sync_dir(dir: &Path) -> Result<(), LogError> {
    File::open(dir)
        .and_then(|handle| handle.sync_all())
        .map_err(LogError::io("sync", dir))
}

/// The segments of a log directory in order. Files left by an interrupted preparation are removed;
/// other names are not the log's and left alone.
///
/// # Errors
/// [`LogError::MissingSegment`] if there is a gap, [`LogError::Io`].
pub(super) fn list_segments(dir: &Path) -> Result<BTreeMap<u32, PathBuf>, LogError> {
    let mut segments = BTreeMap::new();
    for entry in fs::read_dir(dir).map_err(LogError::io("list", dir))? {
        let path = entry.map_err(LogError::io("list", dir))?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
            continue;
        };
        if name.ends_with(UNFINISHED_SUFFIX) {
            fs::remove_file(&path).map_err(LogError::io("remove", &path))?;
            continue;
        }
        let number = name
            .strip_suffix(SEGMENT_SUFFIX)
            .and_then(|digits| digits.parse::<u32>().ok())
            .filter(|number| segment_path(dir, *number) == path);
        if let Some(number) = number {
            segments.insert(number, path);
        }
    }
    let numbers = segments.keys().copied();
    for (before, after) in numbers.clone().zip(numbers.skip(1)) {
        let next = before.saturating_add(1);
        if next != after {
            return Err(LogError::MissingSegment {
                path: segment_path(dir, next),
            });
        }
    }
    Ok(segments)
}
