/// A `nice` value; 19 is the lowest priority: a thread that wakes up to answer somebody takes the
/// core at once. Background work is not starved by that for long: what it holds up exerts
/// back-pressure, which leaves it the cores.
const NICENESS: i32 = 19;

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
