//! Who is refused.

use aws_credential_types::Credentials;
use aws_sdk_s3::error::ProvideErrorMetadata;

use crate::invoke::function;
use crate::stand_in::StandIn;

fn config(stand_in: &StandIn, key: &str, secret: &str) -> aws_config::SdkConfig {
    let credentials = Credentials::new(key, secret, None, None, "test");
    let provider = aws_credential_types::provider::SharedCredentialsProvider::new(credentials);
    stand_in.local.sdk_config().into_builder().credentials_provider(provider).build()
}

#[tokio::test]
async fn a_wrong_secret_or_an_unknown_key_is_refused_by_both() {
    let stand_in = StandIn::new();
    stand_in.local.register(function("echo", |invocation| async move {
        Ok(local::Response::Buffered(invocation.payload))
    }));
    let credentials = stand_in.local.credentials();
    let wrong_secret = config(&stand_in, credentials.access_key_id(), "wrong");
    let unknown_key = config(&stand_in, "LOCLUNKNOWN", credentials.secret_access_key());
    for (config, s3_code, lambda_code) in [
        (wrong_secret, "SignatureDoesNotMatch", "InvalidSignatureException"),
        (unknown_key, "NotSignedUp", "UnrecognizedClientException"),
    ] {
        let s3 = aws_sdk_s3::config::Builder::from(&config).force_path_style(true).build();
        let listed = aws_sdk_s3::Client::from_conf(s3).list_objects_v2().bucket("docs").send().await;
        let refused = listed.unwrap_err();
        assert_eq!(refused.code(), Some(s3_code));
        assert_eq!(refused.raw_response().unwrap().status().as_u16(), 403);
        let refused =
            aws_sdk_lambda::Client::new(&config).invoke().function_name("echo").send().await.unwrap_err();
        assert_eq!(refused.code(), Some(lambda_code));
        assert_eq!(refused.raw_response().unwrap().status().as_u16(), 403);
    }
    assert_eq!(stand_in.local.journal().entries().len(), 0);
}

#[tokio::test]
async fn the_keys_of_functions_read_what_nobody_writes_and_invoke_and_no_more() {
    let stand_in = StandIn::new();
    stand_in.write("a.txt", "read");
    stand_in.s3().put_object().bucket("notes").key("secret").send().await.unwrap();
    stand_in.local.register(function("echo", |invocation| async move {
        Ok(local::Response::Buffered(invocation.payload))
    }));
    let credentials = stand_in.local.function_credentials();
    let config = config(&stand_in, credentials.access_key_id(), credentials.secret_access_key());
    let s3 = aws_sdk_s3::config::Builder::from(&config).force_path_style(true).build();
    let s3 = aws_sdk_s3::Client::from_conf(s3);
    s3.get_object().bucket("docs").key("a.txt").send().await.unwrap();
    s3.list_objects_v2().bucket("docs").send().await.unwrap();
    let refused = [
        s3.get_object().bucket("notes").key("secret").send().await.unwrap_err().code().map(ToOwned::to_owned),
        s3.list_objects_v2().bucket("notes").send().await.unwrap_err().code().map(ToOwned::to_owned),
        s3.put_object().bucket("notes").key("b").send().await.unwrap_err().code().map(ToOwned::to_owned),
        s3.put_object().bucket("docs").key("b").send().await.unwrap_err().code().map(ToOwned::to_owned),
        s3.list_buckets().send().await.unwrap_err().code().map(ToOwned::to_owned),
    ];
    assert_eq!(refused, [(); 5].map(|()| Some("AccessDenied".to_owned())));
    aws_sdk_lambda::Client::new(&config).invoke().function_name("echo").send().await.unwrap();
}

#[tokio::test]
async fn unsigned_requests_are_refused_by_both() {
    let stand_in = StandIn::new();
    let config = aws_config::SdkConfig::builder()
        .behavior_version(aws_config::BehaviorVersion::latest())
        .region(aws_config::Region::new(local::REGION))
        .endpoint_url("http://local.invalid")
        .http_client(stand_in.local.http_client())
        .build();
    let s3 = aws_sdk_s3::config::Builder::from(&config).force_path_style(true).allow_no_auth();
    let s3 = aws_sdk_s3::Client::from_conf(s3.build());
    let refused = s3.list_objects_v2().bucket("docs").send().await.unwrap_err();
    assert_eq!(refused.code(), Some("AccessDenied"));
    let lambda = aws_sdk_lambda::config::Builder::from(&config).allow_no_auth().build();
    let lambda = aws_sdk_lambda::Client::from_conf(lambda);
    let refused = lambda.invoke().function_name("echo").send().await.unwrap_err();
    assert_eq!(refused.code(), Some("MissingAuthenticationTokenException"));
    assert_eq!(refused.raw_response().unwrap().status().as_u16(), 403);
}
