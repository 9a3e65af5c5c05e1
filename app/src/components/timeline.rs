//! The run's invocations over time: one canvas, its axis, its legend.

#[cfg(feature = "hydrate")]
mod watch;

use leptos::html;
use leptos::prelude::*;
use wire::invocation::{Invocation, Outcome, Tallied, Tier};

use crate::draw::timeline;
use crate::format;
use crate::live::LiveRun;
use crate::live::model::Model;

/// The details of the invocation under the pointer, and where, in CSS pixels.
#[derive(Clone, Debug, PartialEq)]
struct Tip {
    text: String,
    x: f64,
    y: f64,
}

/// The state that the canvas shows the page.
#[derive(Clone, Copy)]
struct Shown {
    canvas: NodeRef<html::Canvas>,
    /// The time of the right edge.
    until_ms: RwSignal<u32>,
    tip: RwSignal<Option<Tip>>,
}

/// The timeline; nothing before there is a run.
#[component]
pub fn Timeline(
    /// The run.
    live: LiveRun,
) -> impl IntoView {
    let shown = Shown { canvas: NodeRef::new(), until_ms: RwSignal::new(0), tip: RwSignal::new(None) };
    #[cfg(feature = "hydrate")]
    let moved = watch::watch(live, shown);
    #[cfg(not(feature = "hydrate"))]
    let moved = Callback::new(|_: Option<(f64, f64)>| ());
    let caption = live.memo(|model| model.invocations.caption(model.is_over()));
    let is_drawn = live.memo(|model| model.invocations.bars().next().is_some());
    // A headline alone is no use: the section comes with the first invocation, or with a caption.
    let is_empty = move || !is_drawn.get() && caption.read().is_empty();
    let label = live.memo(label);
    let totals = live.memo(|model| model.invocations.totals());
    view! {
        <section class="timeline" aria-labelledby="timeline-name" data-timeline hidden=is_empty>
            <header>
                <h2 id="timeline-name">"Invocations"</h2>
                <p class="quiet" data-caption>
                    {caption}
                </p>
            </header>
            <div class="bars" hidden=move || !is_drawn.get()>
                <canvas
                    node_ref=shown.canvas
                    role="img"
                    aria-label=label
                    on:pointermove=move |event| {
                        moved.run(Some((event.offset_x().into(), event.offset_y().into())));
                    }
                    on:pointerleave=move |_| moved.run(None)
                ></canvas>
                <Axis until_ms=shown.until_ms />
                <Told tip=shown.tip />
            </div>
            <Textures totals is_drawn />
        </section>
    }
}

/// Round instants below the canvas.
#[component]
fn Axis(
    /// The time of the right edge.
    until_ms: RwSignal<u32>,
) -> impl IntoView {
    let marks = move || {
        let until_ms = until_ms.get();
        let mark = |ms: u32| {
            let at = format!("--at: {:.3}%", f64::from(ms) * 100.0 / f64::from(until_ms.max(1)));
            view! { <span style=at>{timeline::mark(ms)}</span> }
        };
        timeline::marks_ms(until_ms).into_iter().map(mark).collect_view()
    };
    view! {
        <p class="axis" aria-hidden="true">
            {marks}
        </p>
    }
}

/// The details of the invocation under the pointer.
#[component]
fn Told(
    /// It, and where.
    tip: RwSignal<Option<Tip>>,
) -> impl IntoView {
    move || {
        tip.get().map(|Tip { text, x, y }| {
            view! {
                <p class="tip" role="tooltip" style=format!("--x: {x:.0}px; --y: {y:.0}px")>
                    {text}
                </p>
            }
        })
    }
}

/// The legend of the textures that occur.
#[component]
fn Textures(
    /// Sums over the invocations.
    totals: Memo<Tallied>,
    /// There is a timeline.
    is_drawn: Memo<bool>,
) -> impl IntoView {
    type Count = fn(&Tallied) -> u64;
    let textures: [(&str, &str, Count); 7] = [
        ("cascade", "fanning out", |totals| totals.invocations),
        ("wordcount", "counting", |totals| totals.invocations),
        ("cold", "cold start", |totals| totals.cold_starts),
        ("waiting", "waiting for a place, or for another try", |totals| totals.invocations),
        ("retried", "retried", |totals| totals.retried),
        ("throttled", "turned away", |totals| totals.throttled),
        ("failed", "failed", |totals| totals.failed),
    ];
    let item = move |(name, what, count): (&'static str, &'static str, Count)| {
        view! {
            <li data-texture=name hidden=move || totals.with(count) == 0>
                {what}
            </li>
        }
    };
    let is_lost = move || totals.with(|totals| totals.lost > 0);
    view! {
        <ul class="textures" hidden=move || !is_drawn.get()>
            {textures.map(item).collect_view()}
            <li data-texture="lost" hidden=move || !is_lost()>
                "never heard of again"
            </li>
        </ul>
    }
}

/// The timeline in a sentence.
fn label(model: &Model) -> String {
    let caption = model.invocations.caption(model.is_over());
    format!("Timeline over {}: {caption}", format::duration(model.progress.elapsed_ms))
}

/// An invocation in a few words.
#[cfg_attr(
    not(feature = "hydrate"),
    cfg_attr(not(test), expect(dead_code, reason = "a server has no pointer"))
)]
fn told(invocation: &Invocation) -> String {
    let Invocation { tier, batch, attempt, objects, bytes, .. } = *invocation;
    let ms = |from: u32, to: u32| format::duration(u64::from(to.saturating_sub(from)));
    let mut text = match tier {
        Tier::Cascade => {
            format!("Cascade of {}", format::counted(batch.into(), "batch").replace("batchs", "batches"))
        }
        Tier::Wordcount => format!("Wordcount, batch {}", format::exact(u64::from(batch) + 1)),
    };
    if attempt > 1 {
        text.push_str(&format!(", attempt {attempt}"));
    }
    text.push_str(&format!(": {} of {}.", format::counted(objects.into(), "object"), format::bytes(bytes)));
    if invocation.began_ms > invocation.queued_ms {
        text.push_str(&format!(" Waited {}.", ms(invocation.queued_ms, invocation.began_ms)));
    }
    if let Some(init_ms) = invocation.init_ms {
        text.push_str(&format!(" Started cold in {init_ms} ms."));
    }
    let why = invocation.error.map(|error| format!(" ({})", error.as_str())).unwrap_or_default();
    let took = invocation.ended_ms.map(|ended| ms(invocation.began_ms, ended)).unwrap_or_default();
    text.push_str(&match invocation.outcome {
        None => " It runs.".to_owned(),
        Some(Outcome::Answered) => format!(" Answered after {took}."),
        Some(Outcome::Retried) => format!(" Not all of it was done after {took}{why}; the rest went again."),
        Some(Outcome::Throttled) => " Turned away; it went again later.".to_owned(),
        Some(Outcome::Failed) => format!(" Failed after {took}{why}."),
        Some(Outcome::Lost) => format!(" Nobody waited for its end after {took}."),
    });
    if let Some(billed_ms) = invocation.billed_ms {
        text.push_str(&format!(" Billed {} ms.", format::exact(billed_ms.into())));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::invocations::tests::told as invocation;
    use wire::cascade::ChildErrorKind;

    #[test]
    fn an_invocation_is_told_in_a_few_words() {
        let answered = Invocation {
            bytes: 1_200_000,
            objects: 8,
            billed_ms: Some(1_402),
            ..invocation(3, 40, Some(1_440))
        };
        assert_eq!(
            told(&answered),
            "Wordcount, batch 1: 8 objects of 1.20 MB. Answered after 1.4 s. Billed 1,402 ms."
        );
        let retried = Invocation {
            outcome: Some(Outcome::Retried),
            error: Some(ChildErrorKind::Function),
            attempt: 2,
            queued_ms: 0,
            init_ms: Some(180),
            ..invocation(3, 300, Some(500))
        };
        assert_eq!(
            told(&retried),
            "Wordcount, batch 1, attempt 2: 1 object of 1 B. Waited 300 ms. Started cold in 180 ms. Not all of it was \
             done after 200 ms (function); the rest went again."
        );
        let cascade = Invocation { tier: Tier::Cascade, batch: 3, outcome: None, ended_ms: None, ..answered };
        assert!(told(&cascade).starts_with("Cascade of 3 batches: 8 objects of 1.20 MB. It runs."));
    }
}
