//! Connections that break anywhere, in the middle of an event too: what a viewer then knows is what the server knows.

use std::io::Read;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};

use crate::resumed::setting;
use crate::site::Site;
use crate::tree::{Tree, gzip, text};

/// Connections that are broken; set it for more.
const TEARS: &str = "WORDFALL_TEST_TEARS";
const SEED: &str = "WORDFALL_TEST_SEED";
/// A connection gives at most so many bytes before it breaks.
const BYTES_MAX: u64 = 40_000;

/// A client as a browser's `EventSource` is one: an event counts once its empty line has come.
#[derive(Default)]
struct Client {
    last_event_id: Option<String>,
    rows: Vec<Value>,
    logs: Vec<Value>,
    progress: Value,
    end: Option<Value>,
}

impl Client {
    fn read(&mut self, stream: &str) {
        let whole = stream.rfind("\n\n").map_or("", |end| &stream[..end]);
        for event in whole.split("\n\n") {
            let field = |name: &str| {
                let mut lines = event.lines().filter_map(|line| line.split_once(": "));
                lines.find(|(field, _)| *field == name).map(|(_, value)| value.to_owned())
            };
            let (Some(name), Some(data)) = (field("event"), field("data")) else { continue };
            self.take(&name, serde_json::from_str(&data).unwrap());
            self.last_event_id = field("id").or(self.last_event_id.take());
        }
    }

    fn take(&mut self, name: &str, data: Value) {
        match name {
            "progress" => self.progress = data,
            "objects" => {
                assert_eq!(data["first"], json!(self.rows.len()), "rows come without a gap or a repeat");
                self.rows.extend(data["rows"].as_array().unwrap().clone());
            }
            "log" => self.logs.push(data),
            "end" => self.end = Some(data),
            "reset" => panic!("the server was not restarted"),
            _ => (),
        }
    }
}

#[test]
fn a_client_whose_connection_breaks_anywhere_knows_what_the_server_knows() {
    let (tears_wanted, seed) = (setting(TEARS, 120), setting(SEED, u64::from(std::process::id())));
    println!("{SEED}={seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let mut tree = Tree::small_files(1_200);
    let damaged = gzip(&text(500));
    (0..60).for_each(|number| tree.write(&format!("damaged/{number}.gz"), &damaged[..damaged.len() - 4]));
    let site = Site::with(&[tree.mounted_as("docs")], &["--concurrency", "1", "--batch-bytes", "33554432"]);
    let mut tears = 0;
    while tears < tears_wanted {
        let id = site.start(&[("grain", "per_object"), ("recount", "1")]);
        let mut client = Client::default();
        while client.end.is_none() {
            tears += 1;
            let mut request = site.get(&format!("/runs/{id}/events"));
            if let Some(last) = &client.last_event_id {
                request = request.header("last-event-id", last);
            }
            let mut bytes = Vec::new();
            let limit = random.random_range(1..BYTES_MAX);
            request.send().body.take(limit).read_to_end(&mut bytes).unwrap();
            client.read(&String::from_utf8_lossy(&bytes));
        }
        check(&site, &id, &client);
    }
    println!("{tears} connections were broken");
}

fn check(site: &Site, id: &str, client: &Client) {
    let rows = site.get(&format!("/runs/{id}.ndjson")).send().text();
    let rows = rows.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let names = ["key", "words", "lines", "bytes_in", "bytes_out", "duration_ms", "state", "reason"];
    let rows: Vec<Value> =
        rows.map(|row| names.map(|name| row[name].clone()).into_iter().collect()).collect();
    assert_eq!(client.rows, rows);
    let (end, run) = (client.end.as_ref().unwrap(), site.ended(id));
    for (name, value) in end.as_object().unwrap() {
        assert_eq!(value, &run[name], "{name}");
    }
    let errors = client.logs.iter().filter(|log| log["level"] == "error").count();
    assert_eq!(errors, 60);
    assert!(client.progress["objects_done"].as_u64() <= end["objects_done"].as_u64());
}
