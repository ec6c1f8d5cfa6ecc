//! An invocation of the worker, as `functions/worker` makes it: records one after the other; those that are done are
//! deleted together when the answer is there, the others come again when they are told to.

use std::panic::AssertUnwindSafe;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use docmill_core::engine::Verdict;
use docmill_core::message::Message;
use docmill_memory::Delivery;
use futures::FutureExt;

use crate::fate::Menu;
use crate::parts::Parts;
use crate::plants::Plant;
use crate::ports::title;
use crate::sim::Sim;

/// Lambda stops the worker after this long.
pub(crate) const TIME_LIMIT: Duration = Duration::from_secs(300);

/// As in `functions/worker`: what is left for recording and answering.
const ANSWER_TIME: Duration = Duration::from_secs(15);

/// Works on a batch.
pub(crate) async fn work(sim: Arc<Sim>, parts: Rc<Parts>, card: usize, deliveries: Vec<(Delivery, Message)>) {
    let parts = &*parts;
    let until = parts.engine.clock.now().plus(TIME_LIMIT);
    let mut done = Vec::new();
    for (index, (delivery, message)) in deliveries.into_iter().enumerate() {
        let needed = parts.engine.timing.work_limit + ANSWER_TIME;
        if index > 0 && until.since(parts.engine.clock.now()) < needed {
            again(&sim, parts, &delivery, Duration::ZERO).await;
            continue;
        }
        sim.tell(|state| {
            let (name, title) = (&state.cards[card].name, title(state, &message));
            format!("{name} gets {title} (receive {})", delivery.receives)
        });
        sim.state().cards[card].message = Some(message.clone());
        if sim.has(Plant::AcknowledgesFirst) {
            decide(&sim, &message);
            acknowledge(&sim, parts, &delivery, &message);
        }
        let handled = AssertUnwindSafe(parts.engine.handle(&message))
            .catch_unwind()
            .await;
        match handled {
            Ok(Verdict::Acknowledge(_)) => {
                decide(&sim, &message);
                done.push((delivery, message));
            }
            Ok(Verdict::Redeliver { after }) => again(&sim, parts, &delivery, after).await,
            Err(_) => again(&sim, parts, &delivery, parts.engine.timing.lease).await,
        }
    }
    if done.is_empty() {
        return;
    }
    let delete = || async {
        for (delivery, message) in &done {
            acknowledge(&sim, parts, delivery, message);
        }
        Ok(())
    };
    // What is not deleted comes again.
    drop(
        sim.call(Menu::Write, || "deletes its messages".to_owned(), delete)
            .await,
    );
}

/// Gives a message back; should that fail, it comes when its visibility is over.
async fn again(sim: &Sim, parts: &Parts, delivery: &Delivery, after: Duration) {
    let seconds = after.as_millis().div_ceil(1000);
    let after = Duration::from_secs(u64::try_from(seconds).unwrap_or(u64::MAX).min(12 * 3600 - 900));
    sim.says(|_| format!("gives the message back for {} s", after.as_secs()));
    let give_back = || async {
        parts.memory.queue.give_back(delivery, after);
        Ok(())
    };
    drop(
        sim.call(Menu::Write, || "gives the message back".to_owned(), give_back)
            .await,
    );
}

/// The message may go: that is judged by what is known now, not when it is deleted a while later.
fn decide(sim: &Sim, message: &Message) {
    let now = sim.now();
    let broken = {
        let state = sim.state();
        state.watch.messages.may_go(message, &state.watch.records, now)
    };
    if let Some((promise, text)) = broken {
        sim.broken(promise, text);
    }
}

/// Deletes a message.
fn acknowledge(sim: &Sim, parts: &Parts, delivery: &Delivery, message: &Message) {
    let before = parts.memory.queue.waiting();
    parts.memory.queue.acknowledge(delivery);
    if parts.memory.queue.waiting() < before {
        sim.says(|state| format!("acknowledges {}", title(state, message)));
        sim.state().watch.messages.gone(message);
    }
}
