//! The table's head: a press on a column sorts by it.

use leptos::prelude::*;

use super::Table;
use crate::table::order::Column;

/// The columns' names.
#[component]
pub fn Head(
    /// The table.
    table: Table,
) -> impl IntoView {
    let order = table.order;
    let heads = Column::ALL.map(|column| {
        let sorted = move || {
            let order = order.get();
            (order.column == column).then_some(if order.turned { "descending" } else { "ascending" })
        };
        view! {
            <th
                scope="col"
                role="columnheader"
                class:number=column.is_number()
                aria-sort=move || sorted().unwrap_or("none")
            >
                <button
                    type="button"
                    on:click=move |_| {
                        order.update(|order| *order = order.pressed(column));
                    }
                >
                    {column.label()}
                </button>
            </th>
        }
    });
    view! {
        <thead role="rowgroup">
            <tr role="row" aria-rowindex="1">
                {heads.collect_view()}
            </tr>
        </thead>
    }
}
