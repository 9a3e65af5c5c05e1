//! What the cost is made of, for whoever asks.

use leptos::prelude::*;
use wire::event::Cost;

use crate::format;
use crate::live::LiveRun;
use crate::live::model::Model;

/// The parts of the cost and what each stands for; nothing before there is a run.
#[component]
pub fn CostParts(
    /// The run.
    live: LiveRun,
) -> impl IntoView {
    let begun = live.memo(|model| model.state.is_some());
    let unreported = live.memo(unreported);
    let part = |name: &'static str, what: &'static str, part: fn(&Model) -> String| {
        let usd = live.memo(part);
        view! {
            <div data-part=name>
                <dt>{what}</dt>
                <dd>{usd}</dd>
            </div>
        }
    };
    view! {
        <details class="cost-parts" data-cost hidden=move || !begun.get()>
            <summary>"What the cost is made of"</summary>
            <dl>
                {part("wordcount", "Counting", |model| format::usd(model.progress.cost.wordcount_usd))}
                {part("cascade", "Fanning out", |model| format::usd(model.progress.cost.cascade_usd))}
                {part("failed", "Failed attempts", |model| format::usd(model.progress.cost.failed_usd))}
                {part("requests", "Function requests", |model| format::usd(model.progress.cost.requests_usd))}
                {part("s3", "S3 GETs and LISTs", |model| format::usd(model.progress.cost.s3_usd))}
            </dl>
            <p class="quiet">{unreported}</p>
        </details>
    }
}

/// What the parts leave out.
fn unreported(model: &Model) -> String {
    let Cost { unreported, unreported_usd, .. } = model.progress.cost;
    match (unreported, unreported_usd > 0.0) {
        (0, false) => String::new(),
        (0, true) => format!("GETs of failed attempts may add {} at most.", format::usd(unreported_usd)),
        _ => format!(
            "{} did not report a bill, which may add {} at most.",
            format::counted(unreported, "invocation"),
            format::usd(unreported_usd)
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::model::Event;
    use wire::event::Progress;

    #[track_caller]
    fn check(number: u64, usd: f64, expected: &str) {
        let cost = Cost { unreported: number, unreported_usd: usd, ..Cost::default() };
        let mut model = Model::default();
        let _ = model.apply(Event::Progress(Progress { cost, ..Progress::default() }));
        assert_eq!(unreported(&model), expected);
    }

    #[test]
    fn what_the_parts_leave_out_is_told() {
        check(0, 0.0, "");
        check(0, 0.000_02, "GETs of failed attempts may add $0.0000200 at most.");
        check(1, 0.001, "1 invocation did not report a bill, which may add $0.00100 at most.");
    }
}
