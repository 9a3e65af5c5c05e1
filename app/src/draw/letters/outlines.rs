//! A TrueType glyph's outline: bytes of the `glyf` table in, contours out.

use std::iter;

use super::reader::Reader;

/// A point of a closed contour. Where two control points follow each other, the point between them is on the curve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Point {
    pub(super) x: f32,
    /// Upwards from the base line.
    pub(super) y: f32,
    pub(super) is_on_curve: bool,
}

/// Its points, in order.
pub(super) type Contour = Vec<Point>;

/// The contours of an outline, which may be made of other glyphs', found by their numbers.
pub(super) fn contours(mut outline: Reader, find: impl Fn(u16) -> Option<Reader>) -> Option<Vec<Contour>> {
    if outline.0.is_empty() {
        return Some(Vec::new());
    }
    match contours_announced(&mut outline)? {
        Some(contours) => simple(outline, contours),
        None => composite(outline, find),
    }
}

/// How many contours follow; `None` within where it is other glyphs that follow.
fn contours_announced(outline: &mut Reader) -> Option<Option<usize>> {
    let contours = outline.i16()?;
    // The box around it.
    outline.skip(8)?;
    Some(usize::try_from(contours).ok())
}

/// Bits of a composite glyph's part.
mod part {
    pub(super) const HAS_WORDS: u16 = 0x01;
    pub(super) const IS_MOVED: u16 = 0x02;
    pub(super) const MORE: u16 = 0x20;
    /// Scaled by one number, by two, or by four.
    pub(super) const IS_SCALED: u16 = 0x08 | 0x40 | 0x80;
}

/// Other glyphs, each moved. They are simple and keep their sizes in the fonts that there are.
fn composite(mut outline: Reader, find: impl Fn(u16) -> Option<Reader>) -> Option<Vec<Contour>> {
    let mut contours = Vec::new();
    loop {
        let flags = outline.u16()?;
        if flags & part::IS_MOVED == 0 || flags & part::IS_SCALED != 0 {
            return None;
        }
        let mut other = find(outline.u16()?)?;
        let (x, y): (f32, f32) = match flags & part::HAS_WORDS {
            0 => (outline.i8()?.into(), outline.i8()?.into()),
            _ => (outline.i16()?.into(), outline.i16()?.into()),
        };
        let parts = contours_announced(&mut other)??;
        let moved = |point: Point| Point { x: point.x + x, y: point.y + y, ..point };
        let parts = simple(other, parts)?.into_iter();
        contours.extend(parts.map(|contour| contour.into_iter().map(moved).collect::<Contour>()));
        if flags & part::MORE == 0 {
            return Some(contours);
        }
    }
}

/// Bits of a simple glyph's point.
mod point {
    pub(super) const ON_CURVE: u8 = 0x01;
    pub(super) const X_IS_SHORT: u8 = 0x02;
    pub(super) const Y_IS_SHORT: u8 = 0x04;
    pub(super) const REPEATS: u8 = 0x08;
    /// Of a short number that it is positive, of another that it is 0 and left out.
    pub(super) const X_IS_PLAIN: u8 = 0x10;
    pub(super) const Y_IS_PLAIN: u8 = 0x20;
}

fn simple(mut outline: Reader, contours: usize) -> Option<Vec<Contour>> {
    let ends = (0..contours).map(|_| outline.u16().map(usize::from)).collect::<Option<Vec<_>>>()?;
    let instructions = outline.u16()?;
    outline.skip(instructions.into())?;
    let points = ends.last().map_or(0, |end| end + 1);
    let mut flags = Vec::with_capacity(points);
    while flags.len() < points {
        let flag = outline.u8()?;
        let times = if flag & point::REPEATS == 0 { 1 } else { 1 + usize::from(outline.u8()?) };
        flags.extend(iter::repeat_n(flag, times));
    }
    let xs = coordinates(&flags[..points], point::X_IS_SHORT, point::X_IS_PLAIN, &mut outline)?;
    let ys = coordinates(&flags[..points], point::Y_IS_SHORT, point::Y_IS_PLAIN, &mut outline)?;
    let point = |at: usize| Point { x: xs[at], y: ys[at], is_on_curve: flags[at] & point::ON_CURVE != 0 };
    let mut begin = 0;
    let mut found = Vec::with_capacity(contours);
    for end in ends {
        found.push((begin..=end).map(point).collect());
        begin = end + 1;
    }
    Some(found)
}

/// Each is stored as the step from the one before.
fn coordinates(flags: &[u8], is_short: u8, is_plain: u8, outline: &mut Reader) -> Option<Vec<f32>> {
    let mut at = 0.0;
    let mut step = |flag: &u8| {
        at += match (flag & is_short != 0, flag & is_plain != 0) {
            (true, true) => f32::from(outline.u8()?),
            (true, false) => -f32::from(outline.u8()?),
            (false, true) => 0.0,
            (false, false) => outline.i16()?.into(),
        };
        Some(at)
    };
    flags.iter().map(&mut step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A contour of three points, the second one beside the curve, each number in another of the forms there are.
    const TRIANGLE: &[u8] = &[
        0,
        1,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0, // one contour, and its box
        0,
        2,
        0,
        1,
        99, // its last point, and one byte of instructions
        0x01 | 0x02 | 0x10 | 0x20,
        0x04,
        0x01 | 0x02 | 0x20, // the points' flags
        7,
        1,
        44,
        3, // x: 7, 7 + 300, 307 - 3
        5, // y: 0, -5, -5
    ];

    fn point(x: f32, y: f32, is_on_curve: bool) -> Point {
        Point { x, y, is_on_curve }
    }

    fn found(outline: &'static [u8]) -> Option<Vec<Contour>> {
        contours(Reader(outline), |glyph| (glyph == 258).then_some(Reader(TRIANGLE)))
    }

    #[test]
    fn a_simple_outline_is_read() {
        let expected = vec![point(7.0, 0.0, true), point(307.0, -5.0, false), point(304.0, -5.0, true)];
        assert_eq!(found(TRIANGLE), Some(vec![expected]));
        assert_eq!(found(&[]), Some(Vec::new()));
    }

    #[test]
    fn a_composite_outline_is_its_parts_moved() {
        let twice = found(&[
            255, 255, 0, 0, 0, 0, 0, 0, 0, 0, // other glyphs, and the box
            0, 0x22, 1, 2, 10, 255, // glyph 258, moved by 10 and -1; more follow
            0, 0x03, 1, 2, 1, 0, 0, 0, // glyph 258, moved by 256 and 0
        ]);
        let begins: Vec<Point> = twice.unwrap().iter().map(|contour| contour[0]).collect();
        assert_eq!(begins, [point(17.0, -1.0, true), point(263.0, 0.0, true)]);
    }

    #[test]
    fn what_is_cut_off_or_not_known_here_is_not_read() {
        for length in 1..TRIANGLE.len() {
            assert_eq!(found(&TRIANGLE[..length]), None, "{length} bytes");
        }
        // A part that is scaled, one that is placed by points, and one that is not there.
        assert_eq!(found(&[255, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x0a, 1, 2, 0, 0, 64, 0]), None);
        assert_eq!(found(&[255, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x00, 1, 2, 0, 0]), None);
        assert_eq!(found(&[255, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0, 9, 0, 0]), None);
    }
}
