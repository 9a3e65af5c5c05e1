//! Clients of the real AWS, or of what `AWS_ENDPOINT_URL` names.

use std::time::Duration;

use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_credential_types::provider::ProvideCredentials;
use lambdas::call;
use wire::error::{ApiError, ErrorCode};

/// The SDK's own settings.
///
/// # Errors
/// Where there is no region, or there are no credentials.
pub(super) async fn config(no_sign_request: bool) -> Result<SdkConfig, ApiError> {
    let mut loader =
        aws_config::defaults(BehaviorVersion::latest()).http_client(lambdas::environment::https_client());
    if no_sign_request {
        loader = loader.no_credentials();
    }
    let config = loader.load().await;
    if config.region().is_none() {
        let message = "no AWS region is set: set AWS_REGION, or a region in the AWS profile";
        return Err(ApiError::new(ErrorCode::RegionMissing, message));
    }
    if !no_sign_request {
        check_credentials(&config).await?;
    }
    Ok(config)
}

async fn check_credentials(config: &SdkConfig) -> Result<(), ApiError> {
    let found = match config.credentials_provider() {
        Some(provider) => provider.provide_credentials().await.is_ok(),
        None => false,
    };
    if found {
        return Ok(());
    }
    let message = "no AWS credentials were found: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and \
                   AWS_SECRET_ACCESS_KEY, or pass --no-sign-request for a public bucket";
    Err(ApiError::new(ErrorCode::CredentialsMissing, message))
}

/// An S3 client; path style where the endpoint is not Amazon's.
pub(super) fn s3(config: &SdkConfig) -> aws_sdk_s3::Client {
    let endpoint = std::env::var_os("AWS_ENDPOINT_URL_S3").or_else(|| std::env::var_os("AWS_ENDPOINT_URL"));
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(5))
        .read_timeout(Duration::from_secs(60))
        .build();
    let config = aws_sdk_s3::config::Builder::from(config)
        .force_path_style(endpoint.is_some())
        .timeout_config(timeouts)
        .build();
    aws_sdk_s3::Client::from_conf(config)
}

/// A Lambda client that tries once; an attempt outlives the cascade that it waits for.
pub(super) fn lambda(config: &SdkConfig, function_timeout: Duration) -> aws_sdk_lambda::Client {
    call::client(&aws_sdk_lambda::config::Builder::from(config).build(), 3 * function_timeout)
}
