//! `cargo leptos`, as a person types it, with a cargo-leptos in the cache folder that says how it was started.

#![cfg(unix)]

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use super::deploy::read;
use crate::arrows::metadata;

/// Says how it was started, one thing a line, and fails in a way of its own.
const REPORTING: &str = r#"#!/bin/sh
echo "in $(pwd -P)"
echo "process $$"
echo "wasm-bindgen $(wasm-bindgen --version)"
echo "package ${CARGO_PKG_NAME:-of nobody}"
printf 'word %s\n' "$@"
sed 's/^/typed /'
exit 7
"#;

/// A cache folder with tools that only report, and what else a machine has.
struct Machine {
    caches: PathBuf,
    path: OsString,
}

impl Machine {
    /// One whose PATH has other versions of the tools, and whose cache folder the pinned ones.
    fn new(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&folder);
        let (caches, others) = (folder.join("caches"), folder.join("bin"));
        let tool =
            |package: &str, version: &str| caches.join(format!("wordfall/tools/{package}-{version}/bin"));
        let wasm_bindgen = version_of_wasm_bindgen();
        write_program(&tool("cargo-leptos", &version_of_cargo_leptos()).join("cargo-leptos"), REPORTING);
        let says = |version: &str| format!("#!/bin/sh\necho a-tool {version}\n");
        let pinned = tool("wasm-bindgen-cli", &wasm_bindgen).join("wasm-bindgen");
        write_program(&pinned, &says(&wasm_bindgen));
        for program in ["cargo-leptos", "wasm-bindgen"] {
            write_program(&others.join(program), &says("0.0.0"));
        }
        let inherited = env::var_os("PATH").unwrap_or_default();
        let path = env::join_paths([others].into_iter().chain(env::split_paths(&inherited))).unwrap();
        Self { caches, path }
    }

    /// Starts a program on it, types a line and waits for its end.
    fn start(&self, program: &mut Command) -> (u32, Output) {
        program.env("PATH", &self.path).env("XDG_CACHE_HOME", &self.caches);
        program.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = program.spawn().unwrap();
        let process = child.id();
        child.stdin.take().unwrap().write_all(b"a line\n").unwrap();
        (process, child.wait_with_output().unwrap())
    }
}

fn write_program(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// As `crates/xtask/src/setup/cargo_tool.rs` pins it.
fn version_of_cargo_leptos() -> String {
    let text = read("crates/xtask/src/setup/cargo_tool.rs");
    let (_, rest) = text.split_once("program: \"cargo-leptos\",\n").unwrap();
    rest.split('"').nth(1).unwrap().to_owned()
}

fn version_of_wasm_bindgen() -> String {
    let packages = metadata().packages;
    packages.iter().find(|package| package.name == "wasm-bindgen").unwrap().version.to_string()
}

/// The report of a cargo-leptos that was started as it should be.
fn report(process: u32, words: &[&str]) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap();
    let words: String = words.iter().map(|word| format!("word {word}\n")).collect();
    format!(
        "in {}\nprocess {process}\nwasm-bindgen a-tool {}\npackage of nobody\n{words}typed a line\n",
        root.display(),
        version_of_wasm_bindgen()
    )
}

#[test]
fn cargo_leptos_typed_in_any_folder_is_the_pinned_one_with_its_tools() {
    let machine = Machine::new("typed");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    cargo.args(["leptos", "watch", "--hot-reload", "--", "--mount", "a b=$HOME", "--help", ""]);
    let (process, output) = machine.start(&mut cargo);
    let errors = String::from_utf8_lossy(&output.stderr);
    let words = ["leptos", "watch", "--hot-reload", "--", "--mount", "a b=$HOME", "--help", ""];
    assert_eq!(String::from_utf8_lossy(&output.stdout), report(process, &words), "{errors}");
    assert_eq!(output.status.code(), Some(7), "{errors}");
}

#[test]
fn xtask_builds_by_the_same_program_and_not_by_the_alias() {
    let machine = Machine::new("built");
    let mut xtask = Command::new(env!("CARGO_BIN_EXE_xtask"));
    let (_, output) = machine.start(xtask.args(["run", "--debug"]));
    let (said, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("word leptos\nword build\nword --split\n"), "{said}{errors}");
    assert!(errors.contains("build failed"), "{errors}");
    assert!(!errors.contains("alias"), "{errors}");
}
