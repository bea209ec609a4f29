use std::time::Duration;

/// A client that follows no redirect, uses no proxy, and waits for an answer until `deadline`, half of it for the connection.
///
/// # Errors
/// When the system's TLS cannot be set up.
pub(crate) fn http_client(deadline: Duration) -> Result<reqwest::Client, reqwest::Error> {
    // A provider that is there already is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .timeout(deadline)
        .connect_timeout(deadline / 2)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()
}
