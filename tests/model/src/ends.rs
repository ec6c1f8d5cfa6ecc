//! From every state the end can be reached: something the checker has no word for, as it knows only what holds on
//! every path, and a path may go round in circles (a message given back again and again) that no scheduler would.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// The numbers of states are hashes already.
#[derive(Default)]
struct Hashed(u64);

impl Hasher for Hashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }
}

/// The states, and the steps between them that the promise of an end may rely on.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    states: HashMap<u64, u32, BuildHasherDefault<Hashed>>,
    at_rest: Vec<u32>,
    steps: Vec<(u64, u64)>,
}

impl Graph {
    /// A state was found. Once is enough, more do no harm.
    pub(crate) fn add_state(&mut self, state: u64, at_rest: bool) {
        let next = u32::try_from(self.states.len()).unwrap_or(u32::MAX);
        let index = *self.states.entry(state).or_insert(next);
        if at_rest {
            self.at_rest.push(index);
        }
    }

    /// A step was found.
    pub(crate) fn add_step(&mut self, from: u64, to: u64) {
        self.steps.push((from, to));
    }

    /// The states from which no state at rest can be reached.
    pub(crate) fn stuck(&self) -> Vec<u64> {
        let steps: Vec<(u32, u32)> = self
            .steps
            .iter()
            .filter_map(|(from, to)| Some((*self.states.get(to)?, *self.states.get(from)?)))
            .collect();
        // Where the steps into each state begin in a list sorted by it.
        let mut starts = vec![0_usize; self.states.len() + 1];
        for (to, _) in &steps {
            starts[*to as usize + 1] += 1;
        }
        for index in 1..starts.len() {
            starts[index] += starts[index - 1];
        }
        let mut place = starts.clone();
        let mut sources = vec![0_u32; steps.len()];
        for (to, from) in &steps {
            sources[place[*to as usize]] = *from;
            place[*to as usize] += 1;
        }
        let mut reaches = vec![false; self.states.len()];
        let mut open = self.at_rest.clone();
        while let Some(state) = open.pop() {
            if !std::mem::replace(&mut reaches[state as usize], true) {
                let state = state as usize;
                open.extend(&sources[starts[state]..starts[state + 1]]);
            }
        }
        self.states
            .iter()
            .filter(|(_, index)| !reaches[**index as usize])
            .map(|(state, _)| *state)
            .collect()
    }
}
