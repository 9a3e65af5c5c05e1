//! Announces to a screen reader how far the run is: a sentence now and then, and its end.

use std::time::Duration;

use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;

use crate::format;
use crate::live::LiveRun;
use crate::live::doing::Doing;
use crate::live::model::Model;

/// At least this lies between two sentences, by the clock on the wall.
const SPOKEN_EVERY_MS: f64 = 10_000.0;
/// A run that is over sooner is announced once, by its end.
const FIRST_AFTER_MS: f64 = 3_000.0;

/// When sentences were spoken, in milliseconds.
#[derive(Clone, Copy, Debug, Default)]
struct Spoken {
    begun_ms: f64,
    last_ms: Option<f64>,
}

impl Spoken {
    /// How long the next sentence has to wait.
    fn wait_ms(&self, now_ms: f64, is_over: bool) -> f64 {
        let due_ms = match self.last_ms {
            Some(last_ms) => last_ms + SPOKEN_EVERY_MS,
            None if is_over => now_ms,
            None => self.begun_ms + FIRST_AFTER_MS,
        };
        (due_ms - now_ms).max(0.0)
    }
}

/// The sentence, unseen.
#[component]
pub fn Announcer(
    /// The run.
    live: LiveRun,
    /// Its status.
    doing: Memo<Doing>,
) -> impl IntoView {
    let sentence = RwSignal::new(String::new());
    let spoken = StoredValue::new(None::<Spoken>);
    let timer = StoredValue::new(None::<TimeoutHandle>);
    let stop_timer = move || {
        if let Some(timer) = timer.try_update_value(Option::take).flatten() {
            timer.clear();
        }
    };
    let tens = live.memo(|model| model.progress.elapsed_ms / SPOKEN_EVERY_MS as u64);
    Effect::new(move |_| {
        let (doing, _) = (doing.get(), tens.get());
        stop_timer();
        if doing == Doing::Idle {
            return;
        }
        let now_ms = now_ms();
        let told = spoken.get_value().unwrap_or(Spoken { begun_ms: now_ms, last_ms: None });
        spoken.set_value(Some(told));
        let say = move || {
            spoken.try_set_value(Some(Spoken { last_ms: Some(self::now_ms()), ..told }));
            sentence.try_set(live.read_untracked(|model| tell(doing, model)));
        };
        match told.wait_ms(now_ms, live.read_untracked(Model::is_over)) {
            0.0 => say(),
            wait => timer.set_value(set_timeout_with_handle(say, after(wait)).ok()),
        }
    });
    on_cleanup(stop_timer);
    view! {
        <p class="unseen" aria-live="polite" data-announcer>
            {sentence}
        </p>
    }
}

fn tell(doing: Doing, model: &Model) -> String {
    let progress = &model.progress;
    format!(
        "{}: {} of {}, {}, {}.",
        doing.word(),
        format::exact(progress.objects_done),
        format::counted(progress.objects_found, "object"),
        format::counted(progress.words, "word"),
        format::counted(progress.lines, "line"),
    )
}

fn after(wait_ms: f64) -> Duration {
    Duration::from_millis(wait_ms.ceil() as u64)
}

#[cfg(feature = "hydrate")]
fn now_ms() -> f64 {
    js_sys::Date::now()
}

/// A server speaks to nobody.
#[cfg(not(feature = "hydrate"))]
fn now_ms() -> f64 {
    0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(last_ms: Option<f64>, now_ms: f64, is_over: bool, expected_ms: f64) {
        let spoken = Spoken { begun_ms: 1_000.0, last_ms };
        assert_eq!(spoken.wait_ms(now_ms, is_over), expected_ms);
    }

    #[test]
    fn ten_seconds_lie_between_two_sentences_and_the_end_waits_for_them_too() {
        check(None, 1_000.0, false, 3_000.0);
        check(None, 4_000.0, false, 0.0);
        check(None, 1_050.0, true, 0.0);
        check(Some(4_000.0), 4_001.0, false, 9_999.0);
        check(Some(4_000.0), 5_000.0, true, 9_000.0);
        check(Some(4_000.0), 14_000.0, true, 0.0);
        check(Some(4_000.0), 99_000.0, false, 0.0);
    }
}
