//! What the two binaries share: their environment, and refusals as Lambda tells them.

use std::env;
use std::time::{Duration, SystemTime};

use aws_config::{BehaviorVersion, SdkConfig};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use lambda_runtime::{Context, Diagnostic};
use tokio::time::Instant;

use crate::invocation::{Invocation, Log, Refusal};

/// Where this is set nothing is signed, for public buckets.
const NO_SIGN_REQUEST: &str = "WORDFALL_NO_SIGN_REQUEST";

/// The SDK's configuration, from the environment.
pub async fn sdk_config() -> SdkConfig {
    let mut loader = aws_config::defaults(BehaviorVersion::latest()).http_client(https_client());
    if env::var_os(NO_SIGN_REQUEST).is_some() {
        loader = loader.no_credentials();
    }
    loader.load().await
}

/// An S3 client. Where the endpoint is not Amazon's, buckets stand in the path: other stores seldom have a host name
/// for each.
pub fn s3(config: &SdkConfig) -> aws_sdk_s3::Client {
    let config = aws_sdk_s3::config::Builder::from(config).force_path_style(is_elsewhere(config)).build();
    aws_sdk_s3::Client::from_conf(config)
}

/// Whether S3 is not Amazon's.
pub fn is_elsewhere(config: &SdkConfig) -> bool {
    let endpoint = env::var("AWS_ENDPOINT_URL_S3").ok().or_else(|| config.endpoint_url().map(str::to_owned));
    endpoint.is_some_and(|endpoint| !is_amazons(&endpoint))
}

fn is_amazons(endpoint: &str) -> bool {
    let host = endpoint.split("://").last().unwrap_or_default();
    let host = host.split(['/', ':', '?']).next().unwrap_or_default();
    [".amazonaws.com", ".amazonaws.com.cn"].iter().any(|domain| host.ends_with(domain))
}

/// The one HTTPS client that this project speaks to AWS with: rustls on ring, which needs no C toolchain.
pub fn https_client() -> SharedHttpClient {
    Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https()
}

/// The memory that Lambda gives this function, in MiB.
///
/// # Errors
/// Where Lambda did not say so.
pub fn memory_mib() -> Result<usize, String> {
    const NAME: &str = "AWS_LAMBDA_FUNCTION_MEMORY_SIZE";
    let size = env::var(NAME).map_err(|error| format!("{NAME}: {error}"))?;
    size.parse().map_err(|_| format!("{NAME} is {size:?}: it should be a number of MiB"))
}

/// An invocation as the Lambda runtime describes it; its log lines go to standard output.
pub fn invocation(context: &Context) -> Invocation {
    let left = context.deadline().duration_since(SystemTime::now()).unwrap_or(Duration::ZERO);
    Invocation {
        request_id: context.request_id.clone(),
        deadline: Instant::now() + left,
        log: Log::new(|line| println!("{line}")),
    }
}

impl From<Refusal> for Diagnostic {
    fn from(refusal: Refusal) -> Self {
        Self { error_type: refusal.error_type().to_owned(), error_message: refusal.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(endpoint: &str, expected: bool) {
        assert_eq!(is_amazons(endpoint), expected, "{endpoint}");
    }

    #[test]
    fn an_endpoint_is_amazons_by_its_host() {
        check("https://s3.eu-central-1.amazonaws.com", true);
        check("https://bucket.vpce-1.s3.us-east-1.vpce.amazonaws.com/path", true);
        check("https://s3.cn-north-1.amazonaws.com.cn:443", true);
        check("http://127.0.0.1:9000", false);
        check("https://amazonaws.com.example.org", false);
        check("https://example.org/x.amazonaws.com", false);
    }
}
