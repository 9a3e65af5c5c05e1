//! `/runs/{id}` and `/runs/{id}/scatter`: one run, to be shared.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use wire::api::RunSummary;
use wire::row::RowEvent;
use wire::rule::Grain;

use crate::api::{read_rows, read_run};
use crate::components::panel::Panel;
use crate::components::rows::RowTable;
#[cfg(feature = "ssr")]
use crate::draw::still;
use crate::format;
use crate::live::LiveRun;
use crate::live::model::Model;
use crate::pages::missing::NoRun;

/// One run's totals.
#[component]
pub fn RunPage() -> impl IntoView {
    let summary = Resource::new_blocking(run_id(), |id| async move {
        let summary = read_run(Some(id)).await?;
        #[cfg(feature = "ssr")]
        preview(&summary);
        Ok(summary)
    });
    view! {
        <Suspense>
            {move || Suspend::new(async move {
                match summary.await {
                    Ok(summary) => {
                        view! { <OneRun summary grain=Grain::Total rows=vec![] still=String::new() /> }.into_any()
                    }
                    Err(error) => view! { <NoRun error /> }.into_any(),
                }
            })}
        </Suspense>
    }
}

/// One run's scatter plot, with its first rows as a table; without JavaScript the plot is a still one.
#[component]
pub fn RunScatterPage() -> impl IntoView {
    // It stays out of the resource, which is sent to the browser once more as data.
    let still = StoredValue::new(String::new());
    let found = Resource::new_blocking(run_id(), move |id| async move {
        let summary = read_run(Some(id.clone())).await?;
        #[cfg(feature = "ssr")]
        {
            preview(&summary);
            still.set_value(still_plot(&id).await);
        }
        Ok((summary, read_rows(Some(id)).await?))
    });
    view! {
        <Suspense>
            {move || Suspend::new(async move {
                match found.await {
                    Ok((summary, rows)) => {
                        let still = still.get_value();
                        view! { <OneRun summary grain=Grain::PerObject rows still /> }.into_any()
                    }
                    Err(error) => view! { <NoRun error /> }.into_any(),
                }
            })}
        </Suspense>
    }
}

/// A run and its panel.
#[component]
fn OneRun(
    /// The run, as far as it was when the page was made.
    summary: RunSummary,
    /// Totals, or a plot as well.
    grain: Grain,
    /// The first rows, for the table.
    rows: Vec<RowEvent>,
    /// The plot as SVG, for those without JavaScript.
    still: String,
) -> impl IntoView {
    let live = LiveRun::of(&summary);
    live.follow(grain);
    let place = place(&summary);
    let count = summary.end.progress.objects_done;
    view! {
        <main data-run-state=move || live.read(Model::state_name)>
            <header class="run-head">
                <h1>{place}</h1>
                <p class="quiet">
                    {format!("Begun {} UTC, rule {}", format::minute(&summary.started_at), summary.spec.rule)}
                </p>
            </header>
            <Panel live grain simulated=summary.simulated still />
            {(!rows.is_empty()).then(|| view! { <RowTable rows total=count /> })}
        </main>
    }
}

fn run_id() -> impl Fn() -> String + Send + Sync + 'static {
    let params = use_params_map();
    move || params.with(|params| params.get("id")).unwrap_or_default()
}

fn place(summary: &RunSummary) -> String {
    format::printable(&format!("s3://{}/{}", summary.spec.bucket, summary.spec.prefix))
}

/// The first rows as a plot; empty where the store does not give them, since the page has more to show.
#[cfg(feature = "ssr")]
async fn still_plot(id: &str) -> String {
    let mut rows = Vec::new();
    let Some(door) = use_context::<crate::door::SharedDoor>() else { return String::new() };
    for first in (0..still::ROWS_MAX).step_by(ROWS_AT_ONCE) {
        let Ok(more) = door.rows(id.to_owned(), first, ROWS_AT_ONCE as u64).await else { break };
        let was_last = more.len() < ROWS_AT_ONCE;
        rows.extend(more.into_iter().map(RowEvent::from));
        if was_last {
            break;
        }
    }
    still::svg(&rows)
}

/// Rows that the door is asked for in one go.
#[cfg(feature = "ssr")]
const ROWS_AT_ONCE: usize = 1_000;

/// What a link to the page shows elsewhere. It is read from the server's HTML alone: metas that arrive late, inside a
/// `Suspense`, cannot be hydrated. A resource tells it once; what is inside the `Suspense` is rendered several times.
#[cfg(feature = "ssr")]
fn preview(summary: &RunSummary) {
    use leptos_meta::Meta;

    let (place, description) = (place(summary), description(summary));
    let metas = view! {
        <Meta name="description" content=description.clone() />
        <Meta property="og:title" content=format!("{place} · Wordfall") />
        <Meta property="og:description" content=description />
        <Meta property="og:type" content="website" />
    };
    // Rendering puts them into the head; what is left for the body is empty.
    metas.to_html();
}

#[cfg(feature = "ssr")]
fn description(summary: &RunSummary) -> String {
    let end = &summary.end;
    let so_far = end.progress.objects_done.saturating_sub(end.progress.objects_failed);
    let counted = if end.state.is_over() { end.states.counted } else { so_far };
    format!(
        "{}: {} and {} in {} of {}.",
        end.state.as_str().replace('_', " "),
        format::counted(end.progress.words, "word"),
        format::counted(end.progress.lines, "line"),
        format::exact(counted),
        format::counted(end.progress.objects_found, "object"),
    )
}
