//! Blobs made to confuse: each kind is refused for its own reason, and no change of a byte makes anything worse than an error
//! or other blocks.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a wrong answer should stop the test"
)]

mod world;

use alloy_eips::eip4844::Blob;
use alloy_primitives::{B256, Bytes, keccak256};
use forebond_rollup::op::channel::{
    BatchBlock, DecodeError, MAX_BLOCKS, MAX_CHANNELS, MAX_RLP_BYTES, MAX_TRANSACTIONS, blob::pack,
    decode, encode, encode_in_frames_of, frame::Frame, singular, zlib,
};
use proptest::prelude::*;

/// A frame of channel `id`.
fn frame(id: u8, number: u16, data: &[u8], is_last: bool) -> Vec<u8> {
    let mut bytes = vec![];
    Frame {
        id: [id; 16],
        number,
        data,
        is_last,
    }
    .write(&mut bytes);
    bytes
}

/// A blob with these bytes behind the version.
fn blob(frames: &[Vec<u8>]) -> Box<Blob> {
    pack(&[vec![0], frames.concat()].concat()).unwrap()
}

/// A channel with this RLP in one frame in one blob.
fn of_rlp(rlp: &[u8]) -> Vec<Box<Blob>> {
    vec![blob(&[frame(1, 0, &zlib::deflate(rlp), true)])]
}

fn rlp_of(blocks: &[BatchBlock]) -> Vec<u8> {
    let mut rlp = vec![];
    blocks
        .iter()
        .for_each(|block| singular::write(block, &mut rlp));
    rlp
}

fn channel_of(blocks: &[BatchBlock]) -> Vec<u8> {
    zlib::deflate(&rlp_of(blocks))
}

/// An RLP string or list around a payload.
fn wrap(list: bool, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![];
    alloy_rlp::Header {
        list,
        payload_length: payload.len(),
    }
    .encode(&mut bytes);
    bytes.extend_from_slice(payload);
    bytes
}

fn fault(blobs: &[Box<Blob>]) -> DecodeError {
    decode(blobs).unwrap_err()
}

#[test]
fn no_blobs_and_too_many_blobs_are_refused() {
    assert_eq!(fault(&[]), DecodeError::NoBlobs);
    let one = encode(&world::chain(1, 0)).unwrap().remove(0);
    assert_eq!(fault(&vec![one; 7]), DecodeError::Blobs(7));
}

#[test]
fn a_blob_of_zeros_holds_no_frames() {
    assert_eq!(
        fault(&[Box::new(Blob::ZERO)]),
        DecodeError::Version { blob: 0, got: None }
    );
}

#[test]
fn blob_encodings_other_than_the_canonical_one_are_refused() {
    let good = encode(&world::chain(2, 1)).unwrap();
    let change = |place: usize, value: u8| {
        let mut changed = good.clone();
        changed[0].0[place] = value;
        fault(&changed)
    };
    assert_eq!(change(1, 1), DecodeError::BlobVersion { blob: 0, got: 1 });
    assert!(matches!(
        change(2, 0xff),
        DecodeError::BlobLength {
            blob: 0,
            got: 0xff0000..
        }
    ));
    assert_eq!(
        change(32 * 9, 0x40),
        DecodeError::FieldElement {
            blob: 0,
            element: 9
        }
    );
    assert_eq!(
        change(0, 0x40),
        DecodeError::FieldElement {
            blob: 0,
            element: 0
        }
    );
    assert_eq!(change(131_071, 1), DecodeError::BlobPadding { blob: 0 });
    assert_eq!(change(32 * 4000, 1), DecodeError::BlobPadding { blob: 0 });
}

#[test]
fn an_unknown_derivation_version_is_refused() {
    let content = [vec![1], frame(1, 0, &channel_of(&world::chain(1, 0)), true)].concat();
    assert_eq!(
        fault(&[pack(&content).unwrap()]),
        DecodeError::Version {
            blob: 0,
            got: Some(1)
        }
    );
    assert_eq!(
        fault(&[pack(&[0]).unwrap()]),
        DecodeError::NoFrames { blob: 0 }
    );
}

#[test]
fn a_frame_that_is_cut_off_is_refused() {
    let whole = frame(1, 0, &channel_of(&world::chain(1, 0)), true);
    for length in 1..whole.len() {
        let got = fault(&[blob(&[whole[..length].to_vec()])]);
        assert_eq!(
            got,
            DecodeError::FrameCutOff {
                blob: 0,
                got: length
            }
        );
    }
}

#[test]
fn trailing_data_is_refused_at_every_layer() {
    let blocks = world::chain(1, 1);
    let channel = channel_of(&blocks);
    let tail = blob(&[frame(1, 0, &channel, true), vec![0]]);
    assert_eq!(fault(&[tail]), DecodeError::FrameCutOff { blob: 0, got: 1 });
    let behind_zlib = frame(1, 0, &[&channel[..], b"xy"].concat(), true);
    assert_eq!(fault(&[blob(&[behind_zlib])]), DecodeError::ZlibTail(2));
    let behind_blocks = of_rlp(&[rlp_of(&blocks), vec![0x05]].concat());
    assert!(matches!(
        fault(&behind_blocks),
        DecodeError::BatchType {
            block: 1,
            got: Some(5)
        }
    ));
    let mut fields = rlp_of(&blocks);
    let string = alloy_rlp::Header::decode_bytes(&mut &fields[..], false)
        .unwrap()
        .to_vec();
    fields = wrap(false, &[&string[..], &[1, 2, 3]].concat());
    assert_eq!(
        fault(&of_rlp(&fields)),
        DecodeError::Tail { block: 0, got: 3 }
    );
    let list = alloy_rlp::Header::decode_bytes(&mut &string[1..], true)
        .unwrap()
        .to_vec();
    let longer = wrap(true, &[&list[..], &[7]].concat());
    let batch = wrap(false, &[&[0], &longer[..]].concat());
    assert_eq!(
        fault(&of_rlp(&batch)),
        DecodeError::Tail { block: 0, got: 1 }
    );
}

#[test]
fn an_unfinished_channel_is_refused() {
    let channel = channel_of(&world::chain(2, 1));
    assert_eq!(
        fault(&[blob(&[frame(1, 0, &channel, false)])]),
        DecodeError::Unfinished
    );
    let mut two = encode_in_frames_of(100, &world::chain(1, 1)).unwrap();
    two.pop();
    assert_eq!(fault(&two), DecodeError::Unfinished);
}

#[test]
fn interleaved_channels_are_refused() {
    let channel = channel_of(&world::chain(1, 1));
    let (a, b) = channel.split_at(20);
    let frames = [
        frame(1, 0, a, false),
        frame(2, 0, a, false),
        frame(1, 1, b, true),
        frame(2, 1, b, true),
    ];
    assert_eq!(
        fault(&[blob(&frames)]),
        DecodeError::Interleaved { blob: 0 }
    );
}

#[test]
fn channels_one_after_the_other_are_read_in_order_even_across_blobs() {
    let blocks = world::chain(6, 1);
    let parts: Vec<_> = blocks.chunks(2).map(channel_of).collect();
    let (head, tail) = parts[1].split_at(40);
    let first = blob(&[frame(1, 0, &parts[0], true), frame(2, 0, head, false)]);
    let second = blob(&[frame(2, 1, tail, true), frame(3, 0, &parts[2], true)]);
    assert_eq!(decode(&[first, second]).unwrap(), blocks);
}

#[test]
fn gaps_and_repeats_of_frames_are_refused() {
    let channel = channel_of(&world::chain(1, 1));
    let (a, b) = channel.split_at(20);
    let number = |expected, got| DecodeError::FrameNumber {
        blob: 0,
        expected,
        got,
    };
    assert_eq!(fault(&[blob(&[frame(1, 1, &channel, true)])]), number(0, 1));
    assert_eq!(
        fault(&[blob(&[frame(1, 0, a, false), frame(1, 2, b, true)])]),
        number(1, 2)
    );
    assert_eq!(
        fault(&[blob(&[frame(1, 0, a, false), frame(1, 0, a, false)])]),
        number(1, 0)
    );
    let reversed = [frame(1, 1, b, true), frame(1, 0, a, false)];
    assert_eq!(fault(&[blob(&reversed)]), number(0, 1));
    let mut swapped = encode_in_frames_of(60, &world::chain(1, 1)).unwrap();
    swapped.swap(0, 1);
    assert_eq!(fault(&swapped), number(0, 1));
}

#[test]
fn is_last_has_two_values() {
    let mut bytes = frame(1, 0, &channel_of(&world::chain(1, 0)), true);
    *bytes.last_mut().unwrap() = 2;
    assert_eq!(
        fault(&[blob(&[bytes])]),
        DecodeError::FrameEnd { blob: 0, got: 2 }
    );
}

#[test]
fn a_channel_comes_once_and_too_many_channels_are_refused() {
    let channel = channel_of(&world::chain(1, 0));
    let twice = blob(&[frame(1, 0, &channel, true), frame(1, 0, &channel, true)]);
    assert_eq!(fault(&[twice]), DecodeError::ChannelTwice { blob: 0 });
    let many: Vec<_> = (0..=u8::try_from(MAX_CHANNELS).unwrap())
        .map(|id| frame(id, 0, &channel, true))
        .collect();
    assert_eq!(fault(&[blob(&many)]), DecodeError::Channels);
    assert_eq!(decode(&[blob(&many[1..])]).unwrap().len(), MAX_CHANNELS);
}

#[test]
fn damaged_compression_is_refused() {
    let channel = channel_of(&world::chain(2, 2));
    let of = |bytes: &[u8]| fault(&[blob(&[frame(1, 0, bytes, true)])]);
    assert_eq!(of(&[]), DecodeError::Zlib("cut off"));
    assert_eq!(
        of(&channel[..channel.len() - 1]),
        DecodeError::Zlib("cut off")
    );
    let mut wrong = channel.clone();
    *wrong.last_mut().unwrap() ^= 1;
    assert_eq!(of(&wrong), DecodeError::Zlib("wrong checksum"));
    // Brotli, a preset dictionary, no compression method at all.
    for first in [0x01, 0x00, 0xff] {
        let mut other = channel.clone();
        other[0] = first;
        assert_eq!(of(&other), DecodeError::Zlib("invalid data"));
    }
}

#[test]
fn a_zip_bomb_stops_at_the_limit() {
    // A gibibyte of zeros would be a mebibyte of stream: more than fits. This one is the largest that fits six blobs.
    let bomb = zlib::deflate(&vec![0; 400 << 20]);
    assert!(bomb.len() > 390_000);
    let pieces: Vec<_> = bomb.chunks(130_000).collect();
    let blobs: Vec<_> = (0u16..)
        .zip(&pieces)
        .map(|(number, data)| {
            blob(&[frame(
                1,
                number,
                data,
                usize::from(number) + 1 == pieces.len(),
            )])
        })
        .collect();
    assert!(blobs.len() <= 6);
    assert_eq!(fault(&blobs), DecodeError::RlpBytes);
}

#[test]
fn a_channel_that_unfolds_to_one_byte_more_than_the_limit_is_refused() {
    let with = |length: usize| {
        let zeros = Bytes::from(vec![0; length]);
        rlp_of(&[BatchBlock {
            transactions: vec![zeros],
            ..world::chain(1, 0).remove(0)
        }])
    };
    let near = MAX_RLP_BYTES - 1000;
    let overhead = with(near).len() - near;
    let (most, over) = (
        with(MAX_RLP_BYTES - overhead),
        with(MAX_RLP_BYTES - overhead + 1),
    );
    assert_eq!((most.len(), over.len()), (MAX_RLP_BYTES, MAX_RLP_BYTES + 1));
    assert!(decode(&of_rlp(&most)).is_ok());
    assert_eq!(fault(&of_rlp(&over)), DecodeError::RlpBytes);
}

#[test]
fn several_channels_share_one_limit_of_unfolded_bytes() {
    let half = |seed: u8| {
        let zeros = Bytes::from(vec![seed; MAX_RLP_BYTES / 2]);
        channel_of(&[BatchBlock {
            transactions: vec![zeros],
            ..world::chain(1, 0).remove(0)
        }])
    };
    let frames = [frame(1, 0, &half(1), true), frame(2, 0, &half(2), true)];
    assert!(decode(&[blob(&frames[..1])]).is_ok());
    assert_eq!(fault(&[blob(&frames)]), DecodeError::RlpBytes);
}

#[test]
fn too_many_blocks_and_too_many_transactions_are_refused() {
    let block = world::chain(1, 0).remove(0);
    let many = rlp_of(&vec![block.clone(); MAX_BLOCKS + 1]);
    assert_eq!(fault(&of_rlp(&many)), DecodeError::Blocks);
    let half = BatchBlock {
        transactions: vec![Bytes::from_static(&[1]); MAX_TRANSACTIONS / 2 + 1],
        ..block
    };
    assert_eq!(
        fault(&of_rlp(&rlp_of(&[half.clone(), half]))),
        DecodeError::Transactions
    );
}

#[test]
fn an_empty_channel_and_other_batch_types_are_refused() {
    assert_eq!(fault(&of_rlp(&[])), DecodeError::EmptyChannel);
    let span = wrap(false, &[1, 2, 3, 4]);
    assert_eq!(
        fault(&of_rlp(&span)),
        DecodeError::BatchType {
            block: 0,
            got: Some(1)
        }
    );
    let nothing = wrap(false, &[]);
    assert_eq!(
        fault(&of_rlp(&nothing)),
        DecodeError::BatchType {
            block: 0,
            got: None
        }
    );
}

#[test]
fn rlp_of_another_shape_or_form_is_refused() {
    let batch = |fields: &[Vec<u8>]| {
        let list = wrap(true, &fields.concat());
        of_rlp(&wrap(false, &[vec![0], list].concat()))
    };
    let hash = || wrap(false, &[5; 32]);
    let good = [hash(), vec![1], hash(), vec![2], wrap(true, &[])];
    assert!(decode(&batch(&good)).is_ok());
    let rlp = |fields: &[Vec<u8>]| {
        assert!(
            matches!(fault(&batch(fields)), DecodeError::Rlp { block: 0, .. }),
            "{fields:?}"
        );
    };
    rlp(&good[..4]);
    let with = |place: usize, value: Vec<u8>| {
        let mut fields = good.clone();
        fields[place] = value;
        rlp(&fields);
    };
    with(0, wrap(false, &[5; 31]));
    with(0, wrap(true, &[5; 32]));
    // Leading zero, and a single byte with a header it does not need.
    with(1, vec![0x82, 0, 1]);
    with(1, vec![0x81, 1]);
    with(3, wrap(false, &[1; 9]));
    with(4, wrap(false, &[]));
    with(4, wrap(true, &wrap(true, &[])));
    // A length of lengths that points behind everything.
    assert!(matches!(
        fault(&of_rlp(&[
            0xbf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff
        ])),
        DecodeError::Rlp { .. }
    ));
    assert!(matches!(fault(&of_rlp(&[0xc0])), DecodeError::Rlp { .. }));
}

#[test]
fn any_flipped_bit_of_a_small_batch_is_an_error_or_gives_other_blocks() {
    let blocks = world::chain(3, 1);
    let good = encode(&blocks).unwrap();
    let content = good[0].iter().rposition(|byte| *byte != 0).unwrap();
    let mut silent = 0;
    for place in 0..content + 40 {
        for bit in 0..8 {
            let mut changed = good.clone();
            changed[0].0[place] ^= 1 << bit;
            if decode(&changed).is_ok_and(|other| other == blocks) {
                // The channel's id says nothing about its content.
                silent += usize::from(!(6..22).contains(&place));
            }
        }
    }
    // Nor do the bits that pad the zlib stream to whole bytes.
    assert!(silent < 8, "{silent} bits could be anything");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..Default::default() })]

    #[test]
    fn arbitrary_bytes_at_any_layer_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..600), layer in 0..4) {
        let blobs = match layer {
            0 => {
                let mut raw = Box::new(Blob::ZERO);
                raw.0[..bytes.len()].copy_from_slice(&bytes);
                vec![raw]
            }
            1 => vec![pack(&bytes).unwrap()],
            2 => vec![blob(&[frame(1, 0, &bytes, true)])],
            _ => of_rlp(&bytes),
        };
        if let Ok(blocks) = decode(&blobs) {
            prop_assert!(!blocks.is_empty());
            prop_assert_eq!(decode(&encode(&blocks).unwrap()).unwrap(), blocks);
        }
    }

    #[test]
    fn damage_behind_the_compression_never_panics(
        at in any::<prop::sample::Index>(), value in any::<u8>(), cut in any::<prop::sample::Index>(), seed in any::<u64>(),
    ) {
        let blocks = [BatchBlock { parent_hash: keccak256(seed.to_be_bytes()), origin_hash: B256::ZERO, ..world::chain(1, 2).remove(0) }];
        let mut rlp = rlp_of(&blocks);
        let place = at.index(rlp.len());
        rlp[place] = value;
        let cut = cut.index(rlp.len() * 2);
        rlp.truncate(cut.max(1));
        if let Ok(found) = decode(&of_rlp(&rlp)) {
            prop_assert_eq!(rlp_of(&found), rlp);
        }
    }
}
