use alloy_primitives::B256;
use forebond_net::Source;
use forebond_types::{BaseEnvelope, FragEnvelope, SealEnvelope};
use std::collections::BTreeMap;

/// Messages that may wait for what comes before them.
const MAX_WAITING: usize = 16_384;
/// Bytes of their transactions.
const MAX_WAITING_BYTES: usize = 128 << 20;

/// Messages heard before their turn. Bounded: the ones farthest ahead are dropped and can be requested again.
#[derive(Debug, Default)]
pub struct Waiting {
    /// By base and sequence, with who brought it, unless it was this process.
    frags: BTreeMap<(B256, u32), (FragEnvelope, Option<Source>)>,
    /// By base and block.
    seals: BTreeMap<(B256, u64), SealEnvelope>,
    /// By window; the first heard stays.
    bases: BTreeMap<u64, BaseEnvelope>,
    bytes: usize,
}

fn size(frag: &FragEnvelope) -> usize {
    let raws: usize = frag.transactions.iter().map(|tx| tx.raw.len()).sum();
    raws.saturating_add(512)
}

impl Waiting {
    /// Keeps a frag that `from` brought.
    pub fn frag(&mut self, frag: FragEnvelope, from: Option<Source>) {
        let key = (frag.frag.base, frag.frag.sequence);
        self.bytes = self.bytes.saturating_add(size(&frag));
        if let Some((old, _)) = self.frags.insert(key, (frag, from)) {
            self.bytes = self.bytes.saturating_sub(size(&old));
        }
        while self.frags.len() > MAX_WAITING || self.bytes > MAX_WAITING_BYTES {
            let farthest = self.frags.keys().max_by_key(|(_, sequence)| *sequence);
            let dropped = farthest.copied().and_then(|key| self.frags.remove(&key));
            let Some((dropped, _)) = dropped else {
                return;
            };
            self.bytes = self.bytes.saturating_sub(size(&dropped));
        }
    }

    /// Keeps a seal.
    pub fn seal(&mut self, seal: SealEnvelope) {
        self.seals
            .insert((seal.seal.base, seal.seal.blockNumber), seal);
        if self.seals.len() > MAX_WAITING {
            self.seals.pop_last();
        }
    }

    /// Keeps a base; another one of the same window, later attempt, takes its place.
    pub fn base(&mut self, base: BaseEnvelope) {
        let window = base.base.window;
        let known = self.bases.get(&window);
        if known.is_none_or(|known| known.base.attempt < base.base.attempt) {
            self.bases.insert(window, base);
        }
        if self.bases.len() > MAX_WAITING {
            self.bases.pop_last();
        }
    }

    /// Takes the frag at a place.
    pub fn take_frag(
        &mut self,
        base: B256,
        sequence: u32,
    ) -> Option<(FragEnvelope, Option<Source>)> {
        let (frag, from) = self.frags.remove(&(base, sequence))?;
        self.bytes = self.bytes.saturating_sub(size(&frag));
        Some((frag, from))
    }

    /// The seal of a block, without taking it.
    pub fn seal_of(&self, base: B256, block: u64) -> Option<&SealEnvelope> {
        self.seals.get(&(base, block))
    }

    /// Takes the seal of a block.
    pub fn take_seal(&mut self, base: B256, block: u64) -> Option<SealEnvelope> {
        self.seals.remove(&(base, block))
    }

    /// The bases of windows after `window`, ascending.
    pub fn bases_after(&self, window: Option<u64>) -> Vec<BaseEnvelope> {
        let from = window.map_or(0, |window| window.saturating_add(1));
        self.bases
            .range(from..)
            .map(|(_, base)| base.clone())
            .collect()
    }

    /// Forgets what stands under or before `window`, and frags and seals of blocks up to `block`.
    pub fn forget(&mut self, window: Option<u64>, block: u64) {
        if let Some(window) = window {
            self.bases.retain(|other, _| *other > window);
        }
        self.seals.retain(|(_, number), _| *number > block);
        let gone: Vec<_> = self
            .frags
            .iter()
            .filter(|(_, (frag, _))| frag.frag.blockNumber <= block)
            .map(|(key, _)| *key)
            .collect();
        for (base, sequence) in gone {
            self.take_frag(base, sequence);
        }
    }

    /// Whether a base of this window waits.
    pub fn has_base(&self, window: u64) -> bool {
        self.bases.contains_key(&window)
    }

    /// Forgets one base.
    pub fn drop_base(&mut self, window: u64) {
        self.bases.remove(&window);
    }

    /// Frags that wait.
    pub fn len(&self) -> usize {
        self.frags.len()
    }
}
