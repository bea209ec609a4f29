use std::{path::Path, sync::Arc};

use alloy_primitives::B256;
use forebond_beacon::bls::PublicKeyBytes;
use forebond_commit_boost::{
    client::{ClientSettings, HttpSigner, Patience},
    protection::{Kind, Position, ProtectionDb, Request, SigningKey},
    safe::SafeSigner,
};
use forebond_dev_signer::{DevSigner, SignerConfig};

use crate::support::{self, CHAIN, MODULE, SECRET, SIGNING_ID, secret};

/// Short enough for stalls, long enough for honest answers on a slow machine.
pub fn quick() -> Patience {
    Patience {
        attempt_deadline_ms: 2_000,
        call_deadline_ms: 20_000,
        attempts: 3,
        first_wait_ms: 1,
        longest_wait_ms: 5,
        in_flight: 2,
    }
}

pub fn settings(url: &str) -> ClientSettings {
    ClientSettings {
        url: url.parse().unwrap(),
        module_id: MODULE.to_owned(),
        signing_id: SIGNING_ID,
        chain: CHAIN,
        secret: Some(secret(SECRET)),
        certificate_pem: None,
        dialect: None,
        patience: quick(),
    }
}

/// A signer, and a proposer's directory.
pub struct World {
    pub signer: DevSigner,
    pub dir: tempfile::TempDir,
}

impl World {
    pub async fn new() -> Self {
        Self::with(support::config()).await
    }

    pub async fn with(config: SignerConfig) -> Self {
        Self {
            signer: DevSigner::start(config).await.unwrap(),
            dir: tempfile::tempdir().unwrap(),
        }
    }

    pub fn client(&self) -> HttpSigner {
        HttpSigner::new(settings(&self.signer.url())).unwrap()
    }

    /// A proposer as it comes up.
    pub fn proposer(&self) -> SafeSigner<HttpSigner> {
        proposer(self.dir.path(), settings(&self.signer.url()))
    }

    pub fn validator(&self, n: usize) -> PublicKeyBytes {
        self.signer.validators()[n]
    }

    /// A delegation of the first validator.
    pub fn delegation(&self, slot: u64, object: u8) -> Request {
        let proposer = self.validator(0);
        Request {
            position: Position {
                signing_id: SIGNING_ID,
                proposer,
                slot,
                kind: Kind::Delegation,
            },
            key: SigningKey::Consensus(proposer),
            object_root: B256::repeat_byte(object),
            nonce: 0,
        }
    }
}

pub fn proposer(dir: &Path, settings: ClientSettings) -> SafeSigner<HttpSigner> {
    let protection = ProtectionDb::open(dir, CHAIN).unwrap();
    SafeSigner::new(HttpSigner::new(settings).unwrap(), Arc::new(protection)).unwrap()
}
