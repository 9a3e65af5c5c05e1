//! The bounds that the documentation names and the constants that hold them, and the bounds of the documentation.

use std::fs;
use std::path::Path;

use crate::names::rust_files;

/// The workspace, from this crate on.
const WORKSPACE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
/// Folders whose constants the documentation may cite, those of tests and benchmarks apart.
const SOURCES: [&str; 4] = ["app", "crates", "lambdas", "server"];
/// Folders whose limits have a row in `docs/bounds.md`, each constant whose name ends in `_MAX`.
const LIMITED: [&str; 3] = ["server/src/", "lambdas/src/", "crates/local/src/"];
/// Programs that only benchmarks start: their limits bound nobody.
const UNLIMITED: &str = "server/src/bin/";

/// A constant, where it is defined.
struct Constant {
    /// Its file, from the workspace on.
    file: String,
    name: String,
    /// Nothing is around it: no type, no function, and no module of tests at the file's foot.
    is_outermost: bool,
}

/// A constant, as a text names it.
#[derive(Debug, PartialEq, Eq)]
struct Citation {
    /// `wordcount::fetch` of `wordcount::fetch::GETS_MAX`.
    modules: String,
    name: String,
}

impl Citation {
    /// Whether this constant is meant: the last module is that of its file, or the crate whose root offers it.
    fn means(&self, constant: &Constant) -> bool {
        let path: Vec<&str> = constant.file.trim_end_matches(".rs").split('/').collect();
        let modules: Vec<&str> = self.modules.split("::").collect();
        let source = path.iter().position(|part| *part == "src").unwrap_or(0);
        let owners = [path.last(), path.get(source.wrapping_sub(1))];
        self.name == constant.name
            && owners.contains(&modules.last())
            && modules.iter().all(|module| path.contains(module))
    }
}

#[test]
fn every_bound_that_is_named_is_a_constant() {
    let constants = constants();
    let mut unknown = Vec::new();
    for (file, text) in pages() {
        let wrong =
            citations(&text).into_iter().filter(|cited| !constants.iter().any(|one| cited.means(one)));
        unknown.extend(wrong.map(|cited| format!("{file}: {}::{}", cited.modules, cited.name)));
    }
    assert!(unknown.is_empty(), "no file of the module has such a constant: {unknown:#?}");
}

#[test]
fn every_limit_has_a_row() {
    let table = fs::read_to_string(Path::new(WORKSPACE).join("docs/bounds.md")).unwrap();
    let cited = citations(&table);
    assert!(cited.len() > 100, "the table is not read right: {cited:?}");
    let missing: Vec<String> = constants()
        .iter()
        .filter(|constant| is_limit(constant) && !cited.iter().any(|cited| cited.means(constant)))
        .map(|constant| format!("{}: {}", constant.file, constant.name))
        .collect();
    assert!(missing.is_empty(), "docs/bounds.md has no row for {missing:#?}");
}

#[test]
fn the_first_two_pages_are_short() {
    for (page, bytes_max) in [("README.md", 6 * 1024), ("ARCHITECTURE.md", 20 * 1024)] {
        let bytes = fs::metadata(Path::new(WORKSPACE).join(page)).unwrap().len();
        assert!(
            bytes <= bytes_max,
            "{page} has {bytes} bytes, {bytes_max} is the most: move something to docs/"
        );
    }
}

#[test]
fn a_citation_is_read_as_it_is_written() {
    let check = |text: &str, expected: &[(&str, &str)]| {
        let found = citations(text);
        let found: Vec<_> = found.iter().map(|cited| (cited.modules.as_str(), cited.name.as_str())).collect();
        assert_eq!(found, expected);
    };
    check("| a | 8 | `settle::ATTEMPTS_MAX` |", &[("settle", "ATTEMPTS_MAX")]);
    check("`a::{B,C_MAX}`, `d::e::F`", &[("a", "B"), ("a", "C_MAX"), ("d::e", "F")]);
    check("`Config::idle_max`, `NAME`, a::B, `run.rs`", &[]);
}

#[test]
fn a_constant_is_distinguished_from_what_looks_like_one() {
    let check = |line: &str, expected: Option<&str>| assert_eq!(constant(line), expected);
    check("const A_MAX: u64 = 1;", Some("A_MAX"));
    check("    pub(super) const B: usize = 2;", Some("B"));
    check("pub const fn new(right: Right) -> Self {", None);
    check("/// const C: it is not", None);
}

/// Whether `docs/bounds.md` has to name it.
fn is_limit(constant: &Constant) -> bool {
    constant.name.ends_with("_MAX")
        && constant.is_outermost
        && LIMITED.iter().any(|folder| constant.file.starts_with(folder))
        && !constant.file.starts_with(UNLIMITED)
        && !constant.file.ends_with("/tests.rs")
}

/// The constants that a text names in backticks: `module::NAME`, and `module::{NAME,OTHER}`.
fn citations(text: &str) -> Vec<Citation> {
    let mut found = Vec::new();
    for line in text.lines() {
        for code in line.split('`').skip(1).step_by(2) {
            let Some((modules, names)) = code.rsplit_once("::") else { continue };
            let names =
                names.trim_start_matches('{').trim_end_matches('}').split(',').filter(|name| is_name(name));
            found.extend(names.map(|name| Citation { modules: modules.to_owned(), name: name.to_owned() }));
        }
    }
    found
}

/// Every constant of [`SOURCES`].
fn constants() -> Vec<Constant> {
    let mut found = Vec::new();
    for path in SOURCES.iter().flat_map(|folder| rust_files(&Path::new(WORKSPACE).join(folder))) {
        let file = path.strip_prefix(WORKSPACE).unwrap().display().to_string();
        if !file.contains("/src/") {
            continue;
        }
        for line in fs::read_to_string(&path).unwrap().lines() {
            let is_outermost = !line.starts_with(' ');
            found.extend(constant(line).map(|name| Constant {
                file: file.clone(),
                name: name.to_owned(),
                is_outermost,
            }));
        }
    }
    found
}

/// The name of the constant that a line of a source defines.
fn constant(line: &str) -> Option<&str> {
    let (before, after) = line.trim_start().split_once("const ")?;
    let (name, _) = after.split_once(':')?;
    ((before.is_empty() || before.starts_with("pub")) && is_name(name)).then_some(name)
}

/// Whether a text is spelt as constants are.
fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

/// The documentation: every page's path and text.
fn pages() -> Vec<(String, String)> {
    let mut paths = Vec::new();
    for folder in [Path::new(WORKSPACE).to_owned(), Path::new(WORKSPACE).join("docs")] {
        for entry in fs::read_dir(folder).unwrap() {
            paths.push(entry.unwrap().path());
        }
    }
    let pages = paths.iter().filter(|path| path.extension().is_some_and(|end| end == "md"));
    pages.map(|path| (path.display().to_string(), fs::read_to_string(path).unwrap())).collect()
}
