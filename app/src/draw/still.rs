//! The plot as one picture, SVG or PNG: the same frame and the same positions as on the canvases.
//!
//! Rows come in twice, in portions of any size: once to measure the axes, once to be marked. What is held does not
//! grow with them: up to [`MARKS_MAX`] objects are shapes, more are pixels.

use plotters::coord::Shift;
use plotters::prelude::{DrawingArea, DrawingBackend, IntoDrawingArea, SVGBackend};
use wire::row::RowEvent;

use crate::draw::caption::{self, Caption, Line};
use crate::draw::density::Density;
use crate::draw::frame;
use crate::draw::markup;
use crate::draw::measure::Numbers;
use crate::draw::palette::Palette;
use crate::draw::picture::{self, Picture};
use crate::draw::pixels::Pixels;
use crate::draw::projection::{Area, Projection};
use crate::draw::scale::Scale;
use crate::draw::sheet::{self, Theme};
use crate::draw::tone::Kind;
use crate::draw::view::{Axes, View};

/// Objects that an SVG draws as shapes, each titled with its key; more are set as pixels.
pub const MARKS_MAX: u64 = 5_000;
/// Width and height of a picture that is a file, as link previews like them.
pub const FILE_SIZE: (u32, u32) = (1200, 630);
/// Pixels of the points' layer to a unit of the SVG around it.
const LAYER_RATIO: f64 = 2.0;

/// The use of a picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    /// A part of the run's page, whose stylesheet gives the colours.
    Page,
    /// An SVG on its own, in both themes.
    Svg(Caption),
    /// A PNG, in the light theme.
    Png(Caption),
}

/// Sizes in units of the picture.
#[derive(Clone, Copy, Debug)]
struct Layout {
    size: (u32, u32),
    /// Above the plot, for the caption.
    head: u32,
    font_px: f64,
    radius: f64,
}

impl Form {
    fn layout(&self) -> Layout {
        match self {
            Self::Page => Layout { size: (960, 460), head: 0, font_px: 13.0, radius: 2.4 },
            Self::Svg(_) | Self::Png(_) => Layout { size: FILE_SIZE, head: 130, font_px: 25.0, radius: 3.4 },
        }
    }

    fn caption(&self) -> Option<&Caption> {
        match self {
            Self::Page => None,
            Self::Svg(caption) | Self::Png(caption) => Some(caption),
        }
    }
}

/// A picture whose axes are being measured.
#[derive(Debug)]
pub struct Sketch {
    form: Form,
    view: View,
    rows: u64,
    projection: Projection,
}

impl Sketch {
    /// A picture of this many rows.
    pub fn new(form: Form, view: View, rows: u64) -> Self {
        let Layout { size: (width, height), head, font_px, .. } = form.layout();
        let area = frame::inner_area(width.into(), (height - head).into(), font_px);
        let area = Area { top: area.top + f64::from(head), ..area };
        let scale = |measure, window| Scale::new(view.axes.division, measure, window);
        let (x, y) = (scale(view.axes.x, view.x), scale(view.axes.y, view.y));
        Self { projection: Projection { x, y, area }, form, view, rows }
    }

    /// The view leaves nothing to measure.
    pub fn is_measured(&self) -> bool {
        self.projection.x.is_chosen() && self.projection.y.is_chosen()
    }

    /// Makes room for rows.
    pub fn measure(&mut self, rows: &[RowEvent]) {
        for row in rows {
            let (x, y) = coordinates(row, self.view.axes, &self.projection);
            self.projection.grow_to(x, y);
        }
    }

    /// The picture with its axes, to be marked.
    pub fn framed(self) -> Still {
        let layout = self.form.layout();
        let palette = sheet::palette(Theme::Light, layout.font_px);
        let marks = match self.form {
            Form::Png(_) => {
                let mut pixels = Pixels::new(layout.size.0 as usize, layout.size.1 as usize);
                pixels.fill(sheet::paper());
                draw_frame(&Picture::of(&mut pixels), layout.head, &self, &palette);
                let size = (pixels.width(), pixels.height());
                Marks::Canvas(pixels, Density::new(size, layout.radius, &palette))
            }
            Form::Page | Form::Svg(_) if self.rows <= MARKS_MAX => Marks::Shapes(String::new()),
            Form::Page | Form::Svg(_) => {
                let pixels = |units: u32| (f64::from(units) * LAYER_RATIO) as usize;
                let size = (pixels(layout.size.0), pixels(layout.size.1));
                Marks::Layer(Density::new(size, layout.radius * LAYER_RATIO, &palette))
            }
        };
        Still { sketch: self, layout, palette, marks, next: 0, marked: [0; 3], chosen: None }
    }
}

fn draw_frame<B: DrawingBackend>(
    canvas: &DrawingArea<B, Shift>,
    head: u32,
    sketch: &Sketch,
    palette: &Palette,
) {
    let (_, below) = canvas.split_vertically(head);
    let names = (sketch.view.axes.x.label(), sketch.view.axes.y.label());
    // Writing to a string or to pixels does not fail.
    let _ = frame::draw(&below, &sketch.projection, names, palette);
}

/// The points so far.
#[derive(Debug)]
enum Marks {
    /// Elements of an SVG.
    Shapes(String),
    /// Pixels that an SVG holds as an image.
    Layer(Density),
    /// The picture itself, with its frame, and what is laid on it.
    Canvas(Pixels, Density),
}

/// A picture whose points are being set.
#[derive(Debug)]
pub struct Still {
    sketch: Sketch,
    layout: Layout,
    palette: Palette,
    marks: Marks,
    /// The number of the next row.
    next: u64,
    /// Rows by kind.
    marked: [u64; 3],
    chosen: Option<(RowEvent, (f64, f64))>,
}

impl Still {
    /// Sets the points of the next rows.
    pub fn mark(&mut self, rows: &[RowEvent]) {
        let Sketch { view, projection, .. } = &self.sketch;
        let placing = projection.placing();
        for row in rows {
            let (x, y) = coordinates(row, view.axes, projection);
            let kind = Kind::from(row.6);
            self.marked[kind as usize] += 1;
            if placing.shows(x, y) {
                let place = placing.place(x, y);
                match &mut self.marks {
                    Marks::Shapes(shapes) => {
                        shapes.push_str(&markup::mark(row.6, place, self.layout.radius, &markup::title(row)));
                    }
                    Marks::Layer(density) => {
                        density.add((place.0 * LAYER_RATIO, place.1 * LAYER_RATIO), kind);
                    }
                    Marks::Canvas(_, density) => density.add(place, kind),
                }
                if view.point == Some(self.next) {
                    self.chosen = Some((row.clone(), place));
                }
            }
            self.next += 1;
        }
        if let Marks::Layer(density) | Marks::Canvas(_, density) = &mut self.marks {
            density.settle();
        }
    }

    /// The picture, finished: the text of an `svg` element, or the bytes of a PNG.
    pub fn finish(mut self) -> Vec<u8> {
        match std::mem::replace(&mut self.marks, Marks::Shapes(String::new())) {
            Marks::Shapes(shapes) => self.svg(&shapes).into_bytes(),
            Marks::Layer(mut density) => {
                self.svg(&markup::image(&density.picture(), self.layout.size)).into_bytes()
            }
            Marks::Canvas(mut pixels, mut density) => {
                density.lay_on(&mut pixels);
                self.png(pixels)
            }
        }
    }

    fn lines(&self) -> Vec<Line> {
        let width = self.layout.size.0.into();
        let caption = self.sketch.form.caption();
        caption.map_or(Vec::new(), |caption| caption::lines(caption, width, self.layout.head.into()).to_vec())
    }

    fn keys(&self) -> Vec<caption::Key> {
        let Area { left, top, width, .. } = self.sketch.projection.area;
        let corner = (left + width, top - self.em_px() * 1.2);
        match self.sketch.form.caption() {
            Some(_) => caption::legend(self.marked, corner, self.em_px() * 0.9),
            None => Vec::new(),
        }
    }

    fn chosen_line(&self) -> Option<(Line, (f64, f64))> {
        let (row, place) = self.chosen.as_ref()?;
        Some((caption::chosen(row, *place, self.sketch.projection.area, self.em_px()), *place))
    }

    fn em_px(&self) -> f64 {
        self.layout.font_px / picture::SIZE_EMS
    }

    fn svg(&self, points: &str) -> String {
        let mut drawing = String::new();
        let canvas = SVGBackend::with_string(&mut drawing, self.layout.size).into_drawing_area();
        draw_frame(&canvas, self.layout.head, &self.sketch, &self.palette);
        drop(canvas);
        let frame = drawing.trim_end().strip_suffix("</svg>").unwrap_or_default();
        let (open, frame) = frame.split_once('>').unwrap_or_default();
        let (label, ground) = match self.sketch.form.caption() {
            None => ("Scatter plot".to_owned(), String::new()),
            Some(Caption { title, totals }) => (format!("{title}: {totals}"), markup::ground()),
        };
        let open = open.replacen("<svg ", "<svg class=\"still\" role=\"img\" ", 1);
        let mut svg = format!("{open} aria-label=\"{}\">{ground}{frame}", markup::escaped(&label));
        let (palette, radius) = (&self.palette, self.layout.radius);
        self.lines().iter().for_each(|line| svg.push_str(&markup::text(line, palette)));
        for key in self.keys() {
            svg.push_str(&markup::mark(key.state, key.at, radius * 1.4, ""));
            svg.push_str(&markup::text(&key.line, palette));
        }
        let chosen = self.chosen_line().map(|(line, place)| markup::chosen(&line, place, radius, palette));
        svg + points + &chosen.unwrap_or_default() + "</svg>"
    }

    fn png(&self, mut pixels: Pixels) -> Vec<u8> {
        let (palette, radius) = (&self.palette, self.layout.radius);
        self.lines().iter().for_each(|line| picture::write(&mut pixels, line, palette));
        for key in self.keys() {
            let kind = Kind::from(key.state);
            pixels.stamp(key.at, &kind.stamp(radius * 1.4), kind.colour(palette));
            picture::write(&mut pixels, &key.line, palette);
        }
        if let Some((line, place)) = self.chosen_line() {
            pixels.ring(place, radius * 2.5, radius * 0.75, sheet::ink());
            picture::lay_ground(&mut pixels, line.ground(1.0), palette);
            picture::write(&mut pixels, &line, palette);
        }
        picture::png(&pixels)
    }
}

/// Where a row lies on the axes.
fn coordinates(row: &RowEvent, axes: Axes, projection: &Projection) -> (f64, f64) {
    let numbers = Numbers::from(row);
    (projection.x.coordinate(axes.x.of(&numbers)), projection.y.coordinate(axes.y.of(&numbers)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draw::scale::Division;
    use wire::row::State;

    fn row(key: &str, words: u64, state: State) -> RowEvent {
        RowEvent(key.to_owned(), words, 1, 100, 100, 1, state, None)
    }

    fn still(form: Form, view: View, rows: &[RowEvent], total: u64) -> Vec<u8> {
        let mut sketch = Sketch::new(form, view, total);
        rows.chunks(2).for_each(|rows| sketch.measure(rows));
        let mut still = sketch.framed();
        rows.chunks(2).for_each(|rows| still.mark(rows));
        still.finish()
    }

    fn svg(form: Form, view: View, rows: &[RowEvent], total: u64) -> String {
        String::from_utf8(still(form, view, rows, total)).unwrap()
    }

    fn hostile() -> [RowEvent; 3] {
        [
            row("</noscript><b>&", 10, State::Counted),
            row("b", 1_000, State::Counted),
            row("c", 0, State::Failed),
        ]
    }

    #[test]
    fn every_row_is_a_point_and_its_key_is_text() {
        let svg = svg(Form::Page, View::default(), &hostile(), 3);
        assert!(svg.starts_with("<svg class=\"still\"") && svg.ends_with("</svg>"), "{svg}");
        assert_eq!(
            (svg.matches("<circle cx=").count(), svg.matches("<path class=\"failed\"").count()),
            (2, 1)
        );
        assert!(svg.contains("<title>&lt;/noscript&gt;&lt;b&gt;&amp;: 10 words, 1 line</title>"));
        assert!(svg.contains("bytes stored") && !svg.contains("<style>") && !svg.contains("<image"));
    }

    #[test]
    fn no_rows_are_an_empty_frame() {
        let svg = svg(Form::Page, View::default(), &[], 0);
        assert!(svg.contains("<line") && !svg.contains("<circle"));
    }

    #[test]
    fn many_rows_are_one_image_in_the_same_frame() {
        let svg = svg(Form::Page, View::default(), &hostile(), MARKS_MAX + 1);
        assert!(svg.contains(
            "<image class=\"points\" width=\"960\" height=\"460\" href=\"data:image/png;base64,iVBOR"
        ));
        assert!(svg.contains("bytes stored") && !svg.contains("<circle") && !svg.contains("noscript"));
    }

    #[test]
    fn a_view_says_what_is_drawn_and_which_point_is_named() {
        let mut view = View::read(|name| {
            ["scale", "point", "y0", "y1"].contains(&name).then(|| match name {
                "scale" => "linear".to_owned(),
                "point" => "1".to_owned(),
                "y0" => "500".to_owned(),
                _ => "1500".to_owned(),
            })
        });
        assert_eq!(view.axes.division, Division::Linear);
        let shown = svg(Form::Page, view, &hostile(), 3);
        assert_eq!(shown.matches("<title>").count(), 1, "{shown}");
        assert!(
            shown.contains("class=\"ring\"") && shown.contains(">b: 1,000 words, 1 line</text>"),
            "{shown}"
        );
        view.point = Some(0);
        assert!(!svg(Form::Page, view, &hostile(), 3).contains("class=\"ring\""));
    }

    #[test]
    fn a_file_stands_alone() {
        let caption = Caption { title: "s3://b/<p>".to_owned(), totals: "finished".to_owned() };
        let svg = svg(Form::Svg(caption), View::default(), &hostile(), 3);
        assert!(svg.contains("<style>") && svg.contains("prefers-color-scheme:dark"));
        assert!(
            svg.contains("aria-label=\"s3://b/&lt;p&gt;: finished\"")
                && svg.contains(">s3://b/&lt;p&gt;</text>")
        );
        assert!(svg.contains(">1 failed or partial</text>"));
    }

    #[test]
    fn a_png_holds_points_and_letters() {
        let caption = Caption { title: "title".to_owned(), totals: "totals".to_owned() };
        let empty = still(Form::Png(caption.clone()), View::default(), &[], 0);
        let full = still(Form::Png(caption), View::default(), &hostile(), 3);
        assert!(empty.starts_with(b"\x89PNG") && full.starts_with(b"\x89PNG") && empty != full);
    }
}
