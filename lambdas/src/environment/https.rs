//! The one HTTPS client that this project speaks to AWS with: rustls on ring, which needs no C toolchain.
//!
//! It goes by what the AWS tools go by: `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`, a bundle of
//! certificates from `AWS_CA_BUNDLE` or the profile's `ca_bundle`, and else `SSL_CERT_FILE` and the system's.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use aws_config::{BehaviorVersion, Region};
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::setting;

/// The variable that names a replacement for the system's certificates.
const SSL_CERT_FILE: &str = "SSL_CERT_FILE";

/// A file of certificates that is unusable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the certificates in {}, which {named_by} names, are unusable: {why}", path.display())]
pub struct CertificatesError {
    path: PathBuf,
    named_by: String,
    why: String,
}

/// A client by the environment and the profile.
///
/// # Errors
/// Where they name a file of certificates that is unusable: the client would trust no server at all.
pub async fn client() -> Result<SharedHttpClient, CertificatesError> {
    let trusted = match ca_bundle().await {
        Some((path, named_by)) => TrustStore::empty().with_pem_certificate(certificates(&path, &named_by)?),
        None => {
            if let Some(path) = env::var_os(SSL_CERT_FILE).filter(|path| !path.is_empty()) {
                certificates(Path::new(&path), SSL_CERT_FILE)?;
            }
            TrustStore::default()
        }
    };
    let context = TlsContext::builder().with_trust_store(trusted).build();
    let context = context.expect("a trust store is all that a context needs");
    Ok(Builder::new().build_with_connector_fn(move |settings, components| {
        let mut connector = Connector::builder().proxy_config(ProxyConfig::from_env());
        connector.set_connector_settings(settings.cloned());
        connector.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
        connector.tls_provider(Provider::Rustls(CryptoMode::Ring)).tls_context(context.clone()).build()
    }))
}

/// The bundle's path, and what names it.
async fn ca_bundle() -> Option<(PathBuf, String)> {
    const VARIABLE: &str = "AWS_CA_BUNDLE";
    if let Some(path) = env::var_os(VARIABLE) {
        return (!path.is_empty()).then(|| (path.into(), VARIABLE.to_owned()));
    }
    // Reads the profile and asks nobody: neither credentials nor a region are looked for.
    let loader =
        aws_config::defaults(BehaviorVersion::latest()).no_credentials().region(Region::from_static("none"));
    let path = setting(&loader.load().await, VARIABLE, "ca_bundle")?;
    Some((path.into(), "ca_bundle in the AWS profile".to_owned()))
}

/// The certificates of a file, each of them one that rustls takes.
fn certificates(path: &Path, named_by: &str) -> Result<Vec<u8>, CertificatesError> {
    let unusable =
        |why: String| CertificatesError { path: path.to_owned(), named_by: named_by.to_owned(), why };
    let pem = fs::read(path).map_err(|error| unusable(error.to_string()))?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|error| unusable(error.to_string()))?;
        roots.add(certificate).map_err(|error| unusable(error.to_string()))?;
    }
    if roots.is_empty() {
        return Err(unusable("it holds no certificate in PEM".to_owned()));
    }
    Ok(pem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), text).unwrap();
        let error = certificates(file.path(), "AWS_CA_BUNDLE").unwrap_err().to_string();
        assert!(error.contains("AWS_CA_BUNDLE") && error.contains(expected), "{error}");
    }

    #[test]
    fn a_file_that_holds_no_certificates_is_said_to_be_unusable() {
        check("", "no certificate");
        check("-----BEGIN CERTIFICATE-----\n????\n-----END CERTIFICATE-----\n", "unusable");
        check("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "unusable");
        let missing = certificates(Path::new("/nonexistent/bundle.pem"), "SSL_CERT_FILE").unwrap_err();
        assert!(missing.to_string().contains("No such file"), "{missing}");
    }
}
