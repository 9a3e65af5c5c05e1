//! The output of `wordfall count`: rows and totals to standard output, remarks to standard error.

use std::io::{self, Write};

use serde::Serialize;
use wire::event::{Cost, End};
use wire::printable;
use wire::row::{Row, State, has_counts};
use wire::rule::Grain;

use crate::output::remark;
use crate::run::{Run, RunId};

/// The last line of `--json`.
#[derive(Serialize)]
struct Ended<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a RunId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<&'a str>,
    #[serde(flatten)]
    end: &'a End,
}

/// Writes in one of the two forms.
pub(super) struct Printer {
    json: bool,
    grain: Grain,
}

impl Printer {
    pub(super) fn new(json: bool, grain: Grain) -> Self {
        Self { json, grain }
    }

    pub(super) fn row(&mut self, row: &Row, detail: Option<&str>) -> io::Result<()> {
        let skipped = matches!(row.state, State::Skipped | State::Cancelled);
        if let (false, Some(detail)) = (skipped, detail) {
            remark(format!("{}: {}", printable(&row.key), printable(detail)));
        }
        if self.grain == Grain::Total {
            return Ok(());
        }
        let mut out = io::stdout().lock();
        if self.json {
            serde_json::to_writer(&mut out, row)?;
            return writeln!(out);
        }
        let is_counted = has_counts(row.state, row.reason);
        let counted = |number: u64| if is_counted { number.to_string() } else { "-".to_owned() };
        let (words, lines) = (counted(row.tally.words), counted(row.tally.lines));
        writeln!(out, "{words:>12} {lines:>12} {:<9} {}", row.state.as_str(), printable(&row.key))
    }

    /// The totals, with the id of a run that is stored, and that of the run whose rest it counted.
    pub(super) fn end(&self, run: &Run) -> io::Result<()> {
        let (end, stored_as) = (&run.now(), run.store.as_ref().map(|_| &run.id));
        let parent = run.spec.parent.as_deref();
        let mut out = io::stdout().lock();
        if self.json {
            serde_json::to_writer(&mut out, &Ended { id: stored_as, parent, end })?;
            writeln!(out)?;
            return out.flush();
        }
        let (progress, states) = (&end.progress, end.states);
        let label = if run.simulated { "would cost on AWS" } else { "cost" };
        if let Some(id) = stored_as {
            writeln!(out, "run      {id}")?;
        }
        if let Some(parent) = parent {
            writeln!(out, "rest of  {parent}")?;
        }
        writeln!(out, "state    {}", end.state.as_str())?;
        if progress.listing_done {
            writeln!(out, "objects  {}", progress.objects_found)?;
        } else {
            writeln!(out, "objects  at least {}, the listing stopped there", progress.objects_found)?;
        }
        for (name, count) in [
            ("counted", states.counted),
            ("partial", states.partial),
            ("failed", states.failed),
            ("skipped", states.skipped),
            ("cancelled", states.cancelled),
        ] {
            if count > 0 {
                writeln!(out, "  {name:<9} {count}")?;
            }
        }
        if progress.unlisted > 0 {
            writeln!(out, "  {:<9} {}", "unlisted", progress.unlisted)?;
        }
        writeln!(out, "words    {}", progress.words)?;
        writeln!(out, "lines    {}", progress.lines)?;
        writeln!(out, "bytes    {} stored, {} decoded", progress.bytes_in, progress.bytes_out)?;
        writeln!(out, "{label} ${:.6}", progress.cost_usd)?;
        for (name, usd) in parts(&progress.cost) {
            writeln!(out, "  {name:<15} ${usd:.9}")?;
        }
        if progress.cost.unreported > 0 {
            let Cost { unreported, unreported_usd, .. } = progress.cost;
            writeln!(out, "  {unreported} invocations did not report; at most ${unreported_usd:.9} more")?;
        }
        writeln!(
            out,
            "took     {:.1} s, {} invocations",
            f64_seconds(progress.elapsed_ms),
            progress.invocations
        )?;
        out.flush()
    }
}

/// The parts of a cost, those aside that are nothing.
fn parts(cost: &Cost) -> impl Iterator<Item = (&'static str, f64)> {
    let parts = [
        ("wordcount time", cost.wordcount_usd),
        ("cascade time", cost.cascade_usd),
        ("failed attempts", cost.failed_usd),
        ("requests", cost.requests_usd),
        (if cost.requester_pays { "S3 (you pay)" } else { "S3" }, cost.s3_usd),
    ];
    parts.into_iter().filter(|(_, usd)| *usd > 0.0)
}

fn f64_seconds(ms: u64) -> f64 {
    std::time::Duration::from_millis(ms).as_secs_f64()
}
