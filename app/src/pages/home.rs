//! `/`: start a run and watch its totals. `?run=ID` shows that run.

use leptos::prelude::*;
use wire::rule::Grain;

use crate::components::desk::AddressedDesk;

/// The form, the boxes and the log.
#[component]
pub fn HomePage() -> impl IntoView {
    view! { <AddressedDesk grain=Grain::Total /> }
}
