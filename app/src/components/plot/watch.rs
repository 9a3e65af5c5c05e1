//! Keeps the canvases in step with the run, the visitor's choice, the window and the theme.

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::prelude::*;
use web_sys::{Element, MediaQueryList, ResizeObserver};

use super::Layers;
use super::stage::Stage;
use crate::draw::plot::{self, Drawn, Plot};
use crate::draw::view::View;

/// The input of a drawing: a part of the axes, on canvases of a size, of rows that are not forgotten.
#[derive(Clone, Copy, PartialEq)]
struct Look {
    part: View,
    canvases: u32,
    epoch: u64,
}

/// Draws as rows come and as other parts of the axes are looked at.
pub(super) fn watch(stage: Stage, layers: Layers) {
    let (live, view) = (stage.scene.live, stage.scene.view);
    let canvases = RwSignal::new(0_u32);
    observe(layers.frame, canvases);
    let epoch = live.memo(|model| model.epoch);
    let turns = RwSignal::new(0_u32);
    let turn_asked = StoredValue::new(false);
    Effect::new(move |before: Option<Option<Look>>| {
        let mounted = mounted(layers)?;
        let part = View { point: None, ..view.get() };
        let look = Look { part, canvases: canvases.get(), epoch: epoch.get() };
        match before.flatten() {
            Some(before) if before == look => {}
            Some(before) if before == (Look { part: before.part, ..look }) => {
                stage.point_at(None);
                stage.with(|plot| plot.look(part));
            }
            _ => {
                stage.point_at(None);
                stage.set(Plot::new(mounted, part));
            }
        }
        turns.track();
        stage.scene.choice.track();
        let drawn = stage.with(|plot| live.read(|model| plot.draw(&model.rows)));
        if drawn == Some(Drawn::InPart) && !turn_asked.get_value() {
            turn_asked.set_value(true);
            request_animation_frame(move || {
                turn_asked.try_update_value(|asked| *asked = false);
                turns.try_update(|turns| *turns += 1);
            });
        }
        stage.drawn();
        Some(look)
    });
}

fn mounted(layers: Layers) -> Option<plot::Layers> {
    Some(plot::Layers {
        frame: layers.frame.get()?,
        points: layers.points.get()?,
        hover: layers.hover.get()?,
    })
}

/// Observers of size and theme; dropping them ends that.
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

fn observe(frame: NodeRef<html::Canvas>, canvases: RwSignal<u32>) {
    Effect::new(move |_| {
        let Some(canvas) = frame.get() else { return };
        let observers = StoredValue::new_local(Observers::new(&canvas, canvases));
        on_cleanup(move || {
            observers.try_update_value(|observers| drop(observers.take()));
        });
    });
}

impl Observers {
    fn new(element: &Element, canvases: RwSignal<u32>) -> Option<Self> {
        let changed = Closure::<dyn FnMut()>::new(move || {
            canvases.try_update(|canvases| *canvases += 1);
        });
        let callback = changed.as_ref().unchecked_ref();
        let theme = window().match_media("(prefers-color-scheme: dark)").ok().flatten()?;
        theme.set_onchange(Some(callback));
        let size = ResizeObserver::new(callback).ok()?;
        size.observe(element);
        Some(Self { size, theme, _changed: changed })
    }
}
