//! Gzip as `gzip -dc` judges it, over whole slices.

use flate2::Crc;

use super::inflate::{Inflated, inflate};

/// The magic of every member.
pub(super) const MAGIC: [u8; 2] = [0x1f, 0x8b];

/// CRC-32 and length, 4 bytes each.
const TRAILER_BYTES: usize = 8;

/// Why there is no text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault<'a> {
    Corrupt,
    Truncated,
    /// In the data of a member, of which this is there.
    Starved(&'a [u8]),
    TooLong,
}

/// The text of all members, and the warning about what stands behind the last or is missing there.
pub(super) fn gunzip(object: &[u8]) -> Result<(Vec<u8>, Option<String>), Fault<'_>> {
    let mut text = Vec::new();
    let mut is_bgzf_object = None;
    let mut rest = object;
    loop {
        let (is_bgzf, body) = header(rest)?;
        let (member_text, stream_bytes) = match inflate(body) {
            Inflated::Ended { text, stream_bytes } => (text, stream_bytes),
            Inflated::Starved { .. } => return Err(Fault::Starved(body)),
            Inflated::Refused => return Err(Fault::Corrupt),
            Inflated::TooLong => return Err(Fault::TooLong),
        };
        check_trailer(&body[stream_bytes..], &member_text)?;
        text.extend_from_slice(&member_text);
        let is_bgzf_object = *is_bgzf_object.get_or_insert(is_bgzf);
        rest = &body[stream_bytes + TRAILER_BYTES..];
        match rest {
            [0x1f, 0x8b, ..] => continue,
            [0x1f] => return Err(Fault::Truncated),
            [] | [0, ..] => {}
            _ => return Ok((text, Some(garbage(rest)))),
        }
        let zeros = rest.iter().take_while(|&&byte| byte == 0).count();
        if zeros < rest.len() {
            return Ok((text, Some(garbage(&rest[zeros..]))));
        }
        let is_cut = is_bgzf_object && !(is_bgzf && member_text.is_empty());
        let warning = is_cut.then(|| "no bgzf end marker: the file may be truncated".to_owned());
        return Ok((text, warning));
    }
}

fn garbage(behind: &[u8]) -> String {
    format!("{} bytes behind the last gzip member: trailing garbage ignored", behind.len())
}

/// Whether a member is one of BGZF, and what stands behind its header. The method and the flags are judged as soon
/// as they are there.
fn header(member: &[u8]) -> Result<(bool, &[u8]), Fault<'_>> {
    let flags = member.get(3).copied().unwrap_or(0);
    if member.get(2).is_some_and(|&method| method != 8) || flags & 0b1110_0000 != 0 {
        return Err(Fault::Corrupt);
    }
    let mut rest = member.get(10..).ok_or(Fault::Truncated)?;
    let mut is_bgzf = false;
    if flags & 4 != 0 {
        let (length, behind) = rest.split_first_chunk().ok_or(Fault::Truncated)?;
        let (extra, behind) =
            behind.split_at_checked(u16::from_le_bytes(*length).into()).ok_or(Fault::Truncated)?;
        is_bgzf = extra.len() == 6 && extra.starts_with(b"BC\x02\0");
        rest = behind;
    }
    for flag in [8, 16] {
        if flags & flag != 0 {
            let end = rest.iter().position(|&byte| byte == 0).ok_or(Fault::Truncated)?;
            rest = &rest[end + 1..];
        }
    }
    if flags & 2 != 0 {
        let mut crc = Crc::new();
        crc.update(&member[..member.len() - rest.len()]);
        let (expected, behind) = rest.split_first_chunk().ok_or(Fault::Truncated)?;
        if u16::from_le_bytes(*expected) != crc.sum() as u16 {
            return Err(Fault::Corrupt);
        }
        rest = behind;
    }
    Ok((is_bgzf, rest))
}

fn check_trailer<'a>(behind: &'a [u8], text: &[u8]) -> Result<(), Fault<'a>> {
    let found = behind.get(..TRAILER_BYTES).ok_or(Fault::Truncated)?;
    if found == trailer(text) { Ok(()) } else { Err(Fault::Corrupt) }
}

/// The trailer of a member that holds this text.
pub(super) fn trailer(text: &[u8]) -> [u8; TRAILER_BYTES] {
    let mut crc = Crc::new();
    crc.update(text);
    let mut trailer = [0; TRAILER_BYTES];
    trailer[..4].copy_from_slice(&crc.sum().to_le_bytes());
    trailer[4..].copy_from_slice(&crc.amount().to_le_bytes());
    trailer
}
