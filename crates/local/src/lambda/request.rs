//! The operation that a request asks of Lambda, by its method, path, query and headers.

use http::request::Parts;
use http::{HeaderMap, Method};
use percent_encoding::percent_decode_str;

use super::refusal::Refusal;

/// Where the operations of 2015 are.
pub(crate) const PREFIX: &str = "/2015-03-31/";
/// Where streamed invocations are.
pub(crate) const STREAMING_PREFIX: &str = "/2021-11-15/";

/// An operation.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    Invoke { function: String, kind: InvocationKind, log: LogKind },
    GetFunction { function: String },
    ListFunctions,
}

/// How an invocation answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InvocationKind {
    RequestResponse,
    ResponseStream,
    Event,
    DryRun,
}

/// Whether the answer brings the end of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogKind {
    None,
    Tail,
}

/// Whether a path is Lambda's.
pub(crate) fn is_ours(path: &str) -> bool {
    path.starts_with(PREFIX) || path.starts_with(STREAMING_PREFIX)
}

impl Operation {
    pub(crate) fn parse(parts: &Parts) -> Result<Self, Refusal> {
        let segments: Vec<_> = parts.uri.path().trim_end_matches('/').split('/').skip(1).collect();
        match (&parts.method, &segments[..]) {
            (&Method::POST, ["2015-03-31", "functions", name, "invocations"]) => Ok(Self::Invoke {
                function: function_name(name)?,
                kind: InvocationKind::parse(&parts.headers)?,
                log: LogKind::parse(&parts.headers)?,
            }),
            (&Method::POST, ["2021-11-15", "functions", name, "response-streaming-invocations"]) => {
                let kind = match InvocationKind::parse(&parts.headers)? {
                    InvocationKind::RequestResponse => InvocationKind::ResponseStream,
                    kind => kind,
                };
                Ok(Self::Invoke {
                    function: function_name(name)?,
                    kind,
                    log: LogKind::parse(&parts.headers)?,
                })
            }
            (&Method::GET, ["2015-03-31", "functions"]) => Ok(Self::ListFunctions),
            (&Method::GET, ["2015-03-31", "functions", name]) => {
                Ok(Self::GetFunction { function: function_name(name)? })
            }
            _ => Err(Refusal::NoSuchOperation),
        }
    }
}

impl InvocationKind {
    fn parse(headers: &HeaderMap) -> Result<Self, Refusal> {
        match headers.get("x-amz-invocation-type").map(http::HeaderValue::as_bytes) {
            None | Some(b"RequestResponse") => Ok(Self::RequestResponse),
            Some(b"Event") => Ok(Self::Event),
            Some(b"DryRun") => Ok(Self::DryRun),
            Some(other) => Err(invalid("invocationType", other)),
        }
    }
}

impl LogKind {
    fn parse(headers: &HeaderMap) -> Result<Self, Refusal> {
        match headers.get("x-amz-log-type").map(http::HeaderValue::as_bytes) {
            None | Some(b"None") => Ok(Self::None),
            Some(b"Tail") => Ok(Self::Tail),
            Some(other) => Err(invalid("logType", other)),
        }
    }
}

fn invalid(field: &'static str, value: &[u8]) -> Refusal {
    Refusal::InvalidParameter { field, value: String::from_utf8_lossy(value).into_owned() }
}

/// The name in a name, a partial or a whole ARN. Aliases and versions all lead to the one function there is.
fn function_name(segment: &str) -> Result<String, Refusal> {
    let decoded = percent_decode_str(segment).decode_utf8_lossy();
    let named = decoded.rsplit_once(":function:").map_or(&*decoded, |(_, named)| named);
    let name = named.split(':').next().unwrap_or_default();
    let valid = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if name.is_empty() || name.len() > 64 || !name.bytes().all(valid) {
        return Err(invalid("functionName", decoded.as_bytes()));
    }
    Ok(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(segment: &str, expected: Option<&str>) {
        assert_eq!(function_name(segment).ok().as_deref(), expected);
    }

    #[test]
    fn a_function_is_found_by_all_of_its_names() {
        check("wordcount", Some("wordcount"));
        check("wordcount:live", Some("wordcount"));
        check("wordcount%3A%24LATEST", Some("wordcount"));
        check("123456789012:function:wordcount", Some("wordcount"));
        check("arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Afunction%3Awordcount", Some("wordcount"));
        check("arn:aws:lambda:us-east-1:123456789012:function:wordcount:live", Some("wordcount"));
        check("", None);
        check("word%20count", None);
        check("word/count", None);
    }
}
