//! Who may connect, what a peer may cost, and what its offences lead to.

use std::{collections::HashMap, fmt, net::IpAddr};

use libp2p::PeerId;

use super::Bucket;
use crate::Limits;

/// Disconnected peers whose score is remembered: coming back does not wash it off.
const REMEMBERED: usize = 1_024;
/// Bans that are remembered; the one that ends first makes room.
const MAX_BANS: usize = 4_096;
/// Banned peers from one address (other than loopback) after which the address is refused as a whole: identities cost
/// nothing, addresses do.
const BANS_PER_IP: u32 = 3;
/// Longest ban, milliseconds.
const LONGEST_BAN_MS: u64 = 24 * 3_600_000;

/// What a peer is charged for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Offence {
    /// Bytes that are no message.
    Undecodable,
    /// A message longer than any honest one.
    Oversize,
    /// A signature that recovers to nobody.
    BadSignature,
    /// A message the judge says no honest process passes on.
    Refused,
    /// More messages or bytes a second than its share.
    TooFast,
    /// More requests a second than its share.
    TooManyRequests,
    /// A request that does not decode, or asks for more than there can be.
    BadRequest,
    /// An answer that breaks the rules of answers: not what was asked, undecodable, longer than allowed.
    BadAnswer,
    /// Transactions or a start beside a frag that do not execute as promised. Those who passed it on could not know either,
    /// so it weighs little; the reader reports it.
    FalseContents,
}

impl Offence {
    /// Points lost.
    const fn weight(self) -> f64 {
        match self {
            Self::Undecodable | Self::BadSignature => 15.0,
            Self::Oversize | Self::Refused | Self::BadAnswer => 25.0,
            Self::BadRequest => 10.0,
            Self::TooManyRequests => 0.5,
            Self::FalseContents => 4.0,
            Self::TooFast => 0.25,
        }
    }
}

impl fmt::Display for Offence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Undecodable => "bytes that are no message",
            Self::Oversize => "a message that is too long",
            Self::BadSignature => "a signature of nobody",
            Self::Refused => "a message no honest process passes on",
            Self::TooFast => "more messages than its share",
            Self::TooManyRequests => "more requests than its share",
            Self::BadRequest => "a request that makes no sense",
            Self::BadAnswer => "an answer that breaks the rules",
            Self::FalseContents => "contents that do not execute as promised",
        })
    }
}

/// Why a connection is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("banned for {0} ms more")]
    Banned(u64),
    #[error("this address was banned too often")]
    AddressBanned,
    #[error("all {0} places are taken")]
    Full(usize),
    #[error("all {0} places for callers are taken")]
    FullForCallers(usize),
    #[error("all {0} places for one address are taken")]
    FullForAddress(usize),
    #[error("connected twice already")]
    ConnectedTwice,
    #[error("{0} handshakes are under way already")]
    TooManyHandshakes(usize),
}

#[derive(Debug)]
struct Standing {
    score: f64,
    score_at_ms: u64,
    messages: Bucket,
    bytes: Bucket,
    requests: Bucket,
    answers: Bucket,
    unusable: Bucket,
    connections: u32,
    inbound: bool,
    ip: Option<IpAddr>,
    last_seen_ms: u64,
    bans: u32,
}

/// Everything that is remembered of peers.
#[derive(Debug)]
pub(crate) struct PeerBook {
    limits: Limits,
    peers: HashMap<PeerId, Standing>,
    bans: HashMap<PeerId, u64>,
    bad_addresses: HashMap<IpAddr, (u32, u64)>,
}

impl PeerBook {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            peers: HashMap::new(),
            bans: HashMap::new(),
            bad_addresses: HashMap::new(),
        }
    }

    /// Whether a handshake with a caller from `ip` may begin, with `pending` under way in all and `of_ip` with that address:
    /// callers that never finish theirs do not keep others out.
    pub(crate) fn may_begin(
        &self,
        ip: Option<IpAddr>,
        pending: usize,
        of_ip: usize,
        now_ms: u64,
    ) -> Result<(), Refusal> {
        if pending >= self.limits.max_pending_inbound {
            return Err(Refusal::TooManyHandshakes(pending));
        }
        if of_ip >= self.limits.max_inbound_per_ip {
            return Err(Refusal::TooManyHandshakes(of_ip));
        }
        self.address_is_fine(ip, now_ms)
    }

    /// Whether a peer may have a place.
    pub(crate) fn may_stay(
        &self,
        peer: &PeerId,
        ip: Option<IpAddr>,
        inbound: bool,
        now_ms: u64,
    ) -> Result<(), Refusal> {
        if let Some(until_ms) = self.bans.get(peer)
            && *until_ms > now_ms
        {
            return Err(Refusal::Banned(until_ms - now_ms));
        }
        if inbound {
            self.address_is_fine(ip, now_ms)?;
        }
        match self.peers.get(peer).map_or(0, |peer| peer.connections) {
            0 => {}
            // Two: both may call each other at once.
            1 => return Ok(()),
            _ => return Err(Refusal::ConnectedTwice),
        }
        let count = |which: &dyn Fn(&Standing) -> bool| {
            let connected = self.peers.values().filter(|p| p.connections > 0);
            connected.filter(|p| which(p)).count()
        };
        if count(&|_| true) >= self.limits.max_peers {
            return Err(Refusal::Full(self.limits.max_peers));
        }
        if !inbound {
            return Ok(());
        }
        if count(&|p| p.inbound) >= self.limits.max_inbound_peers {
            return Err(Refusal::FullForCallers(self.limits.max_inbound_peers));
        }
        if ip.is_some() && count(&|p| p.inbound && p.ip == ip) >= self.limits.max_inbound_per_ip {
            return Err(Refusal::FullForAddress(self.limits.max_inbound_per_ip));
        }
        Ok(())
    }

    fn address_is_fine(&self, ip: Option<IpAddr>, now_ms: u64) -> Result<(), Refusal> {
        let bad = ip.and_then(|ip| self.bad_addresses.get(&ip));
        match bad {
            Some((bans, until_ms)) if *bans >= BANS_PER_IP && *until_ms > now_ms => {
                Err(Refusal::AddressBanned)
            }
            _ => Ok(()),
        }
    }

    /// A connection stands. True if it is the peer's first.
    pub(crate) fn connected(
        &mut self,
        peer: PeerId,
        ip: Option<IpAddr>,
        inbound: bool,
        now_ms: u64,
    ) -> bool {
        self.make_room();
        let limits = &self.limits;
        let standing = self
            .peers
            .entry(peer)
            .or_insert_with(|| Standing::new(limits, now_ms));
        standing.connections += 1;
        standing.last_seen_ms = now_ms;
        if standing.connections == 1 {
            standing.inbound = inbound;
            standing.ip = ip;
        }
        standing.connections == 1
    }

    /// A connection ended. True if it was the peer's last.
    pub(crate) fn disconnected(&mut self, peer: &PeerId, now_ms: u64) -> bool {
        let Some(standing) = self.peers.get_mut(peer) else {
            return false;
        };
        standing.last_seen_ms = now_ms;
        let before = standing.connections;
        standing.connections = before.saturating_sub(1);
        before == 1
    }

    /// Connected peers.
    pub(crate) fn peers(&self) -> impl Iterator<Item = &PeerId> {
        self.peers
            .iter()
            .filter(|(_, standing)| standing.connections > 0)
            .map(|(peer, _)| peer)
    }

    /// Whether a new message of `bytes` length is within the peer's share.
    pub(crate) fn message(&mut self, peer: &PeerId, bytes: usize, now_ms: u64) -> bool {
        self.peers.get_mut(peer).is_none_or(|standing| {
            let counted = standing.messages.take(1, now_ms);
            counted && standing.bytes.take(bytes as u64, now_ms)
        })
    }

    /// Whether a request is within the peer's share.
    pub(crate) fn request(&mut self, peer: &PeerId, now_ms: u64) -> bool {
        self.peers
            .get_mut(peer)
            .is_none_or(|standing| standing.requests.take(1, now_ms))
    }

    /// Whether the peer may be sent more answers yet.
    pub(crate) fn may_be_served(&mut self, peer: &PeerId, now_ms: u64) -> bool {
        self.peers
            .get_mut(peer)
            .is_none_or(|standing| standing.answers.has_one(now_ms))
    }

    /// The peer was sent an answer of `bytes` length.
    pub(crate) fn served(&mut self, peer: &PeerId, bytes: usize, now_ms: u64) {
        if let Some(standing) = self.peers.get_mut(peer) {
            standing.answers.drain(bytes as u64, now_ms);
        }
    }

    /// Whether the peer's messages are still read: not if too many of the last ones were of no use.
    pub(crate) fn worth_reading(&mut self, peer: &PeerId, now_ms: u64) -> bool {
        self.peers
            .get_mut(peer)
            .is_none_or(|standing| standing.unusable.has_one(now_ms))
    }

    /// A message of the peer was of no use.
    pub(crate) fn unusable(&mut self, peer: &PeerId, now_ms: u64) {
        if let Some(standing) = self.peers.get_mut(peer) {
            standing.unusable.take(1, now_ms);
        }
    }

    /// The peer's score now; 0 is best.
    pub(crate) fn score(&self, peer: &PeerId, now_ms: u64) -> f64 {
        self.peers.get(peer).map_or(0.0, |standing| {
            standing.score_at(self.limits.score_half_life_ms, now_ms)
        })
    }

    /// Charges a peer. Gives the length of the ban, milliseconds, if this was the last straw.
    pub(crate) fn charge(&mut self, peer: &PeerId, offence: Offence, now_ms: u64) -> Option<u64> {
        let half_life_ms = self.limits.score_half_life_ms;
        let standing = self.peers.get_mut(peer)?;
        standing.score = standing.score_at(half_life_ms, now_ms) - offence.weight();
        standing.score_at_ms = now_ms;
        if standing.score > self.limits.ban_score {
            return None;
        }
        // The ban is the punishment; after it the peer begins again, and is banned for longer the next time.
        standing.score = 0.0;
        let for_ms = self
            .limits
            .ban_ms
            .saturating_mul(1 << standing.bans.min(20))
            .min(LONGEST_BAN_MS);
        standing.bans = standing.bans.saturating_add(1);
        if let Some(ip) = standing.ip
            && !ip.is_loopback()
        {
            let (bans, until_ms) = self.bad_addresses.entry(ip).or_insert((0, 0));
            if *until_ms <= now_ms {
                *bans = 0;
            }
            *bans += 1;
            *until_ms = now_ms.saturating_add(for_ms);
        }
        self.bans.insert(*peer, now_ms.saturating_add(for_ms));
        self.forget_bans(now_ms);
        Some(for_ms)
    }

    fn forget_bans(&mut self, now_ms: u64) {
        if self.bans.len() > MAX_BANS {
            self.bans.retain(|_, until_ms| *until_ms > now_ms);
        }
        while self.bans.len() > MAX_BANS
            && let Some(first) = self.bans.iter().min_by_key(|b| (b.1, b.0)).map(|b| *b.0)
        {
            self.bans.remove(&first);
        }
        if self.bad_addresses.len() > MAX_BANS {
            self.bad_addresses
                .retain(|_, (_, until_ms)| *until_ms > now_ms);
        }
        while self.bad_addresses.len() > MAX_BANS
            && let Some(first) = self
                .bad_addresses
                .iter()
                .min_by_key(|(ip, (_, until_ms))| (*until_ms, **ip))
                .map(|(ip, _)| *ip)
        {
            self.bad_addresses.remove(&first);
        }
    }

    /// The disconnected peer seen longest ago makes room.
    fn make_room(&mut self) {
        if self.peers.len() < REMEMBERED.saturating_add(self.limits.max_peers) {
            return;
        }
        let oldest = self
            .peers
            .iter()
            .filter(|(_, standing)| standing.connections == 0)
            .min_by_key(|(peer, standing)| (standing.last_seen_ms, **peer))
            .map(|(peer, _)| *peer);
        if let Some(peer) = oldest {
            self.peers.remove(&peer);
        }
    }
}

impl Standing {
    fn new(limits: &Limits, now_ms: u64) -> Self {
        let twice = |per_second: u32| {
            Bucket::new(per_second, u64::from(per_second).saturating_mul(2), now_ms)
        };
        Self {
            score: 0.0,
            score_at_ms: now_ms,
            messages: twice(limits.messages_per_second),
            bytes: twice(limits.bytes_per_second),
            requests: twice(limits.requests_per_second),
            answers: twice(limits.bytes_per_second),
            unusable: Bucket::new(
                limits.unusable_per_second,
                u64::from(limits.unusable_per_second).saturating_mul(4),
                now_ms,
            ),
            connections: 0,
            inbound: false,
            ip: None,
            last_seen_ms: now_ms,
            bans: 0,
        }
    }

    fn score_at(&self, half_life_ms: u64, now_ms: u64) -> f64 {
        let age_ms = now_ms.saturating_sub(self.score_at_ms);
        #[allow(clippy::cast_precision_loss, reason = "a score is no money")]
        let halves = age_ms as f64 / half_life_ms.max(1) as f64;
        self.score * (-halves).exp2()
    }
}

#[cfg(test)]
mod tests;
