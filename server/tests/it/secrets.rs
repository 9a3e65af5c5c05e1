//! Keys, tokens and passwords: used, and never shown.

use crate::program::{self, run_with};
use crate::tree::Tree;

const TOKEN: &str = "s3cret-Token_42-that-nobody-guesses";

#[test]
fn the_help_shows_the_value_of_no_variable() {
    let names = [
        "BUCKET",
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "WORDFALL_ALLOW_BUCKET",
        "WORDFALL_DATA",
        "WORDFALL_GLOB",
        "WORDFALL_MOUNT",
        "WORDFALL_PREFIX",
        "WORDFALL_TOKEN",
        "WORDFALL_WORDCOUNT_FUNCTION",
    ];
    let variables = names.map(|name| (name, TOKEN));
    for command in ["serve", "count", "retry", "local"] {
        for help in ["--help", "-h"] {
            let ran = run_with(&[command, help], &variables);
            assert_eq!(ran.code, Some(0));
            assert!(ran.stdout.contains("[env: WORDFALL_DATA]"), "{}", ran.stdout);
            assert!(!ran.stdout.contains("s3cret"), "{}", ran.stdout);
        }
    }
}

#[test]
fn a_password_that_stands_in_an_address_is_not_repeated_where_it_is_wrong() {
    let tree = Tree::small_files(1);
    let mount = tree.mounted_as("docs");
    for wrong in ["user:pa55word@host", "ftp://user:pa55word@host", "http://user:pa55word@ho st:1"] {
        for ran in [
            program::run(&["count", "--mount", &mount, "--otlp-endpoint", wrong]),
            run_with(&["count", "--mount", &mount], &[("OTEL_EXPORTER_OTLP_ENDPOINT", wrong)]),
        ] {
            assert_eq!(ran.code, Some(2));
            assert!(ran.stderr.contains("--otlp-endpoint can't be used"), "{}", ran.stderr);
            assert!(!ran.stderr.contains("pa55word"), "{}", ran.stderr);
        }
    }
}
