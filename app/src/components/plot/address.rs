//! Keeps the page's address in step with the view, so that whoever is given the link sees the same.

use leptos::prelude::*;
use wasm_bindgen::JsValue;

use crate::draw::view::View;
use crate::live::LiveRun;

/// Writes the view into the address whenever it changes. Another run on the page forgets the chosen object.
pub(super) fn keep(live: LiveRun, view: RwSignal<View>) {
    Effect::new(move |before: Option<(Option<String>, View)>| {
        let run = live.target().with(|target| target.as_ref().map(|target| target.id.clone()));
        let seen = view.get();
        let Some((run_before, seen_before)) = before else { return (run, seen) };
        let is_another = run_before.is_some() && run != run_before;
        let wanted = if is_another { View { point: None, ..seen } } else { seen };
        if wanted != seen {
            view.set(wanted);
        }
        if run != run_before || wanted != seen_before {
            write(wanted);
        }
        (run, wanted)
    });
}

fn write(view: View) {
    let location = window().location();
    let (Ok(path), Ok(query)) = (location.pathname(), location.search()) else { return };
    let address = path + &view.query_beside(&query);
    if let Ok(history) = window().history() {
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&address));
    }
}
