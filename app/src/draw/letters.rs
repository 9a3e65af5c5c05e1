//! Text as pixels, by the one font that the program brings along: servers have none to rely on.

use std::sync::LazyLock;

use ab_glyph::{Font, FontRef, GlyphId, PxScale, ScaleFont, point};
use damascene_fonts_roboto::{ROBOTO_MEDIUM, ROBOTO_REGULAR};

/// How thick letters are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// For labels.
    Regular,
    /// For titles.
    Medium,
}

static REGULAR: LazyLock<FontRef<'static>> = LazyLock::new(|| font(ROBOTO_REGULAR));
static MEDIUM: LazyLock<FontRef<'static>> = LazyLock::new(|| font(ROBOTO_MEDIUM));

fn font(bytes: &'static [u8]) -> FontRef<'static> {
    FontRef::try_from_slice(bytes).expect("the font that comes with the program is one")
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

    /// Tells which pixels it covers, from the left end of its base line, and how much of each.
    pub fn draw(&self, mut cover: impl FnMut((i32, i32), f64)) {
        let (font, scale) = (self.font(), self.scale());
        self.walk(|glyph, x| {
            let glyph = glyph.with_scale_and_position(scale, point(x, 0.0));
            let Some(outline) = font.outline_glyph(glyph) else { return };
            let bounds = outline.px_bounds();
            outline.draw(|column, row, amount| {
                let place = (bounds.min.x as i32 + column as i32, bounds.min.y as i32 + row as i32);
                cover(place, f64::from(amount.min(1.0)));
            });
        });
    }

    /// Goes from glyph to glyph, and tells where the last one ends.
    fn walk(&self, mut visit: impl FnMut(GlyphId, f32)) -> f64 {
        let font = self.font().as_scaled(self.scale());
        let (mut x, mut before) = (0.0, None);
        for letter in self.text.chars() {
            let glyph = font.glyph_id(letter);
            x += before.map_or(0.0, |before| font.kern(before, glyph));
            visit(glyph, x);
            x += font.h_advance(glyph);
            before = Some(glyph);
        }
        f64::from(x)
    }

    fn font(&self) -> &'static FontRef<'static> {
        match self.weight {
            Weight::Regular => &REGULAR,
            Weight::Medium => &MEDIUM,
        }
    }

    fn scale(&self) -> PxScale {
        let font = self.font();
        let em = font.units_per_em().unwrap_or(1_000.0);
        PxScale::from(self.em_px as f32 * font.height_unscaled() / em)
    }
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
