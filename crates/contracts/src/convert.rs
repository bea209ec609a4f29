use alloy_sol_types::SolValue;

/// Two types that do not encode alike.
#[derive(Debug, thiserror::Error)]
#[error("these two types do not have the same ABI encoding: {0}")]
pub struct ConvertError(#[from] alloy_sol_types::Error);

/// Carries a value into another type with the same ABI encoding: the same Solidity struct, bound from another contract.
///
/// # Errors
/// [`ConvertError`] when the encodings differ.
pub fn convert<A: SolValue, B>(value: &A) -> Result<B, ConvertError>
where
    B: SolValue + From<<B::SolType as alloy_sol_types::SolType>::RustType>,
{
    Ok(B::abi_decode(&value.abi_encode())?)
}
