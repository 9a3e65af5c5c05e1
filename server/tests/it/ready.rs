//! `/readyz`: whether a run would find what it needs, and which part it would not.

use std::sync::Arc;

use axum::extract::RawQuery;
use axum::http::StatusCode;
use leptos::prelude::LeptosOptions;
use server::access::{Access, Proxy, Token};
use server::backend::Backend;
use server::engine::Engine;
use server::http::audience::Audience;
use server::http::{Site, router};
use server::runs::{Part, Runs};
use server::store::Store;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::bench::{BUCKET, Bench};
use crate::http::Request;
use crate::tree::Tree;

/// The answer of a server on this backend: the part that is not ready with the sentence, or nothing.
async fn told(backend: Backend, bucket: &str, closing: CancellationToken) -> Option<(String, String)> {
    told_to("Bearer sixteen--letters", backend, bucket, closing).await
}

async fn told_to(
    whom: &'static str,
    backend: Backend,
    bucket: &str,
    closing: CancellationToken,
) -> Option<(String, String)> {
    let runs = Runs::new(&backend, bucket.to_owned(), [bucket.to_owned()].into());
    let site = Site {
        runs: Arc::new(runs),
        plots: Arc::default(),
        access: Access::new(Some(Token::parse("sixteen--letters").unwrap()), Proxy::None),
        audience: Arc::new(Audience::of_connections(100)),
        readiness: Arc::default(),
        leptos: LeptosOptions::builder().output_name("wordfall").build(),
        closing,
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router(site)).await });
    let asked = tokio::task::spawn_blocking(move || {
        Request::new(address, "GET", "/readyz").header("authorization", whom).send()
    });
    let response = asked.await.unwrap();
    if response.status == 200 {
        assert_eq!(response.text(), "ready\n");
        return None;
    }
    assert_eq!((response.status, response.headers["content-type"].as_str()), (503, "application/json"));
    let error = response.json()["error"].clone();
    let text = |name: &str| error[name].as_str().unwrap_or_else(|| panic!("{error}")).to_owned();
    assert!(!text("code").is_empty());
    Some((text("part"), text("message")))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_says_which_part_is_not_ready() {
    let tree = Tree::small_files(1);
    let bench = Bench::on(&tree, 1, 1);
    let open = CancellationToken::new;
    assert_eq!(told(bench.backend(), BUCKET, open()).await, None);
    let part = |told: Option<(String, String)>| told.unwrap();
    let (name, message) = part(told(bench.backend(), "nothing-here", open()).await);
    assert!(name == "bucket" && message.contains("there is no bucket nothing-here"), "{name}: {message}");
    let (name, message) = part(told_to("nobody", bench.backend(), "nothing-here", open()).await);
    assert!(name == "bucket" && !message.contains("nothing-here"), "{name}: {message}");
    let engine = Engine { wordcount_function: "nobody".to_owned(), ..Engine::clone(&bench.engine) };
    let backend = Backend { engine: Arc::new(engine), ..bench.backend() };
    let (name, message) = part(told(backend, BUCKET, open()).await);
    assert!(
        name == "functions" && message.contains("the function nobody does not answer"),
        "{name}: {message}"
    );
    let store = Some(Store::new(&bench.engine.s3, "no-results".to_owned()));
    let (name, message) = part(told(Backend { store, ..bench.backend() }, BUCKET, open()).await);
    assert!(name == "results" && message.contains("no-results"), "{name}: {message}");
    let closing = open();
    closing.cancel();
    let (name, message) = part(told(bench.backend(), BUCKET, closing).await);
    assert_eq!((name.as_str(), message.as_str()), ("server", "the server is about to stop: ask another one"));
}

/// An S3 that lets nobody list but below this prefix, as the server's policy has it.
async fn listing_only_below(prefix: &'static str) -> aws_sdk_s3::Client {
    let answer = move |RawQuery(query): RawQuery| async move {
        let query = query.unwrap_or_default();
        let allowed = query.split('&').any(|pair| pair.strip_prefix("prefix=") == Some(prefix));
        match allowed {
            true => (StatusCode::OK, "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>"),
            false => (StatusCode::FORBIDDEN, "<Error><Code>AccessDenied</Code></Error>"),
        }
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, axum::Router::new().fallback(answer)).await });
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(aws_config::BehaviorVersion::latest())
        .region(aws_config::Region::new("us-east-1"))
        .credentials_provider(aws_credential_types::Credentials::new("a", "b", None, None, "test"))
        .endpoint_url(endpoint)
        .force_path_style(true)
        .http_client(lambdas::environment::https::client().await.unwrap());
    aws_sdk_s3::Client::from_conf(config.build())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_may_list_below_its_prefix_alone_is_ready() {
    let tree = Tree::small_files(1);
    let bench = Bench::on(&tree, 1, 1);
    let s3 = listing_only_below("logs").await;
    let backend =
        Backend { engine: Arc::new(Engine { s3, ..Engine::clone(&bench.engine) }), ..bench.backend() };
    let runs = || Runs::new(&backend, BUCKET.to_owned(), [BUCKET.to_owned()].into());
    assert_eq!(runs().proposing("logs".to_owned()).check_ready().await, Ok(()));
    let (part, error) = runs().check_ready().await.unwrap_err();
    assert!(part == Part::Bucket && error.message.contains("s3:ListBucket"), "{error}");
}
