//! Checksums that a PUT brings along: computed while the body passes, compared before it is stored.

use http::HeaderMap;
use md5::{Digest, Md5};
use s3s::checksum::ChecksumHasher;
use s3s::crypto::Checksum as _;
use s3s::dto::PutObjectInput;
use s3s::{S3Result, TrailingHeaders, s3_error};

/// The checksums of one body.
#[derive(Default)]
pub(crate) struct Checksums {
    md5: Md5,
    hasher: ChecksumHasher,
}

/// The finished checksums.
pub(crate) struct Sums {
    /// The ETag of what was put: its MD5 in hexadecimal digits.
    pub(crate) etag: String,
    md5: String,
    others: s3s::dto::Checksum,
}

/// The checksums that the client announces, by the names of their headers.
#[derive(Debug)]
pub(crate) struct Expected {
    md5: Option<String>,
    headers: HeaderMap,
    trailers: Option<TrailingHeaders>,
}

const CRC32: &str = "x-amz-checksum-crc32";
const CRC32C: &str = "x-amz-checksum-crc32c";
const CRC64NVME: &str = "x-amz-checksum-crc64nvme";
const SHA1: &str = "x-amz-checksum-sha1";
const SHA256: &str = "x-amz-checksum-sha256";

impl Expected {
    pub(crate) fn new(input: &PutObjectInput, headers: HeaderMap, trailers: Option<TrailingHeaders>) -> Self {
        Self { md5: input.content_md5.clone(), headers, trailers }
    }

    /// Whether a checksum of that name comes with the request, before the body or behind it.
    fn names(&self, name: &str) -> bool {
        let trailer =
            self.headers.get_all("x-amz-trailer").iter().any(|value| value.as_bytes() == name.as_bytes());
        trailer || self.headers.contains_key(name)
    }

    fn value(&self, name: &str) -> Option<String> {
        let find = |headers: &HeaderMap| Some(headers.get(name)?.to_str().ok()?.to_owned());
        find(&self.headers).or_else(|| self.trailers.as_ref()?.read(find)?)
    }
}

impl Checksums {
    /// Computes the MD5 and what `expected` names.
    pub(crate) fn new(expected: &Expected) -> Self {
        let hasher = ChecksumHasher {
            crc32: expected.names(CRC32).then(s3s::crypto::Crc32::new),
            crc32c: expected.names(CRC32C).then(s3s::crypto::Crc32c::new),
            sha1: expected.names(SHA1).then(s3s::crypto::Sha1::new),
            sha256: expected.names(SHA256).then(s3s::crypto::Sha256::new),
            crc64nvme: expected.names(CRC64NVME).then(s3s::crypto::Crc64Nvme::new),
        };
        Self { md5: Md5::default(), hasher }
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.md5.update(bytes);
        self.hasher.update(bytes);
    }

    pub(crate) fn finish(self) -> Sums {
        let md5 = self.md5.finalize();
        let etag = md5.iter().map(|byte| format!("{byte:02x}")).collect();
        Sums { etag, md5: base64_of(&md5), others: self.hasher.finalize() }
    }
}

impl Sums {
    /// `BadDigest` where the body is not what the client announced.
    pub(crate) fn check(&self, expected: &Expected) -> S3Result<()> {
        let others = &self.others;
        let computed = [
            (CRC32, &others.checksum_crc32),
            (CRC32C, &others.checksum_crc32c),
            (CRC64NVME, &others.checksum_crc64nvme),
            (SHA1, &others.checksum_sha1),
            (SHA256, &others.checksum_sha256),
        ];
        let md5_differs = expected.md5.as_ref().is_some_and(|md5| *md5 != self.md5);
        let differs = |(name, sum): (&str, &Option<String>)| sum.is_some() && *sum != expected.value(name);
        if md5_differs || computed.into_iter().any(differs) {
            return Err(s3_error!(BadDigest, "The checksum you specified did not match what was received"));
        }
        Ok(())
    }
}

fn base64_of(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}
