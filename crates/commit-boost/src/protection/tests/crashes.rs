//! The database on a disk whose writes end at any place: as `kill -9` ends them, and as a power cut does.

use std::{
    io,
    sync::{Arc, Mutex},
};

use super::*;

/// What reached the disk, in order.
#[derive(Clone, Debug)]
enum Op {
    Write(u64, Vec<u8>),
    SetLen(u64),
    Sync,
    /// What the caller was told: a promise that must hold whatever comes after.
    Told(Told),
}

#[derive(Clone, Debug)]
enum Told {
    Asked(Request),
    Signed(Box<StoredSignature>),
    Raised(Request, u64),
}

#[derive(Debug, Default)]
struct Disk {
    bytes: Vec<u8>,
    ops: Vec<Op>,
}

impl Disk {
    fn apply(bytes: &mut Vec<u8>, op: &Op) {
        match op {
            Op::Write(offset, data) => {
                let start = usize::try_from(*offset).unwrap();
                let end = start + data.len();
                if bytes.len() < end {
                    bytes.resize(end, 0);
                }
                bytes[start..end].copy_from_slice(data);
            }
            Op::SetLen(length) => bytes.resize(usize::try_from(*length).unwrap(), 0),
            Op::Sync | Op::Told(_) => {}
        }
    }

    fn push(&mut self, op: Op) {
        Self::apply(&mut self.bytes, &op);
        self.ops.push(op);
    }
}

#[derive(Clone, Debug, Default)]
struct Recorder(Arc<Mutex<Disk>>);

impl Recorder {
    fn holding(bytes: Vec<u8>) -> Self {
        Self(Arc::new(Mutex::new(Disk {
            bytes,
            ops: Vec::new(),
        })))
    }

    fn tell(&self, told: Told) {
        self.0.lock().unwrap().push(Op::Told(told));
    }

    fn ops(&self) -> Vec<Op> {
        self.0.lock().unwrap().ops.clone()
    }
}

impl redb::StorageBackend for Recorder {
    fn len(&self) -> io::Result<u64> {
        Ok(self.0.lock().unwrap().bytes.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let disk = self.0.lock().unwrap();
        let start = usize::try_from(offset).unwrap();
        let found = disk.bytes.get(start..start + out.len());
        out.copy_from_slice(found.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        self.0.lock().unwrap().push(Op::SetLen(length));
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        self.0.lock().unwrap().push(Op::Sync);
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.0
            .lock()
            .unwrap()
            .push(Op::Write(offset, data.to_vec()));
        Ok(())
    }
}

/// A proposer's short life on a disk that remembers; the database's making is over when it begins.
fn life() -> (Vec<u8>, Vec<Op>) {
    let making = Recorder::default();
    drop(ProtectionDb::on(making.clone(), CHAIN).unwrap());
    let start = making.0.lock().unwrap().bytes.clone();
    let disk = Recorder::holding(start.clone());
    let db = ProtectionDb::on(disk.clone(), CHAIN).unwrap();
    for (validator, slot) in [(1, 10), (2, 10), (1, 11)] {
        let request = request(validator, slot, 1);
        let permit = ask(&db, &request);
        disk.tell(Told::Asked(request));
        let stored = db.keep(&permit, &answer(validator, &permit)).unwrap();
        disk.tell(Told::Signed(Box::new(stored)));
    }
    let last = request(1, 12, 1);
    db.raise_lowest_slot(last.position.signing_id, last.position.proposer, 12)
        .unwrap();
    disk.tell(Told::Raised(last, 12));
    ask(&db, &last);
    disk.tell(Told::Asked(last));
    // Not dropped: a process that is killed closes nothing.
    let ops = disk.ops();
    drop(db);
    (start, ops)
}

/// What was told before the crash holds after it.
fn check(bytes: Vec<u8>, told: &[Told], place: &str) {
    let db = ProtectionDb::on(Recorder::holding(bytes), CHAIN)
        .unwrap_or_else(|error| panic!("{place}: {error}"));
    for told in told {
        match told {
            Told::Asked(request) => {
                let other = Request {
                    object_root: B256::repeat_byte(0xee),
                    ..*request
                };
                let refused = db.admit(&other, SignerDialect::Split);
                assert!(
                    matches!(refused, Err(ProtectionError::Conflict { .. })),
                    "{place}: {refused:?}"
                );
            }
            Told::Signed(stored) => {
                assert_eq!(
                    db.look(&stored.request).unwrap().as_ref(),
                    Some(&**stored),
                    "{place}"
                );
            }
            Told::Raised(request, slot) => {
                let position = request.position;
                let lowest = db
                    .lowest_slot(position.signing_id, position.proposer)
                    .unwrap();
                assert!(lowest >= *slot, "{place}");
            }
        }
    }
}

fn told(ops: &[Op]) -> Vec<Told> {
    let told = ops.iter().filter_map(|op| match op {
        Op::Told(told) => Some(told.clone()),
        _ => None,
    });
    told.collect()
}

#[test]
fn killed_after_any_write_or_in_its_middle_nothing_that_was_told_is_lost() {
    let (start, ops) = life();
    assert!(
        ops.iter().filter(|op| matches!(op, Op::Sync)).count() >= 8,
        "each step is synced"
    );
    let mut bytes = start;
    for (place, op) in ops.iter().enumerate() {
        let before = told(&ops[..place]);
        check(bytes.clone(), &before, &format!("before op {place}"));
        if let Op::Write(offset, data) = op {
            for cut in [1, data.len() / 3, data.len() / 2, data.len() - 1] {
                let mut torn = bytes.clone();
                Disk::apply(&mut torn, &Op::Write(*offset, data[..cut].to_vec()));
                check(torn, &before, &format!("op {place} cut at byte {cut}"));
            }
        }
        Disk::apply(&mut bytes, op);
    }
    check(bytes, &told(&ops), "at the end");
}

#[test]
fn a_power_cut_that_loses_any_unsynced_writes_loses_nothing_that_was_told() {
    let (start, ops) = life();
    let mut synced = start;
    let mut pending: Vec<&Op> = Vec::new();
    for (place, op) in ops.iter().enumerate() {
        match op {
            Op::Sync => {
                for op in pending.drain(..) {
                    Disk::apply(&mut synced, op);
                }
            }
            Op::Told(_) => {}
            other => pending.push(other),
        }
        let before = told(&ops[..=place]);
        // None of the pending writes, every second one, all but the first, only the last.
        let chosen: [fn(usize, usize) -> bool; 4] = [
            |_, _| false,
            |n, _| n % 2 == 0,
            |n, _| n > 0,
            |n, count| n + 1 == count,
        ];
        for (which, keep) in chosen.iter().enumerate() {
            let mut bytes = synced.clone();
            for (n, op) in pending.iter().enumerate() {
                // Lengths are kept in order: files do not grow by accident.
                if keep(n, pending.len()) || matches!(op, Op::SetLen(_)) {
                    Disk::apply(&mut bytes, op);
                }
            }
            check(bytes, &before, &format!("op {place}, choice {which}"));
        }
    }
}
