//! Links to a run's own pages and files.

use leptos::prelude::*;
use leptos_router::components::A;
use wire::rule::Grain;

use crate::live::LiveRun;

/// Links to share and to download, once there is a run.
#[component]
pub fn Share(
    /// The run.
    live: LiveRun,
    /// The page that is shared: totals, or the plot.
    grain: Grain,
) -> impl IntoView {
    let page = Memo::new(move |_| live.target().get().map(|target| target.page));
    let (copied, set_copied) = signal(false);
    let shared = move || match (page.get().unwrap_or_default(), grain) {
        (page, Grain::Total) => page,
        (page, Grain::PerObject) => format!("{page}/scatter"),
    };
    let other = move || match (page.get().unwrap_or_default(), grain) {
        (page, Grain::Total) => (format!("{page}/scatter"), "As a scatter plot"),
        (page, Grain::PerObject) => (page, "Totals only"),
    };
    let copy = move |_| copy_address(&shared(), set_copied);
    let file = move |kind: &str| format!("{}.{kind}", page.get().unwrap_or_default());
    view! {
        <Show when=move || page.read().is_some()>
            <nav class="share" aria-label="This run">
                <A href=shared>"This run's page"</A>
                <button type="button" class="plain" on:click=copy>
                    {move || if copied.get() { "Copied" } else { "Copy link" }}
                </button>
                <A href=move || other().0>{move || other().1}</A>
                <a href=move || file("csv") rel="external" download="">
                    "CSV"
                </a>
                <a href=move || file("json") rel="external">
                    "JSON"
                </a>
            </nav>
        </Show>
    }
}

#[cfg(feature = "hydrate")]
fn copy_address(path: &str, copied: WriteSignal<bool>) {
    // Browsers offer a clipboard to secure origins alone.
    if !window().is_secure_context() {
        return;
    }
    let address = window().location().origin().unwrap_or_default() + path;
    let _ = window().navigator().clipboard().write_text(&address);
    copied.set(true);
    let forget = move || {
        copied.try_set(false);
    };
    set_timeout(forget, std::time::Duration::from_secs(2));
}

#[cfg(not(feature = "hydrate"))]
fn copy_address(_path: &str, _copied: WriteSignal<bool>) {}
