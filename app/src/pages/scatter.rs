//! `/scatter`: the same with a point for every object. `?run=ID` shows that run.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use wire::rule::Grain;

use crate::api::read_run;
use crate::components::desk::Desk;
use crate::live::LiveRun;
use crate::pages::missing::NoRun;

/// The form, the boxes, the plot and the log.
#[component]
pub fn ScatterPage() -> impl IntoView {
    // Read once: when a run starts, the address follows the page and not the page the address.
    let id = use_query_map().with_untracked(|query| query.get("run")).filter(|id| !id.is_empty());
    let Some(id) = id else {
        return view! { <LiveDesk live=LiveRun::idle() /> }.into_any();
    };
    let summary = Resource::new_blocking(move || id.clone(), |id| read_run(Some(id)));
    view! {
        <Suspense>
            {move || Suspend::new(async move {
                match summary.await {
                    Ok(summary) => view! { <LiveDesk live=LiveRun::of(&summary) /> }.into_any(),
                    Err(error) => view! { <NoRun error /> }.into_any(),
                }
            })}
        </Suspense>
    }
    .into_any()
}

/// The desk with rows for its plot.
#[component]
fn LiveDesk(
    /// The run that the desk begins with.
    live: LiveRun,
) -> impl IntoView {
    live.follow(Grain::PerObject);
    view! { <Desk live grain=Grain::PerObject /> }
}
