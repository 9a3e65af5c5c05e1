//! Guesses of the token, slowed for each source and for all of them together.
//!
//! A token is compared at once as long as its source, and all sources, have guessed wrong seldom enough.
//! Beyond that it waits for its turn *before* it is compared: a client that hangs up, or has no patience, has
//! learnt nothing. Turns that are too far off are refused without a comparison. A source that has shown the
//! right token waits for no other, and sessions wait for nothing, so that an attack from elsewhere locks
//! nobody out.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep};
use wire::error::{ApiError, ErrorCode};

use super::source::Source;

/// Time between two guesses of one source, once it has used up its first ones.
const GUESS_EVERY: Duration = Duration::from_millis(50);
/// Guesses of one source that don't wait.
const GUESSES_AT_ONCE: u32 = 10;
/// Time between two guesses of all sources together.
const ALL_GUESSES_EVERY: Duration = Duration::from_millis(10);
/// Guesses of all sources together that don't wait.
const ALL_GUESSES_AT_ONCE: u32 = 100;
/// How long a guess waits for its turn at most; with the times above this bounds how many wait.
const GUESS_WAIT_MAX: Duration = Duration::from_secs(5);
/// Sources that are distinguished; the others are one.
const SOURCES_MAX: usize = 4_096;
/// How long the server remembers that a source has shown the right token.
const PROVED: Duration = Duration::from_secs(24 * 3_600);

/// Recent guesses, by source.
#[derive(Debug)]
pub(super) struct Guesses(Mutex<Table>);

#[derive(Debug)]
struct Table {
    all: Turns,
    sources: HashMap<Source, Tried>,
    /// Wrong guesses since they were last asked for.
    wrong: u64,
}

/// The guesses of a source.
#[derive(Clone, Copy, Debug)]
struct Tried {
    turns: Turns,
    /// When it last showed the right token.
    proved: Option<Instant>,
}

/// Turns that lie so far apart. It is full again at some time, whatever it has given.
#[derive(Clone, Copy, Debug)]
struct Turns {
    full_at: Instant,
    every: Duration,
    at_once: u32,
}

impl Turns {
    fn new(every: Duration, at_once: u32) -> Self {
        Self { full_at: Instant::now(), every, at_once }
    }

    /// How long the next turn is off.
    fn wait(&self) -> Duration {
        let given = self.full_at.saturating_duration_since(Instant::now());
        (given + self.every).saturating_sub(self.every * self.at_once)
    }

    fn take(&mut self) {
        self.full_at = self.full_at.max(Instant::now()) + self.every;
    }

    fn give_back(&mut self) {
        self.full_at -= self.every;
    }

    fn is_full(&self) -> bool {
        self.full_at <= Instant::now()
    }
}

impl Default for Guesses {
    fn default() -> Self {
        let all = Turns::new(ALL_GUESSES_EVERY, ALL_GUESSES_AT_ONCE);
        Self(Mutex::new(Table { all, sources: HashMap::new(), wrong: 0 }))
    }
}

impl Guesses {
    /// Whether a guess is right, when its turn has come.
    ///
    /// # Errors
    /// Where its turn is too far off: it is not compared.
    pub(super) async fn weigh(&self, source: Source, is_right: impl Fn() -> bool) -> Result<bool, ApiError> {
        let wait = {
            let mut table = self.lock();
            let wait = table.wait(source);
            if wait.is_zero() {
                let right = is_right();
                table.note(source, right);
                if !right {
                    table.take(source);
                }
                return Ok(right);
            }
            if wait > GUESS_WAIT_MAX {
                let message = "too many wrong tokens come from your address, or from everywhere: try again in a \
                               moment; who is logged in goes on";
                return Err(ApiError::new(ErrorCode::TooManyAttempts, message));
            }
            table.take(source);
            wait
        };
        sleep(wait).await;
        let right = is_right();
        let mut table = self.lock();
        table.note(source, right);
        if right {
            table.give_back(source);
        }
        Ok(right)
    }

    /// Wrong guesses since this was last asked.
    pub(super) fn take_wrong(&self) -> u64 {
        std::mem::take(&mut self.lock().wrong)
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    fn wait(&self, source: Source) -> Duration {
        let tried = self.sources.get(&self.name(source));
        let own = tried.map_or(Duration::ZERO, |tried| tried.turns.wait());
        match tried.is_some_and(Tried::is_proved) {
            true => own,
            false => own.max(self.all.wait()),
        }
    }

    fn note(&mut self, source: Source, right: bool) {
        match right {
            true => self.tried(source).proved = Some(Instant::now()),
            false => self.wrong += 1,
        }
    }

    fn take(&mut self, source: Source) {
        self.all.take();
        self.tried(source).turns.take();
    }

    fn give_back(&mut self, source: Source) {
        self.all.give_back();
        self.tried(source).turns.give_back();
    }

    fn tried(&mut self, source: Source) -> &mut Tried {
        if self.sources.len() >= SOURCES_MAX && !self.sources.contains_key(&source) {
            self.sources.retain(|_, tried| !tried.turns.is_full() || tried.is_proved());
        }
        let name = self.name(source);
        let fresh = || Tried { turns: Turns::new(GUESS_EVERY, GUESSES_AT_ONCE), proved: None };
        self.sources.entry(name).or_insert_with(fresh)
    }

    /// The source's own entry, or the one of those that there is no room for.
    fn name(&self, source: Source) -> Source {
        let is_distinguished = self.sources.len() < SOURCES_MAX || self.sources.contains_key(&source);
        if is_distinguished { source } else { Source::Others }
    }
}

impl Tried {
    fn is_proved(&self) -> bool {
        self.proved.is_some_and(|at| at.elapsed() < PROVED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    fn source(number: u32) -> Source {
        Source::V4(Ipv4Addr::from_bits(number))
    }

    /// Wrong guesses of a source in that time, one after the other.
    async fn guessed(guesses: &Guesses, source: Source, time: Duration) -> u32 {
        let (until, mut count) = (Instant::now() + time, 0);
        while Instant::now() < until {
            assert_eq!(guesses.weigh(source, || false).await, Ok(false));
            count += 1;
        }
        count
    }

    #[tokio::test(start_paused = true)]
    async fn a_source_guesses_at_once_a_few_times_and_then_slowly() {
        let guesses = Guesses::default();
        let count = guessed(&guesses, source(1), Duration::from_secs(10)).await;
        assert!((200..=220).contains(&count), "{count}");
        assert_eq!(guesses.take_wrong(), u64::from(count));
        assert_eq!(guesses.weigh(source(1), || true).await, Ok(true));
        assert_eq!(guesses.weigh(source(2), || true).await, Ok(true));
        assert_eq!(guesses.take_wrong(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn who_hangs_up_has_learnt_nothing_and_has_used_a_turn() {
        let guesses = Guesses::default();
        for _ in 0..GUESSES_AT_ONCE {
            assert_eq!(guesses.weigh(source(1), || false).await, Ok(false));
        }
        let compared = std::cell::Cell::new(0);
        let hasty = || guesses.weigh(source(1), || compared.replace(compared.get() + 1) > 0);
        for _ in 0..20 {
            assert!(tokio::time::timeout(Duration::from_millis(1), hasty()).await.is_err());
        }
        assert_eq!(compared.get(), 0);
        let begun = Instant::now();
        assert_eq!(guesses.weigh(source(1), || true).await, Ok(true));
        assert!(begun.elapsed() > GUESS_EVERY * 15);
    }

    #[tokio::test(start_paused = true)]
    async fn turns_too_far_off_are_refused_without_a_comparison() {
        let guesses = Guesses::default();
        let flood = futures_util::future::join_all((0..1_000).map(|_| guesses.weigh(source(1), || false)));
        let refused = flood.await.iter().filter(|outcome| outcome.is_err()).count();
        assert!((880..=900).contains(&refused), "{refused}");
        assert_eq!(guesses.weigh(source(1), || true).await, Ok(true));
    }

    #[tokio::test(start_paused = true)]
    async fn an_attack_from_everywhere_does_not_hold_up_who_has_shown_the_token() {
        let guesses = Guesses::default();
        assert_eq!(guesses.weigh(source(0), || true).await, Ok(true));
        let attack = (1..5_000).map(|number| guesses.weigh(source(number), || false));
        let attack = futures_util::future::join_all(attack);
        let begun = Instant::now();
        let (outcomes, ours) = tokio::join!(attack, async {
            tokio::task::yield_now().await;
            let outcome = guesses.weigh(source(0), || true).await;
            (outcome, begun.elapsed())
        });
        assert_eq!(ours, (Ok(true), Duration::ZERO));
        let compared = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
        assert!((550..=650).contains(&compared), "{compared} of 4,999 were compared, in five seconds");
        assert!(guesses.lock().sources.len() <= SOURCES_MAX + 1);
    }
}
