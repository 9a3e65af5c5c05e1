//! `wordfall serve`: the site.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use leptos::prelude::LeptosOptions;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use wire::error::{ApiError, ErrorCode};

use crate::access::{Access, Token};
use crate::backend::{self, Backend, Results};
use crate::cli::Serve;
use crate::descriptors;
use crate::http::audience::Audience;
use crate::http::connections::{self, Bounds, Knows};
use crate::http::{Readiness, Site, router};
use crate::interrupt;
use crate::output::announce;
use crate::plots::Plots;
use crate::runs::Runs;

/// How long a stopping server waits for its connections, and for its runs to be stored.
const CLOSING_MAX: Duration = Duration::from_secs(10);

/// Serves until it is interrupted.
///
/// # Errors
/// What is wrong with the options, the directories or the address.
pub async fn serve(options: &Serve) -> Result<(), ApiError> {
    let leptos = leptos_options()?;
    check_address(leptos.site_addr, options.token.as_ref())?;
    let listener = listen(leptos.site_addr).await?;
    let results = options.results_bucket.clone().map_or(Results::Embedded, Results::Bucket);
    let bucket = options.source.bucket.as_deref().unwrap_or(backend::AWS_BUCKET_DEFAULT);
    let backend = backend::start(&options.place, &results, Some(bucket)).await?;
    let runs = Arc::new(runs(options, &backend));
    runs.check_store().await?;
    let watching = tokio::spawn(Arc::clone(&runs).watch(options.resume));
    let sweeping = options.retain.map(|age_max| tokio::spawn(Arc::clone(&runs).retain(age_max)));
    let closing = CancellationToken::new();
    let access = Access::new(options.token.clone(), options.proxy());
    let readiness = Arc::new(Readiness::default());
    let reporting = tokio::spawn(access.clone().report(closing.clone()));
    let bounds = Bounds::of_descriptors(descriptors::raise());
    let bounds = if options.behind_proxy { bounds.proxied() } else { bounds };
    let site = Site {
        runs: Arc::clone(&runs),
        plots: Arc::new(Plots::default()),
        access,
        audience: Arc::new(Audience::of_connections(bounds.connections_max)),
        readiness: Arc::clone(&readiness),
        leptos,
        closing: closing.clone(),
    };
    let address = listener.local_addr().map_err(|error| internal(&error))?;
    announce(format!("wordfall listens on http://{address}"));
    let asking = {
        let runs = Arc::clone(&runs);
        tokio::spawn(async move { readiness.find_out(runs).await })
    };
    let stop = {
        let (closing, runs) = (closing.clone(), Arc::clone(&runs));
        async move {
            interrupt::interrupted().await;
            closing.cancel();
            runs.leave_all();
        }
    };
    let served = connections::Site {
        knows: knows(site.access.clone()),
        router: router(site),
        bounds,
        counts: runs.engine().metrics.connections.clone(),
    };
    let serving = connections::serve(listener, served, stop);
    tokio::select! {
        () = serving => (),
        () = overdue(&closing) => tracing::warn!("some connections were closed early"),
    }
    watching.abort();
    asking.abort();
    drop(reporting.await);
    if let Some(sweeping) = sweeping {
        sweeping.abort();
    }
    if tokio::time::timeout(CLOSING_MAX, runs.closed()).await.is_err() {
        tracing::warn!("some runs were not stored in time");
    }
    runs.engine().spans.close().await;
    if let Some(embedded) = &backend.embedded {
        embedded.close().await;
    }
    Ok(())
}

/// Whether the sender of a request is a runner, for connections that are left to those.
fn knows(access: Access) -> Knows {
    Arc::new(move |headers, peer| {
        let access = access.clone();
        Box::pin(async move { access.knows(&headers, peer).await })
    })
}

/// Ends when a stopping server has waited long enough, or gets a second signal to stop.
async fn overdue(closing: &CancellationToken) {
    closing.cancelled().await;
    tokio::select! {
        () = interrupt::interrupted() => (),
        () = tokio::time::sleep(CLOSING_MAX) => (),
    }
}

fn runs(options: &Serve, backend: &Backend) -> Runs {
    let default = options.source.bucket.clone().unwrap_or_else(|| backend.bucket_default.clone());
    let mut allowed: HashSet<String> = backend.buckets.iter().cloned().collect();
    allowed.insert(default.clone());
    allowed.extend(options.allow_bucket.iter().map(ToString::to_string));
    Runs::new(backend, default, allowed).proposing(options.source.prefix.clone())
}

/// The variable that names the site's folder.
const SITE_ROOT: &str = "LEPTOS_SITE_ROOT";

/// The file in which a build that hashes the site's files names their hashes, below the site's root.
const HASHES: &str = "hash.txt";

/// Leptos' settings, and whether the site's files bear hashes, read from the site itself: whichever build
/// made it, and wherever the program lies.
fn leptos_options() -> Result<LeptosOptions, ApiError> {
    let mut options = settings()?;
    if !Path::new(&*options.site_root).join(&*options.site_pkg_dir).is_dir() {
        let is_named = std::env::var_os(SITE_ROOT).is_some();
        match built_beside(&options.site_pkg_dir).filter(|_| !is_named) {
            Some(root) => options.site_root = root.to_string_lossy().into(),
            None => tracing::warn!(
                site_root = %options.site_root,
                "the site's files are not there, pages will be bare: build them by `cargo xtask run`, or name their \
                 folder by LEPTOS_SITE_ROOT"
            ),
        }
    }
    let hashes = std::path::absolute(&*options.site_root).map_err(|error| internal(&error))?.join(HASHES);
    options.hash_files = hashes.is_file();
    options.hash_file = hashes.to_string_lossy().into();
    Ok(options)
}

/// The site that was built together with this program, which lies in `target/release` and the site in `target/site`:
/// a program is started from anywhere.
fn built_beside(files: &str) -> Option<PathBuf> {
    let program = std::env::current_exe().ok()?;
    let root = program.parent()?.parent()?.join("site");
    root.join(files).is_dir().then_some(root)
}

/// From Leptos.toml where there is one, and from the environment before all.
fn settings() -> Result<LeptosOptions, ApiError> {
    let file = Path::new("Leptos.toml").is_file().then_some("Leptos.toml");
    if file.is_none() && std::env::var_os("LEPTOS_OUTPUT_NAME").is_none() {
        let address = std::env::var("LEPTOS_SITE_ADDR").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
        let address: SocketAddr = address.parse().map_err(|_| wrong_address(&address))?;
        let root = std::env::var(SITE_ROOT).unwrap_or_else(|_| "target/site".to_owned());
        let options = LeptosOptions::builder().output_name("wordfall").site_root(root).site_addr(address);
        return Ok(options.build());
    }
    let settings = leptos_config::get_configuration(file);
    let settings = settings.map_err(|error| ApiError::new(ErrorCode::InvalidRequest, error.to_string()))?;
    Ok(settings.leptos_options)
}

fn wrong_address(address: &str) -> ApiError {
    let message =
        format!("LEPTOS_SITE_ADDR is {address:?}: use an address and a port, such as 127.0.0.1:3000");
    ApiError::new(ErrorCode::InvalidRequest, message)
}

fn check_address(address: SocketAddr, token: Option<&Token>) -> Result<(), ApiError> {
    if token.is_some() || address.ip().is_loopback() {
        return Ok(());
    }
    let message = format!(
        "without --token the site listens on loopback only, and {} is not: set --token",
        address.ip()
    );
    Err(ApiError::new(ErrorCode::InvalidRequest, message))
}

/// Listens on an address.
///
/// # Errors
/// Where it is taken, or not this machine's.
pub async fn listen(address: SocketAddr) -> Result<TcpListener, ApiError> {
    TcpListener::bind(address).await.map_err(|error| {
        let message = match error.kind() {
            std::io::ErrorKind::AddrInUse => {
                format!(
                    "{address} is taken by another program: choose another: LEPTOS_SITE_ADDR for the site, --port for wordfall local"
                )
            }
            _ => format!("can't listen on {address}: {error}"),
        };
        ApiError::new(ErrorCode::InvalidRequest, message)
    })
}

fn internal(error: &std::io::Error) -> ApiError {
    ApiError::new(ErrorCode::Internal, error.to_string())
}
