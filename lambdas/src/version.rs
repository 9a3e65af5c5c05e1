//! A function asked for its versions answers them, and does nothing else.

use wire::version::{Function, Question, Versions};

/// The answer where `payload` is the question; `None` where it is anything else.
pub fn answer(payload: &[u8], function: Function) -> Option<Versions> {
    serde_json::from_slice::<Question>(payload).ok().map(|_| Versions::of(function))
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
