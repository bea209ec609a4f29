//! Bytes of requests and answers: RLP lists, strict both ways.
//!
//! Request: `[kind, number, count]`, kind 1 (envelopes from block `number`, `count` blocks), 2 (base of window `number`),
//! 3 (end seal of window `number`); count is 0 for the last two. Answer: `[status, [message, …]]`, status 0 (what there is)
//! or 1 (busy, ask another).

use alloy_primitives::Bytes;
use alloy_rlp::{Decodable, Encodable, Header};

use super::RangeRequest;

/// Longest request, bytes: a list of three small numbers.
pub(crate) const MAX_REQUEST_BYTES: usize = 32;

/// An answer as it travels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Encoded envelopes; none means "I do not have it".
    Messages(Vec<Bytes>),
    /// Too much to do.
    Busy,
}

pub(crate) fn encode_request(request: &RangeRequest) -> Vec<u8> {
    let (kind, number, count) = match *request {
        RangeRequest::Envelopes {
            from_block,
            max_blocks,
        } => (1u8, from_block, max_blocks),
        RangeRequest::Base { window } => (2, window, 0),
        RangeRequest::EndSeal { window } => (3, window, 0),
    };
    let mut body = Vec::with_capacity(MAX_REQUEST_BYTES);
    kind.encode(&mut body);
    number.encode(&mut body);
    count.encode(&mut body);
    in_list(&body)
}

pub(crate) fn decode_request(bytes: &[u8]) -> Result<RangeRequest, alloy_rlp::Error> {
    let mut rest = whole_list(bytes)?;
    let kind = u8::decode(&mut rest)?;
    let number = u64::decode(&mut rest)?;
    let count = u16::decode(&mut rest)?;
    if !rest.is_empty() {
        return Err(alloy_rlp::Error::UnexpectedLength);
    }
    match (kind, count) {
        (1, 1..) => Ok(RangeRequest::Envelopes {
            from_block: number,
            max_blocks: count,
        }),
        (2, 0) => Ok(RangeRequest::Base { window: number }),
        (3, 0) => Ok(RangeRequest::EndSeal { window: number }),
        _ => Err(alloy_rlp::Error::Custom(
            "kind 1 with a count, or kind 2 or 3 without one expected",
        )),
    }
}

pub(crate) fn encode_answer(answer: &Answer) -> Vec<u8> {
    let none = Vec::new();
    let (status, messages) = match answer {
        Answer::Messages(messages) => (0u8, messages),
        Answer::Busy => (1, &none),
    };
    let mut body = Vec::with_capacity(messages.iter().map(|m| m.len() + 4).sum::<usize>() + 8);
    status.encode(&mut body);
    messages.encode(&mut body);
    in_list(&body)
}

pub(crate) fn decode_answer(bytes: &[u8]) -> Result<Answer, alloy_rlp::Error> {
    let mut rest = whole_list(bytes)?;
    let status = u8::decode(&mut rest)?;
    let messages = Vec::<Bytes>::decode(&mut rest)?;
    if !rest.is_empty() {
        return Err(alloy_rlp::Error::UnexpectedLength);
    }
    match status {
        0 => Ok(Answer::Messages(messages)),
        1 if messages.is_empty() => Ok(Answer::Busy),
        _ => Err(alloy_rlp::Error::Custom(
            "status 0, or status 1 without messages expected",
        )),
    }
}

fn in_list(body: &[u8]) -> Vec<u8> {
    let header = Header {
        list: true,
        payload_length: body.len(),
    };
    let mut out = Vec::with_capacity(body.len() + 9);
    header.encode(&mut out);
    out.extend_from_slice(body);
    out
}

fn whole_list(bytes: &[u8]) -> Result<&[u8], alloy_rlp::Error> {
    let mut rest = bytes;
    let header = Header::decode(&mut rest)?;
    if !header.list {
        return Err(alloy_rlp::Error::UnexpectedString);
    }
    if header.payload_length != rest.len() {
        return Err(alloy_rlp::Error::UnexpectedLength);
    }
    Ok(rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn requests_and_answers_come_back_as_they_were() {
        for request in [
            RangeRequest::Envelopes {
                from_block: u64::MAX,
                max_blocks: u16::MAX,
            },
            RangeRequest::Base { window: 0 },
            RangeRequest::EndSeal { window: u64::MAX },
        ] {
            let bytes = encode_request(&request);
            assert!(bytes.len() <= MAX_REQUEST_BYTES);
            assert_eq!(decode_request(&bytes), Ok(request));
        }
        for answer in [
            Answer::Busy,
            Answer::Messages(Vec::new()),
            Answer::Messages(vec![Bytes::from_static(b"a"), Bytes::from(vec![7; 300])]),
        ] {
            assert_eq!(decode_answer(&encode_answer(&answer)), Ok(answer));
        }
    }

    #[test]
    fn a_request_for_no_blocks_is_none() {
        let bytes = encode_request(&RangeRequest::Envelopes {
            from_block: 1,
            max_blocks: 0,
        });
        assert!(decode_request(&bytes).is_err());
    }

    proptest! {
        #[test]
        fn strict_decode_takes_one_form_only_and_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            if let Ok(request) = decode_request(&bytes) {
                prop_assert_eq!(encode_request(&request), bytes.clone());
            }
            if let Ok(answer) = decode_answer(&bytes) {
                prop_assert_eq!(encode_answer(&answer), bytes);
            }
        }
    }
}
