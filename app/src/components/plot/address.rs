//! Keeps the page's address in step with the view, so that everyone who opens the link sees the same, and the
//! browser's Back shows what was seen before.

use std::time::Duration;

use leptos::ev;
use leptos::prelude::*;
use wasm_bindgen::JsValue;

use super::scene::Scene;
use crate::draw::view::View;
use crate::query::Query;
use crate::table::choice::Choice;

/// An address that goes on changing is written this often: browsers count how often a page does so.
const WRITTEN_EVERY: Duration = Duration::from_millis(200);

/// Writes the view into the address whenever it changes, and reads it where Back and Forward lead. When
/// another run comes on the page, the selection in the one before is forgotten.
pub(super) fn keep(scene: Scene) {
    let view = scene.view;
    let written = StoredValue::new(view.get_untracked());
    let waiting = StoredValue::new(false);
    Effect::new(move |before: Option<(Option<String>, View)>| {
        let run = scene.live.target().with(|target| target.as_ref().map(|target| target.id.clone()));
        let seen = view.get();
        let Some((run_before, seen_before)) = before else { return (run, seen) };
        if run != run_before {
            if run_before.is_some() {
                scene.choice.set(Choice::default());
                scene.choose(run.as_deref().and_then(point_beside));
            }
            write_soon(view, written, waiting);
        } else if part(seen) != part(seen_before)
            && part(seen) != part(written.get_value())
            && scene.takes_step()
        {
            // The view that was seen last may not be written yet.
            write(How::Replace, seen_before, written);
            write(How::Push, seen, written);
        } else if seen != written.get_value() {
            write_soon(view, written, waiting);
        }
        (run, seen)
    });
    let heard = window_event_listener(ev::popstate, move |_| {
        let seen = addressed();
        written.set_value(seen);
        view.set(seen);
    });
    on_cleanup(move || heard.remove());
}

/// Writes the view as it is in a moment.
fn write_soon(view: RwSignal<View>, written: StoredValue<View>, waiting: StoredValue<bool>) {
    if waiting.get_value() {
        return;
    }
    waiting.set_value(true);
    let write_latest = move || {
        let Some(seen) = view.try_get_untracked() else { return };
        waiting.set_value(false);
        // A navigation may have taken the fields of the view out of the address.
        if seen != addressed() {
            write(How::Replace, seen, written);
        }
    };
    set_timeout(write_latest, WRITTEN_EVERY);
}

fn query() -> Query {
    let text = window().location().search().unwrap_or_default();
    Query::parse(text.trim_start_matches('?'))
}

/// The view that the address asks for.
fn addressed() -> View {
    let query = query();
    View::read(|name| query.get(name).map(str::to_owned))
}

/// The chosen object of an address that names this run.
fn point_beside(run: &str) -> Option<u64> {
    (query().get("run") == Some(run)).then(addressed)?.point
}

/// The axes and what is shown of them.
fn part(view: View) -> View {
    View { point: None, ..view }
}

/// The fate of the address before.
#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    /// Back leads to it.
    Push,
    /// It is forgotten.
    Replace,
}

fn write(how: How, view: View, written: StoredValue<View>) {
    written.set_value(view);
    let location = window().location();
    let (Ok(path), Ok(query)) = (location.pathname(), location.search()) else { return };
    let address = path + &view.query_beside(&query);
    if let Ok(history) = window().history() {
        let _ = match how {
            How::Push => history.push_state_with_url(&JsValue::NULL, "", Some(&address)),
            How::Replace => history.replace_state_with_url(&JsValue::NULL, "", Some(&address)),
        };
    }
}
