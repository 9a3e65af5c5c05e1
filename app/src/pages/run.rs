//! `/runs/{id}` and `/runs/{id}/scatter`: one run, to be shared.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use wire::api::RunSummary;
use wire::row::RowEvent;
use wire::rule::Grain;

use crate::api::{read_rows, read_run};
use crate::components::panel::Panel;
use crate::components::rows::RowTable;
use crate::format;
use crate::live::LiveRun;
use crate::live::model::Model;
use crate::pages::missing::NoRun;

/// One run's totals.
#[component]
pub fn RunPage() -> impl IntoView {
    let summary = Resource::new_blocking(run_id(), |id| read_run(Some(id)));
    view! {
        <Suspense>
            {move || Suspend::new(async move {
                match summary.await {
                    Ok(summary) => view! { <OneRun summary grain=Grain::Total rows=vec![] /> }.into_any(),
                    Err(error) => view! { <NoRun error /> }.into_any(),
                }
            })}
        </Suspense>
    }
}

/// One run's scatter plot, with its first rows as a table for those without JavaScript.
#[component]
pub fn RunScatterPage() -> impl IntoView {
    let found = Resource::new_blocking(run_id(), |id| async move {
        let summary = read_run(Some(id.clone())).await?;
        Ok((summary, read_rows(Some(id)).await?))
    });
    view! {
        <Suspense>
            {move || Suspend::new(async move {
                match found.await {
                    Ok((summary, rows)) => {
                        view! { <OneRun summary grain=Grain::PerObject rows /> }.into_any()
                    }
                    Err(error) => view! { <NoRun error /> }.into_any(),
                }
            })}
        </Suspense>
    }
}

/// A run, its preview for links, and its panel.
#[component]
fn OneRun(
    /// The run, as far as it was when the page was made.
    summary: RunSummary,
    /// Totals, or a plot as well.
    grain: Grain,
    /// The first rows, for the table.
    rows: Vec<RowEvent>,
) -> impl IntoView {
    let live = LiveRun::of(&summary);
    live.follow(grain);
    let place = place(&summary);
    #[cfg(feature = "ssr")]
    preview(&summary, &place, grain);
    // The id comes from the server's own alphabet; children of a noscript are text to a browser and cannot be hydrated.
    let drawing = (grain == Grain::PerObject)
        .then(|| format!("<img src=\"/runs/{}.svg\" alt=\"Scatter plot of words over bytes\">", summary.id));
    let count = summary.end.progress.objects_done;
    view! {
        <main data-run-state=move || live.read(Model::state_name)>
            <header class="run-head">
                <h1>{place}</h1>
                <p class="quiet">
                    {format!("Begun {} UTC, rule {}", format::minute(&summary.started_at), summary.spec.rule)}
                </p>
            </header>
            <Panel live grain simulated=summary.simulated />
            {drawing.map(|drawing| view! { <noscript inner_html=drawing></noscript> })}
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

/// What a link to the page shows elsewhere. It is read from the server's HTML alone: metas that arrive late, inside a
/// `Suspense`, cannot be hydrated.
#[cfg(feature = "ssr")]
fn preview(summary: &RunSummary, place: &str, grain: Grain) {
    use leptos_meta::Meta;

    let description = description(summary);
    let plot = (grain == Grain::PerObject).then(|| format!("/runs/{}.png", summary.id));
    let metas = view! {
        <Meta name="description" content=description.clone() />
        <Meta property="og:title" content=format!("{place} · Wordfall") />
        <Meta property="og:description" content=description />
        <Meta property="og:type" content="website" />
        {plot.map(|plot| view! { <Meta property="og:image" content=plot /> })}
    };
    // Rendering puts them into the head; what is left for the body is empty.
    metas.to_html();
}

#[cfg(feature = "ssr")]
fn description(summary: &RunSummary) -> String {
    let end = &summary.end;
    format!(
        "{}: {} and {} in {} of {}.",
        end.state.as_str().replace('_', " "),
        format::counted(end.progress.words, "word"),
        format::counted(end.progress.lines, "line"),
        format::exact(end.states.counted.max(end.progress.objects_done - end.progress.objects_failed)),
        format::counted(end.progress.objects_found, "object"),
    )
}
