//! `/runs`: the history, newest first.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::components::A;
use leptos_router::hooks::use_query_map;
use wire::api::{RunPage, RunSummary};

use crate::api::list_runs;
use crate::format;

/// Runs, a page at a time.
#[component]
pub fn RunsPage() -> impl IntoView {
    let query = use_query_map();
    let before = move || query.with(|query| query.get("before"));
    let page = Resource::new_blocking(before, |before| list_runs(before, None));
    view! {
        <Title text="Runs" />
        <main>
            <h1>"Runs"</h1>
            <Suspense fallback=|| view! { <p class="quiet">"Looking them up"</p> }>
                {move || Suspend::new(async move {
                    match page.await {
                        Ok(page) => view! { <History page /> }.into_any(),
                        Err(error) => view! { <p role="alert">{error.into_sentence()}</p> }.into_any(),
                    }
                })}
            </Suspense>
        </main>
    }
}

/// A page of the history.
#[component]
fn History(
    /// The runs.
    page: RunPage,
) -> impl IntoView {
    if page.runs.is_empty() {
        return view! { <p class="quiet">"No runs here yet. " <A href="/">"Start one"</A> "."</p> }
            .into_any();
    }
    let older = page.next.map(|before| format!("/runs?before={before}"));
    view! {
        <div class="table-frame" tabindex="0" role="region" aria-label="Runs">
            <table>
                <thead>
                    <tr>
                        <th scope="col">"Begun (UTC)"</th>
                        <th scope="col">"What"</th>
                        <th scope="col">"State"</th>
                        <th scope="col" class="number">"Objects"</th>
                        <th scope="col" class="number">"Words"</th>
                        <th scope="col" class="number">"Lines"</th>
                        <th scope="col" class="number">"Cost"</th>
                    </tr>
                </thead>
                <tbody>{page.runs.into_iter().map(history_row).collect_view()}</tbody>
            </table>
        </div>
        {older.map(|href| view! { <p><A href>"Older runs"</A></p> })}
    }
    .into_any()
}

fn history_row(run: RunSummary) -> impl IntoView {
    let place = format::printable(&format!("s3://{}/{}", run.spec.bucket, run.spec.prefix));
    let progress = run.end.progress;
    view! {
        <tr>
            <td class="nowrap">{format::minute(&run.started_at)}</td>
            <td class="key">
                <A href=format!("/runs/{}", run.id) attr:class="clamped">
                    {place}
                </A>
            </td>
            <td>{run.end.state.as_str().replace('_', " ")}</td>
            <td class="number">{format::exact(progress.objects_done)}</td>
            <td class="number">{format::exact(progress.words)}</td>
            <td class="number">{format::exact(progress.lines)}</td>
            <td class="number">{format::usd(progress.cost_usd)}</td>
        </tr>
    }
}
