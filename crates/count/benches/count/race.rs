//! Contenders that take turns.

use std::time::{Duration, Instant};

use anyhow::Result;

/// One contender: it does its work once when it is called, and says how long that took.
pub(crate) type Contender<'a> = Box<dyn FnMut() -> Result<Duration> + 'a>;

/// A contender that is timed from outside.
pub(crate) fn timed<'a>(mut work: impl FnMut() -> Result<()> + 'a) -> Contender<'a> {
    Box::new(move || {
        let begun = Instant::now();
        work()?;
        Ok(begun.elapsed())
    })
}

/// The best time of each contender over some rounds, one after the other in every round.
pub(crate) fn race(rounds: usize, contenders: &mut [Contender<'_>]) -> Result<Vec<Duration>> {
    let mut best = vec![Duration::MAX; contenders.len()];
    for _ in 0..rounds {
        for (best, contender) in best.iter_mut().zip(contenders.iter_mut()) {
            *best = contender()?.min(*best);
        }
    }
    Ok(best)
}
