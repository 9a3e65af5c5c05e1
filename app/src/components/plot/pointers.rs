//! Mouse, touch, pen and wheel on the plot. All their input between two frames is handled once.

use leptos::html;
use leptos::prelude::*;
use web_sys::{Element, Event, MouseEvent, PointerEvent, TouchEvent, WheelEvent};

use super::listen::Listeners;
use super::stage::Stage;
use crate::draw::gesture::{Drag, Gesture, Grip, Input, Meaning, Place};
use crate::draw::lens::Lenses;
use crate::draw::view::View;
use crate::draw::wheel::{WheelUnit, wheel_factor, wheel_pixels};

/// How far a mouse, and a finger, may move without it being a drag, in CSS pixels.
const MOUSE_SLACK: f64 = 4.0;
const FINGER_SLACK: f64 = 10.0;
/// After a pause this long, the wheel's next change is a step of its own.
const WHEEL_REST_MS: f64 = 400.0;

/// The work of the next frame.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Pending {
    Hover(Option<Place>),
    Box(Place, Place),
    Grip(Grip),
    Wheel { at: Place, factor: f64, across: f64 },
}

/// The gestures of pointers.
#[derive(Clone, Copy)]
pub(super) struct Hands {
    stage: Stage,
    /// The corners of a box that is being drawn.
    draft: RwSignal<Option<(Place, Place)>>,
    gesture: StoredValue<Gesture, LocalStorage>,
    /// The view when the present grip began, by its number.
    held: StoredValue<Option<(u32, Lenses, View)>, LocalStorage>,
    pending: StoredValue<Option<Pending>>,
    asked: StoredValue<bool>,
    wheeled_ms: StoredValue<f64>,
}

impl Hands {
    /// No gesture yet; a box that is being drawn is written to `draft`.
    pub(super) fn new(stage: Stage, draft: RwSignal<Option<(Place, Place)>>) -> Self {
        Self {
            stage,
            draft,
            gesture: StoredValue::new_local(Gesture::default()),
            held: StoredValue::new_local(None),
            pending: StoredValue::new(None),
            asked: StoredValue::new(false),
            wheeled_ms: StoredValue::new(f64::MIN),
        }
    }

    /// Listens to the plot's uppermost layer; `root` is the element that has the focus.
    pub(super) fn listen(self, layer: NodeRef<html::Canvas>, root: NodeRef<html::Div>) {
        Effect::new(move |_| {
            let (Some(layer), Some(root)) = (layer.get(), root.get()) else { return };
            let root: Element = root.into();
            let mut listeners = Listeners::new(layer.clone().into());
            listeners.on("pointerdown", move |event: PointerEvent| {
                let _ = layer.set_pointer_capture(event.pointer_id());
                self.pressed(&event);
            });
            listeners.on("pointermove", move |event: PointerEvent| self.moved(&event));
            listeners.on("pointerup", move |event: PointerEvent| {
                self.take(Input::Up { pointer: event.pointer_id() });
            });
            listeners.on("pointercancel", move |_: PointerEvent| self.take(Input::Lost));
            listeners.on("pointerleave", move |_: PointerEvent| self.ask(Pending::Hover(None)));
            listeners.on("dblclick", move |_: MouseEvent| self.stage.scene.show_all());
            listeners.on("wheel", move |event: WheelEvent| self.wheeled(&event, &root));
            // A middle button would begin to scroll by itself.
            listeners.on("mousedown", move |event: MouseEvent| {
                if event.button() == 1 {
                    event.prevent_default();
                }
            });
            // One finger scrolls the page; two are the plot's.
            for name in ["touchstart", "touchmove"] {
                listeners.on(name, move |event: TouchEvent| {
                    if event.touches().length() > 1 && event.cancelable() {
                        event.prevent_default();
                    }
                });
            }
            listeners.on("contextmenu", move |_: Event| self.take(Input::Lost));
            listeners.keep();
        });
    }

    /// Undoes the gesture under way; false where there is none.
    pub(super) fn let_go(self) -> bool {
        let is_under_way = self.gesture.with_value(Gesture::is_under_way);
        if is_under_way {
            self.take(Input::Lost);
        }
        is_under_way
    }

    fn pressed(self, event: &PointerEvent) {
        let is_middle = event.button() == 1;
        if event.button() != 0 && !is_middle {
            return;
        }
        let drag = match self.stage.scene.drag.get_untracked() {
            _ if is_middle => Drag::Move,
            Drag::Select if event.shift_key() => Drag::Move,
            Drag::Move if event.shift_key() => Drag::Select,
            drag => drag,
        };
        let slack = if event.pointer_type() == "mouse" { MOUSE_SLACK } else { FINGER_SLACK };
        self.take(Input::Down { pointer: event.pointer_id(), at: place(event), drag, slack });
    }

    fn moved(self, event: &PointerEvent) {
        let is_down = self.gesture.with_value(Gesture::has_pointers);
        if is_down {
            self.take(Input::Move { pointer: event.pointer_id(), at: place(event) });
        } else if event.pointer_type() != "touch" {
            self.ask(Pending::Hover(Some(place(event))));
        }
    }

    fn take(self, input: Input) {
        let meaning = self.gesture.try_update_value(|gesture| gesture.take(input)).flatten();
        match meaning {
            None => {}
            Some(Meaning::Boxing(one, other)) => self.ask(Pending::Box(one, other)),
            Some(Meaning::Gripping(grip)) => self.ask(Pending::Grip(grip)),
            Some(Meaning::Press(at)) => self.press(at),
            Some(Meaning::Boxed(one, other)) => {
                self.drop_draft();
                self.stage.select(one, other);
            }
            Some(Meaning::Gripped) => {
                self.act();
                self.held.set_value(None);
            }
            Some(Meaning::Undone) => {
                self.drop_draft();
                if let Some((_, _, before)) = self.held.try_update_value(Option::take).flatten() {
                    self.stage.look(|view| View { x: before.x, y: before.y, ..view });
                }
            }
        }
    }

    fn drop_draft(self) {
        self.pending.set_value(None);
        self.draft.set(None);
    }

    fn press(self, at: Place) {
        let scene = self.stage.scene;
        let found = self.stage.find(at).map(|found| found as u64);
        let chosen = scene.view.with_untracked(|view| view.point);
        self.stage.point_at(None);
        if found.is_none() && chosen.is_none() {
            scene.choice.update(|choice| choice.region = None);
        }
        scene.choose(found.filter(|_| found != chosen));
    }

    /// The page keeps its wheel until the plot has the focus, or Ctrl is held; and where all is shown already, also
    /// when it would show more.
    fn wheeled(self, event: &WheelEvent, root: &Element) {
        let is_held = event.ctrl_key() || event.meta_key();
        if !is_held && !root.matches(":focus").unwrap_or_default() {
            return;
        }
        let unit = match event.delta_mode() {
            WheelEvent::DOM_DELTA_LINE => WheelUnit::Line,
            WheelEvent::DOM_DELTA_PAGE => WheelUnit::Page,
            _ => WheelUnit::Pixel,
        };
        let (across, down) = (wheel_pixels(event.delta_x(), unit), wheel_pixels(event.delta_y(), unit));
        let is_across = across.abs() > down.abs() && !is_held;
        let is_part = untrack(|| self.stage.scene.is_part());
        let shows_more = down > 0.0 || is_across;
        if !is_part && shows_more && !is_held {
            return;
        }
        event.prevent_default();
        if !is_part && shows_more {
            return;
        }
        let (factor, across) = if is_across { (1.0, across) } else { (wheel_factor(down, is_held), 0.0) };
        let now_ms = event.time_stamp();
        if now_ms - self.wheeled_ms.get_value() > WHEEL_REST_MS {
            self.stage.scene.step();
        }
        self.wheeled_ms.set_value(now_ms);
        let before = match self.pending.get_value() {
            Some(Pending::Wheel { factor, across, .. }) => (factor, across),
            _ => (1.0, 0.0),
        };
        let at = (f64::from(event.offset_x()), f64::from(event.offset_y()));
        self.ask(Pending::Wheel { at, factor: before.0 * factor, across: before.1 + across });
    }

    fn ask(self, pending: Pending) {
        self.pending.set_value(Some(pending));
        if !self.asked.get_value() {
            self.asked.set_value(true);
            request_animation_frame(move || {
                self.asked.try_update_value(|asked| *asked = false);
                self.act();
            });
        }
    }

    /// Does the work that was left for a frame.
    fn act(self) {
        match self.pending.try_update_value(Option::take).flatten() {
            None => {}
            Some(Pending::Hover(at)) => {
                let found = at.and_then(|at| self.stage.find(at));
                let chosen = self.stage.scene.chosen();
                self.stage.point_at(found.filter(|found| Some(*found) != chosen));
            }
            Some(Pending::Box(one, other)) => {
                self.stage.point_at(None);
                self.draft.set(Some((one, other)));
            }
            Some(Pending::Grip(grip)) => self.grip(grip),
            Some(Pending::Wheel { at, factor, across }) => {
                if across == 0.0 {
                    self.stage.zoom(at, factor);
                } else if let Some(lenses) = self.stage.lenses() {
                    let (from, to) = (lenses.middle(), (lenses.middle().0 - across, lenses.middle().1));
                    self.stage.look(|view| View { y: view.y, ..lenses.gripped(view, from, to, factor) });
                }
            }
        }
    }

    fn grip(self, grip: Grip) {
        let held = self.held.get_value().filter(|(number, ..)| *number == grip.number);
        let (_, lenses, view) = match held {
            Some(held) => held,
            None => {
                let Some(lenses) = self.stage.lenses() else { return };
                let view = self.stage.scene.view.get_untracked();
                self.stage.scene.step();
                self.held.set_value(Some((grip.number, lenses, view)));
                (grip.number, lenses, view)
            }
        };
        self.stage.point_at(None);
        let wanted = lenses.gripped(view, grip.from, grip.to, grip.factor);
        self.stage.look(|view| View { x: wanted.x, y: wanted.y, ..view });
    }
}

fn place(event: &PointerEvent) -> Place {
    (event.offset_x().into(), event.offset_y().into())
}
