//! The plot as SVG, for browsers without JavaScript: the same frame and the same places as on the canvases.
//!
//! Colours come from the stylesheet, by class, so that both themes hold.

use std::fmt::Write;

use plotters::prelude::{IntoDrawingArea, SVGBackend};
use wire::row::{RowEvent, State};

use crate::draw::frame;
use crate::draw::measure::Measure;
use crate::draw::palette::Palette;
use crate::draw::projection::Projection;
use crate::draw::scale::{Division, Scale};
use crate::format;

/// Rows that a still plot holds at most.
pub const ROWS_MAX: u64 = 5_000;

const SIZE: (u32, u32) = (960, 460);
const FONT_PX: f64 = 13.0;
const ACROSS: Measure = Measure::BytesIn;
const UP: Measure = Measure::Words;

/// The plot of these rows, an `svg` element; each point is titled with its object.
pub fn svg(rows: &[RowEvent]) -> String {
    let palette = Palette { font: "sans-serif".to_owned(), font_px: FONT_PX, ..Palette::default() };
    let scale = Scale::new(Division::Logarithmic);
    let area = frame::inner_area(SIZE.0.into(), SIZE.1.into(), palette.font_px);
    let mut projection = Projection { x: scale, y: scale, area };
    for row in rows {
        projection.grow_to(ACROSS.of(row), UP.of(row));
    }
    let mut drawing = String::new();
    let canvas = SVGBackend::with_string(&mut drawing, SIZE).into_drawing_area();
    // Writing to a string does not fail.
    let _ = frame::draw(&canvas, &projection, (ACROSS.label(), UP.label()), &palette);
    drop(canvas);
    let frame = drawing.trim_end().strip_suffix("</svg>").unwrap_or_default();
    let mut svg =
        frame.replacen("<svg ", "<svg class=\"still\" role=\"img\" aria-label=\"Scatter plot\" ", 1);
    for row in rows {
        mark(&mut svg, row, projection.place(ACROSS.of(row), UP.of(row)));
    }
    svg + "</svg>"
}

fn mark(svg: &mut String, row: &RowEvent, (x, y): (f64, f64)) {
    let cross = |class| format!("<path class=\"{class}\" d=\"M{x:.1} {y:.1}m-3-3l6 6m0-6l-6 6\">");
    let (open, close) = match row.6 {
        State::Counted => (format!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"2.4\">"), "</circle>"),
        State::Partial | State::Failed => (cross("failed"), "</path>"),
        State::Skipped | State::Cancelled => (cross("skipped"), "</path>"),
    };
    let title = escaped(&format::printable(&row.0));
    let words = format::counted(row.1, "word");
    let lines = format::counted(row.2, "line");
    // Writing to a string does not fail.
    let _ = write!(svg, "{open}<title>{title}: {words}, {lines}</title>{close}");
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_a_point_and_its_key_is_text() {
        let row = |key: &str, words| RowEvent(key.to_owned(), words, 1, 100, 100, 1, State::Counted, None);
        let svg = svg(&[row("</noscript><b>&", 10), row("b", 1_000)]);
        assert!(svg.starts_with("<svg class=\"still\"") && svg.ends_with("</svg>"));
        assert_eq!(svg.matches("<circle cx=").count(), 2);
        assert!(svg.contains("<title>&lt;/noscript&gt;&lt;b&gt;&amp;: 10 words, 1 line</title>"));
        assert!(svg.contains("bytes stored"));
    }

    #[test]
    fn no_rows_are_an_empty_frame() {
        assert!(!svg(&[]).contains("<circle"));
    }
}
