//! Keeps the canvases in step with the run, the visitor's choice, the window and the theme.

use leptos::prelude::*;
use wasm_bindgen::prelude::*;
use web_sys::{Element, MediaQueryList, ResizeObserver};

use super::{Layers, Pointer, Tips};
use crate::components::tip::Tip;
use crate::draw::plot::{self, Drawn, Plot};
use crate::draw::view::View;
use crate::live::LiveRun;

/// A plot that is drawn, once it is.
type Held = StoredValue<Option<Plot>, LocalStorage>;

/// Draws as rows come; what it gives back is told of the pointer.
pub(super) fn watch(live: LiveRun, layers: Layers, view: RwSignal<View>, tips: Tips) -> Pointer {
    let plot: Held = StoredValue::new_local(None::<Plot>);
    let looks = RwSignal::new(0_u32);
    observe(layers, looks);
    let epoch = live.memo(|model| model.epoch);
    let turns = RwSignal::new(0_u32);
    let turn_asked = StoredValue::new(false);
    let pointed = StoredValue::new(None::<usize>);
    Effect::new(move |drawn: Option<Option<(View, u32, u64)>>| {
        let canvases = mounted(layers)?;
        let unchosen = View { point: None, ..view.get() };
        let look = (unchosen, looks.get(), epoch.get());
        if drawn.flatten() != Some(look) {
            tips.pointed.set(None);
            pointed.set_value(None);
            plot.set_value(Plot::new(canvases, unchosen));
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
        let chosen = number(view.get_untracked().point);
        ring(plot, chosen, pointed.get_value());
        let told = chosen.and_then(|chosen| tip(live, plot, chosen));
        if tips.chosen.with_untracked(|before| *before != told) {
            tips.chosen.set(told);
        }
        Some(look)
    });
    let moved = Callback::new(move |place: Option<(f64, f64)>| {
        let chosen = number(view.get_untracked().point);
        let found = place.and_then(|(x, y)| find(plot, x, y)).filter(|found| Some(*found) != chosen);
        ring(plot, chosen, found);
        pointed.set_value(found);
        tips.pointed.set(found.and_then(|found| tip(live, plot, found)));
    });
    let pressed = Callback::new(move |(x, y): (f64, f64)| {
        let found = find(plot, x, y).map(|found| found as u64);
        pointed.set_value(None);
        tips.pointed.set(None);
        view.update(|view| view.point = if view.point == found { None } else { found });
    });
    Pointer { moved, pressed }
}

fn number(point: Option<u64>) -> Option<usize> {
    point.and_then(|point| usize::try_from(point).ok())
}

fn find(plot: Held, x: f64, y: f64) -> Option<usize> {
    plot.try_update_value(|plot| plot.as_mut()?.find(x, y)).flatten()
}

fn ring(plot: Held, chosen: Option<usize>, pointed: Option<usize>) {
    plot.with_value(|plot| {
        if let Some(plot) = plot {
            plot.ring(chosen, pointed);
        }
    });
}

fn tip(live: LiveRun, plot: Held, number: usize) -> Option<Tip> {
    let (x, y) = plot.with_value(|plot| plot.as_ref()?.place(number))?;
    untrack(|| live.read(|model| model.rows.get(number).map(|row| Tip { row, x, y })))
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
