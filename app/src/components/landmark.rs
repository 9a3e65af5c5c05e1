//! Landmarks for a keyboard and a screen reader: the page's main part, and the way past its head.

use leptos::html;
use leptos::prelude::*;
use wire::rule::Grain;

/// Whether a page has been shown since the document came, as context.
#[derive(Clone, Copy)]
struct Landed(StoredValue<bool>);

/// Begins with no page shown.
pub fn provide_landmarks() {
    provide_context(Landed(StoredValue::new(false)));
}

/// The first thing that a keyboard comes to, seen only then.
#[component]
pub fn SkipLink() -> impl IntoView {
    // The router would take a link within the page for a way to another.
    let skip = move |event: leptos::ev::MouseEvent| {
        event.prevent_default();
        focus_main();
    };
    view! {
        <a class="skip" href="#main" rel="external" on:click=skip>
            "Skip to the page"
        </a>
    }
}

/// A page's main part. It takes the focus of a visitor who comes from another page of the site, as after a
/// page load.
#[component]
pub fn Main(
    /// The run's state, for a page that shows one.
    #[prop(optional, into)]
    state: Option<Signal<&'static str>>,
    /// The grain in which the page shows a run.
    #[prop(optional)]
    grain: Option<Grain>,
    /// It is text and little else.
    #[prop(optional)]
    prose: bool,
    /// Its content.
    children: Children,
) -> impl IntoView {
    let node = NodeRef::<html::Main>::new();
    let landed = use_context::<Landed>();
    Effect::new(move |_| {
        let (Some(main), Some(Landed(landed))) = (node.get(), landed) else { return };
        if landed.get_value() {
            // The main part's content is made before it is put into the document.
            request_animation_frame(move || focus(&main));
        }
        landed.set_value(true);
    });
    view! {
        <main
            id="main"
            tabindex="-1"
            class:prose=prose
            data-run-state=move || state.map(|state| state.get())
            data-grain=grain.map(Grain::as_str)
            node_ref=node
        >
            {children()}
        </main>
    }
}

#[cfg(feature = "hydrate")]
fn focus_main() {
    use wasm_bindgen::JsCast;

    if let Some(main) = document().get_element_by_id("main") {
        focus(main.unchecked_ref());
    }
}

#[cfg(not(feature = "hydrate"))]
fn focus_main() {}

/// The router has scrolled to where the page begins.
#[cfg(feature = "hydrate")]
fn focus(element: &web_sys::HtmlElement) {
    let options = web_sys::FocusOptions::new();
    options.set_prevent_scroll(true);
    let _ = element.focus_with_options(&options);
}

#[cfg(not(feature = "hydrate"))]
fn focus(_element: &leptos::web_sys::HtmlElement) {}
