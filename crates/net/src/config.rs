//! Settings, with the reasons for their defaults.

use std::{fs, io::Write, path::PathBuf};

use alloy_primitives::{B256, hex};
use forebond_types::MAX_ENVELOPE_BYTES;
use libp2p::{Multiaddr, identity::Keypair};

use crate::NetError;

/// What a network needs to start.
#[derive(Clone, Debug)]
pub struct NetConfig {
    /// Where to listen; port 0 takes a free one. Default: loopback, so that opening to the world is a decision.
    pub listen: Vec<Multiaddr>,
    /// Peers to call and to call again when they are lost, `/ip4/…/tcp/…` or `/ip6/…/tcp/…`, with `/p2p/…` if known. There is no discovery beyond
    /// them: who may join a rollup's gossip is the operator's choice.
    pub bootnodes: Vec<Multiaddr>,
    /// Who this node is to its peers.
    pub identity: Identity,
    /// The rollup's chain id.
    pub chain_id: u64,
    /// EIP-712 domain separator of the rollup's messages.
    pub domain_separator: B256,
    /// Bounds.
    pub limits: Limits,
}

impl NetConfig {
    /// Loopback, no bootnodes, a random identity, default limits.
    pub fn new(chain_id: u64, domain_separator: B256) -> Self {
        Self {
            listen: vec![loopback()],
            bootnodes: Vec::new(),
            identity: Identity::Random,
            chain_id,
            domain_separator,
            limits: Limits::default(),
        }
    }

    /// Refuses what could never work.
    pub(crate) fn validate(&self) -> Result<(), NetError> {
        use libp2p::multiaddr::Protocol;
        for address in &self.bootnodes {
            let mut parts = address.iter();
            let host = matches!(parts.next(), Some(Protocol::Ip4(_) | Protocol::Ip6(_)));
            if !host || !matches!(parts.next(), Some(Protocol::Tcp(_))) {
                return Err(NetError::Bootnode(address.clone()));
            }
        }
        self.limits.validate()
    }

    /// Chain id and deployment as they stand in every protocol name: peers of another rollup or another deployment of the
    /// same one never share a topic.
    pub(crate) fn network(&self) -> String {
        format!(
            "/forebond/{}/{}/0",
            self.chain_id,
            hex::encode(&self.domain_separator[..8])
        )
    }
}

fn loopback() -> Multiaddr {
    Multiaddr::empty()
        .with(libp2p::multiaddr::Protocol::Ip4(
            std::net::Ipv4Addr::LOCALHOST,
        ))
        .with(libp2p::multiaddr::Protocol::Tcp(0))
}

/// A node's identity on the network. It has nothing to do with the keys that sign promises.
#[derive(Clone)]
pub enum Identity {
    /// A new one at each start.
    Random,
    /// From a seed.
    Seed([u8; 32]),
    /// From a file with 32 bytes as hex, created (mode 600) if there is none.
    File(PathBuf),
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Random => f.write_str("Random"),
            Self::Seed(_) => f.write_str("Seed(…)"),
            Self::File(path) => write!(f, "File({})", path.display()),
        }
    }
}

impl Identity {
    pub(crate) fn keypair(&self) -> Result<Keypair, NetError> {
        match self {
            Self::Random => Ok(Keypair::generate_ed25519()),
            Self::Seed(seed) => {
                Keypair::ed25519_from_bytes(*seed).map_err(|e| NetError::Stack(e.to_string()))
            }
            Self::File(path) => {
                let refuse = |reason: String| NetError::Identity {
                    path: path.clone(),
                    reason,
                };
                let seed: [u8; 32] = match fs::read_to_string(path) {
                    Ok(text) => hex::decode_to_array(text.trim())
                        .map_err(|_| refuse("no 32 bytes of hex".to_owned()))?,
                    Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                        create(path).map_err(|error| refuse(error.to_string()))?
                    }
                    Err(error) => return Err(refuse(error.to_string())),
                };
                Keypair::ed25519_from_bytes(seed).map_err(|e| refuse(e.to_string()))
            }
        }
    }
}

fn create(path: &PathBuf) -> std::io::Result<[u8; 32]> {
    let key = Keypair::generate_ed25519()
        .try_into_ed25519()
        .map_err(std::io::Error::other)?;
    let mut seed = [0; 32];
    seed.copy_from_slice(key.secret().as_ref());
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    writeln!(file, "{}", hex::encode(seed))?;
    file.sync_all()?;
    Ok(seed)
}

/// Bounds on what peers may cost.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Peers in all; further ones are refused.
    pub max_peers: usize,
    /// Of these, peers that called us: strangers cannot take the places of those we chose.
    pub max_inbound_peers: usize,
    /// Peers from one IP address. Loopback counts as one address too.
    pub max_inbound_per_ip: usize,
    /// Connections that have not finished their handshake.
    pub max_pending_inbound: usize,
    /// Longest message, bytes.
    pub max_message_bytes: usize,
    /// New messages a second from one peer; twice that at once. A gateway signs one frag per disk sync.
    pub messages_per_second: u32,
    /// Bytes of new messages a second from one peer, and of answers a second to one; twice that at once.
    pub bytes_per_second: u32,
    /// Requests a second from one peer; twice that at once.
    pub requests_per_second: u32,
    /// Messages of no use a second from one peer that are looked at (each costs a signature recovery); four times that at
    /// once. Beyond them its messages are dropped unread, without blame.
    pub unusable_per_second: u32,
    /// Score at which a peer is banned; everyone starts at 0.
    pub ban_score: f64,
    /// Time in which half of a bad score is forgotten, milliseconds.
    pub score_half_life_ms: u64,
    /// First ban, milliseconds; doubled for each further one of a peer, up to a day.
    pub ban_ms: u64,
    /// Events that wait for the reader.
    pub incoming_queue: usize,
    /// Messages that wait to be published.
    pub publish_queue: usize,
    /// Longest answer to a request, bytes.
    pub max_answer_bytes: usize,
    /// Most blocks of one request.
    pub max_range_blocks: u16,
    /// Time for one answer, milliseconds.
    pub answer_ms: u64,
    /// Peers asked for one thing before giving up.
    pub max_peers_asked: usize,
    /// Requests of ours under way.
    pub max_requests: usize,
    /// Signed messages kept per signer to compare later ones with.
    pub evidence_per_signer: usize,
    /// Signers with evidence.
    pub evidence_signers: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_peers: 64,
            max_inbound_peers: 48,
            max_inbound_per_ip: 16,
            max_pending_inbound: 64,
            max_message_bytes: MAX_ENVELOPE_BYTES,
            messages_per_second: 4_000,
            bytes_per_second: 16 << 20,
            requests_per_second: 20,
            unusable_per_second: 50,
            ban_score: -100.0,
            score_half_life_ms: 60_000,
            ban_ms: 10 * 60_000,
            incoming_queue: 4_096,
            publish_queue: 1_024,
            max_answer_bytes: 4 << 20,
            max_range_blocks: 16,
            answer_ms: 4_000,
            max_peers_asked: 3,
            max_requests: 16,
            evidence_per_signer: 8_192,
            evidence_signers: 32,
        }
    }
}

impl Limits {
    /// Refuses limits under which nothing could work.
    pub(crate) fn validate(&self) -> Result<(), NetError> {
        let refuse = |what: String| Err(NetError::Limits(what));
        if self.max_inbound_peers > self.max_peers {
            return refuse(format!(
                "max_inbound_peers {} is above max_peers {}",
                self.max_inbound_peers, self.max_peers
            ));
        }
        if self.max_message_bytes > MAX_ENVELOPE_BYTES || self.max_message_bytes < 1_024 {
            return refuse(format!(
                "max_message_bytes is 1024 to {MAX_ENVELOPE_BYTES}, got {}",
                self.max_message_bytes
            ));
        }
        if (self.bytes_per_second as usize).saturating_mul(2) < self.max_message_bytes {
            return refuse(format!(
                "bytes_per_second {} never lets a message of max_message_bytes {} through",
                self.bytes_per_second, self.max_message_bytes
            ));
        }
        if self.max_answer_bytes < self.max_message_bytes || self.max_answer_bytes > 64 << 20 {
            return refuse(format!(
                "max_answer_bytes is max_message_bytes {} to 64 MiB, got {}",
                self.max_message_bytes, self.max_answer_bytes
            ));
        }
        if self.ban_score.is_nan() || self.ban_score >= 0.0 {
            return refuse(format!("ban_score is below 0, got {}", self.ban_score));
        }
        let counts = [
            ("max_peers", self.max_peers),
            ("max_pending_inbound", self.max_pending_inbound),
            ("messages_per_second", self.messages_per_second as usize),
            ("requests_per_second", self.requests_per_second as usize),
            ("unusable_per_second", self.unusable_per_second as usize),
            ("incoming_queue", self.incoming_queue),
            ("publish_queue", self.publish_queue),
            ("max_range_blocks", usize::from(self.max_range_blocks)),
            ("max_peers_asked", self.max_peers_asked),
            ("max_requests", self.max_requests),
            ("evidence_per_signer", self.evidence_per_signer),
            ("evidence_signers", self.evidence_signers),
        ];
        match counts.into_iter().find(|(_, count)| *count == 0) {
            Some((name, _)) => refuse(format!("{name} is at least 1, got 0")),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_file_is_made_once_and_names_the_same_peer_ever_after() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("net-identity");
        let first = Identity::File(path.clone()).keypair().unwrap();
        let again = Identity::File(path.clone()).keypair().unwrap();
        assert_eq!(first.public(), again.public());
        fs::write(&path, "not hex").unwrap();
        assert!(matches!(
            Identity::File(path).keypair(),
            Err(NetError::Identity { .. })
        ));
    }

    #[test]
    fn two_deployments_of_one_chain_never_share_a_network() {
        let a = NetConfig::new(9545, B256::repeat_byte(1)).network();
        assert_eq!(a, "/forebond/9545/0101010101010101/0");
        assert_ne!(a, NetConfig::new(9545, B256::repeat_byte(2)).network());
        assert_ne!(a, NetConfig::new(9546, B256::repeat_byte(1)).network());
    }

    #[test]
    fn a_bootnode_that_could_never_be_called_is_refused_at_the_start() {
        let mut config = NetConfig::new(9545, B256::ZERO);
        for (address, fine) in [
            ("/ip4/10.0.0.1/tcp/9000", true),
            ("/ip6/::1/tcp/9000", true),
            ("/dns4/node/tcp/9000", false),
            ("/ip4/10.0.0.1/udp/9000", false),
        ] {
            config.bootnodes = vec![address.parse().unwrap()];
            assert_eq!(config.validate().is_ok(), fine, "{address}");
        }
    }

    #[test]
    fn limits_that_let_nothing_through_are_refused() {
        assert!(Limits::default().validate().is_ok());
        let broken: [fn(&mut Limits); 5] = [
            |l| l.max_inbound_peers = l.max_peers + 1,
            |l| l.max_message_bytes = 100 << 20,
            |l| l.bytes_per_second = 1_000,
            |l| l.ban_score = 1.0,
            |l| l.incoming_queue = 0,
        ];
        for spoil in broken {
            let mut limits = Limits::default();
            spoil(&mut limits);
            assert!(matches!(limits.validate(), Err(NetError::Limits(_))));
        }
    }
}
