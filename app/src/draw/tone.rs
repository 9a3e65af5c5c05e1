//! Colours of the points' layer: the look of a kind of object, alone and where many lie.

use wire::row::State;

use crate::draw::palette::{Colour, Palette};
use crate::draw::stamp::{Stamp, WHOLE};

/// How much of itself a single counted object's point covers.
const SINGLE_OPACITY: f64 = 0.7;
/// Objects on a pixel that are toned in full, where no pixel has more.
pub const FULL_TONE: u32 = 16;
/// Weights whose colours are looked up at once.
const SMALL: u32 = 2_048;
/// Steps from one weight to its double.
const STEPS_BITS: u32 = 4;
/// Levels that a weight can have.
const LEVELS: usize = ((32 - STEPS_BITS as usize) << STEPS_BITS) + (1 << STEPS_BITS);

/// The look of an object's point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A cross: skipped or cancelled.
    Skipped,
    /// A disc: counted.
    Counted,
    /// A larger cross: failed or partial.
    Failed,
}

impl Kind {
    /// Every kind, the lowest first.
    pub const ALL: [Self; 3] = [Self::Skipped, Self::Counted, Self::Failed];

    /// The shape of a point of this radius, in pixels.
    pub fn stamp(self, radius: f64) -> Stamp {
        match self {
            Self::Skipped => Stamp::cross(radius),
            Self::Counted => Stamp::disc(radius),
            Self::Failed => Stamp::cross(radius * 1.5),
        }
    }

    /// The colour of a point.
    pub fn colour(self, palette: &Palette) -> Colour {
        match self {
            Self::Skipped => palette.skipped,
            Self::Counted => palette.counted,
            Self::Failed => palette.failed,
        }
    }
}

impl From<State> for Kind {
    fn from(state: State) -> Self {
        match state {
            State::Counted => Self::Counted,
            State::Partial | State::Failed => Self::Failed,
            State::Skipped | State::Cancelled => Self::Skipped,
        }
    }
}

/// Colours by weight.
#[derive(Clone, Debug)]
pub struct Tones {
    /// Those of small weights, which most pixels have.
    small: Vec<[u8; 4]>,
    levels: Vec<[u8; 4]>,
}

impl Tones {
    /// The colours of a kind, where no pixel weighs more than `most`.
    pub fn new(kind: Kind, most: u32, palette: &Palette) -> Self {
        let levels = tones(kind, most, palette);
        Self { small: (0..SMALL).map(|weight| levels[level(weight)]).collect(), levels }
    }

    /// The colour of a weight.
    #[inline(always)]
    pub fn of(&self, weight: u32) -> [u8; 4] {
        let at = weight as usize;
        if at < self.small.len() { self.small[at] } else { self.levels[level(weight)] }
    }
}

/// The level of a weight: weights that look alike have the same.
fn level(weight: u32) -> usize {
    let exponent = weight.max(1).ilog2().saturating_sub(STEPS_BITS);
    ((exponent as usize) << STEPS_BITS) + (weight >> exponent) as usize
}

/// The smallest weight of a level.
fn weight(level: usize) -> u32 {
    let steps = 1 << STEPS_BITS;
    match (level / steps).checked_sub(1) {
        None => level as u32,
        Some(exponent) => ((steps + level % steps) as u32) << exponent,
    }
}

/// The colours of a kind by level, where no pixel weighs more than `most`.
fn tones(kind: Kind, most: u32, palette: &Palette) -> Vec<[u8; 4]> {
    let whole = f64::from(WHOLE);
    let most = f64::from(most) / whole;
    let colour = kind.colour(palette);
    let toned = |level| {
        let points = f64::from(weight(level)) / whole;
        let (colour, opacity) = match kind {
            Kind::Counted if points > 1.0 => {
                let depth = (points.ln() / most.ln()).min(1.0);
                (colour.towards(palette.dense, depth), SINGLE_OPACITY + (1.0 - SINGLE_OPACITY) * depth)
            }
            Kind::Counted => (colour, SINGLE_OPACITY * points),
            Kind::Failed | Kind::Skipped => (colour, points.min(1.0)),
        };
        match (opacity * 255.0).round() as u8 {
            0 => [0; 4],
            opacity => [colour.0, colour.1, colour.2, opacity],
        }
    };
    (0..LEVELS).map(toned).collect()
}

/// One colour over another.
pub fn over(below: [u8; 4], above: [u8; 4]) -> [u8; 4] {
    match (below[3], above[3]) {
        (_, 0) => below,
        (0, _) | (_, 255) => above,
        (under, upper) => {
            let amount = f64::from(upper) / 255.0;
            let rest = f64::from(under) / 255.0 * (1.0 - amount);
            let alpha = amount + rest;
            let mix = |at: usize| {
                ((f64::from(above[at]) * amount + f64::from(below[at]) * rest) / alpha).round() as u8
            };
            [mix(0), mix(1), mix(2), (alpha * 255.0).round() as u8]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_hold_their_weights() {
        for known in (0..100).chain([1_000, 65_535, 1 << 20, u32::MAX]) {
            let level = level(known);
            assert!(level < LEVELS && weight(level) <= known, "{known}");
            assert!(level + 1 == LEVELS || known < weight(level + 1), "{known}");
        }
    }

    #[test]
    fn what_covers_in_part_is_mixed() {
        assert_eq!(over([0, 0, 0, 255], [200, 100, 0, 128]), [100, 50, 0, 255]);
        assert_eq!(over([1, 2, 3, 4], [9, 9, 9, 0]), [1, 2, 3, 4]);
        assert_eq!(over([1, 2, 3, 4], [9, 9, 9, 255]), [9, 9, 9, 255]);
    }
}
