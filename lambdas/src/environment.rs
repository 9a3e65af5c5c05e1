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

/// The SDK's configuration, from the environment.
pub async fn sdk_config() -> SdkConfig {
    aws_config::defaults(BehaviorVersion::latest()).http_client(https_client()).load().await
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
