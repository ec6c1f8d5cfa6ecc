//! WebSockets of the world.

use docmill_core::access::Caller;
use docmill_core::live::{Live, issue_ticket};
use futures::executor::block_on;
use serde_json::Value;

use super::World;

impl World {
    /// What talks to WebSocket clients.
    pub fn live(&self) -> Live {
        Live {
            doors: self.memory.doors(self.clock.clone()),
            feed: self.memory.live.clone(),
            connections: self.memory.connections.clone(),
            clock: self.clock.clone(),
        }
    }

    /// A ticket of a user.
    pub fn ticket(&self, owner: &str) -> String {
        let caller = Caller::user(owner);
        let entropy = &*self.intake.engine.entropy;
        block_on(issue_ticket(&*self.memory.live, &*self.clock, entropy, &caller))
            .unwrap()
            .ticket
    }

    /// Opens a connection of a user.
    pub fn connect(&self, connection: &str, owner: &str) {
        self.memory.connections.open(connection);
        assert!(block_on(self.live().connect(connection, Some(&self.ticket(owner)))).unwrap());
    }

    /// What a client gets for a message.
    pub fn say(&self, connection: &str, message: Value) -> Vec<Value> {
        block_on(self.live().message(connection, &message.to_string())).unwrap();
        self.frames(connection)
    }

    /// What a client got since the last look.
    pub fn frames(&self, connection: &str) -> Vec<Value> {
        let frames = self.memory.connections.take_frames(connection);
        frames
            .iter()
            .map(|frame| serde_json::from_str(frame).unwrap())
            .collect()
    }
}
