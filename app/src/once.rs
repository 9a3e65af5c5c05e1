//! Idempotency keys: a form that is sent twice starts one run.

use leptos::prelude::*;

use crate::error::PageError;

/// The key of a form on the page.
#[derive(Clone, Debug)]
pub struct Once {
    first: String,
    key: RwSignal<String>,
}

impl Once {
    /// A key that is renewed with each answer: a double click is one run, and so is a second try where nobody
    /// knows what became of the first; the next submission is another.
    pub fn renewed_by<T>(answer: impl Fn() -> Option<Result<T, PageError>> + Send + Sync + 'static) -> Self {
        let first = fresh();
        let key = RwSignal::new(first.clone());
        Effect::new(move |_| match answer() {
            Some(Err(error)) if error.is_unanswered() => {}
            _ => key.set(fresh()),
        });
        Self { first, key }
    }

    /// Takes another key: the form is another one.
    pub fn renew(&self) {
        self.key.set(fresh());
    }

    /// The key, for what is sent without a form.
    pub fn key(&self) -> String {
        self.key.get_untracked()
    }

    /// The form's hidden field.
    pub fn field(&self) -> impl IntoView + use<> {
        let Self { first, key } = self.clone();
        view! { <input type="hidden" name="idempotency_key" value=first prop:value=key /> }
    }
}

#[cfg(feature = "hydrate")]
fn fresh() -> String {
    let part = || format!("{:013x}", (js_sys::Math::random() * 2f64.powi(52)) as u64);
    part() + &part() + &part()
}

/// A form that is sent before the page has come alive has a key too.
#[cfg(feature = "ssr")]
fn fresh() -> String {
    leptos::nonce::Nonce::new().to_string()
}

#[cfg(not(any(feature = "hydrate", feature = "ssr")))]
fn fresh() -> String {
    String::new()
}
