use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Raises this process's soft limit of open files to its hard limit.
///
/// Sockets and the promise log share that limit. At the usual soft limit of 1,024 a gateway could not
/// hold the connections its configuration allows, and a log that cannot open its next segment stops
/// everything. A system that refuses leaves the limit as it was: that is logged and ignored.
pub fn raise_open_files() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    if let Err(error) = setrlimit(Resource::Nofile, raised) {
        tracing::warn!(%error, limit = limit.current, "cannot raise the limit of open files");
    }
}
