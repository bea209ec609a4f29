//! Durations on the command line.

use std::time::Duration;

/// Reads a whole number with its unit: `200ms`, `1s`, `2m`.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    let digits_end = text
        .find(|character: char| !character.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(digits_end);
    let unit_ms = match unit {
        "ms" => Some(1),
        "s" => Some(1_000),
        "m" => Some(60_000),
        _ => None,
    };
    let number: Option<u64> = number.parse().ok();
    let duration_ms = number
        .zip(unit_ms)
        .and_then(|(number, unit)| number.checked_mul(unit));
    duration_ms
        .map(Duration::from_millis)
        .ok_or_else(|| "expected a whole number with its unit, such as 200ms, 1s or 2m".to_owned())
}

/// As [`parse`], in whole seconds.
pub(crate) fn parse_whole_seconds(text: &str) -> Result<u64, String> {
    let duration = parse(text)?;
    if duration.subsec_nanos() != 0 {
        return Err(
            "the block time is a whole number of seconds (an OP Stack rule), such as 1s".into(),
        );
    }
    Ok(duration.as_secs())
}

/// As [`parse`], in milliseconds.
pub(crate) fn parse_ms(text: &str) -> Result<u64, String> {
    Ok(u64::try_from(parse(text)?.as_millis()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_a_number_with_its_unit() {
        assert_eq!(parse_ms("200ms"), Ok(200));
        assert_eq!(parse_ms("0ms"), Ok(0));
        assert_eq!(parse_whole_seconds("1s"), Ok(1));
        assert_eq!(parse_whole_seconds("2000ms"), Ok(2));
        assert_eq!(parse_whole_seconds("2m"), Ok(120));
        for text in [
            "",
            "1",
            "s",
            "1.5s",
            "-1s",
            "1 s",
            "1h",
            "99999999999999999999s",
            "18446744073709551615m",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_block_time_below_a_second_is_refused_with_the_reason() {
        assert!(
            parse_whole_seconds("500ms")
                .unwrap_err()
                .contains("OP Stack")
        );
    }
}
