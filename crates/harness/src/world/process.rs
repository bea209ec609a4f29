use std::{path::PathBuf, process::Stdio, time::Duration};

use eyre::{Result, WrapErr, bail};
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
};

/// A child process that ends with this value.
pub(super) struct Running {
    child: Child,
    _data: Option<tempfile::TempDir>,
}

impl Drop for Running {
    fn drop(&mut self) {
        // Kindly first: it has a child of its own to end.
        if let Some(id) = self.child.id() {
            let _ = std::process::Command::new("kill")
                .args(["-TERM", &id.to_string()])
                .status();
        }
        for _ in 0..50 {
            if matches!(self.child.try_wait(), Ok(Some(_))) {
                return;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        let _ = self.child.start_kill();
    }
}

/// The repository's root: worlds are for its own tests and tools.
pub(super) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Starts `command` and waits, for `deadline`, for a line that `found` can read.
pub(super) async fn start<T>(
    mut command: Command,
    data: Option<tempfile::TempDir>,
    deadline: Duration,
    found: impl Fn(&str) -> Option<T>,
) -> Result<(Running, T)> {
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .kill_on_drop(true)
        .spawn()
        .wrap_err("cannot start the L1's process")?;
    let Some(output) = child.stdout.take() else {
        bail!("the process has no output");
    };
    let mut lines = BufReader::new(output).lines();
    let running = Running { child, _data: data };
    let ready = async {
        while let Some(line) = lines.next_line().await? {
            if let Some(value) = found(&line) {
                return Ok(value);
            }
        }
        bail!("the L1's process ended before it was ready; its words are above")
    };
    let value = tokio::time::timeout(deadline, ready)
        .await
        .wrap_err("the L1 was not ready in time")??;
    tokio::spawn(drain(lines));
    Ok((running, value))
}

/// An unread pipe would stop the process.
async fn drain(mut lines: Lines<BufReader<ChildStdout>>) {
    while let Ok(Some(_)) = lines.next_line().await {}
}
