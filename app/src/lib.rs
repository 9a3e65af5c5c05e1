//! The page: a visitor's view of runs, rendered on the server and updated live in the browser.
//!
//! Wire types come in through server functions and the event stream; HTML and canvas pixels go out.
//! Compiled twice: with `ssr` into the server, with `hydrate` into WebAssembly. It never sees AWS.

#![recursion_limit = "512"]

pub mod api;
pub mod app;
#[cfg(feature = "bench")]
pub mod bench;
pub mod chunks;
pub mod components;
#[cfg(feature = "ssr")]
pub mod door;
pub mod draw;
pub mod error;
pub mod format;
pub mod live;
pub mod once;
pub mod origin;
pub mod pages;
#[cfg(feature = "ssr")]
mod policy;
pub mod query;
pub mod shade;
pub mod table;

pub use app::{App, shell};
#[cfg(feature = "ssr")]
pub use app::{missing, stylesheet};

/// Takes over the server's HTML; the browser's entry point.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_lazy(App);
}
