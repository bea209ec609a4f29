use std::sync::Arc;

use forebond_rpc::jsonrpsee::{RpcModule, server::RegisterMethodError};
use parking_lot::Mutex;

use crate::{now_ms, quality::Quality};

/// The method `forebond_getGatewayQuality`: how well each gateway serves, as this watcher has seen it from public data.
///
/// # Errors
/// A method of that name is registered already: a defect.
pub fn quality_methods(
    quality: Arc<Mutex<Quality>>,
) -> Result<RpcModule<Arc<Mutex<Quality>>>, RegisterMethodError> {
    let mut module = RpcModule::new(quality);
    module.register_method("forebond_getGatewayQuality", |_, quality, _| {
        quality.lock().figures(now_ms())
    })?;
    Ok(module)
}
