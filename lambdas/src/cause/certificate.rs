//! Defects of a server's certificate, and what helps: rustls itself shows only the names of its variants.

use std::error::Error;
use std::io;

use rustls::CertificateError;

/// The defect of the certificate, where this error is about one.
pub(super) fn fault(error: &(dyn Error + 'static)) -> Option<String> {
    if let Some(rustls::Error::InvalidCertificate(fault)) = error.downcast_ref() {
        return Some(format!("the server's certificate {}", words(fault)));
    }
    // An error within one of I/O is not among its sources.
    fault(error.downcast_ref::<io::Error>()?.get_ref()?)
}

fn words(fault: &CertificateError) -> &'static str {
    match fault {
        CertificateError::UnknownIssuer => {
            "is signed by nobody that this program trusts: name its authority's file in AWS_CA_BUNDLE"
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "has expired",
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => "is not valid yet",
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "is for another name than the endpoint's"
        }
        CertificateError::Other(other) if other.to_string().contains("CaUsedAsEndEntity") => {
            "is an authority's own: let the authority sign one for the server, with CA:FALSE"
        }
        _ => "is not valid",
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rustls::OtherError;

    use super::*;

    #[track_caller]
    fn check(fault: CertificateError, expected: &str) {
        let error = io::Error::other(io::Error::other(rustls::Error::InvalidCertificate(fault)));
        assert!(super::fault(&error).unwrap().contains(expected));
    }

    #[test]
    fn a_certificate_that_is_not_taken_is_said_to_be_it() {
        check(CertificateError::UnknownIssuer, "AWS_CA_BUNDLE");
        check(CertificateError::Expired, "expired");
        check(CertificateError::NotValidForName, "another name");
        check(CertificateError::BadSignature, "not valid");
        let own = OtherError(Arc::new(io::Error::other("CaUsedAsEndEntity")));
        check(CertificateError::Other(own), "CA:FALSE");
        assert_eq!(fault(&io::Error::other("connection refused")), None);
    }
}
