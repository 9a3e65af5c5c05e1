//! An invocation whose function starts late, takes long or fails, as the fault plan has it.

use std::time::Duration;

use bytes::Bytes;
use tokio::time::{Instant, sleep, sleep_until};

use super::{Came, Run};
use crate::faults::Mishap;
use crate::lambda::failure::Failure;
use crate::lambda::log::LogTail;
use crate::lambda::outlet::Output;

impl Run {
    /// How many pieces of the answer go out.
    pub(super) fn pieces_max(&self) -> usize {
        match &self.mishap {
            Some(Mishap::Fails { pieces: Some(pieces), .. }) => *pieces,
            Some(Mishap::Fails { pieces: None, .. } | Mishap::Cold(_) | Mishap::Slow(_)) | None => usize::MAX,
        }
    }

    /// Its outcome under the plan.
    pub(super) async fn planned(&self, mishap: &Mishap, output: &Output, log: &LogTail) -> Came {
        let timeout = self.deployed.function.timeout;
        match mishap {
            Mishap::Cold(wait) => {
                let mut came = self.late(*wait, output, log).await;
                came.usage.init = Some(came.usage.init.unwrap_or_default() + *wait);
                came
            }
            Mishap::Slow(part) => {
                let wait = timeout * u32::from(*part) / 256;
                let mut came = self.late(wait, output, log).await;
                came.usage.duration += wait;
                came
            }
            Mishap::Fails { failure, pieces } => {
                let started = Instant::now();
                let Came { answer, usage } = match pieces {
                    Some(_) => self.worked(output, log).await,
                    None => {
                        self.log_start(log);
                        Came { answer: Ok(Bytes::new()), usage: self.usage(started, None, None) }
                    }
                };
                if let (Ok(_), Failure::TimedOut) = (&answer, failure) {
                    return self.held_up(started + timeout, timeout, usage.init).await;
                }
                Came { answer: answer.and_then(|_| Err(failure.clone())), usage }
            }
        }
    }

    async fn late(&self, wait: Duration, output: &Output, log: &LogTail) -> Came {
        tokio::select! {
            () = self.stoppable.stopped() => (),
            () = sleep(wait) => (),
        }
        self.worked(output, log).await
    }

    /// Until its deadline, unless it is stopped before.
    async fn held_up(&self, deadline: Instant, timeout: Duration, init: Option<Duration>) -> Came {
        let failure = tokio::select! {
            biased;
            () = self.stoppable.stopped() => Failure::Stopped,
            () = sleep_until(deadline) => Failure::TimedOut,
        };
        Came { answer: Err(failure), usage: self.usage(deadline - timeout, init, None) }
    }
}
