//! Another try at what a run did not count. It works as a plain HTML form too.

use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use wire::event::StateCounts;
use wire::rule::Grain;

use crate::api::RetryRun;
use crate::components::problem::Problem;
use crate::format;
use crate::live::LiveRun;
use crate::once::Once;

/// The button, where a run that is over left something out.
#[component]
pub fn TryAgain(
    /// The run.
    live: LiveRun,
    /// Which page of the new run is shown: totals, or the plot.
    grain: Grain,
) -> impl IntoView {
    let action = ServerAction::<RetryRun>::new();
    let once = StoredValue::new(Once::renewed_by(move || action.value().get()));
    let left = live.memo(|model| match model.is_over() {
        true => (model.states, !model.progress.listing_done),
        false => (StateCounts::default(), false),
    });
    let label = move || {
        let (states, is_cut) = left.get();
        label(&states, is_cut)
    };
    let navigate = use_navigate();
    Effect::new(move |_| {
        if let Some(Ok(started)) = action.value().get() {
            let page = match grain {
                Grain::Total => started.page,
                Grain::PerObject => format!("{}/scatter", started.page),
            };
            navigate(&page, NavigateOptions::default());
        }
    });
    let problem = Signal::derive(move || match action.value().get() {
        Some(Err(error)) => Some(error),
        _ => None,
    });
    let id = move || live.target().get().map(|target| target.id).unwrap_or_default();
    view! {
        <Show when=move || label().is_some()>
            <ActionForm action>
                <input type="hidden" name="id" value=id prop:value=id />
                {once.read_value().field()}
                <button type="submit" data-action="retry" disabled=move || action.pending().get()>
                    {label}
                </button>
                <Problem problem />
            </ActionForm>
        </Show>
    }
}

/// The button's label, for a run whose listing may have been cut off; `None` where there is nothing to try
/// again.
fn label(left: &StateCounts, is_cut: bool) -> Option<String> {
    let failed = left.failed + left.partial;
    let ones = |number: u64| if number == 1 { "one" } else { "ones" };
    match (failed, left.cancelled) {
        (0, 0) if is_cut => Some("Count what was not listed".to_owned()),
        (failed, cancelled) if is_cut => {
            let uncounted = failed + cancelled;
            let (number, ones) = (format::exact(uncounted), ones(uncounted));
            Some(format!("Count the rest: the {number} uncounted {ones}, and what was not listed"))
        }
        (0, 0) => None,
        (failed, 0) => Some(format!("Try the {} failed {} again", format::exact(failed), ones(failed))),
        (failed, cancelled) => {
            let uncounted = failed + cancelled;
            Some(format!("Try the {} uncounted {} again", format::exact(uncounted), ones(uncounted)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(failed: u64, cancelled: u64, expected: Option<&str>) {
        let left = StateCounts { counted: 9, skipped: 9, partial: 0, failed, cancelled };
        assert_eq!(label(&left, false).as_deref(), expected);
    }

    #[test]
    fn the_button_says_how_many_it_tries() {
        check(0, 0, None);
        check(1, 0, Some("Try the 1 failed one again"));
        check(3, 0, Some("Try the 3 failed ones again"));
        check(3, 1_200, Some("Try the 1,203 uncounted ones again"));
    }

    #[test]
    fn the_rest_of_a_listing_that_was_cut_off_is_counted_too() {
        let counted = StateCounts { counted: 9, ..StateCounts::default() };
        assert_eq!(label(&counted, true).as_deref(), Some("Count what was not listed"));
        let left = StateCounts { cancelled: 1_200, failed: 3, ..counted };
        let expected = "Count the rest: the 1,203 uncounted ones, and what was not listed";
        assert_eq!(label(&left, true).as_deref(), Some(expected));
    }
}
