//! What a run of the form would take, told before it is started.

use leptos::prelude::*;
use wire::api::{Estimate, StartRun};

use crate::api::estimate_run;
use crate::error::PageError;
use crate::format;

/// One line beside the form; empty until the visitor has changed the place.
#[component]
pub fn EstimateLine(
    /// Bucket and prefix, each time that one of them was left changed.
    #[prop(into)]
    place: Signal<(String, String)>,
    /// The cost is what AWS would ask.
    simulated: bool,
) -> impl IntoView {
    let action = Action::new(|place: &(String, String)| {
        let place = place.clone();
        async move {
            let form = StartRun {
                bucket: Some(place.0.clone()),
                prefix: Some(place.1.clone()),
                ..StartRun::default()
            };
            (place, estimate_run(form).await)
        }
    });
    Effect::watch(
        move || place.get(),
        move |place, _, _| {
            action.dispatch(place.clone());
        },
        false,
    );
    // Answers may come out of order: only the one for what stands in the form is told.
    let line = move || {
        action.value().get().filter(|told| told.0 == place.get()).map(|told| sentence(told.1, simulated))
    };
    view! {
        <p class="quiet estimate" data-estimate aria-live="polite">
            {line}
        </p>
    }
}

fn sentence(estimate: Result<Estimate, PageError>, simulated: bool) -> String {
    let Estimate { objects, bytes, usd, seconds, complete, .. } = match estimate {
        Ok(estimate) => estimate,
        Err(error) => return error.into_sentence(),
    };
    if objects == 0 && complete {
        return "No objects there.".to_owned();
    }
    let least = if complete { "" } else { "At least " };
    let (before, after) = if simulated { ("would cost ", " on AWS") } else { ("", "") };
    format!(
        "{least}{}, {}: {before}about {}{after}, in about {}.",
        format::counted(objects, "object"),
        format::bytes(bytes),
        format::usd(usd),
        format::duration((seconds * 1000.0).round() as u64),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(objects: u64, complete: bool, simulated: bool, expected: &str) {
        let estimate = Estimate {
            objects,
            bytes: 59_100_000,
            usd: 0.0018,
            seconds: 1.24,
            complete,
            ..Estimate::default()
        };
        assert_eq!(sentence(Ok(estimate), simulated), expected);
    }

    #[test]
    fn an_estimate_is_one_line() {
        check(3_005, true, true, "3,005 objects, 59.1 MB: would cost about $0.00180 on AWS, in about 1.2 s.");
        check(100_000, false, false, "At least 100,000 objects, 59.1 MB: about $0.00180, in about 1.2 s.");
        check(0, true, true, "No objects there.");
    }
}
