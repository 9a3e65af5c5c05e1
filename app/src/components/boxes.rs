//! The four boxes that go from white through grey to black.

use leptos::prelude::*;

use crate::format;
use crate::live::LiveRun;
use crate::live::model::Model;
use crate::shade;

/// What a box shows of the model.
#[derive(Clone, PartialEq)]
struct Face {
    value: String,
    figure: String,
    exact: String,
    note: String,
}

/// Objects, words, lines and cost.
#[component]
pub fn Boxes(
    /// The run.
    live: LiveRun,
    /// The cost is what AWS would ask.
    simulated: bool,
) -> impl IntoView {
    let cost_name = if simulated { "Would cost on AWS" } else { "Cost" };
    view! {
        <div class="boxes">
            <CounterBox live kind="objects" name="Objects" face=objects />
            <CounterBox live kind="words" name="Words" face=|model| total(model.progress.words, model) />
            <CounterBox live kind="lines" name="Lines" face=|model| total(model.progress.lines, model) />
            <CounterBox live kind="cost" name=cost_name face=cost />
        </div>
    }
}

/// One box.
#[component]
fn CounterBox(
    /// The run.
    live: LiveRun,
    /// The box's name in `data-box`.
    kind: &'static str,
    /// Its name for people.
    name: &'static str,
    /// What it shows.
    face: fn(&Model) -> Face,
) -> impl IntoView {
    let fraction = live.memo(|model| model.progress.fraction);
    let face = live.memo(face);
    view! {
        <article
            class="box"
            data-box=kind
            data-value=move || face.get().value
            data-fraction=move || fraction.get().to_string()
            style=move || shade::style(fraction.get())
            title=move || face.get().exact
        >
            <h2>{name}</h2>
            <p class="figure" aria-hidden="true">
                {move || face.get().figure}
            </p>
            <p class="unseen">{move || face.get().exact}</p>
            <p class="note">{move || face.get().note}</p>
        </article>
    }
}

fn objects(model: &Model) -> Face {
    let progress = &model.progress;
    let found = format::exact(progress.objects_found);
    let note = match (model.state, progress.listing_done) {
        (None, _) => String::new(),
        (_, true) => format!("of {found}"),
        (_, false) => format!("of {found} found so far"),
    };
    Face {
        value: progress.objects_done.to_string(),
        figure: format::compact(progress.objects_done),
        exact: format::counted(progress.objects_done, "object"),
        note,
    }
}

fn total(number: u64, model: &Model) -> Face {
    let note = if model.state.is_some() && !model.is_over() { "so far" } else { "" };
    Face {
        value: number.to_string(),
        figure: format::compact(number),
        exact: format::exact(number),
        note: note.to_owned(),
    }
}

fn cost(model: &Model) -> Face {
    let progress = &model.progress;
    let note = match model.state {
        None => String::new(),
        Some(_) => format!(
            "{}, {} billed",
            format::counted(progress.invocations, "invocation"),
            format::duration(progress.billed_ms)
        ),
    };
    Face {
        value: progress.cost_usd.to_string(),
        figure: format::usd(progress.cost_usd),
        exact: format!("{} US dollars", progress.cost_usd),
        note,
    }
}
