//! Which of a run's objects are chosen: those in a part of the plot, of some kinds.

use crate::draw::measure::Numbers;
use crate::draw::projection::Area;
use crate::draw::projection::Projection;
use crate::draw::scale::Scale;
use crate::draw::tone::Kind;
use crate::draw::view::Axes;

/// Kinds of objects, in the order in which the legend has them.
pub const KINDS: [Kind; 3] = [Kind::Counted, Kind::Failed, Kind::Skipped];

/// A part of the plot, in values of its axes; ends are in it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Region {
    axes: Axes,
    x: (f64, f64),
    y: (f64, f64),
}

impl Region {
    /// What lies in a part of a plot with these axes. What is drawn at an edge, such as 0 on a logarithmic axis, is in
    /// a part that reaches it.
    pub fn new(axes: Axes, projection: &Projection, part: Area) -> Self {
        let Area { left, top, width, height } = projection.area;
        let along = |scale: &Scale, begin: f64, end: f64| {
            let ((low, high), shown) = (scale.bounds(), scale.shown());
            let value = |share: f64| scale.value(low + (high - low) * share);
            // A coordinate without a value is that of all values beyond.
            let edge = |coordinate: f64| match coordinate {
                f64::MIN => f64::NEG_INFINITY,
                f64::MAX => f64::INFINITY,
                coordinate => scale.value(coordinate),
            };
            let low = if begin <= 0.0 { edge(shown.0) } else { value(begin) };
            let high = if end >= 1.0 { edge(shown.1) } else { value(end) };
            (low, high)
        };
        let across = |x: f64| (x - left) / width;
        let up = |y: f64| 1.0 - (y - top) / height;
        Self {
            axes,
            x: along(&projection.x, across(part.left), across(part.left + part.width)),
            y: along(&projection.y, up(part.top + part.height), up(part.top)),
        }
    }

    /// The axes that it speaks of.
    pub fn axes(&self) -> Axes {
        self.axes
    }

    /// Whether an object's point lies in it.
    pub fn holds(&self, numbers: &Numbers) -> bool {
        let within = |(low, high): (f64, f64), value: f64| low <= value && value <= high;
        within(self.x, self.axes.x.of(numbers)) && within(self.y, self.axes.y.of(numbers))
    }

    /// Where it lies on a plot with its axes, cut to what is shown; `None` where none of it is.
    pub fn part(&self, projection: &Projection) -> Option<Area> {
        let Area { left, top, width, height } = projection.area;
        let along = |scale: &Scale, (low, high): (f64, f64)| {
            let (from, to) = scale.bounds();
            let share = |value: f64| (scale.coordinate(value).clamp(f64::MIN, f64::MAX) - from) / (to - from);
            (share(low).clamp(0.0, 1.0), share(high).clamp(0.0, 1.0))
        };
        let ((x0, x1), (y0, y1)) = (along(&projection.x, self.x), along(&projection.y, self.y));
        let part = Area {
            left: left + x0 * width,
            top: top + (1.0 - y1) * height,
            width: (x1 - x0) * width,
            height: (y1 - y0) * height,
        };
        (part.width > 0.0 && part.height > 0.0).then_some(part)
    }
}

/// The selection of objects.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Choice {
    /// The part of the plot; all of it where there is none.
    pub region: Option<Region>,
    /// Which of [`KINDS`].
    pub kinds: [bool; 3],
}

impl Default for Choice {
    fn default() -> Self {
        Self { region: None, kinds: [true; 3] }
    }
}

impl Choice {
    /// Everything is chosen.
    pub fn is_all(&self) -> bool {
        *self == Self::default()
    }

    /// Failed and partial objects alone, wherever they lie.
    pub fn failed() -> Self {
        Self { region: None, kinds: KINDS.map(|kind| kind == Kind::Failed) }
    }
}

/// The index of a kind in [`KINDS`].
pub fn place_of(kind: Kind) -> usize {
    match kind {
        Kind::Counted => 0,
        Kind::Failed => 1,
        Kind::Skipped => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draw::measure::Measure;
    use crate::draw::scale::Division;
    use crate::draw::view::Window;
    use wire::row::State;

    fn projection(division: Division, window: Option<Window>) -> Projection {
        let scale = |measure, window| {
            let mut scale = Scale::new(division, measure, window);
            scale.grow_to(scale.coordinate(1.0));
            scale.grow_to(scale.coordinate(999.0));
            scale
        };
        let area = Area { left: 50.0, top: 10.0, width: 300.0, height: 200.0 };
        Projection { x: scale(Measure::BytesIn, window), y: scale(Measure::Words, None), area }
    }

    fn numbers(bytes_in: u64, words: u64) -> Numbers {
        let (lines, bytes_out, duration_ms) = (1, 1, 1);
        Numbers { words, lines, bytes_in, bytes_out, duration_ms, state: State::Counted, reason: None }
    }

    #[track_caller]
    fn check(division: Division, part: (f64, f64, f64, f64), objects: &[((u64, u64), bool)]) {
        let (left, top, width, height) = part;
        let axes = Axes { division, ..Axes::default() };
        let region = Region::new(axes, &projection(division, None), Area { left, top, width, height });
        for &((bytes_in, words), expected) in objects {
            assert_eq!(region.holds(&numbers(bytes_in, words)), expected, "{bytes_in} {words}");
        }
    }

    #[test]
    fn a_part_of_the_plot_holds_what_is_drawn_in_it() {
        use Division::{Linear, Logarithmic};
        let middle = (150.0, 60.0, 100.0, 100.0);
        let (within, zero) = ((50, 100), (0, 100));
        check(Logarithmic, middle, &[(within, true), ((5, 100), false), ((150, 100), false), (zero, false)]);
        check(
            Linear,
            middle,
            &[((500, 500), true), ((100, 500), false), ((500, 900), false), ((0, 0), false)],
        );
        let left_edge = (0.0, 0.0, 200.0, 300.0);
        check(Logarithmic, left_edge, &[(zero, true), ((0, 0), true), ((9, 999), true), ((99, 9), false)]);
        let right_edge = (200.0, 0.0, 999.0, 300.0);
        check(Logarithmic, right_edge, &[((999, 1), true), ((99_999, 1), true), (zero, false)]);
    }

    #[test]
    fn a_part_is_found_again_wherever_it_lies_by_now() {
        let axes = Axes::default();
        let whole = projection(Division::Logarithmic, None);
        let part = Area { left: 150.0, top: 60.0, width: 100.0, height: 100.0 };
        let region = Region::new(axes, &whole, part);
        let near = |one: Area, other: Area| {
            let sides = |area: Area| [area.left, area.top, area.width, area.height];
            sides(one).iter().zip(sides(other)).all(|(one, other)| (one - other).abs() < 1e-6)
        };
        assert!(near(region.part(&whole).unwrap(), part));
        let closer = projection(Division::Logarithmic, Window::new(10.0, 100.0));
        assert!(near(region.part(&closer).unwrap(), Area { left: 50.0, width: 300.0, ..part }));
        let elsewhere = projection(Division::Logarithmic, Window::new(500.0, 900.0));
        assert_eq!(region.part(&elsewhere), None);
        let all = Region::new(axes, &whole, Area { left: 0.0, top: 0.0, width: 999.0, height: 999.0 });
        assert!(near(all.part(&whole).unwrap(), whole.area));
    }
}
