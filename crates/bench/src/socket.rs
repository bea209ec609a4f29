//! Opens WebSocket connections to the server.

use eyre::WrapErr;
use std::time::Duration;
use tokio::{net::TcpStream, time::Instant};
use tokio_tungstenite::{WebSocketStream, client_async_with_config, tungstenite};
use tungstenite::protocol::WebSocketConfig;

/// Pause between attempts while a server that was just started is not listening yet.
const RETRY: Duration = Duration::from_millis(100);
/// Blocks with all their hashes come in one message.
const MAX_MESSAGE_BYTES: usize = 256 << 20;

/// Where the server is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint {
    /// `ws://host:port/path`.
    url: String,
    /// `host:port`.
    authority: String,
}

impl Endpoint {
    /// Reads a `ws://` or `http://` address; the port is 80 unless given.
    pub(crate) fn parse(text: &str) -> eyre::Result<Self> {
        let uri: tungstenite::http::Uri = text
            .parse()
            .wrap_err_with(|| format!("{text}: expected ws://host:port"))?;
        match uri.scheme_str() {
            Some("ws" | "http") => {}
            other => eyre::bail!(
                "{text}: expected a ws:// or http:// address, got the scheme {}; a load generator \
                 measures a server near by, so TLS is not spoken",
                other.unwrap_or("(none)")
            ),
        }
        let host = uri
            .host()
            .ok_or_else(|| eyre::eyre!("{text}: the host is missing"))?;
        let authority = format!("{host}:{}", uri.port_u16().unwrap_or(80));
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        Ok(Self {
            url: format!("ws://{authority}{path}"),
            authority,
        })
    }

    /// Opens a connection; keeps trying for `patience` while nobody listens.
    pub(crate) async fn open(
        &self,
        patience: Duration,
    ) -> eyre::Result<WebSocketStream<TcpStream>> {
        let stream = self.connect(patience).await?;
        // A request waits for nothing: neither for a fuller segment nor for an acknowledgement.
        stream.set_nodelay(true)?;
        let config = WebSocketConfig::default()
            .max_message_size(Some(MAX_MESSAGE_BYTES))
            .max_frame_size(Some(MAX_MESSAGE_BYTES));
        let (socket, _) = client_async_with_config(&self.url, stream, Some(config))
            .await
            .wrap_err_with(|| format!("{} does not accept a WebSocket", self.url))?;
        Ok(socket)
    }

    async fn connect(&self, patience: Duration) -> eyre::Result<TcpStream> {
        let deadline = Instant::now() + patience;
        loop {
            match TcpStream::connect(&self.authority).await {
                Ok(stream) => return Ok(stream),
                Err(_) if Instant::now() < deadline => tokio::time::sleep(RETRY).await,
                Err(error) => {
                    return Err(error)
                        .wrap_err_with(|| format!("nobody answers at {}", self.authority));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn http_and_ws_addresses_lead_to_the_same_place() {
        let ws = Endpoint::parse("ws://127.0.0.1:9545").unwrap();
        assert_eq!(Endpoint::parse("http://127.0.0.1:9545/").unwrap(), ws);
        assert_eq!(ws.authority, "127.0.0.1:9545");
        assert_eq!(
            Endpoint::parse("ws://node/rpc?key=1").unwrap().url,
            "ws://node:80/rpc?key=1"
        );
    }

    #[test]
    fn a_tls_address_is_refused_with_the_reason() {
        let error = Endpoint::parse("wss://node").unwrap_err().to_string();
        assert!(error.contains("TLS is not spoken"), "{error}");
        assert!(Endpoint::parse("127.0.0.1:9545").is_err());
    }
}
