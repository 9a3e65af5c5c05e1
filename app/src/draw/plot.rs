//! The plot's three canvases in a browser.

use leptos::prelude::window;
use plotters::prelude::IntoDrawingArea;
use plotters_canvas::CanvasBackend;
use wasm_bindgen::{Clamped, JsCast};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, ImageData};

use crate::draw::cloud::{Cloud, Extent};
use crate::draw::frame;
use crate::draw::palette::{Colour, Palette};
use crate::draw::projection::Area;
use crate::draw::view::View;
use crate::live::rows::Rows;

/// Radius of a point and reach of the pointer, in CSS pixels.
const POINT_RADIUS: f64 = 2.2;
const POINTER_REACH: f64 = 12.0;
/// How long a frame may take rows in, go on setting points, and set them from the beginning; toning comes on top.
const TAKING_MS_MAX: f64 = 4.0;
const DRAWING_MS_MAX: f64 = 8.0;
const REDRAWING_MS_MAX: f64 = 12.0;
/// Rows and points after which the clock is read.
const TAKEN_AT_ONCE: usize = 500;
const DRAWN_AT_ONCE: usize = 20_000;

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
    ratio: f64,
    palette: Palette,
    cloud: Cloud,
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
        let ratio = window().device_pixel_ratio().clamp(1.0, 3.0);
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
        let extent = Extent {
            size: (width as usize, height as usize),
            area: frame::inner_area(width, height, palette.font_px),
            radius: POINT_RADIUS * ratio,
            cell: ratio,
        };
        let cloud = Cloud::new(extent, view, &palette);
        Some(Self { layers, ratio, palette, cloud, framed: false })
    }

    /// Shows another part of the axes, or other axes, from the next drawing on.
    pub fn look(&mut self, view: View) {
        self.cloud.look(view);
        self.framed = false;
    }

    /// Draws the rows that are not drawn yet, as far as a frame has time; all of them again where they outgrow the
    /// axes.
    pub fn draw(&mut self, rows: &Rows) -> Drawn {
        if rows.len() < self.cloud.len() {
            self.cloud.clear();
            self.framed = false;
        }
        let begun = now_ms();
        let is_late = |ms: f64| now_ms() - begun > ms;
        'taking: for slice in rows.slices_from(self.cloud.len()) {
            for numbers in slice.chunks(TAKEN_AT_ONCE) {
                if is_late(TAKING_MS_MAX) {
                    break 'taking;
                }
                if self.cloud.take(numbers) {
                    self.framed = false;
                }
            }
        }
        if !self.framed {
            self.draw_frame();
        }
        // A plot that is drawn from the beginning is shown as whole as there is time for.
        let ms = if self.cloud.drawn() == 0 { REDRAWING_MS_MAX } else { DRAWING_MS_MAX };
        while self.cloud.drawn() < self.cloud.len() && !is_late(ms) {
            self.cloud.draw(DRAWN_AT_ONCE);
        }
        self.put_points();
        if self.cloud.drawn() < rows.len() { Drawn::InPart } else { Drawn::All }
    }

    /// The row whose point is nearest to a position in CSS pixels.
    pub fn find(&mut self, x: f64, y: f64) -> Option<usize> {
        self.cloud.nearest((x * self.ratio, y * self.ratio), POINTER_REACH * self.ratio)
    }

    /// Where a row's point is, in CSS pixels; `None` while it is not drawn, or not in what is shown.
    pub fn place(&self, number: usize) -> Option<(f64, f64)> {
        self.cloud.place(number).map(|(x, y)| (x / self.ratio, y / self.ratio))
    }

    /// The rows whose points lie in a part of the plot, in CSS pixels.
    pub fn inside(&self, part: Area) -> Vec<u32> {
        self.cloud.inside(part.scaled(self.ratio))
    }

    /// The last point of each CSS pixel in a part of the plot, and where it lies, of those that the index has.
    pub fn tops(&self, part: Area) -> Vec<(u32, (f64, f64))> {
        let (ratio, units) = (self.ratio, 1.0 / self.ratio);
        let tops = self.cloud.tops(part.scaled(ratio)).into_iter();
        tops.map(|(number, (x, y))| (number, (x * units, y * units))).collect()
    }

    /// The points with their axes, in device pixels.
    pub fn cloud(&mut self) -> &mut Cloud {
        &mut self.cloud
    }

    /// Its colours.
    pub fn palette(&self) -> &Palette {
        &self.palette
    }

    /// Device pixels to a CSS pixel.
    pub fn ratio(&self) -> f64 {
        self.ratio
    }

    /// Rings the chosen point and the one under the pointer, and no others.
    pub fn ring(&self, chosen: Option<usize>, pointed: Option<usize>) {
        let Some(context) = context(&self.layers.hover) else { return };
        context.clear_rect(0.0, 0.0, self.width(), self.height());
        let Colour(red, green, blue) = self.palette.ink;
        context.set_stroke_style_str(&format!("rgb({red},{green},{blue})"));
        for (number, radius, width) in [(chosen, 3.0, 2.5), (pointed, 2.5, 1.5)] {
            let Some((x, y)) = number.and_then(|number| self.cloud.place(number)) else { continue };
            context.set_line_width(width * self.ratio);
            context.begin_path();
            let _ = context.arc(x, y, radius * POINT_RADIUS * self.ratio, 0.0, std::f64::consts::TAU);
            context.stroke();
        }
    }

    fn draw_frame(&mut self) {
        if let Some(context) = context(&self.layers.frame) {
            context.clear_rect(0.0, 0.0, self.width(), self.height());
        }
        let Some(backend) = CanvasBackend::with_canvas_object(self.layers.frame.clone()) else { return };
        let axes = self.cloud.axes();
        let names = (axes.x.label(), axes.y.label());
        let drawn = frame::draw(&backend.into_drawing_area(), self.cloud.projection(), names, &self.palette);
        if let Err(error) = drawn {
            leptos::logging::warn!("the axes could not be drawn: {error}");
        }
        self.framed = true;
    }

    fn put_points(&mut self) {
        let width = self.layers.points.width();
        let Some(context) = points_context(&self.layers.points) else { return };
        let density = self.cloud.density();
        let Some(part) = density.tone() else { return };
        let Ok(image) = ImageData::new_with_u8_clamped_array(Clamped(density.image()), width) else { return };
        let (left, top) = (part.left as f64, part.top as f64);
        let (across, down) = (part.right as f64 - left, part.bottom as f64 - top);
        let _ = context.put_image_data_with_dirty_x_and_dirty_y_and_dirty_width_and_dirty_height(
            &image, 0.0, 0.0, left, top, across, down,
        );
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

/// The points' canvas is written pixel by pixel: it is best held in the processor's memory.
fn points_context(canvas: &HtmlCanvasElement) -> Option<CanvasRenderingContext2d> {
    let options = js_sys::Object::new();
    js_sys::Reflect::set(&options, &"willReadFrequently".into(), &true.into()).ok()?;
    canvas.get_context_with_context_options("2d", &options).ok().flatten()?.dyn_into().ok()
}

/// Milliseconds on a clock that only goes forward.
fn now_ms() -> f64 {
    window().performance().map_or(0.0, |performance| performance.now())
}

fn read_palette(element: &HtmlCanvasElement, ratio: f64) -> Option<Palette> {
    let style = window().get_computed_style(element).ok().flatten()?;
    let property = |name: &str| style.get_property_value(name).unwrap_or_default();
    let colour = |name: &str| Colour::parse(&property(name)).unwrap_or_default();
    let font_px = property("font-size").trim_end_matches("px").parse().unwrap_or(12.0);
    Some(Palette {
        ink: colour("--plot-ink"),
        line: colour("--plot-line"),
        counted: colour("--plot-counted"),
        dense: colour("--plot-dense"),
        failed: colour("--plot-failed"),
        skipped: colour("--plot-skipped"),
        font: property("font-family"),
        font_px: font_px * ratio,
    })
}
