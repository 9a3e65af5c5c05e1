//! The chosen rows as a file, made in the page.

use leptos::prelude::*;

use super::Table;
use crate::format;
use crate::table::export::{EXPORTED_MAX, Format};

/// Two files, where there are not too many rows for one.
#[component]
pub fn Save(
    /// The table.
    table: Table,
) -> impl IntoView {
    let many = table.memo(|listing| listing.chosen().len() as u64);
    let has_some = move || many.get() > 0;
    let too_many = move || many.get() > EXPORTED_MAX;
    let button = move |format: Format, label: &'static str| {
        let ending = format.ending();
        view! {
            <button
                type="button"
                data-save=ending
                disabled=too_many
                on:click=move |_| begin(table, format)
            >
                {label}
            </button>
        }
    };
    view! {
        <Show when=has_some>
            <div class="save" role="group" aria-label="Save what is listed">
                {button(Format::Csv, "Save as CSV")}
                {button(Format::Ndjson, "Save as NDJSON")}
                <p class="quiet">{move || sentence(many.get())}</p>
            </div>
        </Show>
    }
}

fn sentence(many: u64) -> String {
    if many > EXPORTED_MAX {
        let most = format::exact(EXPORTED_MAX);
        return format!(
            "The page saves {most} rows at most: choose fewer, or take the run's own CSV, which has all."
        );
    }
    format!("{}; ETags are in the run's own files.", format::counted(many, "row"))
}

#[cfg(not(feature = "hydrate"))]
fn begin(_table: Table, _format: Format) {}

/// Writes the rows in portions, each shorter than a frame, and hands the file to the browser.
#[cfg(feature = "hydrate")]
fn begin(table: Table, format: Format) {
    let run = table.scene.live.target().get_untracked().map(|target| target.id).unwrap_or_default();
    let numbers = table.listing.with_value(|listing| listing.chosen().to_vec());
    let file = file::File::new(format!("wordfall-{run}-chosen.{}", format.ending()), format);
    file.write_on(table, numbers, 0);
}

#[cfg(feature = "hydrate")]
mod file {
    use js_sys::{Array, Uint8Array};
    use leptos::prelude::*;
    use wasm_bindgen::JsCast;
    use web_sys::{Blob, BlobPropertyBag, HtmlAnchorElement, Url};

    use super::super::Table;
    use crate::table::export::{Format, of_page};

    /// Rows that are written in one frame.
    const WRITTEN_AT_ONCE: usize = 10_000;

    /// A file that is being written.
    pub(super) struct File {
        name: String,
        format: Format,
        parts: Array,
    }

    impl File {
        pub(super) fn new(name: String, format: Format) -> Self {
            let parts = Array::new();
            parts.push(&format.header().into());
            Self { name, format, parts }
        }

        /// Writes the next rows, and the file once there are none.
        pub(super) fn write_on(self, table: Table, numbers: Vec<u32>, from: usize) {
            let mut part = Vec::new();
            let portion = numbers.iter().skip(from).take(WRITTEN_AT_ONCE);
            untrack(|| {
                table.scene.live.read(|model| {
                    for row in portion.filter_map(|number| model.rows.get(*number as usize)) {
                        self.format.write(&of_page(row), &mut part);
                    }
                });
            });
            self.parts.push(&Uint8Array::from(part.as_slice()));
            let next = from + WRITTEN_AT_ONCE;
            if next < numbers.len() {
                request_animation_frame(move || self.write_on(table, numbers, next));
            } else {
                self.hand_over();
            }
        }

        fn hand_over(self) {
            let options = BlobPropertyBag::new();
            options.set_type(self.format.media_type());
            let Ok(blob) = Blob::new_with_u8_array_sequence_and_options(&self.parts, &options) else {
                return;
            };
            let Ok(address) = Url::create_object_url_with_blob(&blob) else { return };
            let link = document()
                .create_element("a")
                .ok()
                .and_then(|link| link.dyn_into::<HtmlAnchorElement>().ok());
            if let Some(link) = link {
                link.set_href(&address);
                link.set_download(&self.name);
                link.click();
            }
            // The browser has to begin with it first.
            let forget = move || drop(Url::revoke_object_url(&address));
            set_timeout(forget, std::time::Duration::from_secs(60));
        }
    }
}
