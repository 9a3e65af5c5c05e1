//! The emulator itself.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use tokio::net::TcpListener;

use crate::config::{Keypair, LocalError};
use crate::connector::InProcess;
use crate::faults::Faults;
use crate::lambda::Lambda;
use crate::s3::Buckets;
use crate::s3::access::FunctionAccess;
use crate::s3::bucket::Bucket;
use crate::service::Service;
use crate::{Config, Function, Journal, REGION, Totals, Unlisted, serve};

/// The address that in-process clients name; nothing listens there.
const ENDPOINT: &str = "http://local.invalid";

/// S3 and Lambda on this machine. Clones are the same emulator.
#[derive(Clone, Debug)]
pub struct Local {
    buckets: Buckets,
    credentials: Credentials,
    function_credentials: Credentials,
    service: Service,
}

impl Local {
    /// Opens all buckets; blocks while writable ones are read in.
    ///
    /// # Errors
    ///
    /// Where a bucket's directory cannot be used, or two buckets have one name.
    pub fn new(config: Config) -> Result<Self, LocalError> {
        let buckets = Buckets(Arc::new(config.buckets()?));
        let keypair = config.keypair.clone().unwrap_or_else(Keypair::random);
        let functions = Keypair::random();
        let credentials = keypair.credentials();
        let function_credentials = functions.credentials();
        let faults = config.faults.clone().map(|plan| Faults::new(plan, buckets.read_only()));
        let keypairs = [credentials.clone(), function_credentials.clone()];
        let lambda = Lambda::new(keypairs, &config, faults.clone());
        for function in config.functions {
            lambda.register(function);
        }
        let mut s3 = S3ServiceBuilder::new(buckets.clone());
        let access =
            FunctionAccess { access_key_id: functions.access_key_id.clone(), buckets: buckets.clone() };
        let mut auth = SimpleAuth::from_single(keypair.access_key_id, keypair.secret_access_key);
        auth.register(functions.access_key_id, functions.secret_access_key.into());
        s3.set_auth(auth);
        s3.set_access(access);
        Ok(Self {
            buckets,
            credentials,
            function_credentials,
            service: Service { s3: s3.build(), lambda, faults },
        })
    }

    /// The SDK's HTTP client whose requests come here without a socket.
    pub fn http_client(&self) -> SharedHttpClient {
        SharedHttpClient::new(InProcess(self.service.clone()))
    }

    /// The credentials that requests have to be signed with.
    pub fn credentials(&self) -> Credentials {
        self.credentials.clone()
    }

    /// The credentials that functions in processes of their own sign with. They allow invoking, and reading
    /// of the read-only buckets.
    pub fn function_credentials(&self) -> Credentials {
        self.function_credentials.clone()
    }

    /// The SDK's configuration for in-process clients. S3 clients have to set `force_path_style` besides,
    /// and clients that must not repeat an invocation have to switch their retries off.
    pub fn sdk_config(&self) -> SdkConfig {
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(REGION))
            .endpoint_url(ENDPOINT)
            .credentials_provider(SharedCredentialsProvider::new(self.credentials()))
            .http_client(self.http_client())
            .build()
    }

    /// Adds a function, or replaces the one of that name.
    pub fn register(&self, function: Function) {
        self.service.lambda.register(function);
    }

    /// The buckets' names, in order.
    pub fn bucket_names(&self) -> impl Iterator<Item = &str> {
        self.buckets.0.keys().map(String::as_str)
    }

    /// Files that the last listing of a mounted directory left out below `prefix`: symlinks that are not
    /// followed, special files, names that cannot be keys, directories that cannot be read. Nothing for other
    /// buckets and before the first listing.
    pub fn unlisted(&self, bucket: &str, prefix: &str) -> Unlisted {
        self.buckets.0.get(bucket).map(|bucket| bucket.unlisted(prefix)).unwrap_or_default()
    }

    /// The totals of a generated bucket; `None` for other buckets. Computes all of its objects.
    pub fn totals(&self, bucket: &str) -> Option<Totals> {
        match self.buckets.0.get(bucket)? {
            Bucket::Generated(objects) => Some(objects.totals()),
            Bucket::Mount(_) | Bucket::Store(_) => None,
        }
    }

    /// The invocations so far.
    pub fn journal(&self) -> Journal {
        self.service.lambda.journal()
    }

    /// How many faults of the plan there were so far, by the names of their kinds.
    pub fn faults_injected(&self) -> BTreeMap<&'static str, u64> {
        self.service.faults.as_ref().map(Faults::injected).unwrap_or_default()
    }

    /// Answers any AWS client on `listener` until `shutdown` ends.
    pub async fn serve(&self, listener: TcpListener, shutdown: impl Future<Output = ()>) {
        serve::serve(self.service.clone(), listener, shutdown).await;
    }

    /// Ends the invocations of these attempts, as their payloads name them, wherever they are: without an answer, and
    /// their environments with them. No request to AWS does this; it is for the program whose machine they run on, and
    /// which has no more use for them.
    pub fn stop(&self, attempts: &[String]) {
        self.service.lambda.stop(attempts);
    }

    /// Ends all invocations so, and those that begin later as they begin.
    pub fn stop_all(&self) {
        self.service.lambda.stop_all();
    }

    /// Forgets all functions and waits for the invocations that still run.
    ///
    /// A handler often holds clients of this very emulator: without this neither is ever freed.
    pub async fn close(&self) {
        self.service.lambda.close().await;
    }
}
