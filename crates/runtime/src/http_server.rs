use std::{io, net::SocketAddr};

use axum::Router;
use tokio::{net::TcpListener, task::JoinHandle};

use crate::Shutdown;

/// A router on a port, until the end is requested.
#[derive(Debug)]
pub struct HttpServer {
    local_addr: SocketAddr,
    serving: JoinHandle<io::Result<()>>,
}

impl HttpServer {
    /// Starts to serve on `addr`; port 0 lets the system choose.
    ///
    /// # Errors
    /// The address is taken or not ours.
    pub async fn start(addr: SocketAddr, router: Router, shutdown: Shutdown) -> io::Result<Self> {
        let listener = TcpListener::bind(addr).await?;
        let local_addr = listener.local_addr()?;
        let served =
            axum::serve(listener, router).with_graceful_shutdown(shutdown.into_requested());
        Ok(Self {
            local_addr,
            serving: tokio::spawn(async move { served.await }),
        })
    }

    /// The address it listens on.
    pub const fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// Waits until it has stopped, after the end was requested.
    ///
    /// # Errors
    /// When it stopped for another reason.
    pub async fn stopped(self) -> io::Result<()> {
        self.serving.await?
    }
}
