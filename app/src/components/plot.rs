//! The scatter plot on the page: three canvases, a choice of axes, a tooltip.

#[cfg(feature = "hydrate")]
mod address;
#[cfg(feature = "hydrate")]
mod watch;

use leptos::html;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::components::tip::{ChosenTip, Tip, Tooltip};
use crate::draw::measure::Measure;
use crate::draw::scale::Division;
use crate::draw::view::{Axes, View};
use crate::format;
use crate::live::LiveRun;

/// The canvases, bottom first.
#[derive(Clone, Copy, Default)]
struct Layers {
    frame: NodeRef<html::Canvas>,
    points: NodeRef<html::Canvas>,
    hover: NodeRef<html::Canvas>,
}

/// What is told of objects: of the one under the pointer, and of the chosen one.
#[derive(Clone, Copy, Default)]
struct Tips {
    pointed: RwSignal<Option<Tip>>,
    chosen: RwSignal<Option<Tip>>,
}

/// Who is told where the pointer is, and where it was pressed, in CSS pixels.
#[derive(Clone, Copy)]
struct Pointer {
    moved: Callback<Option<(f64, f64)>>,
    pressed: Callback<(f64, f64)>,
}

/// The view that the page's address asks for.
pub fn addressed_view() -> View {
    use_query_map().with_untracked(|fields| View::read(|name| fields.get(name)))
}

/// One point for every object, as objects settle.
#[component]
pub fn ScatterPlot(
    /// The run, followed object by object.
    live: LiveRun,
    /// What of it is shown; the visitor changes it.
    view: RwSignal<View>,
    /// The plot as SVG, for those without JavaScript; keys in it are escaped.
    still: String,
) -> impl IntoView {
    let layers = Layers::default();
    let tips = Tips::default();
    #[cfg(feature = "hydrate")]
    let pointer = watch::watch(live, layers, view, tips);
    #[cfg(feature = "hydrate")]
    address::keep(live, view);
    #[cfg(not(feature = "hydrate"))]
    let pointer = Pointer { moved: Callback::new(|_| ()), pressed: Callback::new(|_| ()) };
    let points = live.memo(|model| model.rows.len());
    let label = move || {
        let Axes { x, y, .. } = view.get().axes;
        let (up, across) = (y.label(), x.label());
        format!("Scatter plot of {}: {up} over {across}", format::counted(points.get() as u64, "object"))
    };
    view! {
        <section class="scatter" aria-labelledby="scatter-name">
            <header class="scatter-head">
                <h2 id="scatter-name">"Object by object"</h2>
                <MeasureSelect
                    label="Up"
                    shown=view.get_untracked().axes.y
                    choose=move |measure| view.update(|view| view.set_up(measure))
                />
                <MeasureSelect
                    label="Across"
                    shown=view.get_untracked().axes.x
                    choose=move |measure| view.update(|view| view.set_across(measure))
                />
                <DivisionSelect view />
                <WholeButton view />
            </header>
            <div
                class="canvases"
                data-scatter
                data-points=move || points.get().to_string()
            >
                <canvas data-layer="frame" node_ref=layers.frame role="img" aria-label=label></canvas>
                <canvas data-layer="points" node_ref=layers.points aria-hidden="true"></canvas>
                <canvas
                    data-layer="hover"
                    node_ref=layers.hover
                    aria-hidden="true"
                    on:pointermove=move |event| {
                        pointer.moved.run(Some((event.offset_x().into(), event.offset_y().into())));
                    }
                    on:pointerleave=move |_| pointer.moved.run(None)
                    on:click=move |event| {
                        pointer.pressed.run((event.offset_x().into(), event.offset_y().into()));
                    }
                ></canvas>
                <ChosenTip tip=tips.chosen />
                <Tooltip tip=tips.pointed />
            </div>
            // Text to a browser with JavaScript: it cannot be hydrated, and need not be.
            <noscript inner_html=still></noscript>
            <p class="legend">
                <span class="key-counted">"counted"</span>
                <span class="key-failed">"failed or partial"</span>
                <span class="key-skipped">"skipped or cancelled"</span>
            </p>
        </section>
    }
}

/// What one axis shows.
#[component]
fn MeasureSelect(
    /// The axis.
    label: &'static str,
    /// What it shows at first.
    shown: Measure,
    /// Told what it should show.
    #[prop(into)]
    choose: Callback<Measure>,
) -> impl IntoView {
    let changed = move |event| {
        if let Some(measure) = Measure::named(&event_target_value(&event)) {
            choose.run(measure);
        }
    };
    let options = Measure::ALL.map(|measure| {
        view! {
            <option value=measure.name() selected=measure == shown>
                {measure.label()}
            </option>
        }
    });
    view! {
        <label class="choice">
            <span>{label}</span>
            <select on:change=changed autocomplete="off">
                {options.collect_view()}
            </select>
        </label>
    }
}

/// How both axes are divided.
#[component]
fn DivisionSelect(
    /// The choice.
    view: RwSignal<View>,
) -> impl IntoView {
    let choose = move |event| {
        let division = if event_target_checked(&event) { Division::Logarithmic } else { Division::Linear };
        view.update(|view| view.axes.division = division);
    };
    let checked = view.get_untracked().axes.division == Division::Logarithmic;
    view! {
        <label class="choice">
            <input type="checkbox" checked=checked autocomplete="off" on:change=choose />
            <span>"Logarithmic"</span>
        </label>
    }
}

/// Shows all values again, where a link shows a part of them.
#[component]
fn WholeButton(
    /// The choice.
    view: RwSignal<View>,
) -> impl IntoView {
    let is_part = Memo::new(move |_| view.with(|view| view.x.is_some() || view.y.is_some()));
    let show_all = move |_| view.update(|view| (view.x, view.y) = (None, None));
    view! {
        <Show when=move || is_part.get()>
            <button type="button" class="plain" on:click=show_all>
                "Show all"
            </button>
        </Show>
    }
}
