//! The weights of one kind of points: how much each adds to the pixels around it.

use crate::draw::palette::Palette;
use crate::draw::stamp::{Stamp, WHOLE};
use crate::draw::tone::{FULL_TONE, Kind, Tones};

/// The canvas within a margin as wide as any point reaches: weights have no edges to mind.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) margin: usize,
    pub(super) stride: usize,
}

/// The points of one kind.
#[derive(Debug)]
pub(super) struct Layer {
    kind: Kind,
    pub(super) reach: usize,
    /// The weights of a point on the pixels around it.
    pub(super) cells: Vec<Cell>,
    /// Weights, margin included; none before the first point.
    pub(super) weights: Vec<u32>,
    /// Indices in `weights` that points were added at, and not set yet.
    pub(super) fresh: Vec<u32>,
    pub(super) most: u32,
    /// The power of two that the tones are worked out for.
    toned: u32,
    pub(super) tones: Tones,
}

/// A pixel of a point, from the upper left corner of all of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cell {
    pub(super) in_weights: u32,
    pub(super) in_image: u32,
    pub(super) weight: u32,
}

impl Frame {
    /// A pixel's index in the weights.
    #[inline]
    pub(super) fn at(self, row: usize, column: usize) -> usize {
        (row + self.margin) * self.stride + self.margin + column
    }
}

impl Layer {
    pub(super) fn new(kind: Kind, stamp: &Stamp, frame: Frame, palette: &Palette) -> Self {
        let cell = |row: usize, column: usize, weight: u32| Cell {
            in_weights: (row * frame.stride + column) as u32,
            in_image: (row * frame.width + column) as u32,
            weight,
        };
        let rows = stamp.rows().enumerate();
        let cells = rows.flat_map(|(row, weights)| {
            weights.iter().enumerate().map(move |(column, &weight)| cell(row, column, weight))
        });
        Self {
            kind,
            reach: stamp.reach(),
            cells: cells.filter(|cell| cell.weight > 0).collect(),
            weights: Vec::new(),
            fresh: Vec::new(),
            most: 0,
            toned: FULL_TONE * WHOLE,
            tones: Tones::new(kind, FULL_TONE * WHOLE, palette),
        }
    }

    /// The weight of a pixel, by its index.
    #[inline(always)]
    pub(super) fn weight(&self, at: usize) -> u32 {
        if at < self.weights.len() { self.weights[at] } else { 0 }
    }

    /// The weights of so many pixels from an index on; empty where there are none.
    pub(super) fn row(&self, begin: usize, width: usize) -> &[u32] {
        if self.weights.is_empty() { &[] } else { &self.weights[begin..begin + width] }
    }

    /// Sets what is fresh, point by point; the points.
    pub(super) fn set_fresh(&mut self, frame: Frame) -> Vec<u32> {
        let fresh = std::mem::take(&mut self.fresh);
        if !fresh.is_empty() {
            self.make_room(frame);
        }
        for &at in &fresh {
            self.set(at as usize, 1, frame);
        }
        fresh
    }

    /// Sets all that is fresh; where it is much, pixel by pixel and not point by point.
    pub(super) fn set_all(&mut self, frame: Frame) {
        if self.fresh.len() < frame.width * frame.height / 4 {
            self.fresh = self.set_fresh(frame);
        } else {
            self.make_room(frame);
            let mut centres = vec![0_u32; self.weights.len()];
            for &at in &self.fresh {
                centres[at as usize] += 1;
            }
            for (at, &points) in centres.iter().enumerate().filter(|(_, points)| **points > 0) {
                self.set(at, points, frame);
            }
        }
        self.fresh.clear();
    }

    fn make_room(&mut self, Frame { height, margin, stride, .. }: Frame) {
        if self.weights.is_empty() {
            self.weights = vec![0; stride * (height + 2 * margin)];
        }
    }

    /// Sets points whose centre is a pixel: 200 million on one are as many as a weight holds.
    #[inline(always)]
    fn set(&mut self, centre: usize, points: u32, frame: Frame) {
        let corner = centre - self.reach * frame.stride - self.reach;
        for cell in &self.cells {
            self.weights[corner + cell.in_weights as usize] += cell.weight * points;
        }
        self.most = self.most.max(self.weights[centre]);
    }

    /// Works the tones out again where the most grew by much; true where it did.
    pub(super) fn retone(&mut self, palette: &Palette) -> bool {
        let most = self.most.checked_next_power_of_two().unwrap_or(u32::MAX).max(FULL_TONE * WHOLE);
        if most == self.toned {
            return false;
        }
        self.toned = most;
        self.tones = Tones::new(self.kind, most, palette);
        self.kind == Kind::Counted
    }
}
