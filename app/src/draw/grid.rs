//! Which point lies under the pointer: cells of one CSS pixel, each with the chain of its points.
//!
//! A point is added in constant time, and a search looks at cells and not at points: it takes as long among a million
//! as among ten.

/// No point.
const NONE: u32 = u32::MAX;

/// Points by cell, the last first.
#[derive(Debug, Default)]
pub struct Grid {
    cell: f64,
    columns: usize,
    rows: usize,
    heads: Vec<u32>,
    /// The point before each one in its cell.
    before: Vec<u32>,
}

impl Grid {
    /// An empty index of a canvas with cells of this side, in pixels.
    pub fn new((width, height): (usize, usize), cell: f64) -> Self {
        let cells = |side: usize| (side as f64 / cell).ceil() as usize + 1;
        let (columns, rows) = (cells(width), cells(height));
        Self { cell, columns, rows, heads: vec![NONE; columns * rows], before: Vec::new() }
    }

    /// Forgets all points.
    pub fn clear(&mut self) {
        self.heads.fill(NONE);
        self.before.clear();
    }

    /// The side of a cell, in pixels.
    pub fn cell(&self) -> f64 {
        self.cell
    }

    /// Points held.
    pub fn len(&self) -> usize {
        self.before.len()
    }

    /// No points.
    pub fn is_empty(&self) -> bool {
        self.before.is_empty()
    }

    /// Adds the next point, or leaves it out; its number is how many there were.
    pub fn push(&mut self, place: Option<(f64, f64)>) {
        let number = self.before.len() as u32;
        let head = place.and_then(|place| self.cell_at(place)).and_then(|cell| self.heads.get_mut(cell));
        self.before.push(head.map_or(NONE, |head| std::mem::replace(head, number)));
    }

    /// The points in the cell of a position, the last first.
    pub fn at(&self, place: (f64, f64)) -> impl Iterator<Item = usize> {
        let head = self.cell_at(place).and_then(|cell| self.heads.get(cell)).copied();
        let held = |number: u32| (number != NONE).then_some(number as usize);
        std::iter::successors(head.and_then(held), move |&number| held(self.before[number]))
    }

    /// The nearest of the cells' last points within `reach` pixels.
    pub fn nearest(
        &self,
        (x, y): (f64, f64),
        reach: f64,
        place: impl Fn(usize) -> (f64, f64),
    ) -> Option<usize> {
        let (column, row) = ((x / self.cell).floor() as i64, (y / self.cell).floor() as i64);
        let mut best = (reach * reach, None);
        for ring in 0..=(reach / self.cell).ceil() as i64 {
            // Nothing in this ring is nearer than its inner edge.
            let inner = (ring - 1).max(0) as f64 * self.cell;
            if inner * inner > best.0 {
                break;
            }
            for (dx, dy) in around(ring) {
                let Some(number) = self.last_of(column + dx, row + dy) else { continue };
                let (px, py) = place(number);
                let distance = (px - x).powi(2) + (py - y).powi(2);
                if distance < best.0 || (distance == best.0 && best.1 < Some(number)) {
                    best = (distance, Some(number));
                }
            }
        }
        best.1
    }

    fn last_of(&self, column: i64, row: i64) -> Option<usize> {
        let column = usize::try_from(column).ok().filter(|&column| column < self.columns)?;
        let row = usize::try_from(row).ok().filter(|&row| row < self.rows)?;
        let number = self.heads[row * self.columns + column];
        (number != NONE).then_some(number as usize)
    }

    fn cell_at(&self, (x, y): (f64, f64)) -> Option<usize> {
        let (column, row) = ((x / self.cell).floor(), (y / self.cell).floor());
        let inside = column >= 0.0 && row >= 0.0 && column < self.columns as f64 && row < self.rows as f64;
        inside.then(|| row as usize * self.columns + column as usize)
    }
}

/// The cells around one, this many steps away.
fn around(ring: i64) -> impl Iterator<Item = (i64, i64)> {
    let ends = (-ring..=ring).flat_map(move |dx| [(dx, -ring), (dx, ring)]);
    let sides = (1 - ring..ring).flat_map(move |dy| [(-ring, dy), (ring, dy)]);
    ends.chain(sides)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACES: [(f64, f64); 5] = [(10.0, 10.0), (20.0, 10.0), (99.9, 99.9), (20.0, 10.0), (20.4, 10.4)];

    fn grid() -> Grid {
        let mut grid = Grid::new((100, 100), 1.0);
        PLACES.iter().for_each(|&place| grid.push(Some(place)));
        grid
    }

    #[track_caller]
    fn check(place: (f64, f64), expected: Option<usize>) {
        assert_eq!(grid().nearest(place, 12.0, |number| PLACES[number]), expected);
    }

    #[test]
    fn the_nearest_point_is_found_across_cells() {
        check((12.0, 10.0), Some(0));
        check((17.0, 11.0), Some(4));
        check((95.0, 95.0), Some(2));
        check((50.0, 50.0), None);
        check((0.0, 0.0), None);
        check((-50.0, 1e9), None);
    }

    #[test]
    fn a_search_agrees_with_looking_at_every_point() {
        let places: Vec<(f64, f64)> = (0..500_u32)
            .map(|n| (f64::from(n * 7_919 % 997) / 10.0, f64::from(n * 104_729 % 991) / 10.0))
            .collect();
        let mut grid = Grid::new((100, 100), 0.05);
        places.iter().for_each(|&place| grid.push(Some(place)));
        for n in 0..200_u32 {
            let (x, y) = (f64::from(n * 31 % 100), f64::from(n * 17 % 100));
            let distance = |number: usize| (places[number].0 - x).powi(2) + (places[number].1 - y).powi(2);
            let nearest =
                (0..places.len()).map(distance).filter(|&distance| distance <= 4.0).min_by(f64::total_cmp);
            let found = grid.nearest((x, y), 2.0, |number| places[number]).map(distance);
            assert_eq!(found, nearest, "at {x}, {y}");
        }
    }

    #[test]
    fn points_of_a_cell_are_told_the_last_first() {
        let grid = grid();
        assert_eq!(grid.at((20.9, 10.9)).collect::<Vec<_>>(), [4, 3, 1]);
        assert_eq!(grid.at((21.0, 10.0)).count() + grid.at((-1.0, 1e300)).count(), 0);
    }

    #[test]
    fn a_point_that_is_left_out_keeps_its_number() {
        let mut grid = Grid::new((100, 100), 1.0);
        grid.push(None);
        grid.push(Some((0.0, 0.0)));
        assert_eq!((grid.at((0.5, 0.5)).next(), grid.len()), (Some(1), 2));
        grid.clear();
        assert!(grid.is_empty() && grid.at((0.0, 0.0)).next().is_none());
    }
}
