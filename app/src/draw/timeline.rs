//! The timeline of a run's invocations: bars over time, as pixels. Pure; a bar costs no more than the pixels it has.
//!
//! Kinds differ by colour and by texture: what waits is a dotted line, a cold start is hatched, what runs has
//! a head, what is retried is cut into stripes, what was throttled is hollow, what failed ends in a stop,
//! what is lost is chequered.

mod axis;

use wire::invocation::{Outcome, Tier};

use crate::draw::palette::Colour;
use crate::live::invocations::{Anatomy, Bar};
pub use axis::{mark, marks_ms, until_ms};

/// A lane is no higher than this, in CSS pixels; cascades, which mostly wait, have lower ones.
const LANE_MAX: f64 = 9.0;
const CASCADE_LANE_MAX: f64 = 5.0;
/// Cascades take no more than this share of the height where wordcounts need it.
const CASCADES_SHARE_MAX: f64 = 0.3;
/// Between the tiers, in CSS pixels.
const GAP: f64 = 7.0;
/// A bar is at least so wide, in CSS pixels; one that did not go well is wider, so that nobody overlooks it.
const WIDTH_MIN: f64 = 1.0;
const WIDTH_MIN_ODD: f64 = 3.0;

/// The colours of a timeline.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Colours {
    /// Heads and stops.
    pub ink: Colour,
    /// Marks of the axis, and the line between the tiers.
    pub line: Colour,
    /// Cascades.
    pub cascade: Colour,
    /// Wordcounts.
    pub wordcount: Colour,
    /// Cold starts.
    pub cold: Colour,
    /// What waits, and what is lost.
    pub quiet: Colour,
    /// What goes again.
    pub again: Colour,
    /// What failed.
    pub failed: Colour,
}

/// A stretch of time on so many device pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stretch {
    /// Width in device pixels.
    pub width: usize,
    /// Height in device pixels.
    pub height: usize,
    /// Device pixels to a CSS pixel.
    pub ratio: f64,
    /// The time of the right edge, in milliseconds.
    pub until_ms: u32,
    /// Up to when what still runs is drawn.
    pub now_ms: u32,
}

/// Where the lanes lie, in device pixels from the top.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Bands {
    cascades: Band,
    wordcounts: Band,
    /// The line between them.
    between: Option<usize>,
}

/// The lanes of one tier.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Band {
    top: f64,
    pitch: f64,
}

impl Band {
    /// First and last row of a lane, the last one not included. Where lanes are thinner than a pixel they share it.
    fn rows(&self, lane: usize, ratio: f64) -> (usize, usize) {
        let top = self.top + lane as f64 * self.pitch;
        let first = top.floor() as usize;
        let gap = match self.pitch {
            pitch if pitch >= 3.0 * ratio => ratio.round().max(1.0) as usize,
            pitch if pitch >= 3.0 => 1,
            _ => 0,
        };
        let last = ((top + self.pitch).floor() as usize).saturating_sub(gap);
        (first, last.max(first + 1))
    }
}

impl Bands {
    fn of(anatomy: &Anatomy, stretch: &Stretch) -> Self {
        let [cascades, wordcounts] = [Tier::Cascade, Tier::Wordcount].map(|tier| anatomy.lanes(tier) as f64);
        let (height, ratio) = (stretch.height as f64, stretch.ratio);
        let gap = if cascades > 0.0 && wordcounts > 0.0 { GAP * ratio } else { 0.0 };
        let room = (height - gap).max(1.0);
        let wanted = cascades * CASCADE_LANE_MAX * ratio;
        let left = room - (wordcounts * LANE_MAX * ratio).min(room);
        let above = wanted.min(left.max(room * CASCADES_SHARE_MAX));
        let pitch = |room: f64, lanes: f64, most: f64| {
            if lanes > 0.0 { (room / lanes).min(most * ratio) } else { 0.0 }
        };
        let cascade_pitch = pitch(above, cascades, CASCADE_LANE_MAX);
        let top = cascades * cascade_pitch + gap;
        let wordcount_pitch = pitch((height - top).max(1.0), wordcounts, LANE_MAX);
        Self {
            cascades: Band { top: 0.0, pitch: cascade_pitch },
            wordcounts: Band { top, pitch: wordcount_pitch },
            between: (gap > 0.0).then_some((top - gap / 2.0) as usize),
        }
    }

    fn of_tier(&self, tier: Tier) -> &Band {
        match tier {
            Tier::Cascade => &self.cascades,
            Tier::Wordcount => &self.wordcounts,
        }
    }
}

/// A picture of a timeline: RGBA, row by row.
#[derive(Clone, Debug, Default)]
pub struct Timeline {
    width: usize,
    pixels: Vec<[u8; 4]>,
}

/// A part of a bar: its columns, the last one not included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Columns {
    first: usize,
    last: usize,
}

impl Timeline {
    /// Draws all invocations.
    pub fn draw(anatomy: &Anatomy, stretch: &Stretch, colours: &Colours) -> Self {
        let mut timeline =
            Self { width: stretch.width, pixels: vec![[0; 4]; stretch.width * stretch.height] };
        let bands = Bands::of(anatomy, stretch);
        timeline.draw_marks(&bands, stretch, colours);
        let mut free_ms = [Tier::Cascade, Tier::Wordcount].map(|tier| vec![0; anatomy.lanes(tier)]);
        for bar in anatomy.bars() {
            let lanes = &mut free_ms[usize::from(bar.told.tier == Tier::Wordcount)];
            let since_ms = lanes.get(bar.lane).copied().unwrap_or_default();
            timeline.draw_bar(bar, since_ms, &bands, stretch, colours);
            if let Some(free_ms) = lanes.get_mut(bar.lane) {
                *free_ms = bar.told.ended_ms.unwrap_or(u32::MAX);
            }
        }
        timeline
    }

    /// All pixels, four bytes each.
    pub fn bytes(&mut self) -> &mut [u8] {
        self.pixels.as_flattened_mut()
    }

    fn draw_marks(&mut self, bands: &Bands, stretch: &Stretch, colours: &Colours) {
        let thick = stretch.ratio.round().max(1.0) as usize;
        for mark in marks_ms(stretch.until_ms) {
            let first = stretch.column(mark);
            self.fill(Columns { first, last: first + thick }, (0, stretch.height), colours.line);
        }
        if let Some(row) = bands.between {
            let all = Columns { first: 0, last: stretch.width };
            self.fill(all, (row, row + thick), colours.line);
        }
    }

    fn draw_bar(&mut self, bar: &Bar, since_ms: u32, bands: &Bands, stretch: &Stretch, colours: &Colours) {
        let told = &bar.told;
        let cell = stretch.ratio.round().max(1.0) as usize;
        let rows = bands.of_tier(told.tier).rows(bar.lane, stretch.ratio);
        let waits_from = stretch.column(told.queued_ms.max(since_ms));
        let body = stretch.columns(bar);
        let middle = (rows.0 + rows.1.saturating_sub(cell)) / 2;
        self.weave(Columns { first: waits_from, last: body.first }, (middle, middle + cell), |x, _| {
            (x / cell % 4 < 2).then(|| solid(colours.quiet))
        });
        let colour = match told.tier {
            Tier::Cascade => colours.cascade,
            Tier::Wordcount => colours.wordcount,
        };
        match told.outcome {
            None | Some(Outcome::Answered) => self.fill(body, rows, colour),
            Some(Outcome::Retried) => {
                self.weave(body, rows, |x, _| {
                    ((x - body.first) / cell % 3 < 2).then(|| solid(colours.again))
                });
            }
            Some(Outcome::Throttled) => {
                let is_rim = |x, y| {
                    x < body.first + cell || x + cell >= body.last || y < rows.0 + cell || y + cell >= rows.1
                };
                self.weave(body, rows, |x, y| is_rim(x, y).then(|| solid(colours.again)));
            }
            Some(Outcome::Failed) => self.weave(body, rows, |x, _| {
                Some(solid(if x + 2 * cell >= body.last { colours.ink } else { colours.failed }))
            }),
            Some(Outcome::Lost) => {
                self.weave(body, rows, |x, y| {
                    (x / cell + y / cell).is_multiple_of(2).then(|| solid(colours.quiet))
                });
            }
        }
        if let Some(init_ms) = told.init_ms {
            let last = stretch.column(told.began_ms.saturating_add(init_ms)).max(body.first + cell);
            let cold = Columns { first: body.first, last: last.min(body.last) };
            self.weave(cold, rows, |x, y| {
                Some(if (x + y) / cell % 4 < 2 { solid(colours.cold) } else { faint(colours.cold) })
            });
        }
        if told.ended_ms.is_none() {
            let head = Columns { first: body.last.saturating_sub(2 * cell).max(body.first), last: body.last };
            self.fill(head, rows, colours.ink);
        }
    }

    fn fill(&mut self, columns: Columns, rows: (usize, usize), colour: Colour) {
        for y in rows.0..rows.1 {
            if let Some(row) = self.row(columns, y) {
                row.fill(solid(colour));
            }
        }
    }

    /// Sets the pixels that the texture has.
    fn weave(
        &mut self,
        columns: Columns,
        rows: (usize, usize),
        texture: impl Fn(usize, usize) -> Option<[u8; 4]>,
    ) {
        for y in rows.0..rows.1 {
            let row = self.row(columns, y).unwrap_or_default();
            for (x, place) in (columns.first..).zip(row) {
                if let Some(colour) = texture(x, y) {
                    *place = colour;
                }
            }
        }
    }

    /// The pixels of some columns in a row, as far as there are.
    fn row(&mut self, columns: Columns, y: usize) -> Option<&mut [[u8; 4]]> {
        let (start, last) = (y * self.width, columns.last.min(self.width));
        self.pixels.get_mut(start + columns.first.min(last)..start + last)
    }
}

impl Stretch {
    fn column(&self, ms: u32) -> usize {
        (f64::from(ms) * self.width as f64 / f64::from(self.until_ms.max(1))).floor() as usize
    }

    /// Where a bar lies, from its beginning to its end.
    fn columns(&self, bar: &Bar) -> Columns {
        let told = &bar.told;
        let is_odd = !matches!(told.outcome, None | Some(Outcome::Answered));
        let least = if is_odd { WIDTH_MIN_ODD } else { WIDTH_MIN } * self.ratio;
        let first = self.column(told.began_ms);
        let last = self.column(told.ended_ms.unwrap_or(self.now_ms));
        Columns { first, last: last.max(first + least.round().max(1.0) as usize) }
    }

    /// The invocation whose bar is at a position, in device pixels: the last one drawn there. The line of its
    /// wait does not count.
    pub fn find<'a>(&self, anatomy: &'a Anatomy, (x, y): (f64, f64)) -> Option<&'a Bar> {
        let bands = Bands::of(anatomy, self);
        let reach = self.ratio.round().max(1.0) as usize;
        let (column, row) = (x.max(0.0) as usize, y.max(0.0) as usize);
        let is_there = |bar: &&Bar| {
            let columns = self.columns(bar);
            let rows = bands.of_tier(bar.told.tier).rows(bar.lane, self.ratio);
            let is_in_columns = column + reach >= columns.first && column < columns.last + reach;
            is_in_columns && (rows.0..rows.1 + reach).contains(&row)
        };
        anatomy.bars().filter(is_there).last()
    }
}

fn solid(Colour(red, green, blue): Colour) -> [u8; 4] {
    [red, green, blue, 255]
}

fn faint(Colour(red, green, blue): Colour) -> [u8; 4] {
    [red, green, blue, 90]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::invocations::tests::{event, told};
    use wire::invocation::Invocation;

    const COLOURS: Colours = Colours {
        ink: Colour(1, 1, 1),
        line: Colour(2, 2, 2),
        cascade: Colour(3, 3, 3),
        wordcount: Colour(4, 4, 4),
        cold: Colour(5, 5, 5),
        quiet: Colour(6, 6, 6),
        again: Colour(7, 7, 7),
        failed: Colour(8, 8, 8),
    };

    fn stretch(width: usize, height: usize) -> Stretch {
        Stretch { width, height, ratio: 1.0, until_ms: width as u32, now_ms: width as u32 }
    }

    fn anatomy(rows: Vec<Invocation>) -> Anatomy {
        let mut anatomy = Anatomy::default();
        anatomy.apply(event(rows));
        anatomy
    }

    /// One row of the picture: a digit for each pixel's red, a dot where there is nothing, or a mark of the axis.
    fn row(rows: Vec<Invocation>, (width, height): (usize, usize), y: usize) -> String {
        let mut timeline = Timeline::draw(&anatomy(rows), &stretch(width, height), &COLOURS);
        let letter =
            |pixel: &[u8]| if pixel[3] == 0 || pixel[0] == 2 { '.' } else { char::from(b'0' + pixel[0]) };
        timeline.bytes().chunks(4).skip(y * width).take(width).map(letter).collect()
    }

    #[track_caller]
    fn check(outcome: Option<Outcome>, change: fn(&mut Invocation), expected: &str) {
        let mut bar = Invocation { outcome, ..told(0, 4, outcome.map(|_| 12)) };
        change(&mut bar);
        assert_eq!(row(vec![bar], (16, 9), 0), expected);
    }

    #[test]
    fn every_kind_has_a_texture_of_its_own() {
        check(Some(Outcome::Answered), |_| (), "....44444444....");
        check(None, |_| (), "....444444444411");
        check(Some(Outcome::Retried), |_| (), "....77.77.77....");
        check(Some(Outcome::Failed), |_| (), "....88888811....");
        check(Some(Outcome::Throttled), |_| (), "....77777777....");
        check(Some(Outcome::Lost), |_| (), "....6.6.6.6.....");
        check(Some(Outcome::Answered), |bar| bar.init_ms = Some(3), "....55544444....");
        check(Some(Outcome::Failed), |bar| bar.ended_ms = Some(4), "....811.........");
        check(Some(Outcome::Answered), |bar| bar.ended_ms = Some(4), "....4...........");
    }

    #[test]
    fn what_was_turned_away_is_hollow_and_what_waited_is_a_dotted_line() {
        let bar = Invocation { outcome: Some(Outcome::Throttled), ..told(0, 4, Some(12)) };
        assert_eq!(row(vec![bar], (16, 9), 3), "....7......7....");
        let bar = Invocation { queued_ms: 1, ..told(0, 8, Some(12)) };
        assert_eq!(row(vec![bar], (16, 9), 3), ".6..66..4444....");
        assert_eq!(row(vec![bar], (16, 9), 0), "........4444....");
        let after = Invocation { queued_ms: 1, ..told(1, 10, Some(12)) };
        assert_eq!(row(vec![told(0, 4, Some(8)), after], (16, 9), 3), "....44446644....");
    }

    #[test]
    fn lanes_share_pixels_where_there_are_more_of_them() {
        let many = (0..40).map(|number| told(number, 2, Some(6))).collect::<Vec<_>>();
        for y in 0..20 {
            assert_eq!(row(many.clone(), (16, 20), y), "..4444..........", "{y}");
        }
    }

    #[test]
    fn cascades_lie_above_a_line_and_leave_most_of_the_room() {
        let cascades = (0..60).map(|number| Invocation { tier: Tier::Cascade, ..told(number, 2, Some(6)) });
        let all: Vec<_> = cascades.chain((60..160).map(|number| told(number, 2, Some(6)))).collect();
        let bands = Bands::of(&anatomy(all), &stretch(16, 107));
        assert!(bands.between.is_some_and(|row| row > 25 && row < 40), "{bands:?}");
        assert!(bands.wordcounts.rows(99, 1.0).1 <= 107, "{bands:?}");
    }

    #[test]
    fn the_pointer_finds_what_is_drawn_last() {
        let anatomy = anatomy(vec![told(0, 2, Some(6)), told(1, 2, Some(9)), told(2, 7, Some(7))]);
        let find = |x, y| stretch(16, 30).find(&anatomy, (x, y)).map(|bar| bar.told.number);
        assert_eq!((find(3.0, 4.0), find(3.0, 12.0), find(7.0, 4.0)), (Some(0), Some(1), Some(2)));
        assert_eq!((find(14.0, 4.0), find(3.0, 29.0)), (None, None));
    }

    #[test]
    fn a_picture_of_all_that_a_page_holds_stays_within_its_edges() {
        let rows =
            (0..10_000).map(|number| told(number, number as u32 / 3, (number % 3 > 0).then_some(5_000)));
        let mut timeline = Timeline::draw(&anatomy(rows.collect()), &stretch(700, 90), &COLOURS);
        assert_eq!(timeline.bytes().len(), 700 * 90 * 4);
    }
}
