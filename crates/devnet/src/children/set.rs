//! All children together.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use eyre::{Result, eyre};
use rustix::process::Signal;

use super::{Launch, process::Running};

/// Until a child answers.
const READY_DEADLINE: Duration = Duration::from_secs(30);
/// Until a child has made its final writes.
const END_DEADLINE: Duration = Duration::from_secs(8);

/// What has become of a child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Life {
    Running,
    /// A fault has stopped it for a while.
    Paused,
    /// A fault has ended it for good.
    Killed,
    /// By itself, which it never should.
    Ended,
}

#[derive(Debug)]
struct Child {
    launch: Launch,
    running: Running,
    life: Life,
}

/// The children by name.
#[derive(Debug)]
pub(crate) struct Children {
    program: PathBuf,
    folder: PathBuf,
    children: BTreeMap<String, Child>,
}

impl Children {
    /// Nobody yet. `program` is what they all run.
    pub(crate) const fn new(program: PathBuf, folder: PathBuf) -> Self {
        Self {
            program,
            folder,
            children: BTreeMap::new(),
        }
    }

    /// Starts all, and waits until those that say so are ready.
    pub(crate) async fn start(&mut self, launches: Vec<Launch>) -> Result<()> {
        for launch in launches {
            let running = Running::start(&self.program, &self.folder, &launch)?;
            let child = Child {
                running,
                life: Life::Running,
                launch,
            };
            self.children.insert(child.launch.name.clone(), child);
        }
        for (name, child) in &mut self.children {
            child.running.ready(name, READY_DEADLINE).await?;
        }
        Ok(())
    }

    /// Ends one for good, at once.
    pub(crate) async fn kill(&mut self, name: &str) -> Result<()> {
        let child = self.child(name)?;
        child.life = Life::Killed;
        child.running.kill().await;
        Ok(())
    }

    /// Ends one at once and starts it again on its data.
    pub(crate) async fn restart(&mut self, name: &str) -> Result<()> {
        let (program, folder) = (self.program.clone(), self.folder.clone());
        let child = self.child(name)?;
        child.running.kill().await;
        child.running = Running::start(&program, &folder, &child.launch)?;
        child.life = Life::Running;
        Ok(())
    }

    /// Lets one stand still.
    pub(crate) fn pause(&mut self, name: &str) -> Result<()> {
        let child = self.child(name)?;
        if child.life == Life::Running {
            child.running.signal(Signal::STOP);
            child.life = Life::Paused;
        }
        Ok(())
    }

    /// Lets one go on.
    pub(crate) fn go_on(&mut self, name: &str) -> Result<()> {
        let child = self.child(name)?;
        if child.life == Life::Paused {
            child.running.signal(Signal::CONT);
            child.life = Life::Running;
        }
        Ok(())
    }

    /// Children that ended by themselves since the last time somebody asked, with their last words.
    pub(crate) fn lost(&mut self) -> Vec<(String, String)> {
        let mut lost = Vec::new();
        for (name, child) in &mut self.children {
            if matches!(child.life, Life::Running | Life::Paused)
                && let Some(status) = child.running.ended()
            {
                child.life = Life::Ended;
                let words = child.running.last_words();
                lost.push((name.clone(), format!("{status}\n{words}")));
            }
        }
        lost
    }

    /// What has become of one.
    #[cfg(test)]
    fn life(&self, name: &str) -> Option<Life> {
        self.children.get(name).map(|child| child.life)
    }

    /// Resident memory of those that run, KiB, by name.
    pub(crate) fn memory_kib(&self) -> BTreeMap<String, u64> {
        self.children
            .iter()
            .filter_map(|(name, child)| {
                let kib = resident_kib(child.running.id()?)?;
                Some((name.clone(), kib))
            })
            .collect()
    }

    /// Asks all to end, waits, and makes those end that have not.
    pub(crate) async fn end(mut self) {
        let mut ending = tokio::task::JoinSet::new();
        for (_, mut child) in std::mem::take(&mut self.children) {
            ending.spawn(async move { child.running.end_kindly(END_DEADLINE).await });
        }
        while ending.join_next().await.is_some() {}
    }

    fn child(&mut self, name: &str) -> Result<&mut Child> {
        self.children
            .get_mut(name)
            .ok_or_else(|| eyre!("there is no process {name}"))
    }
}

/// `VmRSS` of a process.
pub(crate) fn resident_kib(id: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    fn launch(name: &str, script: &str) -> Launch {
        Launch {
            name: name.to_owned(),
            arguments: vec!["-c".to_owned(), script.to_owned()],
            environment: Vec::new(),
            says_ready: true,
        }
    }

    fn children(folder: &tempfile::TempDir) -> Children {
        Children::new("/bin/sh".into(), folder.path().to_owned())
    }

    fn exists(id: u32) -> bool {
        std::path::Path::new(&format!("/proc/{id}")).exists()
    }

    #[tokio::test]
    async fn children_are_ready_when_they_say_so_and_gone_when_all_end() {
        let folder = tempfile::tempdir().unwrap();
        let mut all = children(&folder);
        let kind = launch("kind", "echo READY http://x; exec cat");
        all.start(vec![kind]).await.unwrap();
        let id = all.children["kind"].running.id().unwrap();
        assert!(all.memory_kib()["kind"] > 0);
        let begun = Instant::now();
        all.end().await;
        assert!(!exists(id) && begun.elapsed() < END_DEADLINE);
    }

    #[tokio::test]
    async fn one_that_ends_before_it_is_ready_is_named_with_its_last_words() {
        let folder = tempfile::tempdir().unwrap();
        let mut all = children(&folder);
        let bad = launch("bad", "echo no such key >&2; exit 3");
        let words = format!("{:#}", all.start(vec![bad]).await.unwrap_err());
        assert!(
            words.contains("bad ended") && words.contains("no such key"),
            "{words}"
        );
    }

    #[tokio::test]
    async fn one_that_ends_by_itself_is_lost_once_and_one_that_was_killed_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let mut all = children(&folder);
        let both = vec![
            launch("short", "echo READY x; read line; exit 1"),
            launch("killed", "echo READY x; exec cat"),
        ];
        all.start(both).await.unwrap();
        all.kill("killed").await.unwrap();
        assert!(all.lost().is_empty());
        // Its input ends: so does it.
        let short = all.children.get_mut("short").unwrap();
        short.running.close_input().await;
        let lost = all.lost();
        assert_eq!(lost.len(), 1);
        assert_eq!(lost[0].0, "short");
        assert!(all.lost().is_empty());
        assert_eq!(all.life("killed"), Some(Life::Killed));
        all.end().await;
    }

    #[tokio::test]
    async fn one_that_stands_still_is_ended_too() {
        let folder = tempfile::tempdir().unwrap();
        let mut all = children(&folder);
        all.start(vec![launch("still", "echo READY x; exec cat")])
            .await
            .unwrap();
        all.pause("still").unwrap();
        let id = all.children["still"].running.id().unwrap();
        all.end().await;
        assert!(!exists(id));
    }

    #[tokio::test]
    async fn a_restarted_one_is_another_process() {
        let folder = tempfile::tempdir().unwrap();
        let mut all = children(&folder);
        all.start(vec![launch("again", "echo READY x; exec cat")])
            .await
            .unwrap();
        let before = all.children["again"].running.id();
        all.restart("again").await.unwrap();
        assert_ne!(all.children["again"].running.id(), before);
        all.end().await;
    }
}
