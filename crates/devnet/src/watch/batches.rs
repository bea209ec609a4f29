use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

/// What batchers have put on L1, all of them together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Posted {
    /// Batches.
    pub(crate) batches: u64,
    /// Rollup blocks in them.
    pub(crate) blocks: u64,
    /// User transactions in them.
    pub(crate) transactions: u64,
    /// Blobs.
    pub(crate) blobs: u64,
    /// Paid for gas and blobs, wei.
    pub(crate) cost_wei: u128,
}

#[derive(Deserialize)]
struct Report {
    totals: Totals,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Totals {
    batches: Value,
    blocks: Value,
    transactions: Value,
    blobs: Value,
    cost_wei: Value,
}

/// A number however it is written: plain, in decimals or in hex.
fn number(value: &Value) -> u128 {
    match value {
        Value::Number(number) => number.as_u64().map_or(0, u128::from),
        Value::String(text) => match text.strip_prefix("0x") {
            Some(digits) => u128::from_str_radix(digits, 16).unwrap_or_default(),
            None => text.parse().unwrap_or_default(),
        },
        _ => 0,
    }
}

/// Sum of what the batchers `names` report in their folders under `folder`.
pub(crate) fn posted<'a>(folder: &Path, names: impl Iterator<Item = &'a str>) -> Posted {
    let mut all = Posted::default();
    for name in names {
        let path = folder.join(name).join("batcher.json");
        let Ok(text) = std::fs::read(path) else {
            continue;
        };
        let Ok(Report { totals }) = serde_json::from_slice(&text) else {
            continue;
        };
        let count = |value: &Value| u64::try_from(number(value)).unwrap_or(u64::MAX);
        all.batches += count(&totals.batches);
        all.blocks += count(&totals.blocks);
        all.transactions += count(&totals.transactions);
        all.blobs += count(&totals.blobs);
        all.cost_wei += number(&totals.cost_wei);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_of_all_batchers_are_added_and_absent_ones_are_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, totals: &str| {
            std::fs::create_dir(dir.path().join(name)).unwrap();
            let text = format!("{{\"batches\":[],\"totals\":{totals},\"lastError\":null}}");
            std::fs::write(dir.path().join(name).join("batcher.json"), text).unwrap();
        };
        write(
            "a",
            r#"{"batches":2,"blocks":30,"transactions":400,"blobs":2,"costWei":"0x10"}"#,
        );
        write("b", r#"{"batches":1,"blocks":5,"costWei":"4"}"#);
        let all = posted(dir.path(), ["a", "b", "c"].into_iter());
        assert_eq!((all.batches, all.blocks, all.cost_wei), (3, 35, 20));
    }
}
