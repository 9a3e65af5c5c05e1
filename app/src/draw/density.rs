//! The points' layer: how much of each pixel points cover, kept as a number and toned into colour.
//!
//! A new point costs only its own pixels. Where many lie the colour goes on changing with the logarithm of their
//! number, up to the most that any pixel has, so that a million points show their shape and one point alone is seen.

#[cfg(feature = "ssr")]
use crate::draw::palette::Colour;
use crate::draw::palette::Palette;
#[cfg(feature = "ssr")]
use crate::draw::pixels::Pixels;
use crate::draw::stamp::{Stamp, WHOLE};
use crate::draw::tone::{FULL_TONE, Kind, level, over, tones};

/// New points up to which each is set, and its pixels toned, by itself.
const SET_ALONE_MAX: usize = 4_096;

/// Points on a canvas.
#[derive(Debug)]
pub struct Density {
    width: usize,
    height: usize,
    palette: Palette,
    layers: [Layer; 3],
    image: Vec<u8>,
    /// No pixel is toned as it should be.
    stale: bool,
}

/// The points of one kind.
#[derive(Debug)]
struct Layer {
    kind: Kind,
    stamp: Stamp,
    /// Weights, with a margin as wide as the stamp's reach; none before the first point.
    weights: Vec<u32>,
    /// Pixels that points were added at, and not set yet.
    fresh: Vec<u32>,
    most: u32,
    /// The power of two that the tones are worked out for.
    toned: u32,
    /// Colours by level.
    tones: Vec<[u8; 4]>,
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
        let layers = Kind::ALL.map(|kind| {
            let tones = tones(kind, FULL_TONE * WHOLE, palette);
            let stamp = kind.stamp(radius);
            Layer {
                kind,
                stamp,
                weights: Vec::new(),
                fresh: Vec::new(),
                most: 0,
                toned: FULL_TONE * WHOLE,
                tones,
            }
        });
        let image = vec![0; width * height * 4];
        Self { width, height, palette: palette.clone(), layers, image, stale: true }
    }

    /// Forgets all points.
    pub fn clear(&mut self) {
        for layer in &mut self.layers {
            layer.weights.clear();
            layer.fresh.clear();
            layer.most = 0;
        }
        self.stale = true;
    }

    /// Adds a point; one beyond the edge lies at it.
    #[inline]
    pub fn add(&mut self, (x, y): (f64, f64), kind: Kind) {
        let column = (x as usize).min(self.width.saturating_sub(1));
        let row = (y as usize).min(self.height.saturating_sub(1));
        self.layers[kind as usize].fresh.push((row * self.width + column) as u32);
    }

    /// Sets what was added: until then each point is held.
    pub fn settle(&mut self) {
        self.layers.iter_mut().for_each(|layer| layer.set_all((self.width, self.height)));
        self.stale = true;
    }

    /// Tones what was added since the last time: the part of the image that changed.
    pub fn tone(&mut self) -> Option<Part> {
        if self.width == 0 || self.height == 0 {
            return None;
        }
        let fresh: usize = self.layers.iter().map(|layer| layer.fresh.len()).sum();
        if fresh > SET_ALONE_MAX || self.stale {
            self.settle();
        }
        let mut changed: Option<Part> = None;
        let mut around = Vec::with_capacity(fresh.min(SET_ALONE_MAX));
        let size = (self.width, self.height);
        for layer in &mut self.layers {
            for at in std::mem::take(&mut layer.fresh) {
                layer.set(at as usize, 1, size);
                around.push(Part::around(at as usize, layer.stamp.reach(), size));
            }
        }
        for layer in &mut self.layers {
            self.stale |= layer.retone(&self.palette);
        }
        if std::mem::take(&mut self.stale) {
            around = vec![Part { left: 0, top: 0, right: self.width, bottom: self.height }];
        }
        for part in around {
            self.tone_part(part);
            changed = Some(changed.map_or(part, |changed| changed.joined(part)));
        }
        changed
    }

    /// RGBA, row by row, as toned.
    pub fn image(&mut self) -> &mut [u8] {
        &mut self.image
    }

    /// The points alone, as a picture.
    #[cfg(feature = "ssr")]
    pub fn picture(&mut self) -> Pixels {
        self.tone();
        Pixels::from_bytes((self.width, self.height), self.image.clone())
    }

    /// Covers a picture with the points.
    #[cfg(feature = "ssr")]
    pub fn lay_on(&mut self, pixels: &mut Pixels) {
        self.tone();
        for (at, pixel) in self.image.chunks_exact(4).enumerate().filter(|(_, pixel)| pixel[3] > 0) {
            let place = ((at % self.width) as i32, (at / self.width) as i32);
            pixels.dot(place, Colour(pixel[0], pixel[1], pixel[2]), f64::from(pixel[3]) / 255.0);
        }
    }

    fn tone_part(&mut self, Part { left, top, right, bottom }: Part) {
        for row in top..bottom {
            let image = &mut self.image[(row * self.width + left) * 4..(row * self.width + right) * 4];
            let (image, _) = image.as_chunks_mut::<4>();
            let rows = self.layers.each_ref().map(|layer| layer.row(row, left..right, self.width));
            let [skipped, counted, failed] = rows;
            if counted.is_empty() {
                image.fill([0; 4]);
            }
            let tones = &self.layers[Kind::Counted as usize].tones;
            for (pixel, &weight) in image.iter_mut().zip(counted) {
                *pixel = tones[level(weight)];
            }
            // Few pixels have anything of the other kinds.
            for others in [skipped, failed] {
                for (at, _) in others.iter().enumerate().filter(|(_, weight)| **weight > 0) {
                    image[at] = self.layers.iter().zip(rows).fold([0; 4], |below, (layer, weights)| {
                        over(below, layer.tones[level(weights.get(at).copied().unwrap_or(0))])
                    });
                }
            }
        }
    }
}

impl Part {
    /// The pixels around one.
    fn around(at: usize, reach: usize, (width, height): (usize, usize)) -> Self {
        let (x, y) = (at % width, at / width);
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

impl Layer {
    /// Sets all that is fresh: pixel by pixel, and not point by point.
    fn set_all(&mut self, (width, height): (usize, usize)) {
        if self.fresh.is_empty() {
            return;
        }
        let mut centres = vec![0_u32; width * height];
        for at in std::mem::take(&mut self.fresh) {
            centres[at as usize] += 1;
        }
        for (at, &points) in centres.iter().enumerate().filter(|(_, points)| **points > 0) {
            self.set(at, points, (width, height));
        }
    }

    /// Sets points whose centre is a pixel.
    fn set(&mut self, at: usize, points: u32, (width, height): (usize, usize)) {
        let reach = self.stamp.reach();
        let stride = width + 2 * reach;
        if self.weights.is_empty() {
            self.weights = vec![0; stride * (height + 2 * reach)];
        }
        // The margin takes the stamp's reach off again.
        let corner = at / width * stride + at % width;
        for (row, weights) in self.stamp.rows().enumerate() {
            let begin = corner + row * stride;
            for (sum, weight) in self.weights[begin..begin + weights.len()].iter_mut().zip(weights) {
                *sum = sum.saturating_add(weight.saturating_mul(points));
            }
        }
        self.most = self.most.max(self.weights[corner + reach * stride + reach]);
    }

    /// The weights of some columns of a row; nothing where there are no points at all.
    fn row(&self, row: usize, columns: std::ops::Range<usize>, width: usize) -> &[u32] {
        let reach = self.stamp.reach();
        let begin = (row + reach) * (width + 2 * reach) + reach;
        self.weights.get(begin + columns.start..begin + columns.end).unwrap_or_default()
    }

    /// Works the tones out anew where the most grew by much; true where it did.
    fn retone(&mut self, palette: &Palette) -> bool {
        let most = self.most.checked_next_power_of_two().unwrap_or(u32::MAX).max(FULL_TONE * WHOLE);
        if most == self.toned {
            return false;
        }
        self.toned = most;
        self.tones = tones(self.kind, most, palette);
        self.kind == Kind::Counted
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
        let at = (y * SIZE.0 + x) * 4;
        [0, 1, 2, 3].map(|channel| density.image[at + channel])
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
        assert_eq!(pixel(&density, 10, 12), [10, 20, 30, 140]);
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
        assert!(whole.image.chunks(4).all(|pixel| pixel[3] == 0));
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
