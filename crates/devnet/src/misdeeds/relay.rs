//! A road between a gateway and its peers that can be cut: what it promises then, only those it answers directly know.

use std::{net::SocketAddr, sync::Arc};

use eyre::{Result, WrapErr};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
    task::JoinHandle,
};

/// Connections at one time.
const MOST_CONNECTIONS: usize = 256;

/// Carries bytes to a gateway's port, until it is cut.
#[derive(Debug)]
pub(crate) struct Relay {
    port: u16,
    is_open: watch::Sender<bool>,
    carrying: JoinHandle<()>,
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.carrying.abort();
    }
}

impl Relay {
    /// Listens on a port of the system's choice for whoever wants to reach `target`.
    ///
    /// # Errors
    /// When there is no port.
    pub(crate) async fn start(target: u16) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))
            .await
            .wrap_err("a port between a gateway and its peers")?;
        let port = listener.local_addr()?.port();
        let (is_open, seen) = watch::channel(true);
        let target = SocketAddr::from(([127, 0, 0, 1], target));
        let carrying = tokio::spawn(carry(listener, target, seen));
        Ok(Self {
            port,
            is_open,
            carrying,
        })
    }

    /// Where peers connect to.
    pub(crate) const fn port(&self) -> u16 {
        self.port
    }

    /// Ends all connections, and takes none; or takes them again.
    pub(crate) fn set_open(&self, is_open: bool) {
        self.is_open.send_replace(is_open);
    }
}

async fn carry(listener: TcpListener, target: SocketAddr, is_open: watch::Receiver<bool>) {
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    loop {
        let Ok((peer, _)) = listener.accept().await else {
            continue;
        };
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
            continue;
        };
        let mut is_open = is_open.clone();
        if !*is_open.borrow_and_update() {
            continue;
        }
        tokio::spawn(async move {
            let _place = place;
            tokio::select! {
                () = both_ways(peer, target) => {}
                // It only ever changes to closed while a connection lives.
                _ = is_open.changed() => {}
            }
        });
    }
}

async fn both_ways(mut peer: TcpStream, target: SocketAddr) {
    if let Ok(mut there) = TcpStream::connect(target).await {
        // Whoever hangs up ends it.
        let _ = tokio::io::copy_bidirectional(&mut peer, &mut there).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    async fn echoing() -> u16 {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                tokio::spawn(async move {
                    let (mut read, mut write) = stream.split();
                    tokio::io::copy(&mut read, &mut write).await
                });
            }
        });
        port
    }

    async fn answers(port: u16) -> bool {
        let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)).await else {
            return false;
        };
        let mut answer = [0; 4];
        stream.write_all(b"ping").await.is_ok() && stream.read_exact(&mut answer).await.is_ok()
    }

    #[tokio::test]
    async fn bytes_pass_until_the_road_is_cut_and_again_when_it_is_mended() {
        let relay = Relay::start(echoing().await).await.unwrap();
        let mut before = TcpStream::connect(("127.0.0.1", relay.port()))
            .await
            .unwrap();
        assert!(answers(relay.port()).await);
        relay.set_open(false);
        assert!(
            !answers(relay.port()).await,
            "a new connection gets through"
        );
        let mut answer = [0; 4];
        let _ = before.write_all(b"ping").await;
        assert!(
            before.read_exact(&mut answer).await.is_err(),
            "an old one lives on"
        );
        relay.set_open(true);
        assert!(answers(relay.port()).await);
    }
}
