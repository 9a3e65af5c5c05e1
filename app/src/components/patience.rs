//! Why an answer may not come: a browser keeps few connections to a site, for all its tabs together.

use std::time::Duration;

use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;

/// How long a request may take before its wait is explained.
const PATIENCE: Duration = Duration::from_secs(5);

/// The sentence, while something waits for longer than it should.
#[component]
pub fn Patience(
    /// An answer is waited for.
    #[prop(into)]
    waits: Signal<bool>,
) -> impl IntoView {
    let is_long = RwSignal::new(false);
    let timer = StoredValue::new(None::<TimeoutHandle>);
    let stop_timer = move || {
        if let Some(timer) = timer.try_update_value(Option::take).flatten() {
            timer.clear();
        }
    };
    Effect::new(move |_| {
        stop_timer();
        is_long.set(false);
        if waits.get() {
            let tell = move || {
                is_long.try_set(true);
            };
            timer.set_value(set_timeout_with_handle(tell, PATIENCE).ok());
        }
    });
    on_cleanup(stop_timer);
    view! {
        <p role="status" class="patience" data-patience hidden=move || !is_long.get()>
            {move || {
                is_long
                    .get()
                    .then_some(
                        "No answer from the server yet. A browser keeps six connections to a site, for all its tabs \
                         together: if Wordfall counts in other tabs, close some of them, and this goes on.",
                    )
            }}
        </p>
    }
}
