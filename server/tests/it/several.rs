//! An emulator with a results bucket that several servers use.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use aws_credential_types::provider::ProvideCredentials;
use futures_util::FutureExt;
use local::{Code, Config, Function, Mount};
use server::runs::Runs;
use server::store::Store;
use tempfile::TempDir;
use tokio::net::TcpListener;

use crate::bench::{BUCKET, Bench, bucket, handler, named};
use crate::site::Site;
use crate::tree::Tree;

const RESULTS: &str = "results";

/// Several servers' emulator.
pub(crate) struct Shared {
    pub(crate) bench: Bench,
    _results: TempDir,
}

impl Shared {
    /// The results.
    pub(crate) fn store(&self) -> Store {
        Store::new(&self.bench.engine.s3, RESULTS.to_owned())
    }

    /// `wordcount` takes that long on top.
    pub(crate) fn on(tree: &Tree, delay: Duration) -> Self {
        let results = tempfile::tempdir().unwrap();
        let writable = Mount { name: named(RESULTS), directory: results.path().to_owned() };
        let mount = Mount { name: bucket(), directory: tree.path().to_owned() };
        let config = Config { mounts: vec![mount], writable: vec![writable], ..Config::default() };
        let bench = Bench::with(config, 4, 8 << 20);
        let real = bench.wordcount.clone();
        let handler = handler(&real);
        let slow = move |invocation| {
            let handler = Arc::clone(&handler);
            async move {
                tokio::time::sleep(delay).await;
                handler(invocation).await
            }
            .boxed()
        };
        bench.local.register(Function { code: Code::Handler(Arc::new(slow)), ..real });
        Self { bench, _results: results }
    }

    /// The same over the network, and the variables that a client needs.
    pub(crate) async fn served(tree: &Tree, delay: Duration) -> (Self, Vec<(&'static str, String)>) {
        let shared = Self::on(tree, delay);
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let address = listener.local_addr().unwrap();
        let local = shared.bench.local.clone();
        tokio::spawn(async move { local.serve(listener, std::future::pending()).await });
        let credentials = shared.bench.local.credentials().provide_credentials().await.unwrap();
        let variables = vec![
            ("AWS_REGION", "us-east-1".to_owned()),
            ("AWS_ACCESS_KEY_ID", credentials.access_key_id().to_owned()),
            ("AWS_SECRET_ACCESS_KEY", credentials.secret_access_key().to_owned()),
            ("AWS_ENDPOINT_URL", format!("http://{address}")),
        ];
        (shared, variables)
    }

    /// A server's runs. One that believes to be alone takes runs whose server lives.
    pub(crate) fn server(&self, believes_to_be_alone: bool) -> Arc<Runs> {
        let store = Some(self.store());
        let backend =
            server::backend::Backend { store, store_is_ours: believes_to_be_alone, ..self.bench.backend() };
        Arc::new(Runs::new(&backend, BUCKET.to_owned(), [BUCKET.to_owned()].into()))
    }
}

/// A server on a shared bucket.
pub(crate) fn shared_site(variables: &[(&str, String)], options: &[&str]) -> Site {
    let variables: Vec<(&str, &str)> =
        variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let place = ["--backend", "aws", "--bucket", BUCKET, "--results-bucket", RESULTS];
    let options = [&place[..], &["--batch-bytes", "8388608"], options].concat();
    Site::at(tempfile::tempdir().unwrap(), &options, &variables)
}
