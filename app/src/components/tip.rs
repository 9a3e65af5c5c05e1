//! The tooltip of the object under the pointer.

use leptos::prelude::*;
use wire::row::{RowEvent, has_counts};

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
    /// How many other objects lie under the same point.
    pub others: usize,
}

/// The tooltip; keys are text and never markup.
#[component]
pub fn Tooltip(
    /// The object under the pointer.
    tip: RwSignal<Option<Tip>>,
) -> impl IntoView {
    move || {
        tip.get().map(|Tip { row, x, y, others }| {
            let is_high = y < BELOW_PIXELS;
            let place = format!("--x:{x}px;--y:{y}px");
            let counts = format::counts(&row);
            let RowEvent(key, _, _, bytes_in, bytes_out, duration_ms, state, reason) = row;
            let stored = format!("{} stored", format::bytes(bytes_in));
            let sizes = match has_counts(state, reason) {
                true => format!("{stored}, {} decoded", format::bytes(bytes_out)),
                false => stored,
            };
            let state = state_text(state, reason);
            view! {
                <div class="tip" class:below=is_high role="tooltip" style=place>
                    <p class="key">{format::printable(&key)}</p>
                    <p>{counts}</p>
                    <p>{sizes}</p>
                    <p>{format!("{state}, {}", format::duration(duration_ms))}</p>
                    {(others > 0).then(|| view! { <p>{format!("and {} more here", format::exact(others as u64))}</p> })}
                </div>
            }
        })
    }
}

/// Above a point nearer to the upper edge than this there is no room for the tooltip.
const BELOW_PIXELS: f64 = 150.0;
