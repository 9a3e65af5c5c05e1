//! The cost of drawing, for `cargo xtask bench page`: our plot against plotters drawing every circle itself.
//!
//! Both draw the same points on canvases of the same size in the same page, by turns; the least of the rounds counts.

use plotters::prelude::*;
use plotters_canvas::CanvasBackend;
use serde::Serialize;
use wasm_bindgen::prelude::*;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};
use wire::row::{RowEvent, State};

use crate::draw::frame;
use crate::draw::plot::{Drawn, Layers, Plot};
use crate::draw::view::{View, Window};
use crate::live::rows::Rows;

/// Points that are added at a time.
const APPENDED: usize = 1_000;
/// Appendings, and looks for the nearest point, that are timed together: the clock is too coarse for one.
const APPENDINGS: usize = 10;
const LOOKS: usize = 200;
/// Size of a circle as plotters draws it, in pixels, and how much of itself it covers.
const CIRCLE_RADIUS: i32 = 2;
const CIRCLE_OPACITY: f64 = 0.55;
/// No point is found from further away, in pixels.
const REACH: f64 = 12.0;

/// The least milliseconds that each took.
#[derive(Debug, Serialize)]
struct Times {
    points: usize,
    plotters_ms: f64,
    redraw_ms: f64,
    append_ms: f64,
    linear_ms: f64,
    index_ms: f64,
    nothing_ms: f64,
}

/// A frame that shows something else: the first of it, and all of them.
#[derive(Debug, Serialize)]
struct Frames {
    first_ms: f64,
    all_ms: f64,
    frames: u32,
}

/// Measures everything with so many points, in so many rounds; answers JSON.
#[wasm_bindgen]
pub fn race(
    frame: HtmlCanvasElement,
    points: HtmlCanvasElement,
    hover: HtmlCanvasElement,
    plain: &HtmlCanvasElement,
    many: usize,
    rounds: usize,
) -> String {
    let layers = Layers { frame, points, hover };
    let (width, height) = (layers.frame.client_width() as u32, layers.frame.client_height() as u32);
    plain.set_width(width);
    plain.set_height(height);
    let mut times = Times {
        points: many,
        plotters_ms: f64::INFINITY,
        redraw_ms: f64::INFINITY,
        append_ms: f64::INFINITY,
        linear_ms: f64::INFINITY,
        index_ms: f64::INFINITY,
        nothing_ms: f64::INFINITY,
    };
    for _ in 0..rounds {
        let mut rows = rows(many);
        let mut plot = Plot::new(layers.clone(), View::default()).expect("the canvases have a size");
        draw_all(&mut plot, &rows);
        let places: Vec<(f64, f64)> = (0..many).filter_map(|number| plot.place(number)).collect();
        assert_eq!(places.len(), many, "every point is shown");
        least(&mut times.plotters_ms, || draw_by_plotters(plain, &mut plot, &places));
        least(&mut times.redraw_ms, || {
            plot.look(View::default());
            draw_all(&mut plot, &rows);
            flush(&layers.points);
        });
        let (mut linear, mut index) = (Vec::new(), Vec::new());
        let pointers = pointers(&places);
        let look = |find: &mut dyn FnMut(f64, f64) -> Option<usize>| {
            pointers.iter().map(|&(x, y)| find(x, y)).collect::<Vec<_>>()
        };
        least(&mut times.linear_ms, || linear = look(&mut |x, y| nearest(&places, x, y)));
        let _ = plot.find(0.0, 0.0);
        least(&mut times.index_ms, || index = look(&mut |x, y| plot.find(x, y)));
        least(&mut times.nothing_ms, || drop(look(&mut |_, _| plot.find(0.0, 0.0))));
        check_same(&places, &pointers, &linear, &index);
        let more: Vec<RowEvent> = (many..many + APPENDED * APPENDINGS).map(row).collect();
        least(&mut times.append_ms, || {
            for some in more.chunks(APPENDED) {
                some.iter().for_each(|row| rows.push(row));
                draw_all(&mut plot, &rows);
            }
            flush(&layers.points);
        });
    }
    times.append_ms /= APPENDINGS as f64;
    times.linear_ms /= LOOKS as f64;
    times.index_ms /= LOOKS as f64;
    times.nothing_ms /= LOOKS as f64;
    serde_json::to_string(&times).unwrap_or_default()
}

/// Measures what a pan and a zoom take with so many points; answers JSON.
#[wasm_bindgen]
pub fn look_around(
    frame: HtmlCanvasElement,
    points: HtmlCanvasElement,
    hover: HtmlCanvasElement,
    many: usize,
    rounds: usize,
) -> String {
    let layers = Layers { frame, points, hover };
    let rows = rows(many);
    let mut plot = Plot::new(layers.clone(), View::default()).expect("the canvases have a size");
    draw_all(&mut plot, &rows);
    let part = |low: f64, high: f64| View { x: Window::new(low, high), y: None, ..View::default() };
    let (zoomed, panned) = (part(30.0, 300_000.0), part(40.0, 400_000.0));
    let mut best: [Option<Frames>; 2] = [None, None];
    for _ in 0..rounds {
        for (best, view) in best.iter_mut().zip([zoomed, panned]) {
            plot.look(view);
            let frames = frames(&mut plot, &rows, &layers.points);
            if best.as_ref().is_none_or(|best| frames.all_ms < best.all_ms) {
                *best = Some(frames);
            }
        }
    }
    serde_json::to_string(&best).unwrap_or_default()
}

fn frames(plot: &mut Plot, rows: &Rows, points: &HtmlCanvasElement) -> Frames {
    let mut frames = Frames { first_ms: 0.0, all_ms: 0.0, frames: 0 };
    loop {
        let begun = now_ms();
        let drawn = plot.draw(rows);
        flush(points);
        let taken = now_ms() - begun;
        if frames.frames == 0 {
            frames.first_ms = taken;
        }
        frames.all_ms += taken;
        frames.frames += 1;
        if drawn == Drawn::All {
            return frames;
        }
    }
}

fn draw_all(plot: &mut Plot, rows: &Rows) {
    while plot.draw(rows) == Drawn::InPart {}
}

/// The axes as we draw them, and each point as a circle of plotters', at the coordinates that we worked out
/// for it.
fn draw_by_plotters(canvas: &HtmlCanvasElement, plot: &mut Plot, places: &[(f64, f64)]) {
    let context = context(canvas);
    context.clear_rect(0.0, 0.0, f64::from(canvas.width()), f64::from(canvas.height()));
    let backend = CanvasBackend::with_canvas_object(canvas.clone()).expect("the canvas has a context");
    let area = backend.into_drawing_area();
    let palette = plot.palette().clone();
    let _ = frame::draw(&area, plot.cloud().projection(), ("words", "bytes"), &palette);
    let crate::draw::palette::Colour(red, green, blue) = palette.counted;
    let style = RGBColor(red, green, blue).mix(CIRCLE_OPACITY).filled();
    for &(x, y) in places {
        let _ = area.draw(&Circle::new((x.round() as i32, y.round() as i32), CIRCLE_RADIUS, style));
    }
    let _ = area.present();
    flush(canvas);
}

/// The path of a pointer: over the points, not always onto one.
fn pointers(places: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let aside = |number: usize| (random(number) - 0.5) * REACH;
    let near = |number: usize| {
        let (x, y) = places[(random(number * 3) * places.len() as f64) as usize];
        (x + aside(number * 3 + 1), y + aside(number * 3 + 2))
    };
    (0..LOOKS).map(near).collect()
}

fn nearest(places: &[(f64, f64)], x: f64, y: f64) -> Option<usize> {
    let mut best = (REACH * REACH, None);
    for (number, &(px, py)) in places.iter().enumerate() {
        let distance = (px - x) * (px - x) + (py - y) * (py - y);
        if distance <= best.0 {
            best = (distance, Some(number));
        }
    }
    best.1
}

/// Both ways find points that are equally near: of two at the same coordinates, either will do.
fn check_same(
    places: &[(f64, f64)],
    pointers: &[(f64, f64)],
    linear: &[Option<usize>],
    index: &[Option<usize>],
) {
    for ((one, other), (x, y)) in linear.iter().zip(index).zip(pointers) {
        let distance = |found: &Option<usize>| found.map(|at| (places[at].0 - x).hypot(places[at].1 - y));
        match (distance(one), distance(other)) {
            (None, None) => {}
            (Some(one), Some(other)) => assert!((one - other).abs() < 1.0, "{one} and {other} px away"),
            (one, other) => assert!(one.or(other).is_some_and(|far| far > REACH - 1.0), "{one:?}, {other:?}"),
        }
    }
}

fn rows(many: usize) -> Rows {
    let mut rows = Rows::default();
    (0..many).for_each(|number| rows.push(&row(number)));
    rows
}

/// An object: from one byte to some megabytes, the two ends first, so that the axes do not grow later.
fn row(number: usize) -> RowEvent {
    let size = match number {
        0 => 0.0,
        1 => 1.0,
        _ => random(number * 3),
    };
    let bytes = (size * 15.0).exp().round();
    let words = (bytes / (4.0 + 8.0 * random(number * 3 + 1))).round();
    let lines = (words / (3.0 + 20.0 * random(number * 3 + 2))).round();
    let state = if number % 97 == 96 { State::Failed } else { State::Counted };
    let (bytes, words, lines) = (bytes as u64, words as u64, lines as u64);
    RowEvent(format!("logs/{number:07}.log"), words, lines, bytes, bytes, 1, state, None)
}

/// A number below 1 that looks random and is always the same.
fn random(number: usize) -> f64 {
    let mut bits = (number as u64).wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((bits ^ (bits >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}

fn least(best_ms: &mut f64, work: impl FnOnce()) {
    let begun = now_ms();
    work();
    *best_ms = best_ms.min(now_ms() - begun);
}

/// Canvases draw later than they are asked to; reading pixels waits for it.
fn flush(canvas: &HtmlCanvasElement) {
    let _ = context(canvas).get_image_data(0.0, 0.0, 1.0, 1.0);
}

fn context(canvas: &HtmlCanvasElement) -> CanvasRenderingContext2d {
    let context = canvas.get_context("2d").ok().flatten();
    context.and_then(|context| context.dyn_into().ok()).expect("a canvas has a context")
}

fn now_ms() -> f64 {
    leptos::prelude::window().performance().map_or(0.0, |performance| performance.now())
}
