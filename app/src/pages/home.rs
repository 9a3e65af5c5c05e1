//! `/`: start a run and watch its totals.

use leptos::prelude::*;
use wire::rule::Grain;

use crate::components::desk::Desk;
use crate::live::LiveRun;

/// The form, the boxes and the log.
#[component]
pub fn HomePage() -> impl IntoView {
    let live = LiveRun::idle();
    live.follow(Grain::Total);
    view! { <Desk live grain=Grain::Total /> }
}
