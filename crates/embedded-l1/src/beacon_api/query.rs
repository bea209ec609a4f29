//! The query string: repeated keys and comma-separated values mean the same.

use super::reply::ApiError;

/// Key and value pairs in order.
#[derive(Clone, Debug, Default)]
pub(super) struct QueryPairs(Vec<(String, String)>);

impl QueryPairs {
    pub(super) fn parse(raw: Option<&str>) -> Result<Self, ApiError> {
        raw.unwrap_or_default()
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| {
                let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
                Ok((decode(key)?, decode(value)?))
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// All values of `key`, lists taken apart.
    pub(super) fn all<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(name, _)| name == key)
            .flat_map(|(_, value)| value.split(','))
            .filter(|value| !value.is_empty())
    }

    /// The first value of `key`.
    pub(super) fn first<'a>(&'a self, key: &'a str) -> Option<&'a str> {
        self.all(key).next()
    }
}

/// Percent-decoding; only ASCII is ever asked for.
fn decode(text: &str) -> Result<String, ApiError> {
    let refused = || ApiError::bad_request(format!("query: {text:?} is not percent-encoded text"));
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => {
                let pair = [
                    bytes.next().ok_or_else(refused)?,
                    bytes.next().ok_or_else(refused)?,
                ];
                let pair = core::str::from_utf8(&pair).map_err(|_| refused())?;
                u8::from_str_radix(pair, 16).map_err(|_| refused())?
            }
            b'+' => b' ',
            other => other,
        });
    }
    String::from_utf8(decoded).map_err(|_| refused())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_keys_and_lists_mean_the_same() {
        let query =
            QueryPairs::parse(Some("topics=head,block&x=1&topics=chain%5freorg%2chead")).unwrap();
        assert_eq!(
            query.all("topics").collect::<Vec<_>>(),
            ["head", "block", "chain_reorg", "head"]
        );
        assert_eq!(query.first("x"), Some("1"));
        assert_eq!(query.first("y"), None);
    }

    #[test]
    fn broken_percent_encoding_is_refused() {
        for text in ["a=%", "a=%4", "a=%zz", "a=%ff"] {
            assert!(QueryPairs::parse(Some(text)).is_err(), "{text}");
        }
    }
}
