//! The points' layer: pixels that are kept, so that a new point costs only its own.

use wire::row::State;

use crate::draw::palette::{Colour, Palette};

/// How much of itself a counted object's point covers: where many lie, it darkens.
const COUNTED_OPACITY: f64 = 0.55;

/// RGBA pixels of a canvas, and the rows of them that changed.
#[derive(Debug, Default)]
pub struct Pixels {
    width: usize,
    height: usize,
    bytes: Vec<u8>,
    changed: Option<(usize, usize)>,
}

impl Pixels {
    /// A clear canvas.
    pub fn new(width: usize, height: usize) -> Self {
        let changed = height.checked_sub(1).map(|last| (0, last));
        Self { width, height, bytes: vec![0; width * height * 4], changed }
    }

    /// Width in pixels.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Height in pixels.
    pub fn height(&self) -> usize {
        self.height
    }

    /// All pixels, row by row.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Covers the canvas.
    pub fn fill(&mut self, Colour(red, green, blue): Colour) {
        self.bytes.chunks_exact_mut(4).for_each(|pixel| pixel.copy_from_slice(&[red, green, blue, 255]));
        self.changed = self.height.checked_sub(1).map(|last| (0, last));
    }

    /// Covers one pixel in part; nothing happens beyond the edge.
    pub fn dot(&mut self, (x, y): (i32, i32), colour: Colour, amount: f64) {
        let (Ok(x), Ok(y)) = (usize::try_from(x), usize::try_from(y)) else { return };
        if x < self.width && y < self.height {
            self.blend((y * self.width + x) * 4, colour, amount);
            let (first, last) = self.changed.unwrap_or((y, y));
            self.changed = Some((first.min(y), last.max(y)));
        }
    }

    /// Draws a ring around a point.
    pub fn ring(&mut self, (x, y): (f64, f64), radius: f64, width: f64, colour: Colour) {
        self.cover(x, y, radius + width, colour, |dx, dy| {
            (width / 2.0 + 0.5 - (dx.hypot(dy) - radius).abs()).clamp(0.0, 1.0)
        });
    }

    /// The band of rows changed since the last call: its first row and its bytes.
    pub fn take_changed(&mut self) -> Option<(usize, &mut [u8])> {
        let (first, last) = self.changed.take()?;
        let row = self.width * 4;
        Some((first, &mut self.bytes[first * row..(last + 1) * row]))
    }

    /// Sets an object's point: a disc where it was counted, else a cross. `radius` is in pixels.
    pub fn mark(&mut self, (x, y): (f64, f64), state: State, palette: &Palette, radius: f64) {
        match state {
            State::Counted => self.disc(x, y, radius, palette.counted),
            State::Partial | State::Failed => self.cross(x, y, radius * 1.5, palette.failed),
            State::Skipped | State::Cancelled => self.cross(x, y, radius, palette.skipped),
        }
    }

    fn disc(&mut self, x: f64, y: f64, radius: f64, colour: Colour) {
        self.cover(x, y, radius + 0.5, colour, |dx, dy| {
            COUNTED_OPACITY * (radius + 0.5 - dx.hypot(dy)).clamp(0.0, 1.0)
        });
    }

    fn cross(&mut self, x: f64, y: f64, reach: f64, colour: Colour) {
        let half_width = reach / 3.5;
        self.cover(x, y, reach, colour, |dx, dy| {
            let from_diagonal = (dx.abs() - dy.abs()).abs() / std::f64::consts::SQRT_2;
            (half_width + 0.5 - from_diagonal).clamp(0.0, 1.0)
        });
    }

    fn cover(&mut self, x: f64, y: f64, reach: f64, colour: Colour, opacity: impl Fn(f64, f64) -> f64) {
        let span = |at: f64, end: usize| {
            let first = (at - reach).floor().max(0.0) as usize;
            first..((at + reach).ceil().max(0.0) as usize + 1).min(end)
        };
        let rows = span(y, self.height);
        if rows.is_empty() {
            return;
        }
        let (first, last) = self.changed.unwrap_or((rows.start, rows.start));
        self.changed = Some((first.min(rows.start), last.max(rows.end - 1)));
        for row in rows {
            for column in span(x, self.width) {
                let amount = opacity(column as f64 + 0.5 - x, row as f64 + 0.5 - y);
                self.blend((row * self.width + column) * 4, colour, amount);
            }
        }
    }

    fn blend(&mut self, at: usize, Colour(red, green, blue): Colour, amount: f64) {
        let Some(pixel) = self.bytes.get_mut(at..at + 4).filter(|_| amount > 0.0) else { return };
        let under = f64::from(pixel[3]) / 255.0 * (1.0 - amount);
        let alpha = amount + under;
        for (channel, new) in pixel.iter_mut().zip([red, green, blue]) {
            *channel = ((f64::from(new) * amount + f64::from(*channel) * under) / alpha).round() as u8;
        }
        pixel[3] = (alpha * 255.0).round() as u8;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn palette() -> Palette {
        Palette { counted: Colour(10, 20, 30), failed: Colour(200, 0, 0), ..Palette::default() }
    }

    #[test]
    fn a_point_changes_only_its_own_rows() {
        let mut pixels = Pixels::new(20, 20);
        assert_eq!(pixels.take_changed().map(|(first, bytes)| (first, bytes.len())), Some((0, 1600)));
        assert!(pixels.take_changed().is_none());
        pixels.mark((10.0, 10.0), State::Counted, &palette(), 2.0);
        let (first, band) = pixels.take_changed().unwrap();
        assert_eq!((first, band.len() / 80), (7, 7));
        assert_eq!(band[(3 * 20 + 10) * 4..][..4], [10, 20, 30, 140]);
    }

    #[test]
    fn points_in_one_place_darken() {
        let mut pixels = Pixels::new(5, 5);
        pixels.mark((2.5, 2.5), State::Counted, &palette(), 1.0);
        pixels.mark((2.5, 2.5), State::Counted, &palette(), 1.0);
        assert_eq!(pixels.bytes[(2 * 5 + 2) * 4..][..4], [10, 20, 30, 203]);
    }

    #[test]
    fn points_at_and_beyond_the_edge_are_cut() {
        let mut pixels = Pixels::new(5, 5);
        pixels.mark((0.0, 5.0), State::Failed, &palette(), 4.0);
        pixels.mark((-90.0, 900.0), State::Failed, &palette(), 4.0);
        assert!(pixels.bytes.contains(&200));
    }
}
