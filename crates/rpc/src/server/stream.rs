//! The socket of a connection, with the brakes on: it does not read while the client does not, and it ends when it is cut.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

use super::connection::Connection;

/// A TCP stream that keeps its [`Connection`]'s counters.
#[derive(Debug)]
pub(super) struct GuardedStream {
    tcp: TcpStream,
    connection: Arc<Connection>,
}

impl GuardedStream {
    pub(super) const fn new(tcp: TcpStream, connection: Arc<Connection>) -> Self {
        Self { tcp, connection }
    }

    fn check_cut(&self) -> io::Result<()> {
        if self.connection.is_cut() {
            Err(io::ErrorKind::ConnectionAborted.into())
        } else {
            Ok(())
        }
    }

    fn wrote(&self, result: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match &result {
            Poll::Ready(Ok(bytes)) => self.connection.written(*bytes as u64),
            Poll::Ready(Err(_)) => {}
            Poll::Pending => self.connection.set_stalled(),
        }
        result
    }
}

impl AsyncRead for GuardedStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.connection.reader().register(cx.waker());
        self.check_cut()?;
        // Backpressure: a client that does not take its answers may not ask more.
        if self.connection.is_stalled() {
            return Poll::Pending;
        }
        let before = buf.filled().len();
        let result = Pin::new(&mut self.tcp).poll_read(cx, buf);
        if self.connection.is_websocket() && buf.filled().len() > before {
            self.connection.active();
        }
        result
    }
}

impl AsyncWrite for GuardedStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.connection.writer().register(cx.waker());
        self.check_cut()?;
        let result = Pin::new(&mut self.tcp).poll_write(cx, buf);
        self.wrote(result)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.connection.writer().register(cx.waker());
        self.check_cut()?;
        let result = Pin::new(&mut self.tcp).poll_write_vectored(cx, bufs);
        self.wrote(result)
    }

    fn is_write_vectored(&self) -> bool {
        self.tcp.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use futures_util::poll;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::{super::connection::Connections, *};
    use crate::config::RpcConfig;

    async fn pair() -> (GuardedStream, TcpStream, Arc<Connection>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let peer = TcpStream::connect(listener.local_addr().unwrap())
            .await
            .unwrap();
        let (tcp, _) = listener.accept().await.unwrap();
        let connection = Connections::new(&RpcConfig::default())
            .open(Instant::now())
            .unwrap();
        (
            GuardedStream::new(tcp, Arc::clone(&connection)),
            peer,
            connection,
        )
    }

    #[tokio::test]
    async fn nothing_is_read_while_the_peer_does_not_read_and_reading_goes_on_when_it_does() {
        let (stream, mut peer, connection) = pair().await;
        let (mut reader, mut writer) = tokio::io::split(stream);
        let large = vec![7_u8; 64 << 20];
        connection.queue(large.len() as u64);
        let mut writing = Box::pin(writer.write_all(&large));
        while !connection.is_stalled() {
            assert!(poll!(&mut writing).is_pending());
        }
        peer.write_all(b"more").await.unwrap();
        // A task of its own: nothing but the waker of the reading side brings it back.
        let reading = tokio::spawn(async move {
            let mut asked = [0_u8; 4];
            reader.read_exact(&mut asked).await.map(|_| asked)
        });
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        assert!(!reading.is_finished(), "the bytes are left where they are");

        let mut taken = vec![0_u8; large.len()];
        let (written, read) = tokio::join!(writing, peer.read_exact(&mut taken));
        written.unwrap();
        read.unwrap();
        let asked = tokio::time::timeout(Duration::from_secs(30), reading).await;
        let asked = asked.expect("reading goes on").unwrap().unwrap();
        assert_eq!(&asked, b"more");
        assert_eq!(
            (
                connection.progress().unsent_bytes,
                connection.totals().unsent_bytes()
            ),
            (0, 0)
        );
    }

    #[tokio::test]
    async fn a_cut_wakes_both_directions_and_fails_them() {
        let (stream, _peer, connection) = pair().await;
        let (mut reader, mut writer) = tokio::io::split(stream);
        let (large, mut byte) = (vec![7_u8; 64 << 20], [0_u8; 1]);
        let (read, written, ()) =
            tokio::join!(reader.read(&mut byte), writer.write_all(&large), async {
                while !connection.is_stalled() {
                    tokio::task::yield_now().await;
                }
                connection.cut();
            });
        assert_eq!(read.unwrap_err().kind(), io::ErrorKind::ConnectionAborted);
        assert_eq!(
            written.unwrap_err().kind(),
            io::ErrorKind::ConnectionAborted
        );
    }
}
