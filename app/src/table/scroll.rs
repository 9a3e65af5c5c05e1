//! Which rows of a long table are in sight.
//!
//! A browser draws nothing taller than some millions of pixels. A table that would be is as tall as may be: within a
//! window's height it scrolls pixel by pixel, and further by its share of the whole.

/// A row's height, in CSS pixels; style has the same.
pub const ROW_PIXELS: f64 = 34.0;
/// Pixels that a table is tall at most: half of what the most careful browser draws.
const TALL_PIXELS_MAX: f64 = 8_000_000.0;

/// How far a table is scrolled.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Scroll {
    rows: usize,
    window: f64,
    /// The height above the window, in pixels of rows.
    above: f64,
    /// The same as the browser has it.
    scrolled: f64,
}

impl Scroll {
    /// The browser says that it scrolled to here.
    pub fn to(&mut self, scrolled: f64) {
        let moved = scrolled - self.scrolled;
        let end = self.height() - self.window;
        self.above = if scrolled <= 0.0 {
            0.0
        } else if scrolled >= end - 1.0 {
            f64::INFINITY
        } else if self.tall() > TALL_PIXELS_MAX && moved.abs() > self.window {
            scrolled / end * (self.tall() - self.window)
        } else {
            self.above + moved
        };
        self.scrolled = scrolled;
        self.bound();
    }

    /// There are so many rows, so many of them in sight at most.
    pub fn hold(&mut self, rows: usize, in_sight: usize) {
        (self.rows, self.window) = (rows, rows.min(in_sight) as f64 * ROW_PIXELS);
        self.bound();
    }

    /// Brings a row into sight; where the browser is to scroll to, if anywhere.
    pub fn reveal(&mut self, row: usize) -> Option<f64> {
        let top = row as f64 * ROW_PIXELS;
        let above = self.above.min(top).max(top + ROW_PIXELS - self.window);
        if above == self.above {
            return None;
        }
        self.above = above;
        self.bound();
        let end = self.height() - self.window;
        let share = self.above / (self.tall() - self.window).max(1.0);
        self.scrolled = if self.tall() > TALL_PIXELS_MAX { share * end } else { self.above };
        Some(self.scrolled)
    }

    /// How tall the browser is to take all rows.
    pub fn height(&self) -> f64 {
        self.tall().min(TALL_PIXELS_MAX)
    }

    /// How tall the window is.
    pub fn window(&self) -> f64 {
        self.window
    }

    /// The first row in sight.
    pub fn first(&self) -> usize {
        (self.above / ROW_PIXELS) as usize
    }

    /// The part of it that lies above the window, in pixels.
    pub fn cut(&self) -> f64 {
        self.above % ROW_PIXELS
    }

    /// Rows that a window shows, in part or in full.
    pub fn in_sight(&self) -> usize {
        (self.window / ROW_PIXELS).ceil() as usize + 1
    }

    /// Rows that a window shows in full.
    pub fn page(&self) -> usize {
        ((self.window / ROW_PIXELS) as usize).max(1)
    }

    fn tall(&self) -> f64 {
        self.rows as f64 * ROW_PIXELS
    }

    fn bound(&mut self) {
        self.above = self.above.clamp(0.0, (self.tall() - self.window).max(0.0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scroll(rows: usize) -> Scroll {
        let mut scroll = Scroll::default();
        scroll.hold(rows, 10);
        scroll
    }

    #[track_caller]
    fn check(rows: usize, moves: &[f64], first: usize, cut: f64) {
        let mut scroll = scroll(rows);
        moves.iter().for_each(|&to| scroll.to(to));
        assert_eq!((scroll.first(), scroll.cut().round()), (first, cut));
    }

    #[test]
    fn a_short_table_scrolls_by_pixels() {
        check(100, &[], 0, 0.0);
        check(100, &[35.0], 1, 1.0);
        check(100, &[2_000.0, 68.0], 2, 0.0);
        check(100, &[99_999.0], 90, 0.0);
        check(3, &[50.0], 0, 0.0);
        check(0, &[50.0], 0, 0.0);
    }

    #[test]
    fn a_long_table_scrolls_by_pixels_near_by_and_by_shares_far_away() {
        let end = TALL_PIXELS_MAX - 340.0;
        check(1_000_000, &[35.0], 1, 1.0);
        check(1_000_000, &[end / 2.0], 499_995, 0.0);
        check(1_000_000, &[end / 2.0, end / 2.0 + 68.0], 499_997, 0.0);
        check(1_000_000, &[end], 999_990, 0.0);
        check(1_000_000, &[end, 0.0], 0, 0.0);
    }

    #[test]
    fn a_row_is_brought_into_sight_where_it_is_not() {
        let mut short = scroll(100);
        assert_eq!((short.reveal(9), short.reveal(10), short.reveal(10)), (None, Some(34.0), None));
        assert_eq!((short.reveal(0), short.first()), (Some(0.0), 0));
        let mut long = scroll(1_000_000);
        let to = long.reveal(999_999).unwrap();
        assert_eq!((to, long.first()), (TALL_PIXELS_MAX - 340.0, 999_990));
        long.to(to);
        assert_eq!(long.first(), 999_990);
        let to = long.reveal(500_000).unwrap();
        long.to(to);
        assert_eq!((long.first(), long.cut()), (500_000, 0.0));
    }

    #[test]
    fn rows_that_go_take_the_window_along() {
        let mut scroll = scroll(100);
        scroll.to(99_999.0);
        scroll.hold(20, 10);
        assert_eq!((scroll.first(), scroll.in_sight(), scroll.page()), (10, 11, 10));
    }
}
