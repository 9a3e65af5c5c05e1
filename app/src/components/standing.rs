//! How a run stands: a mark, a word, its pace and Cancel; below, what the totals are worth and what to do about it.

use leptos::html;
use leptos::prelude::*;
use wire::rule::Grain;

use crate::api::CancelRun;
use crate::components::mark::Mark;
use crate::components::outcome::Outcome;
use crate::components::pace::Pace;
use crate::components::problem::Problem;
use crate::live::LiveRun;
use crate::live::doing::Doing;
use crate::live::link::Link;
use crate::live::model::Model;

/// The note on a run that goes on, for a page without JavaScript.
const STILL: &str = "<p>This is how the run stood when the page came: reload it to see it go on.</p>";

/// Near the boxes, so that it is seen with them.
#[component]
pub fn Standing(
    /// The run.
    live: LiveRun,
    /// Its status.
    doing: Memo<Doing>,
    /// The page that it is on: totals, or the plot.
    grain: Grain,
) -> impl IntoView {
    let head = NodeRef::<html::P>::new();
    let cancel = ServerAction::<CancelRun>::new();
    let is_over = live.read_untracked(|model| model.state.is_none() || model.is_over());
    let still = if is_over { "" } else { STILL };
    view! {
        <section class="standing" data-doing=move || doing.get().name() aria-label="How the run stands">
            <div class="standing-head">
                <p tabindex="-1" node_ref=head>
                    <Mark doing />
                    <b>{move || doing.get().word()}</b>
                    <Pace live doing />
                </p>
                <Cancel live action=cancel head />
            </div>
            <Outcome live doing grain />
            <Unopened live doing />
            <Cancelling live action=cancel />
            <noscript inner_html=still></noscript>
        </section>
    }
}

/// Why rows and log of a run that is over do not come.
#[component]
fn Unopened(
    /// The run.
    live: LiveRun,
    /// Its status.
    doing: Memo<Doing>,
) -> impl IntoView {
    let is_unopened = move || live.link().get() == Link::Unopened && doing.get() != Doing::Unopened;
    view! {
        <Show when=is_unopened>
            <p class="advice">{Doing::Unopened.advice()}</p>
        </Show>
    }
}

/// Stops the run, while there is something to stop.
#[component]
fn Cancel(
    /// The run.
    live: LiveRun,
    /// The request and its answer.
    action: ServerAction<CancelRun>,
    /// Takes the focus of a button that goes.
    head: NodeRef<html::P>,
) -> impl IntoView {
    let running = live.memo(Model::goes_on);
    let stop = move |_| {
        if let Some(target) = live.target().get_untracked() {
            action.dispatch(CancelRun { id: Some(target.id) });
        }
        take_focus(head);
    };
    let held = StoredValue::new(false);
    Effect::watch(
        move || running.get(),
        move |running, _, _| {
            if !running && held.get_value() {
                held.set_value(false);
                take_focus(head);
            }
        },
        false,
    );
    view! {
        <Show when=move || running.get()>
            <button
                type="button"
                data-action="cancel"
                aria-describedby="cancelling"
                on:click=stop
                on:focus=move |_| held.set_value(true)
                on:blur=move |_| held.set_value(held.get_value() && !running.get_untracked())
                disabled=move || is_asked(action)
            >
                "Cancel"
            </button>
        </Show>
    }
}

/// The effect of Cancel, and its confirmation.
#[component]
fn Cancelling(
    /// The run.
    live: LiveRun,
    /// The request and its answer.
    action: ServerAction<CancelRun>,
) -> impl IntoView {
    // An answer speaks of the run that it was asked for, not of the next one.
    Effect::new(move |_| {
        live.target().track();
        action.clear();
    });
    let running = live.memo(Model::goes_on);
    let sentence = move || match is_asked(action) {
        true => "Cancelled: nothing more is dispatched. What is in flight still runs, and is billed.",
        false => "Cancelling dispatches nothing more; what is in flight still runs, and is billed.",
    };
    let problem = Signal::derive(move || match action.value().get() {
        Some(Err(error)) => Some(error),
        _ => None,
    });
    view! {
        <Show when=move || running.get()>
            <p class="quiet" id="cancelling">
                {sentence}
            </p>
            <Problem problem />
        </Show>
    }
}

fn is_asked(action: ServerAction<CancelRun>) -> bool {
    action.pending().get() || matches!(action.value().get(), Some(Ok(_)))
}

/// Moves the focus of a button that goes away to the run's outcome.
fn take_focus(head: NodeRef<html::P>) {
    if let Some(head) = head.get_untracked() {
        let _ = head.focus();
    }
}
