//! Pixels that plotters draws its frame on, and their way into a PNG.

use std::convert::Infallible;

use plotters::coord::Shift;
use plotters::prelude::{DrawingArea, DrawingBackend, IntoDrawingArea};
use plotters_backend::text_anchor::{HPos, VPos};
use plotters_backend::{BackendColor, BackendCoord, BackendTextStyle, DrawingErrorKind, FontTransform};
use png::{BitDepth, ColorType, Compression, Encoder};

use crate::draw::caption::Line;
use crate::draw::letters::{Letters, Weight};
use crate::draw::palette::{Colour, Palette};
use crate::draw::pixels::Pixels;
use crate::draw::projection::Area;
use crate::draw::sheet;

/// Plotters takes a font's size to be this many of its ems, and passes that on to SVG.
pub const SIZE_EMS: f64 = 1.24;

/// A canvas for plotters: lines by its own rasterizer, letters by ours.
pub struct Picture<'a>(&'a mut Pixels);

impl<'a> Picture<'a> {
    /// The pixels as an area to draw on.
    pub fn of(pixels: &'a mut Pixels) -> DrawingArea<Self, Shift> {
        Self(pixels).into_drawing_area()
    }
}

impl DrawingBackend for Picture<'_> {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        (self.0.width() as u32, self.0.height() as u32)
    }

    fn ensure_prepared(&mut self) -> Result<(), DrawingErrorKind<Infallible>> {
        Ok(())
    }

    fn present(&mut self) -> Result<(), DrawingErrorKind<Infallible>> {
        Ok(())
    }

    fn draw_pixel(
        &mut self,
        point: BackendCoord,
        colour: BackendColor,
    ) -> Result<(), DrawingErrorKind<Infallible>> {
        let (red, green, blue) = colour.rgb;
        self.0.dot(point, Colour(red, green, blue), colour.alpha);
        Ok(())
    }

    fn draw_text<S: BackendTextStyle>(
        &mut self,
        text: &str,
        style: &S,
        (x, y): BackendCoord,
    ) -> Result<(), DrawingErrorKind<Infallible>> {
        let letters = letters(text, style);
        let BackendColor { rgb: (red, green, blue), alpha } = style.color();
        let left = match style.anchor().h_pos {
            HPos::Left => 0.0,
            HPos::Center => -letters.width() / 2.0,
            HPos::Right => -letters.width(),
        };
        let base = match style.anchor().v_pos {
            VPos::Top => letters.height(),
            VPos::Center => letters.height() / 2.0,
            VPos::Bottom => 0.0,
        };
        let (left, base, turn) = (left.round() as i32, base.round() as i32, style.transform());
        letters.draw(|(dx, dy), amount| {
            let (dx, dy) = turned(&turn, (left + dx, base + dy));
            self.0.dot((x + dx, y + dy), Colour(red, green, blue), alpha * amount);
        });
        Ok(())
    }

    fn estimate_text_size<S: BackendTextStyle>(
        &self,
        text: &str,
        style: &S,
    ) -> Result<(u32, u32), DrawingErrorKind<Infallible>> {
        let letters = letters(text, style);
        Ok((letters.width().ceil() as u32, letters.height().ceil() as u32))
    }
}

fn letters<'a, S: BackendTextStyle>(text: &'a str, style: &S) -> Letters<'a> {
    Letters { text, em_px: style.size() / SIZE_EMS, weight: Weight::Regular }
}

/// A pixel's position after a rotation around the origin: pixels have a side, which rotates as well.
fn turned(turn: &FontTransform, (x, y): (i32, i32)) -> (i32, i32) {
    match turn {
        FontTransform::None => (x, y),
        FontTransform::Rotate90 => (-y - 1, x),
        FontTransform::Rotate180 => (-x - 1, -y - 1),
        FontTransform::Rotate270 => (y, -x - 1),
    }
}

/// Sets a line of text.
pub fn write(pixels: &mut Pixels, line: &Line, palette: &Palette) {
    let colour = match line.weight {
        Weight::Regular => palette.ink,
        Weight::Medium => sheet::ink(),
    };
    let (left, base) = (line.left().round() as i32, line.at.1.round() as i32);
    line.letters().draw(|(x, y), amount| pixels.dot((left + x, base + y), colour, amount));
}

/// Sets a part of the picture off from the points below it.
pub fn lay_ground(pixels: &mut Pixels, Area { left, top, width, height }: Area, palette: &Palette) {
    let (columns, rows) = (left as i32..=(left + width) as i32, top as i32..=(top + height) as i32);
    for row in rows.clone() {
        for column in columns.clone() {
            let on_edge = [columns.start(), columns.end()].contains(&&column)
                || [rows.start(), rows.end()].contains(&&row);
            let (colour, amount) = if on_edge { (palette.skipped, 1.0) } else { (sheet::paper(), 0.9) };
            pixels.dot((column, row), colour, amount);
        }
    }
}

/// The pixels as a PNG.
pub fn png(pixels: &Pixels) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, pixels.width() as u32, pixels.height() as u32);
    encoder.set_color(ColorType::Rgba);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_compression(Compression::Balanced);
    let written = encoder.write_header().and_then(|mut writer| writer.write_image_data(pixels.bytes()));
    written.expect("pixels fill their canvas, and a vector takes all that is written");
    file
}

#[cfg(test)]
mod tests {
    use super::*;
    use plotters::style::text_anchor::Pos;
    use plotters::style::{FontTransform as Turn, IntoFont, RGBColor, TextStyle};

    /// The first and last column and row that text of 20 pixels, anchored in the middle of 100, covers.
    fn covered(turn: Turn, pos: Pos) -> [usize; 4] {
        let mut pixels = Pixels::new(100, 100);
        let style = TextStyle::from(("sans-serif", 20.0 * SIZE_EMS).into_font().transform(turn));
        Picture::of(&mut pixels)
            .draw_text("HH", &style.color(&RGBColor(1, 2, 3)).pos(pos), (50, 50))
            .unwrap();
        let dark = pixels.bytes().chunks(4).enumerate().filter(|(_, pixel)| pixel[3] > 127);
        let places: Vec<_> = dark.map(|(at, _)| (at % 100, at / 100)).collect();
        let columns = places.iter().map(|(x, _)| *x);
        let rows = places.iter().map(|(_, y)| *y);
        [columns.clone().min(), columns.max(), rows.clone().min(), rows.max()].map(Option::unwrap)
    }

    #[test]
    fn text_stands_at_its_anchor_whichever_way_it_is_turned() {
        let [left, right, top, bottom] = covered(Turn::None, Pos::new(HPos::Left, VPos::Bottom));
        assert!((50..54).contains(&left) && (70..80).contains(&right), "{left} {right}");
        assert_eq!((top, bottom), (36, 49));
        let [left, right, top, bottom] = covered(Turn::None, Pos::new(HPos::Center, VPos::Center));
        assert!(
            (left + right).abs_diff(99) <= 2 && (top + bottom).abs_diff(99) <= 1,
            "{left} {right} {top} {bottom}"
        );
        let [left, right, top, bottom] = covered(Turn::Rotate270, Pos::new(HPos::Center, VPos::Top));
        assert!(
            bottom - top > right - left && (top + bottom).abs_diff(99) <= 2,
            "{left} {right} {top} {bottom}"
        );
        assert_eq!((left, right), (50, 63));
    }

    #[test]
    fn a_png_begins_as_one() {
        assert!(png(&Pixels::new(3, 2)).starts_with(b"\x89PNG\r\n\x1a\n"));
    }
}
