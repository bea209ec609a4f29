//! What a power cut may leave of a group that was being written, and what must come of it.

use proptest::prelude::*;

use super::super::directory::segment_path;
use super::super::record::encode_record;
use super::super::{ChecksumSeed, RecordHeader};
use super::*;

const SECTOR_BYTES: usize = 512;

/// What happened to the bytes of the last group before they were durable.
#[derive(Clone, Debug)]
enum Loss {
    /// Each sector was replaced or not.
    Sectors(Vec<bool>),
    /// One bit is wrong.
    Flip(prop::sample::Index, u8),
    /// A range is zero.
    Zero(prop::sample::Index, prop::sample::Index),
    /// A range is nonsense.
    Garbage(prop::sample::Index, Vec<u8>),
    /// The file ends there.
    Truncated(prop::sample::Index),
}

fn loss() -> impl Strategy<Value = Loss> {
    let at = any::<prop::sample::Index>;
    prop_oneof![
        3 => prop::collection::vec(any::<bool>(), 64).prop_map(Loss::Sectors),
        1 => (at(), 0_u8..8).prop_map(|(at, bit)| Loss::Flip(at, bit)),
        1 => (at(), at()).prop_map(|(from, to)| Loss::Zero(from, to)),
        1 => (at(), prop::collection::vec(any::<u8>(), 1..700))
            .prop_map(|(at, bytes)| Loss::Garbage(at, bytes)),
        1 => at().prop_map(Loss::Truncated),
    ]
}

impl Loss {
    /// Turns `after`, the file with the group, into what the power cut left; `before` is the file
    /// without it, `start..end` where the group stands.
    fn apply(&self, before: &[u8], after: &mut Vec<u8>, start: usize, end: usize) {
        let at = |index: &prop::sample::Index| start + index.index(end - start);
        match self {
            Self::Sectors(written) => {
                let first = start / SECTOR_BYTES * SECTOR_BYTES;
                let sectors = (first..end).step_by(SECTOR_BYTES);
                for (sector, written) in sectors.zip(written.iter().cycle()) {
                    let range = sector..sector + SECTOR_BYTES;
                    if !written {
                        after[range.clone()].copy_from_slice(&before[range]);
                    }
                }
            }
            Self::Flip(index, bit) => after[at(index)] ^= 1 << bit,
            Self::Zero(from, to) => {
                let (from, to) = (at(from).min(at(to)), at(from).max(at(to)));
                after[from..=to].fill(0);
            }
            Self::Garbage(index, bytes) => {
                let from = at(index);
                let bytes = &bytes[..bytes.len().min(end - from)];
                after[from..from + bytes.len()].copy_from_slice(bytes);
            }
            Self::Truncated(index) => after.truncate(at(index)),
        }
    }
}

/// A log that was cut while its last group was written.
struct Interrupted {
    dir: TempDir,
    payloads: Vec<Vec<u8>>,
    committed: usize,
}

/// Writes groups of records with payloads of the given sizes, and loses part of the last group.
fn interrupt(groups: &[Vec<usize>], loss: &Loss) -> Interrupted {
    let dir = tempfile::tempdir().unwrap();
    let Opened {
        mut writer, reader, ..
    } = open(dir.path());
    let mut written = Vec::new();
    for (number, group) in groups.iter().enumerate() {
        for bytes in group {
            let payload = payload(written.len(), *bytes);
            writer.append(1, &[&payload]).unwrap();
            written.push(payload);
        }
        if number + 1 < groups.len() {
            writer.commit().unwrap();
        }
    }
    // Appending may have committed a part, at the end of a segment.
    let start = reader.end();
    let committed = payloads(&reader).len();
    let path = segment_path(dir.path(), start.segment());
    let before = fs::read(&path).unwrap();
    let end = writer.commit().unwrap().end;
    drop(writer);
    if end > start {
        assert_eq!(end.segment(), start.segment());
        change(dir.path(), start.segment(), |after| {
            loss.apply(
                &before,
                after,
                start.offset() as usize,
                end.offset() as usize,
            );
        });
    }
    Interrupted {
        dir,
        payloads: written,
        committed,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(160))]

    #[test]
    fn a_power_cut_leaves_a_prefix_with_everything_committed_and_the_log_goes_on_from_there(
        groups in prop::collection::vec(prop::collection::vec(0_usize..3000, 1..6), 1..6),
        loss in loss(),
        later in prop::collection::vec(0_usize..3000, 1..8),
    ) {
        let cut = interrupt(&groups, &loss);
        let mut opened = open(cut.dir.path());
        let mut expected = payloads(&opened.reader);
        prop_assert!(expected.len() >= cut.committed, "{} of {}", expected.len(), cut.committed);
        prop_assert_eq!(&expected[..], &cut.payloads[..expected.len()]);
        prop_assert_eq!(opened.report.next_ordinal, expected.len() as u64);

        // Each round writes over what was cut and starts again: nothing old may come back.
        for (number, bytes) in later.into_iter().enumerate() {
            let payload = payload(1000 + number, bytes);
            commit_one(&mut opened, &payload);
            expected.push(payload);
            drop(opened);
            opened = open(cut.dir.path());
            prop_assert_eq!(&opened.report.cut, &None);
            prop_assert_eq!(&payloads(&opened.reader), &expected);
        }
    }

    #[test]
    fn a_second_crash_during_the_repair_changes_nothing(
        sizes in prop::collection::vec(0_usize..2000, 2..5),
        loss in loss(),
        repaired_sectors in prop::collection::vec(any::<bool>(), 32),
    ) {
        let cut = interrupt(&[vec![10], sizes], &loss);
        let torn = images(cut.dir.path());
        let first = payloads(&open(cut.dir.path()).reader);
        // Any mixture of sectors from before and after the repair is what the second crash left.
        for ((path, torn), (_, repaired)) in torn.iter().zip(images(cut.dir.path())) {
            let mut mixed = repaired.clone();
            for (number, sector) in mixed.chunks_mut(SECTOR_BYTES).enumerate() {
                let from = number * SECTOR_BYTES;
                let old = torn.get(from..from + sector.len());
                if let Some(old) = old.filter(|_| repaired_sectors[number % 32]) {
                    sector.copy_from_slice(old);
                }
            }
            fs::write(path, mixed).unwrap();
        }
        prop_assert_eq!(payloads(&open(cut.dir.path()).reader), first);
    }
}

#[test]
fn stale_records_behind_a_cut_do_not_come_back_when_equally_long_ones_are_appended() {
    // Three equally long records in one unsynced group; the first does not reach the disk.
    let (dir, positions) = {
        let dir = tempfile::tempdir().unwrap();
        let mut opened = open(dir.path());
        commit_one(&mut opened, b"committed");
        let positions: Vec<_> = (0..3)
            .map(|number| opened.writer.append(1, &[&[number; 600]]).unwrap())
            .collect();
        opened.writer.commit().unwrap();
        (dir, positions)
    };
    change_at(dir.path(), positions[0], |bytes| bytes[..512].fill(0));
    let mut opened = open(dir.path());
    let cut = opened.report.cut.clone().unwrap();
    assert_eq!(cut.position, positions[0]);
    assert!(cut.bytes > 1200, "{cut:?}");
    // Fits exactly in front of the stale record with the next ordinal.
    commit_one(&mut opened, &[9; 600]);
    drop(opened);
    let opened = open(dir.path());
    assert_eq!(payloads(&opened.reader), [&b"committed"[..], &[9; 600]]);
    assert_eq!(opened.report.next_ordinal, 2);
}

#[test]
fn a_payload_that_imitates_a_record_proves_nothing() {
    // A record with a good checksum but for the salt, which claims that all before was durable.
    let dir = tempfile::tempdir().unwrap();
    let mut opened = open(dir.path());
    commit_one(&mut opened, b"committed");
    let start = opened.reader.end();
    let forged = RecordHeader {
        kind: 1,
        payload_bytes: 0,
        payload_checksum: 0,
        ordinal: 9,
        durable: 9,
    };
    let mut imitation = Vec::new();
    encode_record(
        &mut imitation,
        ChecksumSeed::new(0, start.segment()),
        start.offset() + 32,
        &forged,
        &[],
    );
    commit_one(&mut opened, &imitation);
    drop(opened);
    change_at(dir.path(), start, |bytes| bytes[0] ^= 1);
    assert_eq!(payloads(&open(dir.path()).reader), [b"committed"]);
}

#[test]
fn a_payload_that_holds_a_whole_other_log_is_only_a_payload() {
    let (other, _) = closed_log(2, 1000);
    let image = images(other.path()).remove(0).1;
    let dir = tempfile::tempdir().unwrap();
    let mut opened = open(dir.path());
    commit_one(&mut opened, b"committed");
    let position = commit_one(&mut opened, &image[..8000]);
    drop(opened);
    assert_eq!(payloads(&open(dir.path()).reader)[1], &image[..8000]);
    change_at(dir.path(), position, |bytes| bytes[..32].fill(0));
    assert_eq!(payloads(&open(dir.path()).reader), [b"committed"]);
}
