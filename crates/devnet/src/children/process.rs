//! One child: its log, its `READY`, its end.

use std::{
    fs::File,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    time::Duration,
};

use eyre::{Result, WrapErr, bail};
use rustix::process::{Pid, Signal, kill_process};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    process::{Child, Command},
    sync::oneshot,
};

use super::Launch;

/// Last lines of a log that an error shows.
const SHOWN_LINES: usize = 8;

/// A running child. Dropping it kills it.
#[derive(Debug)]
pub(super) struct Running {
    child: Child,
    log: PathBuf,
    ready: Option<oneshot::Receiver<String>>,
}

/// The file that a process's words go to, for appending.
pub(crate) fn append_to(folder: &Path, name: &str) -> Result<File> {
    let logs = folder.join("logs");
    std::fs::create_dir_all(&logs)?;
    let path = logs.join(format!("{name}.log"));
    File::options()
        .create(true)
        .append(true)
        .open(&path)
        .wrap_err_with(|| format!("cannot write {}", path.display()))
}

/// Sends a signal, if the process is still there.
pub(super) fn signal(child: &Child, signal: Signal) {
    let id = child.id().and_then(|id| i32::try_from(id).ok());
    if let Some(id) = id.and_then(Pid::from_raw) {
        let _ = kill_process(id, signal);
    }
}

/// Asks a process to end, and makes it end when it has not by the deadline.
pub(crate) async fn end_kindly(child: &mut Child, deadline: Duration) {
    // One that stands still hears nothing.
    signal(child, Signal::CONT);
    signal(child, Signal::TERM);
    if tokio::time::timeout(deadline, child.wait()).await.is_err() {
        let _ = child.kill().await;
    }
}

impl Running {
    /// Starts `program` as `launch` says. Its standard input is held open for as long as this process lives.
    pub(super) fn start(program: &Path, folder: &Path, launch: &Launch) -> Result<Self> {
        let log = folder.join("logs").join(format!("{}.log", launch.name));
        let mut child = Command::new(program)
            .args(&launch.arguments)
            .envs(
                launch
                    .environment
                    .iter()
                    .map(|(name, value)| (*name, value)),
            )
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(append_to(folder, &launch.name)?)
            // A terminal's Ctrl-C is for the devnet, which ends its children in order.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .wrap_err_with(|| format!("cannot start {}", launch.name))?;
        let (tell, ready) = oneshot::channel();
        if let Some(output) = child.stdout.take() {
            let file = append_to(folder, &launch.name)?;
            tokio::spawn(keep_words(output, file, tell));
        }
        Ok(Self {
            child,
            log,
            ready: launch.says_ready.then_some(ready),
        })
    }

    /// Waits until it has said `READY`.
    pub(super) async fn ready(&mut self, name: &str, deadline: Duration) -> Result<()> {
        let Some(ready) = self.ready.take() else {
            return Ok(());
        };
        match tokio::time::timeout(deadline, ready).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) => {
                let status = self.child.wait().await?;
                bail!(
                    "{name} ended ({status}) before it was ready:\n{}",
                    self.last_words()
                )
            }
            Err(_) => bail!(
                "{name} was not ready after {} s:\n{}",
                deadline.as_secs(),
                self.last_words()
            ),
        }
    }

    /// How it ended, if it has.
    pub(super) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Its process id, while it runs.
    pub(super) fn id(&self) -> Option<u32> {
        self.child.id()
    }

    pub(super) fn signal(&self, which: Signal) {
        signal(&self.child, which);
    }

    /// Ends it at once, as a power cut would.
    pub(super) async fn kill(&mut self) {
        let _ = self.child.kill().await;
    }

    pub(super) async fn end_kindly(&mut self, deadline: Duration) {
        end_kindly(&mut self.child, deadline).await;
    }

    /// What its parent's death would do, and waits for its end.
    #[cfg(test)]
    pub(super) async fn close_input(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait().await;
    }

    /// The end of its log.
    pub(super) fn last_words(&self) -> String {
        let text = std::fs::read(&self.log).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<_> = text.lines().rev().take(SHOWN_LINES).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }
}

/// Writes what a child says into its log; an unread pipe would stop it. Tells of its `READY`.
async fn keep_words(
    output: tokio::process::ChildStdout,
    file: File,
    tell: oneshot::Sender<String>,
) {
    let mut file = tokio::fs::File::from_std(file);
    let mut lines = BufReader::new(output).lines();
    let mut tell = Some(tell);
    while let Ok(Some(line)) = lines.next_line().await {
        if let Some(url) = line.strip_prefix("READY ")
            && let Some(tell) = tell.take()
        {
            let _ = tell.send(url.to_owned());
        }
        let _ = file.write_all(format!("{line}\n").as_bytes()).await;
    }
}
