//! Operations that local validators sign when a script asks for it: leaving, evidence against oneself, joining.

use alloy_primitives::{Address, B256};
use forebond_beacon::{
    bls::SecretKey,
    containers::{
        BeaconBlockHeader, BeaconState, DepositMessage, DepositRequest, ProposerSlashing,
        SignedBeaconBlockHeader, SignedVoluntaryExit, VoluntaryExit,
    },
    preset::Preset,
    signing::domain::{DomainType, compute_domain, signing_root},
};
use tree_hash::TreeHash as _;

use super::{
    access::{domain, validator},
    config::{ChainConfig, constants::ETH1_ADDRESS_WITHDRAWAL_PREFIX},
    error::{Result, TransitionError},
    rules::Rules,
};

/// Two different headers of `index` for the state's slot, both signed: enough to slash it.
pub(super) fn proposer_slashing<P: Preset>(
    rules: Rules<'_>,
    state: &BeaconState<P>,
    index: u64,
) -> Result<ProposerSlashing> {
    let key = validator(state, index)?.pubkey;
    let domain = domain(state, DomainType::BEACON_PROPOSER, state.current_epoch());
    let signed = |body_root| {
        let message = BeaconBlockHeader {
            slot: state.slot,
            proposer_index: index,
            parent_root: state.latest_block_header.parent_root,
            state_root: B256::ZERO,
            body_root,
        };
        let signature = rules
            .keys
            .sign(&key, signing_root(message.tree_hash_root(), domain))
            .ok_or(TransitionError::NoKey { index })?;
        Ok::<_, TransitionError>(SignedBeaconBlockHeader { message, signature })
    };
    Ok(ProposerSlashing {
        signed_header_1: signed(B256::repeat_byte(1))?,
        signed_header_2: signed(B256::repeat_byte(2))?,
    })
}

/// The signed wish of `index` to leave as early as possible.
pub(super) fn voluntary_exit<P: Preset>(
    rules: Rules<'_>,
    state: &BeaconState<P>,
    index: u64,
) -> Result<SignedVoluntaryExit> {
    let key = validator(state, index)?.pubkey;
    let message = VoluntaryExit {
        epoch: state.current_epoch(),
        validator_index: index,
    };
    let domain = compute_domain(
        DomainType::VOLUNTARY_EXIT,
        rules.config.capella_version(),
        state.genesis_validators_root,
    );
    let signature = rules
        .keys
        .sign(&key, signing_root(message.tree_hash_root(), domain))
        .ok_or(TransitionError::NoKey { index })?;
    Ok(SignedVoluntaryExit { message, signature })
}

/// What the deposit contract reports when the holder of `secret` deposits `gwei` with 0x01 credentials.
#[must_use]
pub fn deposit_request(
    config: &ChainConfig,
    secret: &SecretKey,
    withdrawal_address: Address,
    gwei: u64,
    deposit_index: u64,
) -> DepositRequest {
    let mut withdrawal_credentials = withdrawal_address.into_word();
    withdrawal_credentials[0] = ETH1_ADDRESS_WITHDRAWAL_PREFIX;
    let message = DepositMessage {
        pubkey: secret.public_key().to_bytes(),
        withdrawal_credentials,
        amount: gwei,
    };
    let domain = compute_domain(DomainType::DEPOSIT, config.genesis_version(), B256::ZERO);
    let signature = secret
        .sign(signing_root(message.tree_hash_root(), domain))
        .to_bytes();
    DepositRequest {
        pubkey: message.pubkey,
        withdrawal_credentials,
        amount: gwei,
        signature,
        index: deposit_index,
    }
}
