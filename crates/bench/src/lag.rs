//! How much later a node's stream brings each frag than the stream it learns from.

use crate::{
    latency::{Latencies, Percentiles},
    machine::Machine,
    progress::Progress,
    socket::Endpoint,
};
use eyre::WrapErr;
use futures_util::{SinkExt, StreamExt};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::{
    collections::HashMap,
    fmt::{self, Display, Formatter},
    thread,
    time::{Duration, Instant},
};
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

const PATIENCE: Duration = Duration::from_secs(10);
/// Frags that one stream may bring: a day at ten per second, or half an hour at 500.
const MOST_FRAGS: usize = 1 << 20;

/// Lag of one node's stream behind another's.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Lag {
    /// Name of the run.
    pub label: String,
    /// Seconds measured.
    pub seconds: u32,
    /// Frags that came on both sides.
    pub frags: u64,
    /// Transactions in them.
    pub transactions: u64,
    /// Frags that only came from the leader; none but for those of the last moment.
    pub missing: u64,
    /// From the leader's stream to the node's stream, both read here.
    pub lag_ms: Percentiles,
    /// Where and when.
    pub machine: Machine,
}

/// A frag as a stream brings it, as far as lag is concerned.
#[derive(Deserialize)]
struct Notice<'a> {
    #[serde(borrow)]
    params: Params<'a>,
}

#[derive(Deserialize)]
struct Params<'a> {
    #[serde(borrow)]
    result: Event<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event<'a> {
    frag_signature: Option<&'a str>,
    #[serde(default)]
    transactions: Vec<serde::de::IgnoredAny>,
}

/// When a frag came, and with how many transactions.
#[derive(Clone, Copy)]
struct Arrival {
    at: Instant,
    transactions: usize,
}

type Arrivals = HashMap<String, Arrival>;

/// Listens to `node` and to `leader` for so many seconds, and compares.
pub async fn lag(
    label: String,
    node: &str,
    leader: &str,
    seconds: u32,
    progress: &dyn Progress,
) -> eyre::Result<Lag> {
    let span = Duration::from_secs(seconds.into());
    progress.begin("listening", seconds.into());
    let (node, leader) = (listen(node, span)?, listen(leader, span)?);
    for second in 1..=seconds {
        tokio::time::sleep(Duration::from_secs(1)).await;
        progress.advance(second.into());
    }
    let joined =
        tokio::task::spawn_blocking(move || Ok::<_, eyre::Report>((ended(leader)?, ended(node)?)));
    let (first, at_node) = joined.await??;
    compare(label, seconds, &first, &at_node)
}

fn compare(label: String, seconds: u32, first: &Arrivals, node: &Arrivals) -> eyre::Result<Lag> {
    let mut lags = Latencies::new()?;
    let mut transactions = 0usize;
    for (signature, arrival) in first {
        let Some(here) = node.get(signature) else {
            continue;
        };
        lags.record(here.at.saturating_duration_since(arrival.at));
        transactions = transactions.saturating_add(arrival.transactions);
    }
    let frags = lags.count();
    Ok(Lag {
        label,
        seconds,
        frags,
        transactions: u64::try_from(transactions)?,
        missing: u64::try_from(first.len())?.saturating_sub(frags),
        lag_ms: lags.percentiles(),
        machine: Machine::here(),
    })
}

type Listener = thread::JoinHandle<eyre::Result<Arrivals>>;

/// Each stream has a thread of its own: reading one must not delay the clock of another.
fn listen(url: &str, span: Duration) -> eyre::Result<Listener> {
    let (endpoint, url) = (Endpoint::parse(url)?, url.to_owned());
    let body = move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let arrivals = runtime.block_on(collect(&endpoint, span));
        arrivals.wrap_err_with(|| format!("{url}: its stream"))
    };
    Ok(thread::Builder::new()
        .name("bench-stream".into())
        .spawn(body)?)
}

fn ended(listener: Listener) -> eyre::Result<Arrivals> {
    listener
        .join()
        .unwrap_or_else(|_| Err(eyre::eyre!("a listener panicked")))
}

async fn collect(endpoint: &Endpoint, span: Duration) -> eyre::Result<Arrivals> {
    let mut socket = endpoint.open(PATIENCE).await?;
    let ask = json!({ "jsonrpc": "2.0", "id": 1, "method": "eth_subscribe", "params": ["preconfirmations"] });
    socket.send(Message::text(ask.to_string())).await?;
    let end = tokio::time::Instant::now() + span;
    let mut arrivals = Arrivals::new();
    loop {
        let message = match tokio::time::timeout_at(end, socket.next()).await {
            Err(_) => return Ok(arrivals),
            Ok(None) => eyre::bail!("ended before its time"),
            Ok(Some(message)) => message?,
        };
        let at = Instant::now();
        let Message::Text(text) = message else {
            continue;
        };
        let Some((signature, transactions)) = frag(&text)? else {
            continue;
        };
        eyre::ensure!(arrivals.len() < MOST_FRAGS, "more than {MOST_FRAGS} frags");
        arrivals
            .entry(signature)
            .or_insert(Arrival { at, transactions });
    }
}

/// Signature and number of transactions, if the message is a frag; an error if it is one.
fn frag(text: &Utf8Bytes) -> eyre::Result<Option<(String, usize)>> {
    if let Ok(Notice { params }) = serde_json::from_str::<Notice<'_>>(text) {
        let Event {
            frag_signature,
            transactions,
        } = params.result;
        return Ok(frag_signature.map(|signature| (signature.to_owned(), transactions.len())));
    }
    let other: serde_json::Value = serde_json::from_str(text)?;
    eyre::ensure!(
        other.get("error").is_none() && other.pointer("/params/error").is_none(),
        "refused: {other}"
    );
    Ok(None)
}

impl Display for Lag {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Percentiles {
            p50,
            p90,
            p99,
            p999,
            max,
        } = self.lag_ms;
        writeln!(
            f,
            "{} frags with {} transactions in {} s, {} missing",
            self.frags, self.transactions, self.seconds, self.missing
        )?;
        write!(
            f,
            "lag ms: p50 {p50:.3}, p90 {p90:.3}, p99 {p99:.3}, p99.9 {p999:.3}, max {max:.3}"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrivals(all: &[(&str, u64)], start: Instant) -> Arrivals {
        let arrival = |(name, ms): &(&str, u64)| {
            let at = start + Duration::from_millis(*ms);
            let transactions = 3;
            ((*name).to_owned(), Arrival { at, transactions })
        };
        all.iter().map(arrival).collect()
    }

    #[test]
    fn lag_is_the_time_from_leader_to_node_of_the_frags_both_have() {
        let start = Instant::now();
        let first = arrivals(&[("a", 10), ("b", 20), ("c", 30)], start);
        // What a node has first is not behind.
        let node = arrivals(&[("a", 15), ("b", 19), ("other", 1)], start);
        let lag = compare(String::new(), 1, &first, &node).unwrap();
        assert_eq!((lag.frags, lag.transactions, lag.missing), (2, 6, 1));
        assert!((lag.lag_ms.max - 5.0).abs() < 0.01, "{lag}");
    }

    #[test]
    fn frags_are_told_from_answers_seals_and_errors() {
        let text = |value: serde_json::Value| Utf8Bytes::from(value.to_string());
        let event = |result| text(json!({ "params": { "subscription": 1, "result": result } }));
        let brought = json!({ "type": "frag", "fragSignature": "0xab", "transactions": [{}, {}] });
        assert_eq!(frag(&event(brought)).unwrap(), Some(("0xab".into(), 2)));
        assert_eq!(frag(&event(json!({ "type": "seal" }))).unwrap(), None);
        assert_eq!(frag(&text(json!({ "result": "0x1" }))).unwrap(), None);
        let refused = text(json!({ "error": { "message": "unknown feed" } }));
        assert!(
            frag(&refused)
                .unwrap_err()
                .to_string()
                .contains("unknown feed")
        );
    }
}
