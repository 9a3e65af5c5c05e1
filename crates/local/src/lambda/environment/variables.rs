//! The environment variables of a function's process.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::net::SocketAddr;

use crate::{Function, Process, REGION};

/// Variables that it inherits from this process; no others, tokens and keys least of all.
const INHERITED: [&str; 6] = ["PATH", "LANG", "LC_ALL", "LC_CTYPE", "LD_LIBRARY_PATH", "TMPDIR"];
/// Names that Lambda reserves: a function's own variables can't change these.
const RESERVED: [&str; 2] = ["AWS_LAMBDA_", "_HANDLER"];
/// The one version that a function has here.
pub(crate) const VERSION: &str = "$LATEST";

/// The variables of a process of this function that finds the Runtime API there.
///
/// `AWS_EXECUTION_ENV` is not among them: Lambda leaves it out for runtimes that are not its own.
pub(crate) fn variables(
    function: &Function,
    process: &Process,
    runtime_api: SocketAddr,
    inherited: impl Fn(&str) -> Option<OsString>,
) -> BTreeMap<String, OsString> {
    let mut variables = BTreeMap::new();
    let mut set = |name: &str, value: OsString| drop(variables.insert(name.to_owned(), value));
    for name in INHERITED {
        if let Some(value) = inherited(name) {
            set(name, value);
        }
    }
    set("TZ", ":UTC".into());
    set("AWS_REGION", REGION.into());
    set("AWS_DEFAULT_REGION", REGION.into());
    for (name, value) in &process.variables {
        if !RESERVED.iter().any(|reserved| name.starts_with(reserved)) {
            set(name, value.clone());
        }
    }
    set("LAMBDA_TASK_ROOT", process.directory.clone().into_os_string());
    set("LAMBDA_RUNTIME_DIR", process.directory.clone().into_os_string());
    set("_HANDLER", function.name.clone().into());
    set("AWS_LAMBDA_RUNTIME_API", runtime_api.to_string().into());
    set("AWS_LAMBDA_FUNCTION_NAME", function.name.clone().into());
    set("AWS_LAMBDA_FUNCTION_VERSION", VERSION.into());
    set("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", function.memory_mb.to_string().into());
    set("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand".into());
    set("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{}", function.name).into());
    set("AWS_LAMBDA_LOG_STREAM_NAME", log_stream().into());
    variables
}

fn log_stream() -> String {
    let date = jiff::Timestamp::now().strftime("%Y/%m/%d").to_string();
    format!("{date}/[{VERSION}]{:032x}", u128::from_ne_bytes(crate::random_bytes()))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::Code;

    #[test]
    fn a_process_is_told_what_lambda_tells_and_nothing_of_ours() {
        let own = [("AWS_ENDPOINT_URL", "http://x"), ("AWS_LAMBDA_RUNTIME_API", "elsewhere"), ("LANG", "C")];
        let process = Process {
            program: "bootstrap".into(),
            arguments: Vec::new(),
            directory: "/task".into(),
            variables: own.map(|(name, value)| (name.to_owned(), value.into())).into(),
        };
        let function = Function {
            name: "f".to_owned(),
            code: Code::Process(process.clone()),
            memory_mb: 128,
            timeout: Duration::from_secs(1),
            concurrency: None,
        };
        let ours = |name: &str| ["PATH", "LANG", "WORDFALL_TOKEN"].contains(&name).then(|| "ours".into());
        let told = variables(&function, &process, ([127, 0, 0, 1], 9).into(), ours);
        let value = |name: &str| told.get(name).and_then(|value| value.to_str());
        assert_eq!(value("WORDFALL_TOKEN"), None);
        assert_eq!((value("PATH"), value("LANG")), (Some("ours"), Some("C")));
        assert_eq!(value("AWS_LAMBDA_RUNTIME_API"), Some("127.0.0.1:9"));
        assert_eq!(value("AWS_ENDPOINT_URL"), Some("http://x"));
        assert_eq!(value("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"), Some("128"));
        assert_eq!(value("LAMBDA_TASK_ROOT"), Some("/task"));
    }
}
