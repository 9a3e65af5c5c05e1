//! The project's words: comments and documents use the field's standard terms.

/// Words that are not used, and what says it better. `CONTRIBUTING.md` has the whole list.
const UNUSED: [(&str, &str); 14] = [
    ("anew", "from scratch"),
    ("go on with", "resume"),
    ("goes on with", "resumes"),
    ("gone on with", "resumed"),
    ("held against", "compared with, checked against"),
    ("house rules", "project rules"),
    ("stand-in", "emulator"),
    ("tell", "report, describe, say"),
    ("tells", "reports, describes, says"),
    ("told", "reported, described, said"),
    ("told apart", "distinguished"),
    ("torture", "stress"),
    ("turned away", "throttled, refused"),
    ("whoever", "the actor by name"),
];

/// The faults of one line of this file: of a source's comment, or of a document's prose.
pub(super) fn faults_of(path: &str, line: &str) -> Vec<String> {
    let is_prose = match path.rsplit_once('.') {
        Some((_, "rs")) => line.trim_start().starts_with("//"),
        Some((_, "md")) => !line.starts_with("    "),
        _ => false,
    };
    if !is_prose {
        return Vec::new();
    }
    // What stands between backticks is a name.
    let prose: String = line.split('`').step_by(2).collect::<Vec<_>>().join("`").to_lowercase();
    let unused = UNUSED.iter().filter(|(word, _)| has_word(&prose, word));
    unused.map(|(word, better)| format!("{word:?}: {better}")).collect()
}

/// Whether these words stand in a text, not within others.
fn has_word(text: &str, words: &str) -> bool {
    let joins = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    text.match_indices(words).any(|(at, _)| {
        let (before, after) = (text[..at].chars().next_back(), text[at + words.len()..].chars().next());
        !before.is_some_and(joins) && !after.is_some_and(joins)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, line: &str, expected: usize) {
        assert_eq!(faults_of(path, line).len(), expected, "{line}");
    }

    #[test]
    fn unused_words_are_found_in_prose_and_nowhere_else() {
        check("a.rs", "/// Whoever is told.", 2);
        check("a.md", "It tells the viewer.", 1);
        check("a.rs", "let told = whoever();", 0);
        check("a.rs", "// What `told` returns, as intelligible as a storyteller.", 0);
        check("a.md", "    $ tell whoever", 0);
        check("a.py", "# told", 0);
    }
}
