use super::{Tap, evidence::EvidenceFile};
use forebond_net::Net;
use std::sync::{
    OnceLock,
    atomic::{AtomicUsize, Ordering},
};

/// How this process is linked to others.
pub struct Links {
    pub(super) streams: AtomicUsize,
    pub(super) gossip: OnceLock<Net>,
    pub(super) evidence: EvidenceFile,
    pub(super) tap: Option<Tap>,
}

impl std::fmt::Debug for Links {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Links")
            .field("streams", &self.streams())
            .field("gossip_peers", &self.gossip_peers())
            .finish_non_exhaustive()
    }
}

impl Links {
    pub(super) fn new(evidence: EvidenceFile, tap: Option<Tap>) -> Self {
        Self {
            streams: AtomicUsize::new(0),
            gossip: OnceLock::new(),
            evidence,
            tap,
        }
    }

    /// Streams that stand.
    pub fn streams(&self) -> usize {
        self.streams.load(Ordering::Relaxed)
    }

    /// Gossip peers that are connected.
    pub fn gossip_peers(&self) -> usize {
        self.gossip.get().map_or(0, Net::peers)
    }

    /// The gossip network, if this process takes part in one.
    pub fn gossip(&self) -> Option<&Net> {
        self.gossip.get()
    }

    /// Forks of gateways that are kept as evidence.
    pub fn conflicts(&self) -> u64 {
        self.evidence.count()
    }
}
