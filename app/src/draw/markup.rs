//! The parts of a still plot as SVG. Whatever comes from outside is text in it.
//!
//! Colours are the stylesheet's, by class. A picture on its own carries those of the light theme as attributes too,
//! for viewers that read no stylesheet.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use wire::row::{RowEvent, State};

use crate::draw::caption::{Align, Line, STRETCH};
use crate::draw::letters::Weight;
use crate::draw::palette::{Colour, Palette};
use crate::draw::picture;
use crate::draw::pixels::Pixels;
use crate::draw::projection::Area;
use crate::draw::sheet;
use crate::format;

/// An object's mark; `inside` is what the element holds, in SVG.
pub fn mark(state: State, (x, y): (f64, f64), radius: f64, inside: &str) -> String {
    let (kind, reach) = match state {
        State::Counted => {
            return format!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius}\">{inside}</circle>");
        }
        State::Partial | State::Failed => ("failed", radius * 1.25),
        State::Skipped | State::Cancelled => ("skipped", radius * 1.25),
    };
    let across = 2.0 * reach;
    format!(
        "<path class=\"{kind}\" d=\"M{x:.1} {y:.1}m-{reach}-{reach}l{across} {across}m0-{across}l-{across} {across}\">{inside}</path>"
    )
}

/// An object's title.
pub fn title(row: &RowEvent) -> String {
    format!("<title>{}: {}</title>", escaped(&format::printable(&row.0)), format::counts(row))
}

/// A line of text.
pub fn text(line: &Line, palette: &Palette) -> String {
    let (class, weight, colour) = match line.weight {
        Weight::Regular => ("quiet", 400, palette.ink),
        Weight::Medium => ("strong", 600, sheet::ink()),
    };
    let anchor = match line.align {
        Align::Start => "start",
        Align::Middle => "middle",
        Align::End => "end",
    };
    let ((x, y), em_px, text, fill) = (line.at, line.em_px, escaped(&line.text), hex(colour));
    let length = line.letters().width() * STRETCH;
    format!(
        "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" font-family=\"sans-serif\" font-size=\"{em_px:.1}\" \
         font-weight=\"{weight}\" text-anchor=\"{anchor}\" textLength=\"{length:.1}\" \
         lengthAdjust=\"spacingAndGlyphs\" fill=\"{fill}\">{text}</text>"
    )
}

/// The ring around the chosen point, and what is said of it.
pub fn chosen(line: &Line, (x, y): (f64, f64), radius: f64, palette: &Palette) -> String {
    let Area { left, top, width, height } = line.ground(STRETCH);
    let (ring, thick) = (radius * 2.5, radius * 0.75);
    let (ink, paper, edge) = (hex(sheet::ink()), hex(sheet::paper()), hex(palette.skipped));
    format!(
        "<circle class=\"ring\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{ring}\" fill=\"none\" stroke=\"{ink}\" \
         stroke-width=\"{thick}\"/><rect class=\"paper label\" x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" \
         height=\"{height:.1}\" fill=\"{paper}\" fill-opacity=\"0.9\" stroke=\"{edge}\"/>{}",
        text(line, palette)
    )
}

/// The points' layer over the whole of a picture.
pub fn image(pixels: &Pixels, (width, height): (u32, u32)) -> String {
    let data = BASE64_STANDARD.encode(picture::png(pixels));
    format!(
        "<image class=\"points\" width=\"{width}\" height=\"{height}\" href=\"data:image/png;base64,{data}\"/>"
    )
}

/// The beginning of a picture on its own: its colours and its ground.
pub fn ground() -> String {
    let paper = hex(sheet::paper());
    format!(
        "<style>{}</style><rect class=\"paper\" width=\"100%\" height=\"100%\" fill=\"{paper}\"/>",
        sheet::rules()
    )
}

/// Text that stays text in an element and in an attribute, and that XML takes.
pub fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            // XML allows them nowhere, not even as references.
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            _ => escaped.push(letter),
        }
    }
    escaped
}

fn hex(Colour(red, green, blue): Colour) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_outside_stays_text() {
        assert_eq!(escaped("</svg>\"&\u{ffff}'é"), "&lt;/svg&gt;&quot;&amp;\u{fffd}'é");
        let row = RowEvent("a\n<b>\u{202e}".to_owned(), 1, 2, 0, 0, 0, State::Counted, None);
        assert_eq!(title(&row), "<title>a\\n&lt;b&gt;\\u{202e}: 1 word, 2 lines</title>");
    }

    #[test]
    fn what_was_not_counted_is_marked_apart() {
        assert_eq!(
            mark(State::Counted, (1.0, 2.0), 2.4, ""),
            "<circle cx=\"1.0\" cy=\"2.0\" r=\"2.4\"></circle>"
        );
        assert_eq!(
            mark(State::Failed, (1.0, 2.0), 4.0, ""),
            "<path class=\"failed\" d=\"M1.0 2.0m-5-5l10 10m0-10l-10 10\"></path>"
        );
    }
}
