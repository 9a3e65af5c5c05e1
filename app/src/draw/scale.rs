//! From a number to its position on an axis, 0 to 1.

use crate::draw::measure::Measure;
use crate::draw::view::Window;

/// How an axis is divided.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Division {
    /// Every power of ten is as long as the next; zero lies where one does.
    #[default]
    Logarithmic,
    /// From zero in equal steps.
    Linear,
}

impl Division {
    /// Its name in addresses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Logarithmic => "log",
            Self::Linear => "linear",
        }
    }

    /// The division of this name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Logarithmic, Self::Linear].into_iter().find(|division| division.name() == name)
    }
}

/// Ticks that an axis carries at most, its ends apart.
const TICKS_MAX: usize = 6;

/// An axis' domain. It only grows, and in large steps, so that a growing run is seldom drawn from scratch;
/// one that was chosen stays as it is, and what lies outside of it is not shown.
///
/// Domain and coordinates are in the axis' own space: powers of ten where it is logarithmic, else values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    division: Division,
    /// The smallest value that a logarithmic axis distinguishes from 0.
    least: f64,
    /// `None` before the first value.
    domain: Option<(f64, f64)>,
    chosen: bool,
}

impl Scale {
    /// A domain without values, or one that was chosen.
    pub fn new(division: Division, measure: Measure, window: Option<Window>) -> Self {
        let empty = Self { division, least: measure.least(), domain: None, chosen: false };
        let domain = window.map(Window::ends).map(|(low, high)| match division {
            Division::Logarithmic => (low.max(empty.least).log10(), high.log10()),
            Division::Linear => (low, high),
        });
        let domain = domain.filter(|(low, high)| low < high);
        Self { domain, chosen: domain.is_some(), ..empty }
    }

    /// How it is divided.
    pub fn division(&self) -> Division {
        self.division
    }

    /// The smallest value that a logarithmic axis distinguishes from 0.
    pub fn least(&self) -> f64 {
        self.least
    }

    /// Nothing is left to measure.
    pub fn is_chosen(&self) -> bool {
        self.chosen
    }

    /// A value in the axis' own space; a value that a logarithmic axis cannot hold lies below all others.
    pub fn coordinate(&self, value: f64) -> f64 {
        match self.division {
            Division::Logarithmic if value < self.least => f64::MIN,
            Division::Logarithmic => value.log10(),
            Division::Linear => value,
        }
    }

    /// The value of a coordinate.
    pub fn value(&self, coordinate: f64) -> f64 {
        match self.division {
            Division::Logarithmic => 10f64.powf(coordinate),
            Division::Linear => coordinate,
        }
    }

    /// The coordinates that are shown, a little beyond the ends: powers and their logarithms are not exact.
    pub fn shown(&self) -> (f64, f64) {
        if !self.chosen {
            return (f64::MIN, f64::MAX);
        }
        let (low, high) = self.bounds();
        let slack = (high - low) * 1e-9;
        let is_least = self.division == Division::Logarithmic && low <= self.least.log10();
        (if is_least { f64::MIN } else { low - slack }, high + slack)
    }

    /// Grows to hold a coordinate; false where it already did. A logarithmic axis cannot hold 0.
    pub fn grow_to(&mut self, coordinate: f64) -> bool {
        if self.chosen || self.domain.is_some_and(|(low, high)| low <= coordinate && coordinate < high) {
            return false;
        }
        let (low, high) = match self.division {
            Division::Logarithmic if coordinate == f64::MIN => return false,
            Division::Logarithmic => (coordinate.floor(), (coordinate.floor() + 1.0).min(20.0)),
            Division::Linear => (0.0, round_up(coordinate)),
        };
        let grown = self.domain.map_or((low, high), |held| (held.0.min(low), held.1.max(high)));
        self.domain.replace(grown) != Some(grown)
    }

    /// Where the value lies, 0 to 1; what is out of the domain lies at its edge.
    pub fn place(&self, value: f64) -> f64 {
        let (low, high) = self.bounds();
        ((self.coordinate(value) - low) / (high - low)).clamp(0.0, 1.0)
    }

    /// The values at both ends.
    pub fn ends(&self) -> (f64, f64) {
        let (low, high) = self.bounds();
        (self.value(low), self.value(high))
    }

    /// Values to write at the axis, rising.
    pub fn ticks(&self) -> Vec<f64> {
        let (low, high) = self.bounds();
        match self.division {
            Division::Logarithmic => {
                let (first, last) = (low.ceil() as i32, high.floor() as i32);
                if self.chosen && last <= first {
                    return round_values(self.ends(), self.least);
                }
                let step = ((last - first).max(1) as usize).div_ceil(TICKS_MAX);
                (first..=last).step_by(step).map(|power| 10f64.powi(power)).collect()
            }
            Division::Linear if self.chosen => round_values(self.ends(), self.least),
            Division::Linear => (0..=4).map(|quarter| high * f64::from(quarter) / 4.0).collect(),
        }
    }

    /// The coordinates at both ends.
    pub fn bounds(&self) -> (f64, f64) {
        self.domain.unwrap_or(match self.division {
            Division::Logarithmic => (0.0, 1.0),
            Division::Linear => (0.0, 8.0),
        })
    }
}

/// Multiples of 1, 2 or 5 times a power of ten between two values, few enough to be written side by side.
fn round_values((low, high): (f64, f64), least: f64) -> Vec<f64> {
    let rough = ((high - low) / TICKS_MAX as f64).max(least);
    let power = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0].into_iter().map(|step| step * power).find(|&step| step >= rough * 0.999);
    let step = step.unwrap_or(power * 10.0);
    // Powers and their logarithms are not exact.
    let first = (low / step - 1e-9).ceil();
    let multiples = (0..=TICKS_MAX).map(|number| (first + number as f64) * step);
    multiples.filter(|&value| value <= high + step * 1e-9).collect()
}

/// The next of 1, 2, 4, 8 times a power of ten: each divides into quarters.
fn round_up(value: f64) -> f64 {
    let value = value.max(8.0);
    let power = 10f64.powf(value.log10().floor());
    [1.0, 2.0, 4.0, 8.0]
        .into_iter()
        .map(|step| step * power)
        .find(|&bound| bound >= value)
        .unwrap_or(power * 10.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(division: Division, measure: Measure, values: &[f64], ends: (f64, f64), ticks: &[f64]) {
        let mut scale = Scale::new(division, measure, None);
        for &value in values {
            scale.grow_to(scale.coordinate(value));
        }
        assert_eq!((scale.ends(), scale.ticks().as_slice()), (ends, ticks));
    }

    #[test]
    fn domains_grow_in_large_steps() {
        use Division::{Linear, Logarithmic};
        use Measure::{Ratio, Words};
        check(Logarithmic, Words, &[], (1.0, 10.0), &[1.0, 10.0]);
        check(Logarithmic, Words, &[0.0], (1.0, 10.0), &[1.0, 10.0]);
        check(Logarithmic, Words, &[150.0], (100.0, 1_000.0), &[100.0, 1_000.0]);
        check(Logarithmic, Words, &[150.0, 0.0, 2_000.0], (100.0, 10_000.0), &[100.0, 1_000.0, 10_000.0]);
        check(Logarithmic, Words, &[1.0, 99_999_999.0], (1.0, 1e8), &[1.0, 1e2, 1e4, 1e6, 1e8]);
        check(Logarithmic, Words, &[u64::MAX as f64], (1e19, 1e20), &[1e19, 1e20]);
        check(Logarithmic, Ratio, &[0.5, 0.0, 4.0], (0.1, 10.0), &[0.1, 1.0, 10.0]);
        check(Linear, Words, &[], (0.0, 8.0), &[0.0, 2.0, 4.0, 6.0, 8.0]);
        check(Linear, Words, &[150.0], (0.0, 200.0), &[0.0, 50.0, 100.0, 150.0, 200.0]);
        check(Linear, Words, &[900.0], (0.0, 1_000.0), &[0.0, 250.0, 500.0, 750.0, 1_000.0]);
        check(Linear, Words, &[1_000.0], (0.0, 1_000.0), &[0.0, 250.0, 500.0, 750.0, 1_000.0]);
    }

    #[track_caller]
    fn check_chosen(division: Division, measure: Measure, window: (f64, f64), ticks: &[f64]) {
        let mut scale = Scale::new(division, measure, Window::new(window.0, window.1));
        assert!(!scale.grow_to(1e19));
        assert_eq!(scale.ticks(), ticks);
        let places: Vec<f64> = ticks.iter().map(|&tick| scale.place(tick)).collect();
        assert!(places.is_sorted() && places.iter().all(|place| (0.0..=1.0).contains(place)), "{places:?}");
    }

    #[test]
    fn a_chosen_domain_stays_and_has_round_ticks() {
        use Division::{Linear, Logarithmic};
        use Measure::{Ratio, Words};
        check_chosen(Linear, Words, (0.0, 1.0), &[0.0, 1.0]);
        check_chosen(
            Linear,
            Words,
            (1_234.0, 1_290.0),
            &[1_240.0, 1_250.0, 1_260.0, 1_270.0, 1_280.0, 1_290.0],
        );
        check_chosen(Linear, Words, (0.5, 1e19), &[0.0, 2e18, 4e18, 6e18, 8e18, 1e19]);
        check_chosen(Linear, Ratio, (1.0, 4.0), &[1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0]);
        check_chosen(Logarithmic, Words, (20.0, 3e5), &[1e2, 1e3, 1e4, 1e5]);
        check_chosen(Logarithmic, Words, (0.0, 1e20), &[1.0, 1e4, 1e8, 1e12, 1e16, 1e20]);
        check_chosen(Logarithmic, Words, (200.0, 800.0), &[200.0, 300.0, 400.0, 500.0, 600.0, 700.0, 800.0]);
        assert!(!Scale::new(Logarithmic, Words, Window::new(0.0, 1.0)).is_chosen());
    }

    #[test]
    fn what_lies_outside_of_a_chosen_domain_is_not_shown() {
        let shown = |division, window: Option<Window>, values: [f64; 4]| {
            let scale = Scale::new(division, Measure::Words, window);
            let (low, high) = scale.shown();
            values.map(|value| (low..=high).contains(&scale.coordinate(value)))
        };
        let (window, values) = (Window::new(10.0, 1_000.0), [9.0, 10.0, 1_000.0, 1_001.0]);
        assert_eq!(shown(Division::Linear, window, values), [false, true, true, false]);
        assert_eq!(shown(Division::Logarithmic, window, values), [false, true, true, false]);
        let window = Window::new(0.0, 9.0);
        assert_eq!(shown(Division::Logarithmic, window, [0.0, 1.0, 9.0, 10.0]), [true, true, true, false]);
        assert_eq!(shown(Division::Linear, None, [0.0, 1.0, 9.0, 1e19]), [true; 4]);
    }

    #[test]
    fn places_lie_between_the_ends() {
        let mut scale = Scale::new(Division::Logarithmic, Measure::Words, None);
        assert!(scale.grow_to(0.0));
        assert!(scale.grow_to(3.99));
        assert!(!scale.grow_to(2.5));
        assert_eq!(scale.place(0.0), 0.0);
        assert_eq!(scale.place(100.0), 0.5);
        assert_eq!(scale.place(f64::MAX), 1.0);
        assert_eq!(scale.value(scale.coordinate(1_000.0)).round(), 1_000.0);
    }
}
