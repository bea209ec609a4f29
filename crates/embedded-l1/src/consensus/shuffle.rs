//! Swap-or-not shuffling (phase0/beacon-chain.md, `compute_shuffled_permutation`) and the choice of validators by
//! effective balance that is built on it.

use alloy_primitives::B256;
use ethereum_hashing::hash_fixed;
use forebond_beacon::{containers::BeaconState, preset::Preset};

use super::{
    access::{at, effective_balance},
    config::constants::MAX_EFFECTIVE_BALANCE_ELECTRA,
    error::Result,
};

/// Positions whose swap decisions one hash holds.
const POSITIONS_PER_HASH: u64 = 256;

/// One permutation of `0..count`, with its hashes computed once and remembered.
pub(super) struct Shuffler {
    seed: B256,
    count: u64,
    pivots: Vec<u64>,
    /// Decision bits by round, then by bucket of 256 positions.
    decisions: Vec<Vec<Option<[u8; 32]>>>,
}

impl Shuffler {
    /// `count` must not be zero.
    pub(super) fn new<P: Preset>(seed: B256, count: u64) -> Self {
        let count = count.max(1);
        let pivots = (0..P::SHUFFLE_ROUND_COUNT)
            .map(|round| {
                let mut input = [0; 33];
                input[..32].copy_from_slice(seed.as_slice());
                input[32] = round;
                first_u64(&hash_fixed(&input)) % count
            })
            .collect();
        let buckets = usize::try_from(count.div_ceil(POSITIONS_PER_HASH)).unwrap_or(usize::MAX);
        let decisions = vec![vec![None; buckets]; usize::from(P::SHUFFLE_ROUND_COUNT)];
        Self {
            seed,
            count,
            pivots,
            decisions,
        }
    }

    /// Where `index` (below `count`) goes.
    pub(super) fn permute(&mut self, mut index: u64) -> u64 {
        let rounds = self.pivots.iter().zip(self.decisions.iter_mut()).zip(0u8..);
        for ((pivot, decisions), round) in rounds {
            let flip = (pivot + self.count - index) % self.count;
            let position = index.max(flip);
            let bucket = position / POSITIONS_PER_HASH;
            let Some(slot) = usize::try_from(bucket)
                .ok()
                .and_then(|bucket| decisions.get_mut(bucket))
            else {
                continue;
            };
            let bits = slot.get_or_insert_with(|| decision_bits(self.seed, round, bucket));
            // The lowest byte is the position within its bucket of 256.
            let [within, ..] = position.to_le_bytes();
            if bits[usize::from(within / 8)] >> (within % 8) & 1 == 1 {
                index = flip;
            }
        }
        index
    }

    /// The whole permutation: element i is where i goes.
    pub(super) fn all(&mut self) -> Vec<u64> {
        (0..self.count).map(|index| self.permute(index)).collect()
    }
}

fn decision_bits(seed: B256, round: u8, bucket: u64) -> [u8; 32] {
    let mut input = [0; 37];
    input[..32].copy_from_slice(seed.as_slice());
    input[32] = round;
    // The specification writes the bucket as 32 bits; registries stay far below 2^40 validators.
    input[33..].copy_from_slice(&bucket.to_le_bytes()[..4]);
    hash_fixed(&input)
}

fn first_u64(hash: &[u8; 32]) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = *hash;
    u64::from_le_bytes([a, b, c, d, e, f, g, h])
}

/// Draws `wanted` of `candidates`, each draw succeeding in proportion to the effective balance; repetition is possible.
/// `candidates` must not be empty. (`compute_proposer_index` with one draw, `get_next_sync_committee_indices`.)
pub(super) fn draw_by_balance<P: Preset>(
    state: &BeaconState<P>,
    candidates: &[u64],
    seed: B256,
    wanted: usize,
) -> Result<Vec<u64>> {
    let total = candidates.len() as u64;
    let mut shuffler = Shuffler::new::<P>(seed, total);
    let mut drawn = Vec::with_capacity(wanted);
    let mut random = [0; 32];
    let mut attempt = 0u64;
    // Each active validator has at least one increment of balance, so a draw succeeds after 2048 attempts on average
    // at worst; the loop ends with probability 1 and in practice soon.
    while drawn.len() < wanted {
        if attempt.is_multiple_of(16) {
            random = hash_with_u64(seed, attempt / 16);
        }
        let offset = at(attempt % 16 * 2);
        let value = u64::from(u16::from_le_bytes([random[offset], random[offset + 1]]));
        let place = at(shuffler.permute(attempt % total));
        if let Some(candidate) = candidates.get(place)
            && effective_balance(state, *candidate)? * u64::from(u16::MAX)
                >= MAX_EFFECTIVE_BALANCE_ELECTRA * value
        {
            drawn.push(*candidate);
        }
        attempt += 1;
    }
    Ok(drawn)
}

/// `sha256(seed ‖ number as 8 little-endian bytes)`.
pub(super) fn hash_with_u64(seed: B256, number: u64) -> [u8; 32] {
    let mut input = [0; 40];
    input[..32].copy_from_slice(seed.as_slice());
    input[32..].copy_from_slice(&number.to_le_bytes());
    hash_fixed(&input)
}
