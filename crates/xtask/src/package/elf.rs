//! The needs of an executable, read out of its ELF headers.
//!
//! Only what the loader itself would follow is read: program headers, and the dynamic section that they name.

use std::collections::BTreeSet;

/// The needs of a program, which its system has to meet.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Needs {
    /// The machine's number, as ELF has it.
    pub(crate) machine: u16,
    /// The loader's path; `None` for a static program.
    pub(crate) interpreter: Option<String>,
    /// Libraries by file name.
    pub(crate) libraries: BTreeSet<String>,
    /// The newest version of glibc's symbols, such as `(2, 34)`; `None` where it asks for none.
    pub(crate) glibc: Option<(u32, u32)>,
}

/// ELF's numbers of machines.
pub(crate) const X86_64: u16 = 62;
pub(crate) const AARCH64: u16 = 183;

const LOAD: u32 = 1;
const DYNAMIC: u32 = 2;
const INTERPRETER: u32 = 3;

const NEEDED: u64 = 1;
const STRINGS: u64 = 5;
const VERSIONS: u64 = 0x6fff_fffe;

/// Entries of any list that are read: far more than any program has.
const ENTRIES_MAX: usize = 4096;

/// Reads a 64-bit little-endian ELF file; `None` where it is none, or its headers point out of it.
pub(crate) fn needs(file: &[u8]) -> Option<Needs> {
    let [0x7f, b'E', b'L', b'F', 2, 1, ..] = file else { return None };
    let segments = segments(file)?;
    let interpreter = match segments.iter().find(|segment| segment.kind == INTERPRETER) {
        Some(segment) => Some(string(file, segment.offset)?),
        None => None,
    };
    let (mut libraries, mut glibc) = (BTreeSet::new(), None);
    if let Some(dynamic) = segments.iter().find(|segment| segment.kind == DYNAMIC) {
        let entries = dynamic_entries(file, dynamic)?;
        let at = |tag| {
            let (_, address) = entries.iter().find(|(found, _)| *found == tag)?;
            offset_of(&segments, *address)
        };
        if let Some(strings) = at(STRINGS) {
            for (_, name) in entries.iter().filter(|(tag, _)| *tag == NEEDED) {
                libraries.insert(string(file, strings.checked_add(*name)?)?);
            }
            if let Some(versions) = at(VERSIONS) {
                glibc = newest_glibc(file, strings, versions)?;
            }
        }
    }
    Some(Needs { machine: u16_at(file, 18)?, interpreter, libraries, glibc })
}

/// A part of the file that is mapped or says how.
struct Segment {
    kind: u32,
    offset: u64,
    address: u64,
    length: u64,
}

fn segments(file: &[u8]) -> Option<Vec<Segment>> {
    let (begin, size, count) = (u64_at(file, 32)?, u16_at(file, 54)?, u16_at(file, 56)?);
    let segment = |index| {
        let at = begin.checked_add(u64::from(size) * u64::from(index))?;
        Some(Segment {
            kind: u32_at(file, at)?,
            offset: u64_at(file, at.checked_add(8)?)?,
            address: u64_at(file, at.checked_add(16)?)?,
            length: u64_at(file, at.checked_add(32)?)?,
        })
    };
    (0..count).map(segment).collect()
}

fn dynamic_entries(file: &[u8], dynamic: &Segment) -> Option<Vec<(u64, u64)>> {
    let mut entries = Vec::new();
    for index in 0..(dynamic.length / 16).min(ENTRIES_MAX as u64) {
        let at = dynamic.offset.checked_add(16 * index)?;
        match (u64_at(file, at)?, u64_at(file, at.checked_add(8)?)?) {
            (0, _) => break,
            entry => entries.push(entry),
        }
    }
    Some(entries)
}

/// Where an address of memory comes from in the file.
fn offset_of(segments: &[Segment], address: u64) -> Option<u64> {
    let inside = |segment: &&Segment| {
        segment.kind == LOAD
            && address.checked_sub(segment.address).is_some_and(|within| within < segment.length)
    };
    let segment = segments.iter().find(inside)?;
    segment.offset.checked_add(address - segment.address)
}

/// Follows the list of libraries, and for each the list of its versions.
fn newest_glibc(file: &[u8], strings: u64, versions: u64) -> Option<Option<(u32, u32)>> {
    let mut newest = None;
    let mut library = versions;
    for _ in 0..ENTRIES_MAX {
        let mut version = library.checked_add(u64::from(u32_at(file, library.checked_add(8)?)?))?;
        for _ in 0..ENTRIES_MAX {
            let name = u64::from(u32_at(file, version.checked_add(8)?)?);
            newest = newest.max(glibc_version(&string(file, strings.checked_add(name)?)?));
            match u32_at(file, version.checked_add(12)?)? {
                0 => break,
                next => version = version.checked_add(u64::from(next))?,
            }
        }
        match u32_at(file, library.checked_add(12)?)? {
            0 => break,
            next => library = library.checked_add(u64::from(next))?,
        }
    }
    Some(newest)
}

fn glibc_version(symbol: &str) -> Option<(u32, u32)> {
    let mut numbers = symbol.strip_prefix("GLIBC_")?.split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

fn string(file: &[u8], offset: u64) -> Option<String> {
    let rest = file.get(usize::try_from(offset).ok()?..)?;
    let end = rest.iter().position(|&byte| byte == 0)?;
    String::from_utf8(rest[..end].to_vec()).ok()
}

fn bytes<const N: usize>(file: &[u8], offset: u64) -> Option<[u8; N]> {
    file.get(usize::try_from(offset).ok()?..)?.first_chunk().copied()
}

fn u16_at(file: &[u8], offset: u64) -> Option<u16> {
    bytes(file, offset).map(u16::from_le_bytes)
}

fn u32_at(file: &[u8], offset: u64) -> Option<u32> {
    bytes(file, offset).map(u32::from_le_bytes)
}

fn u64_at(file: &[u8], offset: u64) -> Option<u64> {
    bytes(file, offset).map(u64::from_le_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    #[test]
    fn this_very_program_is_read() {
        let file = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        let found = needs(&file).unwrap();
        assert!([X86_64, AARCH64].contains(&found.machine));
        assert!(found.interpreter.unwrap().contains("ld-linux"));
        assert!(found.libraries.contains("libc.so.6"), "{:?}", found.libraries);
        assert!(found.glibc > Some((2, 2)), "{:?}", found.glibc);
        // A file that is cut off anywhere within its headers is refused, and ends nothing.
        assert!((0..64 + 56).all(|length| needs(&file[..length]).is_none()));
    }

    #[test]
    fn versions_are_compared_as_numbers() {
        assert!(glibc_version("GLIBC_2.4") < glibc_version("GLIBC_2.34"));
        assert_eq!(glibc_version("GLIBC_2.2.5"), Some((2, 2)));
        assert_eq!(glibc_version("GCC_3.0"), None);
        assert_eq!(glibc_version("GLIBC_PRIVATE"), None);
    }
}
