//! From an object's numbers to a position on the canvas, in device pixels.

use crate::draw::scale::Scale;

/// A rectangle of the canvas.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Area {
    /// Left edge.
    pub left: f64,
    /// Upper edge.
    pub top: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

impl Area {
    /// The same in other units, so many to one of these.
    pub fn scaled(self, units: f64) -> Self {
        let Self { left, top, width, height } = self;
        Self { left: left * units, top: top * units, width: width * units, height: height * units }
    }
}

/// Two scales on an area.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Projection {
    /// The scale from left to right.
    pub x: Scale,
    /// The scale from bottom to top.
    pub y: Scale,
    /// Where they lie.
    pub area: Area,
}

impl Projection {
    /// Where the point of these coordinates lies; what is out of a domain lies at its edge.
    pub fn place(&self, x: f64, y: f64) -> (f64, f64) {
        self.placing().place(x, y)
    }

    /// The map from coordinates to positions, worked out once for many.
    pub fn placing(&self) -> Placing {
        let Area { left, top, width, height } = self.area;
        let (x, y) = (self.x.bounds(), self.y.bounds());
        Placing {
            x: Line { low: x.0, high: x.1, at_low: left, step: width / (x.1 - x.0) },
            y: Line { low: y.0, high: y.1, at_low: top + height, step: -height / (y.1 - y.0) },
            shown: (self.x.shown(), self.y.shown()),
        }
    }

    /// The coordinates at a position of the canvas; beyond the area too.
    pub fn coordinates_at(&self, (x, y): (f64, f64)) -> (f64, f64) {
        let Area { left, top, width, height } = self.area;
        let along = |(low, high): (f64, f64), part: f64| low + (high - low) * part;
        (along(self.x.bounds(), (x - left) / width), along(self.y.bounds(), 1.0 - (y - top) / height))
    }

    /// Grows both scales to coordinates; true where that moved points that were placed before.
    pub fn grow_to(&mut self, x: f64, y: f64) -> bool {
        let wider = self.x.grow_to(x);
        self.y.grow_to(y) || wider
    }
}

/// From coordinates to positions on the canvas.
#[derive(Clone, Copy, Debug)]
pub struct Placing {
    x: Line,
    y: Line,
    shown: ((f64, f64), (f64, f64)),
}

#[derive(Clone, Copy, Debug)]
struct Line {
    low: f64,
    high: f64,
    at_low: f64,
    step: f64,
}

impl Line {
    #[inline]
    fn place(&self, coordinate: f64) -> f64 {
        self.at_low + (coordinate.clamp(self.low, self.high) - self.low) * self.step
    }
}

impl Placing {
    /// Where the point lies.
    #[inline]
    pub fn place(&self, x: f64, y: f64) -> (f64, f64) {
        (self.x.place(x), self.y.place(y))
    }

    /// Whether the point lies in what is shown.
    #[inline]
    pub fn shows(&self, x: f64, y: f64) -> bool {
        let ((left, right), (bottom, top)) = self.shown;
        left <= x && x <= right && bottom <= y && y <= top
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draw::measure::Measure;
    use crate::draw::scale::Division;

    #[test]
    fn more_is_further_right_and_up() {
        let scale = Scale::new(Division::Linear, Measure::Words, None);
        let area = Area { left: 50.0, top: 10.0, width: 100.0, height: 200.0 };
        let mut projection = Projection { x: scale, y: scale, area };
        assert_eq!(projection.place(0.0, 0.0), (50.0, 210.0));
        assert_eq!(projection.place(8.0, 4.0), (150.0, 110.0));
        assert!(projection.grow_to(9.0, 0.0));
        assert!(!projection.grow_to(10.0, 8.0));
        assert_eq!(projection.place(5.0, 4.0), (100.0, 110.0));
        assert_eq!(projection.coordinates_at((100.0, 110.0)), (5.0, 4.0));
        assert_eq!(projection.place(99.0, f64::MIN), (150.0, 210.0));
    }
}
