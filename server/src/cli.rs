//! The command line, read once; every option can come from the environment too.

mod choice;
mod mount;
mod named;
mod secret;
mod telemetry;
mod usage;

use std::path::PathBuf;

use clap::builder::BoolishValueParser;
use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::{SignedDuration, Span, SpanRelativeTo};
use wire::bucket::BucketName;

use crate::access::{Proxy, Token};
use crate::backend::FaultPlan;
use crate::runs::Resume;
pub use choice::{Filters, Limits, Retry};
pub use mount::{Mount, Mounts};
pub use named::Program;
pub use telemetry::{LogFormat, Logs, Traces};

/// Counts the words and lines of every object under an S3 prefix, on AWS Lambda, while you watch.
#[derive(Debug, Parser)]
#[command(name = "wordfall", bin_name = "wordfall", version, max_term_width = 100)]
pub struct Cli {
    /// What to do; the site is served where nothing is said, as `cargo leptos` does.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Options of the program's logs.
    #[command(flatten)]
    pub logs: Logs,
}

impl Cli {
    /// Reads the command line; ends the program with a sentence where it is wrong.
    pub fn read() -> (Command, Logs) {
        let Self { command, logs } = usage::parse(std::env::args_os());
        let command = command.or_else(|| usage::parse(["wordfall", "serve"].map(Into::into)).command);
        (command.expect("serve is a command"), logs)
    }
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the site.
    Serve(Serve),
    /// Count without a page; the totals go to standard output.
    Count(Box<Count>),
    /// Count what a stored run did not; the totals go to standard output.
    Retry(Retry),
    /// Serve just the embedded S3 and Lambda, for any AWS client.
    Local(Local),
}

/// Options of `wordfall serve`. The address is LEPTOS_SITE_ADDR.
#[derive(Debug, Args)]
pub struct Serve {
    /// Where buckets and functions are.
    #[command(flatten)]
    pub place: Place,
    /// What the form proposes.
    #[command(flatten)]
    pub source: Source,
    /// Ask visitors for this token, of 16 characters or more, for example what `openssl rand -base64 24` prints;
    /// without it the site answers this machine only.
    #[arg(long, env = "WORDFALL_TOKEN", hide_env_values = true, value_parser = secret::TokenParser)]
    pub token: Option<Token>,
    /// A proxy that ends TLS is in front of the site, and is trusted: cookies go over https only, and a visitor's
    /// address is the last of X-Forwarded-For.
    #[arg(long, env = "WORDFALL_BEHIND_PROXY", value_parser = BoolishValueParser::new())]
    pub behind_proxy: bool,
    /// A further bucket that visitors may name; repeatable.
    #[arg(long, value_name = "NAME", env = "WORDFALL_ALLOW_BUCKET", value_delimiter = ',', value_parser = bucket)]
    pub allow_bucket: Vec<BucketName>,
    /// The bucket that runs are stored in; by default an embedded one under --data.
    #[arg(long, value_name = "NAME", env = "WORDFALL_RESULTS_BUCKET", value_parser = bucket)]
    pub results_bucket: Option<BucketName>,
    /// What happens to runs whose server was killed or stopped: they go on, or wait to be resumed on their page.
    #[arg(long, env = "WORDFALL_RESUME", default_value = "auto")]
    pub resume: Resume,
    /// Delete stored runs that began longer ago, for example 30d or 12h; without it they are kept.
    #[arg(long, value_name = "AGE", env = "WORDFALL_RETAIN", value_parser = age)]
    pub retain: Option<SignedDuration>,
}

impl Serve {
    /// What stands between visitors and the site.
    pub fn proxy(&self) -> Proxy {
        if self.behind_proxy { Proxy::Trusted } else { Proxy::None }
    }
}

/// Options of `wordfall count`.
#[derive(Debug, Args)]
pub struct Count {
    /// What to count; wins over --bucket and --prefix.
    #[arg(value_name = "s3://BUCKET/PREFIX")]
    pub url: Option<String>,
    /// Where buckets and functions are.
    #[command(flatten)]
    pub place: Place,
    /// What to count.
    #[command(flatten)]
    pub source: Source,
    /// Results: total (totals only) or per_object.
    #[arg(long, env = "WORDFALL_GRAIN", default_value = "total")]
    pub grain: String,
    /// The word rule. wc: bytes between ASCII blanks, as GNU wc -lw has it in the C locale (LC_ALL=C), so
    /// that Unicode blanks part no words; word: letters, digits, _ and bytes from 0x80 up; seed: as the 2015
    /// program counted.
    #[arg(long, env = "WORDFALL_RULE", default_value = "wc")]
    pub rule: String,
    /// Which of the listed objects are counted.
    #[command(flatten, next_help_heading = "Filters")]
    pub filters: Filters,
    /// Where the run stops.
    #[command(flatten, next_help_heading = "Limits")]
    pub limits: Limits,
    /// Print one JSON object, and errors as JSON.
    #[arg(long, env = "WORDFALL_JSON", value_parser = BoolishValueParser::new())]
    pub json: bool,
}

/// Options of `wordfall local`.
#[derive(Debug, Args)]
pub struct Local {
    /// The port on the loopback interface; 0 takes a free one.
    #[arg(long, env = "WORDFALL_PORT", default_value_t = 0)]
    pub port: u16,
    /// Where the embedded functions run: in-process or processes.
    #[arg(long = "functions", env = "WORDFALL_FUNCTIONS", default_value = "in-process")]
    pub functions_at: FunctionsAt,
    /// A further function, which a program of any runtime serves that speaks Lambda's Runtime API; repeatable. The
    /// command is split as a shell would, and starts in this folder.
    #[arg(long, value_name = "NAME=COMMAND", value_parser = named::function)]
    pub function: Vec<Program>,
    /// The embedded S3's directories.
    #[command(flatten)]
    pub directories: Directories,
    /// The embedded functions.
    #[command(flatten)]
    pub functions: Functions,
    /// Let requests to the embedded S3 and Lambda go wrong as this plan says, for example mixed or
    /// seed=7,s3.slow_down=10%,lambda.throttle=5%; the plan is printed with its seed, so that it can be repeated.
    #[arg(long, value_name = "PLAN", env = "WORDFALL_FAULTS")]
    pub faults: Option<FaultPlan>,
}

/// Where buckets and functions are.
#[derive(Clone, Debug, Args)]
pub struct Place {
    /// Both S3 and the functions: on this machine or on AWS [default: local].
    #[arg(long, env = "WORDFALL_BACKEND")]
    pub backend: Option<Where>,
    /// Where buckets are [default: as --backend].
    #[arg(long, env = "WORDFALL_S3")]
    pub s3: Option<Where>,
    /// Where functions run [default: as --backend].
    #[arg(long = "functions", env = "WORDFALL_FUNCTIONS")]
    pub functions_at: Option<FunctionsAt>,
    /// Read public buckets without credentials.
    #[arg(long, env = "WORDFALL_NO_SIGN_REQUEST", value_parser = BoolishValueParser::new())]
    pub no_sign_request: bool,
    /// Pay for the requests to buckets whose requesters pay, and for what leaves their region.
    #[arg(long, value_name = "WHO", env = "WORDFALL_REQUEST_PAYER")]
    pub request_payer: Option<RequestPayer>,
    /// The embedded S3's directories.
    #[command(flatten)]
    pub directories: Directories,
    /// The functions.
    #[command(flatten)]
    pub functions: Functions,
    /// Let requests to the embedded S3 and Lambda go wrong as this plan says, for example mixed or
    /// seed=7,s3.slow_down=10%,lambda.throttle=5%; the plan is printed with its seed, so that it can be repeated.
    #[arg(long, value_name = "PLAN", env = "WORDFALL_FAULTS")]
    pub faults: Option<FaultPlan>,
    /// Where spans go.
    #[command(flatten)]
    pub traces: Traces,
}

/// The embedded S3's directories.
#[derive(Clone, Debug, Args)]
pub struct Directories {
    /// The sample bucket and, by default, the results [default: wordfall in the user's data directory].
    #[arg(long, value_name = "DIR", env = "WORDFALL_DATA")]
    pub data: Option<PathBuf>,
    /// A directory as a read-only bucket; repeatable. The first one is the default bucket. The variable is a list with
    /// commas between; a \ in it takes the comma behind it for itself.
    #[arg(long, value_name = "NAME=DIR", env = "WORDFALL_MOUNT")]
    pub mount: Vec<Mounts>,
    /// Follow symlinks that stay within their mounted directory; one that leads out of it is never followed. Without
    /// this no symlink is followed, and a run says how many files it leaves out.
    #[arg(long, env = "WORDFALL_FOLLOW_LINKS", value_parser = BoolishValueParser::new())]
    pub follow_links: bool,
}

impl Directories {
    /// The directories that are mounted, in order.
    pub fn mounts(&self) -> impl Iterator<Item = &Mount> {
        self.mount.iter().flat_map(|mounts| &mounts.0)
    }
}

/// The functions.
#[derive(Clone, Debug, Args)]
pub struct Functions {
    /// Invocations of wordcount at once [default: 4 a core on this machine, 500 on AWS].
    #[arg(long, value_name = "COUNT", env = "WORDFALL_CONCURRENCY", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub concurrency: Option<u32>,
    /// Bytes of a full batch; every object weighs 1 MiB more.
    #[arg(long, value_name = "BYTES", env = "WORDFALL_BATCH_BYTES", default_value_t = 128 << 20, value_parser = clap::value_parser!(u64).range(1..))]
    pub batch_bytes: u64,
    /// Milliseconds that a wordcount invocation may take.
    #[arg(long, value_name = "MS", env = "WORDFALL_FUNCTION_TIMEOUT_MS", default_value_t = 120_000, value_parser = clap::value_parser!(u64).range(100..=900_000))]
    pub function_timeout_ms: u64,
    /// Megabytes of memory of each function; functions on AWS report their own.
    #[arg(long, value_name = "MB", env = "WORDFALL_FUNCTION_MEMORY_MB", default_value_t = 1769, value_parser = clap::value_parser!(u32).range(128..=10_240))]
    pub function_memory_mb: u32,
    /// Where --functions processes finds cascade and wordcount, each as a program or as a folder with a program
    /// named bootstrap [default: the folder of this program].
    #[arg(long, value_name = "DIR", env = "WORDFALL_FUNCTION_BINARIES")]
    pub function_binaries: Option<PathBuf>,
    /// Cut large objects into spans; the functions of this version count every object whole.
    #[arg(long, env = "WORDFALL_SPLIT", default_value = "auto")]
    pub split: Split,
    /// Name, alias or ARN of the cascade function.
    #[arg(long, value_name = "NAME", env = "WORDFALL_CASCADE_FUNCTION", default_value = "cascade")]
    pub cascade_function: String,
    /// Name, alias or ARN of the wordcount function.
    #[arg(long, value_name = "NAME", env = "WORDFALL_WORDCOUNT_FUNCTION", default_value = "wordcount")]
    pub wordcount_function: String,
}

/// What to count.
#[derive(Clone, Debug, Args)]
pub struct Source {
    /// The bucket [default: the first mount, else sample; awssampledb on AWS].
    #[arg(long, value_name = "NAME", env = "BUCKET")]
    pub bucket: Option<String>,
    /// Keys begin with this.
    #[arg(long, value_name = "PREFIX", env = "WORDFALL_PREFIX", default_value = "")]
    pub prefix: String,
}

/// This machine or AWS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Where {
    /// Embedded in this process.
    Local,
    /// Amazon's, or what AWS_ENDPOINT_URL names.
    Aws,
}

/// Where functions run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FunctionsAt {
    /// As handlers in this process.
    InProcess,
    /// As processes of this machine: the programs that run on Lambda, with their own memory and deadlines.
    Processes,
    /// On Lambda.
    Aws,
}

/// Who pays for requests, as the AWS tools say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RequestPayer {
    /// The account whose credentials sign them.
    Requester,
}

/// Whether large objects are cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Split {
    /// Where it pays.
    Auto,
    /// Never.
    Off,
}

fn bucket(name: &str) -> Result<BucketName, String> {
    BucketName::try_from(name.to_owned()).map_err(|error| error.to_string())
}

fn age(text: &str) -> Result<SignedDuration, String> {
    let wrong = || format!("{text:?} is no age: use a number with a unit, for example 30d, 12h or 90m");
    let span: Span = text.parse().map_err(|_| wrong())?;
    let age = span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| wrong())?;
    if age.is_positive() { Ok(age) } else { Err(wrong()) }
}

impl Place {
    /// Where buckets are.
    pub fn s3(&self) -> Where {
        self.s3.or(self.backend).unwrap_or(Where::Local)
    }

    /// Where functions run.
    pub fn functions_at(&self) -> FunctionsAt {
        let by_backend = || match self.backend.unwrap_or(Where::Local) {
            Where::Local => FunctionsAt::InProcess,
            Where::Aws => FunctionsAt::Aws,
        };
        self.functions_at.unwrap_or_else(by_backend)
    }
}
