use super::super::{DirLock, LockError};
use super::*;

#[test]
fn a_second_opener_is_refused_with_the_directory_and_the_process_that_holds_it() {
    let dir = tempfile::tempdir().unwrap();
    let first = open(dir.path());
    let refused = try_open(dir.path()).unwrap_err();
    let text = refused.to_string();
    assert!(
        matches!(refused, LogError::Locked(LockError::Held { .. })),
        "{text}"
    );
    assert!(text.contains(&dir.path().display().to_string()), "{text}");
    assert!(
        text.contains(&format!("process {}", std::process::id())),
        "{text}"
    );
    drop(first);
    open(dir.path());
}

#[test]
fn a_lock_file_left_by_a_dead_process_does_not_block() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("LOCK"), "4194304999\nmore").unwrap();
    let lock = DirLock::acquire(dir.path()).unwrap();
    assert_eq!(lock.dir(), dir.path());
    let text = fs::read_to_string(dir.path().join("LOCK")).unwrap();
    assert_eq!(text, format!("{}\n", std::process::id()));
}

#[test]
fn a_lock_file_without_a_process_id_still_locks() {
    let dir = tempfile::tempdir().unwrap();
    let _lock = DirLock::acquire(dir.path()).unwrap();
    fs::write(dir.path().join("LOCK"), "").unwrap();
    let refused = DirLock::acquire(dir.path()).unwrap_err();
    assert!(refused.to_string().contains("process unknown"), "{refused}");
}

#[test]
fn the_lock_outlives_the_writer_while_something_may_still_remove_segments() {
    let dir = tempfile::tempdir().unwrap();
    let Opened { writer, pruner, .. } = open(dir.path());
    drop(writer);
    assert!(try_open(dir.path()).is_err());
    drop(pruner);
    open(dir.path());
}
