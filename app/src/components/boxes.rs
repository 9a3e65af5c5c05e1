//! The four boxes that go from white through grey to black.

use leptos::prelude::*;

use crate::format;
use crate::live::LiveRun;
use crate::live::model::Model;
use crate::shade;

/// The content of a box, read from the model.
#[derive(Clone, PartialEq)]
struct Face {
    value: String,
    digits: String,
    unit: &'static str,
    exact: String,
    note: String,
}

/// Objects, words, lines and cost.
#[component]
pub fn Boxes(
    /// The run.
    live: LiveRun,
    /// The cost is what AWS would ask.
    simulated: bool,
) -> impl IntoView {
    let cost_name = if simulated { "Would cost on AWS" } else { "Cost" };
    let fraction = darkest(live);
    view! {
        <div class="boxes">
            <CounterBox live fraction kind="objects" name="Objects" face=objects />
            <CounterBox live fraction kind="words" name="Words" face=|model| total(model.progress.words, model) />
            <CounterBox live fraction kind="lines" name="Lines" face=|model| total(model.progress.lines, model) />
            <CounterBox live fraction kind="cost" name=cost_name face=cost />
        </div>
    }
}

/// The part that is done. A run that another server takes over begins at its stored rows; the boxes wait for
/// it to catch up, so that none goes brighter.
fn darkest(live: LiveRun) -> Memo<f64> {
    let furthest = Memo::new(move |before: Option<&(Option<String>, f64)>| {
        let run = live.target().with(|target| target.as_ref().map(|target| target.id.clone()));
        let told = live.read(|model| model.progress.fraction);
        match before {
            Some((same, fraction)) if *same == run => (run, told.max(*fraction)),
            _ => (run, told),
        }
    });
    Memo::new(move |_| furthest.read().1)
}

/// One box. Its accessible name is its own and the exact value.
#[component]
fn CounterBox(
    /// The run.
    live: LiveRun,
    /// The part that is done.
    fraction: Memo<f64>,
    /// The box's name in `data-box`.
    kind: &'static str,
    /// Its name for people.
    name: &'static str,
    /// Its content.
    face: fn(&Model) -> Face,
) -> impl IntoView {
    let face = live.memo(face);
    let (name_id, exact_id) = (format!("box-{kind}"), format!("box-{kind}-exact"));
    let named_by = format!("{name_id} {exact_id}");
    view! {
        <article
            class="box"
            aria-labelledby=named_by
            data-box=kind
            data-value=move || face.get().value
            data-fraction=move || fraction.get().to_string()
            style=move || shade::style(fraction.get())
            title=move || face.get().exact
        >
            <h2 id=name_id>{name}</h2>
            <p class="figure" aria-hidden="true">
                {move || face.get().digits}
                <span class="unit">{move || face.get().unit}</span>
            </p>
            <p class="unseen" id=exact_id>
                {move || face.get().exact}
            </p>
            <p class="note">{move || face.get().note}</p>
        </article>
    }
}

fn objects(model: &Model) -> Face {
    let progress = &model.progress;
    let (digits, unit) = format::figure(progress.objects_done);
    let found = format::exact(progress.objects_found);
    let of_found = match (model.state, progress.listing_done) {
        (None, _) => String::new(),
        (_, true) if progress.unlisted > 0 => {
            format!("of {found} listed, {} not listed", format::exact(progress.unlisted))
        }
        (_, true) => format!("of {found}"),
        (Some(state), false) if state.is_over() => format!("of at least {found}, the listing stopped there"),
        (_, false) => format!("of {found} found so far"),
    };
    let note = match unit {
        "" => of_found,
        _ => format!("{} {of_found}", format::exact(progress.objects_done)),
    };
    Face {
        value: progress.objects_done.to_string(),
        digits,
        unit,
        exact: format::counted(progress.objects_done, "object"),
        note,
    }
}

/// A number that the figure shrinks stands below it whole: not everyone has a pointer to hover with.
fn total(number: u64, model: &Model) -> Face {
    let (digits, unit) = format::figure(number);
    let so_far = if model.state.is_some() && !model.is_over() { "so far" } else { "" };
    let note = match unit {
        "" => so_far.to_owned(),
        _ => format!("{} {so_far}", format::exact(number)).trim_end().to_owned(),
    };
    Face { value: number.to_string(), digits, unit, exact: format::exact(number), note }
}

fn cost(model: &Model) -> Face {
    let progress = &model.progress;
    let note = match model.state {
        None => String::new(),
        Some(_) => format!(
            "{}, {} billed",
            format::counted(progress.invocations, "invocation"),
            format::duration(progress.billed_ms)
        ),
    };
    Face {
        value: progress.cost_usd.to_string(),
        digits: format::usd(progress.cost_usd),
        unit: "",
        exact: format!("{} US dollars", progress.cost_usd),
        note,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::model::Event;
    use wire::event::Progress;

    #[track_caller]
    fn check(objects_done: u64, words: u64, expected: [&str; 4]) {
        let progress = Progress { objects_found: 23_456, objects_done, words, ..Progress::default() };
        let mut model = Model::default();
        let _ = model.apply(Event::Progress(progress));
        let (objects, words) = (objects(&model), total(words, &model));
        let shown = [objects.digits + objects.unit, objects.note, words.digits + words.unit, words.note];
        assert_eq!(shown, expected);
    }

    #[test]
    fn a_figure_that_is_shrunk_stands_beside_the_exact_number() {
        check(9_999, 7, ["9,999", "of 23,456 found so far", "7", "so far"]);
        check(12_345, 1_234_567, ["12.3k", "12,345 of 23,456 found so far", "1.23M", "1,234,567 so far"]);
    }
}
