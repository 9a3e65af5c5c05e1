//! Axes, grid and labels, by plotters.

use std::ops::Range;

use plotters::coord::Shift;
use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};
use plotters::prelude::*;

use crate::draw::palette::{Colour, Palette};
use crate::draw::projection::{Area, Projection};
use crate::draw::scale::Scale;
use crate::format;

/// Room for labels, in heights of their font.
const LEFT_ROOM: f64 = 4.6;
const BOTTOM_ROOM: f64 = 3.6;
const TOP_ROOM: f64 = 1.2;
/// Half of the last label below, which is written around the end of its axis.
const RIGHT_ROOM: f64 = 2.0;
/// Between the axes' names and the canvas' edge.
const MARGIN: f64 = 0.5;

/// Our scale as plotters wants an axis.
struct Axis(Scale);

impl Ranged for Axis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, (start, end): (i32, i32)) -> i32 {
        start + (self.0.place(*value) * f64::from(end - start)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, _hint: Hint) -> Vec<f64> {
        self.0.ticks()
    }

    fn range(&self) -> Range<f64> {
        let (low, high) = self.0.ends();
        low..high
    }
}

impl ValueFormatter<f64> for Axis {
    fn format_ext(&self, value: &f64) -> String {
        match *value {
            huge if huge >= 1e18 => format!("{}E", (huge / 1e18).round()),
            whole if (whole - whole.round()).abs() < 1e-9 * whole.max(1.0) => short(whole.round() as u64),
            value => format!("{value:.3}").trim_end_matches('0').to_owned(),
        }
    }
}

/// A number with the largest unit that takes no more than two decimals, so that neighbours stay apart.
fn short(whole: u64) -> String {
    let units = [("P", 5), ("T", 4), ("G", 3), ("M", 2), ("k", 1)];
    let mut units = units.into_iter().map(|(unit, power)| (unit, 1_000_u64.pow(power)));
    let fitting = units.find(|(_, size)| whole >= *size && whole.is_multiple_of(size / 100));
    let Some((unit, size)) = fitting else { return format::exact(whole) };
    let decimals = format!("{:02}", whole % size / (size / 100));
    let decimals = decimals.trim_end_matches('0');
    let point = if decimals.is_empty() { "" } else { "." };
    format!("{}{point}{decimals}{unit}", format::exact(whole / size))
}

/// The area inside the labels of a canvas of this size.
pub fn inner_area(width: f64, height: f64, font_px: f64) -> Area {
    let room = |heights: f64| (font_px * heights).round();
    let (left, right) = (room(LEFT_ROOM) + room(MARGIN), room(RIGHT_ROOM));
    let (top, bottom) = (room(TOP_ROOM), room(BOTTOM_ROOM) + room(MARGIN));
    Area { left, top, width: (width - left - right).max(1.0), height: (height - top - bottom).max(1.0) }
}

/// Draws the frame around the projection's area, with a name for each axis.
pub fn draw<B: DrawingBackend>(
    canvas: &DrawingArea<B, Shift>,
    projection: &Projection,
    names: (&str, &str),
    palette: &Palette,
) -> Result<(), DrawingAreaErrorKind<B::ErrorType>> {
    let rgb = |Colour(red, green, blue): Colour| RGBColor(red, green, blue);
    let room = |heights: f64| (palette.font_px * heights).round() as u32;
    let font = (palette.font.as_str(), palette.font_px).into_font().color(&rgb(palette.ink));
    let mut chart = ChartBuilder::on(canvas)
        .margin_top(room(TOP_ROOM))
        .margin_right(room(RIGHT_ROOM))
        .margin_bottom(room(MARGIN))
        .margin_left(room(MARGIN))
        .x_label_area_size(room(BOTTOM_ROOM))
        .y_label_area_size(room(LEFT_ROOM))
        .build_cartesian_2d(Axis(projection.x), Axis(projection.y))?;
    chart
        .configure_mesh()
        .axis_style(rgb(palette.line))
        .light_line_style(TRANSPARENT)
        .bold_line_style(rgb(palette.line))
        .x_desc(names.0)
        .y_desc(names.1)
        .axis_desc_style(font.clone())
        .label_style(font)
        .draw()?;
    canvas.present()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draw::measure::Measure;
    use crate::draw::scale::Division;

    #[track_caller]
    fn check(value: f64, expected: &str) {
        assert_eq!(Axis(Scale::new(Division::Linear, Measure::Words, None)).format_ext(&value), expected);
    }

    #[test]
    fn ticks_are_short() {
        check(0.0, "0");
        check(250.0, "250");
        check(1_000.0, "1k");
        check(200_000.0, "200k");
        check(10_000_000.0, "10M");
        check(1e9, "1G");
        check(2_500.0, "2.5k");
        check(1_250_000.0, "1.25M");
        check(1_234_000.0, "1,234k");
        check(1_234_567.0, "1,234,567");
        check(0.01, "0.01");
        check(1.25, "1.25");
        check(2.999_999_999_999, "3");
        check(1e19, "10E");
        check(1e20, "100E");
    }

    #[test]
    fn the_area_leaves_room_for_labels() {
        let area = inner_area(400.0, 300.0, 10.0);
        assert_eq!(area, Area { left: 51.0, top: 12.0, width: 329.0, height: 247.0 });
    }
}
