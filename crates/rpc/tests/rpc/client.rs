//! Clients that speak to the server byte by byte, or in JSON where bytes don't matter.

use std::net::SocketAddr;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Error, Message, client::IntoClientRequest},
};

/// An HTTP answer.
#[derive(Debug)]
pub(crate) struct HttpAnswer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl HttpAnswer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// An HTTP connection that is kept open.
pub(crate) struct Http {
    tcp: TcpStream,
}

impl Http {
    pub(crate) async fn connect(addr: SocketAddr) -> Self {
        Self {
            tcp: TcpStream::connect(addr).await.unwrap(),
        }
    }

    pub(crate) async fn post(&mut self, body: &str) -> HttpAnswer {
        let length = body.len();
        let head = format!(
            "POST / HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
        );
        self.send(&format!("{head}{body}")).await
    }

    pub(crate) async fn send(&mut self, request: &str) -> HttpAnswer {
        self.tcp.write_all(request.as_bytes()).await.unwrap();
        self.receive().await.expect("the server answers")
    }

    /// The next answer, or `None` when the server closed.
    pub(crate) async fn receive(&mut self) -> Option<HttpAnswer> {
        let mut bytes = Vec::new();
        let end = loop {
            if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
                break at + 4;
            }
            if self.tcp.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
                return None;
            }
        };
        let head = String::from_utf8(bytes[..end].to_vec())
            .unwrap()
            .to_lowercase();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .map_or(0, |length| length.parse().unwrap());
        while bytes.len() < end + length {
            if self.tcp.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
                return None;
            }
        }
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Some(HttpAnswer {
            status,
            head,
            body: String::from_utf8(bytes.split_off(end)).unwrap(),
        })
    }

    pub(crate) async fn call(&mut self, method: &str, params: Value) -> Value {
        let answer = self.post(&request(method, params).to_string()).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    }
}

pub(crate) fn request(method: &str, params: Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params })
}

/// One call on a connection of its own: the whole answer.
pub(crate) async fn call(addr: SocketAddr, method: &str, params: Value) -> Value {
    Http::connect(addr).await.call(method, params).await
}

/// One call that succeeds.
pub(crate) async fn ask(addr: SocketAddr, method: &str, params: Value) -> Value {
    let answer = call(addr, method, params).await;
    assert!(answer.get("error").is_none(), "{method}: {answer}");
    answer["result"].clone()
}

/// One call that is refused: code and message.
pub(crate) async fn refused(addr: SocketAddr, method: &str, params: Value) -> (i64, String) {
    let answer = call(addr, method, params).await;
    let error = answer
        .get("error")
        .unwrap_or_else(|| panic!("{method}: {answer}"));
    (
        error["code"].as_i64().unwrap(),
        error["message"].as_str().unwrap().to_owned(),
    )
}

/// A WebSocket connection.
pub(crate) struct Ws {
    socket: WebSocketStream<TcpStream>,
}

impl Ws {
    pub(crate) async fn connect(addr: SocketAddr) -> Self {
        Self::connect_from(addr, None).await.unwrap()
    }

    /// Connects as a page of this origin would.
    pub(crate) async fn connect_from(
        addr: SocketAddr,
        origin: Option<&str>,
    ) -> Result<Self, Error> {
        Self::over(TcpStream::connect(addr).await.unwrap(), addr, origin).await
    }

    /// Connects with a receive buffer as small as the system allows, so that not reading is felt soon.
    pub(crate) async fn connect_narrow(addr: SocketAddr) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4_096).unwrap();
        Self::over(socket.connect(addr).await.unwrap(), addr, None)
            .await
            .unwrap()
    }

    async fn over(tcp: TcpStream, addr: SocketAddr, origin: Option<&str>) -> Result<Self, Error> {
        let mut request = format!("ws://{addr}/").into_client_request()?;
        if let Some(origin) = origin {
            request
                .headers_mut()
                .insert("origin", origin.parse().unwrap());
        }
        let (socket, _) = client_async(request, tcp).await?;
        Ok(Self { socket })
    }

    pub(crate) async fn send(&mut self, text: &str) -> Result<(), Error> {
        self.socket.send(Message::text(text)).await
    }

    /// The next JSON message, or `None` when the server closed.
    pub(crate) async fn next(&mut self) -> Option<Value> {
        loop {
            match self.socket.next().await? {
                Ok(Message::Text(text)) => return Some(serde_json::from_str(&text).unwrap()),
                Ok(Message::Close(_)) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    pub(crate) async fn call(&mut self, method: &str, params: Value) -> Value {
        self.send(&request(method, params).to_string())
            .await
            .unwrap();
        self.next().await.expect("the server answers")
    }

    /// Subscribes and returns the subscription's id.
    pub(crate) async fn subscribe(&mut self, params: Value) -> String {
        let answer = self.call("eth_subscribe", params).await;
        answer["result"]
            .as_str()
            .unwrap_or_else(|| panic!("{answer}"))
            .to_owned()
    }

    /// The next notification: its parameters.
    pub(crate) async fn notified(&mut self) -> Value {
        let message = self.next().await.expect("the server notifies");
        assert_eq!(message["method"], "eth_subscription", "{message}");
        message["params"].clone()
    }
}
