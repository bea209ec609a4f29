use forebond_runtime::Listen;
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// Port wallets expect a gateway on.
const HTTP_PORT: u16 = 9_545;

/// `[http]`: where wallets connect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HttpSection {
    /// HTTP and WebSocket on one port; port 0 lets the system choose.
    pub addr: SocketAddr,
}

impl Default for HttpSection {
    fn default() -> Self {
        Self {
            addr: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), HTTP_PORT),
        }
    }
}

/// `[admin]`: administrative methods, never on the port of the wallets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AdminSection {
    /// `off`, `IP:PORT`, or a port alone, which means the loopback interface.
    pub addr: Listen,
}

/// `[metrics]`: `/metrics`, `/healthz` and `/readyz`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MetricsSection {
    /// `off`, `IP:PORT`, or a port alone, which means the loopback interface.
    pub addr: Listen,
}

/// The address if no two of the sections would take the same port.
pub(super) fn problems(
    http: &HttpSection,
    admin: &AdminSection,
    metrics: &MetricsSection,
    found: &mut Vec<String>,
) {
    let taken = [
        ("http.addr", Some(http.addr)),
        ("admin.addr", admin.addr.addr()),
        ("metrics.addr", metrics.addr.addr()),
    ];
    for (place, (key, addr)) in taken.iter().enumerate() {
        let Some(addr) = addr.filter(|addr| addr.port() != 0) else {
            continue;
        };
        for (other_key, other) in taken.iter().skip(place + 1) {
            if *other == Some(addr) {
                found.push(format!(
                    "{key} and {other_key}: expected different addresses, got {addr} for both"
                ));
            }
        }
    }
}
