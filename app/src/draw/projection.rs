//! From an object's numbers to a place on the canvas, in device pixels.

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
    /// Where the point of these values lies.
    pub fn place(&self, x: u64, y: u64) -> (f64, f64) {
        let Area { left, top, width, height } = self.area;
        (left + self.x.place(x as f64) * width, top + (1.0 - self.y.place(y as f64)) * height)
    }

    /// Whether a point of these values lies in what is shown.
    pub fn shows(&self, x: u64, y: u64) -> bool {
        self.x.shows(x) && self.y.shows(y)
    }

    /// Grows both scales; true where that moved what was placed before.
    pub fn grow_to(&mut self, x: u64, y: u64) -> bool {
        let wider = self.x.grow_to(x);
        self.y.grow_to(y) || wider
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draw::scale::Division;

    #[test]
    fn more_is_further_right_and_up() {
        let scale = Scale::new(Division::Linear, None);
        let area = Area { left: 50.0, top: 10.0, width: 100.0, height: 200.0 };
        let mut projection = Projection { x: scale, y: scale, area };
        assert_eq!(projection.place(0, 0), (50.0, 210.0));
        assert_eq!(projection.place(8, 4), (150.0, 110.0));
        assert!(projection.grow_to(9, 0));
        assert!(!projection.grow_to(10, 8));
        assert_eq!(projection.place(5, 4), (100.0, 110.0));
    }
}
