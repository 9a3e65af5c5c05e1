//! Classes of characters: what stands behind a `[`, up to its `]`.

use super::literal;

/// Names of classes, in the C locale as the regex crate has them too.
const NAMES: [&str; 13] = [
    "alnum", "alpha", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper",
    "word", "xdigit",
];
const UNCLOSED: &str = "close its [ with a ], or write \\[";

/// A part of a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Member {
    /// A character as it stands, which `-` may make a range of.
    Letter(char),
    /// A character that was taken for itself.
    Escaped(char),
    /// A class by its name.
    Named(&'static str),
}

/// Reads a class and writes it as one of a regular expression. Within braces a comma or a brace in a class would mean
/// one thing here and another in a shell.
pub(super) fn class(
    letters: &mut (impl Iterator<Item = char> + Clone),
    expression: &mut String,
    within_braces: bool,
) -> Result<(), &'static str> {
    let members = members(letters)?;
    let (is_negated, members) = match members.as_slice() {
        [Member::Letter('!' | '^'), members @ ..] => (true, members),
        members => (false, members),
    };
    if within_braces && members.iter().any(|member| matches!(member, Member::Letter(',' | '{' | '}'))) {
        return Err("within braces, write \\ before a comma or a brace in a class");
    }
    expression.push_str(if is_negated { "[^/" } else { "[" });
    write(members, expression)?;
    expression.push_str(if is_negated { "]" } else { "&&[^/]]" });
    Ok(())
}

fn members(letters: &mut (impl Iterator<Item = char> + Clone)) -> Result<Vec<Member>, &'static str> {
    let mut members = Vec::new();
    loop {
        match letters.next().ok_or(UNCLOSED)? {
            ']' if !matches!(members.as_slice(), [] | [Member::Letter('!' | '^')]) => return Ok(members),
            '\\' => members.push(Member::Escaped(letters.next().ok_or(UNCLOSED)?)),
            '[' => members.push(named(letters)?.unwrap_or(Member::Letter('['))),
            letter => members.push(Member::Letter(letter)),
        }
    }
}

/// A class by its name, where one stands behind this bracket.
fn named(letters: &mut (impl Iterator<Item = char> + Clone)) -> Result<Option<Member>, &'static str> {
    let mut ahead = letters.clone();
    let Some(mark @ (':' | '=' | '.')) = ahead.next() else { return Ok(None) };
    let rest: String = ahead.collect();
    let Some((name, _)) = rest.split_once(&format!("{mark}]")) else { return Ok(None) };
    if mark != ':' {
        return Err("write the characters themselves for what [= =] or [. .] names");
    }
    let known = NAMES.into_iter().find(|known| *known == name);
    let known = known
        .ok_or("there is no class of that name: use alpha, digit, alnum, upper, lower, space, punct, ...")?;
    // The mark, the name, and what ends it.
    letters.nth(name.chars().count() + 2);
    Ok(Some(Member::Named(known)))
}

fn write(mut rest: &[Member], expression: &mut String) -> Result<(), &'static str> {
    use Member::{Escaped, Letter, Named};

    loop {
        rest = match rest {
            [] => return Ok(()),
            [Named(_), Letter('-'), _, ..] | [_, Letter('-'), Named(_), ..] => {
                return Err("put characters at both ends of a range, as in [a-z]");
            }
            [Letter(first) | Escaped(first), Letter('-'), Letter(last) | Escaped(last), rest @ ..] => {
                if first > last {
                    return Err("put the lower end of a range first, as in [a-z]");
                }
                literal(*first, expression);
                expression.push('-');
                literal(*last, expression);
                rest
            }
            [Letter(letter) | Escaped(letter), rest @ ..] => {
                literal(*letter, expression);
                rest
            }
            [Named(name), rest @ ..] => {
                expression.push_str("[:");
                expression.push_str(name);
                expression.push_str(":]");
                rest
            }
        };
    }
}
