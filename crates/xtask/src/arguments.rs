//! The command line of `cargo xtask`.

use crate::deploy::options::{self, Deploy, Destroy};
use crate::package::arch::Arch;
use crate::stress;

/// The text that `--help` prints.
pub(crate) const HELP: &str = "\
Sets up a fresh machine, builds, serves, tests and checks Wordfall.

Usage: cargo xtask <COMMAND>

Commands:
  run    [--debug] [-- ARGUMENTS]        build the page and the server, then serve the site;
                                         ARGUMENTS go to `wordfall serve`
  leptos ARGUMENTS...                    cargo-leptos itself, in its pinned version and with the tools that it runs;
                                         `cargo leptos` is short for it
  test   [--no-browser] [--no-clients]   build, then run every test: Rust, browser, and other people's S3 clients
  bench count [--no-program] [FILE]...   what counting costs, as ratios against wc, gzip, zstd and others
  bench page                             what drawing costs in a browser, as ratios against plotters
  bench viewers                          what two hundred viewers of a run cost it, and how far they lag behind
  fuzz [TARGET] [--seconds N]            feed the decoders and kernels what nobody would, N seconds a target
  stress runs                            kills, torn connections, a million objects, simulated limits: an hour or so
  stress faults [--seed N] [--seeds N]   runs under fault plans, one for each seed: 1,000 of them, from seed 0; with
                                         --seed alone that one
  check                                  formatting, lints, documentation, dependencies, the project's own rules
  package [--arch ARCH] [--server]       the functions as zips for Lambda, checked; the server for a container
  deploy --bucket NAME [--prefix P] [--stack NAME] [--arch ARCH] [--set PARAMETER=VALUE]... [--yes] [--dry-run]
                                         package, then create or update a stack on AWS: it says what it will do, and
                                         asks; what is not given stays as the stack has it
  destroy [--stack NAME] [--results] [--yes] [--dry-run]
                                         delete a stack; runs that are stored are kept, without --results
  setup                                  only install what the others need

Options:
  --debug        a debug build: built sooner, counts slower
  --no-browser   leave out the tests that need Node and Chromium
  --no-program   measure kernels and codecs only, which are built in a minute
  --no-clients   leave out the tests that need Python with boto3, awscli and moto
  --arch ARCH    x86_64 or arm64, for package also both: unless it is said, what the stack has is deployed, x86_64 in a
                 new one, and both are packaged
  --server       lay out what a container of the server is made of, too
  --bucket NAME  the bucket whose objects are to be counted, and with --prefix P only those whose keys begin with P
  --stack NAME   the stack's name [default: wordfall]
  --set P=VALUE  a parameter of deploy/template.yaml
  --results      delete the runs that are stored, too
  --yes          don't ask
  --dry-run      print the commands and run none
  -h, --help     print this

Each command first installs what it needs and does not find: the wasm32 target, cargo-leptos, wasm-bindgen, wasm-opt,
Node, Chromium, cargo-deny, boto3, awscli, cfn-lint, zig. Tools go to $XDG_CACHE_HOME/wordfall (default
~/.cache/wordfall), by version; an equal version on PATH is used as it is, and aws of any version. CHROMIUM names a
browser to use, CARGO_TARGET_DIR the target folder.";

const COMMANDS: &str = "run, leptos, test, bench, fuzz, stress, check, package, deploy, destroy or setup";

/// How long a target is fuzzed unless an option says otherwise.
const FUZZ_SECONDS: u32 = 60;

/// A command with its options.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// Print the help.
    Help,
    /// Build and serve.
    Run { profile: Profile, serve: Vec<String> },
    /// Start cargo-leptos.
    Leptos { words: Vec<String> },
    /// Build and test.
    Test { browser: Part, clients: Part },
    /// Measure.
    Bench { program: Part, files: Vec<String> },
    /// Measure what drawing costs.
    BenchPage,
    /// Measure what viewers cost a run.
    BenchViewers,
    /// Search for inputs that break something.
    Fuzz { target: Option<String>, seconds: u32 },
    /// Run the tests of runs at length.
    StressRuns,
    /// Run this many fault plans, from this seed on.
    StressFaults { seed: u64, seeds: u64 },
    /// Run every check.
    Check,
    /// Build what is deployed.
    Package { arches: Vec<Arch>, server: Part },
    /// Put it on AWS.
    Deploy(Deploy),
    /// Take it off AWS.
    Destroy(Destroy),
    /// Install and stop there.
    Setup,
}

/// How to compile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Profile {
    Debug,
    Release,
}

/// Whether a command does one part of its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Included,
    LeftOut,
}

/// Reads the words after `cargo xtask`. The error is a sentence.
pub(crate) fn parse(words: impl Iterator<Item = String>) -> Result<Command, String> {
    let mut words = words.peekable();
    let name = words.next().unwrap_or_else(|| "--help".to_owned());
    if name == "leptos" {
        // Its `--help` is cargo-leptos's own.
        return Ok(Command::Leptos { words: words.collect() });
    }
    if words.peek().is_some_and(|word| is_help(word)) {
        return Ok(Command::Help);
    }
    match name.as_str() {
        "run" => parse_run(words),
        "test" => parse_test(words),
        "bench" => parse_bench(words),
        "fuzz" => parse_fuzz(words),
        // The second name is an alias.
        "stress" | "torture" => parse_stress(words),
        "check" => end(words, Command::Check),
        "package" => parse_package(words),
        "deploy" => options::deploy(words).map(Command::Deploy),
        "destroy" => options::destroy(words).map(Command::Destroy),
        "setup" => end(words, Command::Setup),
        "help" => end(words, Command::Help),
        name if is_help(name) => end(words, Command::Help),
        _ => Err(format!("unknown command {name:?}: use {COMMANDS}")),
    }
}

fn parse_run(mut words: impl Iterator<Item = String>) -> Result<Command, String> {
    let mut profile = Profile::Release;
    while let Some(word) = words.next() {
        match word.as_str() {
            "--debug" => profile = Profile::Debug,
            "--" => return Ok(Command::Run { profile, serve: words.collect() }),
            _ => return Err(unknown("run", &word, "--debug, or -- before what the server should get")),
        }
    }
    Ok(Command::Run { profile, serve: Vec::new() })
}

fn parse_test(words: impl Iterator<Item = String>) -> Result<Command, String> {
    let (mut browser, mut clients) = (Part::Included, Part::Included);
    for word in words {
        match word.as_str() {
            "--no-browser" => browser = Part::LeftOut,
            "--no-clients" => clients = Part::LeftOut,
            _ => return Err(unknown("test", &word, "--no-browser or --no-clients")),
        }
    }
    Ok(Command::Test { browser, clients })
}

fn parse_bench(mut words: impl Iterator<Item = String>) -> Result<Command, String> {
    match words.next().as_deref() {
        Some("count") => {}
        Some("page") => return end(words, Command::BenchPage),
        Some("viewers") => return end(words, Command::BenchViewers),
        Some(name) => return Err(format!("unknown benchmark {name:?}: use count, page or viewers")),
        None => return Err("bench needs a name: use count, page or viewers".to_owned()),
    }
    let (mut program, mut files) = (Part::Included, Vec::new());
    for word in words {
        match word.as_str() {
            "--no-program" => program = Part::LeftOut,
            option if option.starts_with('-') => return Err(unknown("bench", option, "--no-program")),
            _ => files.push(word),
        }
    }
    Ok(Command::Bench { program, files })
}

fn parse_fuzz(mut words: impl Iterator<Item = String>) -> Result<Command, String> {
    let (mut target, mut seconds) = (None, FUZZ_SECONDS);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--seconds" => {
                let number = words.next().and_then(|number| number.parse().ok());
                seconds = number.ok_or("--seconds needs a whole number")?;
            }
            option if option.starts_with('-') => return Err(unknown("fuzz", option, "--seconds")),
            _ if target.is_some() => return Err(format!("unexpected argument {word:?}: name one target")),
            _ => target = Some(word),
        }
    }
    Ok(Command::Fuzz { target, seconds })
}

fn parse_stress(mut words: impl Iterator<Item = String>) -> Result<Command, String> {
    match words.next().as_deref() {
        Some("runs") => return end(words, Command::StressRuns),
        Some("faults") => (),
        Some(name) => return Err(format!("unknown stress {name:?}: use runs or faults")),
        None => return Err("stress needs a name: use runs or faults".to_owned()),
    }
    let (mut seed, mut seeds) = (None, None);
    while let Some(word) = words.next() {
        let number = words.next().and_then(|number| number.parse::<u64>().ok());
        let number = number.ok_or_else(|| format!("{word} needs a whole number"));
        match word.as_str() {
            "--seed" => seed = Some(number?),
            "--seeds" => seeds = Some(number?),
            _ => return Err(unknown("stress faults", &word, "--seed or --seeds")),
        }
    }
    let seeds = seeds.unwrap_or(if seed.is_some() { 1 } else { stress::SEEDS });
    Ok(Command::StressFaults { seed: seed.unwrap_or_default(), seeds })
}

fn parse_package(mut words: impl Iterator<Item = String>) -> Result<Command, String> {
    let (mut arches, mut server) = (Arch::ALL.to_vec(), Part::LeftOut);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--server" => server = Part::Included,
            "--arch" => {
                let name = words.next().unwrap_or_default();
                arches = match (name.as_str(), Arch::named(&name)) {
                    ("both", _) => Arch::ALL.to_vec(),
                    (_, Some(arch)) => vec![arch],
                    (_, None) => return Err(format!("--arch {name:?}: use x86_64, arm64 or both")),
                };
            }
            _ => return Err(unknown("package", &word, "--arch or --server")),
        }
    }
    Ok(Command::Package { arches, server })
}

fn end(mut words: impl Iterator<Item = String>, command: Command) -> Result<Command, String> {
    match words.next() {
        None => Ok(command),
        Some(word) => Err(format!("unexpected argument {word:?}: this command takes none")),
    }
}

fn is_help(word: &str) -> bool {
    word == "-h" || word == "--help"
}

fn unknown(command: &str, word: &str, right: &str) -> String {
    format!("unknown option {word:?} of {command}: use {right}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, expected: Result<Command, &str>) {
        let parsed = parse(line.split_whitespace().map(str::to_owned));
        assert_eq!(parsed, expected.map_err(str::to_owned), "{line:?}");
    }

    #[test]
    fn commands_are_read_with_their_options() {
        let run = |profile, serve: &[&str]| {
            Ok(Command::Run { profile, serve: serve.iter().map(|&word| word.to_owned()).collect() })
        };
        check("", Ok(Command::Help));
        check("--help", Ok(Command::Help));
        check("test -h", Ok(Command::Help));
        check("run", run(Profile::Release, &[]));
        check("run --debug -- --data d", run(Profile::Debug, &["--data", "d"]));
        check("run -- --debug", run(Profile::Release, &["--debug"]));
        let leptos = |words: &[&str]| {
            Ok(Command::Leptos { words: words.iter().map(|&word| word.to_owned()).collect() })
        };
        check("leptos", leptos(&[]));
        check("leptos --help", leptos(&["--help"]));
        check("leptos serve -r -- --prefix p", leptos(&["serve", "-r", "--", "--prefix", "p"]));
        check("test", Ok(Command::Test { browser: Part::Included, clients: Part::Included }));
        check("test --no-browser", Ok(Command::Test { browser: Part::LeftOut, clients: Part::Included }));
        check("check", Ok(Command::Check));
        let bench = |program, files: &[&str]| {
            Ok(Command::Bench { program, files: files.iter().map(|&file| file.to_owned()).collect() })
        };
        check("bench count", bench(Part::Included, &[]));
        check("bench count --no-program a b", bench(Part::LeftOut, &["a", "b"]));
        check("bench page", Ok(Command::BenchPage));
        check("bench viewers", Ok(Command::BenchViewers));
        check("stress runs", Ok(Command::StressRuns));
        check("torture runs", Ok(Command::StressRuns));
        check("stress faults", Ok(Command::StressFaults { seed: 0, seeds: 1_000 }));
        check("stress faults --seed 7", Ok(Command::StressFaults { seed: 7, seeds: 1 }));
        check("stress faults --seeds 9 --seed 7", Ok(Command::StressFaults { seed: 7, seeds: 9 }));
        check("fuzz", Ok(Command::Fuzz { target: None, seconds: 60 }));
        let package = |arches: &[Arch], server| Ok(Command::Package { arches: arches.to_vec(), server });
        check("package", package(&Arch::ALL, Part::LeftOut));
        check("package --arch both --server", package(&Arch::ALL, Part::Included));
        check("package --arch arm64", package(&[Arch::Arm64], Part::LeftOut));
        let destroy = options::destroy(std::iter::empty()).map(Command::Destroy).unwrap();
        check("destroy", Ok(destroy));
        let target = Some("gzip".to_owned());
        check("fuzz gzip --seconds 5", Ok(Command::Fuzz { target, seconds: 5 }));
    }

    #[test]
    fn what_is_wrong_is_said_with_what_would_be_right() {
        check("serve", Err(&format!("unknown command \"serve\": use {COMMANDS}")));
        check("package --arch arm", Err("--arch \"arm\": use x86_64, arm64 or both"));
        check("package --fast", Err("unknown option \"--fast\" of package: use --arch or --server"));
        check("deploy", Err("deploy needs --bucket NAME: the bucket whose objects are to be counted"));
        check("check --fast", Err("unexpected argument \"--fast\": this command takes none"));
        check("stress", Err("stress needs a name: use runs or faults"));
        check(
            "stress faults --fast",
            Err("unknown option \"--fast\" of stress faults: use --seed or --seeds"),
        );
        check("stress faults --seed x", Err("--seed needs a whole number"));
        check("bench", Err("bench needs a name: use count, page or viewers"));
        check("fuzz --seconds soon", Err("--seconds needs a whole number"));
        check("test --fast", Err("unknown option \"--fast\" of test: use --no-browser or --no-clients"));
    }
}
