//! The form that starts a run. It works as a plain HTML form too.

use leptos::form::{ActionForm, FromFormData};
use leptos::html::Form;
use leptos::prelude::*;
use leptos::web_sys;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate};
use wire::api::{Site, Started};
use wire::rule::{Grain, Rule};
use wire::run::RunSpec;

use crate::api::StartRun;
use crate::components::browse::Browser;
use crate::components::estimate::EstimateLine;
use crate::components::patience::Patience;
use crate::components::problem::Problem;
use crate::error::PageError;
use crate::once::Once;
use crate::query::Query;

/// Bucket, prefix, rule, grain and limits.
#[component]
pub fn StartForm(
    /// The grain that the form proposes.
    grain: Grain,
    /// The spec of the run on the page, which the form proposes again.
    spec: Option<RunSpec>,
    /// Called with each run that was started.
    began: Callback<Started>,
    /// A run is going on.
    #[prop(into)]
    busy: Signal<bool>,
) -> impl IntoView {
    let action = ServerAction::<StartRun>::new();
    let once = Once::renewed_by(move || action.value().get());
    Effect::new(move |_| {
        if let Some(Ok(started)) = action.value().get() {
            began.run(started);
        }
    });
    let site = use_context::<Site>().unwrap_or_default();
    let asked = Query::of_page().get_untracked();
    let text = |name: &str| asked.get(name).map(str::to_owned);
    let (of_run, prefix_of_run, rule_of_run) = match spec {
        Some(spec) => (Some(spec.bucket.to_string()), Some(spec.prefix), Some(spec.rule)),
        None => (None, None, None),
    };
    let bucket = text("bucket").filter(|name| !name.is_empty()).or(of_run);
    let bucket = RwSignal::new(bucket.unwrap_or_else(|| site.bucket.clone()));
    let prefix = text("prefix").or(prefix_of_run);
    let prefix = RwSignal::new(prefix.unwrap_or_else(|| site.prefix.clone()));
    let rule = asked.get("rule").and_then(|rule| rule.parse().ok()).or(rule_of_run).unwrap_or(Rule::Wc);
    let grain = asked.get("grain").and_then(|grain| grain.parse().ok()).unwrap_or(grain);
    let problem = Signal::derive(move || match action.value().get() {
        Some(Err(error)) => Some(error),
        _ => None,
    });
    let unlisted = RwSignal::new(None::<PageError>);
    let said = Signal::derive(move || problem.get().into_iter().chain(unlisted.get()).collect());
    // An edited form is no longer the one that was refused.
    let edited = move || {
        if problem.read_untracked().is_some() {
            action.clear();
        }
    };
    let is_held = move || action.pending().get() || busy.get();
    // A button that is disabled loses the focus; this one keeps it and does nothing.
    let unless_held = move |event: leptos::ev::MouseEvent| {
        if is_held() {
            event.prevent_default();
        }
    };
    // A stranger is proposed none: Start says what is missing.
    let has_buckets = !site.buckets.is_empty();
    let form = NodeRef::<Form>::new();
    let filled = RwSignal::new(None::<wire::api::StartRun>);
    let changed = move |_| filled.set(form.get_untracked().and_then(|form| read(&form)));
    let renewing = once.clone();
    let chosen = Callback::new(move |(to_bucket, to_prefix): (String, String)| {
        bucket.set(to_bucket.clone());
        prefix.set(to_prefix.clone());
        edited();
        renewing.renew();
        let place = |form| wire::api::StartRun { bucket: Some(to_bucket), prefix: Some(to_prefix), ..form };
        filled.set(form.get_untracked().and_then(|form| read(&form)).map(place));
    });
    let renewing = once.clone();
    view! {
        <ActionForm
            action
            node_ref=form
            attr:autocomplete="off"
            on:input=move |_| {
                edited();
                renewing.renew();
            }
            on:change=changed
        >
            <label class="field">
                <span>"Bucket"</span>
                <input
                    on:input=move |event| bucket.set(event_target_value(&event))
                    name="bucket"
                    value=bucket.get_untracked()
                    prop:value=bucket
                    list="buckets"
                    required=has_buckets
                    spellcheck="false"
                    autocapitalize="none"
                />
            </label>
            <datalist id="buckets">
                {site.buckets.into_iter().map(|name| view! { <option value=name></option> }).collect_view()}
            </datalist>
            <label class="field wide">
                <span>"Prefix"</span>
                <input
                    on:input=move |event| prefix.set(event_target_value(&event))
                    name="prefix"
                    value=prefix.get_untracked()
                    prop:value=prefix
                    placeholder="everything"
                    spellcheck="false"
                    autocapitalize="none"
                />
            </label>
            <label class="field">
                <span>"A word is"</span>
                <select name="rule">{Rule::ALL.map(|each| rule_option(each, rule)).collect_view()}</select>
            </label>
            <label class="field">
                <span>"Told"</span>
                <select name="grain">{Grain::ALL.map(|each| grain_option(each, grain)).collect_view()}</select>
            </label>
            {once.field()}
            <button
                type="submit"
                data-action="start"
                aria-disabled=move || is_held().then_some("true")
                on:click=unless_held
            >
                "Start"
            </button>
            <BrowseButton bucket prefix />
            <Choice asked />
            <EstimateLine filled simulated=site.simulated said />
            <Problem problem />
            <Patience waits=action.pending() />
        </ActionForm>
        <Browser chosen unlisted />
    }
}

/// The form's content, aside from its key.
fn read(form: &web_sys::HtmlFormElement) -> Option<wire::api::StartRun> {
    let fields = web_sys::FormData::new_with_form(form).ok()?;
    let StartRun { form } = StartRun::from_form_data(&fields).ok()?;
    Some(wire::api::StartRun { idempotency_key: None, ..form })
}

/// Opens the browser at the form's bucket and prefix; without JavaScript the form's fields are the address.
#[component]
fn BrowseButton(
    /// The form's bucket.
    bucket: RwSignal<String>,
    /// The form's prefix.
    prefix: RwSignal<String>,
) -> impl IntoView {
    let (navigate, path, query) = (use_navigate(), use_location().pathname, Query::of_page());
    let open = move |event: leptos::ev::MouseEvent| {
        event.prevent_default();
        let query = query.get_untracked().without("token").with("bucket", &bucket.read_untracked());
        let query = query.with("prefix", &prefix.read_untracked()).with("browse", "1");
        let options = NavigateOptions { scroll: false, ..NavigateOptions::default() };
        navigate(&(path.get_untracked() + &query.address()), options);
    };
    view! {
        <button
            type="submit"
            class="plain browse-open"
            data-action="browse"
            formmethod="get"
            formaction=path.get_untracked()
            formnovalidate
            name="browse"
            value="1"
            on:click=open
        >
            "Browse the bucket"
        </button>
    }
}

/// Which objects are counted, and where the run stops, whatever is left.
#[component]
fn Choice(
    /// The fields that the address has.
    asked: Query,
) -> impl IntoView {
    const NAMES: [&str; 11] = [
        "suffix",
        "glob",
        "min_size",
        "max_size",
        "modified_since",
        "max_objects",
        "max_bytes",
        "max_usd",
        "max_seconds",
        "stop_unwatched",
        "recount",
    ];
    let open = NAMES.iter().any(|name| asked.get(name).is_some_and(|text| !text.is_empty()));
    let recount = asked.get("recount").is_some_and(|text| !text.is_empty());
    let value = |name: &str| asked.get(name).unwrap_or_default().to_owned();
    let text = |name: &'static str, label: &'static str, hint: &'static str| {
        view! {
            <label class="field">
                <span>{label}</span>
                <input name=name value=value(name) placeholder=hint spellcheck="false" autocapitalize="none" />
            </label>
        }
    };
    let number = |name: &'static str, label: &'static str, step: &'static str| {
        view! {
            <label class="field">
                <span>{label}</span>
                <input name=name value=value(name) type="number" min="0" step=step inputmode="decimal" />
            </label>
        }
    };
    view! {
        <details class="limits" open=open>
            <summary>"Filters and limits"</summary>
            <div class="limit-fields">
                {text("glob", "Keys like", "*.gz or logs/**/*.gz")} {text("suffix", "Keys that end with", ".gz")}
                {text("min_size", "Stored size from", "10K")} {text("max_size", "Stored size up to", "2G")}
                {text("modified_since", "Modified since (UTC)", "2026-11-25")}
                {number("max_objects", "Objects, at most", "1")} {text("max_bytes", "Bytes, at most", "500M")}
                {number("max_usd", "US dollars, at most", "any")} {number("max_seconds", "Seconds, at most", "1")}
                {number("stop_unwatched", "Unwatched, seconds at most", "1")}
            </div>
            <label class="check">
                <input type="checkbox" name="recount" value="1" checked=recount autocomplete="off" />
                "Count unchanged objects again"
                <span class="quiet">
                    "A run told object by object takes the counts of what has not changed from the run before."
                </span>
            </label>
            <p class="quiet">
                "A pattern without a / is held against a key's name, what follows its last /; one with a / against the
                whole key. * and ? stop at a /, ** does not; [a-z], [!a-z] and {a,b} work too.
                K, M, G and T are powers of 1024."
            </p>
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
