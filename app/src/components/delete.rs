//! A run's end for good. It works as a plain HTML form too.

use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use wire::run::RunState;

use crate::api::DeleteRun;
use crate::components::problem::Problem;
use crate::live::LiveRun;

/// The way to delete a run that nobody counts any more, folded up: opening it is the first of two steps.
#[component]
pub fn Delete(
    /// The run.
    live: LiveRun,
) -> impl IntoView {
    let action = ServerAction::<DeleteRun>::new();
    let may = live.memo(|model| model.is_over() || model.state == Some(RunState::Interrupted));
    let navigate = use_navigate();
    Effect::new(move |_| {
        if action.value().with(|answer| matches!(answer, Some(Ok(_)))) {
            navigate("/runs", NavigateOptions::default());
        }
    });
    let problem = Signal::derive(move || match action.value().get() {
        Some(Err(error)) => Some(error),
        _ => None,
    });
    let id = move || live.target().get().map(|target| target.id).unwrap_or_default();
    view! {
        <Show when=move || may.get()>
            <details class="delete">
                <summary>"Delete this run"</summary>
                <ActionForm action>
                    <input type="hidden" name="id" value=id prop:value=id />
                    <p class="quiet">
                        "Its totals, its rows and its log go for good, and links to it lead nowhere. The objects that it
                        counted stay as they are."
                    </p>
                    <button type="submit" data-action="delete" disabled=move || action.pending().get()>
                        "Delete this run and everything stored of it"
                    </button>
                    <Problem problem />
                </ActionForm>
            </details>
        </Show>
    }
}
