//! The contents of a log tail: the bill, and the objects that were open when a function died.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// A log tail as text; empty where there is none.
pub(super) fn decode_tail(log_result: Option<&str>) -> String {
    let bytes = log_result.and_then(|encoded| STANDARD.decode(encoded).ok()).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Billed milliseconds from the REPORT line.
pub(super) fn billed_ms(tail: &str) -> Option<u64> {
    field(tail, "Billed Duration: ")?.parse().ok()
}

/// Milliseconds that starting the environment took, from the REPORT line of the invocation that started it.
pub(super) fn init_ms(tail: &str) -> Option<u64> {
    let ms: f64 = field(tail, "Init Duration: ")?.parse().ok()?;
    // A value that is no number of milliseconds becomes 0 or the largest one.
    Some(ms.ceil() as u64)
}

fn field<'a>(tail: &'a str, name: &str) -> Option<&'a str> {
    let report = tail.lines().rev().find(|line| line.starts_with("REPORT "))?;
    let (_, value) = report.split_once(name)?;
    value.split_whitespace().next()
}

/// Numbers of the objects that were opened and not done, as far as the tail reaches.
pub(super) fn open_objects(tail: &str) -> Vec<u64> {
    let mut open = BTreeSet::new();
    for line in tail.lines() {
        match line.trim().split_once(' ') {
            Some(("open", n)) => open.extend(n.parse::<u64>().ok()),
            Some(("done", n)) => drop(n.parse::<u64>().is_ok_and(|n| open.remove(&n))),
            _ => (),
        }
    }
    open.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bill_is_read_from_the_report() {
        let tail = "START RequestId: a\nEND RequestId: a\nREPORT RequestId: a\tDuration: 1.20 ms\t\
                    Billed Duration: 2 ms\tMemory Size: 128 MB\n";
        assert_eq!(billed_ms(tail), Some(2));
        assert_eq!((billed_ms("START RequestId: a\n"), init_ms(tail)), (None, None));
        assert_eq!(
            init_ms("REPORT RequestId: a\tBilled Duration: 9 ms\tInit Duration: 12.04 ms\t\n"),
            Some(13)
        );
    }

    #[test]
    fn what_was_opened_and_not_done_is_open() {
        assert_eq!(open_objects("open 3\nopen 4\ndone 3\nopen x\nTask timed out\n"), [4]);
    }
}
