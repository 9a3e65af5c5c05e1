//! A run's first rows as a table that needs no JavaScript; with it another takes its place.

use leptos::prelude::*;
use wire::row::{Reason, RowEvent, State};

use crate::format;

/// The first rows of a run.
#[component]
pub fn RowTable(
    /// The rows.
    rows: Vec<RowEvent>,
    /// Objects that the run has settled in all.
    total: u64,
) -> impl IntoView {
    let caption = match rows.len() as u64 {
        shown if shown >= total => "Objects, in order of settling".to_owned(),
        shown => {
            format!(
                "The first {} of {}, in order of settling",
                format::exact(shown),
                format::counted(total, "object")
            )
        }
    };
    view! {
        <div class="table-frame first-rows" tabindex="0" role="region" aria-label="Objects">
            <table data-rows>
                <caption>{caption}</caption>
                <thead>
                    <tr>
                        <th scope="col">"Key"</th>
                        <th scope="col">"State"</th>
                        <th scope="col" class="number">"Words"</th>
                        <th scope="col" class="number">"Lines"</th>
                        <th scope="col" class="number">"Stored"</th>
                        <th scope="col" class="number">"Decoded"</th>
                        <th scope="col" class="number">"Time"</th>
                    </tr>
                </thead>
                <tbody>{rows.into_iter().map(object_row).collect_view()}</tbody>
            </table>
        </div>
    }
}

/// A row's state, with its reason where it has one.
pub fn state_text(state: State, reason: Option<Reason>) -> String {
    let state = state.as_str();
    match reason {
        Some(reason) if reason.as_str() != state => format!("{state}: {}", reason.as_str().replace('_', " ")),
        _ => state.to_owned(),
    }
}

fn object_row(row: RowEvent) -> impl IntoView {
    let RowEvent(key, words, lines, bytes_in, bytes_out, duration_ms, state, reason) = row;
    let state = state_text(state, reason);
    view! {
        <tr>
            <td class="key">
                <span class="clamped">{format::printable(&key)}</span>
            </td>
            <td>{state}</td>
            <td class="number">{format::exact(words)}</td>
            <td class="number">{format::exact(lines)}</td>
            <td class="number">{format::bytes(bytes_in)}</td>
            <td class="number">{format::bytes(bytes_out)}</td>
            <td class="number">{format::duration(duration_ms)}</td>
        </tr>
    }
}
