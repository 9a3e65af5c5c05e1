//! Detects beside the reader what an `EventSource` does not report: that it does not open, that it has gone
//! silent, that the run behind it is gone.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use leptos::leptos_dom::helpers::IntervalHandle;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::prelude::*;
use web_sys::EventSource;

use super::LiveRun;
use super::link::Link;
use crate::api::read_run;

/// How often the stream's quiet is looked at.
const LOOKED_AT_EVERY: Duration = Duration::from_secs(1);

/// Events by which the stream shows that it is alive.
const SIGNS: [&str; 7] = ["open", "progress", "objects", "log", "reset", "ping", "end"];

/// The watch over one stream; dropping it ends that.
pub(super) struct Pulse {
    interval: Option<IntervalHandle>,
    _sign: Closure<dyn FnMut()>,
    _refused: Closure<dyn FnMut()>,
}

impl Drop for Pulse {
    fn drop(&mut self) {
        if let Some(interval) = self.interval.take() {
            interval.clear();
        }
    }
}

impl Pulse {
    /// Watches a stream that was just asked for.
    pub(super) fn of(live: LiveRun, stream: &EventSource) -> Self {
        let has_opened = Rc::new(Cell::new(false));
        let heard_ms = Rc::new(Cell::new(js_sys::Date::now()));
        let (opened, heard) = (Rc::clone(&has_opened), Rc::clone(&heard_ms));
        let sign = Closure::<dyn FnMut()>::new(move || {
            opened.set(true);
            heard.set(js_sys::Date::now());
            tell(live, Link::Fine);
        });
        for name in SIGNS {
            let _ = stream.add_event_listener_with_callback(name, sign.as_ref().unchecked_ref());
        }
        let asked = stream.clone();
        let refused = Closure::<dyn FnMut()>::new(move || {
            if asked.ready_state() == EventSource::CLOSED {
                look_at_the_run(live);
            }
        });
        let _ = stream.add_event_listener_with_callback("error", refused.as_ref().unchecked_ref());
        let watched = stream.clone();
        let look = move || {
            if watched.ready_state() != EventSource::CLOSED {
                tell(live, Link::of(has_opened.get(), js_sys::Date::now() - heard_ms.get()));
            }
        };
        let interval = set_interval_with_handle(look, LOOKED_AT_EVERY).ok();
        Self { interval, _sign: sign, _refused: refused }
    }
}

fn tell(live: LiveRun, link: Link) {
    if live.link().try_get_untracked().is_some_and(|before| before != link) {
        live.link().set(link);
    }
}

/// A refusal's status is not shown to scripts: the run is asked for once, by its own address.
fn look_at_the_run(live: LiveRun) {
    let Some(target) = live.target().try_get_untracked().flatten() else { return };
    spawn_local(async move {
        let answer = read_run(Some(target.id.clone())).await;
        let is_shown = live.target().try_get_untracked().flatten().is_some_and(|shown| shown.id == target.id);
        match answer {
            _ if !is_shown => (),
            // There is no room for another viewer, or the server has just come back.
            Ok(summary) => {
                live.update(|model| model.catch_up(summary.end));
                live.changed();
            }
            Err(error) if error.is_not_found() => live.lose(),
            Err(_) => (),
        }
    });
}
