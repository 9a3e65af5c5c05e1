//! An environment: a process of a function, from its start to its end, and the invocations that it is given.
//!
//! An [`Environment`] owns its process; dropping it kills the process, with all that it has started.

mod group;
mod keeper;
mod memory;
mod outputs;
pub(crate) mod pool;
pub(crate) mod seat;
mod variables;

use std::io;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use tokio::sync::{oneshot, watch};
use tokio::time::{Instant, timeout_at};
use tokio_util::task::TaskTracker;

use self::group::Group;
use self::keeper::{Keeper, Vitals};
use self::outputs::Outputs;
use self::seat::{Answer, Given, Seat};
use super::failure::Failure;
use super::outlet::Outlet;
use super::response_body::{self, ReadError};
use super::runtime_api::{ApiError, RuntimeApi, Work};
use crate::{Function, HandlerError, LogTail, Process, launch};

/// How long a process may take to ask for its first invocation, as on Lambda.
pub const INIT_MAX: Duration = Duration::from_secs(10);
/// How long the end of a process may lag behind the connection that broke with it.
const DEATH_MAX: Duration = Duration::from_secs(1);

/// The means to start environments of all functions.
#[derive(Clone, Debug)]
pub(crate) struct Maker {
    pub(crate) launcher: Option<PathBuf>,
    pub(crate) tasks: TaskTracker,
}

/// A process that has started and asks for invocations.
#[derive(Debug)]
pub(crate) struct Environment {
    seat: Arc<Seat>,
    outputs: Arc<Outputs>,
    vitals: watch::Receiver<Vitals>,
    process_id: u32,
    /// The most memory that its `Keeper` has seen, for when the process is dead.
    seen_bytes_max: Arc<AtomicU64>,
    _runtime_api: RuntimeApi,
    /// The process is killed once this is gone.
    leash: oneshot::Sender<()>,
}

/// Why an environment has no answer.
#[derive(Debug)]
pub(crate) enum CallError {
    /// It ended before it took the invocation, which another one can take.
    NotTaken,
    /// The invocation failed.
    Failed(Failure),
}

impl Maker {
    /// Starts a process and waits until it asks for its first invocation; what it writes meanwhile goes to `log`.
    pub(crate) async fn start(
        &self,
        function: &Function,
        process: &Process,
        log: LogTail,
    ) -> Result<Environment, Failure> {
        let began = Instant::now();
        let (seat, starting) = Seat::new();
        let runtime_api = RuntimeApi::listen(Arc::clone(&seat)).await;
        let runtime_api = runtime_api.map_err(|error| unstartable(process, &error))?;
        let mut environment = self
            .spawn(function, process, log, seat, runtime_api)
            .map_err(|error| unstartable(process, &error))?;
        let ready = async {
            tokio::select! {
                biased;
                Ok(ready) = starting => ready.map_err(Failure::Told),
                end = environment.ended() => Err(end),
            }
        };
        match timeout_at(began + INIT_MAX, ready).await {
            Ok(Ok(())) => Ok(environment),
            Ok(Err(_)) if self.launcher.is_some() && environment.exit_code() == Some(launch::UNSTARTABLE) => {
                let name = process.program.display();
                let message = format!("{name} can't be started: it should be a program of this machine");
                Err(invalid_entrypoint(message))
            }
            Ok(Err(failure)) => Err(failure),
            Err(_) => {
                let seconds = INIT_MAX.as_secs();
                let message = format!("the runtime did not ask for an invocation within {seconds} seconds");
                Err(Failure::Error(HandlerError { error_type: "Runtime.InitError".to_owned(), message }))
            }
        }
    }

    fn spawn(
        &self,
        function: &Function,
        process: &Process,
        log: LogTail,
        seat: Arc<Seat>,
        runtime_api: RuntimeApi,
    ) -> io::Result<Environment> {
        let (outputs, writer) = Outputs::new(log)?;
        let outputs = Arc::new(outputs);
        let variables =
            variables::variables(function, process, runtime_api.address(), |name| std::env::var_os(name));
        let mut command = launch::command(self.launcher.as_deref(), &process.program);
        command
            .args(&process.arguments)
            .current_dir(&process.directory)
            .env_clear()
            .envs(variables)
            .stdin(Stdio::null())
            .stdout(writer.try_clone()?)
            .stderr(writer);
        let group = Group::spawn(&mut command)?;
        // The command holds the writing ends, without which the output has an end.
        drop(command);
        let process_id = group.id();
        let (leash, held) = oneshot::channel();
        let seen_bytes_max = Arc::default();
        let memory_bytes_max = u64::from(function.memory_mb) * 1024 * 1024;
        let (vitals, told) = watch::channel(Vitals::Alive);
        let keeper = Keeper {
            group,
            outputs: Arc::clone(&outputs),
            memory_bytes_max,
            seen_bytes_max: Arc::clone(&seen_bytes_max),
            vitals,
        };
        self.tasks.spawn(keeper.keep(held));
        Ok(Environment {
            seat,
            outputs,
            vitals: told,
            process_id,
            seen_bytes_max,
            _runtime_api: runtime_api,
            leash,
        })
    }
}

impl Environment {
    /// Whether its process is there.
    pub(crate) fn is_alive(&self) -> bool {
        matches!(*self.vitals.borrow(), Vitals::Alive)
    }

    /// Whether it could have an invocation.
    pub(crate) fn is_asking(&self) -> bool {
        self.is_alive() && self.seat.is_asking()
    }

    /// The exit code of its process, where that has one.
    fn exit_code(&self) -> Option<i32> {
        match *self.vitals.borrow() {
            Vitals::Exited { code, .. } => code,
            Vitals::Alive | Vitals::OutOfMemory => None,
        }
    }

    /// From here on its lines go to this log, or nowhere.
    pub(crate) fn log_to(&self, log: Option<LogTail>) {
        self.outputs.log_to(log);
    }

    /// Takes what it wrote so far into the log.
    pub(crate) fn drain_log(&self) {
        self.outputs.drain();
    }

    /// The most memory that it has held, in MB, where it can be measured.
    pub(crate) fn memory_mb_max(&self) -> Option<u64> {
        // A dead process' number may be another's.
        let now_bytes = self.is_alive().then(|| memory::held_bytes_max(self.process_id)).flatten();
        let bytes = now_bytes.unwrap_or_default().max(self.seen_bytes_max.load(Ordering::Relaxed));
        (bytes > 0).then(|| bytes.div_ceil(1024 * 1024))
    }

    /// Kills it, and waits until it is gone and its last lines are in the log.
    pub(crate) async fn end(self) {
        let Self { leash, mut vitals, .. } = self;
        drop(leash);
        let gone = vitals.wait_for(|vitals| !matches!(vitals, Vitals::Alive));
        drop(timeout_at(Instant::now() + DEATH_MAX, gone).await);
    }

    /// Gives it an invocation and passes its answer on, until it asks for the next.
    pub(crate) async fn call(&mut self, work: Work, outlet: &mut Outlet<'_>) -> Result<(), CallError> {
        let Ok(Given { answer, asked }) = self.seat.give(work) else { return Err(CallError::NotTaken) };
        let answer = tokio::select! {
            biased;
            Ok(answer) = answer => answer,
            end = self.ended() => return Err(CallError::Failed(end)),
        };
        let answered = match answer {
            Answer::Error(told) => Err(Failure::Told(told)),
            Answer::Response { body, mode, accept } => {
                let read = response_body::pass_on(body, mode, outlet).await;
                let (accepted, answered) = match read {
                    Ok(()) => (Ok(()), Ok(())),
                    Err(ReadError::Broken) => return Err(CallError::Failed(self.broken().await)),
                    Err(ReadError::Told(told)) => (Ok(()), Err(Failure::Told(told))),
                    Err(ReadError::TooLarge(bytes_max)) => {
                        (Err(ApiError::TooLarge(bytes_max)), Err(Failure::TooLarge(bytes_max)))
                    }
                };
                drop(accept.send(accepted));
                answered
            }
        };
        // An answer is an answer, whatever becomes of its process.
        tokio::select! {
            biased;
            Ok(()) = asked => (),
            _ = self.ended() => (),
        }
        answered.map_err(CallError::Failed)
    }

    /// Waits for the end of its process.
    async fn ended(&mut self) -> Failure {
        match self.vitals.wait_for(|vitals| !matches!(vitals, Vitals::Alive)).await.as_deref() {
            Ok(Vitals::OutOfMemory) => Failure::OutOfMemory,
            Ok(Vitals::Exited { how, .. }) => Failure::Exited(how.clone()),
            Ok(Vitals::Alive) | Err(_) => {
                Failure::Exited(group::described(&Err(io::ErrorKind::Other.into())))
            }
        }
    }

    /// Why its connection broke off: mostly its process is dead, and a moment later it is known how it ended.
    pub(crate) async fn broken(&mut self) -> Failure {
        match timeout_at(Instant::now() + DEATH_MAX, self.ended()).await {
            Ok(failure) => failure,
            Err(_) => Failure::Error(HandlerError {
                error_type: "Runtime.TruncatedResponse".to_owned(),
                message: "the runtime broke its connection off".to_owned(),
            }),
        }
    }
}

/// When an invocation's time is over, by the clock on the wall.
pub(crate) fn by_the_wall(deadline: Instant) -> SystemTime {
    SystemTime::now() + deadline.saturating_duration_since(Instant::now())
}

fn unstartable(process: &Process, error: &io::Error) -> Failure {
    let message = format!("{} can't be started: {error}", process.program.display());
    if launch::is_for_good(error) { invalid_entrypoint(message) } else { Failure::Exited(message) }
}

fn invalid_entrypoint(message: String) -> Failure {
    Failure::Error(HandlerError { error_type: "Runtime.InvalidEntrypoint".to_owned(), message })
}
