//! A form and the run that it started, in one place.

use leptos::prelude::*;
use wire::api::{Site, Started};
use wire::rule::Grain;

use crate::components::form::StartForm;
use crate::components::panel::Panel;
use crate::live::LiveRun;
use crate::live::model::Model;

/// The form above the run's panel.
#[component]
pub fn Desk(
    /// The run on the page; the form begins others.
    live: LiveRun,
    /// Totals, or a plot as well.
    grain: Grain,
) -> impl IntoView {
    let simulated = use_context::<Site>().unwrap_or_default().simulated;
    let began = Callback::new(move |started: Started| {
        if grain == Grain::PerObject {
            remember(&started.id);
        }
        live.begin(started);
    });
    // A run that cannot be reached does not stand in the way of another.
    let busy = live.memo(|model| model.goes_on() && !model.reconnecting);
    view! {
        <main data-run-state=move || live.read(Model::state_name)>
            <h1 class="lead">"Count every word under a prefix, and watch it happen."</h1>
            <StartForm grain began busy />
            <Panel live grain simulated />
        </main>
    }
}

/// Puts the run into the address, so that a reload shows it again.
fn remember(id: &str) {
    let address = format!("/scatter?run={id}");
    #[cfg(feature = "hydrate")]
    if let Ok(history) = window().history() {
        let _ = history.replace_state_with_url(&wasm_bindgen::JsValue::NULL, "", Some(&address));
    }
    #[cfg(not(feature = "hydrate"))]
    drop(address);
}
