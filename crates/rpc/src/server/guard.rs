//! Limits in front of every request: rate, number and bytes in progress, answers the client has not read.

use std::{
    future::Future,
    sync::{Arc, PoisonError},
    time::Instant,
};

use futures_util::future::{Either, FutureExt, ready};
use jsonrpsee::{
    core::middleware::{Batch, BatchEntry, BatchEntryErr, Notification, RpcServiceT},
    server::{MethodCallback, MethodResponse, Methods},
    types::{ErrorObjectOwned, Request},
};

use super::connection::{Connection, InFlight};
use crate::{config::RpcConfig, refusals::limit_exceeded};

/// When the server is busy, how long its answer advises to wait, ms.
const BUSY_RETRY_MS: u64 = 50;

/// Limits of one server.
#[derive(Debug, Clone)]
pub(super) struct Limits {
    max_in_flight: u32,
    max_in_flight_bytes: u64,
    max_unsent_bytes: u64,
    max_unsent_bytes_per_connection: u64,
    methods: Methods,
}

impl Limits {
    pub(super) fn of(config: &RpcConfig, methods: Methods) -> Self {
        Self {
            max_in_flight: config.max_in_flight_per_connection,
            max_in_flight_bytes: config.max_in_flight_request_bytes,
            max_unsent_bytes: config.max_unsent_bytes,
            max_unsent_bytes_per_connection: config.max_unsent_bytes_per_connection,
            methods,
        }
    }
}

/// Wraps the service of one connection.
#[derive(Debug, Clone)]
pub(super) struct GuardLayer {
    pub(super) limits: Arc<Limits>,
    pub(super) connection: Arc<Connection>,
}

/// The service of one connection behind its limits.
#[derive(Debug, Clone)]
pub(super) struct Guard<S> {
    inner: S,
    limits: Arc<Limits>,
    connection: Arc<Connection>,
}

impl<S> tower::Layer<S> for GuardLayer {
    type Service = Guard<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Guard {
            inner,
            limits: Arc::clone(&self.limits),
            connection: Arc::clone(&self.connection),
        }
    }
}

impl<S> Guard<S> {
    /// Lets `requests` requests of `bytes` altogether pass, or says why not.
    fn admit(&self, requests: u32, bytes: u64) -> Result<InFlight, ErrorObjectOwned> {
        if let Some(allowance) = self.connection.allowance() {
            let taken = allowance
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take(requests, Instant::now());
            if let Err(wait) = taken {
                let wait_ms = u64::try_from(wait.as_millis())
                    .unwrap_or(u64::MAX)
                    .saturating_add(1);
                return Err(limit_exceeded(
                    format!("rate limited: try again in {wait_ms} ms"),
                    Some(wait_ms),
                ));
            }
        }
        let max = self.limits.max_in_flight;
        if self.connection.in_flight().saturating_add(requests) > max {
            let message = format!(
                "too many requests in progress on this connection: at most {max}; wait for answers"
            );
            return Err(limit_exceeded(message, Some(BUSY_RETRY_MS)));
        }
        let totals = self.connection.totals();
        if totals.in_flight_bytes().saturating_add(bytes) > self.limits.max_in_flight_bytes
            || totals.unsent_bytes() > self.limits.max_unsent_bytes
            || self.connection.is_cut()
        {
            return Err(limit_exceeded(
                "server busy: too much is being answered; try again later",
                Some(BUSY_RETRY_MS),
            ));
        }
        Ok(self.connection.begin(requests, bytes))
    }

    /// Subscriptions have nowhere to go without a WebSocket.
    fn refuse_subscription(&self, method: &str) -> Option<ErrorObjectOwned> {
        if self.connection.is_websocket() {
            return None;
        }
        let callback = self.limits.methods.method(method)?;
        matches!(
            callback,
            MethodCallback::Subscription(_) | MethodCallback::Unsubscription(_)
        )
        .then(|| {
            ErrorObjectOwned::owned(
                -32601,
                "notifications not supported over HTTP; connect to the same address by WebSocket",
                None::<()>,
            )
        })
    }

    /// Takes note of an answer that goes out; a client that lets too many pile up is cut off.
    fn answered(connection: &Connection, limits: &Limits, response: &MethodResponse) {
        let waiting = connection.queue(response.as_json().get().len() as u64);
        if waiting > limits.max_unsent_bytes_per_connection {
            tracing::debug!(
                waiting_bytes = waiting,
                "closing a connection: the client does not read its answers"
            );
            connection.cut();
        }
    }
}

impl<S> RpcServiceT for Guard<S>
where
    S: RpcServiceT<
            MethodResponse = MethodResponse,
            BatchResponse = MethodResponse,
            NotificationResponse = MethodResponse,
        > + Send
        + Sync
        + Clone
        + 'static,
{
    type MethodResponse = MethodResponse;
    type NotificationResponse = MethodResponse;
    type BatchResponse = MethodResponse;

    fn call<'a>(&self, request: Request<'a>) -> impl Future<Output = MethodResponse> + Send + 'a {
        let bytes = request
            .params
            .as_ref()
            .map_or(0, |params| params.get().len()) as u64;
        let (connection, limits) = (Arc::clone(&self.connection), Arc::clone(&self.limits));
        let admitted = match self.refuse_subscription(&request.method) {
            Some(refusal) => Err(refusal),
            None => self.admit(1, bytes),
        };
        match admitted {
            Ok(in_flight) => Either::Left(self.inner.call(request).map(move |response| {
                // A subscription's confirmation is sent by the framework itself.
                if !response.is_subscription() {
                    Self::answered(&connection, &limits, &response);
                }
                drop(in_flight);
                response
            })),
            Err(refusal) => {
                let response = MethodResponse::error(request.id, refusal);
                Self::answered(&connection, &limits, &response);
                Either::Right(ready(response))
            }
        }
    }

    fn batch<'a>(&self, mut batch: Batch<'a>) -> impl Future<Output = MethodResponse> + Send + 'a {
        let bytes = batch
            .iter()
            .flatten()
            .filter_map(BatchEntry::params)
            .map(|params| params.get().len() as u64)
            .sum();
        let requests = u32::try_from(batch.len()).unwrap_or(u32::MAX);
        let admitted = self.admit(requests, bytes);
        for entry in batch.iter_mut() {
            if let Ok(BatchEntry::Call(request)) = entry {
                let refusal = admitted
                    .as_ref()
                    .err()
                    .cloned()
                    .or_else(|| self.refuse_subscription(&request.method));
                if let Some(refusal) = refusal {
                    *entry = Err(BatchEntryErr::new(request.id.clone(), refusal));
                }
            }
        }
        let (connection, limits) = (Arc::clone(&self.connection), Arc::clone(&self.limits));
        self.inner.batch(batch).map(move |response| {
            Self::answered(&connection, &limits, &response);
            drop(admitted);
            response
        })
    }

    fn notification<'a>(
        &self,
        notification: Notification<'a>,
    ) -> impl Future<Output = MethodResponse> + Send + 'a {
        // Answered by nothing and not executed; it counts for the rate only.
        drop(self.admit(1, 0));
        self.inner.notification(notification)
    }
}
