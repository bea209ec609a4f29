//! Rollup blocks and the batches that carry them.

use alloy_consensus::Header;
use alloy_eips::{BlockId, eip4844::Blob};
use alloy_primitives::{B256, Bytes, U256, b256, keccak256};
use alloy_rpc_types_eth::TransactionReceipt;
use alloy_sol_types::{SolCall, SolStruct};
use alloy_trie::{HashBuilder, Nibbles, proof::ProofRetainer};
use eyre::{Result, ensure, eyre};
use forebond_contracts::{
    bindings::{Inbox, Lookahead},
    convert,
};
use forebond_l1::sender::{Outgoing, sidecar};
use forebond_protocol::blocks_tree;
use forebond_types::{Base, Batch, Domain};

use super::{Stage, bonds::Gateway, landing::in_next_slot};

/// Hash of the scenarios' rollup block 0.
pub const GENESIS_HASH: B256 =
    b256!("0x6765000000000000000000000000000000000000000000000000000000000001");
/// Enough for any posting; estimation does not know blobs everywhere.
const POSTING_GAS: u64 = 1_500_000;

/// The rollup as its gateways see it.
#[derive(Debug)]
pub struct Rollup {
    /// Hash of block 0.
    pub genesis: B256,
    /// Headers from block 1 on.
    pub headers: Vec<Header>,
    /// Batches from number 1 on.
    pub batches: Vec<Batch>,
}

impl Default for Rollup {
    fn default() -> Self {
        Self {
            genesis: GENESIS_HASH,
            headers: Vec::new(),
            batches: Vec::new(),
        }
    }
}

/// The first transaction of every block stands for the L1 attributes.
pub fn attributes(block_number: u64) -> Bytes {
    [&[0x7e][..], &block_number.to_be_bytes()].concat().into()
}

impl Rollup {
    /// Hash of a block.
    ///
    /// # Errors
    /// When it is not made yet.
    pub fn hash(&self, number: u64) -> Result<B256> {
        if number == 0 {
            return Ok(self.genesis);
        }
        Ok(self.header(number)?.hash_slow())
    }

    /// Header of a block.
    ///
    /// # Errors
    /// When it is not made yet.
    pub fn header(&self, number: u64) -> Result<&Header> {
        usize::try_from(number)
            .ok()
            .and_then(|number| self.headers.get(number.checked_sub(1)?))
            .ok_or_else(|| eyre!("block {number} is not made yet"))
    }

    /// Newest block.
    pub fn newest(&self) -> u64 {
        self.headers.len() as u64
    }

    /// Makes blocks up to `number`, each with its attributes alone.
    fn grow(&mut self, stage: &Stage, number: u64) -> Result<()> {
        while self.newest() < number {
            let next = self.newest() + 1;
            let (transactions_root, _) = transactions_trie(next, 0);
            self.headers.push(Header {
                parent_hash: self.hash(next - 1)?,
                number: next,
                timestamp: stage.constants.genesis_time_s + next,
                gas_limit: 30_000_000,
                base_fee_per_gas: Some(1),
                transactions_root,
                withdrawals_root: Some(B256::ZERO),
                blob_gas_used: Some(0),
                excess_blob_gas: Some(0),
                parent_beacon_block_root: Some(B256::ZERO),
                requests_hash: Some(B256::ZERO),
                ..Header::default()
            });
        }
        Ok(())
    }
}

/// Root of a block's transactions (its attributes alone) and the nodes on the way to `index`.
pub fn transactions_trie(block_number: u64, index: u64) -> (B256, Vec<Bytes>) {
    let key = |index: u64| Nibbles::unpack(alloy_rlp::encode(index));
    let mut builder =
        HashBuilder::default().with_proof_retainer(ProofRetainer::new(vec![key(index)]));
    builder.add_leaf(key(0), &attributes(block_number));
    let root = builder.root();
    let nodes = builder
        .take_proof_nodes()
        .into_nodes_sorted()
        .into_iter()
        .map(|(_, node)| node)
        .collect();
    (root, nodes)
}

/// Who owns the next slot, and which window it is.
///
/// # Errors
/// When the contract does not know.
pub async fn next_owner(stage: &Stage) -> Result<(u64, u32, u64)> {
    let slot = stage.world.status().await?.slot + 1;
    let call = Lookahead::ownerAtCall {
        rollup: stage.contract("Inbox")?,
        slot,
    };
    let owner = stage.read("Lookahead", &call).await?;
    Ok((slot, owner.gateway, owner.window))
}

/// Posts everything the window allows, in the next slot, as `gateway`. The receipt tells whether the Inbox took it.
///
/// # Errors
/// When the transaction does not land.
pub async fn post(
    stage: &mut Stage,
    rollup: &mut Rollup,
    gateway: &Gateway,
    slot: u64,
    window: u64,
) -> Result<(TransactionReceipt, Base, Batch)> {
    post_proving(stage, rollup, gateway, slot, window, Bytes::new()).await
}

/// As [`post`], with a proof of the slot's proposer; empty when its epoch is proven.
///
/// # Errors
/// When the transaction does not land.
pub async fn post_proving(
    stage: &mut Stage,
    rollup: &mut Rollup,
    gateway: &Gateway,
    slot: u64,
    window: u64,
    slot_proof: Bytes,
) -> Result<(TransactionReceipt, Base, Batch)> {
    let inbox = stage.contract("Inbox")?;
    let bounds = Inbox::blocksOfCall {
        firstSlot: window,
        lastSlot: window,
    };
    let last_block = stage.read("Inbox", &bounds).await?.lastBlock;
    let parent = rollup.batches.last().map_or(0, |batch| batch.lastBlock);
    ensure!(last_block > parent, "the window has no blocks");
    rollup.grow(stage, last_block)?;

    let base = Base {
        window,
        attempt: 0,
        parentBlock: parent,
        parentBlockHash: rollup.hash(parent)?,
        parentFrag: B256::ZERO,
        parentSeal: B256::ZERO,
    };
    let hashes = (parent + 1..=last_block)
        .map(|number| rollup.hash(number))
        .collect::<Result<Vec<_>>>()?;
    let tree = blocks_tree(parent + 1, &hashes).ok_or_else(|| eyre!("no blocks"))?;
    let head = stage.world.execution().head().await?;
    let origin = stage
        .world
        .execution()
        .block(BlockId::number(head.number.saturating_sub(2)))
        .await?
        .ok_or_else(|| eyre!("no origin"))?;
    let form = stage.world.sidecar_form();
    let content = tree.root();
    let proven =
        tokio::task::spawn_blocking(move || sidecar(vec![blob_of(content)], form)).await??;
    let batch = Batch {
        base: base.eip712_hash_struct(),
        window,
        parentBatch: rollup
            .batches
            .last()
            .map_or(B256::ZERO, SolStruct::eip712_hash_struct),
        firstBlock: parent + 1,
        lastBlock: last_block,
        parentBlockHash: base.parentBlockHash,
        lastBlockHash: rollup.hash(last_block)?,
        blocksRoot: tree.root(),
        lastFrag: B256::ZERO,
        lastOriginNumber: origin.number,
        lastOriginHash: origin.hash,
        blobHashes: proven.versioned_hashes().collect(),
    };
    let domain = Domain {
        l1_chain_id: stage.world.execution().chain_id().await?,
        inbox,
    };
    let (threshold, members) = gateway.set();
    let set = Inbox::CommitterSet { threshold, members };
    let nobody = Inbox::CommitterSet {
        threshold: 0,
        members: Vec::new(),
    };
    let call = Inbox::postBatchCall {
        posting: Inbox::Posting {
            batch: convert(&batch)?,
            set,
            base: convert(&base)?,
            baseSignature: signature(gateway, &domain, &base),
            permit: convert(&no_base())?,
            permitSet: nobody,
            permitSignature: Bytes::new(),
            slotProof: slot_proof,
        },
        gatewaySignature: signature(gateway, &domain, &batch),
        slot,
    };
    let outgoing = Outgoing {
        to: Some(inbox),
        value_wei: U256::ZERO,
        input: call.abi_encode().into(),
        gas_limit: Some(POSTING_GAS),
        sidecar: Some(proven),
    };
    let receipt = in_next_slot(stage, gateway.owner, outgoing).await?;
    if receipt.status() {
        rollup.batches.push(batch.clone());
        served(stage, &batch).await?;
    }
    Ok((receipt, base, batch))
}

/// A blob that differs with its content. A field element is below the group's order when its first byte is zero.
fn blob_of(content: B256) -> Blob {
    let mut blob = Blob::ZERO;
    blob[1..32].copy_from_slice(&content[1..]);
    blob
}

/// A message's signature under a domain.
pub fn signature<M: SolStruct>(gateway: &Gateway, domain: &Domain, message: &M) -> Bytes {
    let signature = gateway.committer.sign(domain.digest(message));
    signature.as_bytes().to_vec().into()
}

const fn no_base() -> Base {
    Base {
        window: 0,
        attempt: 0,
        parentBlock: 0,
        parentBlockHash: B256::ZERO,
        parentFrag: B256::ZERO,
        parentSeal: B256::ZERO,
    }
}

/// keccak256 of anything, as a stand-in hash.
pub fn hash_of(text: &str) -> B256 {
    keccak256(text)
}

/// Waits until a batch can't be disputed any more.
///
/// # Errors
/// When it is not confirmed then.
pub async fn until_confirmed(stage: &Stage, batch_id: u32) -> Result<()> {
    const CONFIRMED: u8 = 3;
    stage
        .world
        .advance(super::deployment::CLAIM_WINDOW_S + 1)
        .await?;
    let status = stage
        .read("Inbox", &Inbox::statusOfCall { batchId: batch_id })
        .await?;
    ensure!(
        status == CONFIRMED,
        "batch {batch_id} has the status {status}"
    );
    Ok(())
}

/// Whoever derives the rollup can get the batch's blobs, each what its hash says.
async fn served(stage: &Stage, batch: &Batch) -> Result<()> {
    let Ok(beacon) = stage.world.beacon() else {
        return Ok(());
    };
    let head = forebond_l1::beacon::BlockId::Head;
    let blobs = forebond_l1::blobs::fetch(beacon, head, &batch.blobHashes).await?;
    ensure!(
        blobs.len() == batch.blobHashes.len(),
        "{} blobs are served, the batch has {}",
        blobs.len(),
        batch.blobHashes.len()
    );
    Ok(())
}
