//! The form that starts a run. It works as a plain HTML form too.

use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use wire::api::{Site, Started};
use wire::rule::{Grain, Rule};

use crate::api::StartRun;
use crate::components::estimate::EstimateLine;

/// Bucket, prefix, rule, grain and limits.
#[component]
pub fn StartForm(
    /// The grain that the form proposes.
    grain: Grain,
    /// Called with each run that was started.
    began: Callback<Started>,
    /// A run is going on.
    #[prop(into)]
    busy: Signal<bool>,
) -> impl IntoView {
    let action = ServerAction::<StartRun>::new();
    let first_key = fresh_key();
    let (key, set_key) = signal(first_key.clone());
    // A key for each filled-in form: a double click is one run, and so is a second try where nobody knows what
    // became of the first; the next submission is another.
    Effect::new(move |_| match action.value().get() {
        Some(Err(error)) if error.is_unanswered() => {}
        _ => set_key.set(fresh_key()),
    });
    Effect::new(move |_| {
        if let Some(Ok(started)) = action.value().get() {
            began.run(started);
        }
    });
    let site = use_context::<Site>().unwrap_or_default();
    let query = use_query_map().get_untracked();
    let bucket = query.get("bucket").unwrap_or_else(|| site.bucket.clone());
    let prefix = query.get("prefix").unwrap_or_else(|| site.prefix.clone());
    let chosen = query.get("rule").and_then(|rule| rule.parse().ok()).unwrap_or(Rule::Wc);
    let problem = move || match action.value().get() {
        Some(Err(error)) => Some(error.into_sentence()),
        _ => None,
    };
    let place = RwSignal::new((bucket.clone(), prefix.clone()));
    let to_bucket = move |event| place.update(|place| place.0 = event_target_value(&event));
    let to_prefix = move |event| place.update(|place| place.1 = event_target_value(&event));
    view! {
        <ActionForm action attr:autocomplete="off" on:input=move |_| set_key.set(fresh_key())>
            <label class="field">
                <span>"Bucket"</span>
                <input on:change=to_bucket name="bucket" value=bucket list="buckets" required spellcheck="false" autocapitalize="none" />
            </label>
            <datalist id="buckets">
                {site.buckets.into_iter().map(|name| view! { <option value=name></option> }).collect_view()}
            </datalist>
            <label class="field wide">
                <span>"Prefix"</span>
                <input on:change=to_prefix name="prefix" value=prefix placeholder="everything" spellcheck="false" autocapitalize="none" />
            </label>
            <label class="field">
                <span>"A word is"</span>
                <select name="rule">{Rule::ALL.map(|rule| rule_option(rule, chosen)).collect_view()}</select>
            </label>
            <label class="field">
                <span>"Told"</span>
                <select name="grain">{Grain::ALL.map(|each| grain_option(each, grain)).collect_view()}</select>
            </label>
            <input type="hidden" name="idempotency_key" value=first_key prop:value=key />
            <button type="submit" data-action="start" disabled=move || action.pending().get() || busy.get()>
                "Start"
            </button>
            <EstimateLine place simulated=site.simulated />
            <Limits />
            <p role="alert" class="problem">
                {problem}
            </p>
        </ActionForm>
    }
}

/// Where the run stops, whatever is left.
#[component]
fn Limits() -> impl IntoView {
    let number = |name: &'static str, label: &'static str, step: &'static str| {
        view! {
            <label class="field">
                <span>{label}</span>
                <input name=name type="number" min="0" step=step inputmode="decimal" />
            </label>
        }
    };
    view! {
        <details class="limits">
            <summary>"Limits"</summary>
            <div class="limit-fields">
                {number("max_objects", "Objects, at most", "1")} {number("max_bytes", "Bytes, at most", "1")}
                {number("max_usd", "US dollars, at most", "any")} {number("max_seconds", "Seconds, at most", "1")}
                <label class="field">
                    <span>"Keys that end with"</span>
                    <input name="suffix" placeholder=".gz" spellcheck="false" autocapitalize="none" />
                </label>
                {number("stop_unwatched", "Unwatched seconds", "1")}
            </div>
        </details>
    }
}

fn rule_option(rule: Rule, chosen: Rule) -> impl IntoView {
    let label = match rule {
        Rule::Wc => "what wc counts",
        Rule::Word => "letters, digits, _",
        Rule::Seed => "as in 2015 (\\W)",
    };
    view! {
        <option value=rule.as_str() selected=rule == chosen>
            {label}
        </option>
    }
}

fn grain_option(grain: Grain, chosen: Grain) -> impl IntoView {
    let label = match grain {
        Grain::Total => "as totals",
        Grain::PerObject => "object by object",
    };
    view! {
        <option value=grain.as_str() selected=grain == chosen>
            {label}
        </option>
    }
}

#[cfg(feature = "hydrate")]
fn fresh_key() -> String {
    let part = || format!("{:013x}", (js_sys::Math::random() * 2f64.powi(52)) as u64);
    part() + &part() + &part()
}

/// A form that is sent before the page has come alive has a key too.
#[cfg(feature = "ssr")]
fn fresh_key() -> String {
    leptos::nonce::Nonce::new().to_string()
}

#[cfg(not(any(feature = "hydrate", feature = "ssr")))]
fn fresh_key() -> String {
    String::new()
}
