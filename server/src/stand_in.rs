//! `wordfall local`: just the embedded S3 and Lambda, for any AWS client.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};

use aws_credential_types::provider::ProvideCredentials;
use wire::error::{ApiError, ErrorCode};

use crate::backend::{Embedded, Programs, Reading, Results};
use crate::cli::{FunctionsAt, Local, Program, Where};
use crate::interrupt;
use crate::output::announce;
use crate::serve::listen;

/// Serves until it is interrupted.
///
/// # Errors
/// What is wrong with the directories or the port.
pub async fn local(options: &Local) -> Result<(), ApiError> {
    check(options)?;
    let listener = listen(SocketAddr::from((Ipv4Addr::LOCALHOST, options.port))).await?;
    let programs = match options.functions_at {
        FunctionsAt::InProcess => None,
        FunctionsAt::Processes => Some(Programs::find(&options.functions)?),
        FunctionsAt::Aws => {
            let message = "wordfall local has functions of its own: use --functions in-process or processes";
            return Err(ApiError::new(ErrorCode::InvalidRequest, message));
        }
    };
    let faults = options.faults.as_ref();
    let embedded = Embedded::open(&options.directories, &Results::None, Where::Local, faults).await?;
    let internal = |error: &dyn std::error::Error| ApiError::new(ErrorCode::Internal, error.to_string());
    let address = listener.local_addr().map_err(|error| internal(&error))?;
    match programs {
        None => embedded.with_functions(&options.functions, &embedded.s3()),
        Some(programs) => embedded.with_processes(&options.functions, &programs, address, &Reading::Embedded),
    };
    for program in &options.function {
        embedded.with_further(program, &options.functions, address);
    }
    let credentials = embedded.local().credentials().provide_credentials().await;
    let credentials = credentials.map_err(|error| internal(&error))?;
    let (id, secret) = (credentials.access_key_id(), credentials.secret_access_key());
    announce(format!(
        "AWS_ACCESS_KEY_ID={id}\nAWS_SECRET_ACCESS_KEY={secret}\nAWS_ENDPOINT_URL=http://{address}"
    ));
    embedded.local().serve(listener, interrupt::interrupted()).await;
    embedded.close().await;
    Ok(())
}

/// Whether every function has a name of its own.
fn check(options: &Local) -> Result<(), ApiError> {
    let built_in = [&options.functions.cascade_function, &options.functions.wordcount_function];
    let mut taken = BTreeSet::from(built_in);
    match options.function.iter().find(|program| !taken.insert(&program.name)) {
        None => Ok(()),
        Some(Program { name, .. }) => {
            let message = format!(
                "--function {name}: another function has this name; cascade and wordcount are built in, and have other \
                 names by --cascade-function and --wordcount-function"
            );
            Err(ApiError::new(ErrorCode::InvalidRequest, message))
        }
    }
}
