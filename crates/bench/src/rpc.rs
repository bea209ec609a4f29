//! The JSON-RPC client of everything that is not measured: preparing a run, watching blocks, and
//! checking the end state. Calls are pipelined over one WebSocket.

use crate::socket::Endpoint;
use eyre::WrapErr;
use futures_util::{SinkExt, StreamExt};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use std::{collections::VecDeque, time::Duration};
use tokio::net::TcpStream;
use tokio_tungstenite::{WebSocketStream, tungstenite::Message};

/// Calls in flight at once; far below what servers bound a connection to.
const WINDOW: usize = 64;
/// A server that says nothing for this long is not going to.
const SILENCE: Duration = Duration::from_secs(60);
/// Notifications kept while nobody asks for them.
const MAX_NOTIFICATIONS: usize = 1_024;

/// What a server answers instead of a result.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Refusal {
    /// JSON-RPC error code.
    pub(crate) code: i64,
    /// Its text.
    pub(crate) message: String,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.message, self.code)
    }
}

#[derive(Deserialize)]
struct Incoming {
    id: Option<u64>,
    #[serde(default)]
    result: Value,
    error: Option<Refusal>,
    params: Option<Notification>,
}

#[derive(Deserialize)]
struct Notification {
    result: Value,
}

/// A connection for calls.
pub(crate) struct Rpc {
    socket: WebSocketStream<TcpStream>,
    next_id: u64,
    notifications: VecDeque<Value>,
}

impl Rpc {
    /// Connects; keeps trying for `patience`.
    pub(crate) async fn connect(endpoint: &Endpoint, patience: Duration) -> eyre::Result<Self> {
        let socket = endpoint.open(patience).await?;
        Ok(Self {
            socket,
            next_id: 1,
            notifications: VecDeque::new(),
        })
    }

    /// One call whose refusal is an error.
    pub(crate) async fn call<T: DeserializeOwned>(
        &mut self,
        method: &str,
        params: Value,
    ) -> eyre::Result<T> {
        match self.ask(method, params).await? {
            Ok(value) => serde_json::from_value(value)
                .wrap_err_with(|| format!("{method}: the answer has an unexpected shape")),
            Err(refusal) => Err(eyre::eyre!("{method}: {refusal}")),
        }
    }

    /// One call whose refusal is an answer like any other.
    pub(crate) async fn ask(
        &mut self,
        method: &str,
        params: Value,
    ) -> eyre::Result<Result<Value, Refusal>> {
        let mut answers = self.ask_all(method, vec![params], |_| {}).await?;
        answers
            .pop()
            .ok_or_else(|| eyre::eyre!("{method}: no answer"))
    }

    /// The same method with each of `params`, sent in this order; answers come in the same order.
    /// `progress` hears the number of answers so far.
    pub(crate) async fn ask_all(
        &mut self,
        method: &str,
        params: Vec<Value>,
        mut progress: impl FnMut(u64),
    ) -> eyre::Result<Vec<Result<Value, Refusal>>> {
        let first_id = self.next_id;
        let total = params.len();
        let mut answers: Vec<Option<Result<Value, Refusal>>> = vec![None; total];
        let mut waiting = params.into_iter();
        let (mut sent, mut done) = (0usize, 0usize);
        while done < total {
            while sent - done < WINDOW
                && let Some(params) = waiting.next()
            {
                let call = json!({"jsonrpc": "2.0", "id": self.next_id, "method": method, "params": params});
                self.next_id += 1;
                self.socket.feed(Message::text(call.to_string())).await?;
                sent += 1;
            }
            self.socket.flush().await?;
            let incoming = self.receive().await.wrap_err_with(|| method.to_owned())?;
            let place = incoming.id.and_then(|id| id.checked_sub(first_id));
            let place = place.and_then(|place| usize::try_from(place).ok());
            let Some(slot) = place.and_then(|place| answers.get_mut(place)) else {
                continue;
            };
            if slot.is_none() {
                done += 1;
                progress(done as u64);
            }
            *slot = Some(incoming.error.map_or(Ok(incoming.result), Err));
        }
        Ok(answers.into_iter().flatten().collect())
    }

    /// The next notification of the subscriptions of this connection.
    pub(crate) async fn next_notification(&mut self) -> eyre::Result<Value> {
        loop {
            if let Some(notification) = self.notifications.pop_front() {
                return Ok(notification);
            }
            self.receive().await?;
        }
    }

    /// The next message; a notification is also kept aside.
    async fn receive(&mut self) -> eyre::Result<Incoming> {
        loop {
            let message = tokio::time::timeout(SILENCE, self.socket.next())
                .await
                .wrap_err_with(|| format!("no answer within {} s", SILENCE.as_secs()))?
                .ok_or_else(|| eyre::eyre!("the server closed the connection"))??;
            let Message::Text(text) = message else {
                continue;
            };
            let mut incoming: Incoming = serde_json::from_str(text.as_str())
                .wrap_err("the server sent something that is not JSON-RPC")?;
            if let Some(notification) = incoming.params.take() {
                eyre::ensure!(
                    self.notifications.len() < MAX_NOTIFICATIONS,
                    "more than {MAX_NOTIFICATIONS} notifications wait to be read"
                );
                self.notifications.push_back(notification.result);
            }
            return Ok(incoming);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    /// Answers calls in pairs, the later one first, after a notification; refuses odd numbers.
    async fn server() -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            let mut socket = tokio_tungstenite::accept_async(stream).await.unwrap();
            let mut held: Option<Value> = None;
            while let Some(Ok(Message::Text(text))) = socket.next().await {
                let call: Value = serde_json::from_str(text.as_str()).unwrap();
                let number = call["params"][0].as_u64().unwrap();
                let answer = if number % 2 == 1 {
                    json!({"jsonrpc":"2.0","id":call["id"],"error":{"code":-32000,"message":"odd"}})
                } else {
                    json!({"jsonrpc":"2.0","id":call["id"],"result":number})
                };
                match held.take() {
                    None => held = Some(answer),
                    Some(earlier) => {
                        let news = json!({"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":"0x1","result":number}});
                        for message in [news, answer, earlier] {
                            socket
                                .send(Message::text(message.to_string()))
                                .await
                                .unwrap();
                        }
                    }
                }
            }
        });
        format!("ws://{address}")
    }

    #[tokio::test]
    async fn answers_are_matched_to_calls_whatever_order_they_come_in() {
        let endpoint = Endpoint::parse(&server().await).unwrap();
        let mut rpc = Rpc::connect(&endpoint, Duration::ZERO).await.unwrap();
        let params = (0..200).map(|n| json!([n])).collect();
        let answers = rpc.ask_all("double", params, |_| {}).await.unwrap();
        assert_eq!(answers.len(), 200);
        for (n, answer) in answers.into_iter().enumerate() {
            match answer {
                Ok(value) => assert_eq!(value, json!(n)),
                Err(refusal) => assert_eq!((n % 2, refusal.code), (1, -32000)),
            }
        }
        assert_eq!(rpc.next_notification().await.unwrap(), json!(1));
    }

    #[tokio::test]
    async fn a_server_that_is_not_there_is_named() {
        let endpoint = Endpoint::parse("ws://127.0.0.1:1").unwrap();
        let Err(error) = Rpc::connect(&endpoint, Duration::ZERO).await else {
            panic!("connected")
        };
        assert!(error.to_string().contains("127.0.0.1:1"));
    }
}
