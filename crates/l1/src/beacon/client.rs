use std::{fmt, sync::Arc, time::Duration};

use alloy_primitives::{B256, Bytes, FixedBytes};

use super::types::{
    Blobs, BlockCommitments, Data, Genesis, Header, HeaderJson, NodeStatus, ProposerDuties, Spec,
    ValidatorInfo, ValidatorJson, quoted,
};
use crate::{
    L1Error, RetryPolicy,
    http::{self, Fetch},
};

/// Bounds of answers. A mainnet state is some 250 MB; everything else is far smaller.
const SMALL_BYTES: usize = 4 << 20;
const VALIDATORS_BYTES: usize = 64 << 20;
const STATE_BYTES: usize = 512 << 20;
const BLOCK_BYTES: usize = 64 << 20;
/// Most ids in one query of validators (the API's limit for GET).
const VALIDATORS_PER_REQUEST: usize = 64;
/// A blob in hex, with room for its JSON.
const BLOBS_BYTES: usize = 64 * (2 * 131_072 + 1_024);

/// How a beacon node is reached.
#[derive(Clone, Debug)]
pub struct BeaconConfig {
    /// Such as `http://127.0.0.1:5052`.
    pub endpoint: String,
    /// Deadline of one request, milliseconds.
    pub deadline_ms: u64,
    /// Deadline of a state download, milliseconds.
    pub state_deadline_ms: u64,
    /// Repetitions.
    pub retry: RetryPolicy,
    /// Slots a node may be behind before its answers are refused.
    pub most_slots_behind: u64,
}

impl BeaconConfig {
    /// Defaults for a node nearby.
    pub fn new(endpoint: impl Into<String>) -> Self {
        Self {
            endpoint: endpoint.into(),
            deadline_ms: 5_000,
            state_deadline_ms: 120_000,
            retry: RetryPolicy::default(),
            most_slots_behind: 2,
        }
    }
}

/// Which block or state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockId {
    /// The node's head.
    Head,
    /// The newest finalized one.
    Finalized,
    /// The genesis one.
    Genesis,
    /// By slot.
    Slot(u64),
    /// By block root (or state root, where a state is asked for).
    Root(B256),
}

impl fmt::Display for BlockId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Head => f.write_str("head"),
            Self::Finalized => f.write_str("finalized"),
            Self::Genesis => f.write_str("genesis"),
            Self::Slot(slot) => write!(f, "{slot}"),
            Self::Root(root) => write!(f, "{root}"),
        }
    }
}

/// A client of one beacon node. Cheap to clone.
#[derive(Clone, Debug)]
pub struct BeaconClient {
    fetch: Fetch,
    state_fetch: Fetch,
    retry: RetryPolicy,
    most_slots_behind: u64,
}

impl BeaconClient {
    /// Checks the address; sends nothing yet.
    ///
    /// # Errors
    /// [`L1Error::Endpoint`].
    pub fn new(config: &BeaconConfig) -> Result<Self, L1Error> {
        let base = Arc::new(http::base_of_routes(http::endpoint(&config.endpoint)?));
        let fetch = |ms: u64| -> Result<Fetch, L1Error> {
            let deadline = Duration::from_millis(ms);
            Ok(Fetch {
                client: http::client(deadline)?,
                base: Arc::clone(&base),
                deadline,
            })
        };
        Ok(Self {
            fetch: fetch(config.deadline_ms)?,
            state_fetch: fetch(config.state_deadline_ms)?,
            retry: config.retry,
            most_slots_behind: config.most_slots_behind,
        })
    }

    pub(crate) const fn fetch(&self) -> &Fetch {
        &self.fetch
    }

    async fn data<T: serde::de::DeserializeOwned>(
        &self,
        what: &str,
        path: &str,
        limit_bytes: usize,
    ) -> Result<T, L1Error> {
        self.retry
            .run(|| async {
                let Data { data } = self.fetch.json(what, path, limit_bytes).await?;
                Ok(data)
            })
            .await
    }

    /// When the chain began, and its fork version.
    ///
    /// # Errors
    /// As any request.
    pub async fn genesis(&self) -> Result<Genesis, L1Error> {
        self.data("genesis", "/eth/v1/beacon/genesis", SMALL_BYTES)
            .await
    }

    /// The chain's constants.
    ///
    /// # Errors
    /// As any request; [`L1Error::Answer`] also for a slot time or epoch length of zero.
    pub async fn spec(&self) -> Result<Spec, L1Error> {
        let spec: Spec = self
            .data("config/spec", "/eth/v1/config/spec", SMALL_BYTES)
            .await?;
        if spec.seconds_per_slot == 0 || spec.slots_per_epoch == 0 {
            return Err(L1Error::answer(
                "config/spec",
                "a slot time and an epoch length above zero",
                &format!("{spec:?}"),
            ));
        }
        Ok(spec)
    }

    /// What the node says of itself.
    ///
    /// # Errors
    /// As any request.
    pub async fn status(&self) -> Result<NodeStatus, L1Error> {
        self.data("node/syncing", "/eth/v1/node/syncing", SMALL_BYTES)
            .await
    }

    /// As [`Self::status`], refused unless the node is in step, by its own word and by its head: `clock_slot` is the slot that the
    /// caller's own clock shows. A node that claims to be synced with an old head is not believed.
    ///
    /// # Errors
    /// [`L1Error::NotSynced`], or as any request.
    pub async fn require_synced(&self, clock_slot: u64) -> Result<NodeStatus, L1Error> {
        let status = self.status().await?;
        let behind = clock_slot.saturating_sub(status.head_slot);
        let reason = if status.is_syncing {
            Some(format!(
                "it is syncing, {} slots behind",
                status.sync_distance
            ))
        } else if status.el_offline {
            Some("its execution client is offline".to_owned())
        } else if status.is_optimistic {
            Some("its execution client has not verified the head".to_owned())
        } else if behind > self.most_slots_behind {
            Some(format!(
                "it claims to be synced, but its head is slot {} and the clock shows slot {clock_slot}",
                status.head_slot
            ))
        } else {
            None
        };
        match reason {
            None => Ok(status),
            Some(reason) => Err(L1Error::NotSynced {
                what: "node/syncing".to_owned(),
                reason,
            }),
        }
    }

    /// A block's header.
    ///
    /// # Errors
    /// [`L1Error::Status`] 404 when the slot is empty or the root unknown; as any request.
    pub async fn header(&self, block: BlockId) -> Result<Header, L1Error> {
        let what = format!("headers/{block}");
        let json: HeaderJson = self
            .data(
                &what,
                &format!("/eth/v1/beacon/headers/{block}"),
                SMALL_BYTES,
            )
            .await?;
        Ok(json.into())
    }

    /// The header of the block in `slot`, or `None` when the slot is empty.
    ///
    /// # Errors
    /// As any request; [`L1Error::Answer`] when the node answers with another slot's header.
    pub async fn header_at_slot(&self, slot: u64) -> Result<Option<Header>, L1Error> {
        match self.header(BlockId::Slot(slot)).await {
            Ok(header) if header.slot == slot => Ok(Some(header)),
            Ok(header) => Err(L1Error::answer(
                &format!("headers/{slot}"),
                format!("the header of slot {slot}"),
                &format!("the header of slot {}", header.slot),
            )),
            Err(L1Error::Status { status: 404, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Proposers of an epoch: the v2 route, or v1 where the node does not have it. `dependent_root` is what v2 means by it:
    /// the last block before epoch - 1 begins, which v1 nodes do not tell and which is then looked up.
    ///
    /// # Errors
    /// As any request; [`L1Error::NotSynced`] when the node is optimistic; [`L1Error::Answer`] unless there is exactly one
    /// proposer for each slot of the epoch.
    pub async fn proposer_duties(
        &self,
        epoch: u64,
        spec: &Spec,
    ) -> Result<ProposerDuties, L1Error> {
        let what = format!("duties/proposer/{epoch}");
        let v2 = format!("/eth/v2/validator/duties/proposer/{epoch}");
        let v1 = format!("/eth/v1/validator/duties/proposer/{epoch}");
        let ask = |path: String| {
            let what = what.clone();
            async move {
                self.retry
                    .run(|| self.fetch.json::<ProposerDuties>(&what, &path, SMALL_BYTES))
                    .await
            }
        };
        let duties = match ask(v2).await {
            Err(L1Error::Status {
                status: 404 | 405 | 501,
                ..
            }) => {
                let mut duties = ask(v1).await?;
                duties.dependent_root = self.proposers_depend_on(epoch, spec).await?;
                duties
            }
            other => other?,
        };
        check_duties(&what, &duties, epoch, spec)?;
        Ok(duties)
    }

    /// Root of the last block before epoch - 1: what the proposers of `epoch` follow from since Fulu. The genesis block for the
    /// first two epochs.
    async fn proposers_depend_on(&self, epoch: u64, spec: &Spec) -> Result<B256, L1Error> {
        let start = epoch.saturating_sub(1).saturating_mul(spec.slots_per_epoch);
        let Some(mut slot) = start.checked_sub(1) else {
            return Ok(self.header(BlockId::Genesis).await?.root);
        };
        // Empty slots: the newest block at or before. Two epochs without a block mean the chain stands still.
        for _ in 0..spec.slots_per_epoch.saturating_mul(2) {
            if let Some(header) = self.header_at_slot(slot).await? {
                return Ok(header.root);
            }
            match slot.checked_sub(1) {
                Some(before) => slot = before,
                None => break,
            }
        }
        Err(L1Error::NotSynced {
            what: format!("duties/proposer/{epoch}"),
            reason: format!("there is no block in the two epochs before slot {start}"),
        })
    }

    /// `proposer_lookahead` of a state (Fulu): indices from the first slot of the state's epoch on, for two epochs.
    ///
    /// # Errors
    /// As any request; [`L1Error::Answer`] unless there are two epochs of them.
    pub async fn proposer_lookahead(
        &self,
        state: BlockId,
        spec: &Spec,
    ) -> Result<Vec<u64>, L1Error> {
        #[derive(serde::Deserialize)]
        struct Index(#[serde(deserialize_with = "quoted")] u64);
        let what = format!("states/{state}/proposer_lookahead");
        let indices: Vec<Index> = self
            .data(
                &what,
                &format!("/eth/v1/beacon/states/{state}/proposer_lookahead"),
                SMALL_BYTES,
            )
            .await?;
        let expected = spec.slots_per_epoch.saturating_mul(2);
        if u64::try_from(indices.len()) != Ok(expected) {
            return Err(L1Error::answer(
                &what,
                format!("{expected} validator indices"),
                &format!("{} of them", indices.len()),
            ));
        }
        Ok(indices.into_iter().map(|Index(index)| index).collect())
    }

    /// Validators by index. Unknown ones are absent from the answer.
    ///
    /// # Errors
    /// As any request.
    pub async fn validators(
        &self,
        state: BlockId,
        indices: &[u64],
    ) -> Result<Vec<ValidatorInfo>, L1Error> {
        let ids: Vec<_> = indices.iter().map(u64::to_string).collect();
        self.validators_named(state, &ids).await
    }

    /// Validators by their keys. Unknown ones are absent from the answer.
    ///
    /// # Errors
    /// As any request.
    pub async fn validators_of_keys(
        &self,
        state: BlockId,
        keys: &[FixedBytes<48>],
    ) -> Result<Vec<ValidatorInfo>, L1Error> {
        let ids: Vec<_> = keys.iter().map(ToString::to_string).collect();
        self.validators_named(state, &ids).await
    }

    async fn validators_named(
        &self,
        state: BlockId,
        ids: &[String],
    ) -> Result<Vec<ValidatorInfo>, L1Error> {
        let mut all = Vec::with_capacity(ids.len());
        for ids in ids.chunks(VALIDATORS_PER_REQUEST) {
            let json: Vec<ValidatorJson> = self
                .data(
                    &format!("states/{state}/validators"),
                    &format!(
                        "/eth/v1/beacon/states/{state}/validators?id={}",
                        ids.join(",")
                    ),
                    VALIDATORS_BYTES,
                )
                .await?;
            all.extend(json.into_iter().map(ValidatorInfo::from));
        }
        Ok(all)
    }

    /// A whole state as SSZ, for proofs. Hundreds of megabytes on mainnet: for proof jobs, once an epoch.
    ///
    /// # Errors
    /// As any request; 404 also where the node has switched the route off.
    pub async fn state_ssz(&self, state: BlockId) -> Result<bytes::Bytes, L1Error> {
        self.retry
            .run(|| {
                self.state_fetch_bytes(
                    format!("debug/states/{state}"),
                    format!("/eth/v2/debug/beacon/states/{state}"),
                )
            })
            .await
    }

    async fn state_fetch_bytes(&self, what: String, path: String) -> Result<bytes::Bytes, L1Error> {
        self.state_fetch
            .bytes(&what, &path, "application/octet-stream", STATE_BYTES)
            .await
    }

    /// The blobs of a block, whole. Check them against their hashes: [`crate::blobs`].
    ///
    /// # Errors
    /// As any request; 404 when the node does not keep them (any more).
    pub async fn blobs(&self, block: BlockId, hashes: &[B256]) -> Result<Vec<Bytes>, L1Error> {
        let query = if hashes.is_empty() {
            String::new()
        } else {
            let list: Vec<_> = hashes.iter().map(B256::to_string).collect();
            format!("?versioned_hashes={}", list.join(","))
        };
        let blobs: Blobs = self
            .data(
                &format!("blobs/{block}"),
                &format!("/eth/v1/beacon/blobs/{block}{query}"),
                BLOBS_BYTES,
            )
            .await?;
        Ok(blobs)
    }

    /// The KZG commitments of a block's blobs, in the block's order. They say nothing until compared with versioned hashes.
    ///
    /// # Errors
    /// As any request.
    pub async fn blob_commitments(&self, block: BlockId) -> Result<Vec<FixedBytes<48>>, L1Error> {
        let found: BlockCommitments = self
            .data(
                &format!("blocks/{block}"),
                &format!("/eth/v2/beacon/blocks/{block}"),
                BLOCK_BYTES,
            )
            .await?;
        Ok(found.message.body.blob_kzg_commitments)
    }
}

/// Exactly one proposer for every slot of the epoch, in order, from a node that has verified its head.
fn check_duties(
    what: &str,
    duties: &ProposerDuties,
    epoch: u64,
    spec: &Spec,
) -> Result<(), L1Error> {
    if duties.execution_optimistic {
        return Err(L1Error::NotSynced {
            what: what.to_owned(),
            reason: "its execution client has not verified the head".to_owned(),
        });
    }
    let first = epoch.saturating_mul(spec.slots_per_epoch);
    let expected = first..first.saturating_add(spec.slots_per_epoch);
    if duties
        .data
        .iter()
        .map(|duty| duty.slot)
        .eq(expected.clone())
    {
        return Ok(());
    }
    let got: Vec<_> = duties.data.iter().map(|duty| duty.slot).collect();
    Err(L1Error::answer(
        what,
        format!(
            "one proposer for each slot from {} to {}",
            expected.start,
            expected.end.saturating_sub(1)
        ),
        &format!("slots {got:?}"),
    ))
}
