//! The estimate of a run of the form, before it is started.

use std::time::Duration;

use leptos::prelude::*;
use wire::api::{Estimate, StartRun};

use crate::api::estimate_run;
use crate::error::PageError;
use crate::format;

/// How long the form must be unchanged before it is estimated: spinning a number asks once.
const REST: Duration = Duration::from_millis(300);

/// One line beside the form; empty until the visitor has changed something.
#[component]
pub fn EstimateLine(
    /// The form's content, each time that a field was left changed.
    #[prop(into)]
    filled: Signal<Option<StartRun>>,
    /// The cost is what AWS would ask.
    simulated: bool,
    /// The problems that the page shows already, beside the form.
    said: Signal<Vec<PageError>>,
) -> impl IntoView {
    let action = Action::new(|form: &StartRun| {
        let form = form.clone();
        async move {
            let estimate = estimate_run(form.clone()).await;
            (form, estimate)
        }
    });
    let mut ask = debounce(REST, move |form: StartRun| {
        action.dispatch(form);
    });
    Effect::watch(
        move || filled.get(),
        move |form, _, _| {
            if let Some(form) = form.clone() {
                ask(form);
            }
        },
        false,
    );
    // Answers may come out of order: only the one for the form's present content is shown.
    let line = move || {
        let told = action.value().get().filter(|told| filled.read().as_ref() == Some(&told.0));
        let told = told.filter(|told| told.1.as_ref().err().is_none_or(|error| !said.read().contains(error)));
        told.map(|told| sentence(told.1, simulated))
    };
    view! {
        <p class="quiet estimate" data-estimate aria-live="polite">
            {line}
        </p>
    }
}

fn sentence(estimate: Result<Estimate, PageError>, simulated: bool) -> String {
    let estimate = match estimate {
        Ok(estimate) => estimate,
        Err(error) => return error.into_sentence(),
    };
    let Estimate { objects, skipped, bytes, usd, seconds, complete, ref limit, .. } = estimate;
    let mut sentences = Vec::new();
    if objects == 0 && complete && limit.is_none() {
        sentences.push(if skipped == 0 { "No objects there." } else { "Nothing to count there." }.to_owned());
    } else {
        let least = if complete { "" } else { "At least " };
        let (before, after) = if simulated { ("would cost ", " on AWS") } else { ("", "") };
        sentences.push(format!(
            "{least}{}, {}: {before}about {}{after}, in about {}.",
            format::counted(objects, "object"),
            format::bytes(bytes),
            format::usd(usd),
            format::duration((seconds * 1000.0).round() as u64),
        ));
    }
    if skipped > 0 {
        sentences.push(format!("{} skipped.", format::counted(skipped, "object")));
    }
    if let Some(limit) = limit {
        sentences.push(format!("The limit {limit} ends the run before it has everything."));
    }
    if !complete {
        sentences.push("There is more than an estimate lists.".to_owned());
    }
    sentences.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(change: impl FnOnce(&mut Estimate), simulated: bool, expected: &str) {
        let mut estimate = Estimate {
            objects: 3_005,
            bytes: 59_100_000,
            usd: 0.0018,
            seconds: 1.24,
            complete: true,
            ..Estimate::default()
        };
        change(&mut estimate);
        assert_eq!(sentence(Ok(estimate), simulated), expected);
    }

    #[test]
    fn an_estimate_says_what_a_run_would_take() {
        let figures = "3,005 objects, 59.1 MB: would cost about $0.00180 on AWS, in about 1.2 s.";
        check(|_| (), true, figures);
        check(|estimate| estimate.skipped = 1, true, &format!("{figures} 1 object skipped."));
        let limit = "The limit max_usd ends the run before it has everything.";
        check(|estimate| estimate.limit = Some("max_usd".into()), true, &format!("{figures} {limit}"));
        check(
            |estimate| estimate.complete = false,
            false,
            "At least 3,005 objects, 59.1 MB: about $0.00180, in about 1.2 s. There is more than an estimate lists.",
        );
    }

    #[test]
    fn an_estimate_of_nothing_says_why() {
        check(|estimate| estimate.objects = 0, true, "No objects there.");
        let skipped = |estimate: &mut Estimate| (estimate.objects, estimate.skipped) = (0, 5);
        check(skipped, true, "Nothing to count there. 5 objects skipped.");
    }
}
