//! Clients of the real AWS, or of what `AWS_ENDPOINT_URL` names.

use std::time::Duration;

use aws_config::timeout::TimeoutConfig;
use aws_config::{Region, SdkConfig};
use aws_credential_types::provider::ProvideCredentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_s3::config::interceptors::BeforeTransmitInterceptorContextMut;
use aws_sdk_s3::config::{ConfigBag, Intercept, RequestChecksumCalculation, RuntimeComponents};
use aws_sdk_s3::error::BoxError;
use lambdas::call;
use lambdas::cause::causes;
use lambdas::environment::https::CertificatesError;
use lambdas::environment::{is_elsewhere, loader};
use wire::error::{ApiError, ErrorCode};

/// The region that is asked where a bucket is; S3 answers there for all buckets.
const ANY_REGION: Region = Region::from_static("us-east-1");
/// How long that answer may take.
const REGION_TIMEOUT: Duration = Duration::from_secs(5);

/// The SDK's own settings. Where they name no region it is that of the bucket `beside`: functions that run on this
/// machine have none of their own.
///
/// # Errors
/// Where there is no region, there are no credentials, or certificates that are named are unusable.
pub(super) async fn config(no_sign_request: bool, beside: Option<&str>) -> Result<SdkConfig, ApiError> {
    let unusable = |error: CertificatesError| ApiError::new(ErrorCode::InvalidRequest, error.to_string());
    let mut loader = loader().await.map_err(unusable)?;
    if no_sign_request {
        loader = loader.no_credentials();
    }
    let config = loader.load().await;
    let has_region = config.region().is_some();
    // Without credentials S3 would not name a region either, but the error should be about the credentials.
    if !no_sign_request && (has_region || beside.is_some()) {
        check_credentials(&config).await?;
    }
    if has_region {
        return Ok(config);
    }
    let found = match beside {
        Some(bucket) => region_of(&config, bucket).await,
        None => None,
    };
    // A store of one's own has no regions, but what is signed names one.
    let found = found.or_else(|| is_elsewhere(&config).then(|| ANY_REGION.to_string()));
    let message = "no AWS region is set: set AWS_REGION, or a region in the AWS profile";
    let region = found.ok_or_else(|| ApiError::new(ErrorCode::RegionMissing, message))?;
    Ok(config.into_builder().region(Region::new(region)).build())
}

/// The region of a bucket; S3 names it even to those who may not read the bucket. `None` where nobody
/// answers, and where there is no such bucket.
async fn region_of(config: &SdkConfig, bucket: &str) -> Option<String> {
    let timeouts = TimeoutConfig::builder().operation_timeout(REGION_TIMEOUT).build();
    let client = aws_sdk_s3::config::Builder::from(config)
        .region(ANY_REGION)
        .force_path_style(is_elsewhere(config))
        .timeout_config(timeouts);
    let answered = aws_sdk_s3::Client::from_conf(client.build()).head_bucket().bucket(bucket).send().await;
    match answered {
        Ok(output) => output.bucket_region().map(str::to_owned),
        Err(error) => error.raw_response()?.headers().get("x-amz-bucket-region").map(str::to_owned),
    }
}

async fn check_credentials(config: &SdkConfig) -> Result<(), ApiError> {
    let missing = "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or pass --no-sign-request \
                   for a public bucket";
    let message = match config.credentials_provider() {
        None => format!("no AWS credentials were found: {missing}"),
        Some(provider) => match provider.provide_credentials().await {
            Ok(_) => return Ok(()),
            Err(CredentialsError::CredentialsNotLoaded(_)) => {
                format!("no AWS credentials were found: {missing}")
            }
            Err(error) => format!("the AWS credentials can't be had ({}): {missing}", causes(&error)),
        },
    };
    Err(ApiError::new(ErrorCode::CredentialsMissing, message))
}

/// An S3 client that says, where it is so, that its account pays for requests. Where the endpoint is not
/// Amazon's, buckets stand in the path and not in the host's name, and checksums are sent where S3 requires
/// them and no more: not every store takes them.
pub(super) fn s3(config: &SdkConfig, requester_pays: bool) -> aws_sdk_s3::Client {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(5))
        .read_timeout(Duration::from_secs(60))
        .build();
    let mut client = aws_sdk_s3::config::Builder::from(config).timeout_config(timeouts);
    if is_elsewhere(config) {
        let checksums =
            config.request_checksum_calculation().unwrap_or(RequestChecksumCalculation::WhenRequired);
        client = client.force_path_style(true).request_checksum_calculation(checksums);
    }
    if requester_pays {
        client = client.interceptor(RequesterPays);
    }
    aws_sdk_s3::Client::from_conf(client.build())
}

/// Says with each request that its account pays for it.
#[derive(Debug)]
struct RequesterPays;

impl Intercept for RequesterPays {
    fn name(&self) -> &'static str {
        "RequesterPays"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        context.request_mut().headers_mut().insert("x-amz-request-payer", "requester");
        Ok(())
    }
}

/// A Lambda client that tries once; an attempt outlives the cascade that it waits for.
pub(super) fn lambda(config: &SdkConfig, function_timeout: Duration) -> aws_sdk_lambda::Client {
    call::client(&aws_sdk_lambda::config::Builder::from(config).build(), 3 * function_timeout)
}
