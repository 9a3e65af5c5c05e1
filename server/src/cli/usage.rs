//! The parser with its help and its errors. The help shows no value of a variable, an error none of an option that may
//! hold a secret, and both show what was typed as text.

use std::io::{ErrorKind, Write};

use clap::error::{ContextKind, ContextValue};
use clap::{Command, CommandFactory, FromArgMatches};
use wire::printable;

use super::Cli;
use crate::output::{self, remark};

/// Options whose values are not repeated where they are wrong.
const SECRETS: [&str; 3] = ["--function", "--otlp-endpoint", "--token"];
/// Exit code for bad usage, and for help that can't be written.
const WRONG: i32 = 2;
/// The text instead of such a value.
const WITHHELD: &str = "(not shown)";

/// Reads these arguments, the program's name first; ends the program with a sentence where they are wrong.
pub(super) fn parse(arguments: impl IntoIterator<Item = std::ffi::OsString>) -> Cli {
    let parsed = command().try_get_matches_from(arguments);
    parsed.and_then(|matches| Cli::from_arg_matches(&matches)).unwrap_or_else(|error| end(error))
}

/// The variables' names stand in the help, their values do not.
fn command() -> Command {
    fn quiet(command: Command) -> Command {
        command.mut_args(|argument| argument.hide_env_values(true)).mut_subcommands(quiet)
    }
    quiet(Cli::command())
}

/// The help goes to standard output, a wrong option to standard error.
fn end(error: clap::Error) -> ! {
    if error.use_stderr() {
        remark(sentence(error).trim_end());
        std::process::exit(WRONG)
    }
    std::process::exit(match error.print().and_then(|()| std::io::stdout().flush()) {
        Ok(()) => 0,
        Err(error) if error.kind() == ErrorKind::BrokenPipe => i32::from(output::UNREAD),
        Err(error) => {
            remark(format!("wordfall: {}", output::unwritable(&error)));
            WRONG
        }
    })
}

fn sentence(mut error: clap::Error) -> String {
    let is_secret = matches!(
        error.get(ContextKind::InvalidArg),
        Some(ContextValue::String(option)) if SECRETS.contains(&option.split(' ').next().unwrap_or_default())
    );
    let context: Vec<_> = error.context().map(|(kind, value)| (kind, value.clone())).collect();
    for (kind, value) in context {
        let shown = match value {
            ContextValue::String(text)
                if is_secret && kind == ContextKind::InvalidValue && !text.is_empty() =>
            {
                ContextValue::String(WITHHELD.to_owned())
            }
            ContextValue::String(text) => ContextValue::String(printable(&text)),
            ContextValue::Strings(texts) => {
                ContextValue::Strings(texts.iter().map(|text| printable(text)).collect())
            }
            // Tips repeat what was typed.
            ContextValue::StyledStrs(tips) => {
                ContextValue::StyledStrs(tips.iter().map(|tip| printable(&tip.to_string()).into()).collect())
            }
            other => other,
        };
        error.insert(kind, shown);
    }
    let lines = error.render().to_string();
    lines.lines().map(|line| printable(line) + "\n").collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(arguments: &[&str]) -> String {
        sentence(command().try_get_matches_from(arguments).unwrap_err())
    }

    #[test]
    fn a_secret_that_is_wrong_is_not_repeated() {
        let text = refused(&["wordfall", "local", "--function", "s3cret name=run"]);
        assert!(text.contains("'(not shown)' for '--function <NAME=COMMAND>'"), "{text}");
        let text = refused(&["wordfall", "serve", "--token"]);
        assert!(text.contains("a value is required for '--token <TOKEN>'"), "{text}");
        let text = refused(&["wordfall", "serve", "--concurrency", "none"]);
        assert!(text.contains("'none' for '--concurrency <COUNT>'"), "{text}");
    }

    #[test]
    fn what_was_typed_is_shown_as_text() {
        for argument in ["--\u{1b}[31m\nerror: x\u{202e}", "\u{1b}[31m\nerror: x\u{202e}"] {
            for arguments in [
                ["wordfall", "serve", argument, ""],
                ["wordfall", argument, "", ""],
                ["wordfall", "count", "--mount", argument],
                ["wordfall", "count", "--rule", argument],
                ["wordfall", "serve", "--backend", argument],
            ] {
                let Err(error) = command().try_get_matches_from(arguments) else { continue };
                let text = sentence(error);
                assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text:?}");
                assert!(text.lines().filter(|line| line.starts_with("error: ")).count() == 1, "{text}");
            }
        }
    }

    #[test]
    fn every_option_keeps_the_value_of_its_variable_to_itself() {
        fn check(command: &Command) {
            for argument in command.get_arguments().filter(|argument| argument.get_env().is_some()) {
                assert!(argument.is_hide_env_values_set(), "{}", argument.get_id());
            }
            command.get_subcommands().for_each(check);
        }
        check(&command());
    }
}
