//! A run as the page holds it: events are folded into one model, and one signal says that it changed.

pub mod doing;
#[cfg(feature = "hydrate")]
mod inbox;
pub mod invocations;
pub mod link;
pub mod model;
#[cfg(feature = "hydrate")]
mod pulse;
pub mod rows;
#[cfg(feature = "hydrate")]
mod source;

use leptos::prelude::*;
use wire::api::{RunSummary, Started};
use wire::rule::Grain;
use wire::run::is_id;

use crate::live::doing::Doing;
use crate::live::link::Link;
use crate::live::model::Model;

/// The run on the page. The model, with its rows, lies outside the reactive graph: nothing copies it.
#[derive(Clone, Copy)]
pub struct LiveRun {
    model: StoredValue<Model>,
    version: RwSignal<u64>,
    target: RwSignal<Option<Started>>,
    base: RwSignal<Option<String>>,
    link: RwSignal<Link>,
}

impl LiveRun {
    /// No run yet.
    pub fn idle() -> Self {
        Self {
            model: StoredValue::new(Model::default()),
            version: RwSignal::new(0),
            target: RwSignal::new(None),
            base: RwSignal::new(None),
            link: RwSignal::new(Link::default()),
        }
    }

    /// A run that the server knows, as far as it was when the page was made.
    pub fn of(summary: &RunSummary) -> Self {
        let live = Self::idle();
        live.model.set_value(Model::from_end(&summary.end));
        live.target.set(addresses(&summary.id));
        live.base.set(summary.base.clone());
        live
    }

    /// Shows this run instead; its numbers begin at nothing.
    pub fn begin(self, started: Started) {
        self.model.update_value(Model::restart);
        self.base.set(None);
        self.link.set(Link::default());
        self.target.set(Some(started));
        self.changed();
    }

    /// Shows that there is no such run.
    pub fn miss(self) {
        self.clear();
        self.model.update_value(Model::restart);
        self.lose();
    }

    /// Shows no run.
    pub fn clear(self) {
        self.model.update_value(Model::clear);
        self.base.set(None);
        self.link.set(Link::default());
        self.target.set(None);
        self.changed();
    }

    /// The run is not there any more.
    pub fn lose(self) {
        self.update(Model::lose);
        self.link.try_set(Link::Gone);
        self.changed();
    }

    /// Whether its events reach the page.
    pub fn link(self) -> RwSignal<Link> {
        self.link
    }

    /// The run's status.
    pub fn doing(self) -> Memo<Doing> {
        Memo::new(move |_| {
            let link = self.link.get();
            self.read(|model| Doing::of(model, link))
        })
    }

    /// Opens the run's events again: another server may have the run.
    pub fn follow_again(self) {
        self.target.notify();
    }

    /// The run whose counts of unchanged objects this one reused, once the page has learnt it.
    pub fn base(self) -> RwSignal<Option<String>> {
        self.base
    }

    /// The run on the page, and where its events are.
    pub fn target(self) -> Signal<Option<Started>> {
        self.target.into()
    }

    /// Reads the model, and again whenever it changes.
    pub fn read<T>(self, reader: impl FnOnce(&Model) -> T) -> T {
        self.version.track();
        self.model.with_value(reader)
    }

    /// Reads the model once.
    pub fn read_untracked<T>(self, reader: impl FnOnce(&Model) -> T) -> T {
        self.model.with_value(reader)
    }

    /// Changes the model without notifying its readers.
    pub fn update(self, change: impl FnOnce(&mut Model)) {
        self.model.try_update_value(change);
    }

    /// Notifies the readers of the model.
    pub fn changed(self) {
        self.version.try_update(|version| *version += 1);
    }

    /// A part of the model, whose readers are notified only when it differs.
    pub fn memo<T: PartialEq + Send + Sync + 'static>(self, part: fn(&Model) -> T) -> Memo<T> {
        Memo::new(move |_| self.read(part))
    }

    /// Follows the run's events in the browser, until the page is left.
    #[cfg_attr(not(feature = "hydrate"), expect(unused_variables, reason = "a server follows nothing"))]
    pub fn follow(self, grain: Grain) {
        #[cfg(feature = "hydrate")]
        source::follow(self, grain);
    }
}

/// The addresses of a run, by the site's routes; `None` for a text that is no run's id.
pub fn addresses(id: &str) -> Option<Started> {
    let (events, page) = (format!("/runs/{id}/events"), format!("/runs/{id}"));
    is_id(id).then(|| Started { id: id.to_owned(), events, page })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_address_is_made_of_what_is_no_id() {
        let id = "0123456789abcdef0123456789abcdef0123456789a";
        assert_eq!(addresses(id).unwrap().events, format!("/runs/{id}/events"));
        for wrong in ["", "..", "../api/list_runs?", "//evil.example/", &format!("{id}/../{id}"), "a#", "a?b"]
        {
            assert_eq!(addresses(wrong), None, "{wrong}");
        }
    }
}
