use forebond_net::Multiaddr;

/// How a process takes part in gossip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetOptions {
    /// Where it listens.
    pub listen: Multiaddr,
    /// Whom it calls.
    pub bootnodes: Vec<Multiaddr>,
    /// Whether streams are followed beside gossip.
    pub streams: bool,
}

/// An address that is none.
#[derive(Debug, thiserror::Error)]
#[error("{option} {got:?}: a multiaddress such as /ip4/127.0.0.1/tcp/9845 expected ({reason})")]
pub struct NetOptionsError {
    option: &'static str,
    got: String,
    reason: String,
}

impl NetOptions {
    /// Reads addresses as an operator writes them.
    ///
    /// # Errors
    /// [`NetOptionsError`] with the first address that is none.
    pub fn parse(
        listen: &str,
        bootnodes: &[String],
        streams: bool,
    ) -> Result<Self, NetOptionsError> {
        let read = |option, text: &str| {
            text.parse::<Multiaddr>().map_err(|error| NetOptionsError {
                option,
                got: text.to_owned(),
                reason: error.to_string(),
            })
        };
        Ok(Self {
            listen: read("--net", listen)?,
            bootnodes: bootnodes
                .iter()
                .map(|text| read("--bootnode", text))
                .collect::<Result<_, _>>()?,
            streams,
        })
    }
}
