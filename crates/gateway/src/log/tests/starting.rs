use std::fs::File;

use super::super::directory::segment_path;
use super::super::progress::ScanMeter;
use super::super::scan::{ScanStart, scan_tail};
use super::super::segment_file::{SegmentFile, open_segment};
use super::super::{SEGMENT_HEADER_BYTES, ScanProgress};
use super::*;

#[test]
fn a_new_directory_gets_an_empty_log_and_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("data/log");
    let opened = open(&path);
    assert!(opened.report.is_new);
    assert_eq!(opened.report.next_ordinal, 0);
    assert_eq!(opened.reader.first(), opened.reader.end());
    drop(opened);
    let report = open(&path).report;
    assert!(!report.is_new);
    assert_eq!((report.next_ordinal, report.cut), (0, None));
}

#[test]
fn a_restart_goes_on_where_the_log_ended() {
    let (dir, _) = closed_log(9, 3000);
    let mut opened = open(dir.path());
    assert_eq!(opened.report.next_ordinal, 9);
    assert_eq!(opened.report.checked_records, 9);
    assert_eq!(opened.report.cut, None);
    for number in 9..15 {
        commit_one(&mut opened, &payload(number, 3000));
    }
    let expected: Vec<_> = (0..15).map(|number| payload(number, 3000)).collect();
    assert_eq!(payloads(&opened.reader), expected);
}

#[test]
fn segments_written_with_another_size_stay_readable() {
    let (dir, _) = closed_log(5, 3000);
    let larger = LogConfig {
        segment_bytes: 64 << 10,
        ..config()
    };
    let mut opened = Log::open(dir.path(), larger, None, &mut |_| {}).unwrap();
    for number in 5..40 {
        commit_one(&mut opened, &payload(number, 3000));
    }
    drop(opened);
    assert_eq!(payloads(&open(dir.path()).reader).len(), 40);
}

#[test]
fn a_record_too_large_for_a_segment_prepared_under_smaller_settings_goes_into_the_one_after() {
    let (dir, _) = closed_log(1, 100);
    let larger = LogConfig {
        segment_bytes: 64 << 10,
        ..config()
    };
    let mut opened = Log::open(dir.path(), larger, None, &mut |_| {}).unwrap();
    let large = payload(1, 40_000);
    let position = commit_one(&mut opened, &large);
    assert_eq!(opened.reader.read(position).unwrap().payload, large);
    drop(opened);
    assert_eq!(payloads(&open(dir.path()).reader), [payload(0, 100), large]);
}

#[test]
fn impossible_segment_sizes_are_refused_before_anything_is_made() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log");
    for segment_bytes in [0, 4096, (16 << 10) + 1, (1 << 30) + 4096] {
        let config = LogConfig {
            segment_bytes,
            ..config()
        };
        let refused = Log::open(&path, config, None, &mut |_| {}).unwrap_err();
        assert!(
            matches!(refused, LogError::SegmentBytes { .. }),
            "{refused}"
        );
    }
    assert!(!path.exists());
}

#[test]
fn a_crash_while_a_segment_is_being_prepared_leaves_nothing_behind() {
    let (dir, _) = closed_log(3, 100);
    let unfinished = dir.path().join("0000000007.unfinished");
    fs::write(&unfinished, [0; 5000]).unwrap();
    assert_eq!(open(dir.path()).report.next_ordinal, 3);
    assert!(!unfinished.exists());
}

#[test]
fn a_crash_between_preparing_a_segment_and_using_it_costs_nothing() {
    // Before the header was written, while it was (torn), and of a size that cannot be.
    let torn_header = {
        let mut bytes = vec![0; SEGMENT_BYTES as usize];
        bytes[..20].copy_from_slice(b"FBNDLOG\n\x01\0\0\0\x01\0\0\0abcd");
        bytes
    };
    for next in [vec![0; SEGMENT_BYTES as usize], torn_header, vec![0; 100]] {
        let (dir, positions) = closed_log(4, 3000);
        let last = positions[3].segment();
        fs::write(segment_path(dir.path(), last + 1), next).unwrap();
        let mut opened = open(dir.path());
        for number in 4..10 {
            commit_one(&mut opened, &payload(number, 3000));
        }
        drop(opened);
        let expected: Vec<_> = (0..10).map(|number| payload(number, 3000)).collect();
        assert_eq!(payloads(&open(dir.path()).reader), expected);
    }
}

#[test]
fn a_crash_between_a_segments_header_and_its_first_record_costs_nothing() {
    let (dir, positions) = closed_log(9, 3000);
    let last = positions[8].segment();
    assert_eq!(
        positions[8].offset(),
        SEGMENT_HEADER_BYTES,
        "alone in its segment"
    );
    change(dir.path(), last, |bytes| {
        bytes[SEGMENT_HEADER_BYTES as usize..].fill(0)
    });
    let mut opened = open(dir.path());
    assert_eq!(opened.report.next_ordinal, 8);
    commit_one(&mut opened, b"again");
    drop(opened);
    assert_eq!(payloads(&open(dir.path()).reader)[8], b"again");
}

#[test]
fn a_crash_while_the_first_segment_is_made_leaves_a_new_log() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(segment_path(dir.path(), 0), vec![0; SEGMENT_BYTES as usize]).unwrap();
    let mut opened = open(dir.path());
    assert!(opened.report.is_new);
    commit_one(&mut opened, b"first");
    drop(opened);
    assert_eq!(payloads(&open(dir.path()).reader), [b"first"]);
}

#[test]
fn a_checkpoint_saves_checking_the_segments_before_it() {
    let (dir, positions) = closed_log(16, 3000);
    let checkpoint = positions[13];
    // Unnoticed, because nothing needs it any more.
    change_at(dir.path(), positions[0], |bytes| bytes[40] ^= 1);
    assert!(try_open(dir.path()).is_err());
    let opened = Log::open(dir.path(), config(), Some(checkpoint), &mut |_| {}).unwrap();
    assert_eq!(opened.report.next_ordinal, 16);
    assert_eq!(opened.report.checked_records, 3);
    let rest = opened.reader.iter(checkpoint).unwrap();
    let ordinals: Vec<_> = rest.map(|record| record.unwrap().ordinal).collect();
    assert_eq!(ordinals, [13, 14, 15]);
}

#[test]
fn any_record_serves_as_checkpoint() {
    let (dir, positions) = closed_log(10, 3000);
    for (number, position) in positions.iter().enumerate() {
        let opened = Log::open(dir.path(), config(), Some(*position), &mut |_| {}).unwrap();
        assert_eq!(opened.report.checked_records, 10 - number as u64);
        assert_eq!(opened.report.next_ordinal, 10);
    }
}

#[test]
fn a_log_older_than_the_checkpoint_is_refused() {
    let (dir, positions) = closed_log(3, 100);
    let last = positions[2];
    let behind_end = Position::new(last.segment(), last.offset() + 136);
    let in_a_later_segment = Position::start_of(last.segment() + 3);
    for checkpoint in [behind_end, in_a_later_segment] {
        let refused = Log::open(dir.path(), config(), Some(checkpoint), &mut |_| {}).unwrap_err();
        assert!(refused.to_string().contains("checkpoint"), "{refused}");
        assert!(refused.to_string().contains("restore"), "{refused}");
    }
    let empty = tempfile::tempdir().unwrap();
    let refused = Log::open(empty.path(), config(), Some(last), &mut |_| {}).unwrap_err();
    assert!(
        matches!(refused, LogError::NotCommitted { .. }),
        "{refused}"
    );
}

#[test]
fn only_the_last_group_is_unproven_and_written_again() {
    let dir = tempfile::tempdir().unwrap();
    let mut opened = open(dir.path());
    commit_one(&mut opened, b"proven");
    let group = opened.writer.append(1, &[b"first of the group"]).unwrap();
    let last = commit_one(&mut opened, b"last of the group");
    drop(opened);
    let path = segment_path(dir.path(), 0);
    let scan = |checkpoint_offset| {
        let (file, header) = open_segment(&path, false).unwrap();
        let segment = SegmentFile {
            file,
            path: path.clone(),
            header: header.unwrap(),
        };
        let start = ScanStart {
            checkpoint_offset,
            done_bytes: 0,
        };
        let mut report = |_| {};
        let mut meter = ScanMeter::new(0, &mut report);
        scan_tail(&segment, start, SEGMENT_BYTES, &mut meter).unwrap()
    };
    let tail = scan(None);
    assert_eq!(tail.unproven_offset, group.offset());
    assert!(tail.header_proven);
    // The checkpoint's record is durable, although no other record says so.
    let tail = scan(Some(last.offset()));
    assert_eq!(tail.unproven_offset, tail.end_offset);
    assert!(tail.header_proven);
}

#[test]
fn progress_grows_to_the_total() {
    let dir = tempfile::tempdir().unwrap();
    let config = LogConfig {
        segment_bytes: 6 << 20,
        ..config()
    };
    let mut opened = Log::open(dir.path(), config, None, &mut |_| {}).unwrap();
    for number in 0..9 {
        commit_one(&mut opened, &payload(number, 1 << 20));
    }
    drop(opened);
    let mut seen: Vec<ScanProgress> = Vec::new();
    Log::open(dir.path(), config, None, &mut |progress| {
        seen.push(progress)
    })
    .unwrap();
    assert!(seen.len() > 3, "{seen:?}");
    assert!(seen.is_sorted_by_key(|progress| progress.done_bytes));
    let last = seen.last().unwrap();
    assert_eq!(last.done_bytes, last.total_bytes);
    assert_eq!(last.total_bytes, 2 * (6 << 20));
}

#[test]
fn other_files_in_the_directory_are_left_alone() {
    let (dir, _) = closed_log(1, 10);
    let names = ["notes.txt", "7.seg", "00000000001.seg", "x.seg"];
    for name in names {
        File::create(dir.path().join(name)).unwrap();
    }
    assert_eq!(open(dir.path()).report.next_ordinal, 1);
    assert!(names.iter().all(|name| dir.path().join(name).exists()));
}
