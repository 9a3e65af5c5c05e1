//! A form and the run that it started, on one page. The address names the run: Back goes to the one before.

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate};
use wire::api::{RunSummary, Site, Started};
use wire::rule::Grain;

use crate::api::read_run;
use crate::components::form::StartForm;
use crate::components::landmark::Main;
use crate::components::panel::Panel;
use crate::draw::view::View;
use crate::live::model::Model;
use crate::live::{LiveRun, addresses};
use crate::pages::missing::NoRun;
use crate::query::Query;

/// The desk, with the run that the page's address names.
#[component]
pub fn AddressedDesk(
    /// Totals, or a plot as well.
    grain: Grain,
) -> impl IntoView {
    let query = Query::of_page();
    let Some(id) = run_of(&query.get_untracked()) else {
        return view! { <Desk grain /> }.into_any();
    };
    let id = StoredValue::new(id);
    let summary = Resource::new_blocking(move || id.get_value(), |id| read_run(Some(id)));
    let is_asked_for = move || run_of(&query.read()) == Some(id.get_value());
    view! {
        <Suspense>
            {move || Suspend::new(async move {
                match summary.await {
                    Ok(summary) => view! { <Desk grain summary /> }.into_any(),
                    Err(error) => {
                        view! {
                            <Show when=is_asked_for fallback=move || view! { <Desk grain /> }>
                                <NoRun error=error.clone() />
                            </Show>
                        }
                        .into_any()
                    }
                }
            })}
        </Suspense>
    }
    .into_any()
}

/// The form above the run's panel.
#[component]
fn Desk(
    /// Totals, or a plot as well.
    grain: Grain,
    /// The run that it begins with; the form begins others.
    #[prop(optional)]
    summary: Option<RunSummary>,
) -> impl IntoView {
    let live = summary.as_ref().map_or_else(LiveRun::idle, LiveRun::of);
    live.follow(grain);
    let simulated = use_context::<Site>().unwrap_or_default().simulated;
    let (navigate, path) = (use_navigate(), use_location().pathname);
    follow_address(live);
    let began = Callback::new(move |started: Started| {
        let address = path.get_untracked() + &beside_view(&started.id);
        live.begin(started);
        navigate(&address, NavigateOptions { scroll: false, ..NavigateOptions::default() });
    });
    // A run that cannot be reached does not keep the visitor from starting another.
    let busy = live.memo(|model| model.goes_on() && !model.reconnecting);
    let spec = summary.map(|summary| summary.spec);
    view! {
        <Main state=Signal::derive(move || live.read(Model::state_name)) grain>
            <h1 class="lead">"Count every word under a prefix, and watch it happen."</h1>
            <StartForm grain spec began busy />
            <Panel live grain simulated />
        </Main>
    }
}

/// The run as an address names it, with the plot's axes as they stand. They are in the window's own address, which the
/// plot writes past the router.
fn beside_view(id: &str) -> String {
    let query = Query::parse(window().location().search().unwrap_or_default().trim_start_matches('?'));
    let view = View::read(|name| query.get(name).map(str::to_owned));
    View { point: None, ..view }.query_beside(&format!("run={id}"))
}

/// The run that an address names.
fn run_of(query: &Query) -> Option<String> {
    query.get("run").filter(|id| !id.is_empty()).map(str::to_owned)
}

/// Shows the run that the address has come to name, by Back or Forward, or none. An address may name anything.
fn follow_address(live: LiveRun) {
    let query = Query::of_page();
    let named = Memo::new(move |_| run_of(&query.read()));
    Effect::watch(
        move || named.get(),
        move |named, _, _| {
            let shown = live.target().get_untracked().map(|target| target.id);
            match named {
                same if *same == shown => {}
                None => live.clear(),
                Some(id) => match addresses(id) {
                    Some(started) => live.begin(started),
                    None => live.miss(),
                },
            }
        },
        false,
    );
}
