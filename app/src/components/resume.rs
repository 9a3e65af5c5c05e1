//! An interrupted run's way on. It works as a plain HTML form too.

use leptos::form::ActionForm;
use leptos::prelude::*;
use wire::run::RunState;

use crate::api::ResumeRun;
use crate::components::problem::Problem;
use crate::live::LiveRun;

/// The button, while nobody has the run.
#[component]
pub fn Resume(
    /// The run.
    live: LiveRun,
) -> impl IntoView {
    let action = ServerAction::<ResumeRun>::new();
    let interrupted = live.memo(|model| model.state == Some(RunState::Interrupted));
    Effect::new(move |_| {
        if action.value().with(|answer| matches!(answer, Some(Ok(_)))) {
            live.follow_again();
        }
    });
    let problem = Signal::derive(move || match action.value().get() {
        Some(Err(error)) => Some(error),
        _ => None,
    });
    let id = move || live.target().get().map(|target| target.id).unwrap_or_default();
    view! {
        <Show when=move || interrupted.get()>
            <ActionForm action>
                <input type="hidden" name="id" value=id prop:value=id />
                <button type="submit" data-action="resume" disabled=move || action.pending().get()>
                    "Resume"
                </button>
                <Problem problem />
            </ActionForm>
        </Show>
    }
}
