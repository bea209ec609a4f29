//! The signer, as a commit module sees it.
//!
//! - [`ProposerSigner`]: what one may ask
//! - [`HttpSigner`]: over HTTP, in the dialect that the signer speaks
//! - [`Verified`]: a signature over the root that *we* expect; there is no other kind
//! - [`SignerError`]: each way in which it goes wrong, and whether to ask again

mod answer;
mod contract;
mod error;
mod http;
mod requests;
mod settings;
mod signer;
mod state;
mod verified;
mod wire;
mod wire_sign;

pub use contract::{KeySet, ProposerSigner, ProxyDelegation, ProxyScheme};
pub use error::{Advice, SignerError};
pub use settings::{ClientSettings, Patience};
pub use signer::HttpSigner;
pub use verified::{NotVerified, Verified};
