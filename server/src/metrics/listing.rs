//! Pages of the buckets that are counted in.

use std::time::Duration;

use futures_util::{Stream, StreamExt};
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use tokio::time::Instant;

use super::seconds;

/// The metrics of listing.
#[derive(Clone, Debug)]
pub struct Listing {
    page: Histogram,
}

impl Listing {
    pub(super) fn registered(registry: &mut Registry) -> Self {
        let listing = Self { page: seconds() };
        registry.register(
            "list_page_seconds",
            "From asking for a LIST page to having it",
            listing.page.clone(),
        );
        listing
    }

    /// The same pages; how long each took is measured.
    pub fn timed<T: Send>(self, pages: impl Stream<Item = T> + Send) -> impl Stream<Item = T> + Send {
        async_stream::stream! {
            tokio::pin!(pages);
            let mut asked = Instant::now();
            while let Some(page) = pages.next().await {
                self.note_page(asked.elapsed());
                yield page;
                asked = Instant::now();
            }
        }
    }

    fn note_page(&self, took: Duration) {
        self.page.observe(took.as_secs_f64());
    }
}
