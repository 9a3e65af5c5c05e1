//! The state that the plot, its card and its table share.

use leptos::prelude::*;

use crate::components::tip::Tip;
use crate::draw::gesture::{Drag, Place};
use crate::draw::projection::Area;
use crate::draw::view::View;
use crate::live::LiveRun;
use crate::table::choice::Choice;

/// A plot on the page: which part of a run it shows, and which objects are chosen.
#[derive(Clone, Copy)]
pub struct Scene {
    /// The run, followed object by object.
    pub live: LiveRun,
    /// The part of it that is shown, and which object is chosen.
    pub view: RwSignal<View>,
    /// Which objects the table has.
    pub choice: RwSignal<Choice>,
    /// The effect of dragging.
    pub drag: RwSignal<Drag>,
    /// The object under the pointer, or that keys have come to.
    pub pointed: RwSignal<Option<Tip>>,
    /// Where the chosen object's point lies in CSS pixels, and how wide the plot is; `None` where it is not shown.
    pub chosen_at: RwSignal<Option<(Place, f64)>>,
    /// Where the chosen part of the plot lies, in CSS pixels.
    pub outline: RwSignal<Option<Area>>,
    /// The sentence that is announced to those who cannot see the plot.
    pub told: RwSignal<String>,
    steps: StoredValue<bool>,
}

impl Scene {
    /// A plot of this run.
    pub fn new(live: LiveRun, view: RwSignal<View>) -> Self {
        Self {
            live,
            view,
            choice: RwSignal::new(Choice::default()),
            drag: RwSignal::new(Drag::default()),
            pointed: RwSignal::new(None),
            chosen_at: RwSignal::new(None),
            outline: RwSignal::new(None),
            told: RwSignal::new(String::new()),
            steps: StoredValue::new(false),
        }
    }

    /// The browser's Back takes what changes next of the view back, together with all that follows.
    pub fn step(self) {
        self.steps.set_value(true);
    }

    /// Whether what has changed begins a step; what follows belongs to it.
    pub fn takes_step(self) -> bool {
        self.steps.try_update_value(std::mem::take).unwrap_or_default()
    }

    /// Changes the view in a step of its own.
    pub fn look(self, change: impl FnOnce(&mut View)) {
        self.step();
        self.view.update(change);
    }

    /// Chooses an object by the number of its row, or none.
    pub fn choose(self, number: Option<u64>) {
        if self.view.with_untracked(|view| view.point != number) {
            self.view.update(|view| view.point = number);
        }
    }

    /// The number of the chosen object's row.
    pub fn chosen(self) -> Option<usize> {
        self.view.with_untracked(|view| view.point).and_then(|number| usize::try_from(number).ok())
    }

    /// A part of the axes is shown.
    pub fn is_part(self) -> bool {
        self.view.with(|view| view.x.is_some() || view.y.is_some())
    }

    /// Shows all values.
    pub fn show_all(self) {
        if untrack(|| self.is_part()) {
            self.look(|view| (view.x, view.y) = (None, None));
        }
    }
}
