//! Links to a run's own pages and files.

use leptos::prelude::*;
use leptos_router::components::A;
use wire::rule::Grain;

use crate::draw::view::View;
use crate::live::LiveRun;
use crate::live::model::Model;
use crate::origin;

/// Links to share and to download, once there is a run.
#[component]
pub fn Share(
    /// The run.
    live: LiveRun,
    /// The page that is shared: totals, or the plot.
    grain: Grain,
    /// The part of the plot that is shared.
    seen: RwSignal<View>,
) -> impl IntoView {
    let page = Memo::new(move |_| live.target().get().map(|target| target.page));
    let of_run = move |ending: &str| page.get().unwrap_or_default() + ending;
    let seen = move || seen.with(View::query);
    let shared = move || match grain {
        Grain::Total => of_run(""),
        Grain::PerObject => of_run("/scatter") + &seen(),
    };
    let other = move || match grain {
        Grain::Total => (of_run("/scatter"), "As a scatter plot"),
        Grain::PerObject => (of_run(""), "Totals only"),
    };
    let is_over = live.memo(Model::is_over);
    let origin = StoredValue::new(origin::origin().unwrap_or_default());
    let link = move || origin.get_value() + &shared();
    let command = move || curl(&(origin.get_value() + &of_run(".csv")));
    view! {
        <Show when=move || page.read().is_some()>
            <nav class="share" aria-label="This run">
                <A href=shared>"This run's page"</A>
                <CopyButton label="Copy link" text=link />
                <A href=move || other().0>{move || other().1}</A>
                <Show when=move || is_over.get()>
                    <A href=move || of_run("/changes")>"Compare with another run"</A>
                </Show>
                <span class="files">
                    "Download " <File href=move || of_run(".csv") name="CSV" />
                    <File href=move || of_run(".ndjson") name="NDJSON" />
                    <File href=move || of_run(".json") name="JSON" />
                    <File href=move || of_run(".svg") + &seen() name="SVG" />
                    <File href=move || of_run(".png") + &seen() name="PNG" />
                </span>
                <details class="command">
                    <summary>"By curl"</summary>
                    <code class="key" data-curl>
                        {command}
                    </code>
                    <CopyButton label="Copy as curl" text=command />
                </details>
            </nav>
        </Show>
    }
}

/// A file of the run.
#[component]
fn File(
    /// Where it is.
    #[prop(into)]
    href: Signal<String>,
    /// Its format.
    name: &'static str,
) -> impl IntoView {
    view! {
        <a href=href rel="external" download="">
            {name}
        </a>
    }
}

/// The outcome of copying a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "a server copies nothing"))]
enum Copied {
    NotYet,
    Done,
    /// Browsers offer a clipboard to secure origins alone.
    Refused,
}

/// Copies a text, and shows the outcome for a moment.
#[component]
pub fn CopyButton(
    /// Its label.
    label: &'static str,
    /// The text to copy.
    #[prop(into)]
    text: Signal<String>,
) -> impl IntoView {
    let (copied, set_copied) = signal(Copied::NotYet);
    let told = move || match copied.get() {
        Copied::NotYet => label,
        Copied::Done => "Copied",
        Copied::Refused => "The browser forbids it",
    };
    view! {
        <button type="button" class="plain" on:click=move |_| copy(&text.get_untracked(), set_copied)>
            {told}
        </button>
    }
}

/// The command that downloads an address under the name that the server gives it.
fn curl(address: &str) -> String {
    format!("curl -OJ '{}'", address.replace('\'', r"'\''"))
}

#[cfg(feature = "hydrate")]
fn copy(text: &str, copied: WriteSignal<Copied>) {
    let is_offered = window().is_secure_context();
    if is_offered {
        let _ = window().navigator().clipboard().write_text(text);
    }
    copied.set(if is_offered { Copied::Done } else { Copied::Refused });
    let forget = move || {
        copied.try_set(Copied::NotYet);
    };
    set_timeout(forget, std::time::Duration::from_secs(2));
}

#[cfg(not(feature = "hydrate"))]
fn copy(_text: &str, _copied: WriteSignal<Copied>) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_takes_the_address_as_it_is() {
        assert_eq!(curl("https://h/runs/a.csv"), "curl -OJ 'https://h/runs/a.csv'");
        assert_eq!(curl("a'$(b)"), r"curl -OJ 'a'\''$(b)'");
    }
}
