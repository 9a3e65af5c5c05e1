//! A run on the page: its status, its boxes, its plot, what is missing, its log.

use leptos::prelude::*;
use leptos_meta::Title;
use wire::rule::Grain;
use wire::run::RunState;

use crate::chunks::PlotMaker;
use crate::components::announcer::Announcer;
use crate::components::boxes::Boxes;
use crate::components::cost::CostParts;
use crate::components::favicon::Favicon;
use crate::components::log::RunLog;
use crate::components::plot::addressed_view;
use crate::components::share::Share;
use crate::components::standing::Standing;
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
    let doing = live.doing();
    let seen = RwSignal::new(addressed_view());
    // Components that are named here are loaded with every page: the plot is made by its own page.
    let plot = use_context::<PlotMaker>().filter(|_| grain == Grain::PerObject);
    let plot = plot.map(|PlotMaker(make)| make(live, seen, still));
    view! {
        <Title text=title />
        <section class="panel" aria-label="Run">
            <Boxes live simulated />
            <Standing live doing grain />
            {plot}
            <Timeline live />
            <Share live grain seen />
            <CostParts live />
            <RunLog live />
            <Announcer live doing />
            <Favicon live doing />
        </section>
    }
}

fn title(model: &Model) -> String {
    match model.state {
        None => String::new(),
        Some(state) if state.is_over() => {
            format!("{} words, {}", format::compact(model.progress.words), state.as_str().replace('_', " "))
        }
        // Rounded down: only the end is shown as 100 %.
        Some(state) => {
            let done = format!("{:.0} %", (model.progress.fraction * 100.0).floor());
            if state == RunState::Interrupted { format!("{done}, interrupted") } else { done }
        }
    }
}
