//! Estimates of a run before it is started: a listing within bounds, filtered and planned as a run would.

use std::time::Duration;

use futures_util::StreamExt;
use tokio::time::{Instant, timeout_at};
use wire::api::Estimate;
use wire::error::{ApiError, ErrorCode};
use wire::row::Object;
use wire::run::{Limits, RunSpec};

use crate::engine::Engine;
use crate::pace::busy_ms;
use crate::pipeline::filter::Matcher;
use crate::pipeline::list::{List, Listed};
use crate::pipeline::plan::{Plan, WINDOW_OBJECTS, children};
use crate::price::{Money, Rates, Usage, as_f64};
use crate::runs::listing;

/// Objects that an estimate lists at most.
const OBJECTS_MAX: u64 = 100_000;
/// How long an estimate lists at most.
const LISTING_MAX: Duration = Duration::from_secs(5);

/// Estimates a run of this spec; where the listing passes its bounds, of what was listed until then.
///
/// # Errors
/// Where the bucket can't be listed.
pub async fn estimate(engine: &Engine, spec: &RunSpec) -> Result<Estimate, ApiError> {
    let matcher = Matcher::new(&spec.filter)
        .map_err(|error| ApiError::new(ErrorCode::InvalidRequest, error.to_string()))?;
    let ends = Instant::now() + LISTING_MAX;
    let list = List { s3: engine.s3.clone(), bucket: spec.bucket.to_string(), prefix: spec.prefix.clone() };
    let mut sum = Sum::new(Plan::new(engine.sizes()), spec.limits);
    let pages = list.pages();
    tokio::pin!(pages);
    let (mut complete, mut failed) = (false, None);
    // The first page is waited for: without it there is nothing to estimate.
    let mut page = pages.next().await;
    while let Some(listed) = page.take() {
        let listed = listed.map_err(|error| listing(&error))?;
        sum.lists += listed.lists;
        complete = listed.next.is_none();
        failed = listed.failed;
        for object in listed.objects {
            sum.list(&matcher, object);
        }
        if complete || sum.listed >= OBJECTS_MAX {
            break;
        }
        page = timeout_at(ends, pages.next()).await.ok().flatten();
    }
    if let Some(error) = failed.filter(|_| sum.listed == 0) {
        return Err(listing(&error));
    }
    Ok(sum.estimate(engine.rates, engine.permits.concurrency(), complete))
}

/// The sum of a listing, planned as a run would plan it.
struct Sum {
    plan: Plan,
    limits: Limits,
    limit: Option<&'static str>,
    listed: u64,
    lists: u64,
    skipped: u64,
    objects: u64,
    bytes: u64,
    batches: u64,
}

impl Sum {
    fn new(plan: Plan, limits: Limits) -> Self {
        Self { plan, limits, limit: None, listed: 0, lists: 0, skipped: 0, objects: 0, bytes: 0, batches: 0 }
    }

    fn list(&mut self, matcher: &Matcher, listed: Listed) {
        let n = self.listed;
        self.listed += 1;
        let Listed { key, size, modified, .. } = listed;
        if matcher.skipped(&key, size, modified.as_deref()).is_some() {
            self.skipped += 1;
            return;
        }
        self.plan.push(Object { n, key, etag: None, size, start: None, end: None });
        if self.plan.is_full() {
            self.cut(WINDOW_OBJECTS / 2);
        }
    }

    /// Cuts batches of what waits, as far as the limits go.
    fn cut(&mut self, waiting_max: usize) {
        while self.plan.waiting() > waiting_max {
            let left = self.limits.max_objects.map_or(u64::MAX, |max| max.saturating_sub(self.objects));
            if left == 0 {
                self.limit = Some("max_objects");
                self.plan.drain().for_each(drop);
                return;
            }
            let batch = self.plan.next_batch(usize::try_from(left).unwrap_or(usize::MAX));
            let mut taken = 0;
            for size in batch.iter().map(|object| object.size) {
                // An object of unknown size may have any, as for a run.
                let sum = self.bytes.saturating_add(size.unwrap_or(u64::MAX));
                if self.limits.max_bytes.is_some_and(|max| sum > max) {
                    self.limit = Some("max_bytes");
                    continue;
                }
                self.bytes = self.bytes.saturating_add(size.unwrap_or_default());
                taken += 1;
            }
            self.objects += taken;
            self.batches += u64::from(taken > 0);
        }
    }

    /// Cascades that the batches go to.
    fn cascades(&self, concurrency: u32) -> u64 {
        let (mut left, mut cascades) = (self.batches, 0);
        while left > 0 {
            left = left.saturating_sub(u64::from(children(left, concurrency)));
            cascades += 1;
        }
        cascades
    }

    fn estimate(mut self, rates: Rates, concurrency: u32, complete: bool) -> Estimate {
        self.cut(0);
        let cascades = self.cascades(concurrency);
        let invocations = self.batches + cascades;
        let busy_seconds = as_f64(busy_ms(self.objects, self.bytes)) / 1_000.0;
        // A cascade lasts as long as its batches, which it invokes all at once.
        let cascade_seconds = busy_seconds / as_f64(self.batches.max(1)) * as_f64(cascades);
        let mut seconds = busy_seconds / as_f64(self.batches.clamp(1, u64::from(concurrency)));
        let waiting = Usage { invocations, gets: self.objects, lists: self.lists, ..Usage::default() };
        let second = |millisecond: Money| (millisecond * 1_000).usd();
        let mut usd = waiting.cost(rates).total_usd()
            + busy_seconds * second(rates.wordcount)
            + cascade_seconds * second(rates.cascade);
        if let Some(max) = self.limits.max_usd.filter(|max| *max < usd) {
            (usd, self.limit) = (max, Some("max_usd"));
        }
        if let Some(max) = self.limits.max_seconds.map(as_f64).filter(|max| *max < seconds) {
            (seconds, self.limit) = (max, Some("max_seconds"));
        }
        Estimate {
            objects: self.objects,
            skipped: self.skipped,
            bytes: self.bytes,
            invocations,
            usd,
            seconds,
            complete,
            limit: self.limit.map(str::to_owned),
        }
    }
}

#[cfg(test)]
mod tests {
    use wire::run::Filter;

    use super::*;
    use crate::pipeline::plan::Sizes;
    use crate::price::{Architecture, Size};

    #[track_caller]
    fn check(filter: &Filter, limits: Limits, expected: (u64, u64, u64, Option<&str>)) {
        let matcher = Matcher::new(filter).unwrap();
        let mut sum = Sum::new(Plan::new(Sizes { batch_bytes: 1 << 27, concurrency: 4 }), limits);
        for (key, size) in [("a.gz", 1_000), ("b.gz", 3_000), ("c.txt", 500), ("d/", 0), ("e.gz", 0)] {
            sum.list(
                &matcher,
                Listed { key: key.to_owned(), etag: None, size: Some(size), modified: None, known: None },
            );
        }
        let estimate = sum.estimate(Rates::of_memory(1_769), 4, true);
        let Estimate { objects, skipped, bytes, limit, .. } = estimate;
        assert_eq!((objects, skipped, bytes, limit.as_deref()), expected);
    }

    #[test]
    fn what_a_run_would_skip_is_told_apart() {
        let gz = Filter { suffix: Some(".gz".to_owned()), ..Filter::default() };
        check(&Filter::default(), Limits::default(), (3, 2, 4_500, None));
        check(&gz, Limits::default(), (2, 3, 4_000, None));
    }

    #[test]
    fn an_estimate_ends_where_a_limit_would_end_the_run() {
        let limits = Limits::default();
        let none = Filter::default();
        check(&none, Limits { max_objects: Some(1), ..limits }, (1, 2, 3_000, Some("max_objects")));
        check(&none, Limits { max_objects: Some(3), ..limits }, (3, 2, 4_500, None));
        check(&none, Limits { max_bytes: Some(3_600), ..limits }, (2, 2, 3_500, Some("max_bytes")));
        check(&none, Limits { max_usd: Some(0.0), ..limits }, (3, 2, 4_500, Some("max_usd")));
        check(&none, Limits { max_seconds: Some(0), ..limits }, (3, 2, 4_500, Some("max_seconds")));
    }

    /// A terabyte in 10,000 objects, as docs/cost.md counts it.
    fn terabyte(architecture: Architecture, concurrency: u32) -> Estimate {
        let sizes = Sizes { batch_bytes: 128 << 20, concurrency: u64::from(concurrency) };
        let mut sum = Sum::new(Plan::new(sizes), Limits::default());
        let matcher = Matcher::new(&Filter::default()).unwrap();
        for number in 0..10_000 {
            let key = format!("logs/{number:05}.log.gz");
            sum.list(
                &matcher,
                Listed { key, etag: None, size: Some(100_000_000), modified: None, known: None },
            );
        }
        sum.lists = 10;
        let millisecond = Size { memory_mb: 1_769, architecture }.millisecond();
        sum.estimate(Rates { wordcount: millisecond, cascade: millisecond }, concurrency, true)
    }

    #[test]
    fn the_worked_example_of_the_documentation_is_what_an_estimate_says() {
        for (architecture, name) in [(Architecture::X86_64, "x86_64"), (Architecture::Arm64, "arm64")] {
            for concurrency in [100, 500, 1_000] {
                let Estimate { invocations, usd, seconds, .. } = terabyte(architecture, concurrency);
                let line = format!("| {name} | {concurrency} | {seconds:.0} s | {invocations} | ${usd:.2} |");
                assert!(include_str!("../../docs/cost.md").contains(&line), "docs/cost.md lacks {line}");
            }
        }
    }
}
