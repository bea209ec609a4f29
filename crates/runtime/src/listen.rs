use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    str::FromStr,
};

/// An optional listening address. Written as `off`, `IP:PORT`, or `PORT` alone, which means the
/// loopback interface; port 0 lets the system choose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Listen {
    /// Not served.
    #[default]
    Off,
    /// Served at this address.
    At(SocketAddr),
}

/// Why a text is no listening address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected off, IP:PORT such as 127.0.0.1:9100, or a port alone, got {got:?}")]
pub struct ListenError {
    got: String,
}

impl Listen {
    /// The address, if there is one.
    pub const fn addr(self) -> Option<SocketAddr> {
        match self {
            Self::Off => None,
            Self::At(addr) => Some(addr),
        }
    }
}

impl FromStr for Listen {
    type Err = ListenError;

    fn from_str(text: &str) -> Result<Self, ListenError> {
        if text == "off" {
            return Ok(Self::Off);
        }
        let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST);
        if let Ok(port) = text.strip_prefix("localhost:").unwrap_or(text).parse() {
            return Ok(Self::At(SocketAddr::new(loopback, port)));
        }
        text.parse().map(Self::At).map_err(|_| ListenError {
            got: text.to_owned(),
        })
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => f.write_str("off"),
            Self::At(addr) => addr.fmt(f),
        }
    }
}

impl Serialize for Listen {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Listen {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_alone_stays_on_the_loopback_interface() {
        let at = |text: &str| text.parse::<Listen>().unwrap().addr().unwrap();
        for text in ["9100", "localhost:9100", "127.0.0.1:9100"] {
            assert_eq!(at(text), "127.0.0.1:9100".parse().unwrap());
        }
        assert_eq!(at("[::1]:0"), "[::1]:0".parse().unwrap());
        assert_eq!("off".parse::<Listen>().unwrap().addr(), None);
    }

    #[test]
    fn an_address_comes_back_from_its_own_text_and_nonsense_is_repeated() {
        for text in ["off", "0.0.0.0:1", "[::1]:2"] {
            assert_eq!(text.parse::<Listen>().unwrap().to_string(), text);
        }
        for text in ["", "on", "127.0.0.1", "host:1", "70000"] {
            assert!(
                text.parse::<Listen>()
                    .unwrap_err()
                    .to_string()
                    .contains(&format!("{text:?}"))
            );
        }
    }
}
