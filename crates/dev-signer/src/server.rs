//! The listener, its end, and what a test may ask of it.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, atomic::Ordering},
};

use forebond_beacon::{
    bls::{PublicKeyBytes, interop_key},
    signing::commit_boost::Chain,
};
use parking_lot::Mutex;
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use crate::{
    ConfigError, FaultPlan, Flavour, ProxyStoreError, SignerConfig,
    keys::Keys,
    lockout::Lockout,
    routes::router,
    state::{Access, State},
};

/// Why it does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The proxies that are kept.
    #[error(transparent)]
    Proxies(#[from] ProxyStoreError),
    /// The port.
    #[error(
        "cannot listen on 127.0.0.1:{port}: {source}; choose another port, or 0 for a free one"
    )]
    Listen {
        /// Port asked for.
        port: u16,
        /// What the system says.
        source: std::io::Error,
    },
}

/// A running signer; dropping it stops it.
pub struct DevSigner {
    address: SocketAddr,
    chain: Chain,
    state: Arc<State>,
    stopped: CancellationToken,
    task: Option<JoinHandle<()>>,
}

impl DevSigner {
    /// Starts to serve on 127.0.0.1.
    ///
    /// # Errors
    /// [`StartError`]; mainnet above all.
    pub async fn start(config: SignerConfig) -> Result<Self, StartError> {
        config.validate()?;
        let secrets = config.validators.iter().map(|number| interop_key(*number));
        let keys = Keys::new(secrets, config.seed, config.proxy_dir.clone())?;
        let refused = |source| StartError::Listen {
            port: config.port,
            source,
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, config.port))
            .await
            .map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        let state = Arc::new(State {
            chain: config.chain,
            foreign_proxies: config.foreign_proxies,
            keys: Mutex::new(keys),
            access: Mutex::new(Access {
                modules: config.modules,
                admin_secret: config.admin_secret,
            }),
            lockout: Mutex::new(Lockout::new(
                config.auth_fail_limit,
                config.auth_fail_timeout,
            )),
            faults: Mutex::new(config.faults),
            flavour: Mutex::new(config.flavour),
            asked: 0.into(),
            signed: 0.into(),
        });
        let stopped = CancellationToken::new();
        let app = router(Arc::clone(&state)).into_make_service_with_connect_info::<SocketAddr>();
        let until = stopped.clone();
        let task = tokio::spawn(async move {
            // Answers that stall on purpose would hold a graceful end for ever.
            tokio::select! {
                () = until.cancelled() => {}
                served = async { axum::serve(listener, app).await } => {
                    if let Err(error) = served {
                        tracing::warn!(%error, "the development signer stopped");
                    }
                }
            }
        });
        Ok(Self {
            address,
            chain: config.chain,
            state,
            stopped,
            task: Some(task),
        })
    }

    /// `http://…` of the signer.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The chain it signs for.
    #[must_use]
    pub const fn chain(&self) -> Chain {
        self.chain
    }

    /// Keys of its validators, ascending.
    #[must_use]
    pub fn validators(&self) -> Vec<PublicKeyBytes> {
        self.state.keys.lock().validators().copied().collect()
    }

    /// What it does wrong from now on.
    pub fn misbehave(&self, plan: FaultPlan) {
        *self.state.faults.lock() = plan;
    }

    /// What it plays from now on.
    pub fn become_another(&self, flavour: Flavour) {
        *self.state.flavour.lock() = flavour;
    }

    /// Requests under `/signer/` that came so far, refused ones included.
    #[must_use]
    pub fn asked(&self) -> u64 {
        self.state.asked.load(Ordering::SeqCst)
    }

    /// Signatures over object roots that its keys made so far.
    #[must_use]
    pub fn signed(&self) -> u64 {
        self.state.signed.load(Ordering::SeqCst)
    }

    /// Stops listening.
    pub async fn stop(mut self) {
        self.stopped.cancel();
        if let Some(task) = self.task.take() {
            // The task ends by itself and cannot fail but by a panic, which has been reported.
            let _ = task.await;
        }
    }
}

impl Drop for DevSigner {
    fn drop(&mut self) {
        self.stopped.cancel();
    }
}
