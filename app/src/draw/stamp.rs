//! The shape of a point, as weights of the pixels around its own: a disc, or a cross.

/// The weight of a pixel that is covered whole.
pub const WHOLE: u32 = 16;

/// Weights of a square of pixels around a point's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    reach: usize,
    weights: Vec<u32>,
}

impl Stamp {
    /// A disc of this radius, in pixels.
    pub fn disc(radius: f64) -> Self {
        Self::covering(radius + 0.5, |dx, dy| radius + 0.5 - dx.hypot(dy))
    }

    /// A diagonal cross that reaches this far to each side, in pixels.
    pub fn cross(reach: f64) -> Self {
        let half_width = reach / 3.5;
        Self::covering(reach, |dx, dy| {
            let from_diagonal = (dx.abs() - dy.abs()).abs() / std::f64::consts::SQRT_2;
            half_width + 0.5 - from_diagonal
        })
    }

    fn covering(reach: f64, cover: impl Fn(f64, f64) -> f64) -> Self {
        let pixels = reach.floor() as i32;
        let square = (-pixels..=pixels).flat_map(|dy| (-pixels..=pixels).map(move |dx| (dx, dy)));
        let weigh = |(dx, dy)| cover(f64::from(dx), f64::from(dy)).clamp(0.0, 1.0) * f64::from(WHOLE);
        Self { reach: pixels as usize, weights: square.map(|at| weigh(at).round() as u32).collect() }
    }

    /// Pixels that it reaches to each side.
    pub fn reach(&self) -> usize {
        self.reach
    }

    /// Its rows, from above to below.
    pub fn rows(&self) -> impl Iterator<Item = &[u32]> {
        self.weights.chunks_exact(2 * self.reach + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disc_is_round_and_a_cross_is_open() {
        let disc = Stamp::disc(2.2);
        let rows: Vec<&[u32]> = disc.rows().collect();
        assert_eq!((disc.reach(), rows[2]), (2, &[11, 16, 16, 16, 11][..]));
        assert!(rows[0][0] == 0 && rows[0] == rows[4]);
        let cross = Stamp::cross(3.0);
        let rows: Vec<&[u32]> = cross.rows().collect();
        assert!(rows[0][0] == WHOLE && rows[3][3] == WHOLE && rows[3][0] == 0 && rows[0][3] == 0, "{rows:?}");
    }
}
