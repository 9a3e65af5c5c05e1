//! The scatter plot on the page: three canvases, its tools, and the details of objects.

#[cfg(feature = "hydrate")]
mod address;
pub mod choices;
#[cfg(feature = "hydrate")]
mod keys;
pub mod legend;
#[cfg(feature = "hydrate")]
mod listen;
#[cfg(feature = "hydrate")]
mod pointers;
pub mod scene;
#[cfg(feature = "hydrate")]
mod stage;
#[cfg(feature = "hydrate")]
mod watch;

use leptos::html;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use self::choices::{AxisChoices, Tools, Zoom};
use self::legend::Legend;
use self::scene::Scene;
use crate::components::card::ChosenCard;
use crate::components::table::ObjectTable;
use crate::components::tip::Tooltip;
use crate::draw::gesture::Place;
use crate::draw::projection::Area;
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

/// The view that the page's address asks for.
pub fn addressed_view() -> View {
    use_query_map().with_untracked(|fields| View::read(|name| fields.get(name)))
}

/// One point for every object, as objects settle.
#[component]
pub fn ScatterPlot(
    /// The run, followed object by object.
    live: LiveRun,
    /// The part of it that is shown; the visitor changes it.
    view: RwSignal<View>,
    /// The plot as SVG, for those without JavaScript; keys in it are escaped.
    still: String,
) -> impl IntoView {
    let (layers, root) = (Layers::default(), NodeRef::<html::Div>::new());
    let scene = Scene::new(live, view);
    let draft = RwSignal::new(None::<(Place, Place)>);
    let zoom = zoom(scene, layers, root, draft);
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
                <AxisChoices scene />
                <Tools scene zoom />
            </header>
            <div class="plot-and-card">
                <div
                    class="canvases"
                    data-scatter
                    data-points=move || points.get().to_string()
                    data-drag=move || format!("{:?}", scene.drag.get()).to_lowercase()
                    node_ref=root
                    tabindex="0"
                    role="application"
                    aria-roledescription="scatter plot"
                    aria-label=label
                    aria-describedby="scatter-hint"
                >
                    <canvas data-layer="frame" node_ref=layers.frame aria-hidden="true"></canvas>
                    <canvas data-layer="points" node_ref=layers.points aria-hidden="true"></canvas>
                    <canvas data-layer="hover" node_ref=layers.hover aria-hidden="true"></canvas>
                    {move || scene.outline.get().map(|part| outline("outline", part))}
                    {move || draft.get().map(|(one, other)| outline("outline draft", around(one, other)))}
                    <Tooltip tip=scene.pointed />
                </div>
                <ChosenCard scene />
            </div>
            // Text to a browser with JavaScript: it cannot be hydrated, and need not be.
            <noscript inner_html=still></noscript>
            <Legend scene />
            <p class="quiet hint" id="scatter-hint">
                "Drag a box to list what is in it; drag with Shift to move. Two fingers zoom, and so does the wheel with
                Ctrl, or alone once the plot has the focus; a double click shows all. By keys: arrows from point to point,
                Enter pins, + and \u{2212} zoom, 0 shows all, Escape goes back."
            </p>
            <p class="unseen" role="status" data-told>
                {scene.told}
            </p>
            <ObjectTable scene />
        </section>
    }
}

/// Brings the plot to life, in a browser.
#[cfg(feature = "hydrate")]
fn zoom(
    scene: Scene,
    layers: Layers,
    root: NodeRef<html::Div>,
    draft: RwSignal<Option<(Place, Place)>>,
) -> Zoom {
    let stage = stage::Stage::new(scene);
    let hands = pointers::Hands::new(stage, draft);
    watch::watch(stage, layers);
    hands.listen(layers.hover, root);
    keys::listen(stage, hands, root);
    address::keep(scene);
    let by = Callback::new(move |factor| {
        if let Some(lenses) = stage.lenses() {
            scene.step();
            stage.zoom(lenses.middle(), factor);
        }
    });
    let to_choice = Callback::new(move |()| {
        if let (Some(lenses), Some(part)) = (stage.lenses(), scene.outline.get_untracked()) {
            scene.step();
            stage.look(|view| lenses.between(view, part));
        }
    });
    Zoom { by, to_choice }
}

#[cfg(not(feature = "hydrate"))]
fn zoom(
    _scene: Scene,
    _layers: Layers,
    _root: NodeRef<html::Div>,
    _draft: RwSignal<Option<(Place, Place)>>,
) -> Zoom {
    Zoom { by: Callback::new(|_| ()), to_choice: Callback::new(|()| ()) }
}

fn around(one: Place, other: Place) -> Area {
    Area {
        left: one.0.min(other.0),
        top: one.1.min(other.1),
        width: (one.0 - other.0).abs(),
        height: (one.1 - other.1).abs(),
    }
}

fn outline(class: &'static str, Area { left, top, width, height }: Area) -> impl IntoView {
    let place = format!("left:{left}px;top:{top}px;width:{width}px;height:{height}px");
    view! { <div class=class style=place></div> }
}
