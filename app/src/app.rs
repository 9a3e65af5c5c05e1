//! The document around the page, and which page an address shows.

use leptos::prelude::*;
use leptos_meta::{HashedStylesheet, Link, MetaTags, Title, provide_meta_context};
use leptos_router::components::{A, Route, Router, Routes};
use leptos_router::{ParamSegment, SsrMode, StaticSegment};
use wire::api::Site;

use crate::chunks::{Listed, Plotted};
use crate::components::landmark::{SkipLink, provide_landmarks};
use crate::components::session::Session;
use crate::pages::home::HomePage;
use crate::pages::missing::Missing;
use crate::pages::run::RunPage;

/// The HTML document, as the server sends it.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    #[cfg(feature = "ssr")]
    crate::policy::set();
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <AutoReload options=options.clone() />
                <HashedStylesheet id="leptos" options=options.clone() />
                <HydrationScripts options />
                {chunk_loader()}
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}

/// The document for an address that has no page. It is not hydrated, has no router, and asks for nothing.
#[cfg(feature = "ssr")]
pub fn missing(options: LeptosOptions) -> impl IntoView {
    crate::policy::set();
    provide_meta_context();
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                <HashedStylesheet id="leptos" options />
                <MetaTags />
            </head>
            <body>
                <header class="site">
                    <a class="site-name" href="/">
                        "Wordfall"
                    </a>
                </header>
                <Missing />
            </body>
        </html>
    }
}

/// The link to the site's stylesheet, for a page that is none of the router's.
#[cfg(feature = "ssr")]
pub fn stylesheet(options: LeptosOptions) -> String {
    Owner::new().with(|| view! { <HashedStylesheet id="leptos" options /> }.to_html())
}

/// The script that loads chunks is imported by the first page's: asked for at once, it comes beside that and not behind.
fn chunk_loader() -> Option<impl IntoView> {
    let leptos::WasmSplitManifest(manifest) = use_context()?;
    let (folder, _, script) = manifest.get_value();
    Some(view! { <link rel="modulepreload" href=format!("{folder}/{script}") crossorigin="anonymous" /> })
}

/// Every page of the site.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    provide_landmarks();
    #[cfg(feature = "hydrate")]
    crate::chunks::load_ahead();
    let site = SharedValue::new(site).into_inner();
    let visitor = site.visitor;
    provide_context(site);

    view! {
        <Link rel="icon" href="/favicon.svg" type_="image/svg+xml" />
        <Link rel="alternate icon" href="/favicon.ico" />
        <Title formatter=|text: String| if text.is_empty() { "Wordfall".to_owned() } else { format!("{text} · Wordfall") } />
        <Router>
            <SkipLink />
            <header class="site">
                <A href="/" attr:class="site-name">
                    "Wordfall"
                </A>
                <nav aria-label="Site">
                    <A href="/" exact=true>
                        "Totals"
                    </A>
                    <A href="/scatter">"Scatter"</A>
                    <A href="/runs">"Runs"</A>
                </nav>
                <Session visitor />
            </header>
            <Routes fallback=Missing>
                // Sent whole: parts that are streamed out of order need a script to insert them.
                <Route path=StaticSegment("") view=HomePage ssr=SsrMode::Async />
                <Route path=StaticSegment("scatter") view=Plotted::Desk ssr=SsrMode::Async />
                <Route path=StaticSegment("runs") view=Listed::Runs ssr=SsrMode::Async />
                <Route path=(StaticSegment("runs"), ParamSegment("id")) view=RunPage ssr=SsrMode::Async />
                <Route
                    path=(StaticSegment("runs"), ParamSegment("id"), StaticSegment("scatter"))
                    view=Plotted::Run
                    ssr=SsrMode::Async
                />
                <Route
                    path=(StaticSegment("runs"), ParamSegment("id"), StaticSegment("changes"))
                    view=Listed::Changes
                    ssr=SsrMode::Async
                />
            </Routes>
        </Router>
    }
}

#[cfg(feature = "ssr")]
fn site() -> Site {
    // Routes are listed at start-up without a door.
    use_context::<crate::door::SharedDoor>().map(|door| door.site()).unwrap_or_default()
}

#[cfg(not(feature = "ssr"))]
fn site() -> Site {
    Site::default()
}
