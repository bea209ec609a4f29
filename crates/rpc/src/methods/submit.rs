//! The two calls that matter: a raw transaction in, its hash or its promised receipt out.
//!
//! They are the hot path: the hex is decoded once, straight from the request into the bytes the pool keeps.

use std::time::Duration;

use alloy_primitives::{B256, Bytes, U64};
use jsonrpsee::{RpcModule, server::RegisterMethodError, types::Params};
use serde::Deserialize;

use super::context::{Answer, Context};
use crate::{
    chain::{Chain, Family, WaitOutcome},
    refusals::{invalid_params, not_promised_in_time, refused_sync},
};

/// Parameters of `eth_sendRawTransactionSync` (EIP-7966).
#[derive(Deserialize)]
struct WaitParams {
    raw: Bytes,
    #[serde(default)]
    wait_ms: Option<U64>,
}

fn decode<'a, T: Deserialize<'a>>(params: &'a Params<'_>, expected: &str) -> Answer<T> {
    let json = params.as_str().filter(|json| json.starts_with('['));
    let json =
        json.ok_or_else(|| invalid_params(format!("expected parameters as an array: {expected}")))?;
    serde_json::from_str(json)
        .map_err(|error| invalid_params(format!("expected {expected}: {error}")))
}

/// The wait asked for; what is no positive number up to the maximum counts as not asked (EIP-7966).
fn wait_ms(asked: Option<U64>, default_ms: u64, max_ms: u64) -> u64 {
    asked
        .map(|asked| asked.to::<u64>())
        .filter(|asked| (1..=max_ms).contains(asked))
        .unwrap_or(default_ms)
}

pub(super) fn register<C: Chain>(
    module: &mut RpcModule<Context<C>>,
) -> Result<(), RegisterMethodError> {
    module.register_async_method("eth_sendRawTransaction", |params, context, _| async move {
        let [raw]: [Bytes; 1] = decode(&params, "[raw transaction]")?;
        context.chain.submit(raw).await.map_err(Into::into) as Answer<B256>
    })?;
    module.register_async_method(
        "eth_sendRawTransactionSync",
        |params, context, _| async move {
            let WaitParams {
                raw,
                wait_ms: asked,
            } = decode(&params, "[raw transaction, milliseconds to wait]")?;
            let wait_ms = wait_ms(
                asked,
                context.config.sync_wait_ms,
                context.config.max_sync_wait_ms,
            );
            let outcome = context
                .chain
                .submit_and_wait(raw, Duration::from_millis(wait_ms))
                .await
                .map_err(refused_sync)?;
            match outcome {
                WaitOutcome::Promised(placed) => Ok(C::Family::receipt_json(
                    &placed.transaction,
                    placed.block_hash,
                )),
                WaitOutcome::StillWaiting { hash } => Err(not_promised_in_time(hash, wait_ms)),
            }
            .map(Box::new) as Answer<Box<<C::Family as Family>::ReceiptJson>>
        },
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unusable_wait_counts_as_not_asked() {
        assert_eq!(wait_ms(None, 2_000, 60_000), 2_000);
        assert_eq!(wait_ms(Some(U64::from(1)), 2_000, 60_000), 1);
        assert_eq!(wait_ms(Some(U64::from(60_000)), 2_000, 60_000), 60_000);
        assert_eq!(wait_ms(Some(U64::ZERO), 2_000, 60_000), 2_000);
        assert_eq!(wait_ms(Some(U64::MAX), 2_000, 60_000), 2_000);
    }

    #[test]
    fn raw_transactions_are_decoded_strictly() {
        let raw = |json: &str| {
            decode::<[Bytes; 1]>(&Params::new(Some(json)), "[raw transaction]").map(|[raw]| raw)
        };
        assert_eq!(raw("[\"0x02ff\"]").unwrap(), Bytes::from_static(&[2, 255]));
        for bad in [
            "[]",
            "[\"0x02f\"]",
            "[\"zz\"]",
            "[\"0x02\",\"0x03\"]",
            "[2]",
            "{\"raw\":\"0x02\"}",
            "[null]",
        ] {
            assert_eq!(raw(bad).unwrap_err().code(), -32602, "{bad}");
        }
        let wait = |json: &str| {
            decode::<WaitParams>(&Params::new(Some(json)), "[raw transaction]")
                .map(|params| params.wait_ms)
        };
        assert_eq!(wait("[\"0x02\"]").unwrap(), None);
        assert_eq!(wait("[\"0x02\",5000]").unwrap(), Some(U64::from(5_000)));
        assert_eq!(
            wait("[\"0x02\",\"0x1388\"]").unwrap(),
            Some(U64::from(5_000))
        );
        for bad in [
            "[\"0x02\",-1]",
            "[\"0x02\",1,2]",
            "{\"raw\":\"0x02\"}",
            "[]",
        ] {
            assert_eq!(wait(bad).unwrap_err().code(), -32602, "{bad}");
        }
    }
}
