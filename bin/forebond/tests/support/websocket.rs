//! A WebSocket client that reads only when it is told to.

use serde_json::{Value, json};
use std::{collections::VecDeque, io, net::TcpStream, time::Duration};
use tokio_tungstenite::tungstenite::{self, Error, Message};

/// A connection over which JSON-RPC and subscriptions run.
pub struct WebSocket {
    socket: tungstenite::WebSocket<TcpStream>,
    /// Notifications that came while an answer was awaited.
    notifications: VecDeque<Value>,
}

impl WebSocket {
    pub fn connect(addr: &str) -> Self {
        let stream = TcpStream::connect(addr).unwrap();
        stream.set_nodelay(true).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(30)))
            .unwrap();
        let (socket, _) = tungstenite::client(format!("ws://{addr}/"), stream).unwrap();
        Self {
            socket,
            notifications: VecDeque::new(),
        }
    }

    /// Sends a request and does not wait for its answer.
    pub fn send(&mut self, method: &str, params: Value) -> Result<(), Error> {
        let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        self.socket.send(Message::text(request.to_string()))
    }

    /// Sends a ping; the error when the connection has ended.
    pub fn ping(&mut self) -> Result<(), Error> {
        self.socket.send(Message::Ping(Default::default()))
    }

    /// The whole answer.
    pub fn ask(&mut self, method: &str, params: Value) -> Value {
        self.send(method, params).unwrap();
        loop {
            let message = self.read().unwrap();
            if message.get("id").is_some() {
                return message;
            }
            self.notifications.push_back(message);
        }
    }

    /// Subscribes to what `params` say; returns the subscription's id.
    pub fn subscribe(&mut self, params: Value) -> String {
        let answer = self.ask("eth_subscribe", params);
        answer["result"]
            .as_str()
            .unwrap_or_else(|| panic!("{answer}"))
            .to_owned()
    }

    /// The next notification's content, an error included.
    pub fn next(&mut self) -> Value {
        let message = match self.notifications.pop_front() {
            Some(message) => message,
            None => self.read().unwrap(),
        };
        match message["params"].get("error") {
            Some(error) => error.clone(),
            None => message["params"]["result"].clone(),
        }
    }

    /// The next message, or how the connection ended.
    pub fn read(&mut self) -> Result<Value, Error> {
        loop {
            match self.socket.read()? {
                Message::Text(text) => {
                    return serde_json::from_str(&text)
                        .map_err(|error| Error::Io(io::Error::other(error)));
                }
                Message::Close(_) => return Err(Error::ConnectionClosed),
                _ => {}
            }
        }
    }
}
