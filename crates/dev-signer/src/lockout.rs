//! Addresses with failed tokens: after so many, everything from there is refused for a while, valid tokens too.

use std::{
    collections::HashMap,
    net::IpAddr,
    time::{Duration, Instant},
};

/// Addresses remembered; on a development machine there is one.
const MAX_ADDRESSES: usize = 1_024;

#[derive(Debug)]
pub(crate) struct Lockout {
    limit: u32,
    timeout: Duration,
    failures: HashMap<IpAddr, (u32, Instant)>,
}

impl Lockout {
    pub(crate) fn new(limit: u32, timeout: Duration) -> Self {
        Self {
            limit,
            timeout,
            failures: HashMap::new(),
        }
    }

    /// How long `address` is still locked out, if it is.
    pub(crate) fn left(&mut self, address: IpAddr, now: Instant) -> Option<Duration> {
        let (count, last) = *self.failures.get(&address)?;
        let since = now.saturating_duration_since(last);
        if since > self.timeout {
            self.failures.remove(&address);
            return None;
        }
        (count >= self.limit).then(|| self.timeout.saturating_sub(since))
    }

    /// Counts a failure; successes take none away.
    pub(crate) fn failed(&mut self, address: IpAddr, now: Instant) {
        let timeout = self.timeout;
        if self.failures.len() >= MAX_ADDRESSES {
            self.failures
                .retain(|_, (_, last)| now.saturating_duration_since(*last) <= timeout);
        }
        if self.failures.len() < MAX_ADDRESSES || self.failures.contains_key(&address) {
            let (count, last) = self.failures.entry(address).or_insert((0, now));
            *count = count.saturating_add(1);
            *last = now;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    #[test]
    fn the_lock_out_begins_with_the_limit_and_ends_after_the_last_failure() {
        let timeout = Duration::from_secs(300);
        let mut lockout = Lockout::new(3, timeout);
        let start = Instant::now();
        for n in 0..3 {
            assert_eq!(lockout.left(HERE, start), None, "after {n} failures");
            lockout.failed(HERE, start + Duration::from_secs(n));
        }
        let at = start + Duration::from_secs(100);
        assert_eq!(lockout.left(HERE, at), Some(Duration::from_secs(202)));
        let elsewhere = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));
        assert_eq!(lockout.left(elsewhere, at), None);
        assert_eq!(lockout.left(HERE, start + Duration::from_secs(303)), None);
        // Forgotten: it takes three again.
        lockout.failed(HERE, start + Duration::from_secs(304));
        assert_eq!(lockout.left(HERE, start + Duration::from_secs(305)), None);
    }

    #[test]
    fn a_limit_of_zero_locks_out_after_the_first_failure_and_not_before() {
        let mut lockout = Lockout::new(0, Duration::from_secs(10));
        let now = Instant::now();
        assert_eq!(lockout.left(HERE, now), None);
        lockout.failed(HERE, now);
        assert!(lockout.left(HERE, now).is_some());
    }
}
