//! The server: HTTP/1.1 and WebSocket on one port, with every resource a client can take bounded.
//!
//! jsonrpsee answers requests; the sockets are ours, because its own accept loop counts requests in progress instead of
//! connections and has no deadline for a client that does not read. One task accepts, each connection is a task, one
//! [`sweeper`] closes the connections whose deadlines have passed. Nothing on the path of a request reads a clock.

mod accept;
mod connection;
mod front;
mod guard;
mod ids;
mod stream;
mod sweeper;
mod token_bucket;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use jsonrpsee::{
    RpcModule,
    server::{Methods, stop_channel},
};
use tokio::net::{TcpListener, TcpSocket};

use self::connection::Connections;
use crate::config::{ConfigError, RpcConfig};

/// Connections that may wait to be accepted; the system may hold fewer. The default of 128 is filled by a burst of wallets
/// that reconnect, and whoever comes then is tried again by its own system only after a second.
const BACKLOG: u32 = 4_096;

/// Why a server could not start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The configuration can't work.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The address can't be listened on.
    #[error("cannot listen on {addr}: {source}; free the port or choose another address")]
    Listen {
        /// The address asked for.
        addr: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
}

/// A running server. Dropping it stops the server without waiting.
#[derive(Debug)]
pub struct ServerHandle {
    local_addr: SocketAddr,
    grace: Duration,
    stop: jsonrpsee::server::ServerHandle,
    connections: Arc<Connections>,
}

impl ServerHandle {
    /// The address listened on, with the port the system chose when port 0 was asked for.
    pub const fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// Connections open at this moment.
    pub fn connection_count(&self) -> usize {
        self.connections.count()
    }

    /// Answers waiting to be sent, over all connections, bytes.
    pub fn unsent_bytes(&self) -> u64 {
        self.connections.totals().unsent_bytes()
    }

    /// Stops accepting, lets requests in progress end for `shutdown_grace_ms` at most, then closes every connection.
    pub async fn stop(self) {
        // Already stopped is what was asked for.
        let _ = self.stop.stop();
        let stopped = self.stop.clone().stopped();
        tokio::pin!(stopped);
        if tokio::time::timeout(self.grace, &mut stopped)
            .await
            .is_err()
        {
            self.connections.cut_all();
            stopped.await;
        }
    }
}

/// Listens on `addr` and answers `methods`: those of [`eth_module`](crate::eth_module) and whatever the role merged into
/// them. Returns once the port is open. Must be called on a tokio runtime.
///
/// # Errors
/// [`ServeError`], before anything is answered.
pub async fn serve(
    config: &RpcConfig,
    addr: SocketAddr,
    methods: RpcModule<()>,
) -> Result<ServerHandle, ServeError> {
    config.validate()?;
    let listen_error = |source| ServeError::Listen { addr, source };
    let listener = listen(addr).map_err(listen_error)?;
    let local_addr = listener.local_addr().map_err(listen_error)?;

    let (stop_handle, stop) = stop_channel();
    let connections = Arc::new(Connections::new(config));
    tokio::spawn(sweeper::run(Arc::clone(&connections), stop_handle.clone()));
    let methods: Methods = methods.into();
    tokio::spawn(accept::run(
        listener,
        config.clone(),
        methods,
        Arc::clone(&connections),
        stop_handle,
    ));
    Ok(ServerHandle {
        local_addr,
        grace: Duration::from_millis(config.shutdown_grace_ms),
        stop,
        connections,
    })
}

fn listen(addr: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = match addr {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // A restart need not wait for the connections of the server before.
    socket.set_reuseaddr(true)?;
    socket.bind(addr)?;
    socket.listen(BACKLOG)
}
