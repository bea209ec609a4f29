//! The state trie: Ethereum's hexary Merkle-Patricia tries of accounts and of storage, kept warm in memory.
//!
//! The trie is a cache and nothing more. The flat tables of the [`store`](crate::store) are the record; the trie is
//! computed from them at start ([`StateTrie::build`]) and follows each block's [`StateDiff`](crate::StateDiff), so no
//! damage to it can outlive the process. It answers one question quickly: what is the state root now?
//!
//! - `arena`: slots for nodes, addressed by 31-bit numbers, that never move in memory
//! - `node`: leaf, branch, and what they hold
//! - `radix`: insert, update and delete on the compressed radix tree behind the Ethereum trie
//! - `append`: the fast way in for keys that come sorted
//! - `hash`: node encoding and the cached references between nodes (Yellow Paper, appendix D)
//! - `proof`: the nodes on the way to a key (`eth_getProof`, EIP-1186)
//! - `account`: what an account's leaf holds
//! - `shard`: a sixteenth of the state, the accounts with the same first nibble and their storage
//! - `state`: the sixteen shards as one state trie
//! - `source`: where a build reads its accounts and slots from

mod account;
mod append;
mod arena;
mod hash;
mod node;
mod proof;
mod radix;
mod shard;
mod source;
mod state;

pub use account::AccountLeaf;
pub use node::LeafValue;
pub use proof::{AccountProof, SlotProof};
pub use radix::Trie;
pub use source::{AccountRow, SlotRow, SortedLists, SortedState};
pub use state::StateTrie;
