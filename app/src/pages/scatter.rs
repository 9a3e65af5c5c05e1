//! `/scatter`: the same with a point for every object. `?run=ID` shows that run.

use leptos::prelude::*;
use wire::rule::Grain;

use crate::components::desk::AddressedDesk;

/// The form, the boxes, the plot and the log.
#[component]
pub fn ScatterPage() -> impl IntoView {
    view! { <AddressedDesk grain=Grain::PerObject /> }
}
