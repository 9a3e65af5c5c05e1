//! The words in a still plot beside its axes: what the run is, what the marks mean, which object is chosen.
//!
//! They are placed once, by the widths of the font that comes with the program; an SVG, which may be shown in another
//! one, says how wide its lines are to be.

use wire::api::RunSummary;
use wire::row::{RowEvent, State};
use wire::run::RunState;

use crate::draw::letters::{Letters, Weight};
use crate::draw::projection::Area;
use crate::format;

/// Characters of a text that are looked at before it is fitted into its line.
const LETTERS_MAX: usize = 400;
/// An SVG's lines are this much wider than in our font: whichever it is shown in is made to fit.
pub const STRETCH: f64 = 1.06;
/// The name in the corner of a picture.
const NAME: &str = "Wordfall";

/// The text above the plot in a picture of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caption {
    /// The bucket and the prefix that were counted.
    pub title: String,
    /// The sums.
    pub totals: String,
}

impl Caption {
    /// A run's.
    pub fn of(run: &RunSummary) -> Self {
        Self { title: place(run), totals: totals(run) }
    }
}

/// Where a run counts, as people read it.
pub fn place(run: &RunSummary) -> String {
    format::printable(&format!("s3://{}/{}", run.spec.bucket, run.spec.prefix))
}

/// How a run stands, and its sums.
pub fn totals(run: &RunSummary) -> String {
    let end = &run.end;
    let so_far = end.progress.objects_done.saturating_sub(end.progress.objects_failed);
    let counted = if end.state.is_over() { end.states.counted } else { so_far };
    format!(
        "{}: {} and {} in {} of {}{}.",
        state_name(end.state),
        format::counted(end.progress.words, "word"),
        format::counted(end.progress.lines, "line"),
        format::exact(counted),
        found(run),
        match end.progress.unlisted {
            0 => String::new(),
            1 => ", 1 file not listed".to_owned(),
            files => format!(", {} files not listed", format::exact(files)),
        },
    )
}

/// Objects that there were, as far as they were listed.
fn found(run: &RunSummary) -> String {
    let progress = &run.end.progress;
    let found = format::counted(progress.objects_found, "object");
    match run.end.state.is_over() && !progress.listing_done {
        true => format!("at least {found}, the listing stopped there"),
        false => found,
    }
}

/// A state at the beginning of a sentence.
fn state_name(state: RunState) -> String {
    let name = state.as_str().replace('_', " ");
    name[..1].to_uppercase() + &name[1..]
}

/// Which end of a line its position names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// It begins there.
    Start,
    /// Its middle is there.
    Middle,
    /// It ends there.
    End,
}

/// A line of text at its position.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// The text.
    pub text: String,
    /// Where its base line begins or ends.
    pub at: (f64, f64),
    /// Its font size, in pixels.
    pub em_px: f64,
    /// How thick it is.
    pub weight: Weight,
    /// Which end of it `at` is.
    pub align: Align,
}

impl Line {
    /// Its letters.
    pub fn letters(&self) -> Letters<'_> {
        Letters { text: &self.text, em_px: self.em_px, weight: self.weight }
    }

    /// Where its first letter stands.
    pub fn left(&self) -> f64 {
        self.at.0 - self.before(self.letters().width())
    }

    /// The ground behind it, to set it off from points; `stretch` is by how much it is wider than in our
    /// font.
    pub fn ground(&self, stretch: f64) -> Area {
        let (width, beside) = (self.letters().width() * stretch, self.em_px * 0.4);
        Area {
            left: self.at.0 - self.before(width) - beside,
            top: self.at.1 - self.em_px * 1.05,
            width: width + 2.0 * beside,
            height: self.em_px * 1.45,
        }
    }

    /// How much of a width lies before its position.
    fn before(&self, width: f64) -> f64 {
        match self.align {
            Align::Start => 0.0,
            Align::Middle => width / 2.0,
            Align::End => width,
        }
    }
}

/// A mark of the legend, and what it means.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// An object of this state is marked so.
    pub state: State,
    /// The middle of the mark.
    pub at: (f64, f64),
    /// Its meaning.
    pub line: Line,
}

/// The lines above a plot that begins `head` pixels down: the title, the totals, and the name in the corner.
pub fn lines(caption: &Caption, width: f64, head: f64) -> [Line; 3] {
    let margin = head * 0.23;
    let line = |text: String, at: (f64, f64), em: f64, weight, align| Line {
        text,
        at: (at.0, head * at.1),
        em_px: head * em,
        weight,
        align,
    };
    let name = line(NAME.to_owned(), (width - margin, 0.42), 0.17, Weight::Regular, Align::End);
    let room = width - 2.0 * margin;
    let beside_name = room - name.letters().width() * STRETCH - margin;
    let title = fitted(&caption.title, head * 0.27, Weight::Medium, beside_name);
    let totals = fitted(&caption.totals, head * 0.17, Weight::Regular, room);
    [
        line(title, (margin, 0.42), 0.27, Weight::Medium, Align::Start),
        line(totals, (margin, 0.74), 0.17, Weight::Regular, Align::Start),
        name,
    ]
}

/// The legend, from right to left above the plot, by the number of each kind; nothing where all are alike.
pub fn legend(marked: [u64; 3], (right, base): (f64, f64), em_px: f64) -> Vec<Key> {
    let kinds = [
        (State::Skipped, marked[0], "skipped or cancelled"),
        (State::Failed, marked[2], "failed or partial"),
        (State::Counted, marked[1], "counted"),
    ];
    if marked[0] + marked[2] == 0 {
        return Vec::new();
    }
    let mut right = right;
    let mut keys = Vec::new();
    for (state, number, what) in kinds.into_iter().filter(|(_, number, _)| *number > 0) {
        let text = format!("{} {what}", format::exact(number));
        let line = Line { text, at: (right, base), em_px, weight: Weight::Regular, align: Align::End };
        let mark = right - line.letters().width() * STRETCH - em_px * 0.6;
        keys.push(Key { state, at: (mark, base - em_px * 0.35), line });
        right = mark - em_px * 2.0;
    }
    keys
}

/// The sentence on the chosen object, beside its point and inside of the plot.
pub fn chosen(row: &RowEvent, (x, y): (f64, f64), area: Area, em_px: f64) -> Line {
    let numbers = format::counts(row);
    let rest = Letters { text: &numbers, em_px, weight: Weight::Medium }.width();
    let key = fitted(&format::printable(&row.0), em_px, Weight::Medium, area.width * 0.8 - rest);
    let (text, weight) = (format!("{key}: {numbers}"), Weight::Medium);
    let half = Letters { text: &text, em_px, weight }.width() / 2.0 * STRETCH + em_px;
    let (align, x) = match x - area.left {
        from_left if from_left < half => (Align::Start, area.left + em_px),
        from_left if area.width - from_left < half => (Align::End, area.left + area.width - em_px),
        _ => (Align::Middle, x),
    };
    let above = y - area.top > em_px * 3.0;
    let y = if above { y - em_px * 1.3 } else { y + em_px * 2.2 };
    Line { text, at: (x, y), em_px, weight, align }
}

/// A text that is no wider than its room: its middle is left out where it would be.
fn fitted(text: &str, em_px: f64, weight: Weight, room: f64) -> String {
    let letters: Vec<char> = text.chars().collect();
    let fits = |text: &str| Letters { text, em_px, weight }.width() * STRETCH <= room;
    if letters.len() <= LETTERS_MAX && fits(text) {
        return text.to_owned();
    }
    let cut = |kept: usize| {
        let (head, tail) = (kept.div_ceil(2), kept / 2);
        let tail = &letters[letters.len() - tail..];
        letters[..head].iter().chain(['…'].iter()).chain(tail).collect::<String>()
    };
    let most = letters.len().saturating_sub(1).min(LETTERS_MAX);
    // The first number of letters that is too many.
    let mut numbers = (0, most + 1);
    while numbers.0 + 1 < numbers.1 {
        let middle = usize::midpoint(numbers.0, numbers.1);
        if fits(&cut(middle)) {
            numbers.0 = middle;
        } else {
            numbers.1 = middle;
        }
    }
    cut(numbers.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const AREA: Area = Area { left: 100.0, top: 50.0, width: 800.0, height: 400.0 };

    #[test]
    fn a_long_text_keeps_its_ends() {
        let fit = |text: &str, room: f64| fitted(text, 20.0, Weight::Regular, room);
        assert_eq!(fit("logs/a.gz", 500.0), "logs/a.gz");
        let cut = fit(&format!("logs/{}/end.gz", "middle/".repeat(200)), 300.0);
        assert!(cut.starts_with("logs/mid") && cut.ends_with("end.gz") && cut.contains('…'), "{cut}");
        assert!(Letters { text: &cut, em_px: 20.0, weight: Weight::Regular }.width() <= 300.0);
        assert_eq!(fit("żółć", 0.0), "…");
    }

    #[test]
    fn what_is_said_of_the_chosen_object_stays_inside() {
        let row = RowEvent("long/".repeat(90), 1_000, 1, 1, 1, 1, State::Counted, None);
        for place in [(100.0, 50.0), (500.0, 200.0), (900.0, 450.0)] {
            let line = chosen(&row, place, AREA, 20.0);
            let ground = line.ground(STRETCH);
            assert!(
                ground.left >= AREA.left && ground.left + ground.width <= AREA.left + AREA.width,
                "{line:?}"
            );
            assert!(
                ground.top >= AREA.top && ground.top + ground.height <= AREA.top + AREA.height,
                "{line:?}"
            );
            assert!(line.text.ends_with(": 1,000 words, 1 line"), "{line:?}");
        }
    }

    #[test]
    fn a_legend_is_for_marks_that_differ() {
        let states =
            |marked| legend(marked, (900.0, 600.0), 16.0).iter().map(|key| key.state).collect::<Vec<_>>();
        assert_eq!(states([0, 5, 0]), []);
        assert_eq!(states([0, 5, 1]), [State::Failed, State::Counted]);
        assert_eq!(states([2, 0, 1]), [State::Skipped, State::Failed]);
    }
}
