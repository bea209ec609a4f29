//! WebSocket frames (RFC 6455 §5.2), reduced to what a load generator needs: requests are framed
//! before the measurement, so sending is one copy and one system call; answers are cut out of the
//! bytes as they come, many per read.

/// Makes one masked text frame, as clients must send it.
pub(crate) fn text_frame(payload: &[u8], mask: [u8; 4]) -> Vec<u8> {
    client_frame(OPCODE_TEXT, payload, mask)
}

/// Answers a ping.
pub(crate) fn pong_frame(payload: &[u8]) -> Vec<u8> {
    client_frame(OPCODE_PONG, payload, [0; 4])
}

const OPCODE_CONTINUATION: u8 = 0;
const OPCODE_TEXT: u8 = 1;
const OPCODE_BINARY: u8 = 2;
const OPCODE_CLOSE: u8 = 8;
const OPCODE_PING: u8 = 9;
const OPCODE_PONG: u8 = 10;
const FINAL: u8 = 0x80;
const MASKED: u8 = 0x80;

fn client_frame(opcode: u8, payload: &[u8], mask: [u8; 4]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(payload.len() + 14);
    frame.push(FINAL | opcode);
    match payload.len() {
        length @ 0..=125 => frame.push(MASKED | u8::try_from(length).unwrap_or_default()),
        length => match u16::try_from(length) {
            Ok(length) => {
                frame.push(MASKED | 126);
                frame.extend_from_slice(&length.to_be_bytes());
            }
            Err(_) => {
                frame.push(MASKED | 127);
                frame.extend_from_slice(&(length as u64).to_be_bytes());
            }
        },
    }
    frame.extend_from_slice(&mask);
    frame.extend(
        payload
            .iter()
            .zip(mask.iter().cycle())
            .map(|(byte, mask)| byte ^ mask),
    );
    frame
}

/// What a server sent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Event<'a> {
    /// A whole message.
    Message(&'a [u8]),
    /// A ping; the server wants its payload back.
    Ping(&'a [u8]),
    /// The server closes the connection; code and reason as text.
    Close(String),
}

/// Bytes that are no frame a server may send here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BadFrame(&'static str);

impl std::fmt::Display for BadFrame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the server sent a WebSocket frame that {}", self.0)
    }
}

impl std::error::Error for BadFrame {}

/// An answer of this size is not one to a transaction.
const MAX_MESSAGE_BYTES: usize = 16 << 20;

/// Collects bytes and cuts messages out of them.
#[derive(Debug, Default)]
pub(crate) struct Incoming {
    bytes: Vec<u8>,
    /// Where the first frame not yet handed out begins.
    start: usize,
    /// The message so far, when it comes in several frames.
    partial: Vec<u8>,
}

struct Header {
    last: bool,
    opcode: u8,
    head_bytes: usize,
    payload_bytes: usize,
}

impl Incoming {
    /// Where to read further bytes into. Dead bytes in front are dropped first.
    pub(crate) fn spare(&mut self) -> &mut Vec<u8> {
        self.bytes.drain(..self.start);
        self.start = 0;
        &mut self.bytes
    }

    /// Hands every complete frame to `each`, and keeps the rest for later.
    pub(crate) fn drain(&mut self, mut each: impl FnMut(Event<'_>)) -> Result<(), BadFrame> {
        while let Some(header) = parse_header(self.bytes.get(self.start..).unwrap_or_default())? {
            let begin = self.start + header.head_bytes;
            let end = begin + header.payload_bytes;
            let Some(payload) = self.bytes.get(begin..end) else {
                break;
            };
            self.start = end;
            match header.opcode {
                OPCODE_TEXT | OPCODE_BINARY if header.last => each(Event::Message(payload)),
                OPCODE_TEXT | OPCODE_BINARY => self.partial = payload.to_vec(),
                OPCODE_CONTINUATION => {
                    self.partial.extend_from_slice(payload);
                    if self.partial.len() > MAX_MESSAGE_BYTES {
                        return Err(BadFrame("is too long"));
                    }
                    if header.last {
                        each(Event::Message(&self.partial));
                        self.partial.clear();
                    }
                }
                OPCODE_PING => each(Event::Ping(payload)),
                OPCODE_CLOSE => each(Event::Close(close_reason(payload))),
                OPCODE_PONG => {}
                _ => return Err(BadFrame("has an unknown opcode")),
            }
        }
        Ok(())
    }
}

fn parse_header(bytes: &[u8]) -> Result<Option<Header>, BadFrame> {
    let [first, second, rest @ ..] = bytes else {
        return Ok(None);
    };
    if first & 0x70 != 0 {
        return Err(BadFrame("uses an extension nobody asked for"));
    }
    if second & MASKED != 0 {
        return Err(BadFrame("is masked, which only clients do"));
    }
    let (head_bytes, length) = match second & 0x7f {
        126 => match rest.first_chunk::<2>() {
            Some(length) => (4, u64::from(u16::from_be_bytes(*length))),
            None => return Ok(None),
        },
        127 => match rest.first_chunk::<8>() {
            Some(length) => (10, u64::from_be_bytes(*length)),
            None => return Ok(None),
        },
        length => (2, u64::from(length)),
    };
    let payload_bytes = usize::try_from(length).unwrap_or(usize::MAX);
    if payload_bytes > MAX_MESSAGE_BYTES {
        return Err(BadFrame("is too long"));
    }
    Ok(Some(Header {
        last: first & FINAL != 0,
        opcode: first & 0x0f,
        head_bytes,
        payload_bytes,
    }))
}

fn close_reason(payload: &[u8]) -> String {
    match payload {
        [high, low, reason @ ..] => {
            let code = u16::from_be_bytes([*high, *low]);
            format!("{code} {}", String::from_utf8_lossy(reason))
                .trim_end()
                .to_owned()
        }
        _ => "no reason given".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A frame as a server sends it, without a mask.
    fn server_frame(first: u8, payload: &[u8]) -> Vec<u8> {
        let mut masked = client_frame(0, payload, [0; 4]);
        let head = masked.len() - payload.len();
        masked[0] = first;
        masked[1] &= 0x7f;
        masked.drain(head - 4..head);
        masked
    }

    fn messages(incoming: &mut Incoming) -> Vec<Vec<u8>> {
        let mut got = Vec::new();
        incoming
            .drain(|event| match event {
                Event::Message(bytes) => got.push(bytes.to_vec()),
                other => panic!("{other:?}"),
            })
            .unwrap();
        got
    }

    #[test]
    fn a_masked_frame_hides_the_payload_and_unmasks_to_it() {
        let frame = text_frame(b"hello", [1, 2, 3, 4]);
        assert_eq!(frame[..6], [0x81, 0x85, 1, 2, 3, 4]);
        let plain: Vec<u8> = frame[6..]
            .iter()
            .zip([1u8, 2, 3, 4, 1])
            .map(|(byte, mask)| byte ^ mask)
            .collect();
        assert_eq!(plain, b"hello");
    }

    #[test]
    fn a_message_in_several_frames_is_put_together_around_a_ping() {
        let mut incoming = Incoming::default();
        for (first, payload) in [(0x01, "ab"), (0x89, "p"), (0x00, "cd"), (0x80, "ef")] {
            incoming
                .spare()
                .extend(server_frame(first, payload.as_bytes()));
        }
        let mut got = Vec::new();
        incoming
            .drain(|event| got.push(format!("{event:?}")))
            .unwrap();
        assert_eq!(
            got,
            [
                format!("{:?}", Event::Ping(b"p")),
                format!("{:?}", Event::Message(b"abcdef"))
            ]
        );
    }

    #[test]
    fn a_close_frame_gives_its_code_and_reason() {
        let mut incoming = Incoming::default();
        incoming
            .spare()
            .extend(server_frame(0x88, b"\x03\xf0slow reader"));
        let mut got = None;
        incoming
            .drain(|event| got = Some(format!("{event:?}")))
            .unwrap();
        assert_eq!(got.unwrap(), "Close(\"1008 slow reader\")");
    }

    #[test]
    fn frames_no_server_may_send_are_refused() {
        for bytes in [vec![0x81, 0x80, 0, 0, 0, 0], vec![0xc1, 0], vec![0x83, 0]] {
            let mut incoming = Incoming::default();
            incoming.spare().extend(bytes);
            assert!(incoming.drain(|_| {}).is_err());
        }
        let mut huge = Incoming::default();
        huge.spare().extend([0x81, 127, 0xff, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(huge.drain(|_| {}), Err(BadFrame("is too long")));
    }

    proptest! {
        #[test]
        fn messages_survive_any_cutting_of_the_stream(
            sizes in prop::collection::vec(prop_oneof![0usize..200, Just(125), Just(126), Just(65_535), Just(65_536)], 1..8),
            cuts in prop::collection::vec(1usize..5_000, 1..20),
        ) {
            let sent: Vec<Vec<u8>> = sizes.iter().enumerate()
                .map(|(i, size)| vec![u8::try_from(i).unwrap(); *size]).collect();
            let stream: Vec<u8> = sent.iter().flat_map(|m| server_frame(0x81, m)).collect();
            let (mut incoming, mut got, mut rest) = (Incoming::default(), Vec::new(), &stream[..]);
            for cut in cuts.iter().cycle() {
                let (now, later) = rest.split_at((*cut).min(rest.len()));
                incoming.spare().extend_from_slice(now);
                got.extend(messages(&mut incoming));
                rest = later;
                if rest.is_empty() { break; }
            }
            prop_assert_eq!(got, sent);
        }
    }
}
