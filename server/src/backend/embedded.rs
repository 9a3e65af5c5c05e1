//! The embedded S3 and Lambda, spoken to by the real SDK without a socket; function processes speak to them over
//! loopback.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_s3::config::{RequestChecksumCalculation, ResponseChecksumValidation};
use lambdas::call;
use local::functions::{self, Environment};
use local::{Config, FaultPlan, Function, INIT_MAX, Links, Local};
use tokio_util::task::AbortOnDropHandle;
use wire::bucket::BucketName;
use wire::error::{ApiError, ErrorCode};

use super::{DataDir, Programs, Reading, Results, processes};
use crate::cli::{Directories, Functions, Program, Where};
use crate::engine::{FindUnlisted, Stopping, Unlisted};
use crate::output::remark;
use crate::serve::listen;

/// The name of the sample bucket.
pub const SAMPLE: &str = "sample";
/// The name of the embedded results bucket, which no visitor may name.
pub const RESULTS: &str = "wordfall-results";

/// How much longer each caller waits than what it calls: a child's attempt than the child, its cascade than
/// the attempt, the server than the cascade.
const MARGIN: Duration = Duration::from_secs(5);

/// How long invocations that were ended may take to be gone: what is decoded for one goes on for a step.
const CLOSING_MAX: Duration = Duration::from_millis(500);

/// The emulator of AWS, and the data directory that it holds.
#[derive(Debug)]
pub struct Embedded {
    local: Local,
    buckets: Vec<String>,
    /// Answers function processes.
    serving: Option<AbortOnDropHandle<()>>,
    _data: Option<DataDir>,
}

impl Embedded {
    /// Opens the mounts, the sample bucket where nothing is mounted, and the results where they are wanted. A fault
    /// plan is printed to standard error.
    ///
    /// # Errors
    /// Where a directory can't be used.
    pub async fn open(
        directories: &Directories,
        results: &Results,
        s3_at: Where,
        faults: Option<&FaultPlan>,
    ) -> Result<Self, ApiError> {
        if let Some(plan) = faults {
            remark(format!("faults are injected; to repeat them: --faults {plan}"));
        }
        let launcher = cfg!(target_os = "linux").then(|| PathBuf::from("/proc/self/exe"));
        let config = Config { launcher, faults: faults.cloned(), ..Config::default() };
        let (directories, results) = (directories.clone(), results.clone());
        let opening =
            tokio::task::spawn_blocking(move || Self::open_blocking(config, &directories, &results, s3_at));
        opening.await.map_err(|error| ApiError::new(ErrorCode::Internal, error.to_string()))?
    }

    fn open_blocking(
        mut config: Config,
        directories: &Directories,
        results: &Results,
        s3_at: Where,
    ) -> Result<Self, ApiError> {
        let mut data = None;
        if s3_at == Where::Local {
            let mount = |mount: &crate::cli::Mount| local::Mount {
                name: mount.name.clone(),
                directory: mount.directory.clone(),
            };
            config.mounts = directories.mounts().map(mount).collect();
            config.links = if directories.follow_links { Links::Followed } else { Links::Refused };
        }
        let needs_sample = s3_at == Where::Local && config.mounts.is_empty();
        if needs_sample || *results == Results::Embedded {
            data = Some(DataDir::open(directories.data.as_deref(), *results == Results::Embedded)?);
        }
        if let (Results::Embedded, Some(data)) = (results, &data) {
            config.writable.push(local::Mount { name: named(RESULTS), directory: data.results() });
        }
        if let (true, Some(data)) = (needs_sample, &data) {
            config.mounts.push(local::Mount { name: named(SAMPLE), directory: data.sample()? });
        }
        let buckets = config.mounts.iter().map(|mount| mount.name.to_string()).collect();
        let local =
            Local::new(config).map_err(|error| ApiError::new(ErrorCode::InvalidRequest, told(&error)))?;
        Ok(Self { local, buckets, serving: None, _data: data })
    }

    /// An S3 client.
    pub fn s3(&self) -> aws_sdk_s3::Client {
        let config = aws_sdk_s3::config::Builder::from(&self.local.sdk_config())
            .force_path_style(true)
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
            .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
            .build();
        aws_sdk_s3::Client::from_conf(config)
    }

    /// Answers this machine's processes from here on, and until this is dropped.
    ///
    /// # Errors
    /// Where there is no port.
    pub async fn listen(&mut self) -> Result<SocketAddr, ApiError> {
        let internal = |error: &std::io::Error| ApiError::new(ErrorCode::Internal, error.to_string());
        let listener = listen(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
        let address = listener.local_addr().map_err(|error| internal(&error))?;
        let local = self.local.clone();
        let serving = async move { local.serve(listener, std::future::pending()).await };
        self.serving = Some(AbortOnDropHandle::new(tokio::spawn(serving)));
        Ok(address)
    }

    /// Registers the two functions as processes, which find this emulator at `address`; a Lambda client for
    /// them.
    ///
    /// No more of them run at once than the server has permits for, whichever client invokes them: each takes
    /// memory of its own. Starting one comes on top of its timeout, so the caller waits for the start too.
    pub fn with_processes(
        &self,
        functions: &Functions,
        programs: &Programs,
        address: SocketAddr,
        reading: &Reading,
    ) -> aws_sdk_lambda::Client {
        let timeout = timeout(functions);
        let credentials = self.local.function_credentials();
        self.local.register(programs.wordcount(functions, reading.variables(address, &credentials)));
        self.local.register(Function {
            timeout: timeout + INIT_MAX + 2 * MARGIN,
            concurrency: Some(processes::concurrency(functions).saturating_mul(2)),
            ..programs.cascade(functions, address, &credentials)
        });
        self.lambda(timeout + 2 * INIT_MAX)
    }

    /// Registers a further function, of whatever runtime.
    pub fn with_further(&self, program: &Program, functions: &Functions, address: SocketAddr) {
        let credentials = self.local.function_credentials();
        self.local.register(processes::further(program, functions, address, &credentials));
    }

    fn lambda(&self, timeout: Duration) -> aws_sdk_lambda::Client {
        let config = aws_sdk_lambda::config::Builder::from(&self.local.sdk_config()).build();
        call::client(&config, timeout + 3 * MARGIN)
    }

    /// Registers the two functions, which read through `s3`; a Lambda client for them.
    pub fn with_functions(&self, functions: &Functions, s3: &aws_sdk_s3::Client) -> aws_sdk_lambda::Client {
        let timeout = timeout(functions);
        let config = aws_sdk_lambda::config::Builder::from(&self.local.sdk_config()).build();
        let children = call::client(&config, timeout + MARGIN);
        let memory_mb = functions.function_memory_mb;
        let environment = |timeout| Environment { memory_mb, timeout };
        let (cascade, wordcount) = (&functions.cascade_function, &functions.wordcount_function);
        self.local.register(functions::wordcount(wordcount, s3, environment(timeout)));
        self.local.register(functions::cascade(
            cascade,
            children,
            wordcount,
            environment(timeout + 2 * MARGIN),
        ));
        self.lambda(timeout)
    }

    /// The emulator itself.
    pub fn local(&self) -> &Local {
        &self.local
    }

    /// Buckets to count in, in the order in which they were named.
    pub fn bucket_names(&self) -> Vec<String> {
        self.buckets.clone()
    }

    /// Ends invocations of its functions.
    pub fn stopping(&self) -> Stopping {
        let local = self.local.clone();
        Arc::new(move |attempts| local.stop(attempts))
    }

    /// Ends whatever runs, and waits until it has ended.
    pub async fn close(&self) {
        self.local.stop_all();
        drop(tokio::time::timeout(CLOSING_MAX, self.local.close()).await);
    }

    /// Finds the files that its buckets hold and the last listing left out.
    pub fn unlisted(&self) -> FindUnlisted {
        let local = self.local.clone();
        Arc::new(move |bucket, prefix| {
            let local::Unlisted { files, links, named } = local.unlisted(bucket, prefix);
            Unlisted { files, links, named }
        })
    }
}

fn timeout(functions: &Functions) -> Duration {
    Duration::from_millis(functions.function_timeout_ms)
}

fn named(name: &str) -> BucketName {
    BucketName::try_from(name.to_owned()).expect("the names of embedded buckets are valid")
}

fn told(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}
