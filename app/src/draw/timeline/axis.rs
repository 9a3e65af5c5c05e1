//! The timeline's axis: how far it goes, and its marks.

/// Marks at most.
const MARKS_MAX: u64 = 8;

/// The time of the right edge while a run goes on: a little more than now, and for a while the same.
pub fn until_ms(now_ms: u32) -> u32 {
    const FIRST: f64 = 1_000.0;
    let steps = (f64::from(now_ms.max(1)) / FIRST).log(1.25).floor() + 1.0;
    (FIRST * 1.25_f64.powf(steps.max(0.0))).min(f64::from(u32::MAX)) as u32
}

/// Round instants to mark, the first one 0.
pub fn marks_ms(until_ms: u32) -> Vec<u32> {
    const SECOND: u64 = 1_000;
    const MINUTE: u64 = 60 * SECOND;
    const HOUR: u64 = 60 * MINUTE;
    let decimal =
        [1, 2, 5, 10, 20, 50, 100, 200, 500, SECOND, 2 * SECOND, 5 * SECOND, 10 * SECOND, 30 * SECOND];
    let sexagesimal = [1, 2, 5, 10, 30].map(|minutes| minutes * MINUTE);
    let long = [1, 2, 6, 12, 24, 72, 168].map(|hours| hours * HOUR);
    let until = u64::from(until_ms);
    let steps = decimal.into_iter().chain(sexagesimal).chain(long);
    let step = steps.into_iter().find(|step| until / step < MARKS_MAX).unwrap_or(336 * HOUR);
    (0..until).step_by(step as usize).filter_map(|ms| u32::try_from(ms).ok()).collect()
}

/// A mark in words: `0`, `50 ms`, `2.5 s`, `3 min`, `2 h`.
pub fn mark(ms: u32) -> String {
    match ms {
        0 => "0".to_owned(),
        ms if ms % 3_600_000 == 0 => format!("{} h", ms / 3_600_000),
        ms if ms % 60_000 == 0 => format!("{} min", ms / 60_000),
        ms if ms < 100 => format!("{ms} ms"),
        ms => format!("{} s", f64::from(ms) / 1_000.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axis_grows_in_steps_and_has_round_marks() {
        assert_eq!((until_ms(0), until_ms(999), until_ms(1_000)), (1_000, 1_000, 1_250));
        assert!(until_ms(1_249) == 1_250 && until_ms(60_000) > 60_000 && until_ms(60_000) <= 75_000);
        let words = |until| marks_ms(until).into_iter().map(mark).collect::<Vec<_>>().join(", ");
        assert_eq!(words(900), "0, 0.2 s, 0.4 s, 0.6 s, 0.8 s");
        assert_eq!(words(60), "0, 10 ms, 20 ms, 30 ms, 40 ms, 50 ms");
        assert_eq!(words(12_000), "0, 2 s, 4 s, 6 s, 8 s, 10 s");
        assert_eq!(words(400_000), "0, 1 min, 2 min, 3 min, 4 min, 5 min, 6 min");
        assert!(marks_ms(u32::MAX).len() <= 8 && marks_ms(0).is_empty());
    }
}
