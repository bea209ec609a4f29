//! `beacon/blobs/{block_id}` (Fulu: sidecars are gone).

use alloy_primitives::B256;
use axum::{
    extract::{Path, RawQuery, State},
    http::{HeaderMap, StatusCode},
};
use ethereum_hashing::hash_fixed;
use forebond_beacon::{containers::KzgCommitment, preset::Preset};

use super::{
    ids,
    query::QueryPairs,
    reply::{Answer, ApiError, chain_data, ssz_bytes, wants_ssz},
    server::Api,
};

/// First byte of a versioned hash of a KZG commitment (EIP-4844).
const VERSIONED_HASH_VERSION_KZG: u8 = 1;

fn versioned_hash(commitment: &KzgCommitment) -> B256 {
    let mut hash = B256::from(hash_fixed(commitment.as_slice()));
    hash[0] = VERSIONED_HASH_VERSION_KZG;
    hash
}

/// The block's blobs in order, or those whose versioned hashes are named.
pub(super) async fn blobs<P: Preset>(
    State(api): State<Api<P>>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Answer {
    let query = QueryPairs::parse(query.as_deref())?;
    let wanted = query
        .all("versioned_hashes")
        .map(|text| {
            text.parse::<B256>().map_err(|_| {
                ApiError::bad_request(format!("versioned hash {text:?}: expected 32 bytes as hex"))
            })
        })
        .collect::<Result<Vec<_>, _>>()?;
    let found = ids::block(api.view.as_ref(), &id)?;
    let commitments = &found.block.message.body.blob_kzg_commitments;
    let blobs = if commitments.is_empty() {
        Vec::new()
    } else {
        api.view.blobs(found.at.root).ok_or_else(|| {
            ApiError::not_found(format!(
                "the blobs of block {} are not available",
                found.at.root
            ))
        })?
    };
    let chosen: Vec<_> = commitments
        .iter()
        .zip(blobs)
        .filter(|(commitment, _)| wanted.is_empty() || wanted.contains(&versioned_hash(commitment)))
        .map(|(_, blob)| blob)
        .collect();
    if wants_ssz(&headers) {
        // A list of fixed-size items: their bytes one after the other.
        return Ok(ssz_bytes(chosen.concat()));
    }
    chain_data(found.finalized, chosen)
}

/// Gone since Fulu; clients must ask for blobs.
pub(super) async fn blob_sidecars() -> ApiError {
    ApiError::new(
        StatusCode::GONE,
        "blob sidecars do not exist since Fulu; use /eth/v1/beacon/blobs/{block_id}".to_owned(),
    )
}
