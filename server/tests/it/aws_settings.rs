//! Settings of AWS users: proxies, certificates, endpoints in profiles, names of buckets.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;

use crate::odd_store::{self, OddStore};
use crate::program::{self, Ran};

const KEYS: [(&str, &str); 3] =
    [("AWS_ACCESS_KEY_ID", "a"), ("AWS_SECRET_ACCESS_KEY", "b"), ("AWS_REGION", "us-east-1")];

/// A proxy that serves nobody, until the process ends; the first line of each request to it.
fn proxy() -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let seen: Arc<Mutex<Vec<String>>> = Arc::default();
    let seeing = Arc::clone(&seen);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, mut head) = (stream.unwrap(), [0; 1024]);
            let bytes = stream.read(&mut head).unwrap_or_default();
            let head = String::from_utf8_lossy(&head[..bytes]).into_owned();
            seeing.lock().unwrap().extend(head.lines().next().map(str::to_owned));
            // The caller may be gone.
            drop(
                stream
                    .write_all(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
            );
        }
    });
    (address, seen)
}

#[track_caller]
fn check_proxied(variable: &str, endpoint: Option<&str>, expected: &str) {
    let (address, seen) = proxy();
    let mut variables = KEYS.to_vec();
    variables.push((variable, &address));
    variables.extend(endpoint.map(|endpoint| ("AWS_ENDPOINT_URL_S3", endpoint)));
    let ran = program::run_with(&["count", "s3://some-logs/", "--s3", "aws"], &variables);
    let seen = seen.lock().unwrap().clone();
    assert!(seen.first().is_some_and(|line| line.starts_with(expected)), "{variable}: {seen:?}");
    assert!(ran.code == Some(2) && ran.stderr.contains("some-logs can't be listed"), "{}", ran.stderr);
}

#[test]
fn requests_go_through_the_proxy_that_the_environment_names() {
    check_proxied("HTTPS_PROXY", None, "CONNECT some-logs.s3.us-east-1.amazonaws.com:443");
    check_proxied("https_proxy", None, "CONNECT some-logs.s3.us-east-1.amazonaws.com:443");
    let endpoint = Some("http://s3.example.test");
    check_proxied("HTTP_PROXY", endpoint, "GET http://s3.example.test/some-logs/");
    check_proxied("ALL_PROXY", endpoint, "GET http://s3.example.test/some-logs/");
}

#[test]
fn a_store_that_no_proxy_names_is_asked_itself() {
    let store = one_object();
    let (address, seen) = proxy();
    let ran = store.count_with(&[], &[("HTTP_PROXY", &address), ("NO_PROXY", "127.0.0.1")]);
    assert_eq!(counted(&ran), (Some(0), Some(2)), "{}", ran.stderr);
    assert_eq!(seen.lock().unwrap().len(), 0);
}

#[test]
fn a_bundle_of_certificates_that_is_unusable_is_named() {
    let home = tempfile::tempdir().unwrap();
    let bundle = home.path().join("bundle.pem");
    fs::write(&bundle, "no certificate\n").unwrap();
    let bundle = bundle.to_str().unwrap();
    let profile = home.path().join("config");
    fs::write(&profile, format!("[default]\nca_bundle = {bundle}\n")).unwrap();
    for named in [
        ("AWS_CA_BUNDLE", bundle),
        ("SSL_CERT_FILE", bundle),
        ("AWS_CONFIG_FILE", profile.to_str().unwrap()),
        ("AWS_CA_BUNDLE", "/nonexistent.pem"),
    ] {
        let variables = [&KEYS[..], &[named]].concat();
        let ran = program::run_with(&["count", "s3://some-logs/", "--s3", "aws"], &variables);
        assert_eq!(ran.code, Some(2), "{named:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(".pem") && ran.stderr.contains("unusable"), "{named:?}: {}", ran.stderr);
    }
}

#[track_caller]
fn check_profile(store: &OddStore, section: &str, variables: &[(&str, &str)]) {
    let home = tempfile::tempdir().unwrap();
    let endpoint = store.endpoint().replace("127.0.0.1", "localhost");
    let path = home.path().join("config");
    fs::write(&path, section.replace("ENDPOINT", &endpoint)).unwrap();
    let given = [&KEYS[..2], variables, &[("AWS_CONFIG_FILE", path.to_str().unwrap())]].concat();
    let ran = program::run_with(&["count", "s3://logs/", "--s3", "aws", "--json"], &given);
    assert_eq!(counted(&ran), (Some(0), Some(2)), "{section}: {}", ran.stderr);
}

#[test]
fn an_endpoint_is_found_where_the_profile_names_it() {
    let store = one_object();
    check_profile(&store, "[default]\nregion = us-east-1\nendpoint_url = ENDPOINT\n", &[]);
    let services = "services = mine\n[services mine]\ns3 =\n  endpoint_url = ENDPOINT\n";
    check_profile(&store, &format!("[default]\nregion = us-east-1\n{services}"), &[]);
    check_profile(
        &store,
        &format!("[profile own]\nregion = us-east-1\n{services}"),
        &[("AWS_PROFILE", "own")],
    );
    // A store of one's own has no regions.
    check_profile(&store, &format!("[default]\n{services}"), &[]);
}

#[test]
fn a_name_that_s3_takes_no_longer_is_left_to_the_store() {
    let store = one_object();
    let ran = store.count_of("My_Logs", &[], &[]);
    assert!(ran.code == Some(2) && ran.stderr.contains("there is no bucket My_Logs"), "{}", ran.stderr);
}

#[test]
fn requesters_that_pay_say_so_with_each_request() {
    let store = one_object();
    for functions in ["in-process", "processes"] {
        let ran = store.count(&["--request-payer", "requester", "--functions", functions]);
        assert_eq!((counted(&ran), store.unpaid()), ((Some(0), Some(2)), 0), "{functions}: {}", ran.stderr);
        assert_eq!(ran.end()["cost"]["requester_pays"], true);
    }
    let ran = store.count(&[]);
    assert!(counted(&ran) == (Some(0), Some(2)) && store.unpaid() > 0, "{}", ran.stderr);
    assert_eq!(ran.end()["cost"]["requester_pays"], serde_json::Value::Null);
}

fn one_object() -> OddStore {
    OddStore::new([("a.log".to_owned(), "one two\n".to_owned())], |_| {
        (200, odd_store::page(&[odd_store::entry("a.log", 8)], None))
    })
}

fn counted(ran: &Ran) -> (Option<i32>, Option<u64>) {
    (ran.code, if ran.code == Some(0) { ran.end()["words"].as_u64() } else { None })
}
