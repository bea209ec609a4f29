//! A chain in memory, and a client for it.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex},
};

use alloy_primitives::{B256, Bytes};
use forebond_beacon::{
    containers::{BeaconState, KzgCommitment, SignedBeaconBlock},
    preset::Minimal,
};
use serde_json::Value;
use tokio::sync::broadcast;
use tree_hash::TreeHash as _;

use super::super::{BeaconApi, BeaconApiOptions, BeaconView, BlockRef, ChainEvent, HeadEvent};
use crate::consensus::{Consensus, tests::world::World};

struct Inner {
    world: World<Minimal>,
    blocks: HashMap<B256, Arc<SignedBeaconBlock<Minimal>>>,
    canonical: BTreeMap<u64, B256>,
    states: BTreeMap<u64, BeaconState<Minimal>>,
    blobs: HashMap<B256, Vec<Bytes>>,
    genesis_root: B256,
}

/// Sixteen validators on the minimal preset.
pub(super) struct Memory {
    inner: Mutex<Inner>,
    events: broadcast::Sender<ChainEvent>,
}

impl Memory {
    pub(super) fn new() -> Arc<Self> {
        let world = World::<Minimal>::new(16);
        let genesis = world.consensus.genesis_block(&world.state);
        let genesis_root = genesis.message.tree_hash_root();
        let inner = Inner {
            blocks: HashMap::from([(genesis_root, Arc::new(genesis))]),
            canonical: BTreeMap::from([(0, genesis_root)]),
            states: BTreeMap::from([(0, world.state.clone())]),
            blobs: HashMap::new(),
            genesis_root,
            world,
        };
        Arc::new(Self {
            inner: Mutex::new(inner),
            events: broadcast::channel(8).0,
        })
    }

    pub(super) fn propose(&self) -> B256 {
        self.propose_with_blobs(0)
    }

    pub(super) fn propose_with_blobs(&self, blobs: u8) -> B256 {
        let mut inner = self.inner.lock().unwrap();
        let previous_slot = inner.world.state.latest_block_header.slot;
        let block = inner.world.propose_with(|parts| {
            parts.commitments = (0..blobs).map(KzgCommitment::repeat_byte).collect();
        });
        let (root, slot) = (inner.world.head_root, block.message.slot);
        let state = inner.world.state.clone();
        let head = HeadEvent::new(
            &state,
            root,
            block.message.state_root,
            previous_slot,
            inner.genesis_root,
        );
        inner.blocks.insert(root, Arc::new(block));
        inner.canonical.insert(slot, root);
        inner.states.insert(slot, state);
        inner.blobs.insert(
            root,
            (0..blobs).map(|blob| vec![blob; 131_072].into()).collect(),
        );
        drop(inner);
        self.send(ChainEvent::Block {
            slot,
            block: root,
            execution_optimistic: false,
        });
        self.send(ChainEvent::Head(head));
        root
    }

    pub(super) fn miss(&self) {
        let mut inner = self.inner.lock().unwrap();
        inner.world.miss();
        let state = inner.world.state.clone();
        inner.states.insert(state.slot, state);
    }

    /// Goes back to the state of `slot`; blocks after it stay known but are not canonical any more.
    pub(super) fn rewind(&self, slot: u64) {
        let mut inner = self.inner.lock().unwrap();
        inner.canonical.split_off(&(slot + 1));
        inner.states.split_off(&(slot + 1));
        inner.world.state = inner.states[&slot].clone();
        inner.world.head_root = *inner.canonical.last_key_value().unwrap().1;
    }

    pub(super) fn send(&self, event: ChainEvent) {
        // Nobody listening is fine.
        let _ = self.events.send(event);
    }

    pub(super) fn hide_blobs(&self, root: B256) {
        self.inner.lock().unwrap().blobs.remove(&root);
    }

    pub(super) fn state(&self) -> BeaconState<Minimal> {
        self.inner.lock().unwrap().world.state.clone()
    }

    pub(super) fn root_at(&self, slot: u64) -> B256 {
        self.inner.lock().unwrap().canonical[&slot]
    }
}

impl BeaconView<Minimal> for Memory {
    fn consensus(&self) -> Consensus<Minimal> {
        self.inner.lock().unwrap().world.consensus.clone()
    }

    fn clock_slot(&self) -> u64 {
        self.inner.lock().unwrap().world.state.slot
    }

    fn head(&self) -> BlockRef {
        self.canonical_at_or_before(u64::MAX).unwrap()
    }

    fn canonical_at_or_before(&self, slot: u64) -> Option<BlockRef> {
        let inner = self.inner.lock().unwrap();
        let (slot, root) = inner.canonical.range(..=slot).next_back()?;
        Some(BlockRef {
            slot: *slot,
            root: *root,
        })
    }

    fn block(&self, root: B256) -> Option<Arc<SignedBeaconBlock<Minimal>>> {
        self.inner.lock().unwrap().blocks.get(&root).cloned()
    }

    fn state_at(&self, slot: u64) -> Option<BeaconState<Minimal>> {
        self.inner.lock().unwrap().states.get(&slot).cloned()
    }

    fn state_by_root(&self, state_root: B256) -> Option<BeaconState<Minimal>> {
        let inner = self.inner.lock().unwrap();
        inner
            .states
            .values()
            .find(|state| state.tree_hash_root() == state_root)
            .cloned()
    }

    fn blobs(&self, block_root: B256) -> Option<Vec<Bytes>> {
        self.inner.lock().unwrap().blobs.get(&block_root).cloned()
    }

    fn events(&self) -> broadcast::Receiver<ChainEvent> {
        self.events.subscribe()
    }
}

/// A served chain and its client.
pub(super) struct Served {
    pub(super) chain: Arc<Memory>,
    pub(super) api: BeaconApi,
    pub(super) http: reqwest::Client,
}

impl Served {
    pub(super) async fn new() -> Self {
        Self::with_options(BeaconApiOptions::default()).await
    }

    pub(super) async fn with_options(options: BeaconApiOptions) -> Self {
        let chain = Memory::new();
        let view: Arc<dyn BeaconView<Minimal>> = Arc::clone(&chain) as _;
        let api = BeaconApi::serve(view, options).await.unwrap();
        Self {
            chain,
            api,
            http: client(),
        }
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("{}/eth/{path}", self.api.url())
    }

    /// A JSON answer with status 200.
    pub(super) async fn get(&self, path: &str) -> Value {
        let response = self.http.get(self.url(path)).send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        response.json().await.unwrap()
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> Value {
        let response = self
            .http
            .post(self.url(path))
            .json(body)
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 200, "{path}");
        response.json().await.unwrap()
    }

    pub(super) async fn ssz(&self, path: &str) -> Vec<u8> {
        let request = self
            .http
            .get(self.url(path))
            .header("accept", "application/octet-stream");
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        assert_eq!(
            response.headers()["content-type"],
            "application/octet-stream"
        );
        response.bytes().await.unwrap().to_vec()
    }

    /// The message of a refusal, whose body must repeat the status.
    pub(super) async fn refused(&self, path: &str, status: u16) -> String {
        let response = self.http.get(self.url(path)).send().await.unwrap();
        refusal(response, status).await
    }
}

/// A client; the HTTP library wants to know who would do its TLS even where there is none.
pub(super) fn client() -> reqwest::Client {
    // A second installation changes nothing.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().build().unwrap()
}

pub(super) async fn refusal(response: reqwest::Response, status: u16) -> String {
    assert_eq!(response.status(), status);
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["code"], status);
    body["message"].as_str().unwrap().to_owned()
}
