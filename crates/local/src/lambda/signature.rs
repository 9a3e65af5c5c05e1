//! AWS Signature Version 4 of a request: signed again with the secret that we know, and compared.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::client::identity::Identity;
use http::request::Parts;
use http::{HeaderMap, header};

use super::refusal::Refusal;

/// How far a request's date may be from ours.
const SKEW_MAX: Duration = Duration::from_secs(15 * 60);
const ALGORITHM: &str = "AWS4-HMAC-SHA256 ";
const DATE_HEADER: &str = "x-amz-date";
const SERVICE: &str = "lambda";

/// Checks the signature over the request's head and its whole body.
pub(crate) fn verify(parts: &Parts, body: &[u8], known: &[Credentials]) -> Result<(), Refusal> {
    let authorization =
        text(&parts.headers, header::AUTHORIZATION.as_str()).ok_or(Refusal::MissingSignature)?;
    let claim = Claim::parse(authorization)?;
    let credentials = known.iter().find(|credentials| credentials.access_key_id() == claim.access_key);
    let credentials = credentials.ok_or(Refusal::UnknownAccessKey)?;
    let time = claim.time(&parts.headers)?;
    let signature = signature(&claim, time, parts, body, credentials)?;
    if equal_in_constant_time(signature.as_bytes(), claim.signature.as_bytes()) {
        Ok(())
    } else {
        Err(Refusal::WrongSignature)
    }
}

/// The claims of an `Authorization` header.
#[derive(Debug, PartialEq, Eq)]
struct Claim<'a> {
    access_key: &'a str,
    date: &'a str,
    region: &'a str,
    signed_headers: Vec<&'a str>,
    signature: &'a str,
}

impl<'a> Claim<'a> {
    fn parse(authorization: &'a str) -> Result<Self, Refusal> {
        let fields = authorization.strip_prefix(ALGORITHM);
        let fields = fields.ok_or(Refusal::IncompleteSignature("it must begin with AWS4-HMAC-SHA256"))?;
        let field = |name: &str| {
            let mut named = fields.split(',').filter_map(|field| field.trim().strip_prefix(name));
            named.next()
        };
        let credential = field("Credential=").ok_or(Refusal::IncompleteSignature("it has no Credential"))?;
        let signed_headers = field("SignedHeaders=");
        let signed_headers = signed_headers
            .ok_or(Refusal::IncompleteSignature("it has no SignedHeaders"))?
            .split(';')
            .collect();
        let signature = field("Signature=").ok_or(Refusal::IncompleteSignature("it has no Signature"))?;
        let scope: Vec<_> = credential.split('/').collect();
        let [access_key, date, region, SERVICE, "aws4_request"] = scope[..] else {
            return Err(Refusal::IncompleteSignature(
                "the Credential must be KEY/DATE/REGION/lambda/aws4_request",
            ));
        };
        Ok(Self { access_key, date, region, signed_headers, signature })
    }

    /// When the request was signed, by its date header, which has to be signed too.
    fn time(&self, headers: &HeaderMap) -> Result<SystemTime, Refusal> {
        let signs = |name| self.signed_headers.contains(&name);
        if !signs(DATE_HEADER) || !signs(header::HOST.as_str()) {
            return Err(Refusal::IncompleteSignature("Host and X-Amz-Date must be signed"));
        }
        let date = text(headers, DATE_HEADER);
        let parsed = date.and_then(|date| jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", date).ok());
        let zoned = parsed.and_then(|parsed| parsed.to_zoned(jiff::tz::TimeZone::UTC).ok());
        let (Some(date), Some(zoned)) = (date, zoned) else {
            return Err(Refusal::IncompleteSignature("X-Amz-Date must be a date such as 20260131T235959Z"));
        };
        if !date.starts_with(self.date) {
            return Err(Refusal::WrongSignature);
        }
        let time = SystemTime::from(zoned.timestamp());
        let now = SystemTime::now();
        let skew = now.duration_since(time).unwrap_or_else(|ahead| ahead.duration());
        if skew > SKEW_MAX { Err(Refusal::StaleSignature) } else { Ok(time) }
    }
}

fn signature(
    claim: &Claim<'_>,
    time: SystemTime,
    parts: &Parts,
    body: &[u8],
    credentials: &Credentials,
) -> Result<String, Refusal> {
    let mut settings = SigningSettings::default();
    settings.excluded_headers = None;
    let identity = Identity::from(credentials.clone());
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(claim.region)
        .name(SERVICE)
        .time(time)
        .settings(settings)
        .build()
        .expect("all parameters are given")
        .into();
    let host = text(&parts.headers, header::HOST.as_str()).ok_or(Refusal::WrongSignature)?;
    let path = parts.uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    let mut headers = Vec::with_capacity(claim.signed_headers.len());
    for name in &claim.signed_headers {
        for value in parts.headers.get_all(*name) {
            headers.push((*name, value.to_str().map_err(|_| Refusal::WrongSignature)?));
        }
    }
    let uri = format!("http://{host}{path}");
    let request =
        SignableRequest::new(parts.method.as_str(), uri, headers.into_iter(), SignableBody::Bytes(body));
    let signed = request.and_then(|request| sign(request, &parameters));
    signed.map(|signed| signed.signature().to_owned()).map_err(|_| Refusal::WrongSignature)
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// Compares so that the time taken does not reveal how much of a guess was right.
fn equal_in_constant_time(left: &[u8], right: &[u8]) -> bool {
    let differences =
        left.iter().zip(right).fold(0, |differences, (left, right)| differences | (left ^ right));
    left.len() == right.len() && differences == 0
}
