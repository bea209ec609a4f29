use std::{fmt, sync::Arc};

use alloy_primitives::{Address, B256};
use forebond_runtime::CommitterKey;
use forebond_types::Signature;

/// Who signs batches for the gateway. Cheap to clone; never shows its key.
#[derive(Clone)]
pub struct Signatory {
    address: Address,
    sign: Arc<dyn Fn(B256) -> Signature + Send + Sync>,
}

impl Signatory {
    /// A signer of digests whose signatures recover to `address`.
    pub fn new(address: Address, sign: impl Fn(B256) -> Signature + Send + Sync + 'static) -> Self {
        Self {
            address,
            sign: Arc::new(sign),
        }
    }

    /// Its address.
    pub const fn address(&self) -> Address {
        self.address
    }

    pub(super) fn sign(&self, digest: B256) -> Signature {
        (self.sign)(digest)
    }
}

impl From<CommitterKey> for Signatory {
    fn from(key: CommitterKey) -> Self {
        Self::new(key.address(), move |digest| key.sign(digest))
    }
}

impl fmt::Debug for Signatory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signatory({})", self.address)
    }
}
