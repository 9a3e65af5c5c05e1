//! A run's first rows as a table that needs no JavaScript; with JavaScript another table replaces it.

use leptos::prelude::*;
use wire::row::{Reason, RowEvent, State, has_counts};

use crate::format;

/// Stands for a number that nobody counted.
pub const NOT_COUNTED: &str = "\u{2013}";

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

/// A row's words, lines, stored and decoded bytes, and time; a dash stands for what was not counted.
pub fn numbers_text(row: &RowEvent) -> [String; 5] {
    let &RowEvent(_, words, lines, bytes_in, bytes_out, duration_ms, state, reason) = row;
    let is_counted = has_counts(state, reason);
    let counted = |text: String| if is_counted { text } else { NOT_COUNTED.to_owned() };
    [
        counted(format::exact(words)),
        counted(format::exact(lines)),
        format::bytes(bytes_in),
        counted(format::bytes(bytes_out)),
        format::duration(duration_ms),
    ]
}

fn object_row(row: RowEvent) -> impl IntoView {
    let [words, lines, stored, decoded, took] = numbers_text(&row);
    let RowEvent(key, _, _, _, _, _, state, reason) = row;
    let state = state_text(state, reason);
    view! {
        <tr>
            <td class="key">
                <span class="clamped">{format::printable(&key)}</span>
            </td>
            <td>{state}</td>
            <td class="number">{words}</td>
            <td class="number">{lines}</td>
            <td class="number">{stored}</td>
            <td class="number">{decoded}</td>
            <td class="number">{took}</td>
        </tr>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_object_has_its_size_and_dashes() {
        let row = |state, reason| RowEvent("k".to_owned(), 1, 0, 70, 9, 5, state, reason);
        assert_eq!(numbers_text(&row(State::Counted, None)), ["1", "0", "70 B", "9 B", "5 ms"]);
        let failed = numbers_text(&row(State::Failed, Some(Reason::Corrupt)));
        assert_eq!(failed, [NOT_COUNTED, NOT_COUNTED, "70 B", NOT_COUNTED, "5 ms"]);
    }
}
