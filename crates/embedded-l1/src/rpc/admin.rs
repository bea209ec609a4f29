//! `l1_…`: scripts the chain over JSON-RPC. Parameters are positional JSON; numbers are plain or `0x…`.

use alloy_primitives::U64;
use forebond_rpc::{
    invalid_params,
    jsonrpsee::{
        RpcModule,
        server::RegisterMethodError,
        types::{ErrorObjectOwned, Params},
    },
    server_error,
};
use serde::de::DeserializeOwned;

use crate::script::{Action, Control, Reorg, ScriptError, Status};

type Answer<T> = Result<T, ErrorObjectOwned>;

fn args<T: DeserializeOwned>(params: &Params<'_>, expected: &str) -> Answer<T> {
    params
        .parse::<T>()
        .map_err(|error| invalid_params(format!("expected {expected}: {error}")))
}

#[allow(clippy::needless_pass_by_value, reason = "a function for map_err")]
fn refused(error: ScriptError) -> ErrorObjectOwned {
    server_error(error.to_string())
}

/// The methods:
/// `l1_status []`, `l1_advanceSlots [count]`, `l1_skipSlot [slot or nothing]`, `l1_reorg [depth or {depth, missFirst,
/// withTransactions}]`, `l1_plan [slot, action]`, `l1_stall []`, `l1_resume []`, `l1_setAttestingPercent [percent]`,
/// `l1_hideBlobs [slot]`, `l1_showBlobs [slot]`.
///
/// Whoever reaches them owns the chain: bind the server to this machine.
///
/// # Errors
/// When a method is registered twice, which is a mistake in this file.
pub fn admin_module(control: Control) -> Result<RpcModule<Control>, RegisterMethodError> {
    let mut module = RpcModule::new(control);
    module.register_method("l1_status", |params, control, _| -> Answer<Status> {
        args::<[(); 0]>(&params, "no parameters").or_else(|error| {
            // Absent parameters are no parameters.
            params.as_str().is_none().then_some([]).ok_or(error)
        })?;
        Ok(control.status())
    })?;
    module.register_blocking_method("l1_advanceSlots", |params, control, _| {
        let [count]: [U64; 1] = args(&params, "[number of slots]")?;
        control.advance_slots(count.to()).map_err(refused) as Answer<Status>
    })?;
    module.register_method("l1_skipSlot", |params, control, _| -> Answer<U64> {
        let slots: Vec<U64> = match params.as_str() {
            None => Vec::new(),
            Some(_) => args(&params, "[slot] or nothing for the next one")?,
        };
        match slots.as_slice() {
            [] => control.skip_next_slot().map(U64::from).map_err(refused),
            [slot] => control
                .plan(slot.to(), Action::Skip)
                .map(|()| *slot)
                .map_err(refused),
            more => Err(invalid_params(format!(
                "expected one slot at most, got {}",
                more.len()
            ))),
        }
    })?;
    module.register_blocking_method("l1_reorg", |params, control, _| {
        #[derive(serde::Deserialize)]
        #[serde(untagged)]
        enum Wanted {
            Depth(U64),
            Reorg(Reorg),
        }
        let [wanted]: [Wanted; 1] =
            args(&params, "[depth] or [{depth, missFirst, withTransactions}]")?;
        match wanted {
            Wanted::Depth(depth) => control.reorg(depth.to()),
            Wanted::Reorg(reorg) => control.reorg_as(reorg),
        }
        .map_err(refused) as Answer<Status>
    })?;
    module.register_method("l1_plan", |params, control, _| -> Answer<bool> {
        let (slot, action): (U64, Action) = args(&params, "[slot, action]")?;
        control.plan(slot.to(), action).map_err(refused)?;
        Ok(true)
    })?;
    module.register_method("l1_stall", |_, control, _| {
        control.stall();
        true
    })?;
    module.register_method("l1_resume", |_, control, _| {
        control.resume();
        true
    })?;
    module.register_method(
        "l1_setAttestingPercent",
        |params, control, _| -> Answer<bool> {
            let [percent]: [u8; 1] = args(&params, "[percent, 0 to 100]")?;
            control.set_attesting_percent(percent).map_err(refused)?;
            Ok(true)
        },
    )?;
    module.register_method("l1_hideBlobs", |params, control, _| -> Answer<bool> {
        let [slot]: [U64; 1] = args(&params, "[slot]")?;
        control.hide_blobs(slot.to()).map_err(refused)?;
        Ok(true)
    })?;
    module.register_method("l1_showBlobs", |params, control, _| -> Answer<bool> {
        let [slot]: [U64; 1] = args(&params, "[slot]")?;
        control.show_blobs(slot.to()).map_err(refused)?;
        Ok(true)
    })?;
    Ok(module)
}
