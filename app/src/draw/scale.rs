//! From a number to its place on an axis, 0 to 1.

/// How an axis is divided.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Division {
    /// Every power of ten is as long as the next; zero lies where one does.
    #[default]
    Logarithmic,
    /// From zero in equal steps.
    Linear,
}

/// Ticks that an axis carries at most, its ends apart.
const TICKS_MAX: usize = 6;

/// An axis' domain. It only grows, and in large steps, so that a growing run is seldom drawn anew.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    division: Division,
    /// Powers of ten where logarithmic, else values; `None` before the first value.
    domain: Option<(f64, f64)>,
}

impl Scale {
    /// A domain without values.
    pub fn new(division: Division) -> Self {
        Self { division, domain: None }
    }

    /// Grows to hold the value; false where it already did. A logarithmic axis has no place for 0.
    pub fn grow_to(&mut self, value: u64) -> bool {
        let value = value as f64;
        let (low, high) = match self.division {
            Division::Logarithmic if value < 1.0 => return false,
            Division::Logarithmic => (value.log10().floor(), (value.log10().floor() + 1.0).min(20.0)),
            Division::Linear => (0.0, round_up(value)),
        };
        let grown = self.domain.map_or((low, high), |held| (held.0.min(low), held.1.max(high)));
        self.domain.replace(grown) != Some(grown)
    }

    /// Where the value lies, 0 to 1; what is out of the domain lies at its edge.
    pub fn place(&self, value: f64) -> f64 {
        let (low, high) = self.bounds();
        let value = match self.division {
            Division::Logarithmic => value.max(1.0).log10(),
            Division::Linear => value,
        };
        ((value - low) / (high - low)).clamp(0.0, 1.0)
    }

    /// The values at both ends.
    pub fn ends(&self) -> (f64, f64) {
        let (low, high) = self.bounds();
        match self.division {
            Division::Logarithmic => (10f64.powf(low), 10f64.powf(high)),
            Division::Linear => (low, high),
        }
    }

    /// Values to write at the axis, rising.
    pub fn ticks(&self) -> Vec<f64> {
        let (low, high) = self.bounds();
        match self.division {
            Division::Logarithmic => {
                let step = ((high - low) as usize).div_ceil(TICKS_MAX).max(1);
                (low as i32..=high as i32).step_by(step).map(|power| 10f64.powi(power)).collect()
            }
            Division::Linear => (0..=4).map(|quarter| high * f64::from(quarter) / 4.0).collect(),
        }
    }

    fn bounds(&self) -> (f64, f64) {
        self.domain.unwrap_or(match self.division {
            Division::Logarithmic => (0.0, 1.0),
            Division::Linear => (0.0, 8.0),
        })
    }
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
    fn check(division: Division, values: &[u64], ends: (f64, f64), ticks: &[f64]) {
        let mut scale = Scale::new(division);
        for &value in values {
            scale.grow_to(value);
        }
        assert_eq!((scale.ends(), scale.ticks().as_slice()), (ends, ticks));
    }

    #[test]
    fn domains_grow_in_large_steps() {
        use Division::{Linear, Logarithmic};
        check(Logarithmic, &[], (1.0, 10.0), &[1.0, 10.0]);
        check(Logarithmic, &[0], (1.0, 10.0), &[1.0, 10.0]);
        check(Logarithmic, &[150], (100.0, 1_000.0), &[100.0, 1_000.0]);
        check(Logarithmic, &[150, 0, 2_000], (100.0, 10_000.0), &[100.0, 1_000.0, 10_000.0]);
        check(Logarithmic, &[1, 99_999_999], (1.0, 1e8), &[1.0, 1e2, 1e4, 1e6, 1e8]);
        check(Logarithmic, &[u64::MAX], (1e19, 1e20), &[1e19, 1e20]);
        check(Linear, &[], (0.0, 8.0), &[0.0, 2.0, 4.0, 6.0, 8.0]);
        check(Linear, &[150], (0.0, 200.0), &[0.0, 50.0, 100.0, 150.0, 200.0]);
        check(Linear, &[900], (0.0, 1_000.0), &[0.0, 250.0, 500.0, 750.0, 1_000.0]);
    }

    #[test]
    fn places_lie_between_the_ends() {
        let mut scale = Scale::new(Division::Logarithmic);
        assert!(scale.grow_to(1));
        assert!(scale.grow_to(9_999));
        assert!(!scale.grow_to(5_000));
        assert_eq!(scale.place(0.0), 0.0);
        assert_eq!(scale.place(100.0), 0.5);
        assert_eq!(scale.place(f64::MAX), 1.0);
    }
}
