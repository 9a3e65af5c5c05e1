//! The answer of `/metrics`, read as strictly as Prometheus' own linter reads it.

use std::collections::{BTreeMap, BTreeSet};

/// Labels that a sample may have: no other would be bounded.
const LABELS: [&str; 11] = [
    "counting",
    "event",
    "item",
    "le",
    "operation",
    "outcome",
    "protocol",
    "reason",
    "state",
    "tier",
    "version",
];

/// One scrape.
pub(crate) struct Scrape {
    /// The kind of each family.
    kinds: BTreeMap<String, String>,
    /// Each sample's value, by its name and its labels as they stand.
    samples: BTreeMap<String, f64>,
}

impl Scrape {
    /// Reads every line, and fails on whatever a linter would remark.
    pub(crate) fn read(text: &str) -> Self {
        assert!(text.ends_with('\n'), "the last line ends");
        let (mut kinds, mut samples, mut helps) = (BTreeMap::new(), BTreeMap::new(), BTreeSet::new());
        for line in text.lines() {
            if let Some((name, help)) = line.strip_prefix("# HELP ").and_then(|rest| rest.split_once(' ')) {
                assert!(help.len() > 5 && helps.insert(name.to_owned()), "{line}");
            } else if let Some((name, kind)) =
                line.strip_prefix("# TYPE ").and_then(|rest| rest.split_once(' '))
            {
                assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
                check_name(name, kind);
                assert!(helps.contains(name), "{name} is explained first");
                assert_eq!(kinds.insert(name.to_owned(), kind.to_owned()), None, "{line}");
            } else {
                let (sample, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("{line}"));
                let value: f64 = value.parse().unwrap_or_else(|error| panic!("{error}: {line}"));
                assert!(value.is_finite() && value >= 0.0, "{line}");
                assert!(
                    kinds.contains_key(&family(&kinds, sample)),
                    "{line} is of a family that was told before"
                );
                labels(sample)
                    .iter()
                    .for_each(|(name, _)| assert!(LABELS.contains(&name.as_str()), "{line}"));
                assert_eq!(samples.insert(sample.to_owned(), value), None, "{line} comes twice");
            }
        }
        assert_eq!(helps.len(), kinds.len(), "every family has its kind");
        let scrape = Self { kinds, samples };
        scrape.check_histograms();
        scrape
    }

    /// Checks that a histogram's buckets grow up to its count.
    fn check_histograms(&self) {
        for name in self.kinds.iter().filter(|(_, kind)| *kind == "histogram").map(|(name, _)| name) {
            let counts: Vec<_> = self.of(&format!("{name}_count")).collect();
            for (sample, count) in counts {
                let labels = sample.split_once('{').map_or("", |(_, rest)| rest.trim_end_matches('}'));
                let buckets: Vec<f64> = self
                    .of(&format!("{name}_bucket"))
                    .filter(|(bucket, _)| labels.is_empty() || bucket.contains(labels))
                    .map(|(_, value)| value)
                    .collect();
                let most = buckets.iter().copied().fold(0.0, f64::max);
                assert!(buckets.len() > 5 && most == count, "{name}: {buckets:?} for {count}");
            }
        }
    }

    /// The samples of a name.
    fn of<'a>(&'a self, name: &str) -> impl Iterator<Item = (&'a str, f64)> + use<'a> {
        let name = name.to_owned();
        let samples = self.samples.iter().map(|(sample, value)| (sample.as_str(), *value));
        samples.filter(move |(sample, _)| sample.split('{').next() == Some(&name))
    }

    /// The sum of a name's samples whose labels contain all of these.
    pub(crate) fn sum(&self, name: &str, with: &[(&str, &str)]) -> f64 {
        let mut found = false;
        let sum = self
            .of(name)
            .filter(|(sample, _)| {
                let labels = labels(sample);
                with.iter()
                    .all(|(name, value)| labels.iter().any(|(known, told)| known == name && told == value))
            })
            .inspect(|_| found = true)
            .map(|(_, value)| value)
            .sum();
        assert!(found, "there is no {name} with {with:?}");
        sum
    }

    /// The names of all samples.
    pub(crate) fn names(&self) -> BTreeSet<&str> {
        self.samples.keys().filter_map(|sample| sample.split('{').next()).collect()
    }

    /// All samples' label values.
    pub(crate) fn values(&self) -> BTreeSet<String> {
        self.samples.keys().flat_map(|sample| labels(sample)).map(|(_, value)| value).collect()
    }

    /// Checks that no counter went back since this scrape.
    pub(crate) fn check_later_than(&self, earlier: &Self) {
        for (sample, before) in &earlier.samples {
            let kind = &self.kinds[&family(&self.kinds, sample)];
            let after = self.samples.get(sample).unwrap_or_else(|| panic!("{sample} is gone"));
            assert!(kind == "gauge" || after >= before, "{sample} went from {before} to {after}");
        }
    }
}

fn check_name(name: &str, kind: &str) {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    assert!(name.starts_with("wordfall_") && name.bytes().all(is_plain), "{name}");
    assert_eq!(name.ends_with("_total"), kind == "counter", "{name} is a {kind}");
    let base = name.trim_end_matches("_total");
    for wrong in
        ["_ms", "_milliseconds", "_kilobytes", "_cents", "_count", "_sum", "_bucket", "_counter", "_gauge"]
    {
        assert!(!base.ends_with(wrong), "{name} is not in base units, or named by what it is");
    }
    assert!(kind != "histogram" || name.ends_with("_seconds"), "{name} has its unit in its name");
}

/// The family that a sample belongs to.
fn family(kinds: &BTreeMap<String, String>, sample: &str) -> String {
    let name = sample.split('{').next().unwrap_or_default();
    let of_histogram = ["_bucket", "_sum", "_count"].into_iter().filter_map(|end| name.strip_suffix(end));
    let histogram =
        of_histogram.into_iter().find(|name| kinds.get(*name).is_some_and(|kind| kind == "histogram"));
    histogram.unwrap_or(name).to_owned()
}

/// A sample's labels; none of their values has a character that would be escaped.
fn labels(sample: &str) -> Vec<(String, String)> {
    let Some((_, labels)) = sample.split_once('{') else { return Vec::new() };
    let labels = labels.strip_suffix('}').unwrap_or_else(|| panic!("{sample}"));
    let pair = |label: &str| {
        let (name, value) = label.split_once("=\"")?;
        Some((name.to_owned(), value.strip_suffix('"')?.to_owned()))
    };
    labels.split(',').map(|label| pair(label).unwrap_or_else(|| panic!("{sample}"))).collect()
}
