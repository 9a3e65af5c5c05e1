//! The controls of a plot: its axes, what dragging does, what is shown, and which kinds are listed.

use leptos::prelude::*;

use super::scene::Scene;
use crate::draw::gesture::Drag;
use crate::draw::measure::Measure;
use crate::draw::scale::Division;

/// How many times as large a press on the button shows.
const CLOSER: f64 = 1.5;

/// The plot's actions for the tools.
#[derive(Clone, Copy)]
pub struct Zoom {
    /// Shows the middle so many times as large.
    pub by: Callback<f64>,
    /// Shows the chosen part.
    pub to_choice: Callback<()>,
}

/// The axes.
#[component]
pub fn AxisChoices(
    /// The plot.
    scene: Scene,
) -> impl IntoView {
    let up = Memo::new(move |_| scene.view.with(|view| view.axes.y));
    let across = Memo::new(move |_| scene.view.with(|view| view.axes.x));
    view! {
        <MeasureSelect label="Up" shown=up choose=move |measure| scene.look(|view| view.set_up(measure)) />
        <MeasureSelect label="Across" shown=across choose=move |measure| scene.look(|view| view.set_across(measure)) />
        <DivisionSelect scene />
    }
}

/// The choice of one axis' measure.
#[component]
fn MeasureSelect(
    /// The axis.
    label: &'static str,
    /// The measure that it shows.
    shown: Memo<Measure>,
    /// Called with the measure that it should show.
    #[prop(into)]
    choose: Callback<Measure>,
) -> impl IntoView {
    let changed = move |event| {
        if let Some(measure) = Measure::named(&event_target_value(&event)) {
            choose.run(measure);
        }
    };
    let first = shown.get_untracked();
    let options = Measure::ALL.map(|measure| {
        view! {
            <option value=measure.name() selected=measure == first>
                {measure.label()}
            </option>
        }
    });
    view! {
        <label class="choice">
            <span>{label}</span>
            <select on:change=changed prop:value=move || shown.get().name() autocomplete="off">
                {options.collect_view()}
            </select>
        </label>
    }
}

/// How both axes are divided.
#[component]
fn DivisionSelect(
    /// The plot.
    scene: Scene,
) -> impl IntoView {
    let choose = move |event| {
        let division = if event_target_checked(&event) { Division::Logarithmic } else { Division::Linear };
        scene.look(|view| view.axes.division = division);
    };
    let is_logarithmic = move || scene.view.with(|view| view.axes.division == Division::Logarithmic);
    let checked = untrack(is_logarithmic);
    view! {
        <label class="choice">
            <input type="checkbox" checked=checked prop:checked=is_logarithmic autocomplete="off" on:change=choose />
            <span>"Logarithmic"</span>
        </label>
    }
}

/// The choice of what dragging does, and buttons to zoom, for visitors who use no keys for that.
#[component]
pub fn Tools(
    /// The plot.
    scene: Scene,
    /// Called to show another part.
    zoom: Zoom,
) -> impl IntoView {
    let has_outline = Memo::new(move |_| scene.outline.with(Option::is_some));
    let drag = move |does: Drag, label: &'static str, title: &'static str| {
        let is_chosen = move || scene.drag.get() == does;
        view! {
            <button
                type="button"
                title=title
                aria-pressed=move || is_chosen().to_string()
                on:click=move |_| scene.drag.set(does)
            >
                {label}
            </button>
        }
    };
    view! {
        <div class="tools" role="group" aria-label="Plot tools">
            {drag(Drag::Select, "Select", "Dragging draws a box around objects; with Shift it moves the plot")}
            {drag(Drag::Move, "Move", "Dragging moves the plot; with Shift it draws a box around objects")}
            <button type="button" title="Closer" aria-label="Zoom in" on:click=move |_| zoom.by.run(CLOSER)>
                "+"
            </button>
            <button type="button" title="Further away" aria-label="Zoom out" on:click=move |_| zoom.by.run(1.0 / CLOSER)>
                "\u{2212}"
            </button>
            <Show when=move || has_outline.get()>
                <button type="button" on:click=move |_| zoom.to_choice.run(())>
                    "Zoom to box"
                </button>
            </Show>
            <Show when=move || scene.is_part()>
                <button type="button" on:click=move |_| scene.show_all()>
                    "Show all"
                </button>
            </Show>
        </div>
    }
}
