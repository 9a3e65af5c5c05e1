//! A run on the page: what it is doing, its boxes, its plot, what is missing, its log.

use leptos::prelude::*;
use leptos_meta::Title;
use wire::rule::Grain;
use wire::run::RunState;

use crate::api::CancelRun;
use crate::components::boxes::Boxes;
use crate::components::cost::CostParts;
use crate::components::log::RunLog;
use crate::components::outcome::Outcome;
use crate::components::pace::{Announcer, Pace};
use crate::components::plot::{ScatterPlot, addressed_view};
use crate::components::share::Share;
use crate::components::timeline::Timeline;
use crate::format;
use crate::live::LiveRun;
use crate::live::model::Model;

/// Everything that one run shows.
#[component]
pub fn Panel(
    /// The run.
    live: LiveRun,
    /// Totals, or a plot as well.
    grain: Grain,
    /// The cost is what AWS would ask.
    simulated: bool,
    /// The plot as SVG, for those without JavaScript.
    #[prop(optional)]
    still: String,
) -> impl IntoView {
    let title = live.memo(title);
    let seen = RwSignal::new(addressed_view());
    view! {
        <Title text=title />
        <section class="panel" aria-label="Run">
            <Boxes live simulated />
            <CostParts live />
            <div class="status">
                <Pace live />
                <Cancel live />
            </div>
            <Outcome live grain />
            <Share live grain seen />
            {(grain == Grain::PerObject).then(|| view! { <ScatterPlot live view=seen still /> })}
            <Timeline live />
            <RunLog live />
            <Announcer live />
        </section>
    }
}

/// Stops the run, while there is something to stop.
#[component]
fn Cancel(
    /// The run.
    live: LiveRun,
) -> impl IntoView {
    let action = ServerAction::<CancelRun>::new();
    let running = live.memo(Model::goes_on);
    let stop = move |_| {
        if let Some(target) = live.target().get_untracked() {
            action.dispatch(CancelRun { id: Some(target.id) });
        }
    };
    // An answer speaks of the run that it was asked for, not of the next one.
    Effect::new(move |_| {
        live.target().track();
        action.clear();
    });
    let asked = move || action.pending().get() || matches!(action.value().get(), Some(Ok(_)));
    let problem = move || match action.value().get() {
        Some(Err(error)) => Some(error.into_sentence()),
        _ => None,
    };
    view! {
        <Show when=move || running.get()>
            <button type="button" data-action="cancel" on:click=stop disabled=asked>
                "Cancel"
            </button>
            <p class="quiet">
                {move || {
                    if asked() {
                        "Cancelled: nothing more is dispatched. What is in flight still runs, and is billed."
                    } else {
                        "Cancelling dispatches nothing more; what is in flight still runs, and is billed."
                    }
                }}
            </p>
            <p role="alert" class="problem">
                {problem}
            </p>
        </Show>
    }
}

fn title(model: &Model) -> String {
    match model.state {
        None => String::new(),
        Some(state) if state.is_over() => {
            format!("{} words, {}", format::compact(model.progress.words), state.as_str().replace('_', " "))
        }
        // Rounded down: 100 % is said of nothing but the end.
        Some(state) => {
            let done = format!("{:.0} %", (model.progress.fraction * 100.0).floor());
            if state == RunState::Interrupted { format!("{done}, interrupted") } else { done }
        }
    }
}
