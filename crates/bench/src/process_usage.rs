//! What a process on this machine uses, from `/proc`.

use eyre::WrapErr;
use std::time::Duration;

/// Ticks per second of the CPU times in `/proc` (`USER_HZ`, 100 on every Linux in use).
const TICKS_PER_S: u64 = 100;

/// CPU time of a process and its threads so far, user and system, to 10 ms.
pub(crate) fn cpu_time(pid: &str) -> eyre::Result<Duration> {
    let path = format!("/proc/{pid}/stat");
    let stat =
        std::fs::read_to_string(&path).wrap_err_with(|| format!("{path}: no such process"))?;
    let ticks = cpu_ticks(&stat).ok_or_else(|| eyre::eyre!("{path} has an unexpected shape"))?;
    Ok(Duration::from_millis(ticks * 1_000 / TICKS_PER_S))
}

/// Resident memory in KiB.
pub(crate) fn resident_kib(pid: &str) -> eyre::Result<u64> {
    let path = format!("/proc/{pid}/status");
    let status =
        std::fs::read_to_string(&path).wrap_err_with(|| format!("{path}: no such process"))?;
    resident(&status).ok_or_else(|| eyre::eyre!("{path} has no VmRSS"))
}

/// Fields 14 and 15 of proc_pid_stat(5). The name before them may hold spaces and parentheses.
fn cpu_ticks(stat: &str) -> Option<u64> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut times = after_name.split_whitespace().skip(11);
    let user: u64 = times.next()?.parse().ok()?;
    let system: u64 = times.next()?.parse().ok()?;
    Some(user + system)
}

fn resident(status: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_found_behind_a_name_with_spaces_and_parentheses() {
        let stat = "42 (a) b (c) S 1 2 3 4 5 6 7 8 9 10 700 33 0 0 20 0 5 0 100";
        assert_eq!(cpu_ticks(stat), Some(733));
        assert_eq!(cpu_ticks("nonsense"), None);
    }

    #[test]
    fn the_memory_of_this_process_is_known_and_of_no_process_is_not() {
        assert!(resident_kib("self").unwrap() > 100);
        assert!(cpu_time("self").is_ok());
        let error = cpu_time("4294967295").unwrap_err().to_string();
        assert!(error.contains("no such process"), "{error}");
        assert_eq!(resident("VmPeak: 9 kB\nVmRSS:\t  1234 kB\n"), Some(1234));
    }
}
