use forebond_l1::execution::BlockRef;

/// How following goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FeedHealth {
    /// The newest block applied; the start before the first one.
    pub tip: Option<BlockRef>,
    /// Blocks applied so far, replaced ones included.
    pub applied: u64,
    /// Blocks undone so far.
    pub undone: u64,
    /// Failures since the newest block: zero means all is well.
    pub failures: u32,
    /// Failures in all.
    pub failures_in_all: u64,
    /// The newest failure, in words.
    pub last_failure: Option<String>,
    /// Which of the configured endpoints is followed, from 0.
    pub endpoint: usize,
    /// The newest block for which windows were read.
    pub windows_at: Option<BlockRef>,
}
