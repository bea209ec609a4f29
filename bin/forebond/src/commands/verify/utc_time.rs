//! Unix time in words, without a calendar library.

const DAY_S: u64 = 86_400;
/// Days from 0000-03-01 to 1970-01-01 in the Gregorian calendar.
const EPOCH_DAYS: u64 = 719_468;
/// Days in the 400 years after which the calendar repeats.
const ERA_DAYS: u64 = 146_097;

/// `2026-11-21 04:24:53.123 UTC` for Unix milliseconds.
pub(in crate::commands) fn utc(unix_ms: u64) -> String {
    let (unix_s, ms) = (unix_ms / 1000, unix_ms % 1000);
    let (year, month, day) = date(unix_s / DAY_S);
    let second = unix_s % DAY_S;
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}.{ms:03} UTC")
}

/// The civil date of a day since 1970-01-01. Years are counted from March, so that the leap day is
/// the last day of a year and months have fixed offsets.
const fn date(unix_day: u64) -> (u64, u64, u64) {
    let days = unix_day + EPOCH_DAYS;
    let (era, day_of_era) = (days / ERA_DAYS, days % ERA_DAYS);
    let leaps = day_of_era / 1_460 - day_of_era / 36_524 + day_of_era / 146_096;
    let year_of_era = (day_of_era - leaps) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 {
        march_month + 3
    } else {
        march_month - 9
    };
    let year = era * 400 + year_of_era + if month <= 2 { 1 } else { 0 };
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_moments_have_their_dates() {
        assert_eq!(utc(0), "1970-01-01 00:00:00.000 UTC");
        assert_eq!(utc(951_782_399_999), "2000-02-28 23:59:59.999 UTC");
        assert_eq!(utc(951_782_400_000), "2000-02-29 00:00:00.000 UTC");
        assert_eq!(utc(1_704_067_199_000), "2023-12-31 23:59:59.000 UTC");
        assert_eq!(utc(4_107_542_400_001), "2100-03-01 00:00:00.001 UTC");
        assert!(utc(u64::MAX).ends_with(" UTC"));
    }

    #[test]
    fn every_day_of_four_centuries_follows_the_one_before() {
        let mut last = date(0);
        for day in 1..=ERA_DAYS {
            let (year, month, number) = date(day);
            let next_day = (year, month) == (last.0, last.1) && number == last.2 + 1;
            let next_month = year == last.0 && month == last.1 + 1 && number == 1 && last.2 >= 28;
            let next_year =
                (year, month, number) == (last.0 + 1, 1, 1) && (last.1, last.2) == (12, 31);
            assert!(
                next_day || next_month || next_year,
                "{last:?} {:?}",
                (year, month, number)
            );
            last = (year, month, number);
        }
        assert_eq!(last, (2370, 1, 1));
    }
}
