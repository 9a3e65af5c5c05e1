//! The run's log, and a search in it.

use std::collections::VecDeque;

use leptos::prelude::*;
use wire::event::Level;

use crate::format;
use crate::live::LiveRun;
use crate::live::model::{LOG_LINES_MAX, Line};

/// Lines on the page; the run keeps more.
const LINES_SHOWN: usize = 200;
/// Letters of what is searched for.
const NEEDLE_LETTERS_MAX: &str = "200";

/// The choice of lines that are shown.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Filter {
    /// Lines of at least this level.
    least: Level,
    /// Text that they contain, in small letters.
    needle: String,
}

/// The lines that a filter leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Found {
    /// The newest ones, the newest first.
    lines: Vec<Line>,
    /// How many there are, those not shown included.
    matches: usize,
    /// How many there are without the filter.
    kept: usize,
}

/// The newest lines, the newest first, of those that are asked for.
#[component]
pub fn RunLog(
    /// The run.
    live: LiveRun,
) -> impl IntoView {
    let newest = live.memo(|model| model.lines.back().map(|line| line.number));
    let epoch = live.memo(|model| model.epoch);
    let filter = RwSignal::new(Filter { least: Level::Info, needle: String::new() });
    let found = Memo::new(move |_| {
        newest.get();
        epoch.get();
        filter.with(|filter| untrack(|| live.read(|model| found(&model.lines, filter))))
    });
    let lines = move || {
        let needle = filter.with(|filter| filter.needle.clone());
        found.with(|found| found.lines.iter().map(|line| (line.clone(), needle.clone())).collect::<Vec<_>>())
    };
    let sentence = Memo::new(move |_| found.with(|found| filter.with(|filter| sentence(found, filter))));
    let choose = move |event| {
        filter.update(|filter| filter.least = least(&event_target_value(&event)));
    };
    let search = move |event| {
        filter.update(|filter| filter.needle = event_target_value(&event).trim().to_lowercase());
    };
    view! {
        <section class="log" aria-labelledby="log-name">
            <header>
                <h2 id="log-name">"Log, newest first"</h2>
                <p class="quiet" id="log-found" data-found>
                    {sentence}
                </p>
                <label class="choice">
                    <span>"Level"</span>
                    <select name="level" on:change=choose autocomplete="off">
                        <option value="info">"all"</option>
                        <option value="warning">"warnings and errors"</option>
                        <option value="error">"errors"</option>
                    </select>
                </label>
                <label class="choice">
                    <span>"Find"</span>
                    <input
                        type="search"
                        name="find"
                        autocomplete="off"
                        maxlength=NEEDLE_LETTERS_MAX
                        aria-describedby="log-found"
                        on:input=search
                    />
                </label>
            </header>
            <ol data-log tabindex="0" aria-labelledby="log-name">
                <For each=lines key=|(line, needle)| (line.number, needle.clone()) let((line, needle))>
                    <LogLine line needle />
                </For>
            </ol>
        </section>
    }
}

/// One line.
#[component]
fn LogLine(
    /// The line.
    line: Line,
    /// The text that was searched for.
    needle: String,
) -> impl IntoView {
    let level = match line.log.level {
        Level::Info => "info",
        Level::Warning => "warning",
        Level::Error => "error",
    };
    let said = said(&line);
    let parts = parts(&said, &needle).into_iter().map(|(text, is_found)| match is_found {
        true => view! { <mark>{text.to_owned()}</mark> }.into_any(),
        false => text.to_owned().into_any(),
    });
    view! {
        <li data-level=level>
            {(line.log.level != Level::Info).then(|| view! { <b>{level}</b> " " })} {parts.collect_view()}
        </li>
    }
}

fn least(name: &str) -> Level {
    match name {
        "error" => Level::Error,
        "warning" => Level::Warning,
        _ => Level::Info,
    }
}

/// A line as it is read: with its key, unless it begins with it.
fn said(line: &Line) -> String {
    let text = format::printable(&line.log.text);
    match &line.log.key {
        Some(key) if !line.log.text.starts_with(&format!("{key}:")) => {
            format!("{}: {text}", format::printable(key))
        }
        _ => text,
    }
}

fn found(lines: &VecDeque<Line>, filter: &Filter) -> Found {
    let is_wanted = |line: &&Line| {
        line.log.level >= filter.least
            && (filter.needle.is_empty() || said(line).to_lowercase().contains(&filter.needle))
    };
    let mut wanted = lines.iter().rev().filter(is_wanted);
    let shown: Vec<Line> = wanted.by_ref().take(LINES_SHOWN).cloned().collect();
    Found { matches: shown.len() + wanted.count(), lines: shown, kept: lines.len() }
}

/// The number of lines, and of those that are shown; empty where that is plain to see.
fn sentence(found: &Found, filter: &Filter) -> String {
    let Found { lines, matches, kept } = found;
    let is_filtered = filter.least > Level::Info || !filter.needle.is_empty();
    let kept_of = if *kept == LOG_LINES_MAX { "the newest " } else { "" };
    let mut text = match is_filtered {
        true => format!(
            "{} of {kept_of}{}",
            format::exact(*matches as u64),
            format::counted(*kept as u64, "line")
        ),
        false if *kept > lines.len() => format!("{kept_of}{}", format::counted(*kept as u64, "line")),
        false => return String::new(),
    };
    if *matches > lines.len() {
        text.push_str(&format!(", the newest {} shown", format::exact(lines.len() as u64)));
    }
    text
}

/// A text in parts, those that were searched for distinguished. Where small letters are longer than large
/// ones no part is distinguished, since positions in one text are not those in the other.
fn parts<'a>(text: &'a str, needle: &str) -> Vec<(&'a str, bool)> {
    let small = text.to_lowercase();
    let is_alike = small.len() == text.len()
        && small.char_indices().map(|(at, _)| at).eq(text.char_indices().map(|(at, _)| at));
    if needle.is_empty() || !is_alike {
        return vec![(text, false)];
    }
    let (mut parts, mut from) = (Vec::new(), 0);
    for (at, found) in small.match_indices(needle) {
        parts.extend([(&text[from..at], false), (&text[at..at + found.len()], true)]);
        from = at + found.len();
    }
    parts.push((&text[from..], false));
    parts.retain(|(part, _)| !part.is_empty());
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::event::Log;

    fn lines(texts: &[(Level, &str)]) -> VecDeque<Line> {
        let line = |(number, (level, text)): (u64, &(Level, &str))| Line {
            number,
            log: Log { level: *level, text: (*text).to_owned(), key: None },
        };
        (0..).zip(texts).map(line).collect()
    }

    #[track_caller]
    fn check(texts: &[(Level, &str)], (least, needle): (Level, &str), numbers: &[u64], told: &str) {
        let filter = Filter { least, needle: needle.to_owned() };
        let found = found(&lines(texts), &filter);
        assert_eq!(found.lines.iter().map(|line| line.number).collect::<Vec<_>>(), numbers);
        assert_eq!(sentence(&found, &filter), told);
    }

    #[test]
    fn lines_are_found_by_level_and_text_the_newest_first() {
        let texts =
            [(Level::Info, "begins"), (Level::Error, "a.gz: Corrupt"), (Level::Warning, "b.gz is odd")];
        check(&texts, (Level::Info, ""), &[2, 1, 0], "");
        check(&texts, (Level::Warning, ""), &[2, 1], "2 of 3 lines");
        check(&texts, (Level::Error, ""), &[1], "1 of 3 lines");
        check(&texts, (Level::Info, ".gz"), &[2, 1], "2 of 3 lines");
        check(&texts, (Level::Warning, "corrupt"), &[1], "1 of 3 lines");
        check(&texts, (Level::Info, "nothing"), &[], "0 of 3 lines");
    }

    #[test]
    fn all_that_are_kept_are_searched_and_the_newest_are_shown() {
        let many = vec![(Level::Info, "the same"); LOG_LINES_MAX];
        let shown: Vec<u64> = (300..500).rev().collect();
        check(&many, (Level::Info, "same"), &shown, "500 of the newest 500 lines, the newest 200 shown");
        check(&many, (Level::Info, ""), &shown, "the newest 500 lines, the newest 200 shown");
    }

    #[test]
    fn a_key_is_said_once_and_can_be_searched_for() {
        let mut lines = lines(&[(Level::Error, "truncated"), (Level::Error, "b.gz: bad")]);
        lines[0].log.key = Some("a\u{202e}.gz".to_owned());
        lines[1].log.key = Some("b.gz".to_owned());
        let texts: Vec<String> = lines.iter().map(said).collect();
        assert_eq!(texts, ["a\\u{202e}.gz: truncated", "b.gz: bad"]);
        let filter = Filter { least: Level::Info, needle: "a\\u{202e}".to_owned() };
        assert_eq!(found(&lines, &filter).matches, 1);
    }

    #[test]
    fn what_was_searched_for_is_told_apart() {
        assert_eq!(parts("Bad and bad", "bad"), [("Bad", true), (" and ", false), ("bad", true)]);
        assert_eq!(parts("nothing", "bad"), [("nothing", false)]);
        assert_eq!(parts("any", ""), [("any", false)]);
        assert_eq!(parts("GRÖSSE größe", "größe"), [("GRÖSSE ", false), ("größe", true)]);
        assert_eq!(parts("İstanbul", "stan"), [("İstanbul", false)]);
    }
}
