//! The points' layer: how much of each pixel points cover, stored as a number and toned into colour.
//!
//! A new point costs only its own pixels. Where many lie the colour goes on changing with the logarithm of their
//! number, up to the most that any pixel has, so that a million points show their shape and one point alone is seen.

use crate::draw::layer::{Frame, Layer};
#[cfg(feature = "ssr")]
use crate::draw::palette::Colour;
use crate::draw::palette::Palette;
#[cfg(feature = "ssr")]
use crate::draw::pixels::Pixels;
use crate::draw::stamp::Stamp;
use crate::draw::tone::{Kind, over};

/// New points up to which each is set, and its pixels toned, by itself.
const SET_ALONE_MAX: usize = 4_096;

/// Points on a canvas.
#[derive(Debug)]
pub struct Density {
    frame: Frame,
    palette: Palette,
    layers: [Layer; 3],
    image: Vec<[u8; 4]>,
    /// No pixel is toned as it should be.
    stale: bool,
}

/// A part of the canvas, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Left edge.
    pub left: usize,
    /// Upper edge.
    pub top: usize,
    /// One past the right edge.
    pub right: usize,
    /// One past the lower edge.
    pub bottom: usize,
}

impl Density {
    /// No points yet; theirs is this radius, in pixels.
    pub fn new((width, height): (usize, usize), radius: f64, palette: &Palette) -> Self {
        let stamps = Kind::ALL.map(|kind| kind.stamp(radius));
        let margin = stamps.iter().map(Stamp::reach).max().unwrap_or(0);
        let frame = Frame { width, height, margin, stride: width + 2 * margin };
        let layers = Kind::ALL.map(|kind| Layer::new(kind, &stamps[kind as usize], frame, palette));
        let image = vec![[0; 4]; width * height];
        Self { frame, palette: palette.clone(), layers, image, stale: true }
    }

    /// Forgets all points.
    pub fn clear(&mut self) {
        for layer in &mut self.layers {
            layer.weights.fill(0);
            layer.fresh.clear();
            layer.most = 0;
        }
        self.stale = true;
    }

    /// Adds a point; one beyond the edge lies at it.
    #[inline]
    pub fn add(&mut self, (x, y): (f64, f64), kind: Kind) {
        let Frame { width, height, .. } = self.frame;
        let column = (x as usize).min(width.saturating_sub(1));
        let row = (y as usize).min(height.saturating_sub(1));
        self.layers[kind as usize].fresh.push(self.frame.at(row, column) as u32);
    }

    /// Sets what was added: until then each point is held.
    pub fn settle(&mut self) {
        let Frame { width, height, .. } = self.frame;
        if width > 0 && height > 0 {
            self.layers.iter_mut().for_each(|layer| layer.set_all(self.frame));
        }
        self.stale = true;
    }

    /// Tones what was added since the last time: the part of the image that changed.
    pub fn tone(&mut self) -> Option<Part> {
        let Frame { width, height, .. } = self.frame;
        if width == 0 || height == 0 {
            return None;
        }
        let fresh: usize = self.layers.iter().map(|layer| layer.fresh.len()).sum();
        if fresh > SET_ALONE_MAX || self.stale {
            self.settle();
        }
        let fresh = self.layers.each_mut().map(|layer| layer.set_fresh(self.frame));
        for layer in &mut self.layers {
            self.stale |= layer.retone(&self.palette);
        }
        if std::mem::take(&mut self.stale) {
            (0..height).for_each(|row| self.tone_row(row));
            return Some(Part { left: 0, top: 0, right: width, bottom: height });
        }
        let mut changed: Option<Part> = None;
        for (kind, fresh) in Kind::ALL.into_iter().zip(fresh) {
            for &at in &fresh {
                let part = self.tone_around(kind, at as usize);
                changed = Some(changed.map_or(part, |changed| changed.joined(part)));
            }
            // The memory that held the points is used again.
            self.layers[kind as usize].fresh = fresh;
            self.layers[kind as usize].fresh.clear();
        }
        changed
    }

    /// RGBA, row by row, as toned.
    pub fn image(&mut self) -> &mut [u8] {
        self.image.as_flattened_mut()
    }

    /// The points alone, as a picture.
    #[cfg(feature = "ssr")]
    pub fn picture(&mut self) -> Pixels {
        self.tone();
        Pixels::from_bytes((self.frame.width, self.frame.height), self.image.as_flattened().to_vec())
    }

    /// Covers a picture with the points.
    #[cfg(feature = "ssr")]
    pub fn lay_on(&mut self, pixels: &mut Pixels) {
        self.tone();
        let width = self.frame.width;
        for (at, &[red, green, blue, opacity]) in self.image.iter().enumerate() {
            let place = ((at % width) as i32, (at / width) as i32);
            pixels.dot(place, Colour(red, green, blue), f64::from(opacity) / 255.0);
        }
    }

    /// Tones the pixels of one point.
    fn tone_around(&mut self, kind: Kind, at: usize) -> Part {
        let Frame { width, height, margin, stride } = self.frame;
        let (row, column) = (at / stride - margin, at % stride - margin);
        let part = Part::around((row, column), self.layers[kind as usize].reach, (width, height));
        let reach = self.layers[kind as usize].reach;
        if part.right - part.left <= 2 * reach || part.bottom - part.top <= 2 * reach {
            for row in part.top..part.bottom {
                for column in part.left..part.right {
                    self.image[row * width + column] = self.toned(self.frame.at(row, column));
                }
            }
            return part;
        }
        let (in_weights, in_image) = (at - reach * stride - reach, part.top * width + part.left);
        for cell in 0..self.layers[kind as usize].cells.len() {
            let cell = self.layers[kind as usize].cells[cell];
            self.image[in_image + cell.in_image as usize] = self.toned(in_weights + cell.in_weights as usize);
        }
        part
    }

    fn tone_row(&mut self, row: usize) {
        let Frame { width, .. } = self.frame;
        let begin = self.frame.at(row, 0);
        let mut all = std::mem::take(&mut self.image);
        let image = &mut all[row * width..(row + 1) * width];
        let [skipped, counted, failed] = &self.layers;
        if counted.weights.is_empty() {
            image.fill([0; 4]);
        }
        let tones = &counted.tones;
        for (pixel, &weight) in image.iter_mut().zip(counted.row(begin, width)) {
            *pixel = if weight == 0 { [0; 4] } else { tones.of(weight) };
        }
        // Few pixels have anything of the other kinds.
        for others in [skipped.row(begin, width), failed.row(begin, width)] {
            for (at, &weight) in others.iter().enumerate() {
                if weight > 0 {
                    image[at] = self.toned(begin + at);
                }
            }
        }
        self.image = all;
    }

    /// The colour of a pixel, by its index in the weights.
    #[inline(always)]
    fn toned(&self, at: usize) -> [u8; 4] {
        let [skipped, counted, failed] = &self.layers;
        let (below, above) = (skipped.weight(at), failed.weight(at));
        let colour = counted.tones.of(counted.weight(at));
        if below | above == 0 {
            return colour;
        }
        over(over(skipped.tones.of(below), colour), failed.tones.of(above))
    }
}

impl Part {
    /// The pixels around one.
    fn around((y, x): (usize, usize), reach: usize, (width, height): (usize, usize)) -> Self {
        Self {
            left: x.saturating_sub(reach),
            top: y.saturating_sub(reach),
            right: (x + reach + 1).min(width),
            bottom: (y + reach + 1).min(height),
        }
    }

    fn joined(self, other: Self) -> Self {
        Self {
            left: self.left.min(other.left),
            top: self.top.min(other.top),
            right: self.right.max(other.right),
            bottom: self.bottom.max(other.bottom),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draw::palette::Colour;

    const SIZE: (usize, usize) = (40, 30);

    fn palette() -> Palette {
        Palette {
            counted: Colour(10, 20, 30),
            dense: Colour(0, 0, 0),
            failed: Colour(200, 0, 0),
            skipped: Colour(90, 90, 90),
            ..Palette::default()
        }
    }

    fn pixel(density: &Density, x: usize, y: usize) -> [u8; 4] {
        density.image[y * SIZE.0 + x]
    }

    fn points(many: usize) -> impl Iterator<Item = ((f64, f64), Kind)> {
        // A sequence without a pattern, and the same each time.
        let mut state = 7_u64;
        std::iter::repeat_with(move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let (x, y) = ((state >> 33) % 400, (state >> 45) % 300);
            ((x as f64 / 10.0, y as f64 / 10.0), Kind::ALL[(state >> 60) as usize % 3])
        })
        .take(many)
    }

    #[test]
    fn a_point_changes_only_its_own_pixels() {
        let mut density = Density::new(SIZE, 2.2, &palette());
        assert_eq!(density.tone(), Some(Part { left: 0, top: 0, right: 40, bottom: 30 }));
        assert_eq!(density.tone(), None);
        density.add((10.5, 12.9), Kind::Counted);
        assert_eq!(density.tone(), Some(Part { left: 8, top: 10, right: 13, bottom: 15 }));
        assert_eq!(pixel(&density, 10, 12), [10, 20, 30, 179]);
        assert_eq!((pixel(&density, 8, 10)[3], pixel(&density, 7, 12)[3]), (0, 0));
    }

    #[test]
    fn more_points_are_deeper_and_never_lighter() {
        let mut density = Density::new(SIZE, 2.2, &palette());
        let mut before = 0;
        for _ in 0..16 {
            density.add((5.0, 5.0), Kind::Counted);
            density.tone();
            let opacity = pixel(&density, 5, 5)[3];
            assert!(opacity > before, "{opacity} after {before}");
            before = opacity;
        }
        assert_eq!(pixel(&density, 5, 5), [0, 0, 0, 255]);
    }

    #[test]
    fn points_come_out_alike_however_they_are_portioned() {
        let mut whole = Density::new(SIZE, 2.2, &palette());
        points(3 * SET_ALONE_MAX).for_each(|(place, kind)| whole.add(place, kind));
        whole.tone();
        for portion in [1_000, SET_ALONE_MAX, 5_000] {
            let mut density = Density::new(SIZE, 2.2, &palette());
            for (number, (place, kind)) in points(3 * SET_ALONE_MAX).enumerate() {
                density.add(place, kind);
                if number % portion == 0 {
                    density.tone();
                }
            }
            density.tone();
            assert!(density.image == whole.image, "in portions of {portion}");
        }
        whole.clear();
        whole.tone();
        assert!(whole.image.iter().all(|pixel| *pixel == [0; 4]));
    }

    #[test]
    fn points_at_and_beyond_the_edge_are_cut() {
        let mut density = Density::new(SIZE, 4.0, &palette());
        for place in [(0.0, 0.0), (39.9, 29.9), (1e9, -5.0)] {
            density.add(place, Kind::Failed);
        }
        assert!(density.tone().is_some());
        assert_eq!(pixel(&density, 39, 0), [200, 0, 0, 255]);
    }
}
