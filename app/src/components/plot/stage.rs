//! The drawn plot, for those who point at it, walk through it and look closer.

use leptos::prelude::*;

use super::scene::Scene;
use crate::components::tip::Tip;
use crate::draw::gesture::Place;
use crate::draw::lens::{Lens, Lenses};
use crate::draw::plot::Plot;
use crate::draw::projection::Area;
use crate::draw::view::View;
use crate::draw::walk::{self, Direction};
use crate::table::choice::Region;

/// Objects under one point that are counted at most.
const HERE_MAX: usize = 10_000;

/// A plot in a browser.
#[derive(Clone, Copy)]
pub(super) struct Stage {
    /// The view and the selection.
    pub(super) scene: Scene,
    plot: StoredValue<Option<Plot>, LocalStorage>,
    pointed: StoredValue<Option<usize>>,
}

impl Stage {
    /// Nothing drawn yet.
    pub(super) fn new(scene: Scene) -> Self {
        Self { scene, plot: StoredValue::new_local(None), pointed: StoredValue::new(None) }
    }

    /// Replaces the plot that was drawn before.
    pub(super) fn set(self, plot: Option<Plot>) {
        self.plot.set_value(plot);
    }

    /// Does something with the plot, if there is one.
    pub(super) fn with<T>(self, act: impl FnOnce(&mut Plot) -> T) -> Option<T> {
        self.plot.try_update_value(|plot| plot.as_mut().map(act)).flatten()
    }

    /// The object whose point is nearest to a position, if it is near.
    pub(super) fn find(self, (x, y): Place) -> Option<usize> {
        self.with(|plot| plot.find(x, y)).flatten()
    }

    /// Where an object's point lies, if it is shown.
    pub(super) fn place(self, number: usize) -> Option<Place> {
        self.with(|plot| plot.place(number)).flatten()
    }

    /// The object that is pointed at.
    pub(super) fn pointed(self) -> Option<usize> {
        self.pointed.get_value()
    }

    /// Points at an object, or at none.
    pub(super) fn point_at(self, number: Option<usize>) {
        if self.pointed.get_value() == number {
            return;
        }
        self.pointed.set_value(number);
        self.ring();
        self.scene.pointed.set(number.and_then(|number| self.tip(number)));
    }

    /// Rings the object that is pointed at and the chosen one.
    fn ring(self) {
        let (chosen, pointed) = (self.scene.chosen(), self.pointed.get_value());
        self.with(|plot| plot.ring(chosen, pointed.filter(|pointed| Some(*pointed) != chosen)));
    }

    fn tip(self, number: usize) -> Option<Tip> {
        let (x, y) = self.place(number)?;
        let others = self.with(|plot| {
            let ratio = plot.ratio();
            let grid = plot.cloud().grid();
            grid.at((x * ratio, y * ratio)).take(HERE_MAX + 1).count().saturating_sub(1)
        });
        let row = untrack(|| self.scene.live.read(|model| model.rows.get(number)))?;
        Some(Tip { row, x, y, others: others.unwrap_or_default() })
    }

    /// Updates everything that lies over the points, once they are drawn.
    pub(super) fn drawn(self) {
        self.ring();
        let scene = self.scene;
        let chosen_at = scene.chosen().and_then(|chosen| self.place(chosen));
        let chosen_at = chosen_at.zip(self.lenses().map(|lenses| lenses.area.left + lenses.area.width));
        if scene.chosen_at.with_untracked(|before| *before != chosen_at) {
            scene.chosen_at.set(chosen_at);
        }
        let outline =
            scene.choice.with_untracked(|choice| choice.region).and_then(|region| self.part(&region));
        if scene.outline.with_untracked(|before| *before != outline) {
            scene.outline.set(outline);
        }
    }

    fn part(self, region: &Region) -> Option<Area> {
        self.with(|plot| {
            let units = 1.0 / plot.ratio();
            let cloud = plot.cloud();
            let fits = cloud.axes() == region.axes();
            fits.then(|| region.part(cloud.projection())).flatten().map(|part| part.scaled(units))
        })
        .flatten()
    }

    /// The axes as they are shown.
    pub(super) fn lenses(self) -> Option<Lenses> {
        self.with(|plot| {
            let units = 1.0 / plot.ratio();
            let cloud = plot.cloud();
            let (whole, projection) = (cloud.whole(), *cloud.projection());
            Lenses {
                x: Lens { whole: whole.0, shown: projection.x },
                y: Lens { whole: whole.1, shown: projection.y },
                area: projection.area.scaled(units),
            }
        })
    }

    /// Shows what lies at a position so many times as large, without a step of its own.
    pub(super) fn zoom(self, at: Place, factor: f64) {
        if let Some(lenses) = self.lenses() {
            self.look(|view| lenses.gripped(view, at, at, factor));
        }
    }

    /// Shows another part of the axes, if it is another.
    pub(super) fn look(self, change: impl FnOnce(View) -> View) {
        let before = self.scene.view.get_untracked();
        let after = change(before);
        if after != before {
            self.scene.view.set(after);
        }
    }

    /// Chooses the objects between two corners; none where the corners coincide.
    pub(super) fn select(self, one: Place, other: Place) {
        let part = Area {
            left: one.0.min(other.0),
            top: one.1.min(other.1),
            width: (one.0 - other.0).abs(),
            height: (one.1 - other.1).abs(),
        };
        let region = self.with(|plot| {
            let device = part.scaled(plot.ratio());
            let cloud = plot.cloud();
            Region::new(cloud.axes(), cloud.projection(), device)
        });
        let region = region.filter(|_| part.width > 0.0 && part.height > 0.0);
        self.scene.choice.update(|choice| choice.region = region);
    }

    /// The nearest object from one on.
    pub(super) fn next(self, from: usize, direction: Direction) -> Option<usize> {
        let from = self.place(from)?;
        let across = self.lenses().map(|Lenses { area, .. }| area.width.max(area.height))?;
        let next = self.with(|plot| {
            // Brought up to date.
            plot.cloud().grid();
            let plot = &*plot;
            let inside = |upper: Place, lower: Place| {
                let (width, height) = (lower.0 - upper.0, lower.1 - upper.1);
                plot.tops(Area { left: upper.0, top: upper.1, width, height })
            };
            walk::next(from, direction, across, inside)
        });
        next.flatten().map(|number| number as usize)
    }

    /// The first, or the last, object that is shown.
    pub(super) fn end(self, last: bool) -> Option<usize> {
        self.with(|plot| {
            let many = plot.cloud().len();
            let mut numbers = 0..many;
            let is_shown = |number: &usize| plot.place(*number).is_some();
            if last { numbers.rev().find(is_shown) } else { numbers.find(is_shown) }
        })
        .flatten()
    }
}
