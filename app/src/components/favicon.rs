//! The tab's own picture: a box like those on the page, for visitors who look at another tab meanwhile.

use leptos::prelude::*;

use crate::live::LiveRun;
use crate::live::doing::Doing;
use crate::live::model::Model;

/// Steps from white to black: a tab shows no more, and a picture is set at most so often in a run.
const STEPS: f64 = 16.0;

/// The content of the picture.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Icon {
    /// The site's own.
    Site,
    /// A box of the run's shade.
    Box(f64),
    /// Black: everything is counted.
    Whole,
    /// Black, with a bar: over, and something is left for the visitor to do.
    Over,
}

/// Puts it into the head while the page shows a run.
#[component]
pub fn Favicon(
    /// The run.
    live: LiveRun,
    /// Its status.
    doing: Memo<Doing>,
) -> impl IntoView {
    let icon = Memo::new(move |_| {
        let is_over = live.read(Model::is_over);
        match doing.get() {
            Doing::Idle => Icon::Site,
            Doing::Whole | Doing::Nothing => Icon::Whole,
            _ if is_over => Icon::Over,
            _ => Icon::Box(live.read(|model| (model.progress.fraction * STEPS).floor() / STEPS)),
        }
    });
    Effect::new(move |_| set(&address(icon.get())));
    on_cleanup(|| set(&address(Icon::Site)));
}

fn address(icon: Icon) -> String {
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

    let (fraction, sign) = match icon {
        Icon::Site => return "/favicon.svg".to_owned(),
        Icon::Box(fraction) => (fraction, ""),
        Icon::Whole => (1.0, "M9 17l5 5 9-12"),
        Icon::Over => (1.0, "M9 16h14"),
    };
    let grey = crate::shade::grey(fraction);
    // The edge stands out from light and dark tabs alike.
    let picture = format!(
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'><rect x='2' y='2' width='28' height='28' rx='3' \
         fill='rgb({grey},{grey},{grey})' stroke='gray' stroke-width='3'/><path d='{sign}' fill='none' stroke='white' \
         stroke-width='4'/></svg>"
    );
    format!("data:image/svg+xml,{}", utf8_percent_encode(&picture, NON_ALPHANUMERIC))
}

#[cfg(feature = "hydrate")]
fn set(address: &str) {
    if let Ok(Some(link)) = document().query_selector("link[rel=icon]") {
        let _ = link.set_attribute("href", address);
    }
}

#[cfg(not(feature = "hydrate"))]
fn set(_address: &str) {}
