use std::fs::File;
use std::thread;

use super::super::directory::segment_path;
use super::*;

#[test]
fn records_are_read_back_in_order_with_kind_ordinal_and_position() {
    let dir = tempfile::tempdir().unwrap();
    let mut opened = open(dir.path());
    let first = opened.writer.append(3, &[b"a", b"", b"bc"]).unwrap();
    let second = opened.writer.append(4, &[]).unwrap();
    let committed = opened.writer.commit().unwrap();

    assert!(first < second && second < committed.end);
    assert_eq!(committed.records, 2);
    let records: Vec<_> = opened
        .reader
        .iter(first)
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(records[0], opened.reader.read(first).unwrap());
    assert_eq!(records[1], opened.reader.read(second).unwrap());
    assert_eq!((records[0].kind, records[0].ordinal), (3, 0));
    assert_eq!((records[1].kind, records[1].ordinal), (4, 1));
    assert_eq!(records[0].payload, b"abc");
    assert!(records[1].payload.is_empty());
}

#[test]
fn a_record_is_not_readable_before_its_commit() {
    let dir = tempfile::tempdir().unwrap();
    let mut opened = open(dir.path());
    let position = opened.writer.append(0, &[b"later"]).unwrap();

    let refused = opened.reader.read(position).unwrap_err();
    assert!(
        matches!(refused, LogError::NotCommitted { .. }),
        "{refused}"
    );
    assert_eq!(payloads(&opened.reader).len(), 0);

    opened.writer.commit().unwrap();
    assert_eq!(opened.reader.read(position).unwrap().payload, b"later");
}

#[test]
fn what_was_appended_and_not_committed_is_gone_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let mut opened = open(dir.path());
    commit_one(&mut opened, b"kept");
    opened.writer.append(0, &[b"lost"]).unwrap();
    drop(opened);
    assert_eq!(payloads(&open(dir.path()).reader), [b"kept"]);
}

#[test]
fn an_iterator_at_the_end_goes_on_with_what_is_committed_later() {
    let dir = tempfile::tempdir().unwrap();
    let mut opened = open(dir.path());
    let mut records = opened.reader.iter(opened.reader.end()).unwrap();
    // Several segments long, so that the iterator also waits at the ends of segments.
    for number in 0..20 {
        assert!(records.next().is_none());
        let expected = payload(number, 3000);
        commit_one(&mut opened, &expected);
        assert_eq!(records.next().unwrap().unwrap().payload, expected);
    }
}

#[test]
fn an_earlier_end_of_the_log_is_a_place_to_read_from_even_at_the_end_of_a_segment() {
    let dir = tempfile::tempdir().unwrap();
    let mut opened = open(dir.path());
    let mut ends = vec![opened.reader.end()];
    for number in 0..12 {
        commit_one(&mut opened, &payload(number, 3000));
        ends.push(opened.reader.end());
    }
    for (count, end) in ends.into_iter().enumerate() {
        let rest = opened.reader.iter(end).unwrap();
        let ordinals: Vec<_> = rest.map(|record| record.unwrap().ordinal).collect();
        assert_eq!(ordinals, (count as u64..12).collect::<Vec<_>>());
    }
}

#[test]
fn a_reader_on_another_thread_sees_every_record_once_and_only_whole_ones() {
    const RECORDS: usize = 3000;
    let dir = tempfile::tempdir().unwrap();
    let Opened {
        mut writer, reader, ..
    } = open(dir.path());
    let sizes = |number: usize| number * 97 % 1500;
    let reading = thread::spawn(move || {
        let mut records = reader.iter(reader.first()).unwrap();
        let mut seen = 0;
        while seen < RECORDS {
            match records.next() {
                Some(record) => {
                    assert_eq!(record.unwrap().payload, payload(seen, sizes(seen)));
                    seen += 1;
                }
                None => thread::yield_now(),
            }
        }
    });
    for number in 0..RECORDS {
        writer
            .append(0, &[&payload(number, sizes(number))])
            .unwrap();
        if number % 10 == 9 {
            writer.commit().unwrap();
        }
    }
    reading.join().unwrap();
}

#[test]
fn a_record_that_fills_a_segment_fits_and_one_byte_more_is_refused_with_the_limit() {
    let dir = tempfile::tempdir().unwrap();
    let mut opened = open(dir.path());
    let limit = config().max_payload_bytes() as usize;
    let refused = opened.writer.append(0, &[&vec![0; limit + 1]]).unwrap_err();
    assert!(
        refused.to_string().contains(&limit.to_string()),
        "{refused}"
    );

    let largest = payload(0, limit);
    for _ in 0..3 {
        commit_one(&mut opened, &largest);
    }
    commit_one(&mut opened, b"small");
    drop(opened);
    let opened = open(dir.path());
    let expected = [&largest[..], &largest[..], &largest[..], b"small"];
    assert_eq!(payloads(&opened.reader), expected);
}

#[test]
fn a_group_larger_than_a_segment_is_committed_whole() {
    let dir = tempfile::tempdir().unwrap();
    let mut opened = open(dir.path());
    let expected: Vec<_> = (0..100).map(|number| payload(number, 1000)).collect();
    for payload in &expected {
        opened.writer.append(0, &[payload]).unwrap();
    }
    assert_eq!(opened.writer.commit().unwrap().records, 100);
    assert_eq!(payloads(&opened.reader), expected);
    drop(opened);
    assert_eq!(payloads(&open(dir.path()).reader), expected);
}

#[test]
fn after_a_failed_write_the_writer_refuses_everything_and_says_to_restart() {
    let dir = tempfile::tempdir().unwrap();
    let mut opened = open(dir.path());
    commit_one(&mut opened, b"good");
    // A file that refuses writes stands for a disk that does.
    let path = segment_path(dir.path(), 0);
    let usable = File::options().read(true).write(true).open(&path).unwrap();
    opened
        .writer
        .replace_file_for_test(File::open(&path).unwrap());
    opened.writer.append(0, &[b"bad"]).unwrap();
    let first = opened.writer.commit().unwrap_err();
    assert!(matches!(first, LogError::Io { .. }), "{first}");

    // Even if the disk works again: what the failure left behind is unknown.
    opened.writer.replace_file_for_test(usable);
    for refused in [
        opened.writer.commit().map(|_| ()).unwrap_err(),
        opened.writer.append(0, &[b"more"]).map(|_| ()).unwrap_err(),
    ] {
        assert!(matches!(refused, LogError::Poisoned { .. }), "{refused}");
        assert!(refused.to_string().contains("restart and replay"));
    }
    assert_eq!(payloads(&opened.reader), [b"good"]);
}

#[test]
fn a_segment_that_cannot_be_prepared_stops_the_writer_when_it_is_needed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log");
    let mut opened = open(&path);
    // One more segment may be ready already, not two.
    fs::rename(&path, dir.path().join("moved")).unwrap();
    let refused = (0..12)
        .find_map(|number| opened.writer.append(0, &[&payload(number, 3000)]).err())
        .unwrap();
    assert!(matches!(refused, LogError::Io { .. }), "{refused}");
    let refused = opened.writer.commit().unwrap_err();
    assert!(matches!(refused, LogError::Poisoned { .. }), "{refused}");
}

#[test]
fn a_position_inside_a_payload_is_no_record() {
    let dir = tempfile::tempdir().unwrap();
    let mut opened = open(dir.path());
    let position = commit_one(&mut opened, &[7; 100]);
    let inside = Position::from_u64(position.to_u64() + 48);
    let refused = opened.reader.read(inside).unwrap_err();
    assert!(matches!(refused, LogError::NoRecord { .. }), "{refused}");
}
