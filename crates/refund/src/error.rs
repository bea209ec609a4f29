use alloy_primitives::{Address, B256};
use forebond_evidence::PromiseError;
use forebond_l1::{L1Error, sender::SendError};
use forebond_types::SignatureError;

/// Why it cannot be said where a refund stands, or why it is not paid.
#[derive(Debug, thiserror::Error)]
pub enum RefundError {
    /// A promise on another rollup, or on another L1.
    #[error(
        "the promise is for the Inbox {got} on L1 chain {got_chain}, the rollup file for {expected} on chain {expected_chain}; give the file of the rollup that promised"
    )]
    OtherRollup {
        /// Inbox of the rollup file.
        expected: Address,
        /// Its L1.
        expected_chain: u64,
        /// Inbox of the object.
        got: Address,
        /// Its L1.
        got_chain: u64,
    },
    /// The object contradicts itself.
    #[error("not a promise that a judge would hear: {0}")]
    Object(#[from] PromiseError),
    /// The base in the object is not the one the frag was signed under.
    #[error("the frag was signed under the base {expected}, the object brings {got}")]
    OtherBase {
        /// In the frag.
        expected: B256,
        /// Of the object's base.
        got: B256,
    },
    /// The frag's signature is none.
    #[error("the frag's signature: {0}")]
    Signature(#[from] SignatureError),
    /// Signed by somebody who is no gateway.
    #[error(
        "the frag is signed by {signer}, which is no gateway's key in the registry {registry}: nobody's bond stands behind it"
    )]
    NoGateway {
        /// Who signed.
        signer: Address,
        /// Where gateways are registered.
        registry: Address,
    },
    /// The rollup file does not say where the Slasher is.
    #[error("the rollup file names no slasher in its contracts; add \"slasher\"")]
    NoSlasher,
    /// L1 is another chain.
    #[error("--l1-rpc is chain {got}, the rollup settles on chain {expected}")]
    OtherChain {
        /// In the rollup file.
        expected: u64,
        /// As L1 says.
        got: u64,
    },
    /// The case that pays cannot be named: its records were not found.
    #[error(
        "the fault {fault_id} is recorded in a case that none of the Slasher's records since L1 block {from_block} names; use an L1 endpoint that keeps old logs"
    )]
    CaseNotFound {
        /// The fault.
        fault_id: B256,
        /// Where the search began.
        from_block: u64,
    },
    /// A contract's answer is none.
    #[error("{what}: expected an answer of the contract's ABI, got {got}")]
    Answer {
        /// Which call.
        what: &'static str,
        /// What is wrong.
        got: String,
    },
    /// A contract refuses.
    #[error("{what}: {reason}")]
    Refused {
        /// Which call.
        what: &'static str,
        /// In words.
        reason: String,
    },
    /// There is nothing that could be sent.
    #[error("nothing can be claimed now: {standing}")]
    NotDue {
        /// Where it stands.
        standing: String,
    },
    /// The account that pays has something else under way.
    #[error(
        "{account} has {count} transactions that are in no block yet, and the claim would replace the first of them; wait until they are, cancel them in your wallet, or pay from another account: the money goes to the promise's sender all the same"
    )]
    Waiting {
        /// The account.
        account: Address,
        /// How many.
        count: u64,
    },
    /// Whether it has is not known.
    #[error(
        "the node does not tell whether transactions of {account} wait (eth_getTransactionCount, pending): {reason}; use another L1 endpoint"
    )]
    PoolUnknown {
        /// The account.
        account: Address,
        /// The node's words.
        reason: String,
    },
    /// The claim was in a block and failed there.
    #[error(
        "the claim {hash} failed in its block; look again: somebody else may have paid the user"
    )]
    Failed {
        /// The transaction.
        hash: B256,
    },
    /// L1 does not answer.
    #[error(transparent)]
    L1(#[from] L1Error),
    /// The claim does not land.
    #[error("the claim was not taken: {0}")]
    Send(#[from] SendError),
    /// A node or watcher refuses or does not answer.
    #[error("{url}: {method}: {reason}")]
    Counterpart {
        /// Whom.
        url: String,
        /// What was asked.
        method: &'static str,
        /// What it says.
        reason: String,
    },
}
