//! Sequences: `{01..12}`, `{a..e}` and, by steps, `{0..20..5}`.

use super::literal;

/// Members of a sequence at most.
const MEMBERS_MAX: u64 = 1_000;

/// The alternatives between two braces, where they are a sequence as shells know them.
pub(super) fn sequence(inner: &[char]) -> Option<Result<String, &'static str>> {
    let text: String = inner.iter().collect();
    let mut parts = text.split("..");
    let (first, last, step) = (parts.next()?, parts.next()?, parts.next());
    let step = step.map_or(Some(1), |step| step.parse::<i64>().ok())?;
    if parts.next().is_some() {
        return None;
    }
    let step = step.unsigned_abs().max(1);
    match (letter(first), letter(last)) {
        (Some(first), Some(last)) => {
            Some(members(i64::from(u32::from(first)), i64::from(u32::from(last)), step, |number| {
                u32::try_from(number).ok().and_then(char::from_u32).map(String::from).unwrap_or_default()
            }))
        }
        _ => {
            let width = if is_padded(first) || is_padded(last) { first.len().max(last.len()) } else { 0 };
            let (first, last) = (first.parse().ok()?, last.parse().ok()?);
            Some(members(first, last, step, |number| format!("{number:0width$}")))
        }
    }
}

/// A letter of ASCII that stands alone.
fn letter(text: &str) -> Option<char> {
    let mut letters = text.chars();
    letters.next().filter(|letter| letter.is_ascii_alphabetic() && letters.next().is_none())
}

fn is_padded(number: &str) -> bool {
    let digits = number.trim_start_matches('-');
    digits.len() > 1 && digits.starts_with('0')
}

fn members(first: i64, last: i64, step: u64, text: impl Fn(i64) -> String) -> Result<String, &'static str> {
    let steps = first.abs_diff(last) / step;
    if steps >= MEMBERS_MAX {
        return Err("use sequences of at most 1000 members");
    }
    let step = i64::try_from(step).unwrap_or(i64::MAX) * if first > last { -1 } else { 1 };
    let mut expression = String::from("(?:");
    let mut number = first;
    for at in 0..=steps {
        if at > 0 {
            expression.push('|');
            number += step;
        }
        text(number).chars().for_each(|letter| literal(letter, &mut expression));
    }
    expression.push(')');
    Ok(expression)
}
