//! The plot's three canvases in a browser.

use plotters::prelude::IntoDrawingArea;
use plotters_canvas::CanvasBackend;
use wasm_bindgen::{Clamped, JsCast};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, ImageData};
use wire::row::RowEvent;

use crate::draw::frame;
use crate::draw::grid::Grid;
use crate::draw::palette::{Colour, Palette};
use crate::draw::pixels::Pixels;
use crate::draw::projection::Projection;
use crate::draw::scale::Scale;
use crate::draw::view::View;

/// Radius of a point and reach of the pointer, in CSS pixels.
const POINT_RADIUS: f64 = 2.2;
const POINTER_REACH: f64 = 12.0;
/// How long a frame's drawing may take, and the points after which the clock is read.
const DRAWING_MS_MAX: f64 = 12.0;
const POINTS_AT_ONCE: usize = 200;

/// The canvases, bottom first.
#[derive(Clone)]
pub struct Layers {
    /// Axes and grid.
    pub frame: HtmlCanvasElement,
    /// Points.
    pub points: HtmlCanvasElement,
    /// The ring around the point under the pointer.
    pub hover: HtmlCanvasElement,
}

/// A plot of a size, with what is drawn of it.
pub struct Plot {
    layers: Layers,
    view: View,
    ratio: f64,
    palette: Palette,
    projection: Projection,
    pixels: Pixels,
    grid: Grid,
    /// Rows that the axes have room for.
    measured: usize,
    framed: bool,
}

/// Whether all rows are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Drawn {
    /// There was time for all.
    All,
    /// The next frame has more to draw.
    InPart,
}

impl Plot {
    /// An empty plot that fills its layers; `None` where they have no size.
    pub fn new(layers: Layers, view: View) -> Option<Self> {
        let ratio = leptos::prelude::window().device_pixel_ratio().clamp(1.0, 3.0);
        let width = (f64::from(layers.frame.client_width()) * ratio).round();
        let height = (f64::from(layers.frame.client_height()) * ratio).round();
        if width < 1.0 || height < 1.0 {
            return None;
        }
        for canvas in [&layers.frame, &layers.points, &layers.hover] {
            canvas.set_width(width as u32);
            canvas.set_height(height as u32);
        }
        let palette = read_palette(&layers.frame, ratio)?;
        let (x, y) = (Scale::new(view.axes.division, view.x), Scale::new(view.axes.division, view.y));
        let area = frame::inner_area(width, height, palette.font_px);
        Some(Self {
            projection: Projection { x, y, area },
            pixels: Pixels::new(width as usize, height as usize),
            grid: Grid::new(width, height),
            measured: 0,
            framed: false,
            layers,
            view,
            ratio,
            palette,
        })
    }

    /// Draws the rows that are not drawn yet, as far as a frame has time; all of them again where they outgrow the
    /// axes.
    pub fn draw(&mut self, rows: &[RowEvent]) -> Drawn {
        let mut outgrown = rows.len() < self.grid.len();
        for row in rows.get(self.measured..).unwrap_or_default() {
            outgrown |= self.projection.grow_to(self.view.axes.x.of(row), self.view.axes.y.of(row));
        }
        self.measured = rows.len();
        if outgrown {
            self.framed = false;
            self.clear();
        }
        if !self.framed {
            self.draw_frame();
        }
        let begun = js_sys::Date::now();
        while self.grid.len() < rows.len() && js_sys::Date::now() - begun < DRAWING_MS_MAX {
            self.draw_points(rows.iter().skip(self.grid.len()).take(POINTS_AT_ONCE));
        }
        self.put_points();
        if self.grid.len() < rows.len() { Drawn::InPart } else { Drawn::All }
    }

    fn draw_points<'a>(&mut self, rows: impl Iterator<Item = &'a RowEvent>) {
        for row in rows {
            let (x, y) = (self.view.axes.x.of(row), self.view.axes.y.of(row));
            if !self.projection.shows(x, y) {
                self.grid.skip();
                continue;
            }
            let place = self.projection.place(x, y);
            self.pixels.mark(place, row.6, &self.palette, POINT_RADIUS * self.ratio);
            self.grid.push(place);
        }
    }

    /// The row whose point is nearest to a place in CSS pixels.
    pub fn find(&self, x: f64, y: f64) -> Option<usize> {
        self.grid.nearest(x * self.ratio, y * self.ratio, POINTER_REACH * self.ratio)
    }

    /// Where a row's point is, in CSS pixels; `None` while it is not drawn, or not in what is shown.
    pub fn place(&self, number: usize) -> Option<(f64, f64)> {
        self.grid.place(number).map(|(x, y)| (x / self.ratio, y / self.ratio))
    }

    /// Rings the chosen point and the one under the pointer, and no others.
    pub fn ring(&self, chosen: Option<usize>, pointed: Option<usize>) {
        let Some(context) = context(&self.layers.hover) else { return };
        context.clear_rect(0.0, 0.0, self.width(), self.height());
        let Colour(red, green, blue) = self.palette.ink;
        context.set_stroke_style_str(&format!("rgb({red},{green},{blue})"));
        for (number, radius, width) in [(chosen, 3.0, 2.5), (pointed, 2.5, 1.5)] {
            let Some((x, y)) = number.and_then(|number| self.grid.place(number)) else { continue };
            context.set_line_width(width * self.ratio);
            context.begin_path();
            let _ = context.arc(x, y, radius * POINT_RADIUS * self.ratio, 0.0, std::f64::consts::TAU);
            context.stroke();
        }
    }

    fn clear(&mut self) {
        self.pixels = Pixels::new(self.width() as usize, self.height() as usize);
        self.grid = Grid::new(self.width(), self.height());
    }

    fn draw_frame(&mut self) {
        if let Some(context) = context(&self.layers.frame) {
            context.clear_rect(0.0, 0.0, self.width(), self.height());
        }
        let Some(backend) = CanvasBackend::with_canvas_object(self.layers.frame.clone()) else { return };
        let names = (self.view.axes.x.label(), self.view.axes.y.label());
        if let Err(error) = frame::draw(&backend.into_drawing_area(), &self.projection, names, &self.palette)
        {
            leptos::logging::warn!("the axes could not be drawn: {error}");
        }
        self.framed = true;
    }

    fn put_points(&mut self) {
        let Some(context) = context(&self.layers.points) else { return };
        let width = self.pixels.width() as u32;
        let Some((first, band)) = self.pixels.take_changed() else { return };
        if let Ok(image) = ImageData::new_with_u8_clamped_array(Clamped(band), width) {
            let _ = context.put_image_data(&image, 0.0, first as f64);
        }
    }

    fn width(&self) -> f64 {
        f64::from(self.layers.frame.width())
    }

    fn height(&self) -> f64 {
        f64::from(self.layers.frame.height())
    }
}

fn context(canvas: &HtmlCanvasElement) -> Option<CanvasRenderingContext2d> {
    canvas.get_context("2d").ok().flatten()?.dyn_into().ok()
}

fn read_palette(element: &HtmlCanvasElement, ratio: f64) -> Option<Palette> {
    let style = leptos::prelude::window().get_computed_style(element).ok().flatten()?;
    let property = |name: &str| style.get_property_value(name).unwrap_or_default();
    let colour = |name: &str| Colour::parse(&property(name)).unwrap_or_default();
    let font_px = property("font-size").trim_end_matches("px").parse().unwrap_or(12.0);
    Some(Palette {
        ink: colour("--plot-ink"),
        line: colour("--plot-line"),
        counted: colour("--plot-counted"),
        failed: colour("--plot-failed"),
        skipped: colour("--plot-skipped"),
        font: property("font-family"),
        font_px: font_px * ratio,
    })
}
