//! Permits to draw: one picture at a time, and the askers in rotation, however often one of them asks.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use crate::run::RunId;

/// An asker for pictures: each has its share of the permits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asker {
    /// The run.
    pub run: RunId,
    /// The address that the request came from, where there is one.
    pub source: Option<IpAddr>,
}

/// A queue before one permit.
#[derive(Debug)]
pub(super) struct Queue {
    waiting_max: usize,
    waiting_of_asker_max: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    is_taken: bool,
    /// The askers that wait, the next one first.
    waiting: VecDeque<(Asker, VecDeque<oneshot::Sender<Permit>>)>,
}

/// The permit, until it is dropped; then the next one has it.
#[derive(Debug)]
pub(super) struct Permit(Option<Arc<Queue>>);

/// As many wait as may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Full;

impl Queue {
    pub(super) fn new(waiting_max: usize, waiting_of_asker_max: usize) -> Arc<Self> {
        Arc::new(Self { waiting_max, waiting_of_asker_max, state: Mutex::default() })
    }

    /// Waits for the permit. A future that is dropped leaves the queue.
    pub(super) async fn permit(self: &Arc<Self>, asker: Asker) -> Result<Permit, Full> {
        let granted = {
            let mut state = self.state();
            if !state.is_taken {
                state.is_taken = true;
                return Ok(Permit(Some(Arc::clone(self))));
            }
            let (sender, granted) = oneshot::channel();
            self.stand(&mut state, asker, sender)?;
            granted
        };
        granted.await.map_err(|_| Full)
    }

    fn stand(&self, state: &mut State, asker: Asker, sender: oneshot::Sender<Permit>) -> Result<(), Full> {
        for (_, queue) in &mut state.waiting {
            queue.retain(|waiting| !waiting.is_closed());
        }
        state.waiting.retain(|(_, queue)| !queue.is_empty());
        if state.waiting.iter().map(|(_, queue)| queue.len()).sum::<usize>() >= self.waiting_max {
            return Err(Full);
        }
        match state.waiting.iter_mut().find(|(known, _)| *known == asker) {
            Some((_, queue)) if queue.len() >= self.waiting_of_asker_max => return Err(Full),
            Some((_, queue)) => queue.push_back(sender),
            None => state.waiting.push_back((asker, VecDeque::from([sender]))),
        }
        Ok(())
    }

    /// Gives the permit to the next who still waits.
    fn pass_on(self: Arc<Self>) {
        let mut state = self.state();
        while let Some((asker, mut queue)) = state.waiting.pop_front() {
            let next = queue.pop_front();
            if !queue.is_empty() {
                state.waiting.push_back((asker, queue));
            }
            let given = next.map(|next| next.send(Permit(Some(Arc::clone(&self)))));
            match given {
                Some(Ok(())) => return,
                // It has left: the permit is not to be passed on from within.
                Some(Err(mut permit)) => drop(permit.0.take()),
                None => (),
            }
        }
        state.is_taken = false;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if let Some(queue) = self.0.take() {
            queue.pass_on();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt as _;
    use futures_util::future::BoxFuture;

    type Waiting = BoxFuture<'static, Result<Permit, Full>>;

    fn asker(run: &RunId) -> Asker {
        Asker { run: run.clone(), source: None }
    }

    /// Stands in the queue.
    fn standing(queue: &Arc<Queue>, run: &RunId) -> Waiting {
        let (queue, asker) = (Arc::clone(queue), asker(run));
        let mut waiting = async move { queue.permit(asker).await }.boxed();
        assert!((&mut waiting).now_or_never().is_none(), "the permit is free, or the queue is full");
        waiting
    }

    #[track_caller]
    fn now(waiting: &mut Waiting) -> Permit {
        waiting.now_or_never().expect("it has the permit").unwrap()
    }

    #[test]
    fn askers_have_turns_one_after_the_other_however_often_each_asks() {
        let queue = Queue::new(10, 10);
        let (greedy, other) = (RunId::random(), RunId::random());
        let permit = queue.permit(asker(&greedy)).now_or_never().unwrap().unwrap();
        let mut first = standing(&queue, &greedy);
        let mut second = standing(&queue, &greedy);
        let mut others = standing(&queue, &other);
        drop(permit);
        let permit = now(&mut first);
        assert!((&mut second).now_or_never().is_none() && (&mut others).now_or_never().is_none());
        drop(permit);
        drop(now(&mut others));
        drop(now(&mut second));
        assert!(queue.permit(asker(&greedy)).now_or_never().unwrap().is_ok(), "the permit is free again");
    }

    #[test]
    fn an_asker_that_leaves_is_passed_over() {
        let queue = Queue::new(2, 2);
        let run = RunId::random();
        let permit = queue.permit(asker(&run)).now_or_never().unwrap().unwrap();
        let left = standing(&queue, &run);
        let mut stays = standing(&queue, &run);
        drop(left);
        let last = standing(&queue, &run);
        drop(permit);
        drop(now(&mut stays));
        // It has the permit and leaves without having taken it.
        assert!(queue.state().is_taken);
        drop(last);
        assert!(!queue.state().is_taken);
    }

    #[test]
    fn a_queue_is_bounded_for_all_and_for_each() {
        let queue = Queue::new(3, 2);
        let [one, other, third] = [0, 1, 2].map(|_| RunId::random());
        let refused = |run: &RunId| queue.permit(asker(run)).now_or_never().unwrap().unwrap_err();
        let _permit = queue.permit(asker(&one)).now_or_never().unwrap().unwrap();
        let _waiting = [standing(&queue, &one), standing(&queue, &one)];
        assert_eq!(refused(&one), Full);
        let _last = standing(&queue, &other);
        assert_eq!(refused(&third), Full);
    }
}
