//! Work that would hold up the event loop: it runs on blocking threads, a few at a time, with a bounded queue.

use std::sync::Arc;

use jsonrpsee::types::ErrorObjectOwned;
use serde::Serialize;
use serde_json::value::RawValue;
use tokio::sync::Semaphore;

use crate::refusals::{limit_exceeded, server_error};

/// When a queue is full, how long its answer advises to wait, ms.
const RETRY_AFTER_MS: u64 = 100;

/// Admission to the blocking threads. Clones share the limits.
#[derive(Debug, Clone)]
pub struct HeavyWork {
    /// One permit for each piece of work that runs or waits.
    admitted: Arc<Semaphore>,
    /// One permit for each that runs.
    running: Arc<Semaphore>,
}

impl HeavyWork {
    /// `max_running` pieces of work at once, `max_waiting` more in the queue.
    pub fn new(max_running: u32, max_waiting: u32) -> Self {
        let (running, waiting) = (max_running as usize, max_waiting as usize);
        Self {
            admitted: Arc::new(Semaphore::new(running.saturating_add(waiting))),
            running: Arc::new(Semaphore::new(running)),
        }
    }

    /// Runs `work` on a blocking thread and writes its result as JSON there. Work whose caller has gone away while it
    /// waited is never started; once started it keeps its place until it ends.
    ///
    /// # Errors
    /// What `work` answers; -32005 when the queue is full.
    pub async fn run<T, W>(&self, work: W) -> Result<Box<RawValue>, ErrorObjectOwned>
    where
        T: Serialize,
        W: FnOnce() -> Result<T, ErrorObjectOwned> + Send + 'static,
    {
        let Ok(admitted) = Arc::clone(&self.admitted).try_acquire_owned() else {
            return Err(limit_exceeded(
                "server busy: too many calls wait for their turn; try again later",
                Some(RETRY_AFTER_MS),
            ));
        };
        let Ok(running) = Arc::clone(&self.running).acquire_owned().await else {
            return Err(server_error("the server is stopping; ask another one"));
        };
        let task = tokio::task::spawn_blocking(move || {
            let result = work().and_then(|value| {
                serde_json::value::to_raw_value(&value)
                    .map_err(|error| server_error(format!("cannot write the answer: {error}")))
            });
            drop((running, admitted));
            result
        });
        task.await.unwrap_or_else(|error| {
            Err(server_error(format!(
                "the call was not completed: {error}; try again"
            )))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::sync_channel;

    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn work_beyond_the_queue_is_refused_at_once_and_taken_again_when_a_place_is_free() {
        let heavy = HeavyWork::new(1, 1);
        let (started_tx, started_rx) = sync_channel(1);
        let (release_tx, release_rx) = sync_channel::<()>(1);
        let first = tokio::spawn({
            let heavy = heavy.clone();
            async move {
                heavy
                    .run(move || {
                        started_tx.send(()).unwrap();
                        release_rx.recv().unwrap();
                        Ok(1)
                    })
                    .await
            }
        });
        tokio::task::spawn_blocking(move || started_rx.recv().unwrap())
            .await
            .unwrap();
        // Polled once, this one holds the only place in the queue.
        let mut second = Box::pin(heavy.run(|| Ok(2)));
        assert!(futures_util::poll!(&mut second).is_pending());
        let refused = heavy.run(|| Ok(3)).await.unwrap_err();
        assert_eq!(refused.code(), -32005);
        release_tx.send(()).unwrap();
        assert_eq!(first.await.unwrap().unwrap().get(), "1");
        assert_eq!(second.await.unwrap().get(), "2");
        assert_eq!(heavy.run(|| Ok(4)).await.unwrap().get(), "4");
    }
}
