//! A child process with whatever it starts itself: one process group, which ends together.

use std::io;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use tokio::signal::unix::{Signal as Signals, SignalKind, signal};

/// A process group. Dropping it kills it.
#[derive(Debug)]
pub(crate) struct Group {
    child: Child,
    leader: Pid,
    /// Children of this program that have exited, whichever.
    exits: Signals,
    is_over: bool,
}

impl Group {
    /// Starts a command as the leader of a group of its own.
    pub(crate) fn spawn(command: &mut Command) -> io::Result<Self> {
        let exits = signal(SignalKind::child())?;
        let child = command.process_group(0).spawn()?;
        Ok(Self { leader: Pid::from_child(&child), child, exits, is_over: false })
    }

    /// The leader's number.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until the leader has exited. It keeps its number until [`Self::end`], so that no other process
    /// is killed by that number.
    pub(crate) async fn exited(&mut self) {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        while let Ok(None) = waitid(WaitId::Pid(self.leader), options) {
            if self.exits.recv().await.is_none() {
                return;
            }
        }
    }

    /// Kills the rest of the group, and returns how the leader ended.
    pub(crate) async fn end(&mut self) -> io::Result<ExitStatus> {
        self.kill();
        self.exited().await;
        self.over()
    }

    fn kill(&self) {
        if !self.is_over {
            // It may be gone already.
            let _gone = kill_process_group(self.leader, Signal::KILL);
        }
    }

    /// From here on its number may be another's.
    fn over(&mut self) -> io::Result<ExitStatus> {
        self.is_over = true;
        self.child.wait()
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
        if let Err(error) = self.over() {
            tracing::warn!(%error, "a function process could not be waited for");
        }
    }
}

/// How a process ended, in Lambda's words.
pub(crate) fn described(status: &io::Result<ExitStatus>) -> String {
    let Ok(status) = status else { return "Runtime exited without providing a reason".to_owned() };
    match (status.code(), status.signal()) {
        (Some(0), _) | (None, None) => "Runtime exited without providing a reason".to_owned(),
        (Some(code), _) => format!("Runtime exited with error: exit status {code}"),
        (None, Some(signal)) => format!("Runtime exited with error: signal: {}", signal_name(signal)),
    }
}

fn signal_name(number: i32) -> String {
    match number {
        2 => "interrupt".to_owned(),
        3 => "quit".to_owned(),
        4 => "illegal instruction".to_owned(),
        6 => "aborted".to_owned(),
        8 => "floating point exception".to_owned(),
        9 => "killed".to_owned(),
        11 => "segmentation fault".to_owned(),
        13 => "broken pipe".to_owned(),
        15 => "terminated".to_owned(),
        other => format!("signal {other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(raw: i32, expected: &str) {
        assert_eq!(described(&Ok(ExitStatus::from_raw(raw))), expected);
    }

    #[test]
    fn an_end_is_told_in_lambdas_words() {
        check(101 << 8, "Runtime exited with error: exit status 101");
        check(9, "Runtime exited with error: signal: killed");
        check(64, "Runtime exited with error: signal: signal 64");
        check(0, "Runtime exited without providing a reason");
    }
}
