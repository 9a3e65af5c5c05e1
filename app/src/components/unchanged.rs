//! The sentence on objects that a run did not have to count.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::components::A;
use wire::event::Progress;
use wire::run::is_id;

use crate::api::read_run;
use crate::format;
use crate::live::LiveRun;
use crate::live::model::Model;

/// The sentence, where objects have not changed since the run before, with links to that run and to what did change.
#[component]
pub fn Unchanged(
    /// The run.
    live: LiveRun,
) -> impl IntoView {
    let sentence = live.memo(|model| sentence(&model.progress));
    let some = live.memo(|model| model.progress.objects_unchanged > 0);
    let is_over = live.memo(Model::is_over);
    let base = live.base();
    Effect::new(move |_| {
        let Some(target) = live.target().get().filter(|_| some.get()) else { return };
        if base.read_untracked().is_some() {
            return;
        }
        spawn_local(async move {
            let Ok(summary) = read_run(Some(target.id)).await else { return };
            if live.target().try_get_untracked().flatten().is_some_and(|shown| shown.id == summary.id) {
                base.set(summary.base);
            }
        });
    });
    let changes =
        move || live.target().get().map(|target| format!("{}/changes", target.page)).unwrap_or_default();
    let before = move || base.get().filter(|id| is_id(id)).map(|id| format!("/runs/{id}"));
    view! {
        <Show when=move || some.get()>
            <p data-unchanged>
                {move || sentence.get()} " "
                <Show when=move || is_over.get()>
                    <A href=changes>"What changed"</A>
                    " "
                </Show>
                {move || before().map(|href| view! { <A href>"The run before"</A> })}
            </p>
        </Show>
    }
}

fn sentence(progress: &Progress) -> Option<String> {
    let found = format::counted(progress.objects_found, "object");
    let so_far = if progress.listing_done { "" } else { " found so far" };
    match progress.objects_unchanged {
        0 => None,
        1 => Some(format!(
            "1 of {found}{so_far} has not changed since the run before: its counts are taken from it."
        )),
        unchanged => Some(format!(
            "{} of {found}{so_far} have not changed since the run before: their counts are taken from it.",
            format::exact(unchanged)
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(objects_unchanged: u64, listing_done: bool, expected: Option<&str>) {
        let progress =
            Progress { objects_found: 1_329, objects_unchanged, listing_done, ..Progress::default() };
        assert_eq!(sentence(&progress).as_deref(), expected);
    }

    #[test]
    fn what_has_not_changed_is_told() {
        let rest = "since the run before:";
        check(0, true, None);
        check(
            1,
            true,
            Some(&format!("1 of 1,329 objects has not changed {rest} its counts are taken from it.")),
        );
        check(
            1_328,
            true,
            Some(&format!("1,328 of 1,329 objects have not changed {rest} their counts are taken from it.")),
        );
        check(
            7,
            false,
            Some(&format!(
                "7 of 1,329 objects found so far have not changed {rest} their counts are taken from it."
            )),
        );
    }
}
