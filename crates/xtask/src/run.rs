//! `cargo xtask run`: the site, built and served.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::arguments::Profile;
use crate::leptos;
use crate::setup::Tools;
use crate::steps::{self, Steps};
use crate::workspace;

/// Builds the page and the server, then becomes the server.
pub(crate) fn run(profile: Profile, serve: &[String]) -> Result<()> {
    let mut tools = Tools::open()?;
    tools.building(profile)?;
    let mut steps = Steps::new("run");
    steps.run("build", &mut build(&tools, profile)?)?;
    steps.close("built");
    steps::become_program(server(profile).arg("serve").args(serve))
}

/// `cargo-leptos leptos build`, with the tools that it runs. The page comes in chunks, so that what is tested is what
/// visitors get; that a release's files are hashed, and compressed by the build, is for them alone.
pub(crate) fn build(tools: &Tools, profile: Profile) -> Result<Command> {
    let mut build = leptos::program(tools)?;
    build.args(["build", "--split", "--lib-features", "hydrate,split"]);
    match profile {
        Profile::Debug => {}
        Profile::Release => {
            // The file of hashes lies with the site that it belongs to, whichever folder the server is built into.
            build.env("LEPTOS_HASH_FILES", "true").env("LEPTOS_HASH_FILE_NAME", site().join("hash.txt"));
            build.args(["--release", "--precompress"]);
        }
    }
    Ok(build)
}

/// The folder of the built site.
pub(crate) fn site() -> PathBuf {
    workspace::root().join("target/site")
}

/// The server's binary, with the site's path, so that it can be started from anywhere.
pub(crate) fn server(profile: Profile) -> Command {
    let folder = match profile {
        Profile::Debug => "debug",
        Profile::Release => "release",
    };
    let mut server =
        Command::new(workspace::target().join(folder).join(format!("wordfall{}", env::consts::EXE_SUFFIX)));
    server.env("LEPTOS_SITE_ROOT", site());
    server
}
