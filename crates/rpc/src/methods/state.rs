//! Reads of one account: balance, nonce, code, storage, proof.

use std::time::Duration;

use alloy_eips::{BlockId, BlockNumberOrTag};
use alloy_primitives::{Address, B256, Bytes, U64, U256};
use alloy_serde::JsonStorageKey;
use jsonrpsee::{RpcModule, server::RegisterMethodError};

use super::context::{Answer, Context, HeavyAnswer};
use crate::{
    args::Args,
    chain::{Chain, ReadError, Snapshot},
    refusals::invalid_params,
};

/// Storage slots one `eth_getProof` may ask for.
const MAX_PROOF_SLOTS: usize = 1_024;
/// How often, and how far apart, the newest block is looked at until it can be proven.
const PROOF_LOOKS: u32 = 25;
const PROOF_LOOK: Duration = Duration::from_millis(20);

pub(super) fn register<C: Chain>(
    module: &mut RpcModule<Context<C>>,
) -> Result<(), RegisterMethodError> {
    module.register_method("eth_getBalance", |params, context, _| -> Answer<U256> {
        let mut args = Args::of(&params)?;
        let (address, block) = (args.required("address")?, args.optional("block")?);
        args.finish()?;
        Ok(context.state(block)?.account(address)?.balance_wei)
    })?;
    module.register_method(
        "eth_getTransactionCount",
        |params, context, _| -> Answer<U64> {
            let mut args = Args::of(&params)?;
            let (address, block): (Address, Option<BlockId>) =
                (args.required("address")?, args.optional("block")?);
            args.finish()?;
            // `pending` is the nonce to sign with: after what waits in the pool, too.
            let nonce = match block {
                Some(BlockId::Number(BlockNumberOrTag::Pending)) => {
                    context.chain.next_nonce(address)?
                }
                block => context.state(block)?.account(address)?.nonce,
            };
            Ok(U64::from(nonce))
        },
    )?;
    module.register_method("eth_getCode", |params, context, _| -> Answer<Bytes> {
        let mut args = Args::of(&params)?;
        let (address, block) = (args.required("address")?, args.optional("block")?);
        args.finish()?;
        Ok(context.state(block)?.code(address)?)
    })?;
    module.register_method("eth_getStorageAt", |params, context, _| -> Answer<B256> {
        let mut args = Args::of(&params)?;
        let (address, slot, block) = (
            args.required("address")?,
            args.required::<JsonStorageKey>("slot")?,
            args.optional("block")?,
        );
        args.finish()?;
        let word = context
            .state(block)?
            .storage(address, slot.as_b256().into())?;
        Ok(B256::from(word))
    })?;
    module.register_async_method("eth_getProof", |params, context, _| async move {
        let request = || -> Answer<_> {
            let mut args = Args::of(&params)?;
            let request: (Address, Vec<JsonStorageKey>, Option<BlockId>) = (
                args.required("address")?,
                args.required("slots")?,
                args.optional("block")?,
            );
            args.finish()?;
            if request.1.len() > MAX_PROOF_SLOTS {
                let got = request.1.len();
                return Err(invalid_params(format!(
                    "too many slots: expected at most {MAX_PROOF_SLOTS}, got {got}; ask in pieces"
                )));
            }
            Ok(request)
        };
        let (address, slots, block) = request()?;
        let answer: HeavyAnswer = context
            .on_blocking_thread(move |context| {
                let slots: Vec<B256> = slots.iter().map(JsonStorageKey::as_b256).collect();
                let newest = matches!(
                    block,
                    None | Some(BlockId::Number(BlockNumberOrTag::Latest))
                );
                for _ in 0..PROOF_LOOKS {
                    match context.state(block)?.proof(address, &slots) {
                        // For a moment the trie is a block ahead of the newest one that everybody may see.
                        Err(ReadError::NoProofs) if newest => std::thread::sleep(PROOF_LOOK),
                        proof => return Ok(proof?),
                    }
                }
                Err(ReadError::NoProofs.into())
            })
            .await;
        answer
    })?;
    Ok(())
}
