//! How fast a run goes and how long it may take. Shown once it means something, and never guessed between
//! events.

use leptos::prelude::*;

use crate::format;
use crate::live::LiveRun;
use crate::live::doing::Doing;
use crate::live::model::Model;

/// Before this a pace means nothing, and is not shown.
const PACE_AFTER_MS: u64 = 2_000;

/// Elapsed time, rate and time left.
#[component]
pub fn Pace(
    /// The run.
    live: LiveRun,
    /// Its status.
    doing: Memo<Doing>,
) -> impl IntoView {
    let sentence = Memo::new(move |_| live.read(|model| pace(model, doing.get())));
    view! { <span class="pace">{sentence}</span> }
}

fn pace(model: &Model, doing: Doing) -> String {
    let Some(state) = model.state else { return String::new() };
    let progress = &model.progress;
    let elapsed = format::duration(progress.elapsed_ms);
    if state.is_over() {
        return format!("in {elapsed}");
    }
    let is_told = matches!(doing, Doing::Counting | Doing::Throttled);
    let too_early_ms = if is_told { PACE_AFTER_MS } else { 1 };
    if progress.elapsed_ms < too_early_ms {
        return String::new();
    }
    if !is_told {
        return format!("after {elapsed}");
    }
    let per_second = |number: u64| (number as f64 * 1000.0 / progress.elapsed_ms as f64).round() as u64;
    format!(
        "{elapsed}: {} objects and {} a second, {}",
        format::compact(per_second(progress.objects_done)),
        format::bytes(per_second(progress.bytes_in)),
        left(model)
    )
}

fn left(model: &Model) -> String {
    let progress = &model.progress;
    if !progress.listing_done {
        return "still listing".to_owned();
    }
    if progress.objects_done == 0 {
        return "time left not known yet".to_owned();
    }
    let to_do = progress.objects_found.saturating_sub(progress.objects_done);
    let ms = progress.elapsed_ms as f64 * to_do as f64 / progress.objects_done as f64;
    format!("about {} left", format::duration((ms / 1000.0).ceil() as u64 * 1000))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::model::Event;
    use wire::event::Progress;

    #[track_caller]
    fn check(doing: Doing, elapsed_ms: u64, listing_done: bool, expected: &str) {
        let progress = Progress {
            objects_found: 100,
            objects_done: 25,
            bytes_in: 5_000_000,
            listing_done,
            elapsed_ms,
            ..Progress::default()
        };
        let mut model = Model::default();
        let _ = model.apply(Event::Progress(progress));
        assert_eq!(pace(&model, doing), expected);
    }

    #[test]
    fn a_pace_is_told_once_it_means_something() {
        check(Doing::Counting, 1_999, true, "");
        check(Doing::Throttled, 5_000, false, "5.0 s: 5 objects and 1.00 MB a second, still listing");
        check(Doing::Counting, 5_000, true, "5.0 s: 5 objects and 1.00 MB a second, about 15.0 s left");
        check(Doing::Silent, 5_000, true, "after 5.0 s");
        check(Doing::Interrupted, 0, true, "");
    }
}
