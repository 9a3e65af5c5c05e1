//! Listeners on an element, which end with their owner.

use leptos::prelude::*;
use wasm_bindgen::prelude::*;
use web_sys::{AddEventListenerOptions, Event, EventTarget};

type Listener = Closure<dyn FnMut(Event)>;

/// The listeners on one element; dropping them removes them.
pub(super) struct Listeners {
    target: EventTarget,
    held: Vec<(&'static str, Listener)>,
}

impl Listeners {
    /// Nothing yet.
    pub(super) fn new(target: EventTarget) -> Self {
        Self { target, held: Vec::new() }
    }

    /// Listens to events of this name, which it may keep from the browser.
    pub(super) fn on<E: JsCast>(&mut self, name: &'static str, mut heard: impl FnMut(E) + 'static) {
        let listener = Listener::new(move |event: Event| heard(event.unchecked_into()));
        let options = AddEventListenerOptions::new();
        options.set_passive(false);
        let callback = listener.as_ref().unchecked_ref();
        let added = self
            .target
            .add_event_listener_with_callback_and_add_event_listener_options(name, callback, &options);
        if added.is_ok() {
            self.held.push((name, listener));
        }
    }

    /// Listens until the present owner is cleaned up.
    pub(super) fn keep(self) {
        let kept = StoredValue::new_local(Some(self));
        on_cleanup(move || {
            kept.try_update_value(|kept| drop(kept.take()));
        });
    }
}

impl Drop for Listeners {
    fn drop(&mut self) {
        for (name, listener) in &self.held {
            let _ = self.target.remove_event_listener_with_callback(name, listener.as_ref().unchecked_ref());
        }
    }
}
