use eyre::{WrapErr, bail};
use std::{fs::File, io::Read, path::Path};

/// No preconfirmation comes near: a transaction of 128 KiB makes an object of half a megabyte.
const MAX_FILE_BYTES: u64 = 16 << 20;

/// The file's bytes, or those of standard input for `-`.
pub(in crate::commands) fn read(path: &Path) -> eyre::Result<Vec<u8>> {
    if path == Path::new("-") {
        return read_bounded(std::io::stdin().lock()).wrap_err("standard input");
    }
    let file = File::open(path).wrap_err_with(|| format!("cannot open {}", path.display()))?;
    read_bounded(file).wrap_err_with(|| path.display().to_string())
}

fn read_bounded(source: impl Read) -> eyre::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source
        .take(MAX_FILE_BYTES + 1)
        .read_to_end(&mut bytes)
        .wrap_err("cannot be read")?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        bail!(
            "larger than {MAX_FILE_BYTES} bytes, so it is no preconfirmation; expected what eth_getPreconfirmation returned"
        );
    }
    Ok(bytes)
}

/// What to do about a text that is nearly the object.
pub(in crate::commands) fn hint(text: &str) -> Option<&'static str> {
    let answer: serde_json::Value = serde_json::from_str(text).ok()?;
    answer.get("jsonrpc")?;
    Some("this is a whole JSON-RPC answer: save the value of its \"result\" alone")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_beyond_the_limit_is_refused_without_reading_all_of_it() {
        let error = read_bounded(std::io::repeat(b' ')).unwrap_err().to_string();
        assert!(error.contains("16777216"), "{error}");
        assert_eq!(read_bounded(&b"{}"[..]).unwrap(), b"{}");
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = read(Path::new("/nonexistent/promise.json")).unwrap_err();
        assert!(format!("{error:#}").contains("/nonexistent/promise.json"));
    }
}
