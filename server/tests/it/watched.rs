//! The files that ship for Grafana and Prometheus ask for nothing that a server does not report.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::bench::Bench;
use crate::scrape::Scrape;
use crate::tree::Tree;

fn shipped(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    fs::read_to_string(root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The names of ours in a text.
fn named(text: &str) -> BTreeSet<String> {
    let is_part = |character: char| character.is_ascii_alphanumeric() || character == '_';
    let words = text.split(|character| !is_part(character));
    words.filter(|word| word.starts_with("wordfall_")).map(str::to_owned).collect()
}

/// The values of a label that a text asks for by `=`, `!=` or `=~`.
fn values(text: &str, label: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, _) in text.match_indices(label) {
        let rest = text[at + label.len()..].replace("\\\"", "\"");
        let compared = ["=~", "!~", "!=", "="].into_iter().find_map(|by| rest.strip_prefix(by));
        let Some(quoted) =
            compared.and_then(|rest| rest.strip_prefix('"')).and_then(|rest| rest.split('"').next())
        else {
            continue;
        };
        found.extend(quoted.split('|').map(str::to_owned));
    }
    found
}

async fn scrape() -> Scrape {
    let bench = Bench::on(&Tree::small_files(1), 1, 1);
    let open_metrics = bench.engine.metrics.open_metrics(&bench.engine.permits);
    Scrape::read(&server::metrics::text::plain(&open_metrics))
}

fn check(text: &str, scrape: &Scrape) {
    let (asked, known) = (named(text), scrape.names());
    let unknown: Vec<_> = asked.iter().filter(|name| !known.contains(name.as_str())).collect();
    assert!(asked.len() > 5 && unknown.is_empty(), "{unknown:?} are not told");
    let told = scrape.values();
    for label in ["state", "outcome", "tier", "reason", "item", "operation"] {
        let unknown: Vec<_> = values(text, label).into_iter().filter(|value| !told.contains(value)).collect();
        assert!(unknown.is_empty(), "{label} is never {unknown:?}");
    }
}

#[tokio::test]
async fn the_dashboard_shows_what_a_server_tells_and_all_of_it() {
    let (text, scrape) = (shipped("deploy/grafana/wordfall.json"), scrape().await);
    check(&text, &scrape);
    let dashboard: Value = serde_json::from_str(&text).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let ids: BTreeSet<_> = panels.iter().map(|panel| panel["id"].as_u64().unwrap()).collect();
    assert_eq!(ids.len(), panels.len());
    let mut taken = BTreeSet::new();
    for panel in panels {
        assert!(!panel["title"].as_str().unwrap().is_empty(), "{panel}");
        let at = |side: &str| panel["gridPos"][side].as_u64().unwrap();
        for x in at("x")..at("x") + at("w") {
            for y in at("y")..at("y") + at("h") {
                assert!(x < 24 && taken.insert((x, y)), "{} lies on another panel", panel["title"]);
            }
        }
        let is_row = panel["type"] == "row";
        assert_eq!(panel["targets"].as_array().is_none_or(Vec::is_empty), is_row, "{panel}");
        assert!(is_row || panel["description"].as_str().is_some_and(|told| told.ends_with('.')), "{panel}");
    }
    let shown = named(&text);
    let family = |name: &str| {
        let ends = ["_bucket", "_sum", "_count"].into_iter().find_map(|end| name.strip_suffix(end));
        ends.unwrap_or(name).to_owned()
    };
    let shown: BTreeSet<_> = shown.iter().map(|name| family(name)).collect();
    let not_shown: Vec<_> =
        scrape.names().into_iter().filter(|name| !shown.contains(&family(name))).collect();
    assert_eq!(not_shown, ["wordfall_start_time_seconds"]);
}

#[tokio::test]
async fn alerts_ask_for_what_a_server_tells() {
    let text = shipped("deploy/prometheus/alerts.yaml");
    check(&text, &scrape().await);
    let rules = text.matches("- alert: ").count();
    for part in [" expr: ", " severity: ", " summary: ", " description: "] {
        assert_eq!(text.matches(part).count(), rules, "every alert has its{part}");
    }
}
