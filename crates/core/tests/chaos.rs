//! Random faults from a seed: messages lost and doubled, workers killed, port calls failing before or after their
//! effect, users cancelling and retrying. Whatever happens, the promises hold.

#![allow(clippy::unwrap_used, reason = "tests")]

mod world;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::Duration;

use docmill_core::ids::JobId;
use docmill_core::job::{Completeness, Job, Priority, Status};
use futures::executor::block_on;
use world::{Dice, Do, World};

const SEEDS: u64 = 1_500;

struct Story {
    world: World,
    dice: Dice,
    id: JobId,
    lines: u64,
    /// The attempt in which a cancel was accepted last.
    cancelled: Cell<Option<u32>>,
}

impl Story {
    fn begin(seed: u64) -> Self {
        let dice = Dice::new(seed);
        let world = World::with_faults(seed, 0);
        let lines = 1 + dice.roll(7);
        for n in 0..lines {
            let steps: &[Do] = match dice.roll(8) {
                0 => &[Do::Transient, Do::Work],
                1 => &[Do::Fail, Do::Work],
                2 => &[Do::Take(Duration::from_secs(90)), Do::Work],
                3 => &[Do::Panic, Do::Work],
                _ => &[Do::Work],
            };
            world.script(&format!("line {n}"), steps);
        }
        if dice.roll(3) == 0 {
            world.script("merge", &[Do::Take(Duration::from_secs(30)), Do::Work]);
        }
        let text: Vec<String> = (0..lines).map(|n| format!("line {n}")).collect();
        let id = world.submit(&text.join("\n")).id;
        world.faults.odds.store(3 + dice.roll(30), Ordering::Relaxed);
        Self {
            world,
            dice,
            id,
            lines,
            cancelled: Cell::new(None),
        }
    }

    fn happen(&self) {
        let (world, dice) = (&self.world, &self.dice);
        match dice.roll(12) {
            0..=4 => {
                world.work();
            }
            5..=7 => world.clock.advance(Duration::from_secs(dice.roll(120))),
            8 => world.kill_workers(),
            9 => {
                world.sweep();
            }
            10 => self.meddle_with_messages(),
            _ => match dice.roll(6) {
                0 => {
                    if let Ok(accepted) = block_on(world.intake.cancel(&world.caller, self.id)) {
                        self.cancelled.set(Some(accepted.job.attempt));
                    }
                }
                1 | 2 => drop(block_on(world.intake.retry(&world.caller, self.id))),
                _ => {}
            },
        }
    }

    fn meddle_with_messages(&self) {
        for delivery in self.world.memory.queue.receive(Priority::Normal, 3) {
            match self.dice.roll(3) {
                0 => self.world.memory.queue.acknowledge(&delivery),
                1 => {
                    self.world
                        .memory
                        .queue
                        .send_raw(Priority::Normal, "alice", &delivery.body);
                    self.world.memory.queue.give_back(&delivery, Duration::ZERO);
                }
                _ => self
                    .world
                    .memory
                    .queue
                    .give_back(&delivery, Duration::from_secs(self.dice.roll(400))),
            }
        }
    }

    /// No more faults: the job ends by itself.
    fn end(&self) -> Job {
        self.world.faults.odds.store(0, Ordering::Relaxed);
        let job = self.world.finish(self.id);
        self.world.run_until(Duration::from_secs(7200), || {
            self.world.memory.queue.waiting() == 0
        });
        self.world.publish();
        job
    }

    fn check(&self, job: &Job) {
        assert!(job.status.is_terminal(), "P1: {job:?}");
        let limit = job
            .deadline_at
            .or(job.queued_at.map(|at| at.plus(Duration::from_secs(24 * 3600))));
        let ended = job.completed_at.unwrap();
        assert!(
            ended <= limit.unwrap().plus(Duration::from_secs(120)),
            "P1: ended late"
        );
        assert!(
            job.done.iter().all(|n| !job.failed.contains_key(n)),
            "P2: done and failed"
        );
        if job.status == Status::Completed {
            let total = u64::from(job.processed());
            assert_eq!(total, self.lines, "P2: every chunk is accounted for once");
            let lines: Vec<String> = job.done.iter().map(|n| format!("LINE {n}")).collect();
            let failed: Vec<String> = job.failed.keys().map(|n| format!("line {}", n + 1)).collect();
            let expected = serde_json::json!({"lines": lines, "failed": failed}).to_string();
            assert_eq!(self.world.result(job), expected, "P3, P10");
            assert_eq!(
                job.outcome == Some(Completeness::Partial),
                !job.failed.is_empty(),
                "P10"
            );
        }
        if self.cancelled.get() == Some(job.attempt) {
            assert_eq!(job.status, Status::Cancelled, "P5: an accepted cancel stands");
        }
        assert!(job.leases.is_empty(), "no lease outlives the job");
        self.check_events(job);
        assert_eq!(self.world.memory.queue.waiting(), 0, "no message is left");
    }

    /// P4.
    fn check_events(&self, job: &Job) {
        let events = self.world.events(self.id);
        let versions: Vec<u64> = events.iter().map(|event| event.version).collect();
        assert_eq!(
            versions,
            (1..=job.version).collect::<Vec<_>>(),
            "P4: every version once"
        );
        let mut highest: BTreeMap<usize, u8> = BTreeMap::new();
        let mut attempt = 1;
        for event in &events {
            if event.status == Status::Queued && event.version > 1 {
                attempt += 1;
            }
            let before = highest.entry(attempt).or_default();
            assert!(event.progress_percent >= *before, "P4: percent fell: {events:#?}");
            *before = event.progress_percent;
        }
    }
}

#[test]
fn the_promises_hold_whatever_happens() {
    let mut ends: BTreeMap<String, u32> = BTreeMap::new();
    for seed in 0..SEEDS {
        let result = std::panic::catch_unwind(|| {
            let story = Story::begin(seed);
            for _ in 0..60 {
                story.happen();
            }
            let job = story.end();
            story.check(&job);
            format!("{:?} {:?}", job.status, job.outcome)
        });
        match result {
            Ok(end) => *ends.entry(end).or_default() += 1,
            Err(panic) => {
                eprintln!("seed {seed}");
                std::panic::resume_unwind(panic);
            }
        }
    }
    println!("{ends:?}");
    for end in [
        "Completed Some(Complete)",
        "Completed Some(Partial)",
        "Cancelled None",
    ] {
        assert!(ends.contains_key(end), "no story ended as {end}: {ends:?}");
    }
}
