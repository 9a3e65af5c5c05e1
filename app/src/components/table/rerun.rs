//! The listed objects counted again, by a run of their own.

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use wire::selection::{InvalidSelection, Selection};

use super::{Table, lists_failed_only};
use crate::api::RetryRun;
use crate::format;
use crate::live::model::Model;
use crate::once::Once;

/// The button, once the run is over.
#[component]
pub fn RunAgain(
    /// The table.
    table: Table,
) -> impl IntoView {
    let scene = table.scene;
    let action = ServerAction::<RetryRun>::new();
    let once = StoredValue::new(Once::renewed_by(move || action.value().get()));
    let refused = RwSignal::new(None::<String>);
    // Other objects are another request.
    Effect::new(move |_| {
        scene.choice.track();
        once.with_value(Once::renew);
        refused.set(None);
        if matches!(&*action.value().read_untracked(), Some(Err(_))) {
            action.clear();
        }
    });
    let many = table.memo(|listing| listing.chosen().len() as u64);
    let is_over = scene.live.memo(Model::is_over);
    let navigate = use_navigate();
    Effect::new(move |_| {
        if let Some(Ok(started)) = action.value().get() {
            navigate(&format!("{}/scatter", started.page), NavigateOptions::default());
        }
    });
    let begin = move |_| {
        let Some(target) = scene.live.target().get_untracked() else { return };
        let chosen = table.listing.with_value(|listing| named(listing.chosen()));
        match chosen {
            Ok(rows) => {
                refused.set(None);
                let idempotency_key = Some(once.with_value(Once::key));
                action.dispatch(RetryRun {
                    id: Some(target.id),
                    rows: Some(rows.to_string()),
                    idempotency_key,
                });
            }
            Err(sentence) => refused.set(Some(sentence)),
        }
    };
    let label = move || {
        let many = many.get();
        match scene.choice.with(lists_failed_only) {
            true => format!("Run the {} failed again alone", format::exact(many)),
            false => format!("Run {} again alone", format::counted(many, "object")),
        }
    };
    let problem = move || match action.value().get() {
        Some(Err(error)) => Some(error.into_sentence()),
        _ => refused.get(),
    };
    view! {
        <Show when=move || is_over.get() && many.get() != 0>
            <div class="rerun">
                <button type="button" data-action="rerun" disabled=move || action.pending().get() on:click=begin>
                    {label}
                </button>
                <p class="quiet">"A run of its own counts them anew, as they are by now."</p>
                <p role="alert" class="problem">
                    {problem}
                </p>
            </div>
        </Show>
    }
}

/// The rows by number, or why there are too many to name.
fn named(chosen: &[u32]) -> Result<Selection, String> {
    Selection::of(chosen.iter().copied().map(u64::from)).map_err(|error| match error {
        InvalidSelection::TooLong(_) => {
            "These are too many scattered rows to name in one request: choose fewer, or a part with all of its objects."
                .to_owned()
        }
        error @ (InvalidSelection::Empty | InvalidSelection::Odd(_)) => error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_named_or_refused_with_a_sentence() {
        assert_eq!(named(&[1, 2, 3, 9]).map(|rows| rows.to_string()), Ok("1-3,9".to_owned()));
        let scattered: Vec<u32> = (0..40_000).map(|number| number * 2).collect();
        assert!(named(&scattered).is_err_and(|sentence| sentence.contains("choose fewer")));
    }
}
