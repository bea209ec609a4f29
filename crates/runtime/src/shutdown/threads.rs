use super::Shutdown;
use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::{Builder, JoinHandle},
    time::Duration,
};

/// Named threads that end together: when one fails or panics, the end of the process is requested;
/// when the end comes, they are waited for.
///
/// Dropping it requests the end and waits, too, so that no error path leaves a thread in the middle
/// of its final writes.
#[derive(Debug)]
pub struct Threads {
    shutdown: Shutdown,
    deadline: Duration,
    board: Arc<Board>,
    handles: Mutex<Vec<JoinHandle<()>>>,
}

/// What is known about the threads.
#[derive(Debug, Default)]
struct Board {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    running: Vec<String>,
    failures: Vec<String>,
}

/// Why threads did not end well.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ThreadsError {
    /// Some returned an error or panicked.
    #[error("{}", .0.join("; "))]
    Failed(Vec<String>),
    /// Some did not end in time; they end with the process.
    #[error("still running {deadline_ms} ms after the end was requested: {}; their final writes may be missing, the promise log is replayed at the next start", .names.join(", "))]
    StillRunning {
        /// Their names.
        names: Vec<String>,
        /// How long they had.
        deadline_ms: u128,
    },
}

impl Board {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ended(&self, name: &str, failure: Option<String>) {
        let mut state = self.lock();
        state.running.retain(|other| other != name);
        state.failures.extend(failure);
        self.changed.notify_all();
    }
}

impl Threads {
    /// No threads yet. `deadline` is how long they have to end once the end is requested.
    pub fn new(shutdown: Shutdown, deadline: Duration) -> Self {
        Self {
            shutdown,
            deadline,
            board: Arc::default(),
            handles: Mutex::default(),
        }
    }

    /// Starts a thread. `body` watches the [`Shutdown`] and returns soon after it; an error or a
    /// panic of it requests the end for all. Names are expected to differ.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn spawn(
        &self,
        name: &str,
        body: impl FnOnce() -> eyre::Result<()> + Send + 'static,
    ) -> std::io::Result<()> {
        let board = self.board.clone();
        let shutdown = self.shutdown.clone();
        let thread_name = name.to_owned();
        board.lock().running.push(name.to_owned());
        let spawned = Builder::new().name(name.to_owned()).spawn(move || {
            let failure = match catch_unwind(AssertUnwindSafe(body)) {
                Ok(Ok(())) => None,
                Ok(Err(error)) => Some(format!("{thread_name}: {error:#}")),
                Err(panic) => Some(format!("{thread_name} panicked: {}", panic_text(&*panic))),
            };
            if let Some(failure) = &failure {
                tracing::error!(failure, "a thread failed");
                shutdown.request(failure.as_str());
            }
            board.ended(&thread_name, failure);
        });
        match spawned {
            Ok(handle) => {
                self.handles
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(handle);
                Ok(())
            }
            Err(error) => {
                self.board.ended(name, None);
                Err(error)
            }
        }
    }

    /// Requests the end, if nobody has, and waits for all threads until the deadline.
    ///
    /// # Errors
    /// What failed, or what is still running.
    pub fn join(self) -> Result<(), ThreadsError> {
        self.wait()
    }

    fn wait(&self) -> Result<(), ThreadsError> {
        if !self.shutdown.is_requested() && !self.board.lock().running.is_empty() {
            self.shutdown.request("done");
        }
        let state = self.board.lock();
        let (mut state, _) = self
            .board
            .changed
            .wait_timeout_while(state, self.deadline, |state| !state.running.is_empty())
            .unwrap_or_else(PoisonError::into_inner);
        let mut handles = self.handles.lock().unwrap_or_else(PoisonError::into_inner);
        if !state.running.is_empty() {
            // Given up: joining them later, in the drop, would wait without a deadline.
            handles.clear();
            return Err(ThreadsError::StillRunning {
                names: std::mem::take(&mut state.running),
                deadline_ms: self.deadline.as_millis(),
            });
        }
        let failures = std::mem::take(&mut state.failures);
        drop(state);
        // Their work is over; what is left of them returns at once.
        for handle in handles.drain(..) {
            let _ = handle.join();
        }
        if failures.is_empty() {
            Ok(())
        } else {
            Err(ThreadsError::Failed(failures))
        }
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        if let Err(error) = self.wait() {
            tracing::error!(%error, "threads did not end well");
        }
    }
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{
        atomic::{AtomicBool, Ordering},
        mpsc,
    };

    fn wait_for(shutdown: &Shutdown) {
        tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap()
            .block_on(shutdown.requested());
    }

    #[test]
    fn joining_waits_for_the_final_writes() {
        let shutdown = Shutdown::new();
        let threads = Threads::new(shutdown.clone(), Duration::from_secs(60));
        let written = Arc::new(AtomicBool::new(false));
        let mark = written.clone();
        threads
            .spawn("writer", move || {
                wait_for(&shutdown);
                mark.store(true, Ordering::SeqCst);
                Ok(())
            })
            .unwrap();
        assert_eq!(threads.join(), Ok(()));
        assert!(written.load(Ordering::SeqCst));
    }

    #[test]
    fn a_thread_that_fails_requests_the_end_and_is_named() {
        let shutdown = Shutdown::new();
        let threads = Threads::new(shutdown.clone(), Duration::from_secs(60));
        threads
            .spawn("sealer", || Err(eyre::eyre!("no space left")))
            .unwrap();
        wait_for(&shutdown);
        assert_eq!(shutdown.reason(), Some("sealer: no space left"));
        assert_eq!(
            threads.join(),
            Err(ThreadsError::Failed(vec!["sealer: no space left".into()]))
        );
    }

    #[test]
    fn a_panic_is_a_failure_and_not_the_end_of_waiting() {
        let shutdown = Shutdown::new();
        let threads = Threads::new(shutdown.clone(), Duration::from_secs(60));
        threads.spawn("sequencer", || panic!("odd state")).unwrap();
        wait_for(&shutdown);
        let Err(ThreadsError::Failed(failures)) = threads.join() else {
            panic!("no failure")
        };
        assert_eq!(failures, ["sequencer panicked: odd state"]);
    }

    #[test]
    fn a_thread_that_does_not_end_is_named_after_the_deadline() {
        let threads = Threads::new(Shutdown::new(), Duration::from_millis(1));
        let (release, held) = mpsc::sync_channel::<()>(0);
        threads
            .spawn("stuck", move || {
                let _ = held.recv();
                Ok(())
            })
            .unwrap();
        let error = threads.join().unwrap_err();
        assert_eq!(
            error,
            ThreadsError::StillRunning {
                names: vec!["stuck".into()],
                deadline_ms: 1
            }
        );
        drop(release);
    }
}
