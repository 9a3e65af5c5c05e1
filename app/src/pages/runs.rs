//! `/runs`: the history, newest first.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::components::A;
use leptos_router::hooks::use_query_map;
use wire::api::{RunPage, RunSummary};
use wire::event::Progress;
use wire::run::RunState;

use crate::api::list_runs;
use crate::components::landmark::Main;
use crate::components::problem::Told;
use crate::format;

/// Runs, a page at a time.
#[component]
pub fn RunsPage() -> impl IntoView {
    let query = use_query_map();
    let before = move || query.with(|query| query.get("before"));
    let page = Resource::new_blocking(before, |before| list_runs(before, None));
    view! {
        <Title text="Runs" />
        <Main>
            <h1>"Runs"</h1>
            <Suspense fallback=|| view! { <p class="quiet">"Looking them up"</p> }>
                {move || {
                    let is_first = before().is_none();
                    Suspend::new(async move {
                        match page.await {
                            Ok(page) => view! { <History page is_first /> }.into_any(),
                            Err(error) => view! { <p role="alert" class="problem"><Told problem=error /></p> }.into_any(),
                        }
                    })
                }}
            </Suspense>
        </Main>
    }
}

/// A page of the history.
#[component]
fn History(
    /// The runs.
    page: RunPage,
    /// No page has newer ones.
    is_first: bool,
) -> impl IntoView {
    if page.runs.is_empty() {
        return view! {
            <section class="empty">
                <p>"No runs here yet."</p>
                <p class="quiet">
                    "Each run that is started on the " <A href="/">"first page"</A>
                    " is kept here with its totals and its cost, and can be shared by its address."
                </p>
            </section>
        }
        .into_any();
    }
    let older = page.next.map(|before| format!("/runs?before={before}"));
    view! {
        <div class="table-frame" tabindex="0" role="region" aria-label="Runs">
            <table data-runs>
                <thead>
                    <tr>
                        <th scope="col">"Begun (UTC)"</th>
                        <th scope="col">"What"</th>
                        <th scope="col">"State"</th>
                        <th scope="col" class="number">"Objects"</th>
                        <th scope="col" class="number">"Words"</th>
                        <th scope="col" class="number">"Lines"</th>
                        <th scope="col" class="number">"Time"</th>
                        <th scope="col" class="number">"Cost"</th>
                        <th scope="col">"Plot"</th>
                    </tr>
                </thead>
                <tbody>{page.runs.into_iter().map(history_row).collect_view()}</tbody>
            </table>
        </div>
        {(!is_first || older.is_some())
            .then(|| {
                view! {
                    <nav class="pages" aria-label="Pages of runs">
                        {(!is_first).then(|| view! { <A href="/runs">"Newest runs"</A> })}
                        {older.map(|href| view! { <A href>"Older runs"</A> })}
                    </nav>
                }
            })}
    }
    .into_any()
}

fn history_row(run: RunSummary) -> impl IntoView {
    let place = format::printable(&format!("s3://{}/{}", run.spec.bucket, run.spec.prefix));
    let scatter_name = format!("Scatter plot of {place}");
    let state = state(&run);
    let is_over = run.end.state.is_over();
    let progress = run.end.progress;
    view! {
        <tr>
            <td class="nowrap">{format::minute(&run.started_at)}</td>
            <td class="key">
                <A href=format!("/runs/{}", run.id) attr:class="clamped">
                    {place}
                </A>
            </td>
            <td class="nowrap state" data-state=run.end.state.as_str()>
                {state}
            </td>
            <td class="number">{objects(&progress, is_over)}</td>
            <td class="number">{format::exact(progress.words)}</td>
            <td class="number">{format::exact(progress.lines)}</td>
            <td class="number">{format::duration(progress.elapsed_ms)}</td>
            <td class="number">{format::usd(progress.cost_usd)}</td>
            <td>
                <A href=format!("/runs/{}/scatter", run.id) attr:aria-label=scatter_name>
                    "Scatter"
                </A>
            </td>
        </tr>
    }
}

/// The run's state; where there is something to be done about it, a link to where that is.
fn state(run: &RunSummary) -> AnyView {
    let name = run.end.state.as_str().replace('_', " ");
    match run.end.state {
        RunState::Interrupted => {
            let href = format!("/runs/{}", run.id);
            view! { <A href attr:title="Its page resumes it">{name}</A> }.into_any()
        }
        _ => name.into_any(),
    }
}

/// How many objects have their final state, of how many where some have not.
fn objects(progress: &Progress, is_over: bool) -> String {
    let done = format::exact(progress.objects_done);
    let found = format::exact(progress.objects_found);
    let objects = match progress.objects_found > progress.objects_done {
        _ if is_over && !progress.listing_done => format!("{done} of at least {found}"),
        true => format!("{done} of {found}"),
        false => done,
    };
    match progress.unlisted {
        0 => objects,
        unlisted => format!("{objects}, {} not listed", format::exact(unlisted)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_that_are_left_are_told() {
        let progress =
            |objects_done, objects_found| Progress { objects_done, objects_found, ..Progress::default() };
        assert_eq!(objects(&progress(1_234, 1_234), false), "1,234");
        assert_eq!(objects(&progress(7, 1_234), false), "7 of 1,234");
        assert_eq!(objects(&progress(1_234, 1_234), true), "1,234 of at least 1,234");
        let unlisted = Progress { listing_done: true, unlisted: 2, ..progress(7, 7) };
        assert_eq!(objects(&unlisted, true), "7, 2 not listed");
    }
}
