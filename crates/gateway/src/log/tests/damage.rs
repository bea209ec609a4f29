//! What was durable and is damaged stops the start, and nothing is touched.

use proptest::prelude::*;

use super::super::SEGMENT_HEADER_BYTES;
use super::super::directory::segment_path;
use super::*;

/// Opens a damaged log; the error must say where, and no byte may change.
fn refusal(dir: &Path) -> LogError {
    let before = images(dir);
    let refused = match try_open(dir) {
        Ok(opened) => panic!("opened with {:?}", opened.report),
        Err(refused) => refused,
    };
    assert_eq!(images(dir), before, "a refused log was changed");
    refused
}

#[test]
fn a_flipped_bit_in_a_durable_record_is_refused_with_file_offset_and_advice() {
    let (dir, positions) = closed_log(3, 100);
    change_at(dir.path(), positions[1], |bytes| bytes[60] ^= 0x10);
    let refused = refusal(dir.path());
    let text = refused.to_string();
    assert!(matches!(refused, LogError::Corrupt { offset, .. } if offset == positions[1].offset()));
    let path = segment_path(dir.path(), 0).display().to_string();
    for part in [&path, "record 1", "restore", "follower"] {
        assert!(text.contains(part), "{text}");
    }
}

#[test]
fn a_durable_record_that_became_zeros_is_refused() {
    let (dir, positions) = closed_log(3, 4000);
    change_at(dir.path(), positions[1], |bytes| bytes[..4032].fill(0));
    assert!(matches!(refusal(dir.path()), LogError::Corrupt { .. }));
}

#[test]
fn a_damaged_record_is_refused_when_only_the_next_segment_proves_it_durable() {
    let (dir, positions) = closed_log(10, 3000);
    let last_of_first = positions
        .iter()
        .rposition(|position| position.segment() == 0)
        .unwrap();
    change_at(dir.path(), positions[last_of_first], |bytes| bytes[99] ^= 1);
    assert!(matches!(refusal(dir.path()), LogError::Corrupt { .. }));
}

#[test]
fn a_damaged_record_is_refused_when_the_record_that_proves_it_is_damaged_behind_its_header() {
    let (dir, positions) = closed_log(2, 100);
    change_at(dir.path(), positions[0], |bytes| bytes[60] ^= 1);
    change_at(dir.path(), positions[1], |bytes| bytes[60] ^= 1);
    assert!(matches!(refusal(dir.path()), LogError::Corrupt { .. }));
}

#[test]
fn a_record_copied_to_another_place_is_not_taken_for_a_record() {
    let (dir, positions) = closed_log(4, 100);
    let stride = (positions[1].offset() - positions[0].offset()) as usize;
    change_at(dir.path(), positions[1], |bytes| {
        bytes.copy_within(stride..2 * stride, 0)
    });
    assert!(matches!(refusal(dir.path()), LogError::Corrupt { .. }));
}

#[test]
fn a_missing_segment_is_refused() {
    let (dir, positions) = closed_log(12, 3000);
    assert!(positions[11].segment() >= 2);
    let missing = segment_path(dir.path(), 1);
    fs::remove_file(&missing).unwrap();
    let refused = refusal(dir.path());
    assert!(matches!(&refused, LogError::MissingSegment { path } if *path == missing));
}

#[test]
fn a_full_segment_that_became_shorter_or_longer_is_refused() {
    for bytes in [
        SEGMENT_BYTES as usize - 4096,
        SEGMENT_BYTES as usize + 4096,
        100,
    ] {
        let (dir, _) = closed_log(12, 3000);
        change(dir.path(), 1, |image| image.resize(bytes, 0));
        assert!(matches!(refusal(dir.path()), LogError::Corrupt { .. }));
    }
}

#[test]
fn a_segment_in_the_place_of_another_is_refused() {
    let (dir, _) = closed_log(12, 3000);
    fs::copy(segment_path(dir.path(), 0), segment_path(dir.path(), 1)).unwrap();
    assert!(matches!(refusal(dir.path()), LogError::Corrupt { .. }));
}

#[test]
fn another_identity_is_refused() {
    let (dir, _) = closed_log(1, 10);
    let other = LogConfig {
        identity: B256::ZERO,
        ..config()
    };
    let refused = Log::open(dir.path(), other, None, &mut |_| {}).unwrap_err();
    assert!(
        matches!(refused, LogError::WrongIdentity { .. }),
        "{refused}"
    );
}

#[test]
fn an_unknown_version_is_refused_even_if_the_segment_is_empty() {
    let (dir, _) = closed_log(0, 0);
    change(dir.path(), 0, |bytes| bytes[8] = 2);
    let refused = refusal(dir.path());
    assert!(
        matches!(refused, LogError::UnknownVersion { found: 2, .. }),
        "{refused}"
    );
}

#[test]
fn a_lost_header_in_front_of_records_is_refused() {
    let (dir, positions) = closed_log(12, 3000);
    let last = positions[11].segment();
    // The crash came before another segment was prepared.
    let _ = fs::remove_file(segment_path(dir.path(), last + 1));
    change(dir.path(), last, |bytes| {
        bytes[..SEGMENT_HEADER_BYTES as usize].fill(0)
    });
    assert!(matches!(refusal(dir.path()), LogError::Corrupt { .. }));
}

#[test]
fn the_record_of_the_checkpoint_is_durable_even_if_it_is_the_last() {
    let (dir, positions) = closed_log(3, 100);
    change_at(dir.path(), positions[2], |bytes| bytes[60] ^= 1);
    let before = images(dir.path());
    let refused = Log::open(dir.path(), config(), Some(positions[2]), &mut |_| {}).unwrap_err();
    assert!(matches!(refused, LogError::Corrupt { .. }), "{refused}");
    assert_eq!(images(dir.path()), before);
}

#[test]
fn a_reader_reports_damage_that_happens_while_the_log_is_open() {
    let dir = tempfile::tempdir().unwrap();
    let mut opened = open(dir.path());
    let positions: Vec<_> = (0..9)
        .map(|number| commit_one(&mut opened, &payload(number, 3000)))
        .collect();
    change_at(dir.path(), positions[2], |bytes| bytes[..3032].fill(0));
    let refused = opened.reader.read(positions[2]).unwrap_err();
    assert!(matches!(refused, LogError::NoRecord { .. }), "{refused}");
    let mut records = opened.reader.iter(positions[1]).unwrap();
    assert!(records.next().unwrap().is_ok());
    let refused = records.next().unwrap().unwrap_err();
    assert!(matches!(refused, LogError::Corrupt { .. }), "{refused}");
    assert!(records.next().is_none());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn no_flipped_bit_in_what_was_proven_durable_goes_unnoticed(
        sizes in prop::collection::vec(0_usize..5000, 2..12),
        record in any::<prop::sample::Index>(),
        byte in any::<prop::sample::Index>(),
        bit in 0_u8..8,
    ) {
        let dir = tempfile::tempdir().unwrap();
        let mut opened = open(dir.path());
        let positions: Vec<_> = sizes
            .iter()
            .enumerate()
            .map(|(number, bytes)| commit_one(&mut opened, &payload(number, *bytes)))
            .collect();
        drop(opened);
        // The last one is only proven by what comes after it.
        let chosen = record.index(sizes.len() - 1);
        let record_bytes = (32 + sizes[chosen]).next_multiple_of(8);
        change_at(dir.path(), positions[chosen], |bytes| {
            bytes[byte.index(record_bytes)] ^= 1 << bit;
        });
        let refused = refusal(dir.path());
        prop_assert!(matches!(refused, LogError::Corrupt { .. }), "{}", refused);
    }

    #[test]
    fn no_flipped_bit_in_a_header_with_records_behind_it_goes_unnoticed(
        records in 1_usize..12,
        segment in any::<prop::sample::Index>(),
        byte in prop_oneof![0_usize..80, 0..SEGMENT_HEADER_BYTES as usize],
        bit in 0_u8..8,
        is_next_prepared in any::<bool>(),
    ) {
        let (dir, positions) = closed_log(records, 3000);
        let segments = positions[records - 1].segment() + 1;
        let segment = u32::try_from(segment.index(segments as usize)).unwrap();
        if !is_next_prepared {
            let _ = fs::remove_file(segment_path(dir.path(), segments));
        }
        change(dir.path(), segment, |bytes| bytes[byte] ^= 1 << bit);
        refusal(dir.path());
    }
}
