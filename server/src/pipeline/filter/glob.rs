//! Patterns for keys: text in, a regular expression out, which matches in time linear in the key whatever the
//! pattern.
//!
//! `*` is any run of characters other than `/`, `**` any run at all, `?` one character other than `/`, `[a-z]` and
//! `[[:alpha:]]` one of these and `[!a-z]` one of the others (never `/`), `{a,b}` either of these, `{01..12}` each of
//! these, and `\` takes a character for itself. Braces without a comma or a sequence are themselves, as in shells.

mod class;
mod sequence;

use regex::{Regex, RegexBuilder};

use self::class::class;
use self::sequence::sequence;

/// Bytes of a pattern at most; the worst one of these takes a millisecond for the longest key.
pub const PATTERN_BYTES_MAX: usize = 256;
/// Braces within braces at most.
const DEPTH_MAX: usize = 16;
/// Bytes of a compiled pattern at most.
const COMPILED_BYTES_MAX: usize = 4 << 20;

/// A pattern, compiled.
#[derive(Clone, Debug)]
pub struct Glob {
    regex: Regex,
    of: Of,
}

/// The part of a key that a pattern is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of {
    /// A key's name: what follows its last `/`.
    Name,
    /// All of the key.
    Key,
}

/// A pattern that is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{shown:?}: {why}")]
pub struct GlobError {
    shown: String,
    why: &'static str,
}

impl Glob {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// What is wrong with it, and what would be right.
    pub fn new(pattern: &str) -> Result<Self, GlobError> {
        let wrong = |why| GlobError { shown: pattern.chars().take(80).collect(), why };
        if pattern.len() > PATTERN_BYTES_MAX {
            return Err(wrong("use at most 256 bytes"));
        }
        let expression = expression(pattern).map_err(wrong)?;
        let regex = RegexBuilder::new(&expression).size_limit(COMPILED_BYTES_MAX).build();
        let regex = regex.map_err(|_| wrong("use fewer or smaller groups and classes"))?;
        Ok(Self { regex, of: if pattern.contains('/') { Of::Key } else { Of::Name } })
    }

    /// Whether a key is one of those that the pattern means.
    pub fn matches(&self, key: &str) -> bool {
        match self.of {
            Of::Key => self.regex.is_match(key),
            Of::Name => self.regex.is_match(key.rsplit_once('/').map_or(key, |(_, name)| name)),
        }
    }
}

/// A brace that is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Brace {
    /// Of a group, and whether a part between slashes began before it.
    Group { began: bool },
    /// Of nothing: it is itself.
    Itself,
}

/// The pattern as a regular expression over whole texts.
fn expression(pattern: &str) -> Result<String, &'static str> {
    let mut expression = String::from(r"(?s)\A");
    let mut letters = pattern.chars().peekable();
    // Whether a part between slashes begins here.
    let (mut begins, mut open) = (true, Vec::new());
    while let Some(letter) = letters.next() {
        let began = std::mem::replace(&mut begins, false);
        match letter {
            '*' if letters.next_if_eq(&'*').is_none() => expression.push_str("[^/]*"),
            '*' => {
                while letters.next_if_eq(&'*').is_some() {}
                // `a/**/b` is `a/b` too.
                begins = began && letters.next_if_eq(&'/').is_some();
                expression.push_str(if begins { "(?:.*/)?" } else { ".*" });
            }
            '?' => expression.push_str("[^/]"),
            '[' => {
                let is_grouped = open.iter().any(|brace| *brace != Brace::Itself);
                class(&mut letters, &mut expression, is_grouped)?;
            }
            '{' if open.len() == DEPTH_MAX => return Err("put no more than 16 braces within each other"),
            '{' => {
                let rest: Vec<char> = letters.clone().collect();
                let inner = inner(&rest).ok_or("close its { with a }, or write \\{")?;
                if let Some(parts) = sequence(inner) {
                    expression.push_str(&parts?);
                    letters.nth(inner.len());
                } else if has_parts(inner) {
                    begins = began;
                    open.push(Brace::Group { began });
                    expression.push_str("(?:");
                } else {
                    open.push(Brace::Itself);
                    literal('{', &mut expression);
                }
            }
            '}' if matches!(open.pop(), Some(Brace::Group { .. })) => expression.push(')'),
            ',' if matches!(open.last(), Some(Brace::Group { .. })) => {
                begins = matches!(open.last(), Some(Brace::Group { began: true }));
                expression.push('|');
            }
            '\\' => {
                let letter = letters.next().ok_or("put a character behind the last \\")?;
                literal(letter, &mut expression);
            }
            letter => {
                begins = letter == '/';
                literal(letter, &mut expression);
            }
        }
    }
    expression.push_str(r"\z");
    Ok(expression)
}

/// The characters between a brace that was just opened and the one that closes it.
fn inner(rest: &[char]) -> Option<&[char]> {
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(letter) = rest.get(at) {
        match letter {
            '\\' => at += 1,
            '{' => depth += 1,
            '}' if depth == 0 => return Some(&rest[..at]),
            '}' => depth -= 1,
            _ => (),
        }
        at += 1;
    }
    None
}

/// Whether a comma stands between these braces, and not between others within them.
fn has_parts(inner: &[char]) -> bool {
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(letter) = inner.get(at) {
        match letter {
            '\\' => at += 1,
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => return true,
            _ => (),
        }
        at += 1;
    }
    false
}

/// A character that means itself, in a class too.
fn literal(letter: char, expression: &mut String) {
    expression.push_str(&regex::escape(letter.encode_utf8(&mut [0; 4])));
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    #[track_caller]
    fn check(pattern: &str, matching: &[&str], others: &[&str]) {
        let glob = Glob::new(pattern).unwrap();
        for key in matching {
            assert!(glob.matches(key), "{pattern} should match {key:?}");
        }
        for key in others {
            assert!(!glob.matches(key), "{pattern} should not match {key:?}");
        }
    }

    #[track_caller]
    fn check_refused(pattern: &str, sentence: &str) {
        let error = Glob::new(pattern).unwrap_err().to_string();
        assert!(error.contains(sentence), "{error}");
    }

    #[test]
    fn a_pattern_without_a_slash_means_names_at_any_depth() {
        check("*.gz", &["a.gz", "logs/a.gz", "logs/2026/.gz"], &["a.gz/b", "a.gzip", "logs/"]);
        check("part-?.txt", &["part-1.txt", "x/part-ż.txt"], &["part-12.txt", "part-.txt"]);
        check("", &["", "logs/"], &["a"]);
    }

    #[test]
    fn a_pattern_with_a_slash_means_whole_keys() {
        check("logs/*.gz", &["logs/a.gz"], &["logs/x/a.gz", "a.gz", "old/logs/a.gz"]);
        check(
            "logs/**/*.gz",
            &["logs/a.gz", "logs/x/a.gz", "logs/x/y/a.gz"],
            &["logsx/a.gz", "logs/x/a.txt"],
        );
        check("**/a.gz", &["a.gz", "x/a.gz", "x/y/a.gz"], &["xa.gz", "a.gz/b"]);
        check("logs/**", &["logs/a", "logs/x/a", "logs/"], &["logs", "xlogs/a"]);
        check("lo**/a", &["logs/a", "logs/x/a", "lo/a"], &["logsa"]);
        check("A**/a", &["A/a", "Ax/a"], &["Aa"]);
        check("{**/a,b/**/c}.gz", &["a.gz", "x/a.gz", "b/c.gz", "b/x/c.gz"], &["xa.gz", "c.gz"]);
        check("/a", &["/a"], &["a", "x/a"]);
    }

    #[test]
    fn classes_and_groups_are_read_as_shells_read_them() {
        check("[a-c]1", &["a1", "c1"], &["d1", "1", "aa1"]);
        check("[!a-c]1", &["d1", "ż1"], &["a1", "1"]);
        check("[^a]", &["b", "^"], &["a"]);
        check("[]a]", &["]", "a"], &["b"]);
        check("[a-]", &["a", "-"], &["b"]);
        check("[żó]", &["ż", "ó"], &["z"]);
        check("x/[!a]b", &["x/cb"], &["x//b", "x/ab"]);
        check("x[--0]b", &["x.b"], &["x/b"]);
        check("*.{gz,zst}", &["a.gz", "b/a.zst"], &["a.", "a.gzzst"]);
        check("{a,b{c,d}}{,.gz}", &["a", "bc", "bd.gz"], &["b", "acd"]);
        check("a,b}", &["a,b}"], &["a"]);
        check("{a}", &["{a}"], &["a"]);
        check("{}x{a{b,c}}", &["{}x{ab}", "{}x{ac}"], &["xab"]);
        check(r"{a\,b}", &["{a,b}"], &["a", "b"]);
        check(r"\*\{\[", &["*{["], &["a{["]);
    }

    #[test]
    fn classes_with_names_are_those_of_the_c_locale() {
        check("app[[:digit:]].log", &["app1.log"], &["appd].log", "app:.log", "appA.log", "app\u{661}.log"]);
        check("app[![:digit:]].log", &["appA.log", "app_.log"], &["app1.log"]);
        check("[[:upper:][:digit:]_]", &["A", "1", "_"], &["a", ":", "]"]);
        check("[^[:space:]/]x", &["ax"], &[" x", "/x"]);
        check(r"app[\]d]", &["app]", "appd"], &["app\\"]);
        check("[[a]", &["[", "a"], &["b"]);
        check("[[:]", &["[", ":"], &["b"]);
        check_refused("[[:digits:]]", "no class of that name");
        check_refused("[[=a=]]", "write the characters themselves");
        check_refused("[[.a.]]", "write the characters themselves");
        check_refused("[[:digit:]-z]", "range");
        check_refused("{[,],a}", "within braces");
    }

    #[test]
    fn sequences_are_what_shells_make_of_them() {
        check("{01..03}.log", &["01.log", "02.log", "03.log"], &["1.log", "04.log", "{01..03}.log"]);
        check("{9..11}", &["9", "10", "11"], &["09", "12"]);
        check("{3..1}{a..c}", &["3a", "1c"], &["0a", "1d"]);
        check("{0..10..5}", &["0", "5", "10"], &["1"]);
        check("{-1..1}", &["-1", "0", "1"], &["-2"]);
        check("x/{1..2}/*", &["x/1/a", "x/2/a"], &["x/3/a"]);
        check("{a..}", &["{a..}"], &["a"]);
        check("{1..b}", &["{1..b}"], &["1", "b"]);
        check_refused("{1..100000}", "at most 1000");
        check_refused(&format!("{{{}..{}}}", i64::MIN, i64::MAX), "at most 1000");
        check(
            &format!("{{{}..{}..{}}}", i64::MIN, i64::MAX, i64::MAX),
            &[&i64::MIN.to_string(), "-1"],
            &["0"],
        );
    }

    #[test]
    fn what_a_regular_expression_would_take_for_more_is_itself() {
        check("a.b+(c)|^$&&~~--#<>", &["a.b+(c)|^$&&~~--#<>"], &["aXb+(c)|^$&&~~--#<>"]);
        check("new\nline*", &["new\nline", "new\nline\n2"], &["new line"]);
        check("[a&&b]", &["&", "a", "b"], &["c"]);
    }

    #[test]
    fn what_is_no_pattern_is_refused_with_a_sentence() {
        check_refused("[a", "close its [");
        check_refused("[]", "close its [");
        check_refused("{a", "close its {");
        check_refused("a\\", "behind the last \\");
        check_refused("{a,b", "close its {");
        check_refused("[z-a]", "lower end of a range first");
        check_refused(&"{".repeat(17), "close its {");
        check_refused(&format!("{}a,b{}", "{".repeat(17), "}".repeat(17)), "no more than 16");
        check_refused(&"x".repeat(257), "at most 256 bytes");
    }

    #[test]
    fn hostile_patterns_take_no_longer_than_others() {
        let key = "a".repeat(1024);
        let began = Instant::now();
        for part in ["*a", "**a", "{a,a,a,a}", "{*,a*,}", "[!b]*", "{,{,{,a}}}", "?*", "*a?", "?"] {
            let pattern = format!("{}b", part.repeat((PATTERN_BYTES_MAX - 1) / part.len()));
            if let Ok(glob) = Glob::new(&pattern) {
                assert!(!glob.matches(&key), "{part}");
            }
        }
        assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    }
}
