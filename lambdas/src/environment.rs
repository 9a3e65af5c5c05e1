//! Code that the two binaries share: their environment, and refusals as Lambda reports them.

pub mod https;

use std::env;
use std::time::{Duration, SystemTime};

use aws_config::{BehaviorVersion, ConfigLoader, SdkConfig};
use aws_types::service_config::ServiceConfigKey;
use lambda_runtime::{Context, Diagnostic};
use tokio::time::Instant;

use crate::invocation::{Invocation, Log, Refusal};
use https::CertificatesError;

/// Where this is set nothing is signed, for public buckets.
const NO_SIGN_REQUEST: &str = "WORDFALL_NO_SIGN_REQUEST";

/// The SDK's configuration, from the environment.
///
/// # Errors
/// Where it names certificates that are unusable.
pub async fn sdk_config() -> Result<SdkConfig, CertificatesError> {
    let mut loader = loader().await?;
    if env::var_os(NO_SIGN_REQUEST).is_some() {
        loader = loader.no_credentials();
    }
    Ok(loader.load().await)
}

/// A loader of the SDK's configuration, with our HTTPS client.
///
/// # Errors
/// Where the environment or the profile name certificates that are unusable.
pub async fn loader() -> Result<ConfigLoader, CertificatesError> {
    Ok(aws_config::defaults(BehaviorVersion::latest()).http_client(https::client().await?))
}

/// An S3 client. Where the endpoint is not Amazon's, buckets stand in the path: other stores seldom have a host name
/// for each.
pub fn s3(config: &SdkConfig) -> aws_sdk_s3::Client {
    let config = aws_sdk_s3::config::Builder::from(config).force_path_style(is_elsewhere(config)).build();
    aws_sdk_s3::Client::from_conf(config)
}

/// Whether S3 is not Amazon's.
pub fn is_elsewhere(config: &SdkConfig) -> bool {
    let endpoint = setting(config, "AWS_ENDPOINT_URL", "endpoint_url");
    let endpoint = endpoint.or_else(|| config.endpoint_url().map(str::to_owned));
    endpoint.is_some_and(|endpoint| !is_amazons(&endpoint))
}

/// A setting of S3's, in the order in which the SDK's own client looks: the service's variable, the general one, the
/// profile's section of services, the profile.
fn setting(config: &SdkConfig, variable: &str, name: &str) -> Option<String> {
    let key = ServiceConfigKey::builder().service_id("S3").env(variable).profile(name).build();
    config.service_config()?.load_config(key.expect("all of its parts are given"))
}

fn is_amazons(endpoint: &str) -> bool {
    let host = endpoint.split("://").last().unwrap_or_default();
    let host = host.split(['/', ':', '?']).next().unwrap_or_default();
    [".amazonaws.com", ".amazonaws.com.cn"].iter().any(|domain| host.ends_with(domain))
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
