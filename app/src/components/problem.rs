//! A problem in a sentence, and the way on where there is one.

use leptos::prelude::*;
use leptos_router::components::A;
use wire::error::ErrorCode;

use crate::error::PageError;

/// The sentence is said aloud as it comes; empty where nothing is wrong.
#[component]
pub fn Problem(
    /// The problem.
    #[prop(into)]
    problem: Signal<Option<PageError>>,
) -> impl IntoView {
    view! {
        <p role="alert" class="problem">
            {move || problem.get().map(|problem| view! { <Told problem /> })}
        </p>
    }
}

/// The sentence and the way on, where a page has nothing else to show.
#[component]
pub fn Told(
    /// The problem.
    problem: PageError,
) -> impl IntoView {
    let advice = advice(problem.error.code);
    view! {
        {problem.into_sentence()}
        " "
        {match advice {
            Advice::None => ().into_any(),
            Advice::Sentence(sentence) => sentence.into_any(),
            // A page of the server's own, and not one of the router's.
            Advice::LogIn => view! { <a href="/login" rel="external">"Log in"</a> }.into_any(),
            Advice::Runs => view! { <A href="/runs">"All runs"</A> }.into_any(),
        }}
    }
}

/// An action for the visitor, beyond the sentence.
enum Advice {
    None,
    Sentence(&'static str),
    LogIn,
    Runs,
}

fn advice(code: ErrorCode) -> Advice {
    match code {
        ErrorCode::Unauthorized => Advice::LogIn,
        ErrorCode::RunNotFound | ErrorCode::TooManyRuns => Advice::Runs,
        ErrorCode::NoSuchBucket => {
            Advice::Sentence("Look at its spelling, or choose one of those that the field offers.")
        }
        ErrorCode::AccessDenied => Advice::Sentence("Whoever runs this server can allow it."),
        ErrorCode::StoreUnavailable
        | ErrorCode::Internal
        | ErrorCode::Busy
        | ErrorCode::TooManyAttempts
        | ErrorCode::TooManyConnections
        | ErrorCode::TooManyViewers => Advice::Sentence("Nothing is lost by trying again in a moment."),
        ErrorCode::InvalidBucketName
        | ErrorCode::InvalidRule
        | ErrorCode::InvalidGrain
        | ErrorCode::InvalidLimit
        | ErrorCode::InvalidRequest
        | ErrorCode::ForbiddenOrigin
        | ErrorCode::BucketNotAllowed
        | ErrorCode::ObjectNotFound
        | ErrorCode::IdempotencyConflict
        | ErrorCode::RunNotInterrupted
        | ErrorCode::RunNotOver
        | ErrorCode::FunctionsMissing
        | ErrorCode::FunctionsOutdated
        | ErrorCode::CredentialsMissing
        | ErrorCode::RegionMissing
        | ErrorCode::Unanswered => Advice::None,
    }
}
