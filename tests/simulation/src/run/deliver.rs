//! Messages on their way to workers.

use docmill_core::job::Priority;
use docmill_core::message::Message;
use docmill_core::time::Time;
use docmill_memory::Delivery;

use super::Scheduler;
use crate::fate::{Fate, Menu};
use crate::ports::title;
use crate::worker;

impl Scheduler {
    /// Hands over what is visible; whether anything was.
    pub(super) fn deliver(&mut self, now: Time) -> bool {
        let outage = self.outage.filter(|outage| outage.holds(now));
        if outage.is_some_and(|outage| !outage.loses) {
            return false;
        }
        if self
            .parts
            .memory
            .queue
            .next_visible_at()
            .is_none_or(|at| at > now)
        {
            return false;
        }
        let mut any = false;
        for priority in Priority::ALL {
            while let Some(first) = self.receive(priority) {
                any = true;
                if outage.is_some() {
                    self.lose(&first);
                } else {
                    self.hand_over(priority, first);
                }
            }
        }
        any
    }

    fn receive(&self, priority: Priority) -> Option<(Delivery, Message)> {
        let delivery = self.parts.memory.queue.receive(priority, 1).pop()?;
        let message = serde_json::from_str(&delivery.body).ok()?;
        Some((delivery, message))
    }

    fn lose(&self, (delivery, message): &(Delivery, Message)) {
        self.sim
            .tell(|state| format!("the message {} is lost", title(state, message)));
        self.parts.memory.queue.acknowledge(delivery);
        self.sim.state().watch.messages.lost(message);
    }

    fn hand_over(&mut self, priority: Priority, (delivery, message): (Delivery, Message)) {
        let queue = self.parts.memory.queue.clone();
        let title = title(&self.sim.state(), &message);
        self.workers += 1;
        let card = self.sim.card(format!("worker {}", self.workers), &title, true);
        let mut batch = vec![(delivery, message)];
        match self.sim.fate(card, Menu::Delivery) {
            Some(Fate::Drop) => {
                self.lose(&batch[0]);
                return;
            }
            Some(Fate::Delay(time)) => {
                self.sim
                    .tell(|_| format!("the message {title} comes {:.3} s late", time.as_secs_f64()));
                queue.give_back(&batch[0].0, time);
                return;
            }
            Some(Fate::Double) => {
                self.sim.tell(|_| format!("the message {title} comes twice"));
                let (delivery, message) = &batch[0];
                queue.send_raw(priority, &delivery.tenant, &delivery.body);
                self.sim.state().watch.messages.sent(message);
            }
            Some(Fate::Batch(most)) => {
                batch.extend((1..most).map_while(|_| self.receive(priority)));
            }
            _ => {}
        }
        let work = worker::work(self.sim.clone(), self.parts.clone(), card, batch);
        let until = self.sim.now().plus(worker::TIME_LIMIT);
        self.tasks.start(card, until, work);
    }
}
