use alloy_primitives::Address;
use forebond_types::Domain;
use std::str::FromStr;

/// A signature domain on the command line: `CHAIN_ID:ADDRESS`.
#[derive(Clone, Copy, Debug)]
pub(super) struct DomainArg(pub(super) Domain);

impl FromStr for DomainArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once(':').and_then(|(chain, inbox)| {
            Some((chain.parse::<u64>().ok()?, inbox.parse::<Address>().ok()?))
        });
        parts.map(|(l1_chain_id, inbox)| Self(Domain { l1_chain_id, inbox })).ok_or_else(|| {
            "expected the L1's chain id and the Inbox's address, such as 1:0x00000000000000000000000000000000000000aa".into()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_is_a_chain_id_and_an_address() {
        let domain: DomainArg = "5:0x00000000000000000000000000000000000000aa"
            .parse()
            .unwrap();
        assert_eq!(
            (domain.0.l1_chain_id, domain.0.inbox),
            (5, Address::left_padding_from(&[0xaa]))
        );
        for text in [
            "",
            "5",
            "5:",
            "x:0x00000000000000000000000000000000000000aa",
            "5:0xaa",
        ] {
            assert!(text.parse::<DomainArg>().is_err(), "{text}");
        }
    }
}
