//! A function asked for its versions answers them, and does nothing else.

use std::env::consts::ARCH;

use serde::Serialize;
use wire::version::{Function, Question, Versions};

use crate::environment;

/// A function's answer: its reply, or its versions where it is asked for them.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Answer<R> {
    /// The versions that it was asked for.
    Versions(Versions),
    /// Its reply to a request.
    Reply(R),
}

/// The answer where `payload` is the question; `None` where it is anything else.
pub fn answer(payload: &[u8], function: Function) -> Option<Versions> {
    serde_json::from_slice::<Question>(payload).ok().map(|_| Versions::of(function))
}

/// The same for a function that runs in an environment of its own, which the answer describes too.
pub fn answer_of_environment(payload: &[u8], function: Function) -> Option<Versions> {
    let versions = answer(payload, function)?;
    let memory_mb = environment::memory_mib().ok().and_then(|memory| u32::try_from(memory).ok());
    Some(Versions { memory_mb, architecture: Some(ARCH.to_owned()), ..versions })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(payload: &str, expected: Option<&Versions>) {
        assert_eq!(answer(payload.as_bytes(), Function::Cascade).as_ref(), expected);
    }

    #[test]
    fn only_the_question_is_answered() {
        check(r#"{"ask":"version"}"#, Some(&Versions::of(Function::Cascade)));
        check(r#"{"ask":"weather"}"#, None);
        check(r#"{"bucket":"b","keys":["k"]}"#, None);
        check("{}", None);
    }
}
