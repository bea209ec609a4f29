use alloy_primitives::Address;
use forebond_net::{Judge, Judgement, Unusable};
use forebond_settlement::Settlement;
use forebond_types::Envelope;

/// Lets through what any gateway of the rollup signed; whose turn it is, the follower decides with the base at hand.
#[derive(Debug)]
pub(super) struct KnownSigners {
    pub(super) settlement: Settlement,
}

impl Judge for KnownSigners {
    fn judge(&self, _envelope: &Envelope, signer: Address) -> Judgement {
        let book = self.settlement.windows();
        let known = book
            .gateways
            .values()
            .flat_map(|gateway| gateway.epochs.values())
            .filter_map(|epoch| epoch.committers.as_ref())
            .any(|set| set.members.contains(&signer));
        if known {
            Judgement::Accept
        } else {
            Judgement::Ignore(Unusable::UnknownSigner)
        }
    }
}
