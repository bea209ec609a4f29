use super::*;

#[test]
fn pruning_removes_whole_segments_before_a_position_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let mut opened = open(dir.path());
    let positions: Vec<_> = (0..16)
        .map(|number| commit_one(&mut opened, &payload(number, 3000)))
        .collect();
    let before = positions[9];
    let removed = opened.pruner.prune(before).unwrap();

    assert_eq!(removed, before.segment());
    assert!(removed >= 2);
    let kept: Vec<_> = positions
        .iter()
        .filter(|position| position.segment() >= before.segment())
        .collect();
    assert_eq!(payloads(&opened.reader).len(), kept.len());
    assert_eq!(opened.reader.first(), *kept[0]);
    let refused = opened.reader.read(positions[0]).unwrap_err();
    assert!(matches!(refused, LogError::Pruned { .. }), "{refused}");
    assert!(opened.reader.iter(positions[0]).is_err());
    assert_eq!(opened.pruner.prune(before).unwrap(), 0);

    drop(opened);
    let mut opened = open(dir.path());
    assert_eq!(opened.report.first, *kept[0]);
    assert_eq!(opened.report.next_ordinal, 16);
    commit_one(&mut opened, b"more");
    assert_eq!(payloads(&opened.reader).len(), kept.len() + 1);
}

#[test]
fn the_segment_being_written_is_never_pruned() {
    let dir = tempfile::tempdir().unwrap();
    let mut opened = open(dir.path());
    for number in 0..5 {
        commit_one(&mut opened, &payload(number, 3000));
    }
    opened.pruner.prune(Position::from_u64(u64::MAX)).unwrap();
    assert_eq!(
        opened.reader.first().segment(),
        opened.reader.end().segment()
    );
    let position = commit_one(&mut opened, b"more");
    assert_eq!(opened.reader.read(position).unwrap().payload, b"more");
    drop(opened);
    assert_eq!(open(dir.path()).report.next_ordinal, 6);
}

#[test]
fn an_iterator_that_falls_behind_pruning_gets_an_error_and_no_gap() {
    let dir = tempfile::tempdir().unwrap();
    let mut opened = open(dir.path());
    for number in 0..40 {
        commit_one(&mut opened, &payload(number, 3000));
    }
    let mut records = opened.reader.iter(opened.reader.first()).unwrap();
    assert_eq!(records.next().unwrap().unwrap().ordinal, 0);
    opened.pruner.prune(opened.reader.end()).unwrap();
    // It may finish the segment it has open.
    let mut expected = 1;
    let error = loop {
        match records.next().unwrap() {
            Ok(record) => assert_eq!(record.ordinal, expected),
            Err(error) => break error,
        }
        expected += 1;
    };
    assert!(matches!(error, LogError::Pruned { .. }), "{error}");
    assert!(records.next().is_none());
}
