//! What the plot says of the object under the pointer.

use leptos::prelude::*;
use wire::row::RowEvent;

use crate::components::rows::state_text;
use crate::format;

/// An object and where its point lies, in CSS pixels.
#[derive(Clone, Debug, PartialEq)]
pub struct Tip {
    /// The object.
    pub row: RowEvent,
    /// From the plot's left edge.
    pub x: f64,
    /// From its upper edge.
    pub y: f64,
}

/// The tooltip; keys are text and never markup.
#[component]
pub fn Tooltip(
    /// The object under the pointer.
    tip: RwSignal<Option<Tip>>,
) -> impl IntoView {
    move || {
        tip.get().map(|tip| {
            view! {
                <div class="tip" role="tooltip" style=place(&tip)>
                    {told(&tip.row)}
                </div>
            }
        })
    }
}

/// The same of the chosen object; it stays, and its text can be copied.
#[component]
pub fn ChosenTip(
    /// The chosen object.
    tip: RwSignal<Option<Tip>>,
) -> impl IntoView {
    move || {
        tip.get().map(|tip| {
            view! {
                <div class="tip chosen" data-chosen role="group" aria-label="Chosen object" style=place(&tip)>
                    {told(&tip.row)}
                </div>
            }
        })
    }
}

fn place(tip: &Tip) -> String {
    format!("--x:{}px;--y:{}px", tip.x, tip.y)
}

fn told(row: &RowEvent) -> impl IntoView + use<> {
    let state = state_text(row);
    let &RowEvent(ref key, words, lines, bytes_in, bytes_out, duration_ms, ..) = row;
    view! {
        <p class="key">{format::printable(key)}</p>
        <p>{format!("{}, {}", format::counted(words, "word"), format::counted(lines, "line"))}</p>
        <p>{format!("{} stored, {} decoded", format::bytes(bytes_in), format::bytes(bytes_out))}</p>
        <p>{format!("{state}, {}", format::duration(duration_ms))}</p>
    }
}
