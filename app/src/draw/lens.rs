//! Which part of an axis is shown once it is stretched and moved: in the axis' own space, within its values.

use crate::draw::gesture::Place;
use crate::draw::projection::Area;
use crate::draw::scale::{Division, Scale};
use crate::draw::view::{View, Window};

/// Parts of what is shown that an end of it is rounded to, so that links are short and nothing is seen of it.
const ROUNDED_TO: f64 = 1e-5;
/// The share of an axis that is too little to differ from all of it.
const ALL_BUT: f64 = 1e-6;
/// The least that must be shown, in steps of the smallest difference between two numbers.
const SHOWN_MIN: f64 = 2.0;

/// An axis, all of it and as it is shown.
#[derive(Clone, Copy, Debug)]
pub struct Lens {
    /// The scale that holds every value.
    pub whole: Scale,
    /// The part of it that is shown.
    pub shown: Scale,
}

impl Lens {
    /// The part that is shown when what lies at `from`, 0 to 1 of the axis, is taken to `to` and is `factor` times as
    /// large; `None` where that is all of the axis.
    pub fn gripped(&self, from: f64, to: f64, factor: f64) -> Option<Window> {
        let (whole, shown) = (self.whole.bounds(), self.shown.bounds());
        let all = whole.1 - whole.0;
        let held = shown.0 + from * (shown.1 - shown.0);
        let length = ((shown.1 - shown.0) / factor).max(self.least_around(held)).min(all);
        if length >= all * (1.0 - ALL_BUT) {
            return None;
        }
        let low = (held - to * length).clamp(whole.0, whole.1 - length);
        self.window(low, low + length)
    }

    /// The part between two positions, 0 to 1 of the axis; `None` where that is all of it.
    pub fn between(&self, one: f64, other: f64) -> Option<Window> {
        let length = (one - other).abs().max(ALL_BUT);
        // What lies in the middle comes to the middle.
        self.gripped(f64::midpoint(one, other), 0.5, 1.0 / length)
    }

    fn window(&self, low: f64, high: f64) -> Option<Window> {
        let (low, high) = (self.whole.value(low), self.whole.value(high));
        let short = |value: f64| match self.whole.division() {
            Division::Linear => rounded(value, high - low),
            // Little of a large number is much of a small one.
            Division::Logarithmic => rounded(value, value.min(high - low)),
        };
        Window::new(short(low).max(0.0), short(high))
    }

    /// The least length, in the axis' own space, that must be shown around a position there.
    fn least_around(&self, held: f64) -> f64 {
        let least = self.whole.least() * SHOWN_MIN;
        match self.whole.division() {
            Division::Linear => least,
            Division::Logarithmic => (least / self.whole.value(held)).ln_1p() / std::f64::consts::LN_10,
        }
    }
}

/// Both axes, and where they lie in CSS pixels.
#[derive(Clone, Copy, Debug)]
pub struct Lenses {
    /// From left to right.
    pub x: Lens,
    /// From bottom to top.
    pub y: Lens,
    /// Where they lie.
    pub area: Area,
}

impl Lenses {
    /// The view when what lies at `from` is taken to `to` and is `factor` times as large. A grip beside an
    /// axis moves that axis alone.
    pub fn gripped(&self, view: View, from: Place, to: Place, factor: f64) -> View {
        let Area { left, top, width, height } = self.area;
        let across = |x: f64| (x - left) / width;
        let up = |y: f64| 1.0 - (y - top) / height;
        let (is_beside, is_below) = (from.0 < left, from.1 > top + height);
        let mut view = view;
        if !is_beside || is_below {
            view.x = self.x.gripped(across(from.0), across(to.0), factor);
        }
        if !is_below || is_beside {
            view.y = self.y.gripped(up(from.1), up(to.1), factor);
        }
        view
    }

    /// The view when a part of it fills the plot.
    pub fn between(&self, view: View, part: Area) -> View {
        let Area { left, top, width, height } = self.area;
        let across = |x: f64| ((x - left) / width).clamp(0.0, 1.0);
        let up = |y: f64| (1.0 - (y - top) / height).clamp(0.0, 1.0);
        let x = self.x.between(across(part.left), across(part.left + part.width));
        let y = self.y.between(up(part.top + part.height), up(part.top));
        View { x, y, ..view }
    }

    /// The middle of the plot.
    pub fn middle(&self) -> Place {
        (self.area.left + self.area.width / 2.0, self.area.top + self.area.height / 2.0)
    }
}

/// A value to so many decimals that nothing is seen of it on this length, and written in as few.
fn rounded(value: f64, length: f64) -> f64 {
    let power = (length * ROUNDED_TO).log10().floor();
    if power >= 0.0 {
        let unit = 10f64.powf(power);
        return (value / unit).round() * unit;
    }
    format!("{value:.*}", -power as usize).parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draw::measure::Measure;

    fn lens(division: Division, whole: f64, shown: Option<(f64, f64)>) -> Lens {
        let mut all = Scale::new(division, Measure::Words, None);
        for value in [1.0, whole] {
            all.grow_to(all.coordinate(value));
        }
        let window = shown.and_then(|(low, high)| Window::new(low, high));
        let part = Scale::new(division, Measure::Words, window);
        Lens { whole: all, shown: if part.is_chosen() { part } else { all } }
    }

    #[track_caller]
    fn check(lens: Lens, (from, to, factor): (f64, f64, f64), expected: Option<(f64, f64)>) {
        assert_eq!(lens.gripped(from, to, factor).map(Window::ends), expected);
    }

    fn linear(shown: Option<(f64, f64)>) -> Lens {
        lens(Division::Linear, 1_000.0, shown)
    }

    fn logarithmic(shown: Option<(f64, f64)>) -> Lens {
        lens(Division::Logarithmic, 9_999.0, shown)
    }

    #[test]
    fn what_is_held_stays_under_the_pointer() {
        check(linear(None), (0.5, 0.5, 2.0), Some((250.0, 750.0)));
        check(linear(None), (0.25, 0.25, 4.0), Some((187.5, 437.5)));
        check(linear(None), (0.0, 0.0, 10.0), Some((0.0, 100.0)));
        check(linear(Some((200.0, 400.0))), (0.5, 0.25, 1.0), Some((250.0, 450.0)));
        check(linear(Some((200.0, 400.0))), (0.5, 0.5, 0.5), Some((100.0, 500.0)));
        check(logarithmic(None), (0.5, 0.5, 2.0), Some((10.0, 1_000.0)));
        check(logarithmic(Some((10.0, 1_000.0))), (0.5, 1.0, 1.0), Some((1.0, 100.0)));
        check(logarithmic(Some((3.0, 3_000.0))), (0.5, 0.4, 1.0), Some((5.98579, 5_985.79)));
    }

    #[test]
    fn nothing_beyond_the_values_is_shown() {
        check(linear(None), (0.5, 0.9, 1.0), None);
        check(linear(None), (0.5, 0.5, 0.01), None);
        check(linear(Some((0.0, 100.0))), (0.5, 0.9, 1.0), Some((0.0, 100.0)));
        check(linear(Some((0.0, 100.0))), (0.9, 0.1, 20.0), Some((89.5, 94.5)));
        check(linear(Some((950.0, 1_000.0))), (0.9, 0.1, 1.0), Some((950.0, 1_000.0)));
        check(linear(Some((0.0, 100.0))), (0.5, 0.5, 1e-9), None);
        // A link may show more than there is.
        check(linear(Some((5_000.0, 9_000.0))), (0.5, 0.5, 8.0), Some((500.0, 1_000.0)));
    }

    #[test]
    fn no_less_than_can_be_told_apart_is_shown() {
        check(linear(Some((100.0, 104.0))), (0.5, 0.5, 1e9), Some((101.0, 103.0)));
        let (low, high) = logarithmic(Some((90.0, 110.0))).gripped(0.5, 0.5, 1e9).map(Window::ends).unwrap();
        assert!((1.9..2.1).contains(&(high - low)), "{low} {high}");
    }

    #[test]
    fn ends_are_short_to_write() {
        let large = lens(Division::Linear, 8e9, None);
        check(large, (1.0 / 3.0, 1.0 / 3.0, 7.0), Some((2_285_710_000.0, 3_428_570_000.0)));
        check(linear(None), (1.0 / 3.0, 1.0 / 3.0, 70.0), Some((328.5714, 342.8571)));
    }

    #[test]
    fn a_box_becomes_what_is_shown() {
        assert_eq!(linear(None).between(0.75, 0.25).map(Window::ends), Some((250.0, 750.0)));
        assert_eq!(linear(None).between(0.25, 0.25).map(Window::ends), Some((249.0, 251.0)));
        assert_eq!(linear(None).between(0.0, 1.0), None);
    }

    #[track_caller]
    fn check_both(from: Place, expected: &str) {
        let area = Area { left: 50.0, top: 10.0, width: 100.0, height: 200.0 };
        let lenses = Lenses { x: linear(None), y: linear(None), area };
        assert_eq!(lenses.gripped(View::default(), from, from, 2.0).query(), expected);
    }

    #[test]
    fn a_wheel_over_an_axis_stretches_that_axis_alone() {
        check_both((100.0, 60.0), "?x0=250&x1=750&y0=375&y1=875");
        check_both((100.0, 215.0), "?x0=250&x1=750");
        check_both((40.0, 60.0), "?y0=375&y1=875");
        check_both((50.0, 210.0), "?x0=0&x1=500&y0=0&y1=500");
        check_both((45.0, 220.0), "?x0=0&x1=500&y0=0&y1=500");
    }

    #[test]
    fn a_part_of_the_plot_comes_to_fill_it() {
        let area = Area { left: 50.0, top: 10.0, width: 100.0, height: 200.0 };
        let lenses = Lenses { x: linear(None), y: linear(None), area };
        let part = Area { left: 0.0, top: 110.0, width: 100.0, height: 50.0 };
        assert_eq!(lenses.between(View::default(), part).query(), "?x0=0&x1=500&y0=250&y1=500");
        assert_eq!(lenses.middle(), (100.0, 110.0));
    }
}
