use std::{collections::HashMap, sync::LazyLock};

use alloy_dyn_abi::{DynSolType, DynSolValue};
use alloy_json_abi::Error as AbiError;
use alloy_primitives::{FixedBytes, hex};

use crate::artifact::artifacts;

static ERRORS: LazyLock<HashMap<FixedBytes<4>, &'static AbiError>> = LazyLock::new(|| {
    artifacts()
        .iter()
        .flat_map(|artifact| artifact.abi.errors())
        .map(|error| (error.selector(), error))
        .collect()
});

/// A revert's data in words: `WrongGateway(expected: 1, got: 2)`. Unknown errors are shown as hex.
pub fn explain(data: &[u8]) -> String {
    let Some((selector, rest)) = data.split_first_chunk::<4>() else {
        return "reverted without a reason".to_owned();
    };
    let selector = FixedBytes::from(*selector);
    let Some(error) = ERRORS.get(&selector) else {
        return format!("reverted with 0x{}", hex::encode(data));
    };
    let types: Option<Vec<DynSolType>> = error
        .inputs
        .iter()
        .map(|input| input.selector_type().parse().ok())
        .collect();
    let decoded = types.and_then(|types| {
        DynSolType::Tuple(types)
            .abi_decode_params(rest)
            .ok()
            .and_then(|value| match value {
                DynSolValue::Tuple(values) => Some(values),
                _ => None,
            })
    });
    let Some(values) = decoded else {
        return format!("{} (0x{})", error.name, hex::encode(rest));
    };
    let words: Vec<_> = error
        .inputs
        .iter()
        .zip(&values)
        .map(|(input, value)| format!("{}: {}", input.name, word(value)))
        .collect();
    format!("{}({})", error.name, words.join(", "))
}

fn word(value: &DynSolValue) -> String {
    match value {
        DynSolValue::Bool(flag) => flag.to_string(),
        DynSolValue::Uint(number, _) => number.to_string(),
        DynSolValue::Int(number, _) => number.to_string(),
        DynSolValue::Address(address) => address.to_string(),
        DynSolValue::FixedBytes(bytes, size) => {
            format!("0x{}", hex::encode(bytes.get(..*size).unwrap_or_default()))
        }
        DynSolValue::Bytes(bytes) => format!("0x{}", hex::encode(bytes)),
        DynSolValue::String(text) => format!("{text:?}"),
        DynSolValue::Array(items) | DynSolValue::FixedArray(items) | DynSolValue::Tuple(items) => {
            let items: Vec<_> = items.iter().map(word).collect();
            format!("[{}]", items.join(", "))
        }
        DynSolValue::Function(function) => function.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bindings::Inbox;
    use alloy_sol_types::SolError;

    #[test]
    fn an_error_of_ours_is_named_with_its_values() {
        let data = Inbox::WrongGateway {
            expected: 1,
            got: 2,
        }
        .abi_encode();
        assert_eq!(explain(&data), "WrongGateway(expected: 1, got: 2)");
    }

    #[test]
    fn strange_data_is_shown_and_never_breaks() {
        assert_eq!(explain(&[]), "reverted without a reason");
        assert_eq!(explain(&[1, 2, 3, 4]), "reverted with 0x01020304");
        let cut = &Inbox::WrongGateway {
            expected: 1,
            got: 2,
        }
        .abi_encode()[..20];
        assert!(explain(cut).starts_with("WrongGateway (0x"));
    }
}
