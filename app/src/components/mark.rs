//! The marks of a run's status: shapes, so that nobody has to distinguish colours.

use leptos::prelude::*;

use crate::live::doing::Doing;

/// The mark beside the word that says the same.
#[component]
pub fn Mark(
    /// The run's status.
    doing: Memo<Doing>,
) -> impl IntoView {
    view! {
        <svg class="mark" viewBox="0 0 16 16" aria-hidden="true">
            <path d=move || strokes(doing.get())></path>
        </svg>
    }
}

/// Lines in a square of 16.
fn strokes(doing: Doing) -> &'static str {
    match doing {
        Doing::Idle => "",
        // An empty ring; the same half full.
        Doing::Starting => "M8 2a6 6 0 1 1 0 12a6 6 0 1 1 0-12",
        Doing::Counting => "M8 2a6 6 0 1 1 0 12a6 6 0 1 1 0-12M8 2.5v11M10.2 3v10M12.4 4.3v7.4",
        // An hourglass.
        Doing::Throttled => "M3.5 2h9M3.5 14h9M4.5 2c0 4.5 7 7.5 7 12M11.5 2c0 4.5-7 7.5-7 12",
        // Three dots that wait.
        Doing::Unopened => "M2.5 8h1M7.5 8h1M12.5 8h1",
        // An arrow that comes round.
        Doing::Reconnecting => "M13.5 8a5.5 5.5 0 1 1-1.6-3.900M12.5 1v3.500h-3.5",
        // A flat line.
        Doing::Silent => "M1.5 8h3.500l1.5-4 2 8 1.5-4h0.500M12.5 8h0.500M15 8h0.5",
        // A ring with nothing in it, struck out.
        Doing::Gone | Doing::Nothing => "M8 2.500a5.5 5.5 0 1 1 0 11a5.5 5.5 0 1 1 0-11M3 13.500l10-11",
        // Two bars.
        Doing::Interrupted => "M5.5 3v10M10.5 3v10",
        Doing::Whole => "M2.5 8.500l3.5 4 7.5-9",
        // A check that wants something.
        Doing::Incomplete | Doing::Unlisted => "M1.5 8.500l3 3.5 5.5-8M13.5 3v6M13.5 12.200v0.1",
        // A ring with a bar across.
        Doing::Cancelled => "M8 2a6 6 0 1 1 0 12a6 6 0 1 1 0-12M5 8h6",
        // An arrow below a ceiling.
        Doing::Budget => "M2 2.500h12M8 14v-8M4.5 9l3.5-3.5 3.5 3.5",
        // A cross; two of them.
        Doing::Failed => "M3.5 3.500l9 9M12.5 3.500l-9 9",
        Doing::TooManyFailures => "M1.5 5l5 6M6.5 5l-5 6M9.5 5l5 6M14.5 5l-5 6",
        // Unequal.
        Doing::Inconsistent => "M2.5 6h11M2.5 10h11M11.5 2l-7 12",
    }
}
