//! `/runs/{id}/changes`: what changed since another run, which `?since=ID` names.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::components::A;
use leptos_router::hooks::{use_params_map, use_query_map};
use wire::api::{Change, Changes};

use crate::api::read_changes;
use crate::format;

/// The changes of a run.
#[component]
pub fn ChangesPage() -> impl IntoView {
    let (params, query) = (use_params_map(), use_query_map());
    let asked = move || {
        let id = params.with(|params| params.get("id")).unwrap_or_default();
        (id, query.with(|query| query.get("since")))
    };
    let found = Resource::new_blocking(asked, |(id, since)| async move {
        let changes = read_changes(Some(id.clone()), since).await;
        (id, changes)
    });
    view! {
        <Title text="What changed" />
        <main>
            <h1>"What changed"</h1>
            <Suspense fallback=|| view! { <p class="quiet">"Comparing the two"</p> }>
                {move || Suspend::new(async move {
                    match found.await {
                        (id, Ok(changes)) => view! { <Found id changes /> }.into_any(),
                        (_, Err(error)) => view! { <p role="alert">{error.into_sentence()}</p> }.into_any(),
                    }
                })}
            </Suspense>
        </main>
    }
}

/// How much changed, and what.
#[component]
fn Found(
    /// The run.
    id: String,
    /// Its changes.
    changes: Changes,
) -> impl IntoView {
    let Changes { since, added, changed, removed, unchanged, rows } = changes;
    let shown = rows.len() as u64;
    let caption = match added + changed + removed {
        0 => "Nothing changed".to_owned(),
        all if all == shown => "By key".to_owned(),
        all => format!("The first {} of {}, by key", format::exact(shown), format::exact(all)),
    };
    let file = |kind: &str| format!("/runs/{id}/changes.{kind}?since={since}");
    view! {
        <p data-changes>
            {format!(
                "{} added, {} changed, {} removed, {} the same.",
                format::exact(added),
                format::exact(changed),
                format::exact(removed),
                format::exact(unchanged),
            )}
        </p>
        <nav class="share" aria-label="These two runs">
            <A href=format!("/runs/{id}")>"The run"</A>
            <A href=format!("/runs/{since}")>"The run before"</A>
            <a href=file("csv") rel="external" download="">
                "CSV"
            </a>
            <a href=file("ndjson") rel="external" download="">
                "NDJSON"
            </a>
        </nav>
        <div class="table-frame" tabindex="0" role="region" aria-label="Changes">
            <table>
                <caption>{caption}</caption>
                <thead>
                    <tr>
                        <th scope="col">"Key"</th>
                        <th scope="col">"Change"</th>
                        <th scope="col" class="number">"Words before"</th>
                        <th scope="col" class="number">"Words"</th>
                        <th scope="col" class="number">"Lines before"</th>
                        <th scope="col" class="number">"Lines"</th>
                    </tr>
                </thead>
                <tbody>{rows.iter().map(change_row).collect_view()}</tbody>
            </table>
        </div>
    }
}

fn change_row(change: &Change) -> impl IntoView + use<> {
    let number = |count: Option<u64>| count.map(format::exact);
    view! {
        <tr>
            <td class="key">
                <span class="clamped">{format::printable(&change.key)}</span>
            </td>
            <td>{change.change.as_str()}</td>
            <td class="number">{number(change.words_before)}</td>
            <td class="number">{number(change.words)}</td>
            <td class="number">{number(change.lines_before)}</td>
            <td class="number">{number(change.lines)}</td>
        </tr>
    }
}
