//! Positional parameters, decoded strictly: wrong types, missing and surplus ones are refused by name.

use jsonrpsee::types::{ErrorObjectOwned, Params};
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::refusals::invalid_params;

/// The parameters of one request, taken one after the other.
#[derive(Debug)]
pub(crate) struct Args<'a> {
    values: std::vec::IntoIter<&'a RawValue>,
    taken: usize,
}

impl<'a> Args<'a> {
    /// Splits the parameters; absent ones are an empty list.
    ///
    /// # Errors
    /// -32602 when they are no array.
    pub(crate) fn of(params: &'a Params<'_>) -> Result<Self, ErrorObjectOwned> {
        let values = match params.as_str() {
            None | Some("") => Vec::new(),
            Some(json) => serde_json::from_str::<Vec<&RawValue>>(json).map_err(|_| {
                invalid_params("expected parameters as an array; pass them by position")
            })?,
        };
        Ok(Self {
            values: values.into_iter(),
            taken: 0,
        })
    }

    /// The next parameter.
    ///
    /// # Errors
    /// -32602 when it is missing, null or not a `T`.
    pub(crate) fn required<T: DeserializeOwned>(
        &mut self,
        name: &str,
    ) -> Result<T, ErrorObjectOwned> {
        let position = self.taken;
        self.optional(name)?.ok_or_else(|| {
            invalid_params(format!(
                "missing value for required argument {position} ({name})"
            ))
        })
    }

    /// The next parameter, `None` when it is absent or null.
    ///
    /// # Errors
    /// -32602 when it is there but not a `T`.
    pub(crate) fn optional<T: DeserializeOwned>(
        &mut self,
        name: &str,
    ) -> Result<Option<T>, ErrorObjectOwned> {
        let position = self.taken;
        self.taken = self.taken.saturating_add(1);
        match self.values.next() {
            None => Ok(None),
            Some(value) if value.get() == "null" => Ok(None),
            Some(value) => serde_json::from_str(value.get())
                .map(Some)
                .map_err(|error| {
                    invalid_params(format!("invalid argument {position} ({name}): {error}"))
                }),
        }
    }

    /// Ends the list.
    ///
    /// # Errors
    /// -32602 when parameters are left.
    pub(crate) fn finish(self) -> Result<(), ErrorObjectOwned> {
        let (taken, left) = (self.taken, self.values.len());
        if left == 0 {
            return Ok(());
        }
        Err(invalid_params(format!(
            "too many arguments, want at most {taken}, got {}",
            taken.saturating_add(left)
        )))
    }
}

#[cfg(test)]
mod tests {
    use alloy_primitives::Address;

    use super::*;

    fn two(json: Option<&str>) -> Result<(Address, Option<u64>), String> {
        let params = Params::new(json);
        let parse = || {
            let mut args = Args::of(&params)?;
            let taken = (
                args.required::<Address>("address")?,
                args.optional::<u64>("count")?,
            );
            args.finish().map(|()| taken)
        };
        parse().map_err(|error: ErrorObjectOwned| {
            assert_eq!(error.code(), -32602);
            error.message().to_owned()
        })
    }

    #[test]
    fn parameters_are_taken_in_order_and_null_is_absent() {
        let zero = format!("\"{}\"", Address::ZERO);
        assert_eq!(
            two(Some(&format!("[{zero},5]"))),
            Ok((Address::ZERO, Some(5)))
        );
        assert_eq!(
            two(Some(&format!("[ {zero} , null ]"))),
            Ok((Address::ZERO, None))
        );
        assert_eq!(two(Some(&format!("[{zero}]"))), Ok((Address::ZERO, None)));
    }

    #[test]
    fn what_is_missing_surplus_or_of_a_wrong_type_is_refused_by_name() {
        let zero = format!("\"{}\"", Address::ZERO);
        for (json, words) in [
            (None, "missing value for required argument 0 (address)"),
            (
                Some("[]"),
                "missing value for required argument 0 (address)",
            ),
            (
                Some("[null]"),
                "missing value for required argument 0 (address)",
            ),
            (Some("[\"0x12\"]"), "invalid argument 0 (address)"),
            (Some("{\"address\":1}"), "by position"),
            (Some("7"), "by position"),
        ] {
            let message = two(json).unwrap_err();
            assert!(message.contains(words), "{json:?}: {message}");
        }
        assert!(
            two(Some(&format!("[{zero},\"x\"]")))
                .unwrap_err()
                .contains("invalid argument 1 (count)")
        );
        assert!(
            two(Some(&format!("[{zero},1,2,3]")))
                .unwrap_err()
                .contains("want at most 2, got 4")
        );
    }
}
