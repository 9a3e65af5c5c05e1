//! `/runs/{id}` and `/runs/{id}/scatter`: one run, to be shared.

use leptos::prelude::*;
use leptos_router::components::A;
use leptos_router::hooks::use_params_map;
use wire::api::RunSummary;
use wire::row::RowEvent;
use wire::rule::Grain;
use wire::run::is_id;

use crate::api::{read_rows, read_run};
use crate::components::delete::Delete;
use crate::components::landmark::Main;
use crate::components::panel::Panel;
#[cfg(feature = "ssr")]
use crate::components::plot::addressed_view;
use crate::components::rows::RowTable;
#[cfg(feature = "ssr")]
use crate::draw::{markup, still, view::View};
use crate::format;
use crate::live::LiveRun;
use crate::live::model::Model;
use crate::pages::missing::NoRun;
#[cfg(feature = "ssr")]
use crate::pages::preview::preview;

/// One run's totals.
#[component]
pub fn RunPage() -> impl IntoView {
    let summary = Resource::new_blocking(run_id(), |id| async move {
        let summary = read_run(Some(id)).await?;
        #[cfg(feature = "ssr")]
        preview(&summary, View::default());
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
    #[cfg(feature = "ssr")]
    let view = addressed_view();
    let found = Resource::new_blocking(run_id(), move |id| async move {
        let summary = read_run(Some(id.clone())).await?;
        #[cfg(feature = "ssr")]
        {
            preview(&summary, view);
            still.set_value(still_plot(id.clone(), view).await);
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
    let place = format::printable(&format!("s3://{}/{}", summary.spec.bucket, summary.spec.prefix));
    let count = summary.end.progress.objects_done;
    let filter = Some(summary.spec.filter.to_string()).filter(|filter| !filter.is_empty());
    let filter = filter.map(|filter| format!("; only {}", format::printable(&filter))).unwrap_or_default();
    let again = match &summary.spec.rows {
        None => ("Tries again what ", " did not count.".to_owned()),
        Some(rows) => {
            ("Of ", format!(": {}, counted again.", format::counted(rows.count(), "chosen object")))
        }
    };
    view! {
        <Main state=Signal::derive(move || live.read(Model::state_name)) grain>
            <header class="run-head">
                <h1>{place}</h1>
                <p class="quiet">
                    {format!(
                        "Begun {} UTC, rule {}{filter}",
                        format::minute(&summary.started_at),
                        summary.spec.rule,
                    )}
                </p>
                {summary
                    .is_rerun
                    .then(|| {
                        view! {
                            <p class="quiet">{again.0} <EarlierRun id=summary.spec.parent.clone() /> {again.1}</p>
                        }
                    })}
            </header>
            <Panel live grain simulated=summary.simulated still />
            {(!rows.is_empty()).then(|| view! { <RowTable rows total=count /> })}
            <Delete live />
        </Main>
    }
}

/// The run whose objects are counted again, with a link for those who may know which it is.
#[component]
fn EarlierRun(
    /// Its id.
    id: Option<String>,
) -> impl IntoView {
    match id.filter(|id| is_id(id)) {
        Some(id) => view! { <A href=format!("/runs/{id}")>"an earlier run"</A> }.into_any(),
        None => "an earlier run".into_any(),
    }
}

fn run_id() -> impl Fn() -> String + Send + Sync + 'static {
    let params = use_params_map();
    move || params.with(|params| params.get("id")).unwrap_or_default()
}

/// The plot: a part of the page where it is there at once, else a picture that the browser asks for when it has the page.
#[cfg(feature = "ssr")]
async fn still_plot(id: String, view: View) -> String {
    let Some(door) = use_context::<crate::door::SharedDoor>() else { return String::new() };
    let (width, height) = still::FILE_SIZE;
    let address = markup::escaped(&format!("/runs/{id}.svg{}", view.query()));
    door.plot(id, view).await.ok().flatten().unwrap_or_else(|| {
        format!("<img class=\"still\" src=\"{address}\" alt=\"Scatter plot\" width=\"{width}\" height=\"{height}\">")
    })
}
