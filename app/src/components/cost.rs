//! The parts of the cost, for visitors who open them.

use leptos::prelude::*;
use wire::event::Cost;

use crate::format;
use crate::live::LiveRun;
use crate::live::model::Model;

/// A part of the cost: its name, what it stands for, and how much it is.
type Part = (&'static str, &'static str, fn(&Cost) -> f64);

const PARTS: [Part; 5] = [
    ("wordcount", "Counting", |cost| cost.wordcount_usd),
    ("cascade", "Fanning out", |cost| cost.cascade_usd),
    ("failed", "Failed attempts", |cost| cost.failed_usd),
    ("requests", "Function requests", |cost| cost.requests_usd),
    ("s3", "S3 GETs and LISTs", |cost| cost.s3_usd),
];

/// The parts of the cost and what each stands for; nothing before there is a run.
#[component]
pub fn CostParts(
    /// The run.
    live: LiveRun,
) -> impl IntoView {
    let begun = live.memo(|model| model.state.is_some());
    let remarks = live.memo(remarks);
    let cost = live.memo(|model| model.progress.cost);
    let part = move |(name, what, usd): Part| {
        let exact = Memo::new(move |_| format::usd(cost.with(usd)));
        let percent = Memo::new(move |_| cost.with(|cost| percent(usd(cost), cost.total_usd())));
        view! {
            <div data-part=name>
                <dt>{what} <span>{percent}</span></dt>
                <dd>{exact}</dd>
            </div>
        }
    };
    view! {
        <details class="cost-parts" data-cost hidden=move || !begun.get()>
            <summary>
                <span>"What the cost is made of"</span>
                <CostBar cost />
            </summary>
            <dl>{PARTS.map(part).collect_view()}</dl>
            <p class="quiet">{remarks}</p>
        </details>
    }
}

/// The parts as lengths, in the order of the figures, which say the same.
#[component]
fn CostBar(
    /// The cost.
    cost: Memo<Cost>,
) -> impl IntoView {
    let length = move |(name, _, usd): Part| {
        // Rounded, so that the page is touched when a length changes by as much as can be seen.
        let share = Memo::new(move |_| cost.with(|cost| share(usd(cost), cost.total_usd())));
        view! { <i data-texture=name style=move || format!("--share: {}", share.get())></i> }
    };
    view! {
        <span class="cost-bar" aria-hidden="true">
            {PARTS.map(length).collect_view()}
        </span>
    }
}

/// A part in thousandths of the whole: at least one where there is anything.
fn share(usd: f64, total_usd: f64) -> u32 {
    if usd > 0.0 && total_usd > 0.0 { ((usd * 1_000.0 / total_usd).round() as u32).max(1) } else { 0 }
}

/// A part of the whole in percent, rounded; nothing where there is nothing.
fn percent(usd: f64, total_usd: f64) -> String {
    match share(usd, total_usd) {
        0 => String::new(),
        1..10 => "< 1 %".to_owned(),
        share => format!("{:.0} %", f64::from(share) / 10.0),
    }
}

/// The note on who pays, where that is said of a bucket, and on what the parts leave out.
fn remarks(model: &Model) -> String {
    let Cost { unreported, unreported_usd, requester_pays, kills, .. } = model.progress.cost;
    let payer = requester_pays.then(|| {
        "The requester pays for this bucket's GETs and LISTs, and for what leaves its region, which is no part."
            .to_owned()
    });
    let unreported = match (unreported, unreported_usd > 0.0) {
        (0, false) => None,
        (0, true) => {
            Some(format!("GETs of failed attempts may add {} at most.", format::usd(unreported_usd)))
        }
        _ => Some(format!(
            "{} did not report a bill, which may add {} at most.",
            format::counted(unreported, "invocation"),
            format::usd(unreported_usd)
        )),
    };
    let killed = (kills > 0).then(|| {
        "A server that had the run was killed: what it invoked in its last moments may be missing here."
            .to_owned()
    });
    payer.into_iter().chain(unreported).chain(killed).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::model::Event;
    use wire::event::Progress;

    #[track_caller]
    fn check(number: u64, usd: f64, requester_pays: bool, expected: &str) {
        let cost = Cost { unreported: number, unreported_usd: usd, requester_pays, ..Cost::default() };
        let mut model = Model::default();
        let _ = model.apply(Event::Progress(Progress { cost, ..Progress::default() }));
        assert_eq!(remarks(&model), expected);
    }

    #[test]
    fn a_part_is_shown_as_a_share_of_the_whole() {
        assert_eq!((share(0.0, 0.0), share(0.0, 1.0), share(0.25, 1.0), share(1e-9, 1.0)), (0, 0, 250, 1));
        let percents = [0.0, 1e-9, 0.0094, 0.0149, 0.625, 1.0].map(|usd| percent(usd, 1.0));
        assert_eq!(percents, ["", "< 1 %", "< 1 %", "2 %", "62 %", "100 %"]);
    }

    #[test]
    fn what_the_parts_leave_out_is_said() {
        let payer = "The requester pays for this bucket's GETs and LISTs, and for what leaves its region, which is no part.";
        check(0, 0.0, true, payer);
        check(0, 0.000_02, true, &format!("{payer} GETs of failed attempts may add $0.0000200 at most."));
        check(0, 0.0, false, "");
        check(0, 0.000_02, false, "GETs of failed attempts may add $0.0000200 at most.");
        check(1, 0.001, false, "1 invocation did not report a bill, which may add $0.00100 at most.");
        let mut model = Model::default();
        model.progress.cost.kills = 1;
        assert!(remarks(&model).starts_with("A server that had the run was killed"));
    }
}
