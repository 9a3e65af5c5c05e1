//! The chosen objects as a table: what they add up to, what can be done with them, and each of them by name.

pub mod grid;
pub mod head;
pub mod rerun;
pub mod save;
#[cfg(feature = "hydrate")]
mod work;

use leptos::prelude::*;

use self::grid::Grid;
use self::rerun::RunAgain;
use self::save::Save;
use crate::components::plot::scene::Scene;
use crate::draw::tone::Kind;
use crate::format;
use crate::table::choice::{Choice, place_of};
use crate::table::listing::Listing;
use crate::table::order::Order;
use crate::table::sieve::Sums;

/// The state that the table's parts share.
#[derive(Clone, Copy)]
pub struct Table {
    /// The plot that it belongs to.
    scene: Scene,
    /// The rows, outside of the reactive graph: nothing copies them.
    listing: StoredValue<Listing>,
    /// Grows whenever the list changed.
    changed: RwSignal<u64>,
    /// Rows are being looked through or sorted.
    working: RwSignal<bool>,
    order: RwSignal<Order>,
}

impl Table {
    fn new(scene: Scene) -> Self {
        Self {
            scene,
            listing: StoredValue::new(Listing::default()),
            changed: RwSignal::new(0),
            working: RwSignal::new(false),
            order: RwSignal::new(Order::default()),
        }
    }

    /// A part of the listing, whose readers are notified only when it differs.
    fn memo<T: PartialEq + Send + Sync + 'static>(self, part: fn(&Listing) -> T) -> Memo<T> {
        Memo::new(move |_| {
            self.changed.track();
            self.listing.with_value(part)
        })
    }
}

/// The table, once there are rows.
#[component]
pub fn ObjectTable(
    /// The plot.
    scene: Scene,
) -> impl IntoView {
    let table = Table::new(scene);
    #[cfg(feature = "hydrate")]
    work::keep(table);
    let parts = parts_shown(scene);
    view! {
        <Show when=move || { parts.get() > 0 }>
            <section class="objects" aria-labelledby="objects-name" data-objects>
                <header class="objects-head">
                    <h2 id="objects-name">{move || title(&scene.choice.read())}</h2>
                    <Narrow table />
                </header>
                <Summary table />
                <Show when=move || { parts.get() > 1 }>
                    <Grid table />
                </Show>
                <footer class="objects-foot">
                    <Save table />
                    <RunAgain table />
                </footer>
            </section>
        </Show>
    }
}

/// How many parts of the table there are: they are made one by one in the frames after the first rows came,
/// since all at once would hold up the events that come then.
fn parts_shown(scene: Scene) -> RwSignal<u8> {
    let has_rows = scene.live.memo(|model| !model.rows.is_empty());
    let parts = RwSignal::new(0);
    Effect::new(move |_| {
        if !has_rows.get() {
            return parts.set(0);
        }
        request_animation_frame(move || {
            parts.try_set(1);
            request_animation_frame(move || {
                parts.try_update(|parts| *parts = if *parts == 0 { 0 } else { 2 });
            });
        });
    });
    parts
}

fn title(choice: &Choice) -> &'static str {
    match choice.region {
        Some(_) => "Objects in the box",
        None if choice.is_all() => "All objects",
        None => "Chosen objects",
    }
}

/// The sums of the listed objects.
#[component]
fn Summary(
    /// The table.
    table: Table,
) -> impl IntoView {
    let sums = table.memo(Listing::sums);
    view! {
        <p class="objects-sums" id="objects-sums" data-sums>
            {move || sentence(sums.get())}
            <Show when=move || table.working.get()>
                <span class="quiet">" \u{2026}"</span>
            </Show>
        </p>
    }
}

fn sentence(sums: Sums) -> String {
    let objects = format::counted(sums.objects, "object");
    if sums.objects == 0 {
        return "No objects: draw a box around some, or show all.".to_owned();
    }
    let others = match sums.objects - sums.counted {
        0 => String::new(),
        _ if sums.counted == 0 => return format!("{objects}, not counted"),
        others => format!(", {} not counted", format::exact(others)),
    };
    let (words, lines) = (format::counted(sums.words, "word"), format::counted(sums.lines, "line"));
    let (stored, decoded) = (format::bytes(sums.bytes_in), format::bytes(sums.bytes_out));
    format!("{objects}{others}: {words}, {lines}, {stored} stored, {decoded} decoded")
}

/// Other choices, one press away.
#[component]
fn Narrow(
    /// The table.
    table: Table,
) -> impl IntoView {
    let scene = table.scene;
    let failed_in_run = scene.live.memo(|model| match model.is_over() {
        true => model.states.failed + model.states.partial,
        false => model.progress.objects_failed,
    });
    let label = move || {
        let failed = failed_in_run.get();
        let shown = scene.choice.with(|choice| *choice == Choice::failed());
        (failed > 0 && !shown).then(|| match failed {
            1 => "Show the 1 that failed".to_owned(),
            failed => format!("Show the {} that failed", format::exact(failed)),
        })
    };
    let is_all = move || scene.choice.with(Choice::is_all);
    view! {
        <div class="objects-choices">
            {move || {
                label()
                    .map(|label| {
                        view! {
                            <button type="button" class="plain" on:click=move |_| scene.choice.set(Choice::failed())>
                                {label}
                            </button>
                        }
                    })
            }} <Show when=move || !is_all()>
                <button type="button" class="plain" on:click=move |_| scene.choice.set(Choice::default())>
                    "List all"
                </button>
            </Show>
        </div>
    }
}

/// Whether all listed objects failed, so that the sentence on them can say so.
fn lists_failed_only(choice: &Choice) -> bool {
    let failed = place_of(Kind::Failed);
    (0..3).all(|at| choice.kinds[at] == (at == failed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(objects: u64, counted: u64, expected: &str) {
        let sums = Sums { objects, counted, words: 1_200, lines: 1, bytes_in: 10, bytes_out: 5_000 };
        assert_eq!(sentence(sums), expected);
    }

    #[test]
    fn the_sums_say_what_they_are_of() {
        check(2, 2, "2 objects: 1,200 words, 1 line, 10 B stored, 5.00 kB decoded");
        check(5, 2, "5 objects, 3 not counted: 1,200 words, 1 line, 10 B stored, 5.00 kB decoded");
        check(1, 0, "1 object, not counted");
        check(0, 0, "No objects: draw a box around some, or show all.");
    }
}
