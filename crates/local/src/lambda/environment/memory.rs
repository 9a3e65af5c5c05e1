//! How much memory a process has held, as the system reports it.

/// The most that the process has held at once, in bytes; `None` where the system does not report it, or the
/// process is gone.
///
/// Its children are not included.
pub(crate) fn held_bytes_max(process_id: u32) -> Option<u64> {
    if !cfg!(target_os = "linux") {
        return None;
    }
    let status = std::fs::read_to_string(format!("/proc/{process_id}/status")).ok()?;
    parsed(&status)
}

fn parsed(status: &str) -> Option<u64> {
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = peak.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(status: &str, expected: Option<u64>) {
        assert_eq!(parsed(status), expected);
    }

    #[test]
    fn the_peak_is_read_out_of_the_status() {
        check("Name:\tx\nVmPeak:\t  900 kB\nVmHWM:\t    2048 kB\nVmRSS:\t 12 kB\n", Some(2 * 1024 * 1024));
        check("Name:\tx\nState:\tZ (zombie)\n", None);
    }
}
