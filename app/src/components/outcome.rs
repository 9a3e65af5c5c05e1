//! The worth of the totals: a sentence on how the run stands and what they leave out.

use leptos::prelude::*;
use wire::rule::Grain;
use wire::run::RunState;

use crate::components::again::TryAgain;
use crate::components::resume::Resume;
use crate::components::unchanged::Unchanged;
use crate::format;
use crate::live::LiveRun;
use crate::live::doing::Doing;
use crate::live::model::{Model, Uncounted};

/// The sentence, the first few objects that are not in the totals, and another try at all of them.
#[component]
pub fn Outcome(
    /// The run.
    live: LiveRun,
    /// Its status.
    doing: Memo<Doing>,
    /// The page that it is on: totals, or the plot.
    grain: Grain,
) -> impl IntoView {
    let sentence = Memo::new(move |_| live.read(|model| sentence(model, doing.get())));
    let named = live.memo(|model| model.uncounted.clone());
    let more = live.memo(|model| missing(model).saturating_sub(model.uncounted.len() as u64));
    let advice = move || doing.get().advice();
    view! {
        <div class="outcome" data-outcome>
            <p>{sentence}</p>
            <p class="advice" hidden=move || advice().is_empty()>
                {advice}
            </p>
            <Show when=move || !named.read().is_empty()>
                <ul>
                    {move || named.get().into_iter().map(named_object).collect_view()}
                    <Show when=move || more.get() != 0>
                        <li class="quiet">{move || format!("and {} more", format::exact(more.get()))}</li>
                    </Show>
                </ul>
            </Show>
            <Unchanged live />
            <Show when=move || doing.get() != Doing::Gone>
                <Resume live />
            </Show>
            <TryAgain live grain />
        </div>
    }
}

fn named_object(Uncounted { key, why }: Uncounted) -> impl IntoView {
    view! {
        <li>
            <code class="key">{format::printable(&key)}</code>
            ": "
            {format::printable(&why)}
        </li>
    }
}

/// Objects that ended outside the totals, so far.
fn missing(model: &Model) -> u64 {
    if model.is_over() { model.states.partial + model.states.failed } else { model.progress.objects_failed }
}

fn sentence(model: &Model, doing: Doing) -> String {
    let Some(state) = model.state else {
        return "Choose a bucket and a prefix; the boxes turn black when everything is counted.".to_owned();
    };
    match doing {
        Doing::Whole | Doing::Unlisted => return whole(model),
        Doing::Nothing => return nothing(model),
        Doing::Gone => return "There is no run of this id any more.".to_owned(),
        _ => {}
    }
    let progress = &model.progress;
    let why = match state {
        RunState::Starting => return "The first objects are being listed.".to_owned(),
        RunState::Running => return running(model),
        RunState::Interrupted => return interrupted(model),
        RunState::Inconsistent => Some("do not rely on these totals: the ledger does not add up".to_owned()),
        RunState::Finished
        | RunState::Cancelled
        | RunState::Budget
        | RunState::TooManyFailures
        | RunState::Failed => None,
    };
    let told = [why, model.error.as_deref().map(format::printable)];
    let why: String = told.into_iter().flatten().map(|text| format::sentence(&text) + " ").collect();
    let found = format::counted(progress.objects_found, "object");
    let what = match progress.listing_done {
        true => format!("not those of all {found}"),
        false => format!(
            "those of {} of at least {found}, the listing stopped there",
            format::exact(model.states.counted)
        ),
    };
    format!("{why}The totals are {what}: {}{}.", left_out(model), unlisted(progress.unlisted))
}

fn whole(model: &Model) -> String {
    let progress = &model.progress;
    let kind = if progress.unlisted > 0 { "listed object" } else { "object" };
    let counted = format::counted(model.states.counted, kind);
    let earlier =
        if progress.rerun { " that this run took from an earlier one, and for no others" } else { "" };
    let skipped = match model.states.skipped {
        0 => String::new(),
        skipped => format!("; {} had nothing to count", format::exact(skipped)),
    };
    format!("The totals are exact for all {counted}{earlier}{skipped}{}.", unlisted(progress.unlisted))
}

/// A sentence on files that no listing shows, behind the one on the listed objects.
fn unlisted(files: u64) -> String {
    match files {
        0 => String::new(),
        1 => "; 1 file was not listed".to_owned(),
        files => format!("; {} files were not listed", format::exact(files)),
    }
}

fn nothing(model: &Model) -> String {
    match model.states.skipped {
        0 => "No object begins with this prefix.".to_owned(),
        1 => "The one object with this prefix has nothing to count: it is empty, or a filter leaves it out."
            .to_owned(),
        skipped => format!(
            "None of the {} objects with this prefix has anything to count: they are empty, or a filter leaves them \
             out.",
            format::exact(skipped)
        ),
    }
}

fn running(model: &Model) -> String {
    let progress = &model.progress;
    let failed = match progress.objects_failed {
        0 => String::new(),
        failed => format!("; {} failed and not counted", format::exact(failed)),
    };
    format!(
        "The totals cover {} of {} found so far{failed}.",
        format::exact(progress.objects_done.saturating_sub(progress.objects_failed)),
        format::counted(progress.objects_found, "object"),
    )
}

fn interrupted(model: &Model) -> String {
    let progress = &model.progress;
    if progress.objects_done == 0 {
        return "Interrupted: its server is gone, and nothing was stored of it yet. Resumed, it begins again."
            .to_owned();
    }
    format!(
        "Interrupted: its server is gone. What was stored stands, {} of {} found; the rest is counted when the run is \
         resumed.",
        format::exact(progress.objects_done),
        format::counted(progress.objects_found, "object"),
    )
}

fn left_out(model: &Model) -> String {
    let states = &model.states;
    let kinds = [
        (states.failed, "failed"),
        (states.partial, "read only in part"),
        (states.cancelled, "never dispatched or given up"),
    ];
    let told: Vec<String> = kinds
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, what)| format!("{} {what}", format::exact(number)))
        .collect();
    if told.is_empty() { "what was counted stands".to_owned() } else { told.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::link::Link;
    use wire::event::{End, Progress, StateCounts};

    fn told(model: &Model) -> String {
        sentence(model, Doing::of(model, Link::Fine))
    }

    #[track_caller]
    fn check(state: RunState, states: StateCounts, expected: &str) {
        let progress = Progress { objects_found: states.total(), listing_done: true, ..Progress::default() };
        let model = Model::from_end(&End { progress, state, states, error: None });
        assert_eq!(told(&model), expected);
    }

    #[test]
    fn an_interrupted_run_says_what_stands() {
        let states = StateCounts { counted: 7, ..StateCounts::default() };
        let progress = Progress { objects_found: 9, objects_done: 7, ..Progress::default() };
        let end = |progress| End { progress, state: RunState::Interrupted, states, error: None };
        assert_eq!(
            told(&Model::from_end(&end(progress))),
            "Interrupted: its server is gone. What was stored stands, 7 of 9 objects found; the rest is counted when \
             the run is resumed."
        );
        assert_eq!(
            told(&Model::from_end(&end(Progress::default()))),
            "Interrupted: its server is gone, and nothing was stored of it yet. Resumed, it begins again."
        );
    }

    #[test]
    fn a_run_that_found_nothing_says_so() {
        check(RunState::Finished, StateCounts::default(), "No object begins with this prefix.");
    }

    #[test]
    fn why_a_run_did_not_finish_is_told_first() {
        let states = StateCounts { counted: 1, cancelled: 2, ..StateCounts::default() };
        let progress = Progress { objects_found: 3, ..Progress::default() };
        let error = Some("the run reached its limit max_objects".to_owned());
        let end = End { progress, state: RunState::Budget, states, error };
        assert_eq!(
            told(&Model::from_end(&end)),
            "The run reached its limit max_objects. The totals are those of 1 of at least 3 objects, the listing \
             stopped there: 2 never dispatched or given up."
        );
    }

    #[test]
    fn totals_are_not_called_those_of_all_where_files_were_not_listed() {
        let states = StateCounts { counted: 3, skipped: 1, ..StateCounts::default() };
        let progress = Progress { objects_found: 4, listing_done: true, unlisted: 2, ..Progress::default() };
        let end = End { progress, state: RunState::Finished, states, error: None };
        assert_eq!(
            told(&Model::from_end(&end)),
            "The totals are exact for all 3 listed objects; 1 had nothing to count; 2 files were not listed."
        );
        let states = StateCounts { failed: 1, ..states };
        let progress = Progress { objects_found: 5, unlisted: 1, ..end.progress };
        assert_eq!(
            told(&Model::from_end(&End { progress, states, ..end })),
            "The totals are not those of all 5 objects: 1 failed; 1 file was not listed."
        );
    }

    #[test]
    fn a_run_over_objects_of_an_earlier_one_is_exact_for_those_alone() {
        let states = StateCounts { counted: 3, ..StateCounts::default() };
        let progress = Progress { objects_found: 3, listing_done: true, rerun: true, ..Progress::default() };
        let end = End { progress, state: RunState::Finished, states, error: None };
        assert_eq!(
            told(&Model::from_end(&end)),
            "The totals are exact for all 3 objects that this run took from an earlier one, and for no others."
        );
    }

    #[test]
    fn totals_are_called_exact_only_where_they_are() {
        let counted = StateCounts { counted: 3, ..StateCounts::default() };
        check(RunState::Finished, counted, "The totals are exact for all 3 objects.");
        let skipped = StateCounts { skipped: 1, ..counted };
        check(RunState::Finished, skipped, "The totals are exact for all 3 objects; 1 had nothing to count.");
        let failed = StateCounts { failed: 2, partial: 1, ..counted };
        check(
            RunState::Finished,
            failed,
            "The totals are not those of all 6 objects: 2 failed, 1 read only in part.",
        );
        let cancelled = StateCounts { cancelled: 4, ..counted };
        check(
            RunState::Cancelled,
            cancelled,
            "The totals are not those of all 7 objects: 4 never dispatched or given up.",
        );
    }
}
