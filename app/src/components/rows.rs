//! Ledger rows as a table: the plot for those who cannot see it.

use leptos::prelude::*;
use wire::row::RowEvent;

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
        <div class="table-frame" tabindex="0" role="region" aria-label="Objects">
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
pub fn state_text(row: &RowEvent) -> String {
    let state = row.6.as_str();
    match row.7 {
        Some(reason) if reason.as_str() != state => format!("{state}: {}", reason.as_str().replace('_', " ")),
        _ => state.to_owned(),
    }
}

fn object_row(row: RowEvent) -> impl IntoView {
    let state = state_text(&row);
    let RowEvent(key, words, lines, bytes_in, bytes_out, duration_ms, ..) = row;
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
