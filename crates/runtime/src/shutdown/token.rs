use std::sync::{Arc, OnceLock};
use tokio_util::sync::CancellationToken;

/// The one request to end that everything in a process watches. Clones are the same request.
#[derive(Clone, Debug, Default)]
pub struct Shutdown {
    token: CancellationToken,
    reason: Arc<OnceLock<String>>,
}

impl Shutdown {
    /// Nothing requested yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Requests the end. The first reason is kept, later ones are only logged.
    pub fn request(&self, reason: impl Into<String>) {
        let reason = reason.into();
        match self.reason.set(reason) {
            Ok(()) => {
                tracing::info!(reason = self.reason().unwrap_or_default(), "shutting down");
                self.token.cancel();
            }
            Err(later) => tracing::debug!(reason = later, "already shutting down"),
        }
    }

    /// Whether the end was requested; cheap enough for every turn of a loop.
    pub fn is_requested(&self) -> bool {
        self.token.is_cancelled()
    }

    /// Waits for the request.
    pub async fn requested(&self) {
        self.token.cancelled().await;
    }

    /// As [`Self::requested`], as a future that owns what it needs.
    pub fn into_requested(self) -> impl Future<Output = ()> + Send + 'static {
        self.token.cancelled_owned()
    }

    /// Why the end was requested.
    pub fn reason(&self) -> Option<&str> {
        self.reason.get().map(String::as_str)
    }

    /// The token underneath, for libraries that take one.
    pub const fn token(&self) -> &CancellationToken {
        &self.token
    }

    /// Requests the end on the first SIGINT or SIGTERM and leaves the process at once on one that
    /// follows a second or more later; in between it is taken for an echo of the first. Call it
    /// once, inside a tokio runtime.
    ///
    /// # Errors
    /// The system refuses to register the handlers.
    pub fn on_signals(&self) -> std::io::Result<()> {
        super::signals::listen(self.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_first_reason_is_kept_and_everyone_hears_of_it() {
        let shutdown = Shutdown::new();
        let waiting = tokio::spawn(shutdown.clone().into_requested());
        assert!(!shutdown.is_requested());
        assert_eq!(shutdown.reason(), None);
        shutdown.request("disk full");
        shutdown.request("SIGTERM");
        waiting.await.unwrap();
        shutdown.requested().await;
        assert!(shutdown.is_requested());
        assert_eq!(shutdown.reason(), Some("disk full"));
    }
}
