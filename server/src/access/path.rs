//! Paths that mean what they say: whatever reads one later, the router, the page or a file system, reads the same.

use percent_encoding::percent_decode_str;

/// Whether a path as it was sent can mean one thing only. It can't with segments that are dots or empty, with a
/// backslash, with an encoded slash, dot segment or percent sign, with control characters, or where its escapes are
/// none or stand for what is not UTF-8. No address of this site needs any of them.
pub fn is_plain(path: &str) -> bool {
    let Some(rest) = path.strip_prefix('/') else { return false };
    if !has_whole_escapes(rest) || rest.matches('/').count() != decoded_slashes(rest) {
        return false;
    }
    let Ok(decoded) = percent_decode_str(rest).decode_utf8() else { return false };
    let is_odd = |letter: char| matches!(letter, '\\' | '%') || letter.is_control();
    if decoded.chars().any(is_odd) {
        return false;
    }
    let mut segments = decoded.split('/').rev();
    // A path may end in a slash, which is an empty segment.
    let last = segments.next().unwrap_or_default();
    !is_dots(last) && segments.all(|segment| !segment.is_empty() && !is_dots(segment))
}

/// Slashes once the escapes are read.
fn decoded_slashes(path: &str) -> usize {
    percent_decode_str(path).filter(|byte| *byte == b'/').count()
}

fn has_whole_escapes(path: &str) -> bool {
    let is_hex = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_hexdigit());
    path.split('%').skip(1).all(|rest| {
        let mut bytes = rest.bytes();
        is_hex(bytes.next()) && is_hex(bytes.next())
    })
}

fn is_dots(segment: &str) -> bool {
    // What stands behind a semicolon was a parameter once, and some still cut it off.
    let name = segment.split(';').next().unwrap_or_default();
    matches!(name, "." | "..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_the_site_are_plain() {
        for path in [
            "/",
            "/runs",
            "/runs/",
            "/runs/00ab.json",
            "/runs/00ab/objects/12",
            "/pkg/split_plotted_1.Zm9vYmFyYmF6cXV4-_1234.wasm",
            "/%72uns",
            "/a..b",
            "/...",
            "/runs;x",
            "/\u{e9}",
            "/%c3%a9",
        ] {
            assert!(is_plain(path), "{path}");
        }
    }

    #[test]
    fn paths_that_mean_another_once_they_are_read_are_not() {
        for path in [
            "",
            "*",
            "runs",
            "//",
            "//runs",
            "/runs//x",
            "/runs//",
            "/.",
            "/..",
            "/runs/..",
            "/runs/../",
            "/./runs",
            "/pkg/%2e%2e/runs",
            "/pkg/.%2E/runs",
            "/pkg/..%2fruns",
            "/runs%2F",
            "/pkg/..\\runs",
            "/pkg/%5cruns",
            "/pkg/..;/runs",
            "/pkg/%252e%252e/runs",
            "/pkg/%25252e",
            "/pkg/%",
            "/pkg/%4",
            "/pkg/%zz",
            "/pkg/%ff",
            "/pkg/%c3",
            "/pkg/a%00b",
            "/pkg/a%0ab",
            "/pkg/a%7f",
        ] {
            assert!(!is_plain(path), "{path}");
        }
    }
}
