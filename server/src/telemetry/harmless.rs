//! The limit of the log, whatever RUST_LOG asks for: no level shows a secret.
//!
//! Libraries write down what passes them, and change what they write with every version. At TRACE the AWS SDK logs
//! session tokens (`aws_sigv4`), answers that bring credentials (`aws_smithy_runtime`) and the commands that fetch those
//! (`aws_config`); s3s logs requests with their `Authorization` from DEBUG on. So a library is heard up to INFO, and
//! only this project's own crates, which log no secret, are heard further.

use tracing::{Level, Metadata};

/// This project's crates.
const OURS: [&str; 7] = ["app", "count", "lambdas", "local", "server", "wire", "wordfall"];
/// Libraries' modules that are not heard at any level: one quotes lines of the AWS profile and credentials files that it
/// does not understand, one the requests that the embedded S3 refuses; the third has a word on each answer that it
/// can't read, which is said of the request in our own words.
const UNHEARD: [&str; 3] = ["aws_runtime::env_config", "s3s", "aws_smithy_http_client"];

/// Whether an event or a span may be logged.
pub(super) fn is_harmless(metadata: &Metadata<'_>) -> bool {
    is_heard(metadata.target(), *metadata.level())
}

fn is_heard(target: &str, level: Level) -> bool {
    if OURS.iter().any(|ours| is_within(target, ours)) {
        return true;
    }
    level <= Level::INFO && !UNHEARD.iter().any(|unheard| is_within(target, unheard))
}

/// Whether a target is a module or lies in it.
fn is_within(target: &str, module: &str) -> bool {
    target.strip_prefix(module).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(target: &str, level: Level, expected: bool) {
        assert_eq!(is_heard(target, level), expected, "{target} at {level}");
    }

    #[test]
    fn libraries_are_heard_up_to_info_and_this_program_at_every_level() {
        check("server::pipeline", Level::TRACE, true);
        check("local", Level::TRACE, true);
        check("wordfall", Level::DEBUG, true);
        check("hyper::proto::h1", Level::INFO, true);
        check("hyper::proto::h1", Level::DEBUG, false);
        check("aws_smithy_runtime::client::orchestrator", Level::TRACE, false);
        check("log", Level::DEBUG, false);
    }

    #[test]
    fn a_library_that_is_called_alike_is_none_of_this_programs() {
        check("server_fn::request", Level::DEBUG, false);
        check("local_ip", Level::TRACE, false);
        check("s3s_aws", Level::WARN, true);
    }

    #[test]
    fn what_quotes_files_and_requests_is_never_heard() {
        check("s3s::ops", Level::ERROR, false);
        check("aws_runtime::env_config::normalize", Level::WARN, false);
        check("aws_runtime::auth", Level::WARN, true);
    }
}
