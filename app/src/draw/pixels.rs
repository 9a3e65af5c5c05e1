//! The pixels of a picture that is a file.

use crate::draw::palette::Colour;
use crate::draw::stamp::{Stamp, WHOLE};

/// RGBA pixels.
#[derive(Debug, Default)]
pub struct Pixels {
    width: usize,
    height: usize,
    bytes: Vec<u8>,
}

impl Pixels {
    /// A clear canvas.
    pub fn new(width: usize, height: usize) -> Self {
        Self { width, height, bytes: vec![0; width * height * 4] }
    }

    /// A canvas of these pixels, row by row.
    pub fn from_bytes((width, height): (usize, usize), bytes: Vec<u8>) -> Self {
        Self { width, height, bytes }
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
    }

    /// Covers one pixel in part; nothing happens beyond the edge.
    pub fn dot(&mut self, (x, y): (i32, i32), colour: Colour, amount: f64) {
        let (Ok(x), Ok(y)) = (usize::try_from(x), usize::try_from(y)) else { return };
        if x < self.width && y < self.height {
            self.blend((y * self.width + x) * 4, colour, amount);
        }
    }

    /// Draws a ring around a point.
    pub fn ring(&mut self, (x, y): (f64, f64), radius: f64, width: f64, colour: Colour) {
        self.cover(x, y, radius + width, colour, |dx, dy| {
            (width / 2.0 + 0.5 - (dx.hypot(dy) - radius).abs()).clamp(0.0, 1.0)
        });
    }

    /// Sets one mark.
    pub fn stamp(&mut self, (x, y): (f64, f64), stamp: &Stamp, colour: Colour) {
        let reach = stamp.reach() as i32;
        for (row, weights) in (y as i32 - reach..).zip(stamp.rows()) {
            for (column, &weight) in (x as i32 - reach..).zip(weights) {
                self.dot((column, row), colour, f64::from(weight) / f64::from(WHOLE));
            }
        }
    }

    fn cover(&mut self, x: f64, y: f64, reach: f64, colour: Colour, opacity: impl Fn(f64, f64) -> f64) {
        let span = |at: f64, end: usize| {
            let first = (at - reach).floor().max(0.0) as usize;
            first..((at + reach).ceil().max(0.0) as usize + 1).min(end)
        };
        for row in span(y, self.height) {
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

    #[test]
    fn what_is_set_covers_what_was_there() {
        let mut pixels = Pixels::new(5, 5);
        pixels.fill(Colour(255, 255, 255));
        pixels.dot((2, 2), Colour(0, 0, 0), 0.5);
        pixels.dot((7, -1), Colour(0, 0, 0), 1.0);
        assert_eq!(pixels.bytes[(2 * 5 + 2) * 4..][..4], [128, 128, 128, 255]);
        assert_eq!(pixels.bytes.iter().filter(|byte| **byte != 255).count(), 3);
    }

    #[test]
    fn a_mark_at_the_edge_is_cut() {
        let mut pixels = Pixels::new(5, 5);
        pixels.stamp((0.0, 4.0), &Stamp::cross(4.0), Colour(200, 0, 0));
        assert_eq!(pixels.bytes[4 * 5 * 4..][..4], [200, 0, 0, 255]);
    }
}
