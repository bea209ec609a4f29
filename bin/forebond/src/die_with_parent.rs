//! A child that nobody is left to end ends itself: its parent holds the other end of its standard input.

use rustix::process::{Signal, getpid, kill_process};
use std::{io::Read, thread, time::Duration};

/// For final writes.
const GRACE: Duration = Duration::from_secs(10);

/// Watches standard input from a thread of its own.
pub(crate) fn watch() {
    let started = thread::Builder::new()
        .name("parent".into())
        .spawn(|| end_after(std::io::stdin().lock()));
    if let Err(error) = started {
        tracing::error!(%error, "this process will not notice its parent's death");
    }
}

/// Waits for the end of `input`, then asks this process to end, and makes it end.
fn end_after(mut input: impl Read) {
    let mut unread = [0; 256];
    while matches!(input.read(&mut unread), Ok(read) if read > 0) {}
    let _ = kill_process(getpid(), Signal::TERM);
    thread::sleep(GRACE);
    let _ = kill_process(getpid(), Signal::KILL);
}
