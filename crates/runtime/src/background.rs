/// How much less of a busy core a background thread gets: a `nice` value. 5 is about a third of an
/// ordinary thread's share, so that it never starves either.
const NICENESS: i32 = 5;

/// Lowers the priority of the calling thread. For work that nobody waits for (roots, archives):
/// on a machine with few cores it must not keep the threads from running that answer somebody.
///
/// A system that refuses is only worse off for speed, so the refusal is logged and ignored.
pub fn run_in_background() {
    let thread = rustix::thread::gettid();
    if let Err(error) = rustix::process::setpriority_process(Some(thread), NICENESS) {
        tracing::debug!(%error, "cannot lower the priority of a background thread");
    }
}
