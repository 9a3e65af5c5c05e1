//! The answer to an address without a page.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::components::A;

use crate::components::landmark::Main;
use crate::error::PageError;

/// No such page.
#[component]
pub fn Missing() -> impl IntoView {
    #[cfg(feature = "ssr")]
    crate::error::set_status(404);
    view! {
        <Title text="Not found" />
        <Main prose=true>
            <h1>"There is no page here"</h1>
            <p>
                "Start a run on the " <a href="/">"first page"</a> ", or look for it among "
                <a href="/runs">"all runs"</a> "."
            </p>
        </Main>
    }
}

/// The run cannot be shown.
#[component]
pub fn NoRun(
    /// Why.
    error: PageError,
) -> impl IntoView {
    let title = if error.is_not_found() { "No such run" } else { "The run cannot be shown" };
    let sentence = error.into_sentence();
    view! {
        <Title text=title />
        <Main prose=true>
            <h1>{title}</h1>
            <p role="alert">{sentence}</p>
            <p>
                "Look for it among " <A href="/runs">"all runs"</A> ", or " <A href="/">"start another"</A> "."
            </p>
        </Main>
    }
}
