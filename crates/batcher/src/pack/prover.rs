use std::{
    sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    time::{Duration, Instant},
};

use alloy_eips::eip4844::Blob;
use alloy_primitives::{B256, keccak256};
use forebond_l1::sender::{Sidecar, SidecarForm, sidecar, warm_up};
use forebond_runtime::run_in_background;
use tokio::sync::oneshot;

/// Blobs with their proofs.
#[derive(Clone, Debug)]
pub struct Proven {
    /// As a pool wants them.
    pub sidecar: Sidecar,
    /// What it took.
    pub took: Duration,
}

impl Proven {
    /// The hashes by which a transaction names the blobs.
    pub fn hashes(&self) -> Vec<B256> {
        self.sidecar.versioned_hashes().collect()
    }
}

/// Why there are no proofs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProverError {
    /// The blobs are none.
    #[error("no proofs for our blobs: {0}")]
    Blobs(String),
    /// It still works for somebody who has stopped waiting.
    #[error("the thread that proves blobs is busy; try again")]
    Busy,
    /// The thread is gone.
    #[error("the thread that proves blobs has ended; restart the batcher")]
    Gone,
}

struct Job {
    blobs: Vec<Blob>,
    form: SidecarForm,
    reply: oneshot::Sender<Result<Proven, ProverError>>,
}

/// How soon proofs are needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Urgency {
    /// When the machine has nothing better to do: there are slots left.
    Whenever,
    /// Now: the batch misses its window otherwise.
    Now,
}

/// Makes proofs, a third of a second of CPU a blob, on a machine that answers users: on a thread of low priority, unless the window
/// ends. A thread that has lowered its priority cannot raise it again, so there are two.
#[derive(Debug)]
pub struct Prover {
    whenever: SyncSender<Job>,
    now: SyncSender<Job>,
    /// The newest proofs, by content: a batch that is sent again is not proven again.
    newest: Option<(B256, Proven)>,
}

impl Prover {
    /// Starts the threads.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start() -> std::io::Result<Self> {
        Ok(Self {
            whenever: thread("blob-prover", true)?,
            now: thread("urgent-prover", false)?,
            newest: None,
        })
    }

    /// Proofs for `blobs`; those of the last call again when the content is the same.
    ///
    /// # Errors
    /// [`ProverError`].
    pub async fn prove(
        &mut self,
        blobs: &[Box<Blob>],
        form: SidecarForm,
        urgency: Urgency,
    ) -> Result<Proven, ProverError> {
        let name = name_of(blobs, form);
        if let Some((known, proven)) = &self.newest
            && *known == name
        {
            return Ok(proven.clone());
        }
        let proven = self.run(blobs, form, urgency).await?;
        self.newest = Some((name, proven.clone()));
        Ok(proven)
    }

    /// Proofs for one blob of zeros: what takes the place of a batch that no slot took. The first call loads the trusted setup.
    ///
    /// # Errors
    /// [`ProverError`].
    pub async fn empty(&self, form: SidecarForm) -> Result<Sidecar, ProverError> {
        let blob = Box::new(Blob::ZERO);
        Ok(self.run(&[blob], form, Urgency::Whenever).await?.sidecar)
    }

    async fn run(
        &self,
        blobs: &[Box<Blob>],
        form: SidecarForm,
        urgency: Urgency,
    ) -> Result<Proven, ProverError> {
        let (reply, answer) = oneshot::channel();
        let job = Job {
            blobs: blobs.iter().map(|blob| **blob).collect(),
            form,
            reply,
        };
        let jobs = match urgency {
            Urgency::Whenever => &self.whenever,
            Urgency::Now => &self.now,
        };
        jobs.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => ProverError::Busy,
            TrySendError::Disconnected(_) => ProverError::Gone,
        })?;
        answer.await.map_err(|_| ProverError::Gone)?
    }
}

fn name_of(blobs: &[Box<Blob>], form: SidecarForm) -> B256 {
    let mut parts: Vec<u8> = blobs.iter().flat_map(|blob| keccak256(**blob)).collect();
    parts.push(matches!(form, SidecarForm::Eip7594).into());
    keccak256(parts)
}

fn thread(name: &str, background: bool) -> std::io::Result<SyncSender<Job>> {
    // One job at a time; who asks waits for the answer.
    let (jobs, queue) = sync_channel(1);
    let work = move || {
        if background {
            run_in_background();
            // The first batch has a window that ends.
            warm_up();
        }
        work(&queue);
    };
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(work)?;
    Ok(jobs)
}

fn work(queue: &Receiver<Job>) {
    while let Ok(Job { blobs, form, reply }) = queue.recv() {
        let started = Instant::now();
        let made = sidecar(blobs, form)
            .map(|sidecar| Proven {
                sidecar,
                took: started.elapsed(),
            })
            .map_err(|error| ProverError::Blobs(error.to_string()));
        // Whoever asked may have gone.
        let _ = reply.send(made);
    }
}
