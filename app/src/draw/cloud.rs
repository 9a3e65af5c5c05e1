//! A run's points: where each lies on the axes, and the pixels and the index that they are set into.
//!
//! Coordinates are worked out once for a choice of axes; another part of the same axes only moves them, which
//! takes a million points some tens of milliseconds.

use crate::draw::density::Density;
use crate::draw::grid::Grid;
use crate::draw::measure::Numbers;
use crate::draw::palette::Palette;
use crate::draw::projection::{Area, Projection};
use crate::draw::scale::Scale;
use crate::draw::tone::Kind;
use crate::draw::view::{Axes, View};

/// How large a cloud and its points are, in device pixels.
#[derive(Clone, Copy, Debug)]
pub struct Extent {
    /// Width and height of the canvas.
    pub size: (usize, usize),
    /// Where the axes lie.
    pub area: Area,
    /// Radius of a point.
    pub radius: f64,
    /// Side of a CSS pixel, within which all positions of the pointer count as one.
    pub cell: f64,
}

/// The points of a plot.
#[derive(Debug)]
pub struct Cloud {
    view: View,
    area: Area,
    /// Scales that hold every point.
    whole: (Scale, Scale),
    /// The part that is shown: the whole, or the part that the view chose.
    projection: Projection,
    coordinates: Vec<(f64, f64)>,
    kinds: Vec<Kind>,
    density: Density,
    grid: Grid,
    /// Points that are set.
    drawn: usize,
}

impl Cloud {
    /// No points yet.
    pub fn new(extent: Extent, view: View, palette: &Palette) -> Self {
        let (whole, projection) = scales(view, extent.area);
        Self {
            view,
            area: extent.area,
            whole,
            projection,
            coordinates: Vec::new(),
            kinds: Vec::new(),
            density: Density::new(extent.size, extent.radius, palette),
            grid: Grid::new(extent.size, extent.cell),
            drawn: 0,
        }
    }

    /// The part that is shown, and where.
    pub fn projection(&self) -> &Projection {
        &self.projection
    }

    /// Scales that would hold every point, across and up.
    pub fn whole(&self) -> (Scale, Scale) {
        self.whole
    }

    /// The axes.
    pub fn axes(&self) -> Axes {
        self.view.axes
    }

    /// Points held.
    pub fn len(&self) -> usize {
        self.kinds.len()
    }

    /// No points.
    pub fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }

    /// Points that are set.
    pub fn drawn(&self) -> usize {
        self.drawn
    }

    /// Forgets all points.
    pub fn clear(&mut self) {
        (self.whole, self.projection) = scales(self.view, self.area);
        self.coordinates.clear();
        self.kinds.clear();
        self.unset();
    }

    /// Shows another part of the axes, or other axes: other axes need all points taken again.
    pub fn look(&mut self, view: View) {
        let same_axes = view.axes == self.view.axes;
        self.view = view;
        if same_axes {
            let whole = self.whole;
            (_, self.projection) = scales(view, self.area);
            self.projection = Projection {
                x: if self.projection.x.is_chosen() { self.projection.x } else { whole.0 },
                y: if self.projection.y.is_chosen() { self.projection.y } else { whole.1 },
                area: self.area,
            };
            self.unset();
        } else {
            self.clear();
        }
    }

    /// Takes the next points; true where they moved those before.
    pub fn take(&mut self, numbers: &[Numbers]) -> bool {
        let Axes { x: across, y: up, .. } = self.view.axes;
        let mut outgrown = false;
        for numbers in numbers {
            let x = self.whole.0.coordinate(across.of(numbers));
            let y = self.whole.1.coordinate(up.of(numbers));
            let _ = (self.whole.0.grow_to(x), self.whole.1.grow_to(y));
            outgrown |= self.projection.grow_to(x, y);
            self.coordinates.push((x, y));
            self.kinds.push(Kind::from(numbers.state));
        }
        if outgrown {
            self.unset();
        }
        outgrown
    }

    /// Sets the next `many` points.
    pub fn draw(&mut self, many: usize) {
        let placing = self.projection.placing();
        let end = self.len().min(self.drawn.saturating_add(many));
        let points = self.coordinates[self.drawn..end].iter().zip(&self.kinds[self.drawn..end]);
        for (&(x, y), &kind) in points {
            if placing.shows(x, y) {
                self.density.add(placing.place(x, y), kind);
            }
        }
        self.drawn = end;
    }

    /// The pixels.
    pub fn density(&mut self) -> &mut Density {
        &mut self.density
    }

    /// Where a point lies; `None` while it is not set, or not in what is shown.
    pub fn place(&self, number: usize) -> Option<(f64, f64)> {
        let &(x, y) = self.coordinates.get(number).filter(|_| number < self.drawn)?;
        let placing = self.projection.placing();
        placing.shows(x, y).then(|| placing.place(x, y))
    }

    /// The index of the points that are set, brought up to date.
    pub fn grid(&mut self) -> &Grid {
        let placing = self.projection.placing();
        for &(x, y) in &self.coordinates[self.grid.len()..self.drawn] {
            self.grid.push(placing.shows(x, y).then(|| placing.place(x, y)));
        }
        &self.grid
    }

    /// The point that is nearest to a position, within `reach`.
    pub fn nearest(&mut self, place: (f64, f64), reach: f64) -> Option<usize> {
        self.grid();
        let placing = self.projection.placing();
        self.grid.nearest(place, reach, |number| {
            let (x, y) = self.coordinates[number];
            placing.place(x, y)
        })
    }

    /// The points in a part of the canvas, edges included, in order.
    pub fn inside(&self, part: Area) -> Vec<u32> {
        let placing = self.projection.placing();
        let (right, bottom) = (part.left + part.width, part.top + part.height);
        let is_inside = |&(x, y): &(f64, f64)| {
            let (px, py) = placing.place(x, y);
            placing.shows(x, y) && part.left <= px && px <= right && part.top <= py && py <= bottom
        };
        let set = self.coordinates[..self.drawn].iter().enumerate();
        set.filter(|(_, point)| is_inside(point)).map(|(number, _)| number as u32).collect()
    }

    /// The last point of each of the index' cells in a part of the canvas, and where it lies.
    pub fn tops(&self, part: Area) -> Vec<(u32, (f64, f64))> {
        let Area { left, top, width, height } = self.area;
        let cell = self.grid.cell();
        let cells = |begin: f64, length: f64, (low, high): (f64, f64)| {
            (begin.max(low) / cell) as usize..=((begin + length).min(high) / cell).max(0.0) as usize
        };
        let columns = cells(part.left, part.width, (left, left + width));
        let rows = cells(part.top, part.height, (top, top + height));
        let middles = rows.flat_map(|row| {
            columns.clone().map(move |column| ((column as f64 + 0.5) * cell, (row as f64 + 0.5) * cell))
        });
        let tops = middles.filter_map(|middle| self.grid.at(middle).next());
        tops.filter_map(|number| Some((number as u32, self.place(number)?))).collect()
    }

    fn unset(&mut self) {
        self.density.clear();
        self.grid.clear();
        self.drawn = 0;
    }
}

fn scales(view: View, area: Area) -> ((Scale, Scale), Projection) {
    let Axes { x: across, y: up, division } = view.axes;
    let whole = (Scale::new(division, across, None), Scale::new(division, up, None));
    let (x, y) = (Scale::new(division, across, view.x), Scale::new(division, up, view.y));
    (whole, Projection { x, y, area })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draw::scale::Division;
    use crate::draw::view::Window;
    use wire::row::State;

    fn numbers(words: u64, bytes_in: u64) -> Numbers {
        Numbers {
            words,
            lines: 1,
            bytes_in,
            bytes_out: 9,
            duration_ms: 1,
            state: State::Counted,
            reason: None,
        }
    }

    fn cloud() -> Cloud {
        let area = Area { left: 0.0, top: 0.0, width: 100.0, height: 100.0 };
        let extent = Extent { size: (101, 101), area, radius: 2.0, cell: 1.0 };
        let axes = Axes { division: Division::Linear, ..Axes::default() };
        let mut cloud = Cloud::new(extent, View { axes, ..View::default() }, &Palette::default());
        assert!(cloud.take(&[numbers(2, 2), numbers(8, 4), numbers(4, 8)]));
        cloud.draw(usize::MAX);
        cloud
    }

    #[test]
    fn points_move_when_the_axes_grow() {
        let mut cloud = cloud();
        assert_eq!(cloud.place(0), Some((25.0, 75.0)));
        assert_eq!(cloud.nearest((52.0, 1.0), 12.0), Some(1));
        assert!(!cloud.take(&[numbers(0, 0)]));
        assert!(cloud.take(&[numbers(16, 16)]));
        assert_eq!((cloud.drawn(), cloud.place(0)), (0, None));
        cloud.draw(4);
        assert_eq!((cloud.drawn(), cloud.place(0), cloud.place(4)), (4, Some((10.0, 90.0)), None));
        assert_eq!(cloud.nearest((52.0, 1.0), 12.0), None);
    }

    #[test]
    fn another_look_places_the_same_points() {
        let mut cloud = cloud();
        let view = View { x: Window::new(3.0, 8.0), ..cloud.view };
        cloud.look(view);
        cloud.draw(usize::MAX);
        assert_eq!((cloud.place(0), cloud.place(2)), (None, Some((100.0, 50.0))));
        assert_eq!(cloud.inside(Area { left: 0.0, top: 0.0, width: 50.0, height: 50.0 }), [1]);
        cloud.grid();
        assert_eq!(
            cloud.tops(Area { left: -9.0, top: -9.0, width: 50.0, height: 999.0 }),
            [(1, (20.0, 0.0))]
        );
        cloud.look(View { x: None, ..view });
        cloud.draw(usize::MAX);
        assert_eq!(cloud.place(0), Some((25.0, 75.0)));
        assert_eq!(cloud.inside(Area { left: 0.0, top: 0.0, width: 100.0, height: 100.0 }), [0, 1, 2]);
    }

    #[test]
    fn other_axes_take_the_points_anew() {
        let mut cloud = cloud();
        cloud.look(View::default());
        assert!(cloud.is_empty() && cloud.place(0).is_none());
    }
}
