//! Function processes that die with the program which started them, however it ends.
//!
//! On Linux a process can ask to be killed when its parent dies. It has to ask itself, between its start and
//! its program's: so it starts as the parent's own program, asks, and becomes what it was meant to be.
//! Elsewhere, and where a function starts processes, they have to notice that nobody answers; ours do.

use std::io;
use std::path::Path;
use std::process::Command;

/// The first argument of a program that is to become another.
const LAUNCH: &str = "launch-function";
/// The exit code of a program that could not become the other, and never will; shells use the same.
pub(crate) const UNSTARTABLE: i32 = 127;
/// The exit code of one that may the next time: it lacked memory, for example.
const UNSTARTABLE_NOW: i32 = 1;

/// Becomes a function process where the arguments ask for that; otherwise does nothing. For the very beginning of
/// `main`.
pub fn launch_if_asked() {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().is_none_or(|argument| argument != LAUNCH) {
        return;
    }
    let parent = arguments.next().and_then(|id| id.to_str()?.parse().ok());
    let Some((parent, program)) = parent.zip(arguments.next()) else {
        eprintln!("{LAUNCH} takes the number of the parent process, a program and its arguments");
        std::process::exit(2);
    };
    die_with(parent);
    let mut command = Command::new(&program);
    command.args(arguments);
    let error = std::os::unix::process::CommandExt::exec(&mut command);
    eprintln!("{} can't be started: {error}", program.display());
    std::process::exit(if is_for_good(&error) { UNSTARTABLE } else { UNSTARTABLE_NOW });
}

/// Whether a program can't be started another time either: it is missing, or none of this machine's. A lack
/// of anything else, such as memory or file descriptors, may be over later.
pub(crate) fn is_for_good(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied)
        || error.raw_os_error() == Some(libc::ENOEXEC)
}

/// Asks the system to kill this process with its parent, or ends it where the parent has died already.
///
/// To the system the parent is the *thread* that started the process, and its end the parent's. The threads of the
/// server's runtime last as long as it does, since nothing in it uses `block_in_place`, which would hand a thread's work
/// to another and let it end; processes are never started on threads for blocking work, which end when they idle.
#[cfg(target_os = "linux")]
fn die_with(parent: i32) {
    use rustix::process::{Signal, getppid, set_parent_process_death_signal};
    let asked = set_parent_process_death_signal(Some(Signal::KILL));
    let is_orphan = getppid().is_none_or(|id| id.as_raw_nonzero().get() != parent);
    if asked.is_err() || is_orphan {
        std::process::exit(0);
    }
}

#[cfg(not(target_os = "linux"))]
fn die_with(_parent: i32) {}

/// The command for a program, through `launcher` where there is one: a program whose `main` begins with
/// [`launch_if_asked`].
pub(crate) fn command(launcher: Option<&Path>, program: &Path) -> Command {
    let Some(launcher) = launcher else { return Command::new(program) };
    let mut command = Command::new(launcher);
    command.arg(LAUNCH).arg(std::process::id().to_string()).arg(program);
    command
}
