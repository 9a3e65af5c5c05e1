//! The site's head: the way in for strangers, and the way out for visitors who are logged in.

use leptos::prelude::*;
use wire::api::Visitor;

/// A link, a button, or nothing where the site asks for no token or a program shows it.
#[component]
pub fn Session(
    /// The visitor of the page.
    visitor: Visitor,
) -> impl IntoView {
    match visitor {
        Visitor::Runner => ().into_any(),
        Visitor::Session => view! {
            <form class="session" method="post" action="/logout">
                <button type="submit" class="plain" data-action="logout">
                    "Log out"
                </button>
            </form>
        }
        .into_any(),
        // A page of the server's own, and not one of the router's.
        Visitor::Stranger => view! {
            <a class="session" href="/login" rel="external">
                "Log in"
            </a>
        }
        .into_any(),
    }
}
