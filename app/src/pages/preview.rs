//! The preview of a link to a run's page elsewhere: its title, its totals, its plot.

use leptos::prelude::*;
use leptos_meta::Meta;
use wire::api::RunSummary;

use crate::draw::caption;
use crate::draw::still;
use crate::draw::view::View;
use crate::origin;

/// Puts the preview's metas into the head. They are read from the server's HTML alone: metas that arrive
/// late, inside a `Suspense`, cannot be hydrated. A resource calls this once; what is inside the `Suspense`
/// is rendered several times.
pub(super) fn preview(summary: &RunSummary, view: View) {
    let (place, description) = (caption::place(summary), caption::totals(summary));
    let image = origin::origin().map(|origin| format!("{origin}/runs/{}.png{}", summary.id, view.query()));
    let card = if image.is_some() { "summary_large_image" } else { "summary" };
    let (width, height) = still::FILE_SIZE;
    let picture = image.map(|image| {
        view! {
            <Meta property="og:image" content=image />
            <Meta property="og:image:type" content="image/png" />
            <Meta property="og:image:width" content=width.to_string() />
            <Meta property="og:image:height" content=height.to_string() />
            <Meta property="og:image:alt" content=format!("Scatter plot of {place}") />
        }
    });
    let metas = view! {
        <Meta name="description" content=description.clone() />
        <Meta property="og:site_name" content="Wordfall" />
        <Meta property="og:title" content=format!("{place} · Wordfall") />
        <Meta property="og:description" content=description />
        <Meta property="og:type" content="website" />
        <Meta name="twitter:card" content=card />
        {picture}
    };
    // Rendering puts them into the head; what is left for the body is empty.
    metas.to_html();
}
