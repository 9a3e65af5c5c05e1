//! Which rows of a reply are believed.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use wire::row::{Object, ObjectRow, Reason, State};
use wire::tally::Tally;

/// Rows by number. Where two rows of a number differ neither can be believed.
pub(super) fn by_number(rows: Vec<ObjectRow>) -> HashMap<u64, ObjectRow> {
    let mut by_number = HashMap::new();
    let mut contradicted = Vec::new();
    for row in rows {
        match by_number.entry(row.n) {
            Entry::Vacant(place) => {
                place.insert(row);
            }
            Entry::Occupied(place) if *place.get() == row => (),
            Entry::Occupied(place) => contradicted.push(*place.key()),
        }
    }
    for n in contradicted {
        by_number.remove(&n);
    }
    by_number
}

/// Whether a reply's sums may be those of its rows. Where it leaves objects out without a word their counts may be in its
/// sums, so that only too small ones contradict it; of what was not asked for they may be in them or not.
pub(super) fn sums_agree(
    sums: Tally,
    rows: &HashMap<u64, ObjectRow>,
    asked: &[Object],
    remaining: &[Object],
) -> bool {
    let sum = |rows: &mut dyn Iterator<Item = &ObjectRow>| -> Tally {
        rows.filter(|row| row.state == State::Counted).map(|row| row.tally).sum()
    };
    let counted = sum(&mut asked.iter().filter_map(|object| rows.get(&object.n)));
    let left: HashSet<u64> = remaining.iter().map(|object| object.n).collect();
    if asked.iter().all(|object| rows.contains_key(&object.n) || left.contains(&object.n)) {
        return sums == counted || sums == sum(&mut rows.values());
    }
    counted.words <= sums.words
        && counted.lines <= sums.lines
        && counted.bytes_in <= sums.bytes_in
        && counted.bytes_out <= sums.bytes_out
}

/// A row can only be believed if its state and its reason agree, if what was counted is all that was listed or all of
/// another version that it names, and if it does not skip what this server would have skipped itself.
pub(super) fn is_sound(row: &ObjectRow, object: &Object) -> bool {
    let other = row.is_of_other_version(object);
    let whole = other || object.size.is_none_or(|size| size == row.tally.bytes_in);
    match (row.state, row.reason) {
        (State::Counted, None) => whole && !other,
        (State::Counted, Some(reason)) => whole && reason == Reason::Warning,
        // A function finds out that there is nothing to count where the listing gave no size, or another version's.
        (State::Skipped, Some(Reason::Empty | Reason::Marker)) => object.size.is_none() || other,
        (State::Cancelled | State::Skipped, _) | (_, None) => false,
        (state, Some(reason)) => reason.state() == state,
    }
}
