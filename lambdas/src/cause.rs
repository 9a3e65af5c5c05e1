//! The cause of a call's failure, in words that anybody may read.
//!
//! The SDK's own `DisplayErrorContext` ends with the whole response, in which S3 repeats session tokens and the text
//! that was signed.

mod certificate;

use std::error::Error;

use aws_sdk_lambda::error::{ProvideErrorMetadata, SdkError};

/// Characters of a cause at most: a service may answer with any text.
const CHARS_MAX: usize = 300;

/// The service's code and sentence where it answered with them; else all causes of the failure in order.
pub fn cause<E>(error: &SdkError<E>) -> String
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let status = error.raw_response().map(|response| response.status().as_u16());
    let text = match (error.code(), error.message(), status) {
        (Some(code), Some(message), _) => format!("{code}: {message}"),
        (Some(code), None, _) => code.to_owned(),
        (None, _, Some(status)) => format!("{} (status {status})", causes(error)),
        (None, _, None) => causes(error),
    };
    shortened(&text)
}

/// An error, and what is behind it.
pub fn causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        if let Some(fault) = certificate::fault(error) {
            return fault;
        }
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    shortened(&text)
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(CHARS_MAX) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_s3::config::http::HttpResponse;
    use aws_sdk_s3::error::ErrorMetadata;
    use aws_sdk_s3::operation::get_object::GetObjectError;
    use aws_sdk_s3::primitives::SdkBody;
    use aws_smithy_types::error::metadata::Builder;

    use super::*;

    fn refused(code: Option<&str>, message: Option<&str>) -> SdkError<GetObjectError> {
        let body = SdkBody::from("<Error><Code>ExpiredToken</Code><Token-0>s3cret</Token-0></Error>");
        let meta = code.into_iter().fold(ErrorMetadata::builder(), Builder::code);
        let meta = message.into_iter().fold(meta, Builder::message);
        let response = HttpResponse::new(400.try_into().unwrap(), body);
        SdkError::service_error(GetObjectError::generic(meta.build()), response)
    }

    #[track_caller]
    fn check(error: &SdkError<GetObjectError>, expected: &str) {
        let said = cause(error);
        assert!(said.starts_with(expected) && !said.contains("s3cret"), "{said}");
    }

    #[test]
    fn what_a_service_says_is_told_without_its_answers_body() {
        check(&refused(Some("ExpiredToken"), Some("It has expired.")), "ExpiredToken: It has expired.");
        check(&refused(Some("SlowDown"), None), "SlowDown");
        check(&refused(None, None), "service error: unhandled error");
        assert!(cause(&refused(None, None)).ends_with(" (status 400)"));
    }

    #[test]
    fn each_cause_is_told_where_there_was_no_answer() {
        let source = std::io::Error::other("connection refused");
        let error: SdkError<GetObjectError> = SdkError::timeout_error(source);
        check(&error, "request has timed out: connection refused");
    }

    #[test]
    fn a_long_answer_is_cut() {
        let text = causes(&std::io::Error::other("é".repeat(10_000)));
        assert_eq!(text.chars().count(), CHARS_MAX + 3);
    }
}
