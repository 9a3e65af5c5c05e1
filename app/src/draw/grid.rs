//! Which point lies under the pointer: an index of 8-pixel cells.

/// The side of a cell, in device pixels.
const CELL: f64 = 8.0;

/// Places by cell.
#[derive(Debug, Default)]
pub struct Grid {
    columns: usize,
    cells: Vec<Vec<u32>>,
    places: Vec<(f32, f32)>,
}

impl Grid {
    /// An empty index of a canvas.
    pub fn new(width: f64, height: f64) -> Self {
        let columns = (width / CELL).ceil() as usize + 1;
        let rows = (height / CELL).ceil() as usize + 1;
        Self { columns, cells: vec![Vec::new(); columns * rows], places: Vec::new() }
    }

    /// Adds the next point; its number is how many there were.
    pub fn push(&mut self, (x, y): (f64, f64)) {
        let number = self.places.len() as u32;
        self.places.push((x as f32, y as f32));
        let cell = (y / CELL) as usize * self.columns + (x / CELL) as usize;
        if let Some(cell) = self.cells.get_mut(cell) {
            cell.push(number);
        }
    }

    /// Leaves out the next point, whose number is taken all the same.
    pub fn skip(&mut self) {
        self.places.push((f32::NAN, f32::NAN));
    }

    /// Points held.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// No points.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Where a point lies, if it is shown.
    pub fn place(&self, number: usize) -> Option<(f64, f64)> {
        self.places.get(number).filter(|(x, _)| !x.is_nan()).map(|&(x, y)| (f64::from(x), f64::from(y)))
    }

    /// The nearest point within `reach` pixels; of points in one place, the last.
    pub fn nearest(&self, x: f64, y: f64, reach: f64) -> Option<usize> {
        let around =
            |at: f64| ((at - reach).max(0.0) / CELL) as usize..=((at + reach).max(0.0) / CELL) as usize;
        let mut best = (reach * reach, None);
        for row in around(y) {
            for column in around(x).filter(|&column| column < self.columns) {
                for &number in self.cells.get(row * self.columns + column).into_iter().flatten() {
                    let (px, py) = self.places[number as usize];
                    let distance = (f64::from(px) - x).powi(2) + (f64::from(py) - y).powi(2);
                    if distance <= best.0 {
                        best = (distance, Some(number as usize));
                    }
                }
            }
        }
        best.1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(x: f64, y: f64, expected: Option<usize>) {
        let mut grid = Grid::new(100.0, 100.0);
        for place in [(10.0, 10.0), (20.0, 10.0), (99.9, 99.9), (20.0, 10.0)] {
            grid.push(place);
        }
        assert_eq!(grid.nearest(x, y, 12.0), expected);
    }

    #[test]
    fn the_nearest_point_is_found_across_cells() {
        check(12.0, 10.0, Some(0));
        check(17.0, 11.0, Some(3));
        check(95.0, 95.0, Some(2));
        check(50.0, 50.0, None);
        check(0.0, 0.0, None);
        check(-50.0, 1e9, None);
    }

    #[test]
    fn a_point_that_is_left_out_keeps_its_number() {
        let mut grid = Grid::new(100.0, 100.0);
        grid.skip();
        grid.push((0.0, 0.0));
        assert_eq!((grid.nearest(0.0, 0.0, 12.0), grid.len()), (Some(1), 2));
        assert_eq!((grid.place(0), grid.place(1)), (None, Some((0.0, 0.0))));
    }
}
