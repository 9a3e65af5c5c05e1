//! The functions as processes of this machine: where their programs are, and which variables each gets.
//!
//! Each gets what it needs and no more: `cascade` where the embedded Lambda is, `wordcount` where its buckets
//! are.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use local::{Code, Function, Process};
use wire::error::{ApiError, ErrorCode};

use crate::cli::{Functions, FunctionsAt, Program};

/// The name of a function's program where it has a folder of its own, as in a Lambda package.
const BOOTSTRAP: &str = "bootstrap";

type Variables = BTreeMap<String, OsString>;

/// The programs of the two functions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Programs {
    cascade: PathBuf,
    wordcount: PathBuf,
}

/// Where `wordcount` reads.
#[derive(Clone, PartialEq, Eq)]
pub enum Reading {
    /// In the embedded S3.
    Embedded,
    /// On AWS, with these settings.
    Aws(Variables),
}

impl Programs {
    /// The programs in the folder that the options name, or beside this one.
    ///
    /// # Errors
    /// Where one is missing, with the way to have it.
    pub fn find(functions: &Functions) -> Result<Self, ApiError> {
        let folder = match &functions.function_binaries {
            Some(folder) => std::path::absolute(folder),
            None => std::env::current_exe().map(|program| program.with_file_name("")),
        };
        let folder = folder.map_err(|error| ApiError::new(ErrorCode::Internal, error.to_string()))?;
        Ok(Self { cascade: find(&folder, "cascade")?, wordcount: find(&folder, "wordcount")? })
    }

    /// `wordcount`, with these variables.
    pub(super) fn wordcount(&self, functions: &Functions, variables: Variables) -> Function {
        function(&functions.wordcount_function, process(&self.wordcount, variables), functions)
    }

    /// `cascade`, which finds Lambda at `address`; it needs more time and more concurrency than a wordcount.
    pub(super) fn cascade(
        &self,
        functions: &Functions,
        address: SocketAddr,
        credentials: &Credentials,
    ) -> Function {
        let mut variables = ours(credentials);
        variables.insert("AWS_ENDPOINT_URL_LAMBDA".to_owned(), format!("http://{address}").into());
        let wordcount = functions.wordcount_function.clone();
        variables.insert("WORDFALL_WORDCOUNT_FUNCTION".to_owned(), wordcount.into());
        function(&functions.cascade_function, process(&self.cascade, variables), functions)
    }
}

/// Credentials are among the settings: only the variables' names are shown.
impl fmt::Debug for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Embedded => f.write_str("Embedded"),
            Self::Aws(variables) => f.debug_tuple("Aws").field(&variables.keys()).finish(),
        }
    }
}

impl Reading {
    /// Reads as this program itself does: through what its environment says of AWS and of the way there,
    /// which may need its home directory to look up.
    pub(super) fn aws(config: &SdkConfig, no_sign_request: bool) -> Self {
        let said = |name: &str| match name {
            "HOME" | "SSL_CERT_DIR" | "SSL_CERT_FILE" => true,
            name if name.to_ascii_uppercase().ends_with("_PROXY") => true,
            name => name.starts_with("AWS_") && !name.starts_with("AWS_LAMBDA_"),
        };
        let told = std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
        let mut variables: Variables = told.filter(|(name, _)| said(name)).collect();
        if let Some(region) = config.region() {
            variables.insert("AWS_REGION".to_owned(), region.as_ref().into());
        }
        if no_sign_request {
            variables.insert("WORDFALL_NO_SIGN_REQUEST".to_owned(), "true".into());
        }
        Self::Aws(variables)
    }

    /// The variables of `wordcount`.
    pub(super) fn variables(&self, address: SocketAddr, credentials: &Credentials) -> Variables {
        match self {
            Self::Aws(variables) => variables.clone(),
            Self::Embedded => embedded(address, credentials),
        }
    }
}

/// A further function of `wordfall local`, which finds S3 and Lambda at `address`.
pub(crate) fn further(
    program: &Program,
    functions: &Functions,
    address: SocketAddr,
    credentials: &Credentials,
) -> Function {
    let (path, arguments) = &program.command;
    let process = Process {
        program: path.clone(),
        arguments: arguments.iter().map(OsString::from).collect(),
        directory: std::env::current_dir().unwrap_or_else(|_| PathBuf::from("/")),
        variables: embedded(address, credentials),
    };
    function(&program.name, process, functions)
}

/// Processes of one function at once, as many as the server has permits for.
pub(super) fn concurrency(functions: &Functions) -> u32 {
    functions.concurrency.unwrap_or_else(|| super::concurrency(FunctionsAt::Processes))
}

fn find(folder: &Path, name: &str) -> Result<PathBuf, ApiError> {
    let (program, packaged) = (folder.join(name), folder.join(name).join(BOOTSTRAP));
    if let Some(found) = [packaged, program].into_iter().find(|path| path.is_file()) {
        return Ok(found);
    }
    let message = format!(
        "the function {name} is not in {}: build it by `cargo build -p lambdas` or `cargo xtask package`, and name its \
         folder with --function-binaries",
        folder.display()
    );
    Err(ApiError::new(ErrorCode::FunctionsMissing, message))
}

/// One of our own programs, where it lies.
fn process(program: &Path, variables: Variables) -> Process {
    let directory = program.parent().map(Path::to_owned).unwrap_or_default();
    Process { program: program.to_owned(), arguments: Vec::new(), directory, variables }
}

/// A function of this process, with the time and the concurrency of a wordcount.
fn function(name: &str, process: Process, functions: &Functions) -> Function {
    Function {
        name: name.to_owned(),
        code: Code::Process(process),
        memory_mb: functions.function_memory_mb,
        timeout: Duration::from_millis(functions.function_timeout_ms),
        concurrency: Some(concurrency(functions)),
    }
}

/// The variables that open the emulator to functions. This machine has no service that gives other
/// credentials.
fn ours(credentials: &Credentials) -> Variables {
    let variable = |name: &str, value: &str| (name.to_owned(), OsString::from(value));
    [
        variable("AWS_ACCESS_KEY_ID", credentials.access_key_id()),
        variable("AWS_SECRET_ACCESS_KEY", credentials.secret_access_key()),
        variable("AWS_EC2_METADATA_DISABLED", "true"),
    ]
    .into()
}

fn embedded(address: SocketAddr, credentials: &Credentials) -> Variables {
    let mut variables = ours(credentials);
    variables.insert("AWS_ENDPOINT_URL".to_owned(), format!("http://{address}").into());
    variables
}
