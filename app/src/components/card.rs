//! The chosen object's card: all facts that the page has of it, as text that can be copied.

pub mod detail;
#[cfg(feature = "hydrate")]
mod fetch;

use leptos::prelude::*;
use wire::row::{RowEvent, has_counts};

use crate::components::card::detail::Detail;
use crate::components::plot::scene::Scene;
use crate::components::rows::{NOT_COUNTED, state_text};
use crate::components::share::CopyButton;
use crate::format;
use crate::origin;

/// The server's details of an object, beyond its row.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Told {
    /// It was not asked yet, or has not answered.
    #[default]
    Awaited,
    /// This.
    Detail(Detail),
    /// Nothing.
    Nothing,
}

/// The card, while an object is chosen: beside its point, or below the plot where there is no room.
#[component]
pub fn ChosenCard(
    /// The plot.
    scene: Scene,
) -> impl IntoView {
    let live = scene.live;
    let number = Memo::new(move |_| scene.view.with(|view| view.point));
    let row = Memo::new(move |_| {
        let number = usize::try_from(number.get()?).ok()?;
        live.read(|model| model.rows.get(number))
    });
    let told = RwSignal::new(Told::Awaited);
    #[cfg(feature = "hydrate")]
    fetch::keep(scene, number, told);
    let side = Memo::new(move |_| match scene.chosen_at.get() {
        None => "nowhere",
        Some(((x, _), width)) if x * 2.0 > width => "left",
        Some(_) => "right",
    });
    let close = move |_| scene.choose(None);
    let escape = move |event: leptos::ev::KeyboardEvent| {
        if event.key() == "Escape" {
            scene.choose(None);
        }
    };
    move || {
        row.get().map(|row| {
            view! {
                <div
                    class="card"
                    data-chosen
                    data-side=move || side.get()
                    role="group"
                    aria-label="Chosen object"
                    on:keydown=escape
                >
                    <button type="button" class="close" aria-label="Close the card" on:click=close>
                        "\u{00d7}"
                    </button>
                    <Facts row=row.clone() />
                    <Show when=move || side.get() == "nowhere">
                        <p class="quiet">"Its point is outside of what is shown."</p>
                    </Show>
                    {move || more(&told.read())}
                    <Links scene key=row.0 />
                </div>
            }
        })
    }
}

/// The facts of its row.
#[component]
fn Facts(
    /// The row.
    row: RowEvent,
) -> impl IntoView {
    let RowEvent(key, words, lines, bytes_in, bytes_out, duration_ms, state, reason) = row;
    let share = |part: u64, whole: u64| if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
    let is_counted = has_counts(state, reason);
    let counted = |text: String| if is_counted { text } else { NOT_COUNTED.to_owned() };
    let facts = [
        ("Words", counted(format::exact(words))),
        ("Lines", counted(format::exact(lines))),
        ("Stored", format!("{} B", format::exact(bytes_in))),
        ("Decoded", counted(format!("{} B", format::exact(bytes_out)))),
        ("Words per line", counted(format!("{:.2}", share(words, lines)))),
        ("Ratio", counted(format!("{:.2}", share(bytes_out, bytes_in)))),
        ("Time", format::duration(duration_ms)),
    ];
    let facts = facts.map(|(name, value)| view! { <div><dt>{name}</dt><dd>{value}</dd></div> });
    view! {
        <p class="key">{format::printable(&key)}</p>
        <p class="card-state" data-state=state.as_str()>
            {state_text(state, reason)}
        </p>
        <dl class="facts">{facts.collect_view()}</dl>
    }
}

/// Buttons to copy the key and the link, and the link itself.
#[component]
fn Links(
    /// The plot.
    scene: Scene,
    /// The object's key.
    key: String,
) -> impl IntoView {
    let origin = StoredValue::new(origin::origin().unwrap_or_default());
    let here = move || {
        let page = scene.live.target().get().map(|target| target.page).unwrap_or_default();
        scene.view.with(|view| format!("{page}/scatter{}", view.query()))
    };
    view! {
        <p class="card-links">
            <CopyButton label="Copy key" text=Signal::stored(key) />
            <CopyButton label="Copy link" text=move || origin.get_value() + &here() />
            <a href=here>"Link to this object"</a>
        </p>
    }
}

fn more(told: &Told) -> AnyView {
    let detail = match told {
        Told::Awaited => return view! { <p class="quiet" data-detail="awaited">"\u{2026}"</p> }.into_any(),
        Told::Nothing => {
            let sentence = "Of its spans and attempts nothing is known.";
            return view! { <p class="quiet" data-detail="nothing">{sentence}</p> }.into_any();
        }
        Told::Detail(detail) => detail,
    };
    let lists = [
        ("ETag", detail.etag.iter().cloned().collect()),
        ("Spans", detail.spans.clone()),
        ("Attempts", detail.attempts.clone()),
        ("Log", detail.log.clone()),
    ];
    let lists = lists.into_iter().filter(|(_, lines)| !lines.is_empty()).map(|(name, lines)| {
        let lines = lines.into_iter().map(|line| view! { <li>{format::printable(&line)}</li> });
        view! {
            <h3>{name}</h3>
            <ul>{lines.collect_view()}</ul>
        }
    });
    view! {
        <div class="card-more" data-detail="told">
            {lists.collect_view()}
        </div>
    }
    .into_any()
}
