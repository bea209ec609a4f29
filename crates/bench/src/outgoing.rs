//! The sending side of a connection. Writing never blocks: what the server does not take yet waits
//! here, and its transactions' latency shows it.

use std::{
    io::{ErrorKind, Write},
    net::TcpStream,
};

/// Bytes on their way to the server. Bounded by the load, which is finite and known beforehand.
#[derive(Debug)]
pub(crate) struct Outgoing {
    stream: TcpStream,
    pending: Vec<u8>,
    broken: Option<String>,
}

impl Outgoing {
    /// `stream` is in non-blocking mode.
    pub(crate) const fn new(stream: TcpStream) -> Self {
        Self {
            stream,
            pending: Vec::new(),
            broken: None,
        }
    }

    /// Puts a whole frame behind those already waiting.
    pub(crate) fn queue(&mut self, frame: &[u8]) {
        if self.broken.is_none() {
            self.pending.extend_from_slice(frame);
        }
    }

    /// Writes what the server takes now; true when nothing is left waiting.
    pub(crate) fn flush(&mut self) -> bool {
        let mut written = 0;
        while let Some(rest) = self.pending.get(written..).filter(|rest| !rest.is_empty()) {
            match self.stream.write(rest) {
                Ok(0) => self.broken = Some("the server takes no more bytes".into()),
                Ok(count) => written += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => self.broken = Some(error.to_string()),
            }
            if self.broken.is_some() {
                self.pending.clear();
                return true;
            }
        }
        self.pending.drain(..written);
        self.pending.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{io::Read, net::TcpListener};

    #[test]
    fn a_server_that_does_not_read_blocks_nobody_and_loses_nothing() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        stream.set_nonblocking(true).unwrap();
        let (mut server, _) = listener.accept().unwrap();
        let mut outgoing = Outgoing::new(stream);
        let frame: Vec<u8> = (0..=u8::MAX).cycle().take(1 << 20).collect();
        for _ in 0..32 {
            outgoing.queue(&frame);
            outgoing.flush();
        }
        assert!(!outgoing.flush());
        let reader = std::thread::spawn(move || {
            let mut got = vec![0; 32 << 20];
            server.read_exact(&mut got).unwrap();
            got
        });
        while !outgoing.flush() {
            std::thread::yield_now();
        }
        assert!(reader.join().unwrap() == frame.repeat(32));
    }

    #[test]
    fn a_closed_connection_swallows_what_is_still_queued() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        drop(listener.accept().unwrap());
        let mut outgoing = Outgoing::new(stream);
        while outgoing.broken.is_none() {
            outgoing.queue(&[0; 1_000]);
            outgoing.flush();
        }
        outgoing.queue(&[0; 1_000]);
        assert!(outgoing.flush());
    }
}
