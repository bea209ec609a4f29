//! What one connection holds at a moment, and the sums over all: counters that are written without locks where requests
//! pass, and read where deadlines and limits are decided.

use std::{
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
    },
    time::Instant,
};

use futures_util::task::AtomicWaker;

use super::token_bucket::TokenBucket;
use crate::config::RpcConfig;

/// Sums over all connections.
#[derive(Debug, Default)]
pub(super) struct Totals {
    unsent_bytes: AtomicU64,
    in_flight_bytes: AtomicU64,
}

impl Totals {
    pub(super) fn unsent_bytes(&self) -> u64 {
        self.unsent_bytes.load(Ordering::Relaxed)
    }

    pub(super) fn in_flight_bytes(&self) -> u64 {
        self.in_flight_bytes.load(Ordering::Relaxed)
    }
}

/// One TCP connection. Lives as long as anything still works for it, and counts as a connection until then.
#[derive(Debug)]
pub(super) struct Connection {
    /// Requests begun and ended, and on a WebSocket bytes read: a number that moves while the client is there.
    activity: AtomicU64,
    /// Requests being answered.
    in_flight: AtomicU32,
    /// Bytes of answers that wait for the socket.
    unsent_bytes: AtomicU64,
    /// Bytes the socket has taken since the start.
    written_bytes: AtomicU64,
    /// The socket takes no more at the moment.
    stalled: AtomicBool,
    /// The connection was upgraded to a WebSocket.
    websocket: AtomicBool,
    /// The connection is to end now.
    cut: AtomicBool,
    reader: AtomicWaker,
    writer: AtomicWaker,
    allowance: Option<Mutex<TokenBucket>>,
    totals: Arc<Totals>,
}

/// What the sweeper looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Progress {
    /// See [`Connection::activity`].
    pub(super) activity: u64,
    /// Requests being answered.
    pub(super) in_flight: u32,
    /// Bytes of answers not yet taken by the socket.
    pub(super) unsent_bytes: u64,
    /// Bytes taken by the socket since the start.
    pub(super) written_bytes: u64,
    /// The socket takes no more at the moment.
    pub(super) stalled: bool,
}

impl Connection {
    pub(super) fn progress(&self) -> Progress {
        Progress {
            activity: self.activity.load(Ordering::Relaxed),
            in_flight: self.in_flight.load(Ordering::Relaxed),
            unsent_bytes: self.unsent_bytes.load(Ordering::Relaxed),
            written_bytes: self.written_bytes.load(Ordering::Relaxed),
            stalled: self.stalled.load(Ordering::Relaxed),
        }
    }

    pub(super) fn totals(&self) -> &Totals {
        &self.totals
    }

    pub(super) const fn allowance(&self) -> Option<&Mutex<TokenBucket>> {
        self.allowance.as_ref()
    }

    pub(super) fn in_flight(&self) -> u32 {
        self.in_flight.load(Ordering::Relaxed)
    }

    /// A request begins; it ends when the guard is dropped.
    pub(super) fn begin(self: &Arc<Self>, requests: u32, request_bytes: u64) -> InFlight {
        self.activity.fetch_add(1, Ordering::Relaxed);
        self.in_flight.fetch_add(requests, Ordering::Relaxed);
        self.totals
            .in_flight_bytes
            .fetch_add(request_bytes, Ordering::Relaxed);
        InFlight {
            connection: Arc::clone(self),
            requests,
            request_bytes,
        }
    }

    /// An answer of `bytes` is ready to be sent. Returns how many bytes wait now.
    pub(super) fn queue(&self, bytes: u64) -> u64 {
        self.totals.unsent_bytes.fetch_add(bytes, Ordering::Relaxed);
        self.unsent_bytes
            .fetch_add(bytes, Ordering::Relaxed)
            .saturating_add(bytes)
    }

    /// The socket took `bytes`. Headers, frames and notifications are not counted in, so more can leave than was queued.
    pub(super) fn written(&self, bytes: u64) {
        self.written_bytes.fetch_add(bytes, Ordering::Relaxed);
        let before =
            self.unsent_bytes
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |unsent| {
                    Some(unsent.saturating_sub(bytes))
                });
        let (Ok(before) | Err(before)) = before;
        self.totals
            .unsent_bytes
            .fetch_sub(before.min(bytes), Ordering::Relaxed);
        if self.stalled.swap(false, Ordering::AcqRel) {
            self.reader.wake();
        }
    }

    /// The socket takes no more; reading pauses until it does.
    pub(super) fn set_stalled(&self) {
        self.stalled.store(true, Ordering::Release);
    }

    pub(super) fn is_stalled(&self) -> bool {
        self.stalled.load(Ordering::Acquire)
    }

    /// A request's headers came, or bytes on a WebSocket.
    pub(super) fn active(&self) {
        self.activity.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn set_websocket(&self) {
        self.websocket.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_websocket(&self) -> bool {
        self.websocket.load(Ordering::Relaxed)
    }

    /// Ends the connection: both directions fail from now on.
    pub(super) fn cut(&self) {
        self.cut.store(true, Ordering::Release);
        self.reader.wake();
        self.writer.wake();
    }

    pub(super) fn is_cut(&self) -> bool {
        self.cut.load(Ordering::Acquire)
    }

    pub(super) const fn reader(&self) -> &AtomicWaker {
        &self.reader
    }

    pub(super) const fn writer(&self) -> &AtomicWaker {
        &self.writer
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.totals
            .unsent_bytes
            .fetch_sub(*self.unsent_bytes.get_mut(), Ordering::Relaxed);
    }
}

/// Requests being answered; ends them when dropped, also when the client went away meanwhile.
#[derive(Debug)]
pub(super) struct InFlight {
    connection: Arc<Connection>,
    requests: u32,
    request_bytes: u64,
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.connection.activity.fetch_add(1, Ordering::Relaxed);
        self.connection
            .in_flight
            .fetch_sub(self.requests, Ordering::Relaxed);
        self.connection
            .totals
            .in_flight_bytes
            .fetch_sub(self.request_bytes, Ordering::Relaxed);
    }
}

/// All connections.
#[derive(Debug)]
pub(super) struct Connections {
    open: Mutex<Vec<Weak<Connection>>>,
    totals: Arc<Totals>,
    config: RpcConfig,
}

impl Connections {
    pub(super) fn new(config: &RpcConfig) -> Self {
        Self {
            open: Mutex::new(Vec::new()),
            totals: Arc::new(Totals::default()),
            config: config.clone(),
        }
    }

    pub(super) fn totals(&self) -> &Totals {
        &self.totals
    }

    pub(super) const fn config(&self) -> &RpcConfig {
        &self.config
    }

    /// One more connection, or `None` when there are as many as may be.
    pub(super) fn open(&self, now: Instant) -> Option<Arc<Connection>> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let max = self.config.max_connections as usize;
        if open.len() >= max {
            open.retain(|connection| connection.strong_count() > 0);
        }
        if open.len() >= max {
            return None;
        }
        let rate = self.config.requests_per_second_per_connection;
        let burst = rate.max(self.config.max_batch_requests);
        let connection = Arc::new(Connection {
            activity: AtomicU64::new(0),
            in_flight: AtomicU32::new(0),
            unsent_bytes: AtomicU64::new(0),
            written_bytes: AtomicU64::new(0),
            stalled: AtomicBool::new(false),
            websocket: AtomicBool::new(false),
            cut: AtomicBool::new(false),
            reader: AtomicWaker::new(),
            writer: AtomicWaker::new(),
            allowance: (rate > 0).then(|| Mutex::new(TokenBucket::new(rate, burst, now))),
            totals: Arc::clone(&self.totals),
        });
        open.push(Arc::downgrade(&connection));
        Some(connection)
    }

    /// The connections that are open now; forgets those that ended.
    pub(super) fn all(&self) -> Vec<Arc<Connection>> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|connection| connection.strong_count() > 0);
        open.iter().filter_map(Weak::upgrade).collect()
    }

    pub(super) fn count(&self) -> usize {
        self.open
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .filter(|connection| connection.strong_count() > 0)
            .count()
    }

    pub(super) fn cut_all(&self) {
        self.all().iter().for_each(|connection| connection.cut());
    }
}
