//! The run's log.

use leptos::prelude::*;
use wire::event::Level;

use crate::format;
use crate::live::LiveRun;
use crate::live::model::Line;

/// The newest lines, the newest first.
#[component]
pub fn RunLog(
    /// The run.
    live: LiveRun,
) -> impl IntoView {
    let newest = live.memo(|model| model.lines.back().map(|line| line.number));
    let epoch = live.memo(|model| model.epoch);
    let lines = move || {
        newest.get();
        epoch.get();
        untrack(|| live.read(|model| model.lines.iter().rev().take(LINES_SHOWN).cloned().collect::<Vec<_>>()))
    };
    view! {
        <section class="log" aria-labelledby="log-name">
            <h2 id="log-name">"Log, newest first"</h2>
            <ol data-log tabindex="0" aria-labelledby="log-name">
                <For each=lines key=|line| line.number let:line>
                    <LogLine line />
                </For>
            </ol>
        </section>
    }
}

/// Lines on the page; the run keeps more.
const LINES_SHOWN: usize = 200;

/// One line.
#[component]
fn LogLine(
    /// The line.
    line: Line,
) -> impl IntoView {
    let level = match line.log.level {
        Level::Info => "info",
        Level::Warning => "warning",
        Level::Error => "error",
    };
    view! {
        <li data-level=level>
            {(line.log.level != Level::Info).then(|| view! { <b>{level}</b> " " })}
            {line.log.key.filter(|key| !line.log.text.starts_with(&format!("{key}:"))).map(|key| format::printable(&key) + ": ")}
            {format::printable(&line.log.text)}
        </li>
    }
}
