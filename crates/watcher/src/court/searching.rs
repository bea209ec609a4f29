use alloy_primitives::{Address, B256};
use alloy_rpc_types_eth::Log;
use forebond_l1::{L1Error, execution::ExecutionClient};

/// Requests one search may make.
const MOST_REQUESTS: u32 = 256;
/// Shortest range of blocks a search falls back to.
const SHORTEST_RANGE: u64 = 500;

/// What a search has brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Searched<T> {
    /// In order.
    pub(crate) found: Vec<T>,
    /// First block that was not searched.
    pub(crate) next: u64,
}

/// A range of blocks in the parts that a node serves.
#[derive(Clone, Copy, Debug)]
struct Parts {
    from: u64,
    last: u64,
    length: u64,
}

impl Parts {
    const fn of((from, last): (u64, u64)) -> Self {
        Self {
            from,
            last,
            length: last.saturating_sub(from).saturating_add(1),
        }
    }

    /// First and last block to ask for now; `None` when all is searched.
    fn part(&self) -> Option<(u64, u64)> {
        let to = self.from.saturating_add(self.length.saturating_sub(1));
        (self.from <= self.last).then(|| (self.from, to.min(self.last)))
    }

    /// The node served everything up to this block.
    const fn served(&mut self, to: u64) {
        self.from = to.saturating_add(1);
    }

    /// The node did not serve so many at once. `false` when fewer are not asked for.
    fn shorten(&mut self) -> bool {
        let can = self.length > SHORTEST_RANGE;
        self.length = (self.length / 4).max(SHORTEST_RANGE);
        can
    }
}

/// A contract's logs in a range of blocks, first and last, by their topics: in parts where the node wants short ranges. It may end
/// before the last block: whoever takes it for the whole range is blind for what lies behind.
pub(crate) async fn search(
    client: &ExecutionClient,
    contract: Address,
    topics: &[B256],
    blocks: (u64, u64),
) -> Result<Searched<Log>, L1Error> {
    let mut parts = Parts::of(blocks);
    let mut found = Vec::new();
    for _ in 0..MOST_REQUESTS {
        let Some(part) = parts.part() else { break };
        match client.logs_between(part, contract, topics).await {
            Ok(more) => {
                found.extend(more);
                parts.served(part.1);
            }
            Err(
                error
                @ (L1Error::Refused { .. } | L1Error::TooLong { .. } | L1Error::Status { .. }),
            ) => {
                if !parts.shorten() {
                    return Err(error);
                }
            }
            Err(error) => return Err(error),
        }
    }
    Ok(Searched {
        found,
        next: parts.from,
    })
}

/// As [`search`], and the whole range.
pub(crate) async fn search_all(
    client: &ExecutionClient,
    contract: Address,
    topics: &[B256],
    (first, last): (u64, u64),
) -> Result<Vec<Log>, L1Error> {
    let (mut from, mut found) = (first, Vec::new());
    // Each search goes on by as many blocks as its requests bring, or fails.
    while from <= last {
        let more = search(client, contract, topics, (from, last)).await?;
        if more.next <= from {
            break;
        }
        found.extend(more.found);
        from = more.next;
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Blocks up to which a node that serves so many at once was asked with these requests.
    fn searched(parts: &mut Parts, most: u64, requests: u32) -> u64 {
        for _ in 0..requests {
            let Some((from, to)) = parts.part() else {
                break;
            };
            assert_eq!(from, parts.from, "nothing is left out");
            if to - from < most {
                parts.served(to);
            } else {
                assert!(parts.shorten());
            }
        }
        parts.from
    }

    #[test]
    fn a_long_range_is_searched_in_parts() {
        let mut parts = Parts::of((7, 99_999));
        assert_eq!(searched(&mut parts, 2_000, MOST_REQUESTS), 100_000);
        assert_eq!(parts.part(), None);
    }

    /// Pitfall: a search that ends early is taken for a whole one, and newer keys stay strangers for ever.
    #[test]
    fn a_search_that_ends_early_says_where_it_goes_on() {
        let mut parts = Parts::of((0, 400_000));
        let next = searched(&mut parts, 500, MOST_REQUESTS);
        assert!(next > 0 && next < 400_000);
        assert_eq!(parts.part(), Some((next, next + 499)));
    }

    #[test]
    fn a_node_that_refuses_the_shortest_range_is_not_asked_for_less() {
        let mut parts = Parts::of((0, SHORTEST_RANGE - 1));
        assert!(!parts.shorten());
    }
}
