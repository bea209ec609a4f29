use std::collections::BTreeMap;

use alloy_primitives::{Address, B256, Bytes};
use alloy_sol_types::SolStruct;
use forebond_protocol::{Signed, SlotClock};
use forebond_types::{Base, CommitterSet, Domain};

use super::{Docket, Roll, under_base::Full};
use crate::{
    Accusation, Accused, Attested, Promise,
    faults::{fork, fork::Testimony, twin_leaves::PlacedLeaf},
};

/// Epochs ahead whose committers L1 has fixed: the present one and the next.
const KNOWN_EPOCHS: u64 = 2;

/// What a book keeps at most.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes under one base.
    pub base_bytes: usize,
    /// Bytes in all; at least `base_bytes`.
    pub total_bytes: usize,
    /// Bases of one gateway and window. One is honest, two are a fork, attempt 1 may be the third.
    pub bases_per_window: usize,
}

impl Default for Limits {
    /// For one rollup on one machine: half a gigabyte, a busy turn of a minute under each base.
    fn default() -> Self {
        Self {
            base_bytes: 64 << 20,
            total_bytes: 512 << 20,
            bases_per_window: 3,
        }
    }
}

/// Why something is not kept. Nothing that is refused has cost more than one signature's recovery.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No judge hears a window so far ahead.
    #[error("window {window} ends behind slot {last}, the last one whose committers are fixed")]
    TooFar {
        /// The base's window.
        window: u64,
        /// End of the next epoch.
        last: u64,
    },
    /// No judge hears it any more.
    #[error(
        "evidence about window {window} was heard until slot {until}, the present one is {slot}"
    )]
    TooOld {
        /// The base's window.
        window: u64,
        /// Last slot.
        until: u64,
        /// Present slot.
        slot: u64,
    },
    /// The base brought is not the one the message names.
    #[error("the message stands under the base {expected}, got {got}")]
    OtherBase {
        /// In the message.
        expected: B256,
        /// Brought.
        got: B256,
    },
    /// Nobody's signature.
    #[error("no gateway signs with this key in window {window}")]
    NotACommitter {
        /// The base's window.
        window: u64,
    },
    /// More bases than any contradiction needs.
    #[error("gateway {gateway} signed {kept} bases of window {window} already; more prove nothing")]
    TooManyBases {
        /// Who.
        gateway: u32,
        /// The window.
        window: u64,
        /// How many are kept.
        kept: usize,
    },
    /// The base's share is used up.
    #[error(transparent)]
    Full(#[from] Full),
}

/// Window, gateway, base: old windows first.
type Key = (u64, u32, B256);

/// Signed messages of all gateways of one rollup, within bounds.
///
/// Policy when memory is short: strangers get nothing in; under one base, what came first stays; in all, whoever takes most
/// gives up its oldest base. So no gateway can push out what another one signed, nor its own first words about a window by
/// saying more about it.
#[derive(Clone, Debug)]
pub struct Book {
    rollup: Address,
    separator: B256,
    clock: SlotClock,
    horizon_slots: u64,
    limits: Limits,
    roll: Roll,
    dockets: BTreeMap<Key, Docket>,
    bases: BTreeMap<(u64, u32), Vec<Attested<Base>>>,
    bytes: usize,
}

impl Book {
    /// An empty book. `horizon_slots` is how long evidence about a window is heard behind it.
    pub fn new(domain: Domain, clock: SlotClock, horizon_slots: u64, limits: Limits) -> Self {
        Self {
            rollup: domain.inbox,
            separator: domain.separator(),
            clock,
            horizon_slots,
            limits,
            roll: Roll::default(),
            dockets: BTreeMap::new(),
            bases: BTreeMap::new(),
            bytes: 0,
        }
    }

    /// Who signs for whom.
    pub const fn roll_mut(&mut self) -> &mut Roll {
        &mut self.roll
    }

    /// Dockets, oldest window first.
    pub fn dockets(&self) -> impl Iterator<Item = &Docket> {
        self.dockets.values()
    }

    /// The docket of a gateway's base.
    pub fn docket(&self, window: u64, gateway: u32, base: B256) -> Option<&Docket> {
        self.dockets.get(&(window, gateway, base))
    }

    /// Whether a base of this window is among those kept, whoever signed it.
    pub fn has_base(&self, window: u64, hash: B256) -> bool {
        let of_window = (window, 0)..=(window, u32::MAX);
        let mut kept = self.bases.range(of_window).flat_map(|(_, kept)| kept);
        kept.any(|base| base.struct_hash() == hash)
    }

    /// About how much memory all dockets take, bytes.
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Hears a signed message; `base` is the preimage of the base it stands under, or the message itself.
    ///
    /// # Errors
    /// [`Refusal`]: nothing was kept, and nothing contradicted.
    pub fn hear(
        &mut self,
        slot: u64,
        base: &Base,
        message: Signed,
        signature: Bytes,
    ) -> Result<Option<Accusation>, Refusal> {
        let (base_hash, named, hash) =
            (base.eip712_hash_struct(), base_of(&message), hash(&message));
        if named != base_hash {
            return Err(Refusal::OtherBase {
                expected: named,
                got: base_hash,
            });
        }
        let (gateway, set) = self.admit(slot, base.window, hash, &signature)?;
        let accused = Accused::new(self.rollup, gateway, set, base.clone());
        if let Signed::Base(signed) = message {
            return self.hear_base(accused, signed, signature);
        }
        let docket = self.docket_mut(accused)?;
        let before = docket.bytes();
        let heard = docket.hear(message, signature);
        let grown = docket.bytes().saturating_sub(before);
        self.grow((base.window, gateway, base_hash), grown);
        Ok(heard?)
    }

    /// Hears promises of one frag, with their raw transactions; those that are not the frag's ([`Promise::check`]) are left out.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn hear_promises(
        &mut self,
        slot: u64,
        base: &Base,
        promises: Vec<(Promise, Bytes)>,
    ) -> Result<Vec<Accusation>, Refusal> {
        let Some((first, _)) = promises.first() else {
            return Ok(Vec::new());
        };
        let frag = first.frag.clone();
        let window = base.window;
        let (gateway, _) = self.admit(slot, window, frag.struct_hash(), &frag.signature)?;
        let mut found = Vec::new();
        found.extend(self.hear(slot, base, Signed::Frag(frag.message), frag.signature)?);
        let key = (window, gateway, base.eip712_hash_struct());
        if let Some(docket) = self.dockets.get_mut(&key) {
            let before = docket.bytes();
            let heard = docket.hear_promises(promises);
            let grown = docket.bytes().saturating_sub(before);
            self.grow(key, grown);
            found.extend(heard?);
        }
        Ok(found)
    }

    /// Hears a leaf at a place of a frag's tree that is not its own (fork f). Keeps nothing.
    pub fn hear_placed(
        &self,
        (window, gateway, base): (u64, u32, B256),
        sequence: u32,
        placed: &PlacedLeaf,
    ) -> Option<Accusation> {
        self.docket(window, gateway, base)?
            .hear_placed(sequence, placed)
    }

    /// Forgets windows about which nothing is heard any more.
    pub fn forget_before_horizon(&mut self, slot: u64) {
        let oldest = slot.saturating_sub(self.horizon_slots);
        self.dockets.retain(|(window, _, _), _| *window >= oldest);
        self.bases.retain(|(window, _), _| *window >= oldest);
        self.bytes = self.dockets.values().map(Docket::bytes).sum();
    }

    /// One look at the time, one recovery: then it is a gateway's word or it is nothing (R28).
    fn admit(
        &self,
        slot: u64,
        window: u64,
        hash: B256,
        signature: &[u8],
    ) -> Result<(u32, CommitterSet), Refusal> {
        let epochs = self.clock.epoch_of(slot).saturating_add(KNOWN_EPOCHS);
        let last = epochs
            .saturating_mul(self.clock.slots_per_epoch)
            .saturating_sub(1);
        if window > last {
            return Err(Refusal::TooFar { window, last });
        }
        let until = window.saturating_add(self.horizon_slots);
        if slot > until {
            return Err(Refusal::TooOld {
                window,
                until,
                slot,
            });
        }
        let digest = Domain::digest_of(self.separator, hash);
        let epoch = self.clock.epoch_of(window);
        let (gateway, set) = self
            .roll
            .signer(digest, signature, epoch)
            .ok_or(Refusal::NotACommitter { window })?;
        Ok((gateway, set.clone()))
    }

    fn hear_base(
        &mut self,
        accused: Accused,
        base: Base,
        signature: Bytes,
    ) -> Result<Option<Accusation>, Refusal> {
        let (window, gateway) = (base.window, accused.gateway());
        let known = self.bases.entry((window, gateway)).or_default();
        if known
            .iter()
            .any(|known| known.struct_hash() == accused.base_hash())
        {
            return Ok(None);
        }
        let second = Testimony {
            message: Signed::Base(base.clone()),
            signature: signature.clone(),
        };
        let found = known.iter().find_map(|known| {
            let first = Testimony {
                message: Signed::Base(known.message.clone()),
                signature: known.signature.clone(),
            };
            fork::accuse(&accused, &first, &second)
        });
        if known.len() >= self.limits.bases_per_window {
            return found.map(Some).ok_or(Refusal::TooManyBases {
                gateway,
                window,
                kept: known.len(),
            });
        }
        known.push(Attested {
            message: base,
            signature,
        });
        Ok(found)
    }

    fn docket_mut(&mut self, accused: Accused) -> Result<&mut Docket, Refusal> {
        let (window, gateway) = (accused.base().window, accused.gateway());
        let key = (window, gateway, accused.base_hash());
        if !self.dockets.contains_key(&key) {
            let of_window =
                (window, gateway, B256::ZERO)..=(window, gateway, B256::repeat_byte(0xff));
            let kept = self.dockets.range(of_window).count();
            if kept >= self.limits.bases_per_window {
                return Err(Refusal::TooManyBases {
                    gateway,
                    window,
                    kept,
                });
            }
        }
        let most_bytes = self.limits.base_bytes;
        Ok(self
            .dockets
            .entry(key)
            .or_insert_with(|| Docket::new(accused, most_bytes)))
    }

    /// Whoever takes most gives up its oldest base, but never the one that was just heard of.
    fn grow(&mut self, just_heard: Key, bytes: usize) {
        self.bytes = self.bytes.saturating_add(bytes);
        while self.bytes > self.limits.total_bytes {
            let mut shares: BTreeMap<u32, usize> = BTreeMap::new();
            for ((_, gateway, _), docket) in &self.dockets {
                let share = shares.entry(*gateway).or_default();
                *share = share.saturating_add(docket.bytes());
            }
            let largest = shares.into_iter().max_by_key(|(_, bytes)| *bytes);
            let oldest = largest.and_then(|(gateway, _)| {
                self.dockets
                    .keys()
                    .find(|key| key.1 == gateway && **key != just_heard)
                    .copied()
            });
            let Some(oldest) = oldest else { return };
            let gone = self.dockets.remove(&oldest);
            self.bytes = self
                .bytes
                .saturating_sub(gone.map_or(0, |docket| docket.bytes()));
        }
    }
}

fn base_of(message: &Signed) -> B256 {
    match message {
        Signed::Base(base) => base.eip712_hash_struct(),
        Signed::Frag(frag) => frag.base,
        Signed::Seal(seal) => seal.base,
    }
}

fn hash(message: &Signed) -> B256 {
    match message {
        Signed::Base(base) => base.eip712_hash_struct(),
        Signed::Frag(frag) => frag.eip712_hash_struct(),
        Signed::Seal(seal) => seal.eip712_hash_struct(),
    }
}
