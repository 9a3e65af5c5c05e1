//! Keeps the canvases in step with the run, the visitor's choice, the window and the theme.

use leptos::prelude::*;
use wasm_bindgen::prelude::*;
use web_sys::{Element, MediaQueryList, ResizeObserver};

use super::{Choice, Layers};
use crate::components::tip::Tip;
use crate::draw::plot::{self, Axes, Drawn, Plot};
use crate::live::LiveRun;

/// Draws as rows come; what it gives back is told where the pointer is.
pub(super) fn watch(
    live: LiveRun,
    layers: Layers,
    choice: Choice,
    tip: RwSignal<Option<Tip>>,
) -> Callback<Option<(f64, f64)>> {
    let plot = StoredValue::new_local(None::<Plot>);
    let looks = RwSignal::new(0_u32);
    observe(layers, looks);
    let epoch = live.memo(|model| model.epoch);
    let turns = RwSignal::new(0_u32);
    let turn_asked = StoredValue::new(false);
    Effect::new(move |drawn: Option<Option<(Axes, u32, u64)>>| {
        let canvases = mounted(layers)?;
        let look = (axes(choice), looks.get(), epoch.get());
        if drawn.flatten() != Some(look) {
            tip.set(None);
            plot.set_value(Plot::new(canvases, look.0));
        }
        turns.track();
        let draw =
            |plot: &mut Option<Plot>| live.read(|model| plot.as_mut().map(|plot| plot.draw(&model.rows)));
        if plot.try_update_value(draw).flatten() == Some(Drawn::InPart) && !turn_asked.get_value() {
            turn_asked.set_value(true);
            request_animation_frame(move || {
                turn_asked.try_update_value(|asked| *asked = false);
                turns.try_update(|turns| *turns += 1);
            });
        }
        Some(look)
    });
    Callback::new(move |place| tip.set(point(live, plot, place)))
}

fn point(
    live: LiveRun,
    plot: StoredValue<Option<Plot>, LocalStorage>,
    place: Option<(f64, f64)>,
) -> Option<Tip> {
    plot.with_value(|plot| {
        let plot = plot.as_ref()?;
        let found = place.and_then(|(x, y)| plot.find(x, y));
        plot.ring(found.map(|(number, ..)| number));
        let (number, x, y) = found?;
        untrack(|| live.read(|model| model.rows.get(number).map(|row| Tip { row: row.clone(), x, y })))
    })
}

fn axes(choice: Choice) -> Axes {
    Axes { x: choice.across.get(), y: choice.up.get(), division: choice.division.get() }
}

fn mounted(layers: Layers) -> Option<plot::Layers> {
    Some(plot::Layers {
        frame: layers.frame.get()?,
        points: layers.points.get()?,
        hover: layers.hover.get()?,
    })
}

/// What tells of another size or theme; dropping it ends that.
struct Observers {
    size: ResizeObserver,
    theme: MediaQueryList,
    _changed: Closure<dyn FnMut()>,
}

impl Drop for Observers {
    fn drop(&mut self) {
        self.size.disconnect();
        self.theme.set_onchange(None);
    }
}

fn observe(layers: Layers, looks: RwSignal<u32>) {
    Effect::new(move |_| {
        let Some(canvas) = layers.frame.get() else { return };
        let observers = StoredValue::new_local(Observers::new(&canvas, looks));
        on_cleanup(move || {
            observers.try_update_value(|observers| drop(observers.take()));
        });
    });
}

impl Observers {
    fn new(element: &Element, looks: RwSignal<u32>) -> Option<Self> {
        let changed = Closure::<dyn FnMut()>::new(move || {
            looks.try_update(|looks| *looks += 1);
        });
        let callback = changed.as_ref().unchecked_ref();
        let theme = window().match_media("(prefers-color-scheme: dark)").ok().flatten()?;
        theme.set_onchange(Some(callback));
        let size = ResizeObserver::new(callback).ok()?;
        size.observe(element);
        Some(Self { size, theme, _changed: changed })
    }
}
