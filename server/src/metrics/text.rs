//! The two forms in which Prometheus reads metrics. Pure.

use std::fmt::Write;

/// The media type of OpenMetrics, in a request and in an answer.
pub const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// The media type of Prometheus' own older form, which everything reads.
pub const PLAIN: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Whether a client that sends this `Accept` header reads OpenMetrics.
pub fn accepts_open_metrics(accept: &str) -> bool {
    accept.split(',').any(|kind| {
        let mut parts = kind.split(';').map(str::trim);
        let is_named = parts.next() == Some("application/openmetrics-text");
        is_named && !parts.any(|part| matches!(part, "q=0" | "q=0.0"))
    })
}

/// OpenMetrics as the older form: there a counter's family is called as its sample is, and no line marks the
/// end.
pub fn plain(open_metrics: &str) -> String {
    let lines: Vec<&str> = open_metrics.lines().collect();
    let mut text = String::with_capacity(open_metrics.len() + 16 * lines.len());
    for (index, line) in lines.iter().enumerate() {
        match line.split_once(" HELP ").or_else(|| line.split_once(" TYPE ")) {
            Some(("#", rest)) => {
                let (name, told) = rest.split_once(' ').unwrap_or((rest, ""));
                let kind = if line.starts_with("# HELP") { lines.get(index + 1) } else { Some(line) };
                let is_counter = kind.is_some_and(|kind| kind.ends_with(" counter"));
                let (word, suffix) = (&line[..6], if is_counter { "_total" } else { "" });
                writeln!(text, "{word} {name}{suffix} {told}").expect("writing to a string does not fail");
            }
            _ if *line == "# EOF" || line.starts_with("# UNIT ") => (),
            _ => {
                text.push_str(line);
                text.push('\n');
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(open_metrics: &str, expected: &str) {
        assert_eq!(plain(open_metrics), expected);
    }

    #[test]
    fn a_counter_is_named_as_its_sample_and_the_end_is_left_out() {
        check(
            "# HELP a_runs Runs.\n# TYPE a_runs counter\na_runs_total{state=\"x HELP y\"} 1\n# EOF\n",
            "# HELP a_runs_total Runs.\n# TYPE a_runs_total counter\na_runs_total{state=\"x HELP y\"} 1\n",
        );
        check("# HELP a A TYPE of b.\n# TYPE a gauge\na 1\n", "# HELP a A TYPE of b.\n# TYPE a gauge\na 1\n");
    }

    #[test]
    fn whoever_reads_open_metrics_says_so() {
        assert!(accepts_open_metrics("application/openmetrics-text;version=1.0.0;q=0.5, text/plain;q=0.3"));
        assert!(!accepts_open_metrics("text/plain") && !accepts_open_metrics("*/*"));
        assert!(!accepts_open_metrics("application/openmetrics-text;q=0"));
    }
}
