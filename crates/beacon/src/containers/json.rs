//! Lists of integers as the Beacon API writes them: an array of decimal strings.

use core::{fmt::Display, str::FromStr};

use serde::{Deserialize, Deserializer, Serializer, de::Error, ser::SerializeSeq};

/// Writes any collection of integers as an array of decimal strings.
pub fn serialize<'a, S, C, T>(integers: &'a C, serializer: S) -> Result<S::Ok, S::Error>
where
    S: Serializer,
    &'a C: IntoIterator<Item = &'a T>,
    T: Display + 'a,
{
    let mut sequence = serializer.serialize_seq(None)?;
    for integer in integers {
        sequence.serialize_element(&integer.to_string())?;
    }
    sequence.end()
}

/// Reads an array of decimal strings into a collection that may refuse its length.
pub fn deserialize<'de, D, C, T>(deserializer: D) -> Result<C, D::Error>
where
    D: Deserializer<'de>,
    C: ssz::TryFromIter<T>,
    T: FromStr<Err: Display>,
{
    let texts = Vec::<String>::deserialize(deserializer)?;
    let integers = texts
        .iter()
        .map(|text| text.parse::<T>().map_err(D::Error::custom))
        .collect::<Result<Vec<_>, _>>()?;
    C::try_from_iter(integers).map_err(|refusal| D::Error::custom(format!("{refusal:?}")))
}
