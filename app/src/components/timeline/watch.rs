//! Keeps the timeline in step with the run, the clock, the window and the theme.

use std::time::Duration;

use leptos::prelude::*;
use wasm_bindgen::prelude::*;
use web_sys::{
    CanvasRenderingContext2d, Element, HtmlCanvasElement, ImageData, MediaQueryList, ResizeObserver,
};

use super::{Shown, Tip, told};
use crate::draw::palette::Colour;
use crate::draw::timeline::{Colours, Stretch, Timeline, until_ms};
use crate::live::LiveRun;
use crate::live::model::Model;

/// How often running invocations are drawn on between events.
const BEAT: Duration = Duration::from_millis(250);

/// The run's own clock: the time of its last event, and when that came.
#[derive(Clone, Copy, Debug, Default)]
struct Clock {
    told_ms: u64,
    at_ms: f64,
}

/// The colours and the size of the page. Asking for them makes the browser lay the page out, so the timeline
/// asks only when an observer has seen a change.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Look {
    width: usize,
    height: usize,
    ratio: f64,
    colours: Colours,
}

/// The input of a picture; another one is drawn where any of it differs.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Drawn {
    version: u64,
    colours: Colours,
    stretch: Stretch,
}

/// Draws as invocations come and time goes; the callback that it returns is called with the pointer's
/// position.
pub(super) fn watch(live: LiveRun, shown: Shown) -> Callback<Option<(f64, f64)>> {
    let looks = RwSignal::new(0_u32);
    let beats = RwSignal::new(0_u32);
    let clock = StoredValue::new(Clock::default());
    let drawn = StoredValue::new(None::<Drawn>);
    observe(shown, looks);
    beat(live, beats);
    let look = Memo::new(move |_| {
        looks.track();
        shown.canvas.get().and_then(|canvas| Look::of(&canvas))
    });
    Effect::new(move |_| {
        let (Some(canvas), Some(look)) = (shown.canvas.get(), look.get()) else { return };
        beats.track();
        live.read(|model| {
            clock.update_value(|clock| clock.hear(model.progress.elapsed_ms));
            let stretch = stretch(&look, model, clock.get_value());
            let next = Drawn { version: model.invocations.version(), colours: look.colours, stretch };
            if drawn.get_value() != Some(next) {
                draw(&canvas, model, &next);
                drawn.set_value(Some(next));
            }
            if shown.until_ms.get_untracked() != stretch.until_ms {
                shown.until_ms.set(stretch.until_ms);
            }
        });
    });
    Callback::new(move |place: Option<(f64, f64)>| {
        let found = place.and_then(|(x, y)| {
            let stretch = drawn.get_value()?.stretch;
            let place = (x * stretch.ratio, y * stretch.ratio);
            untrack(|| live.read(|model| stretch.find(&model.invocations, place).map(|bar| told(&bar.told))))
                .map(|text| Tip { text, x, y })
        });
        if shown.tip.with_untracked(|before| *before != found) {
            shown.tip.set(found);
        }
    })
}

impl Clock {
    fn hear(&mut self, told_ms: u64) {
        if self.told_ms != told_ms {
            *self = Self { told_ms, at_ms: now_ms() };
        }
    }

    /// The run's milliseconds by now, as far as anyone here can know.
    fn now_ms(self, model: &Model) -> u32 {
        let since =
            if model.goes_on() && !model.reconnecting { (now_ms() - self.at_ms).max(0.0) as u64 } else { 0 };
        u32::try_from(self.told_ms.saturating_add(since)).unwrap_or(u32::MAX)
    }
}

impl Look {
    /// `None` where the canvas has no size.
    fn of(canvas: &HtmlCanvasElement) -> Option<Self> {
        let ratio = window().device_pixel_ratio().clamp(1.0, 3.0);
        let size = |css: i32| (f64::from(css) * ratio).round() as usize;
        let (width, height) = (size(canvas.client_width()), size(canvas.client_height()));
        let colours = read_colours(canvas)?;
        (width > 0 && height > 0).then_some(Self { width, height, ratio, colours })
    }
}

/// The whole canvas, in device pixels.
fn stretch(look: &Look, model: &Model, clock: Clock) -> Stretch {
    let Look { width, height, ratio, .. } = *look;
    let now_ms = clock.now_ms(model).max(model.invocations.ended_ms());
    let until_ms = if model.is_over() { now_ms.max(1) } else { until_ms(now_ms) };
    // Running invocations are drawn on a pixel at a time.
    let pixel_ms = (until_ms / u32::try_from(width).unwrap_or(u32::MAX)).max(1);
    let now_ms = if model.invocations.is_running() { now_ms / pixel_ms * pixel_ms } else { 0 };
    Stretch { width, height, ratio, until_ms, now_ms }
}

fn draw(canvas: &HtmlCanvasElement, model: &Model, Drawn { colours, stretch, .. }: &Drawn) {
    let Some(context) = context(canvas) else { return };
    let (width, height) = (stretch.width as u32, stretch.height as u32);
    if (canvas.width(), canvas.height()) != (width, height) {
        canvas.set_width(width);
        canvas.set_height(height);
    }
    let mut timeline = Timeline::draw(&model.invocations, stretch, colours);
    let image = ImageData::new_with_u8_clamped_array(wasm_bindgen::Clamped(timeline.bytes()), width);
    if let Ok(image) = image {
        let _ = context.put_image_data(&image, 0.0, 0.0);
    }
}

fn read_colours(canvas: &HtmlCanvasElement) -> Option<Colours> {
    let style = window().get_computed_style(canvas).ok().flatten()?;
    let colour =
        |name: &str| Colour::parse(&style.get_property_value(name).unwrap_or_default()).unwrap_or_default();
    Some(Colours {
        ink: colour("--ink"),
        line: colour("--plot-line"),
        cascade: colour("--bar-cascade"),
        wordcount: colour("--bar-wordcount"),
        cold: colour("--bar-cold"),
        quiet: colour("--bar-quiet"),
        again: colour("--bar-again"),
        failed: colour("--bar-failed"),
    })
}

fn context(canvas: &HtmlCanvasElement) -> Option<CanvasRenderingContext2d> {
    canvas.get_context("2d").ok().flatten()?.dyn_into().ok()
}

/// Milliseconds on a clock that only goes forward.
fn now_ms() -> f64 {
    window().performance().map_or(0.0, |performance| performance.now())
}

/// Asks for another picture now and then, while something runs and somebody looks.
fn beat(live: LiveRun, beats: RwSignal<u32>) {
    let runs = live.memo(|model| model.goes_on() && model.invocations.is_running());
    Effect::new(move |_| {
        if !runs.get() {
            return;
        }
        let again = move || {
            if !document().hidden() {
                request_animation_frame(move || {
                    beats.try_update(|beats| *beats += 1);
                });
            }
        };
        if let Ok(beating) = set_interval_with_handle(again, BEAT) {
            on_cleanup(move || beating.clear());
        }
    });
}

/// Observers of size and theme; dropping them ends that.
struct Observers {
    size: ResizeObserver,
    theme: MediaQueryList,
    changed: Closure<dyn FnMut()>,
}

impl Drop for Observers {
    fn drop(&mut self) {
        self.size.disconnect();
        let changed = self.changed.as_ref().unchecked_ref();
        let _ = self.theme.remove_event_listener_with_callback("change", changed);
    }
}

fn observe(shown: Shown, looks: RwSignal<u32>) {
    Effect::new(move |_| {
        let Some(canvas) = shown.canvas.get() else { return };
        let observers = StoredValue::new_local(Observers::new(&canvas, looks));
        on_cleanup(move || {
            observers.try_update_value(|observers| drop(observers.take()));
        });
    });
}

impl Observers {
    fn new(element: &Element, looks: RwSignal<u32>) -> Option<Self> {
        let changed = Closure::<dyn FnMut()>::new(move || {
            looks.try_update(|looks| *looks += 1);
        });
        let callback = changed.as_ref().unchecked_ref();
        let theme = window().match_media("(prefers-color-scheme: dark)").ok().flatten()?;
        theme.add_event_listener_with_callback("change", callback).ok()?;
        let size = ResizeObserver::new(callback).ok()?;
        size.observe(element);
        Some(Self { size, theme, changed })
    }
}
