use alloy_primitives::{B256, keccak256};
use forebond_beacon::{
    bls::PublicKeyBytes,
    signing::commit_boost::{Chain, object_signing_root},
};

use super::{Kind, Position, Request, SigningKey};
use crate::dialect::SignerDialect;

/// The right to ask the signer for one content at one position: it is on disk. Made by
/// [`ProtectionDb::admit`](super::ProtectionDb::admit) alone.
///
/// ```compile_fail
/// use forebond_commit_boost::{dialect::SignerDialect, protection::{Permit, Request}};
/// // There is no other way to one.
/// fn forge(request: Request, dialect: SignerDialect) -> Permit {
///     Permit { request, dialect }
/// }
/// ```
#[derive(Debug)]
pub struct Permit {
    request: Request,
    dialect: SignerDialect,
}

impl Permit {
    pub(super) const fn new(request: Request, dialect: SignerDialect) -> Self {
        Self { request, dialect }
    }

    /// For the root that means nothing, which everybody may sign as often as he likes: the one exception.
    pub(crate) fn self_test(signing_id: B256, key: PublicKeyBytes, dialect: SignerDialect) -> Self {
        let position = Position {
            signing_id,
            proposer: key,
            slot: 0,
            kind: Kind::Delegation,
        };
        let request = Request {
            position,
            key: SigningKey::Consensus(key),
            object_root: keccak256("Forebond signer self test: this signature promises nothing"),
            nonce: 0,
        };
        Self::new(request, dialect)
    }

    /// What may be asked.
    #[must_use]
    pub const fn request(&self) -> &Request {
        &self.request
    }

    /// In which dialect.
    #[must_use]
    pub const fn dialect(&self) -> SignerDialect {
        self.dialect
    }

    /// What the key signs if all is well.
    #[must_use]
    pub fn signing_root(&self, chain: &Chain) -> B256 {
        signing_root(&self.request, self.dialect, chain)
    }
}

pub(super) fn signing_root(request: &Request, dialect: SignerDialect, chain: &Chain) -> B256 {
    let wrapper = dialect.wrapper(request.position.signing_id, request.nonce);
    object_signing_root(chain, wrapper, request.object_root)
}
