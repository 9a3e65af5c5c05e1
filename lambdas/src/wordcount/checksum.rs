//! The checksum of a whole object, over all its bytes in order, however many answers they came in.
//!
//! The SDK checks each answer by itself: it takes the checksum that some stores send of the whole object for
//! that of a part, and writes a warning for each object whose checksum is a checksum of checksums.

use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::types::ChecksumType;
use aws_smithy_checksums::ChecksumAlgorithm;
use aws_smithy_checksums::http::HttpChecksum;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// A checksum as it grows, beside the one that it should become.
pub(super) struct Checksum {
    sum: Box<dyn HttpChecksum>,
    expected: String,
}

impl Checksum {
    /// The checksum that this answer, of a whole object, promises; `None` where it promises none that can be checked.
    pub(super) fn promised(output: &GetObjectOutput) -> Option<Self> {
        if output.checksum_type() == Some(&ChecksumType::Composite) {
            return None;
        }
        let sums = [
            (ChecksumAlgorithm::Crc64Nvme, output.checksum_crc64_nvme()),
            (ChecksumAlgorithm::Crc32, output.checksum_crc32()),
            (ChecksumAlgorithm::Crc32c, output.checksum_crc32_c()),
            (ChecksumAlgorithm::Sha1, output.checksum_sha1()),
            (ChecksumAlgorithm::Sha256, output.checksum_sha256()),
        ];
        sums.into_iter().find_map(|(algorithm, sum)| Self::new(algorithm, sum?))
    }

    /// `None` where the text is no checksum of that length: a checksum of checksums ends in a hyphen and
    /// their number.
    fn new(algorithm: ChecksumAlgorithm, expected: &str) -> Option<Self> {
        let sum = algorithm.into_impl();
        let sum_bytes = aws_smithy_checksums::Checksum::size(&*sum);
        let is_whole = STANDARD.decode(expected).is_ok_and(|bytes| bytes.len() as u64 == sum_bytes);
        is_whole.then(|| Self { sum, expected: expected.to_owned() })
    }

    /// Takes the next bytes in.
    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.sum.update(bytes);
    }

    /// Whether all bytes together have the promised checksum.
    pub(super) fn fits(self) -> bool {
        STANDARD.encode(self.sum.finalize()) == self.expected
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output() -> aws_sdk_s3::operation::get_object::builders::GetObjectOutputBuilder {
        GetObjectOutput::builder()
    }

    #[track_caller]
    fn check(output: &GetObjectOutput, bytes: &[&[u8]], expected: Option<bool>) {
        let fits = Checksum::promised(output).map(|mut sum| {
            bytes.iter().for_each(|bytes| sum.update(bytes));
            sum.fits()
        });
        assert_eq!(fits, expected);
    }

    #[test]
    fn a_checksum_is_that_of_all_bytes() {
        let promised = output().checksum_crc32("y/Q5Jg==").build();
        check(&promised, &[b"1234", b"56789"], Some(true));
        check(&promised, &[b"1234", b"5678"], Some(false));
        let promised = output().checksum_sha256("FeKw09MzdqVwtcGxZbsXYbdSgprpDtl1biB2Q7C6iVs=");
        check(&promised.build(), &[b"123456789"], Some(false));
    }

    #[test]
    fn a_checksum_of_checksums_is_not_the_bytes() {
        check(&output().checksum_crc32("UymZPQ==-7").build(), &[b"x"], None);
        let composite = output().checksum_crc32("UymZPQ==").checksum_type(ChecksumType::Composite);
        check(&composite.build(), &[b"x"], None);
        check(&output().checksum_crc32("soon").build(), &[b"x"], None);
        check(&output().build(), &[b"x"], None);
    }
}
