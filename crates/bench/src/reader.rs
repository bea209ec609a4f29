//! Reads and judges answers on threads of their own: checking signatures must not delay sending.

use crate::{
    frame::{Event, Incoming, pong_frame},
    outgoing::Outgoing,
    reply::Judge,
    tally::Tally,
};
use std::{
    cell::RefCell,
    net::TcpStream,
    rc::Rc,
    sync::{Arc, Mutex, PoisonError},
    thread,
};
use tokio::{io::AsyncReadExt, sync::watch, task::LocalSet};

/// Room for many answers, so that one system call and one wake-up bring many.
const READ_BYTES: usize = 256 << 10;

/// The receiving side of a connection.
pub(crate) struct Receiving {
    /// In non-blocking mode.
    pub(crate) stream: TcpStream,
    /// Number of the connection, and so its place among the sending sides.
    pub(crate) number: usize,
}

/// A thread that reads.
pub(crate) type Reader = thread::JoinHandle<eyre::Result<Tally>>;

/// Starts a thread that reads `connections` until `stop` changes.
pub(crate) fn start(
    connections: Vec<Receiving>,
    sending: Arc<Vec<Mutex<Outgoing>>>,
    judge: Judge,
    stop: watch::Receiver<bool>,
) -> eyre::Result<Reader> {
    let body = move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .build()?;
        let judge = Rc::new(RefCell::new(judge));
        let tasks = LocalSet::new();
        for connection in connections {
            let (sending, judge, stop) = (sending.clone(), judge.clone(), stop.clone());
            tasks.spawn_local(read(connection, sending, judge, stop));
        }
        runtime.block_on(tasks);
        let judge =
            Rc::into_inner(judge).ok_or_else(|| eyre::eyre!("a reader is still running"))?;
        Ok(judge.into_inner().tally)
    };
    Ok(thread::Builder::new()
        .name("bench-reader".into())
        .spawn(body)?)
}

async fn read(
    connection: Receiving,
    sending: Arc<Vec<Mutex<Outgoing>>>,
    judge: Rc<RefCell<Judge>>,
    mut stop: watch::Receiver<bool>,
) {
    let Receiving { stream, number } = connection;
    let outgoing = sending.get(number);
    let stream = tokio::net::TcpStream::from_std(stream);
    let lost = match stream {
        Ok(stream) => read_until_lost(stream, outgoing, &judge, &mut stop).await,
        Err(error) => Some(error.to_string()),
    };
    if let Some(why) = lost {
        judge.borrow_mut().lost(&why);
    }
}

/// Reads until told to stop; returns why it ended earlier.
async fn read_until_lost(
    mut stream: tokio::net::TcpStream,
    outgoing: Option<&Mutex<Outgoing>>,
    judge: &RefCell<Judge>,
    stop: &mut watch::Receiver<bool>,
) -> Option<String> {
    let mut incoming = Incoming::default();
    loop {
        let buffer = incoming.spare();
        buffer.reserve(READ_BYTES);
        let read = tokio::select! {
            biased;
            read = stream.read_buf(buffer) => read,
            _ = stop.changed() => return None,
        };
        match read {
            Ok(0) => return Some("closed by the server".into()),
            Ok(_) => {}
            Err(error) => return Some(error.to_string()),
        }
        let mut closed = None;
        let drained = incoming.drain(|event| match event {
            Event::Message(message) => judge.borrow_mut().judge(message),
            Event::Ping(payload) => {
                if let Some(outgoing) = outgoing {
                    let mut outgoing = outgoing.lock().unwrap_or_else(PoisonError::into_inner);
                    outgoing.queue(&pong_frame(payload));
                    outgoing.flush();
                }
            }
            Event::Close(reason) => closed = Some(format!("closed by the server: {reason}")),
        });
        if let Err(bad) = drained {
            return Some(bad.to_string());
        }
        if closed.is_some() {
            return closed;
        }
        // Other connections of this thread get their turn even when this one never runs dry.
        tokio::task::yield_now().await;
    }
}
