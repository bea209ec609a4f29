use forebond_beacon::{
    bls::{SecretKey, SignatureBytes},
    signing::commit_boost::{Chain, ProxyKey, delegation_signing_root},
};

/// A validator's word for a proxy.
pub(crate) fn vouch(chain: &Chain, validator: &SecretKey, proxy: &ProxyKey) -> SignatureBytes {
    let delegator = validator.public_key().to_bytes();
    validator
        .sign(delegation_signing_root(chain, &delegator, proxy))
        .to_bytes()
}
