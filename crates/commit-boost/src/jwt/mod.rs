//! The token of each request: HS256, bound to one route and to the very bytes of the body.
//!
//! | claim | module | admin |
//! |---|---|---|
//! | `exp` | Unix seconds after which it is worth nothing | same |
//! | `module` | the module's id | absent |
//! | `admin` | absent | `true` |
//! | `route` | path of the request, without host and query | same |
//! | `payload_hash` | keccak256 of the body's bytes; `null` without body | same |
//!
//! There is no `aud`: signers refuse audiences they did not ask for. There is no `jti` either: a token can be replayed with
//! the same body until it expires, so what it asks for should be harmless when asked twice.

mod claims;
mod token;
mod verify;

pub use claims::{AdminClaims, ModuleClaims, payload_hash};
pub use token::{JwtError, read_unverified, sign, verify_signature};
pub use verify::{LEEWAY_S, verify_admin, verify_module};

/// Seconds a token is good for, as the reference client's.
pub const LIFETIME_S: u64 = 300;
