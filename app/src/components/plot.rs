//! The scatter plot on the page: three canvases, a choice of axes, a tooltip.

#[cfg(feature = "hydrate")]
mod watch;

use leptos::html;
use leptos::prelude::*;

use crate::components::tip::{Tip, Tooltip};
use crate::draw::measure::Measure;
use crate::draw::scale::Division;
use crate::format;
use crate::live::LiveRun;

/// The canvases, bottom first.
#[derive(Clone, Copy, Default)]
struct Layers {
    frame: NodeRef<html::Canvas>,
    points: NodeRef<html::Canvas>,
    hover: NodeRef<html::Canvas>,
}

/// What the visitor chose to see.
#[derive(Clone, Copy)]
struct Choice {
    across: RwSignal<Measure>,
    up: RwSignal<Measure>,
    division: RwSignal<Division>,
}

/// One point for every object, as objects settle.
#[component]
pub fn ScatterPlot(
    /// The run, followed object by object.
    live: LiveRun,
    /// The plot as SVG, for those without JavaScript; keys in it are escaped.
    still: String,
) -> impl IntoView {
    let choice = Choice {
        across: RwSignal::new(Measure::BytesIn),
        up: RwSignal::new(Measure::Words),
        division: RwSignal::new(Division::Logarithmic),
    };
    let layers = Layers::default();
    let tip = RwSignal::new(None::<Tip>);
    #[cfg(feature = "hydrate")]
    let pointed = watch::watch(live, layers, choice, tip);
    #[cfg(not(feature = "hydrate"))]
    let pointed = Callback::new(|_: Option<(f64, f64)>| ());
    let points = live.memo(|model| model.rows.len());
    let label = move || {
        let (up, across) = (choice.up.get().label(), choice.across.get().label());
        format!("Scatter plot of {}: {up} over {across}", format::counted(points.get() as u64, "object"))
    };
    view! {
        <section class="scatter" aria-labelledby="scatter-name">
            <header class="scatter-head">
                <h2 id="scatter-name">"Object by object"</h2>
                <MeasureSelect label="Up" chosen=choice.up />
                <MeasureSelect label="Across" chosen=choice.across />
                <DivisionSelect chosen=choice.division />
            </header>
            <div
                class="canvases"
                data-scatter
                data-points=move || points.get().to_string()
                on:pointermove=move |event| {
                    pointed.run(Some((event.offset_x().into(), event.offset_y().into())));
                }
                on:pointerleave=move |_| pointed.run(None)
            >
                <canvas data-layer="frame" node_ref=layers.frame role="img" aria-label=label></canvas>
                <canvas data-layer="points" node_ref=layers.points aria-hidden="true"></canvas>
                <canvas data-layer="hover" node_ref=layers.hover aria-hidden="true"></canvas>
                <Tooltip tip />
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
    /// The choice.
    chosen: RwSignal<Measure>,
) -> impl IntoView {
    let choose = move |event| {
        if let Some(measure) = Measure::named(&event_target_value(&event)) {
            chosen.set(measure);
        }
    };
    let options = Measure::ALL.map(|measure| {
        view! {
            <option value=measure.name() selected=measure == chosen.get_untracked()>
                {measure.label()}
            </option>
        }
    });
    view! {
        <label class="choice">
            <span>{label}</span>
            <select on:change=choose autocomplete="off">{options.collect_view()}</select>
        </label>
    }
}

/// How both axes are divided.
#[component]
fn DivisionSelect(
    /// The choice.
    chosen: RwSignal<Division>,
) -> impl IntoView {
    let choose = move |event| {
        chosen.set(if event_target_checked(&event) { Division::Logarithmic } else { Division::Linear });
    };
    view! {
        <label class="choice">
            <input type="checkbox" checked autocomplete="off" on:change=choose />
            <span>"Logarithmic"</span>
        </label>
    }
}
