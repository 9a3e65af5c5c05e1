//! From one point to the nearest in a direction, for those who go through the plot by keys.
//!
//! The points in a rectangle are asked of the plot's index, in growing rectangles, so that a step costs what
//! is near.

use crate::draw::gesture::Place;

/// How far is looked first, in CSS pixels; twice as far each time that nothing is found.
const REACH_FIRST: f64 = 8.0;
/// Points closer than this count as one.
const APART: f64 = 0.5;
/// Distance aside counts so much more than distance ahead.
const ASIDE: f64 = 2.0;

/// Where to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// To the left.
    Left,
    /// To the right.
    Right,
    /// Up.
    Up,
    /// Down.
    Down,
}

impl Direction {
    /// How far ahead, and how far aside, a position lies.
    fn of(self, from: Place, to: Place) -> (f64, f64) {
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        match self {
            Self::Left => (-dx, dy.abs()),
            Self::Right => (dx, dy.abs()),
            Self::Up => (-dy, dx.abs()),
            Self::Down => (dy, dx.abs()),
        }
    }

    /// The corners of the rectangle that is no more than so far ahead and so far aside.
    fn ahead(self, (x, y): Place, ahead: f64, aside: f64) -> (Place, Place) {
        match self {
            Self::Left => ((x - ahead, y - aside), (x, y + aside)),
            Self::Right => ((x, y - aside), (x + ahead, y + aside)),
            Self::Up => ((x - aside, y - ahead), (x + aside, y)),
            Self::Down => ((x - aside, y), (x + aside, y + ahead)),
        }
    }
}

/// The nearest point from a position on: the nearest straight ahead, or where there is none, of all that lie
/// further on. `inside` finds the points between two corners, `across` is how large the plot is.
pub fn next(
    from: Place,
    direction: Direction,
    across: f64,
    inside: impl Fn(Place, Place) -> Vec<(u32, Place)>,
) -> Option<u32> {
    let search = |aside_of: fn(f64, f64) -> f64| {
        let mut reach = REACH_FIRST;
        loop {
            let aside = aside_of(reach, across);
            let (upper, lower) = direction.ahead(from, reach, aside);
            let points = inside(upper, lower).into_iter();
            let costs = points.filter_map(|(number, place)| {
                let (ahead, beside) = direction.of(from, place);
                let is_there = ahead > APART && beside <= aside_of(ahead, across);
                is_there.then_some((ahead + ASIDE * beside, number))
            });
            let nearest = costs.min_by(|one, other| one.0.total_cmp(&other.0).then(other.1.cmp(&one.1)));
            match nearest {
                // What lies further ahead costs more than `reach`.
                Some((cost, number)) if cost <= reach || reach > across => return Some(number),
                None if reach > across => return None,
                _ => reach *= 2.0,
            }
        }
    };
    search(|ahead, _| ahead).or_else(|| search(|_, across| across))
}

#[cfg(test)]
mod tests {
    use super::*;
    use Direction::{Down, Left, Right, Up};

    const POINTS: [Place; 7] =
        [(50.0, 50.0), (60.0, 52.0), (58.0, 58.0), (50.0, 20.0), (200.0, 49.0), (50.0, 50.2), (10.0, 300.0)];

    fn inside(upper: Place, lower: Place) -> Vec<(u32, Place)> {
        let held =
            |place: Place| (upper.0..=lower.0).contains(&place.0) && (upper.1..=lower.1).contains(&place.1);
        (0..).zip(POINTS).filter(|(_, place)| held(*place)).collect()
    }

    #[track_caller]
    fn check(from: usize, direction: Direction, expected: Option<u32>) {
        assert_eq!(next(POINTS[from], direction, 400.0, inside), expected);
    }

    #[test]
    fn arrows_go_to_the_nearest_point_in_their_direction() {
        check(0, Right, Some(1));
        check(1, Right, Some(4));
        check(4, Right, None);
        check(4, Left, Some(1));
        check(1, Left, Some(5));
        check(0, Up, Some(3));
        check(3, Up, None);
        check(3, Down, Some(0));
    }

    #[test]
    fn what_lies_aside_is_reached_where_nothing_lies_ahead() {
        check(0, Down, Some(2));
        check(2, Down, Some(6));
        check(6, Up, Some(5));
        check(0, Left, Some(6));
    }

    #[test]
    fn a_step_among_many_points_asks_for_few() {
        let asked = std::cell::Cell::new(0);
        let many = |upper: Place, lower: Place| {
            let columns = upper.0.max(0.0).ceil() as u32..=lower.0.min(999.0).floor() as u32;
            let rows = upper.1.max(0.0).ceil() as u32..=lower.1.min(999.0).floor() as u32;
            let place = |x: u32, y: u32| (y * 1_000 + x, (f64::from(x), f64::from(y)));
            let points: Vec<_> = rows.flat_map(|y| columns.clone().map(move |x| place(x, y))).collect();
            asked.set(asked.get() + points.len());
            points
        };
        assert_eq!(next((500.0, 500.0), Right, 1_000.0, many), Some(500_501));
        assert!(asked.get() < 200, "{}", asked.get());
    }
}
