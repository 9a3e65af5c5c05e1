//! The legend of the marks; pressing one chooses whether the table lists objects of its kind.

use leptos::prelude::*;

use super::scene::Scene;
use crate::draw::tone::Kind;
use crate::table::choice::{KINDS, place_of};

/// The marks, each a switch.
#[component]
pub fn Legend(
    /// The plot.
    scene: Scene,
) -> impl IntoView {
    let switches = KINDS.map(|kind| {
        let at = place_of(kind);
        let is_listed = move || scene.choice.with(|choice| choice.kinds[at]);
        let turn = move |_| scene.choice.update(|choice| choice.kinds[at] = !choice.kinds[at]);
        let (class, label) = match kind {
            Kind::Counted => ("key-counted", "counted"),
            Kind::Failed => ("key-failed", "failed or partial"),
            Kind::Skipped => ("key-skipped", "skipped or cancelled"),
        };
        view! {
            <button type="button" class=class aria-pressed=move || is_listed().to_string() on:click=turn>
                {label}
            </button>
        }
    });
    view! {
        <div class="legend" role="group" aria-label="Listed below">
            {switches.collect_view()}
        </div>
    }
}
