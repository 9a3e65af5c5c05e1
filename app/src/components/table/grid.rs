//! The rows in sight, and no others: a million rows are some twenty in the page.

use leptos::html;
use leptos::prelude::*;

use super::Table;
use super::head::Head;
use crate::components::rows::{numbers_text, state_text};
use crate::format;
use crate::table::listing::Listing;
use crate::table::scroll::Scroll;

/// Height of the head, in CSS pixels; style has the same.
const HEAD_PIXELS: f64 = 40.0;
/// Rows that are in sight at most.
const ROWS_IN_SIGHT: usize = 12;

/// A row in sight, as text.
#[derive(Clone, Debug, PartialEq)]
struct Line {
    position: usize,
    number: u32,
    key: String,
    state: String,
    numbers: [String; 5],
}

/// The table itself, in a frame that scrolls.
#[component]
pub fn Grid(
    /// The table.
    table: Table,
) -> impl IntoView {
    let frame = NodeRef::<html::Div>::new();
    let scroll = RwSignal::new(Scroll::default());
    // The position that keys have come to.
    let active = RwSignal::new(None::<usize>);
    let many = table.memo(Listing::len);
    Effect::new(move |_| {
        let many = many.get();
        scroll.update(|scroll| scroll.hold(many, ROWS_IN_SIGHT));
    });
    let reveal = move |position: usize| {
        let to = scroll.try_update(|scroll| scroll.reveal(position));
        if let (Some(to), Some(frame)) = (to.flatten(), frame.get_untracked()) {
            frame.set_scroll_top(to.round() as i32);
        }
    };
    follow_chosen(table, reveal);
    let scrolled = move |_| {
        if let Some(frame) = frame.get_untracked() {
            scroll.update(|scroll| scroll.to(frame.scroll_top().into()));
        }
    };
    let pressed = move |event: leptos::ev::KeyboardEvent| {
        let from = active.get_untracked();
        let page = scroll.with_untracked(Scroll::page);
        if let Some(to) = walked(&event.key(), from, many.get_untracked(), page) {
            event.prevent_default();
            active.set(Some(to));
            reveal(to);
        } else if let (Some(from), "Enter", false) = (from, event.key().as_str(), on_button(&event)) {
            event.prevent_default();
            choose_at(table, from);
        }
    };
    let in_sight = Memo::new(move |_| scroll.read().in_sight().min(many.get()));
    let window = move || format!("height:{}px", scroll.read().window() + HEAD_PIXELS);
    let height = move || format!("height:{}px", scroll.read().height() + HEAD_PIXELS);
    let shift = move || format!("transform:translateY(-{}px)", scroll.read().cut());
    view! {
        <div class="objects-wide">
            <div class="objects-frame" node_ref=frame style=window on:scroll=scrolled>
                <div style=height>
                    <div class="objects-window" style=window>
                        <table
                            class="objects-table"
                            role="grid"
                            tabindex="0"
                            aria-labelledby="objects-name"
                            aria-describedby="objects-sums"
                            aria-rowcount=move || (many.get() + 1).to_string()
                            aria-activedescendant=move || active_id(scroll, active)
                            on:keydown=pressed
                        >
                            <Head table />
                            <tbody role="rowgroup" style=shift>
                                <For each=move || 0..in_sight.get() key=|place| *place let:place>
                                    <RowInSight table place scroll active />
                                </For>
                            </tbody>
                        </table>
                    </div>
                </div>
            </div>
        </div>
    }
}

/// Brings an object that was chosen elsewhere into sight.
fn follow_chosen(table: Table, reveal: impl Fn(usize) + 'static) {
    let chosen = Memo::new(move |_| table.scene.view.with(|view| view.point));
    Effect::new(move |_| {
        let number = chosen.get().and_then(|number| u32::try_from(number).ok());
        let position =
            number.and_then(|number| table.listing.with_value(|listing| listing.position_of(number)));
        if let Some(position) = position {
            reveal(position);
        }
    });
}

/// The row that keys have come to, where it is in the page.
fn active_id(scroll: RwSignal<Scroll>, active: RwSignal<Option<usize>>) -> Option<String> {
    let scroll = scroll.read();
    let in_page = scroll.first()..scroll.first() + scroll.in_sight();
    active.get().filter(|position| in_page.contains(position)).map(|position| format!("object-{position}"))
}

/// Chooses the object in a row.
fn choose_at(table: Table, position: usize) {
    if let Some(number) = table.listing.with_value(|listing| listing.number_at(position)) {
        table.scene.choose(Some(number.into()));
    }
}

/// The position that a key leads to from another; `None` where it is no such key.
fn walked(key: &str, from: Option<usize>, many: usize, page: usize) -> Option<usize> {
    let last = many.checked_sub(1)?;
    let to = match (key, from) {
        ("Home", _) => 0,
        ("End", _) => last,
        ("ArrowDown" | "PageDown" | "ArrowUp" | "PageUp", None) => 0,
        ("ArrowDown", Some(from)) => from + 1,
        ("ArrowUp", Some(from)) => from.saturating_sub(1),
        ("PageDown", Some(from)) => from + page,
        ("PageUp", Some(from)) => from.saturating_sub(page),
        _ => return None,
    };
    Some(to.min(last))
}

#[cfg(feature = "hydrate")]
fn on_button(event: &leptos::ev::KeyboardEvent) -> bool {
    use wasm_bindgen::JsCast;

    event.target().is_some_and(|target| target.has_type::<web_sys::HtmlButtonElement>())
}

#[cfg(not(feature = "hydrate"))]
fn on_button(_event: &leptos::ev::KeyboardEvent) -> bool {
    false
}

/// A row of the page, which shows whichever object has scrolled to it.
#[component]
fn RowInSight(
    /// The table.
    table: Table,
    /// Its index in the window.
    place: usize,
    /// How far the table is scrolled.
    scroll: RwSignal<Scroll>,
    /// The position that keys have come to.
    active: RwSignal<Option<usize>>,
) -> impl IntoView {
    let line = Memo::new(move |_| line(table, scroll.read().first() + place));
    let chosen = move || table.scene.view.with(|view| view.point);
    let is_chosen = move || line.with(|line| line.as_ref().map(|line| u64::from(line.number))) == chosen();
    let position = move || line.with(|line| line.as_ref().map(|line| line.position));
    let choose = move |_| {
        let number = line.with_untracked(|line| line.as_ref().map(|line| u64::from(line.number)));
        active.set(untrack(position));
        if let Some(number) = number {
            table.scene.choose(Some(number));
        }
    };
    let text = move |part: fn(&Line) -> String| move || line.with(|line| line.as_ref().map(part));
    let number =
        move |at: usize| move || line.with(|line| line.as_ref().map(|line| line.numbers[at].clone()));
    view! {
        <tr
            role="row"
            id=move || position().map(|position| format!("object-{position}"))
            aria-rowindex=move || position().map(|position| (position + 2).to_string())
            aria-selected=move || is_chosen().to_string()
            class:active=move || position().is_some() && position() == active.get()
            hidden=move || position().is_none()
            data-number=move || line.with(|line| line.as_ref().map(|line| line.number.to_string()))
            on:click=choose
        >
            <td role="gridcell" class="number quiet">
                {text(|line| format::exact(line.number.into()))}
            </td>
            <td role="gridcell" class="key">
                {text(|line| line.key.clone())}
            </td>
            <td role="gridcell">{text(|line| line.state.clone())}</td>
            <td role="gridcell" class="number">{number(0)}</td>
            <td role="gridcell" class="number">{number(1)}</td>
            <td role="gridcell" class="number">{number(2)}</td>
            <td role="gridcell" class="number">{number(3)}</td>
            <td role="gridcell" class="number">{number(4)}</td>
        </tr>
    }
}

fn line(table: Table, position: usize) -> Option<Line> {
    table.changed.track();
    let number = table.listing.with_value(|listing| listing.number_at(position))?;
    let row = untrack(|| table.scene.live.read(|model| model.rows.get(number as usize)))?;
    let numbers = numbers_text(&row);
    let wire::row::RowEvent(key, _, _, _, _, _, state, reason) = row;
    Some(Line { position, number, key: format::printable(&key), state: state_text(state, reason), numbers })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(key: &str, from: Option<usize>, expected: Option<usize>) {
        assert_eq!(walked(key, from, 100, 10), expected);
    }

    #[test]
    fn keys_walk_the_rows_and_stay_among_them() {
        check("ArrowDown", None, Some(0));
        check("ArrowDown", Some(99), Some(99));
        check("ArrowUp", Some(0), Some(0));
        check("PageDown", Some(50), Some(60));
        check("PageUp", Some(5), Some(0));
        check("End", None, Some(99));
        check("a", Some(5), None);
        assert_eq!(walked("End", None, 0, 10), None);
    }
}
