//! Pages whose code the browser loads when they are first needed, in two files beside the first page's.
//!
//! `cargo leptos build --split`, with the feature `split`, leaves in the first file what is reachable without `plotted`
//! and `listed`. Without that feature everything is one file, as under `cargo leptos watch`, and nothing else changes.

use leptos::prelude::*;
use leptos_router::ChooseView;

use crate::components::plot::ScatterPlot;
use crate::draw::view::View;
use crate::live::LiveRun;
use crate::pages::changes::ChangesPage;
use crate::pages::run::RunScatterPage;
use crate::pages::runs::RunsPage;
use crate::pages::scatter::ScatterPage;

/// Pages with a plot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plotted {
    /// `/scatter`
    Desk,
    /// `/runs/{id}/scatter`
    Run,
}

/// Pages that list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listed {
    /// `/runs`
    Runs,
    /// `/runs/{id}/changes`
    Changes,
}

/// Makes the plot of a run, as pages with one provide it to the components that they share with the others: in a view,
/// and as SVG for those without JavaScript.
#[derive(Clone, Copy)]
pub struct PlotMaker(pub fn(LiveRun, RwSignal<View>, String) -> AnyView);

impl ChooseView for Plotted {
    async fn choose(self) -> AnyView {
        plotted(self).await
    }

    async fn preload(&self) {
        #[cfg(feature = "split")]
        __preload_plotted().await;
    }
}

impl ChooseView for Listed {
    async fn choose(self) -> AnyView {
        listed(self).await
    }

    async fn preload(&self) {
        #[cfg(feature = "split")]
        __preload_listed().await;
    }
}

#[cfg_attr(any(feature = "split", feature = "ssr"), lazy)]
async fn plotted(page: Plotted) -> AnyView {
    provide_context(PlotMaker(|live, view, still| view! { <ScatterPlot live view still /> }.into_any()));
    match page {
        Plotted::Desk => ScatterPage().into_any(),
        Plotted::Run => RunScatterPage().into_any(),
    }
}

#[cfg_attr(any(feature = "split", feature = "ssr"), lazy)]
async fn listed(page: Listed) -> AnyView {
    match page {
        Listed::Runs => RunsPage().into_any(),
        Listed::Changes => ChangesPage().into_any(),
    }
}

/// Loads a page's code as soon as the pointer, or the keyboard, comes to a link to it.
#[cfg(feature = "hydrate")]
pub fn load_ahead() {
    use leptos::ev;

    let over = window_event_listener(ev::pointerover, |event| approached(&event));
    let focused = window_event_listener(ev::focusin, |event| approached(&event));
    on_cleanup(move || {
        over.remove();
        focused.remove();
    });
}

#[cfg(feature = "hydrate")]
fn approached(event: &web_sys::Event) {
    use leptos::task::spawn_local;
    use wasm_bindgen::JsCast as _;
    use web_sys::{Element, HtmlAnchorElement};

    let element = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let link = element.and_then(|element| element.closest("a[href]").ok().flatten());
    let Some(link) = link.and_then(|link| link.dyn_into::<HtmlAnchorElement>().ok()) else { return };
    match needed_by(&link.pathname()) {
        Some(Needed::Plotted) => spawn_local(async { Plotted::Desk.preload().await }),
        Some(Needed::Listed) => spawn_local(async { Listed::Runs.preload().await }),
        None => {}
    }
}

/// The code that an address needs beside the first page's.
#[cfg(any(feature = "hydrate", test))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Needed {
    Plotted,
    Listed,
}

#[cfg(any(feature = "hydrate", test))]
fn needed_by(path: &str) -> Option<Needed> {
    let (_, last) = path.trim_end_matches('/').rsplit_once('/')?;
    match last {
        "scatter" => Some(Needed::Plotted),
        "runs" | "changes" => Some(Needed::Listed),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, expected: Option<Needed>) {
        assert_eq!(needed_by(path), expected, "{path}");
    }

    #[test]
    fn a_links_address_tells_what_its_page_needs() {
        check("/", None);
        check("/scatter", Some(Needed::Plotted));
        check("/runs", Some(Needed::Listed));
        check("/runs/", Some(Needed::Listed));
        check("/runs/abc", None);
        check("/runs/abc/scatter", Some(Needed::Plotted));
        check("/runs/abc/changes", Some(Needed::Listed));
        check("/runs/abc.csv", None);
    }
}
