//! The batch that a gateway's batcher expects in a slot.
//!
//! `GET {batches}/forebond/v1/expected-batch/{slot}`: 200 with `{"slot": "123", "commitments": ["0x…48 bytes"]}`, or 204 when no batch
//! waits for this slot. The commitments are those of the blobs that are in pools, in the batch's order.

use serde::Deserialize;
use url::Url;

use super::{
    bids::{Commitment, MOST_COMMITMENTS, Reason},
    upstream::bounded,
};

/// Route; the slot's number follows.
pub const EXPECTED_BATCH: &str = "/forebond/v1/expected-batch/";
/// Longest answer that is read, bytes.
const MAX_ANSWER: usize = 1 << 20;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    slot: String,
    commitments: Vec<Commitment>,
}

/// Asks a source; nothing expected is an empty list.
///
/// # Errors
/// [`Reason::SourceUnknown`].
pub async fn expected(
    client: &reqwest::Client,
    source: &Url,
    slot: u64,
) -> Result<Vec<Commitment>, Reason> {
    let unknown = |words: String| Reason::SourceUnknown(words);
    let mut url = source.clone();
    let path = format!("{}{EXPECTED_BATCH}{slot}", url.path().trim_end_matches('/'));
    url.set_path(&path);
    let answer = client.get(url).send().await;
    let answer = answer.map_err(|error| unknown(error.without_url().to_string()))?;
    match answer.status().as_u16() {
        204 => return Ok(Vec::new()),
        200 => {}
        status => return Err(unknown(format!("its source answers {status}"))),
    }
    let body = bounded(answer, MAX_ANSWER).await.map_err(unknown)?;
    read(&body, slot).map_err(unknown)
}

fn read(body: &[u8], slot: u64) -> Result<Vec<Commitment>, String> {
    let found: Expected = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    if found.slot.parse() != Ok(slot) {
        return Err(format!(
            "asked for slot {slot}, its source answers for {:.40}",
            found.slot
        ));
    }
    if found.commitments.len() > MOST_COMMITMENTS {
        return Err("its source names more blobs than a block can have".to_owned());
    }
    Ok(found.commitments)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_for_another_slot_or_in_another_form_is_none() {
        let of = |slot: &str| format!(r#"{{"slot": {slot}, "commitments": []}}"#);
        assert_eq!(read(of("\"7\"").as_bytes(), 7), Ok(Vec::new()));
        for bad in [of("\"8\""), of("7"), of("\"-7\""), "[]".to_owned()] {
            assert!(read(bad.as_bytes(), 7).is_err(), "{bad}");
        }
    }
}
