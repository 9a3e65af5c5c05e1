//! Keeps the page's address in step with the view, so that whoever is given the link sees the same, and the browser's
//! Back shows what was seen before.

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

/// Writes the view into the address whenever it changes, and reads it where Back and Forward lead. Another run on the
/// page forgets what was chosen of the one before.
pub(super) fn keep(scene: Scene) {
    let view = scene.view;
    let written = StoredValue::new(view.get_untracked());
    let waiting = StoredValue::new(false);
    Effect::new(move |before: Option<(Option<String>, View)>| {
        let run = scene.live.target().with(|target| target.as_ref().map(|target| target.id.clone()));
        let seen = view.get();
        let Some((run_before, seen_before)) = before else { return (run, seen) };
        if run != run_before {
            let wanted = if run_before.is_some() { View { point: None, ..seen } } else { seen };
            if run_before.is_some() {
                scene.choice.set(Choice::default());
                scene.choose(None);
            }
            write(How::Replace, wanted, written);
        } else if part(seen) != part(seen_before)
            && part(seen) != part(written.get_value())
            && scene.takes_step()
        {
            // What was seen last may not be written yet.
            write(How::Replace, seen_before, written);
            write(How::Push, seen, written);
        } else if seen != written.get_value() && !waiting.get_value() {
            waiting.set_value(true);
            set_timeout(move || write_latest(view, written, waiting), WRITTEN_EVERY);
        }
        (run, seen)
    });
    let heard = window_event_listener(ev::popstate, move |_| {
        let Ok(query) = window().location().search() else { return };
        let query = Query::parse(query.trim_start_matches('?'));
        let shown =
            scene.live.target().with_untracked(|target| target.as_ref().map(|target| target.id.clone()));
        if query.get("run").is_some_and(|run| shown.is_some_and(|shown| shown != run)) {
            // The page has gone on to another run.
            let _ = window().location().reload();
            return;
        }
        let seen = View::read(|name| query.get(name).map(str::to_owned));
        written.set_value(seen);
        view.set(seen);
    });
    on_cleanup(move || heard.remove());
}

fn write_latest(view: RwSignal<View>, written: StoredValue<View>, waiting: StoredValue<bool>) {
    let (Some(seen), Some(known)) = (view.try_get_untracked(), written.try_get_value()) else { return };
    waiting.set_value(false);
    if seen != known {
        write(How::Replace, seen, written);
    }
}

/// The axes and what is shown of them.
fn part(view: View) -> View {
    View { point: None, ..view }
}

/// What becomes of the address before.
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
