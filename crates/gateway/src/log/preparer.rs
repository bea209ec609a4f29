//! Filling the next segment with zeros, in the background, before it is needed.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};
use parking_lot::{Condvar, Mutex};

use super::error::LogError;
use super::segment_file::{PreparedSegment, prepare_segment};

/// Rest between two pieces of a megabyte, so that filling a segment takes only a small share of the
/// disk away from the writer.
const PAUSE_MS: u64 = 10;

/// One segment ahead, never more.
#[derive(Debug)]
pub(super) struct Preparer {
    dir: PathBuf,
    ready: Option<PreparedSegment>,
    wanted: Request,
    requests: Option<Sender<Request>>,
    results: Receiver<Result<PreparedSegment, LogError>>,
    pace: Arc<Pace>,
    thread: Option<JoinHandle<()>>,
}

/// Which segment to make ready, and how large.
#[derive(Clone, Copy, Debug)]
pub(super) struct Request {
    pub(super) segment: u32,
    pub(super) segment_bytes: u32,
}

impl Preparer {
    /// Starts the background thread. `ready` is a segment left prepared by an earlier run;
    /// without one, `wanted` is prepared at once.
    pub(super) fn start(
        dir: &Path,
        ready: Option<PreparedSegment>,
        wanted: Request,
    ) -> Result<Self, LogError> {
        // One request and one answer are under way at most.
        let (requests, incoming) = bounded::<Request>(1);
        let (answers, results) = bounded(1);
        let pace = Arc::new(Pace::default());
        let thread = {
            let (thread_dir, pace) = (dir.to_path_buf(), Arc::clone(&pace));
            thread::Builder::new()
                .name("log-preparer".to_owned())
                .spawn(move || {
                    forebond_runtime::run_in_background();
                    for Request {
                        segment,
                        segment_bytes,
                    } in incoming
                    {
                        let result =
                            prepare_segment(&thread_dir, segment, segment_bytes, || pace.pause());
                        if let Err(error) = &result
                            && !pace.is_stopped()
                        {
                            tracing::warn!(%error, segment, "next log segment could not be prepared");
                        }
                        if answers.send(result).is_err() {
                            break;
                        }
                    }
                })
                .map_err(LogError::io("start the preparing thread for", dir))?
        };
        let mut preparer = Self {
            dir: dir.to_path_buf(),
            ready,
            wanted,
            requests: Some(requests),
            results,
            pace,
            thread: Some(thread),
        };
        if preparer.ready.is_none() {
            preparer.request(wanted)?;
        }
        Ok(preparer)
    }

    /// Asks for the next segment. The one asked for before must have been taken.
    pub(super) fn request(&mut self, wanted: Request) -> Result<(), LogError> {
        self.wanted = wanted;
        self.pace.set(|state| state.hurry = false);
        self.requests
            .as_ref()
            .and_then(|requests| requests.try_send(wanted).ok())
            .ok_or_else(|| self.thread_is_gone())
    }

    /// Takes the segment asked for, waiting for it if it is not ready.
    pub(super) fn take(&mut self) -> Result<PreparedSegment, LogError> {
        if let Some(ready) = self.ready.take() {
            return Ok(ready);
        }
        match self.wait() {
            // The disk may have been full then and no longer be: nothing of that attempt remains.
            Err(LogError::Io { source, .. }) if source.kind() == io::ErrorKind::StorageFull => {
                self.request(self.wanted)?;
                self.wait()
            }
            result => result,
        }
    }

    fn wait(&self) -> Result<PreparedSegment, LogError> {
        self.pace.set(|state| state.hurry = true);
        self.results
            .recv()
            .unwrap_or_else(|_| Err(self.thread_is_gone()))
    }

    fn thread_is_gone(&self) -> LogError {
        let gone = io::Error::other("the preparing thread is gone or busy");
        LogError::io("prepare the next segment in", &self.dir)(gone)
    }
}

impl Drop for Preparer {
    fn drop(&mut self) {
        self.pace.set(|state| state.stop = true);
        self.requests = None;
        if let Some(thread) = self.thread.take() {
            // Waiting for it keeps its files inside the lifetime of the directory lock.
            let _ = thread.join();
        }
    }
}

/// How fast to work.
#[derive(Debug, Default)]
struct Pace {
    state: Mutex<PaceState>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct PaceState {
    hurry: bool,
    stop: bool,
}

impl Pace {
    fn set(&self, change: impl FnOnce(&mut PaceState)) {
        change(&mut self.state.lock());
        self.changed.notify_all();
    }

    /// Rests, unless somebody is waiting. False: give up.
    fn pause(&self) -> bool {
        let mut state = self.state.lock();
        self.changed.wait_while_for(
            &mut state,
            |state| !state.hurry && !state.stop,
            Duration::from_millis(PAUSE_MS),
        );
        !state.stop
    }

    fn is_stopped(&self) -> bool {
        self.state.lock().stop
    }
}
