//! An emulator with a mounted directory, a writable bucket and a generated one, and clients for it.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use aws_sdk_lambda::config::retry::RetryConfig;
use local::{Config, Generated, Local, Mount};
use tempfile::TempDir;
use tokio::net::TcpListener;
use wire::bucket::BucketName;

pub(crate) const GENERATED_OBJECTS: u64 = 2500;

pub(crate) struct StandIn {
    pub(crate) local: Local,
    pub(crate) directory: TempDir,
}

/// How a client reaches the emulator.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Reach {
    InProcess,
    Loopback,
}

pub(crate) const REACHES: [Reach; 2] = [Reach::InProcess, Reach::Loopback];

impl StandIn {
    /// Buckets `docs` (mounted), `notes` (writable) and `many` (generated); no functions.
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    pub(crate) fn with(change: impl FnOnce(&mut Config)) -> Self {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir(directory.path().join("docs")).unwrap();
        let mut config = config(directory.path());
        change(&mut config);
        Self { local: Local::new(config).unwrap(), directory }
    }

    /// An emulator over what this one has stored.
    pub(crate) fn restarted(self) -> Self {
        let directory = self.directory;
        Self { local: Local::new(config(directory.path())).unwrap(), directory }
    }

    /// Writes a file of the mounted directory.
    pub(crate) fn write(&self, key: &str, bytes: impl AsRef<[u8]>) {
        let path = self.directory.path().join("docs").join(key);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    pub(crate) fn s3(&self) -> aws_sdk_s3::Client {
        s3_client(&self.local.sdk_config())
    }

    pub(crate) fn lambda(&self) -> aws_sdk_lambda::Client {
        lambda_client(&self.local.sdk_config())
    }

    pub(crate) async fn clients(&self, reach: Reach) -> (aws_sdk_s3::Client, aws_sdk_lambda::Client) {
        let config = match reach {
            Reach::InProcess => self.local.sdk_config(),
            Reach::Loopback => self.loopback().await,
        };
        (s3_client(&config), lambda_client(&config))
    }

    /// Serves over loopback until the test ends.
    pub(crate) async fn listen(&self) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let local = self.local.clone();
        tokio::spawn(async move { local.serve(listener, std::future::pending()).await });
        address
    }

    async fn loopback(&self) -> aws_config::SdkConfig {
        let address = self.listen().await;
        let client = aws_smithy_http_client::Builder::new().build_http();
        self.local
            .sdk_config()
            .into_builder()
            .endpoint_url(format!("http://{address}"))
            .http_client(client)
            .build()
    }
}

pub(crate) fn bucket_name(name: &str) -> BucketName {
    BucketName::try_from(name.to_owned()).unwrap()
}

fn config(directory: &Path) -> Config {
    let mount = |name: &str| Mount { name: bucket_name(name), directory: directory.join(name) };
    Config {
        mounts: vec![mount("docs")],
        writable: vec![mount("notes")],
        generated: vec![Generated { name: bucket_name("many"), objects: GENERATED_OBJECTS, seed: 1 }],
        ..Config::default()
    }
}

fn s3_client(config: &aws_config::SdkConfig) -> aws_sdk_s3::Client {
    let config = aws_sdk_s3::config::Builder::from(config).force_path_style(true);
    aws_sdk_s3::Client::from_conf(config.retry_config(RetryConfig::disabled()).build())
}

fn lambda_client(config: &aws_config::SdkConfig) -> aws_sdk_lambda::Client {
    let config = aws_sdk_lambda::config::Builder::from(config);
    aws_sdk_lambda::Client::from_conf(config.retry_config(RetryConfig::disabled()).build())
}
