use std::{collections::BTreeMap, time::Duration};

use serde::Serialize;

use crate::rpc::{BlockHead, Rpc};

/// A node that stands still must not keep the others waiting.
const DEADLINE: Duration = Duration::from_millis(700);

/// How far one node is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Heads {
    /// Newest sealed block, derived or not.
    #[serde(rename = "unsafe")]
    pub(crate) unsafe_head: u64,
    /// Newest block derived from L1.
    pub(crate) safe: u64,
    /// Newest block derived from final L1 blocks.
    pub(crate) finalized: u64,
    /// Hash of the safe block.
    pub(crate) safe_hash: String,
}

/// Heads of all nodes that answer, by name.
pub(crate) async fn heads(nodes: &[(String, Rpc)]) -> BTreeMap<String, Heads> {
    let mut asking = tokio::task::JoinSet::new();
    for (name, rpc) in nodes.iter().cloned() {
        asking.spawn(async move {
            let found = tokio::time::timeout(DEADLINE, of(&rpc)).await;
            (name, found.ok().flatten())
        });
    }
    let mut heads = BTreeMap::new();
    while let Some(asked) = asking.join_next().await {
        if let Ok((name, Some(found))) = asked {
            heads.insert(name, found);
        }
    }
    heads
}

async fn of(rpc: &Rpc) -> Option<Heads> {
    let number = |block: Option<BlockHead>| block.map_or(0, |block| block.number);
    let newest = rpc.block("latest").await.ok()?;
    // A node that has derived nothing yet may have no such block.
    let safe = rpc.block("safe").await.ok().flatten();
    let finalized = rpc.block("finalized").await.ok().flatten();
    Some(Heads {
        unsafe_head: number(newest),
        safe_hash: safe
            .as_ref()
            .map(|block| block.hash.clone())
            .unwrap_or_default(),
        safe: number(safe),
        finalized: number(finalized),
    })
}
