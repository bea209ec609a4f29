//! Faults, from messages to money.

use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_sol_types::{SolStruct, SolValue};
use eyre::{Result, ensure, eyre};
use forebond_contracts::{
    bindings::{IEvidenceShapes as shapes, Slasher},
    convert,
};
use forebond_protocol::{PromisesTree, blocks_tree};
use forebond_types::{
    Base, Batch, BlockEnv, Domain, Frag, Grade, Leaf, OBJECT_VERSION, Preconfirmation,
};

use super::{
    Stage,
    accounts::Role,
    bonds::{Gateway, reserve_of},
    posting::{Rollup, hash_of, signature, transactions_trie},
};

/// A slash keeps gas in hand for suspending the gateway, so that nobody can starve that call.
const SLASH_GAS: u64 = 1_500_000;
/// Index of `FaultKind.Fork`.
const FORK: u8 = 3;

pub(super) async fn domain(stage: &Stage) -> Result<Domain> {
    Ok(Domain {
        l1_chain_id: stage.world.execution().chain_id().await?,
        inbox: stage.contract("Inbox")?,
    })
}

pub(super) fn accusation(
    stage: &Stage,
    gateway: &Gateway,
    base: &Base,
) -> Result<shapes::Accusation> {
    let (threshold, members) = gateway.set();
    Ok(shapes::Accusation {
        rollup: stage.contract("Inbox")?,
        gateway: gateway.id,
        set: shapes::CommitterSet { threshold, members },
        base: convert(base)?,
    })
}

/// A frag of the base with nothing remarkable in it.
pub(super) fn frag(base: &Base, block_number: u64, env: &BlockEnv, promises_root: B256) -> Frag {
    let base = base.eip712_hash_struct();
    Frag {
        base,
        blockNumber: block_number,
        sequence: 0,
        previousFrag: base,
        timestamp: 0,
        l1OriginNumber: 1,
        l1OriginHash: hash_of("origin"),
        issuedAtMs: 1,
        firstTransaction: 0,
        transactionCount: 2,
        promisesRoot: promises_root,
        gasUsed: 42_000,
        windowCoverage: 0,
        orderingRule: 0,
        blockEnv: env.eip712_hash_struct(),
    }
}

pub(super) fn env() -> BlockEnv {
    BlockEnv {
        coinbase: Address::ZERO,
        gasLimit: 30_000_000,
        baseFee: 1,
        prevRandao: B256::ZERO,
        parentBeaconRoot: B256::ZERO,
        extraDataHash: keccak256([]),
    }
}

/// Commits to evidence, waits a block, and brings it to the judge. Returns the fault's id.
///
/// # Errors
/// When judge or slasher refuse.
pub async fn slash(stage: &mut Stage, judge: &str, evidence: Vec<u8>) -> Result<B256> {
    let watcher = Role::Watcher.address()?;
    let judge_address = stage.contract(judge)?;
    let commitment = keccak256((judge_address, keccak256(&evidence), watcher).abi_encode_params());
    let evidence = Bytes::from(evidence);
    let call = Slasher::slashCall {
        judge: judge_address,
        evidence: evidence.clone(),
        watcher,
    };
    stage
        .refused(Role::Watcher, "Slasher", &call, "NotCommitted")
        .await?;
    let commit = Slasher::commitCall { commitment };
    stage
        .send(Role::Watcher, "Slasher", &commit, U256::ZERO)
        .await?;
    stage.world.advance(1).await?;
    let id = stage.read("Slasher", &call).await?;
    let receipt = stage
        .send_with_gas(Role::Watcher, "Slasher", &call, U256::ZERO, Some(SLASH_GAS))
        .await?;
    eprintln!("{judge}: slashed for {} gas", receipt.gas_used);
    stage
        .refused(Role::Watcher, "Slasher", &call, "NotCommitted")
        .await?;
    Ok(id)
}

/// The base under which [`fork_is_slashed`] forks.
pub fn forked_base(window: u64) -> Base {
    Base {
        window,
        attempt: 0,
        parentBlock: 7,
        parentBlockHash: hash_of("block 7"),
        parentFrag: B256::ZERO,
        parentSeal: B256::ZERO,
    }
}

/// A gateway signs two frags for one position, and loses what its reserve holds.
///
/// # Errors
/// When it does not.
pub async fn fork_is_slashed(stage: &mut Stage, gateway: &Gateway, window: u64) -> Result<()> {
    let base = forked_base(window);
    let domain = domain(stage).await?;
    let first = frag(&base, 8, &env(), hash_of("one truth"));
    let second = frag(&base, 8, &env(), hash_of("another truth"));
    ensure!(
        first.eip712_hash_struct() != second.eip712_hash_struct(),
        "the frags are equal"
    );
    let signed = |frag: &Frag| shapes::SignedMessage {
        kind: 1,
        message: frag.abi_encode().into(),
        signature: signature(gateway, &domain, frag),
    };
    let evidence = shapes::ForkEvidence {
        accused: accusation(stage, gateway, &base)?,
        first: signed(&first),
        second: signed(&second),
    };
    let before = reserve_of(stage, gateway.id).await?;
    ensure!(before > U256::ZERO, "nothing to slash");
    // The same frag twice is no fork.
    let honest = shapes::ForkEvidence {
        accused: accusation(stage, gateway, &base)?,
        first: signed(&first),
        second: signed(&first),
    };
    let refused = slash(stage, "ForkJudge", honest.abi_encode()).await;
    ensure!(refused.is_err(), "an honest gateway was slashed");
    slash(stage, "ForkJudge", evidence.abi_encode()).await?;
    ensure!(
        reserve_of(stage, gateway.id).await? == U256::ZERO,
        "1000 ETH are more than the reserve: all of it is taken"
    );
    let verdict = Slasher::hasVerdictCall {
        gateway: gateway.id,
        rollup: stage.contract("Inbox")?,
        base: base.eip712_hash_struct(),
        kind: FORK,
    };
    ensure!(
        stage.read("Slasher", &verdict).await?,
        "no verdict is recorded"
    );
    Ok(())
}

/// A promise in a user's hands that a Confirmed batch of somebody else does not keep, and what convicts the gateway of it.
pub struct BrokenPromise {
    /// What the user holds. Transaction, receipt and writes are not asked for by anybody, and empty.
    pub object: Preconfirmation,
    /// Who is paid.
    pub user: Address,
    /// What it is owed, wei.
    pub coverage_wei: u128,
    /// Struct hash of the base.
    pub base: B256,
    /// What the unkept judge reads.
    pub evidence: Vec<u8>,
}

/// Under `base`, the gateway promised `user` a transaction in the first block of `confirmed`, which somebody else then posted without
/// it. `excuse` moves the liability (R5), or is empty.
///
/// # Errors
/// When the block has no such content.
pub async fn broken_promise(
    stage: &Stage,
    rollup: &Rollup,
    (gateway, base): (&Gateway, &Base),
    (batch_id, confirmed): (u32, &Batch),
    user: Address,
    excuse: Bytes,
) -> Result<BrokenPromise> {
    let number = confirmed.firstBlock;
    let coverage_wei = super::deployment::ETHER / 2;
    let leaf = |index: u64, sender: Address, coverage: u128| Leaf {
        index,
        tx_hash: hash_of(&format!("transaction {index}")),
        sender,
        receipt_hash: hash_of("receipt"),
        writes_hash: hash_of("writes"),
        coverage,
    };
    let (first, promised) = (leaf(0, Address::ZERO, 0), leaf(1, user, coverage_wei));
    let tree =
        PromisesTree::new(vec![first.hash(), promised.hash()]).ok_or_else(|| eyre!("no leaves"))?;
    let branch = tree.branch(1).unwrap_or_default();
    let mut frag = frag(base, number, &env(), tree.root());
    frag.windowCoverage = coverage_wei;
    let domain = domain(stage).await?;
    let object = Preconfirmation {
        version: OBJECT_VERSION,
        domain,
        base: base.into(),
        base_signature: gateway.committer.sign(domain.digest(base)),
        grade: Grade::Open,
        parent_seal: None,
        frag: (&frag).into(),
        frag_signature: gateway.committer.sign(domain.digest(&frag)),
        block_env: (&env()).into(),
        leaf: (&promised).into(),
        branch: branch.clone(),
        transaction: Bytes::new(),
        receipt: Bytes::new(),
        writes: Bytes::new(),
    };

    let hashes = (confirmed.firstBlock..=confirmed.lastBlock)
        .map(|number| rollup.hash(number))
        .collect::<Result<Vec<_>>>()?;
    let blocks = blocks_tree(confirmed.firstBlock, &hashes).ok_or_else(|| eyre!("no blocks"))?;
    let (_, nodes) = transactions_trie(number, 1);
    let evidence = shapes::UnkeptEvidence {
        accused: accusation(stage, gateway, base)?,
        promised: shapes::Promise {
            frag: convert(&frag)?,
            signature: signature(gateway, &domain, &frag),
            env: convert(&env())?,
            leaf: shapes::Leaf {
                index: U256::from(1),
                txHash: promised.tx_hash,
                sender: user,
                receiptHash: promised.receipt_hash,
                writesHash: promised.writes_hash,
                coverage: coverage_wei,
            },
            branch,
        },
        batchId: batch_id,
        confirmed: convert(confirmed)?,
        content: shapes::BlockContent {
            branch: blocks.branch(0).unwrap_or_default(),
            header: alloy_rlp::encode(rollup.header(number)?).into(),
            difference: 1,
            trieProof: nodes,
        },
        excuse,
    };
    Ok(BrokenPromise {
        object,
        user,
        coverage_wei,
        base: base.eip712_hash_struct(),
        evidence: evidence.abi_encode(),
    })
}

/// The base under which the gateway of `window` builds on the block before `confirmed`.
///
/// # Errors
/// When that block is not known.
pub fn base_before(rollup: &Rollup, window: u64, confirmed: &Batch) -> Result<Base> {
    let parent = confirmed.firstBlock - 1;
    Ok(Base {
        window,
        attempt: 0,
        parentBlock: parent,
        parentBlockHash: rollup.hash(parent)?,
        parentFrag: B256::ZERO,
        parentSeal: B256::ZERO,
    })
}

/// The gateway of `window` promised a transaction in a block that somebody else then posted without it. The user is paid.
///
/// # Errors
/// When the user is not paid.
pub async fn unkept_promise_is_paid(
    stage: &mut Stage,
    rollup: &Rollup,
    gateway: &Gateway,
    window: u64,
    batch_id: u32,
    confirmed: &Batch,
) -> Result<()> {
    let base = base_before(rollup, window, confirmed)?;
    let user = Address::repeat_byte(0xaa);
    let broken = broken_promise(
        stage,
        rollup,
        (gateway, &base),
        (batch_id, confirmed),
        user,
        Bytes::new(),
    )
    .await?;
    let fault = slash(stage, "UnkeptJudge", broken.evidence).await?;

    // Claims are collected first; then anybody closes the case and anybody hands the user its money.
    let rollup_address = stage.contract("Inbox")?;
    let claim = Slasher::claimCall { faultId: fault };
    close_case(stage, gateway.id, rollup_address, broken.base).await?;
    stage
        .send(Role::Watcher, "Slasher", &claim, U256::ZERO)
        .await?;
    let paid = stage.world.execution().balance(user).await?;
    ensure!(
        paid == U256::from(broken.coverage_wei),
        "the user is owed {} wei and got {paid}",
        broken.coverage_wei
    );
    stage
        .refused(Role::Watcher, "Slasher", &claim, "NothingToClaim")
        .await
}

/// Closes a case as early as possible, and not earlier.
///
/// # Errors
/// When it closes while claims are collected, or not after that.
pub async fn close_case(
    stage: &mut Stage,
    gateway: u32,
    rollup: Address,
    base: B256,
) -> Result<()> {
    let case = Slasher::caseOfCall {
        gateway,
        rollup,
        base,
    };
    let close = Slasher::closeCall {
        gateway,
        rollup,
        base,
    };
    stage
        .refused(Role::Watcher, "Slasher", &close, "CaseStillOpen")
        .await?;
    let closes_at = stage.read("Slasher", &case).await?.closesAt;
    let slots = closes_at.saturating_sub(stage.now_s().await?) / stage.constants.seconds_per_slot;
    stage.world.advance(slots + 1).await?;
    stage
        .send(Role::Watcher, "Slasher", &close, U256::ZERO)
        .await?;
    Ok(())
}
