//! A zip of one executable file, the same bytes for the same file.
//!
//! An entry is what gzip makes, in another wrapping: the same deflated bytes, the same checksum and the same length.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// The first moment that a zip can name, 1980-01-01 00:00, as its two fields of date and time.
const DATE: u16 = (1 << 5) | 1;
const TIME: u16 = 0;
/// A regular file that all may read and execute, as Unix has it.
const MODE: u32 = 0o100_755;
/// Made on Unix by version 2.0, which deflates.
const MADE_BY: u16 = (3 << 8) | 20;
const VERSION_NEEDED: u16 = 20;
const DEFLATED: u16 = 8;

/// Bytes that `gzip --no-name` puts before and behind what it deflates.
const GZIP_HEADER: usize = 10;
const GZIP_TRAILER: usize = 8;

/// Writes a zip that holds `file` under `name`, and nothing else.
pub(crate) fn write(zip: &Path, name: &str, file: &Path) -> Result<()> {
    let gzip = Command::new("gzip")
        .args(["--best", "--no-name", "--stdout"])
        .arg(file)
        .env("GZIP", OsString::new())
        .output()
        .context("starting gzip, which packs the functions: install it")?;
    ensure!(
        gzip.status.success(),
        "gzip failed on {}: {}",
        file.display(),
        gzip.stderr.trim_ascii().escape_ascii()
    );
    let bytes = of_gzip(name, &gzip.stdout).context("gzip wrote what is no gzip")?;
    fs::write(zip, bytes).with_context(|| format!("writing {}", zip.display()))
}

/// `None` where it is too short or has a longer header than asked for.
fn of_gzip(name: &str, gzip: &[u8]) -> Option<Vec<u8>> {
    let [0x1f, 0x8b, 8, 0, ..] = gzip else { return None };
    let (deflated, trailer) = gzip.get(GZIP_HEADER..)?.split_last_chunk::<GZIP_TRAILER>()?;
    let deflated_length = u32::try_from(deflated.len()).ok()?;
    let name_length = u16::try_from(name.len()).ok()?;

    let mut entry = Vec::new();
    for field in [VERSION_NEEDED, 0, DEFLATED, TIME, DATE] {
        entry.extend(field.to_le_bytes());
    }
    entry.extend(&trailer[..4]);
    entry.extend(deflated_length.to_le_bytes());
    entry.extend(&trailer[4..]);
    entry.extend(name_length.to_le_bytes());
    entry.extend([0, 0]);

    let mut zip = b"PK\x03\x04".to_vec();
    zip.extend(&entry);
    zip.extend(name.as_bytes());
    zip.extend(deflated);

    let directory_begin = u32::try_from(zip.len()).ok()?;
    zip.extend(b"PK\x01\x02");
    zip.extend(MADE_BY.to_le_bytes());
    zip.extend(&entry);
    // No comment, the first disk, no text.
    zip.extend([0; 6]);
    zip.extend((MODE << 16).to_le_bytes());
    zip.extend(0_u32.to_le_bytes());
    zip.extend(name.as_bytes());

    let directory_length = u32::try_from(zip.len()).ok()? - directory_begin;
    zip.extend(b"PK\x05\x06\0\0\0\0\x01\0\x01\0");
    zip.extend(directory_length.to_le_bytes());
    zip.extend(directory_begin.to_le_bytes());
    zip.extend([0, 0]);
    Some(zip)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `printf hello | gzip -9n`.
    const HELLO: &[u8] =
        b"\x1f\x8b\x08\0\0\0\0\0\x02\x03\xcb\x48\xcd\xc9\xc9\x07\0\x86\xa6\x10\x36\x05\0\0\0";

    #[test]
    fn a_gzip_becomes_a_zip_of_one_executable_file() {
        let zip = of_gzip("bootstrap", HELLO).unwrap();
        let expected: &[u8] =
            b"PK\x03\x04\x14\0\0\0\x08\0\0\0\x21\0\x86\xa6\x10\x36\x07\0\0\0\x05\0\0\0\x09\0\0\0\
            bootstrap\xcb\x48\xcd\xc9\xc9\x07\0\
            PK\x01\x02\x14\x03\x14\0\0\0\x08\0\0\0\x21\0\x86\xa6\x10\x36\x07\0\0\0\x05\0\0\0\x09\0\0\0\
            \0\0\0\0\0\0\0\0\xed\x81\0\0\0\0bootstrap\
            PK\x05\x06\0\0\0\0\x01\0\x01\0\x37\0\0\0\x2e\0\0\0\0\0";
        assert_eq!(zip.escape_ascii().to_string(), expected.escape_ascii().to_string());
    }

    #[test]
    fn what_is_no_gzip_becomes_nothing() {
        assert_eq!(of_gzip("bootstrap", b"PK"), None);
        assert_eq!(of_gzip("bootstrap", &HELLO[..12]), None);
        // A header with a name in it is longer.
        let mut named = HELLO.to_vec();
        named[3] = 8;
        assert_eq!(of_gzip("bootstrap", &named), None);
    }
}
