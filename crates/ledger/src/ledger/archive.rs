//! Sealed blocks on their way to the store. A thread of their own writes them: whoever follows frags must not wait for a database.

use super::LedgerError;
use crate::{chain::SealedBlock, commit};
use crossbeam_channel::{Receiver, Sender, bounded};
use forebond_exec::{StateDiff, Store, StoreSnapshot};
use std::{collections::VecDeque, io, sync::Arc, thread::JoinHandle};

/// Blocks that may wait to be written; whoever brings more waits.
const JOBS: usize = 8;
/// Answers nobody has read yet: those of all jobs, of the one at work, and of the one that waits to be put in. So the thread never
/// waits for the ledger while the ledger waits for it.
const ANSWERS: usize = JOBS + 2;

enum Job {
    Block {
        block: Arc<SealedBlock>,
        diff: StateDiff,
        log_position: u64,
        durable: bool,
    },
    /// Makes everything before it survive a power cut, then does this.
    SyncThen(Box<dyn FnOnce() -> io::Result<()> + Send>),
}

/// The store's writer, and the blocks it has not written yet.
pub(super) struct Archive {
    /// None once it is ended.
    jobs: Option<Sender<Job>>,
    answers: Receiver<Result<Arc<StoreSnapshot>, LedgerError>>,
    /// Ascending.
    waiting: VecDeque<Arc<SealedBlock>>,
    thread: Option<JoinHandle<()>>,
}

impl Archive {
    pub(super) fn start(store: Arc<Store>) -> Result<Self, LedgerError> {
        let (jobs, jobs_end) = bounded(JOBS);
        let (answers_start, answers) = bounded(ANSWERS);
        let thread = std::thread::Builder::new()
            .name("ledger-archive".into())
            .spawn(move || run(&store, &jobs_end, &answers_start))
            .map_err(LedgerError::Archive)?;
        Ok(Self {
            jobs: Some(jobs),
            answers,
            waiting: VecDeque::new(),
            thread: Some(thread),
        })
    }

    /// Has the block written behind those before it. A block that is not `durable` reaches the disk with a later one. Gives what
    /// was written meanwhile.
    pub(super) fn put(
        &mut self,
        block: Arc<SealedBlock>,
        diff: StateDiff,
        log_position: u64,
        durable: bool,
    ) -> Result<Option<Arc<StoreSnapshot>>, LedgerError> {
        let newest = self.written()?;
        self.waiting.push_back(block.clone());
        self.send(Job::Block {
            block,
            diff,
            log_position,
            durable,
        })?;
        Ok(newest)
    }

    /// What was written since it was asked last: the newest state that the store holds.
    fn written(&mut self) -> Result<Option<Arc<StoreSnapshot>>, LedgerError> {
        let mut newest = None;
        while let Ok(answer) = self.answers.try_recv() {
            newest = Some(self.note(answer)?);
        }
        Ok(newest)
    }

    /// Waits until the store holds every block.
    pub(super) fn finish(&mut self) -> Result<Option<Arc<StoreSnapshot>>, LedgerError> {
        let mut newest = None;
        while !self.waiting.is_empty() {
            let answer = self.answers.recv().map_err(|_| LedgerError::ArchiveGone)?;
            newest = Some(self.note(answer)?);
        }
        Ok(newest)
    }

    fn note(
        &mut self,
        answer: Result<Arc<StoreSnapshot>, LedgerError>,
    ) -> Result<Arc<StoreSnapshot>, LedgerError> {
        let snapshot = answer?;
        self.waiting.pop_front();
        Ok(snapshot)
    }

    /// A block that the store does not hold yet.
    pub(super) fn waiting(&self, number: u64) -> Option<&Arc<SealedBlock>> {
        self.waiting.iter().find(|block| block.number() == number)
    }

    /// Everything put in so far survives a power cut when this returns.
    pub(super) fn sync(&mut self) -> Result<Option<Arc<StoreSnapshot>>, LedgerError> {
        let newest = self.finish()?;
        let (done, wait) = bounded(1);
        self.sync_then(Box::new(move || {
            let _ = done.send(());
            Ok(())
        }))?;
        wait.recv().map_err(|_| self.ended())?;
        Ok(newest)
    }

    /// Does `then` once everything put in so far would survive a power cut. A failure is told with the next block.
    pub(super) fn sync_then(
        &self,
        then: Box<dyn FnOnce() -> io::Result<()> + Send>,
    ) -> Result<(), LedgerError> {
        self.send(Job::SyncThen(then))
    }

    fn send(&self, job: Job) -> Result<(), LedgerError> {
        let jobs = self.jobs.as_ref().ok_or(LedgerError::ArchiveGone)?;
        jobs.send(job).map_err(|_| self.ended())
    }

    /// Why the thread has ended.
    fn ended(&self) -> LedgerError {
        match self.answers.try_recv() {
            Ok(Err(error)) => error,
            _ => LedgerError::ArchiveGone,
        }
    }
}

/// The store is closed when the last one who has it is gone: the thread is one of them.
impl Drop for Archive {
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Runs until the ledger is gone, or the store fails.
fn run(
    store: &Store,
    jobs: &Receiver<Job>,
    answers: &Sender<Result<Arc<StoreSnapshot>, LedgerError>>,
) {
    while let Ok(job) = jobs.recv() {
        match work(store, job) {
            Ok(None) => {}
            Ok(Some(snapshot)) => {
                // A ledger that is being dropped reads no answers; its blocks are written all the same.
                let _ = answers.try_send(Ok(snapshot));
            }
            Err(error) => {
                let _ = answers.try_send(Err(error));
                return;
            }
        }
    }
}

fn work(store: &Store, job: Job) -> Result<Option<Arc<StoreSnapshot>>, LedgerError> {
    match job {
        Job::Block {
            block,
            diff,
            log_position,
            durable,
        } => {
            commit(store, &block, &diff, log_position, durable)?;
            Ok(Some(Arc::new(store.snapshot()?)))
        }
        Job::SyncThen(then) => {
            store.sync()?;
            then().map_err(LedgerError::Archive)?;
            Ok(None)
        }
    }
}
