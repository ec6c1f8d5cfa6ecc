//! The users' doors, on the tables.

use std::sync::Arc;

use docmill_core::access::Doors;
use docmill_core::ports::Clock;

use crate::{Clients, DynamoCompanies, DynamoDetails, DynamoEvents, DynamoJobs};

/// Names of the tables behind the doors.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs, reason = "each field is the table of its name")]
pub struct Tables<'a> {
    pub jobs: &'a str,
    pub events: &'a str,
    pub accounts: &'a str,
}

impl Clients {
    /// Doors to what is in these tables. They only read.
    pub fn doors(&self, tables: Tables<'_>, clock: Arc<dyn Clock>) -> Doors {
        Doors::new(
            Arc::new(DynamoJobs::new(self.dynamodb(), tables.jobs)),
            Arc::new(DynamoDetails::new(self.dynamodb(), tables.events)),
            Arc::new(DynamoEvents::new(self.dynamodb(), tables.events)),
            Arc::new(DynamoCompanies::new(self.dynamodb(), tables.accounts)),
            clock,
        )
    }
}
