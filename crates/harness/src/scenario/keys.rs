//! Validators that their own keys register (R26).

use alloy_primitives::{Address, Bytes, U256};
use eyre::{Result, ensure, eyre};
use forebond_beacon::{
    bls::{SecretKey, interop_key},
    signing::{commit_boost::Chain, registration::signing_root},
};
use forebond_contracts::bindings::ValidatorRegistry;

use super::{
    Stage,
    accounts::Role,
    beacon_proofs,
    posting::hash_of,
    validators::{newest_state, owner_of},
};

/// A validator that nobody has registered; its key is the interop key of its number.
const VALIDATOR: u64 = 9;

/// The key of a validator names an operator: under this chain and the next nonce alone, once, and never against the word of the
/// account it withdraws to.
///
/// # Errors
/// When it is otherwise.
pub async fn a_key_registers_its_validator(stage: &mut Stage) -> Result<()> {
    let operator = Role::OperatorA;
    ensure!(owner_of(VALIDATOR) != operator, "its owner is the operator");
    let proven = newest_state(stage).await?;
    let proof = beacon_proofs::validators(&proven, &[VALIDATOR])?
        .pop()
        .ok_or_else(|| eyre!("no proof"))?;
    let registry = stage.contract("ValidatorRegistry")?;
    let chain = Chain::new(
        stage.constants.genesis_fork_version.0,
        stage.world.execution().chain_id().await?,
    );
    let other_chain = Chain {
        chain_id: chain.chain_id + 1,
        ..chain
    };
    let operator_address = operator.address()?;
    let key = interop_key(VALIDATOR);
    let call = |signer: &SecretKey, chain: &Chain, registry: Address, nonce: u64| {
        let signature = signer.sign(signing_root(chain, operator_address, registry, nonce));
        ValidatorRegistry::registerByKeyCall {
            proof: proof.clone(),
            key: Bytes::copy_from_slice(&signer.public_key().to_eip2537()),
            signature: Bytes::copy_from_slice(&signature.to_eip2537()),
            operator: operator_address,
            nonce,
        }
    };

    // What the contract asks to sign is what a Commit-Boost signer would sign.
    let asked = ValidatorRegistry::signingRootCall {
        operator: operator_address,
        nonce: 0,
    };
    ensure!(
        stage.read("ValidatorRegistry", &asked).await?
            == signing_root(&chain, operator_address, registry, 0),
        "contract and signer disagree about what is signed"
    );
    let mut signed_for_nonce_1 = call(&key, &chain, registry, 1);
    signed_for_nonce_1.nonce = 0;
    let mut of_another_index = call(&key, &chain, registry, 0);
    of_another_index.proof.validatorIndex += 2;
    let mut one_level_higher = call(&key, &chain, registry, 0);
    one_level_higher.proof.branch.remove(0);
    let mut of_another_owner = call(&key, &chain, registry, 0);
    of_another_owner.proof.withdrawalCredentials = hash_of("somebody else");
    let refusals = [
        (call(&key, &chain, registry, 1), "WrongNonce"),
        (signed_for_nonce_1, "InvalidSignature"),
        (call(&key, &other_chain, registry, 0), "InvalidSignature"),
        (call(&key, &chain, Address::ZERO, 0), "InvalidSignature"),
        (
            call(&interop_key(VALIDATOR + 1), &chain, registry, 0),
            "KeyMismatch",
        ),
        (of_another_index, "StateMismatch"),
        (one_level_higher, "BranchLength"),
        (of_another_owner, "StateMismatch"),
    ];
    for (refused, reason) in &refusals {
        stage
            .refused(operator, "ValidatorRegistry", refused, reason)
            .await?;
    }

    let accepted = call(&key, &chain, registry, 0);
    stage
        .refused(
            Role::Deployer,
            "ValidatorRegistry",
            &accepted,
            "OperatorUnwilling",
        )
        .await?;
    let receipt = stage
        .send(operator, "ValidatorRegistry", &accepted, U256::ZERO)
        .await?;
    eprintln!("registerByKey: {} gas", receipt.gas_used);
    named(stage, operator_address, 1).await?;
    stage
        .refused(operator, "ValidatorRegistry", &accepted, "WrongNonce")
        .await?;

    let owner = owner_of(VALIDATOR);
    let by_owner = ValidatorRegistry::registerByWithdrawalAddressCall {
        proof: proof.clone(),
        operator: owner.address()?,
    };
    stage
        .send(owner, "ValidatorRegistry", &by_owner, U256::ZERO)
        .await?;
    named(stage, owner.address()?, 1).await?;
    stage
        .refused(
            operator,
            "ValidatorRegistry",
            &call(&key, &chain, registry, 1),
            "HeldByWithdrawalAddress",
        )
        .await
}

async fn named(stage: &Stage, operator: Address, next_nonce: u64) -> Result<()> {
    let call = ValidatorRegistry::newestCall {
        validatorIndex: VALIDATOR,
    };
    let newest = stage.read("ValidatorRegistry", &call).await?;
    ensure!(
        newest.operator == operator && newest.nextNonce == next_nonce,
        "validator {VALIDATOR} belongs to {}, its next nonce is {}",
        newest.operator,
        newest.nextNonce
    );
    Ok(())
}
