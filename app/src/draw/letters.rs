//! Text as pixels, by the one font that the program brings along: servers have none to rely on.

mod font;
mod outlines;
mod reader;

use std::sync::LazyLock;

use ab_glyph_rasterizer::{Point as Place, Rasterizer, point as place};
use damascene_fonts_roboto::{ROBOTO_MEDIUM, ROBOTO_REGULAR};

use self::font::Font;
use self::outlines::{Contour, Point};

/// How thick letters are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// For labels.
    Regular,
    /// For titles.
    Medium,
}

static REGULAR: LazyLock<Font> = LazyLock::new(|| font(ROBOTO_REGULAR));
static MEDIUM: LazyLock<Font> = LazyLock::new(|| font(ROBOTO_MEDIUM));

fn font(bytes: &'static [u8]) -> Font {
    Font::read(bytes).expect("the font that comes with the program is one")
}

/// A line of text of one size.
#[derive(Clone, Copy, Debug)]
pub struct Letters<'a> {
    /// The text.
    pub text: &'a str,
    /// Its font size, in pixels: the em, as in CSS.
    pub em_px: f64,
    /// How thick it is.
    pub weight: Weight,
}

impl Letters<'_> {
    /// How wide it is, in pixels.
    pub fn width(&self) -> f64 {
        self.walk(|_, _| ())
    }

    /// The height of its capitals, in pixels.
    pub fn height(&self) -> f64 {
        // The font's own proportion.
        self.em_px * 0.711
    }

    /// Visits the pixels that it covers, from the left end of its base line, with the share of each.
    pub fn draw(&self, mut cover: impl FnMut((i32, i32), f64)) {
        let (font, scale) = (self.font(), self.scale());
        self.walk(|glyph, x| {
            let mut contours = font.contours(glyph).expect("a test reads every glyph of the fonts");
            for point in contours.iter_mut().flatten() {
                (point.x, point.y) = (x + point.x * scale, -point.y * scale);
            }
            fill(&contours, &mut cover);
        });
    }

    /// Visits its glyphs, each with its position on the base line; returns where the last one ends.
    fn walk(&self, mut visit: impl FnMut(u16, f32)) -> f64 {
        let (font, scale) = (self.font(), self.scale());
        let mut x = 0.0;
        for letter in self.text.chars() {
            let glyph = font.glyph(letter);
            visit(glyph, x);
            x += font.advance(glyph) * scale;
        }
        f64::from(x)
    }

    fn font(&self) -> &'static Font {
        match self.weight {
            Weight::Regular => &REGULAR,
            Weight::Medium => &MEDIUM,
        }
    }

    /// Pixels to a unit of the font.
    fn scale(&self) -> f32 {
        self.em_px as f32 / self.font().units_per_em
    }
}

/// Visits the pixels within contours, with the share of each that is covered.
fn fill(contours: &[Contour], cover: &mut impl FnMut((i32, i32), f64)) {
    let points = || contours.iter().flatten();
    let (left, top) = points().fold((f32::MAX, f32::MAX), |(x, y), point| (x.min(point.x), y.min(point.y)));
    let (right, bottom) =
        points().fold((f32::MIN, f32::MIN), |(x, y), point| (x.max(point.x), y.max(point.y)));
    if left > right {
        return;
    }
    let (left, top) = (left.floor(), top.floor());
    let (width, height) = ((right.ceil() - left) as usize, (bottom.ceil() - top) as usize);
    let mut rasterizer = Rasterizer::new(width, height);
    for contour in contours {
        trace(contour, place(left, top), &mut rasterizer);
    }
    rasterizer.for_each_pixel_2d(|column, row, amount| {
        let pixel = (left as i32 + column as i32, top as i32 + row as i32);
        cover(pixel, f64::from(amount.min(1.0)));
    });
}

/// Draws a contour's lines and curves, from this corner on.
fn trace(contour: &[Point], corner: Place, rasterizer: &mut Rasterizer) {
    let (Some(first), Some(last)) = (contour.first(), contour.last()) else { return };
    let start = if first.is_on_curve {
        *first
    } else if last.is_on_curve {
        *last
    } else {
        between(first, last)
    };
    let at = |point: &Point| place(point.x, point.y) - corner;
    let (mut from, mut control) = (start, None::<Point>);
    for &point in contour.iter().chain([&start]) {
        match (control, point.is_on_curve) {
            (None, true) => {
                rasterizer.draw_line(at(&from), at(&point));
                from = point;
            }
            (None, false) => control = Some(point),
            (Some(middle), true) => {
                rasterizer.draw_quad(at(&from), at(&middle), at(&point));
                (from, control) = (point, None);
            }
            (Some(middle), false) => {
                let joint = between(&middle, &point);
                rasterizer.draw_quad(at(&from), at(&middle), at(&joint));
                (from, control) = (joint, Some(point));
            }
        }
    }
}

/// The point on the curve between two control points.
fn between(one: &Point, other: &Point) -> Point {
    Point { x: (one.x + other.x) / 2.0, y: (one.y + other.y) / 2.0, is_on_curve: true }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letters(text: &str) -> Letters<'_> {
        Letters { text, em_px: 20.0, weight: Weight::Regular }
    }

    #[test]
    fn text_is_as_wide_as_its_letters() {
        assert_eq!(letters("").width(), 0.0);
        assert!(letters("mm").width() > 2.0 * letters("l").width());
        assert!((letters("00").width() - 2.0 * letters("0").width()).abs() < 0.01);
    }

    #[test]
    fn letters_stand_on_the_base_line() {
        let (mut top, mut bottom, mut right) = (0, i32::MIN, 0);
        letters("HE").draw(|(x, y), amount| {
            if amount > 0.5 {
                (top, bottom, right) = (top.min(y), bottom.max(y), right.max(x));
            }
        });
        assert_eq!((top, bottom), (-14, -1));
        assert!(f64::from(right) < letters("HE").width());
    }
}
