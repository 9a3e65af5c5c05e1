//! `/runs/{id}/changes`: what changed since another run, which `?since=` names by its id or its page's address.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::components::A;
use leptos_router::hooks::use_params_map;
use serde::{Deserialize, Serialize};
use wire::api::{Change, Changes, RunSummary};
use wire::run::is_id;

use crate::api::{read_changes, read_run};
use crate::components::landmark::Main;
use crate::components::problem::Told;
use crate::error::PageError;
use crate::format;
use crate::pages::missing::NoRun;
use crate::query::Query;

/// A run and what it is compared with.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Comparison {
    run: RunSummary,
    /// The text of the field for the other run.
    since: String,
    /// `None` where the visitor names no other run, and the run has no base.
    found: Option<Result<Found, PageError>>,
}

/// The changes, and since which run.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Found {
    earlier: RunSummary,
    changes: Changes,
}

/// The changes of a run.
#[component]
pub fn ChangesPage() -> impl IntoView {
    let (params, query) = (use_params_map(), Query::of_page());
    let asked = move || {
        let id = params.with(|params| params.get("id")).unwrap_or_default();
        (id, query.with(|query| query.get("since").map(str::to_owned)))
    };
    let compared = Resource::new_blocking(asked, |(id, since)| compare(id, since));
    view! {
        <Title text="What changed" />
        <Suspense>
            {move || Suspend::new(async move {
                match compared.await {
                    Ok(comparison) => view! { <Compared comparison /> }.into_any(),
                    Err(error) => view! { <NoRun error /> }.into_any(),
                }
            })}
        </Suspense>
    }
}

async fn compare(id: String, since: Option<String>) -> Result<Comparison, PageError> {
    let run = read_run(Some(id.clone())).await?;
    let named = since.filter(|text| !text.trim().is_empty());
    let Some(since) = named.or_else(|| run.base.clone()) else {
        return Ok(Comparison { run, since: String::new(), found: None });
    };
    let other = run_named_by(&since).to_owned();
    let found = match read_changes(Some(id), Some(other.clone())).await {
        Ok(changes) => read_run(Some(other)).await.map(|earlier| Found { earlier, changes }),
        Err(error) => Err(error),
    };
    Ok(Comparison { run, since, found: Some(found) })
}

/// The id in the address of a page or a file of a run; any other text is taken for an id, good or bad.
fn run_named_by(text: &str) -> &str {
    let mut parts = text.split(|letter: char| !letter.is_ascii_alphanumeric());
    parts.find(|part| is_id(part)).unwrap_or(text.trim())
}

/// The run, the choice of another, and what changed.
#[component]
fn Compared(
    /// Both runs.
    comparison: Comparison,
) -> impl IntoView {
    let Comparison { run, since, found } = comparison;
    let id = run.id.clone();
    let found = match found {
        None => {
            let sentence = "Name an earlier run to compare with: its id, or the address of its page.";
            view! { <p>{sentence}</p> }.into_any()
        }
        Some(Err(error)) => view! { <p role="alert" class="problem"><Told problem=error /></p> }.into_any(),
        Some(Ok(found)) => view! { <ChangeTable id=id.clone() found /> }.into_any(),
    };
    view! {
        <Main>
            <header class="run-head">
                <h1>"What changed"</h1>
                <p>
                    "In " <A href=format!("/runs/{id}")>{told(&run)}</A>
                </p>
            </header>
            <section class="compare" aria-label="The run to compare with">
                <form method="get" action=format!("/runs/{id}/changes")>
                    <label class="field">
                        <span>"Compared with the run"</span>
                        <input
                            class="key"
                            name="since"
                            value=since
                            required
                            placeholder="id, or address of its page"
                            spellcheck="false"
                            autocapitalize="none"
                            autocomplete="off"
                        />
                    </label>
                    <button type="submit" data-action="compare">
                        "Compare"
                    </button>
                </form>
            </section>
            {found}
        </Main>
    }
}

/// A run as a sentence names it.
fn told(run: &RunSummary) -> String {
    let place = format::printable(&format!("s3://{}/{}", run.spec.bucket, run.spec.prefix));
    format!("{place}, begun {} UTC", format::minute(&run.started_at))
}

/// How much changed, and what.
#[component]
fn ChangeTable(
    /// The run.
    id: String,
    /// The other one, and the changes.
    found: Found,
) -> impl IntoView {
    let Found { earlier, changes } = found;
    let Changes { since, added, changed, removed, unchanged, rows } = changes;
    let shown = rows.len() as u64;
    let caption = match added + changed + removed {
        all if all == shown => "Changes by key".to_owned(),
        all => format!("The first {} of {} changes, by key", format::exact(shown), format::exact(all)),
    };
    let file = |kind: &str| format!("/runs/{id}/changes.{kind}?since={since}");
    let table = (shown > 0).then(|| {
        view! {
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
    });
    view! {
        <section class="found">
            <p>"Since " <A href=format!("/runs/{since}")>{told(&earlier)}</A></p>
            <p data-changes>{sum(added, changed, removed, unchanged)}</p>
            <p class="share">
                <span class="files">
                    "Download "
                    <a href=file("csv") rel="external" download="">
                        "CSV"
                    </a>
                    <a href=file("ndjson") rel="external" download="">
                        "NDJSON"
                    </a>
                </span>
            </p>
        </section>
        {table}
    }
}

fn sum(added: u64, changed: u64, removed: u64, unchanged: u64) -> String {
    if added + changed + removed == 0 {
        return format!("Nothing changed: {} the same.", format::counted(unchanged, "object"));
    }
    format!(
        "{} added, {} changed, {} removed, {} the same.",
        format::exact(added),
        format::exact(changed),
        format::exact(removed),
        format::exact(unchanged),
    )
}

fn change_row(change: &Change) -> impl IntoView + use<> {
    let number = |count: Option<u64>| count.map_or("\u{2013}".to_owned(), format::exact);
    view! {
        <tr>
            <td class="key">
                <span class="clamped">{format::printable(&change.key)}</span>
            </td>
            <td class="change" data-change=change.change.as_str()>
                {change.change.as_str()}
            </td>
            <td class="number">{number(change.words_before)}</td>
            <td class="number">{number(change.words)}</td>
            <td class="number">{number(change.lines_before)}</td>
            <td class="number">{number(change.lines)}</td>
        </tr>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(run_named_by(text), expected);
    }

    #[test]
    fn a_run_is_named_by_its_id_or_an_address() {
        let id = "0123456789abcdef0123456789abcdef0123456789a";
        check(id, id);
        check(&format!(" {id}\n"), id);
        check(&format!("http://127.0.0.1:3000/runs/{id}/scatter?y=lines"), id);
        check(&format!("/scatter?run={id}"), id);
        check(&format!("https://h/runs/{id}.csv"), id);
        check(" yesterday's ", "yesterday's");
    }

    #[test]
    fn what_changed_is_summed_up() {
        assert_eq!(sum(0, 0, 0, 1), "Nothing changed: 1 object the same.");
        assert_eq!(sum(0, 1, 0, 1_234), "0 added, 1 changed, 0 removed, 1,234 the same.");
    }
}
