//! A runtime for the tests of the Runtime API: it speaks HTTP by hand and does whatever its payload says, right or
//! wrong.

mod http;

use std::io::Write;
use std::process::Command;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use self::http::{Answer, Api};

/// Longer than any test.
const FOREVER: Duration = Duration::from_secs(3600);

fn main() {
    local::launch_if_asked();
    let api = Api::from_environment();
    match std::env::args().nth(1).as_deref() {
        Some("init-error") => {
            let told =
                json!({ "errorType": "No.Start", "errorMessage": "there is no way", "stackTrace": ["a"] });
            api.post("init/error", &[], told.to_string().as_bytes());
            std::process::exit(1);
        }
        Some("init-exit") => {
            println!("not today");
            std::process::exit(3);
        }
        Some("shy") => {
            api.ask_and_leave();
            thread::sleep(FOREVER);
        }
        Some("never") => thread::sleep(FOREVER),
        _ => (),
    }
    println!("initialising");
    loop {
        let invocation = api.next();
        assert_eq!(invocation.status, 200, "{}", invocation.text());
        obey(&api, &invocation);
    }
}

fn obey(api: &Api, invocation: &Answer) {
    let id = invocation.header("lambda-runtime-aws-request-id").unwrap_or_default();
    let order: Value = serde_json::from_slice(&invocation.body).unwrap_or_default();
    let respond = |body: &[u8]| api.post(&format!("invocation/{id}/response"), &[], body);
    let number = order["number"].as_u64().unwrap_or_default();
    match order["do"].as_str().unwrap_or("echo") {
        "echo" => drop(respond(&invocation.body)),
        "identify" => drop(respond(std::process::id().to_string().as_bytes())),
        "environment" => {
            let variables: serde_json::Map<String, Value> =
                std::env::vars().map(|(name, value)| (name, value.into())).collect();
            drop(respond(Value::from(variables).to_string().as_bytes()));
        }
        "headers" => {
            let headers: Vec<_> =
                invocation.headers.iter().map(|(name, value)| json!([name, value])).collect();
            drop(respond(Value::from(headers).to_string().as_bytes()));
        }
        "log" => {
            println!("out");
            eprintln!("error");
            print!("no end");
            drop(std::io::stdout().flush());
            drop(respond(b"null"));
        }
        "flood" => {
            let lines = [b'\n'; 1 << 16];
            let mut out = std::io::stdout().lock();
            while out.write_all(&lines).is_ok() {}
        }
        "write" => {
            print!("{}", "x".repeat(usize::try_from(number).unwrap_or_default()));
            println!("\nend");
            drop(respond(b"null"));
        }
        "fail" => {
            let told = json!({ "errorType": "Bad", "errorMessage": "no good", "stackTrace": ["line 1"] });
            let path = format!("invocation/{id}/error");
            drop(api.post(
                &path,
                &["Lambda-Runtime-Function-Error-Type: Other"],
                told.to_string().as_bytes(),
            ));
        }
        "exit" => std::process::exit(i32::try_from(number).unwrap_or_default()),
        "hang" => thread::sleep(FOREVER),
        "answer and hang" => {
            drop(respond(b"1"));
            thread::sleep(FOREVER);
        }
        "answer and exit" => {
            drop(respond(b"1"));
            std::process::exit(1);
        }
        "allocate" => {
            let bytes = usize::try_from(number).unwrap_or_default() << 20;
            let held = vec![1_u8; bytes];
            thread::sleep(Duration::from_millis(300));
            drop(respond(held.len().to_string().as_bytes()));
        }
        "spawn" => {
            let child = Command::new("sleep").arg("3600").spawn();
            println!("child {}", child.map_or(0, |child| child.id()));
            thread::sleep(FOREVER);
        }
        other => misbehave(api, id, other, number),
    }
}

fn misbehave(api: &Api, id: &str, order: &str, number: u64) {
    let path = format!("invocation/{id}/response");
    match order {
        "wrong id" => {
            let refused = api.post("invocation/00000000-0000-0000-0000-000000000000/response", &[], b"2");
            drop(api.post(&path, &[], refused.summary().as_bytes()));
        }
        "twice" => {
            drop(api.post(&path, &[], b"1"));
            println!("{}", api.post(&path, &[], b"2").summary());
        }
        "next too early" => {
            let refused = api.next();
            drop(api.post(&path, &[], refused.summary().as_bytes()));
        }
        "large" => {
            let refused = api.post(&path, &[], &vec![b' '; usize::try_from(number).unwrap_or_default()]);
            println!("{}", refused.summary());
        }
        "stream" => {
            let pieces = (0..number).map(|piece| format!("{piece}\n"));
            drop(api.stream(&path, pieces, None));
        }
        "break midway" => {
            let error = json!({ "errorType": "Broken", "errorMessage": "midway" });
            drop(api.stream(&path, ["a".to_owned()], Some(("Broken", &error.to_string()))));
        }
        "stream and wait" => {
            let pieces = ["a", "b"].map(ToOwned::to_owned).into_iter().inspect(|piece| {
                if piece == "b" {
                    thread::sleep(FOREVER);
                }
            });
            drop(api.stream(&path, pieces, None));
        }
        "die midway" => api.die_midway(&path),
        other => println!("{other} is no order"),
    }
}
