use std::path::PathBuf;

/// What a run is told besides its configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunOptions {
    /// A development chain: funded accounts, one endless window, no L1, and a built-in committer
    /// key when the configuration names none.
    pub dev: bool,
    /// Promise log, state and blocks; one gateway at a time.
    pub data_dir: PathBuf,
}
