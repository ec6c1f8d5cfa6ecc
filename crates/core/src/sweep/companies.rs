//! Long work over a whole company: deletions and exports that are not at their end.

use std::time::Duration;

use super::{Sweep, Swept};
use crate::deletion::Dissolution;
use crate::export::{Export, ExportStatus};
use crate::time::Time;

/// No new page of a deletion or export is begun so long after the sweep began, which has 55 seconds.
const BUDGET: Duration = Duration::from_secs(35);

/// Time there is for deletions, and again for exports, when everything else took all of it.
const LEAST: Duration = Duration::from_secs(5);

/// Companies looked at in one sweep.
const COMPANIES: usize = 50;

impl Sweep {
    /// Takes deletions of companies further, then exports, in the rest of a sweep that began at `started`.
    pub(super) async fn companies(&self, started: Time, swept: &mut Swept) {
        let least = || self.engine.clock.now().plus(LEAST);
        self.dissolve(started.plus(BUDGET / 2).max(least()), swept).await;
        self.export(started.plus(BUDGET).max(least()), swept).await;
    }

    async fn dissolve(&self, until: Time, swept: &mut Swept) {
        let dissolutions = match self.eraser.deletions.dissolutions(COMPANIES).await {
            Ok(dissolutions) => dissolutions,
            Err(error) => {
                tracing::error!(%error, "deletions of companies not read");
                swept.errors += 1;
                return;
            }
        };
        for dissolution in dissolutions {
            if self.engine.clock.now() >= until {
                return;
            }
            self.dissolve_one(&dissolution, until, swept).await;
        }
    }

    async fn dissolve_one(&self, dissolution: &Dissolution, until: Time, swept: &mut Swept) {
        let company = &dissolution.company;
        match self.eraser.dissolve_further(dissolution, until).await {
            Ok(made) => swept.dissolved += usize::from(made),
            Err(error) => {
                tracing::error!(company, %error, "deletion of a company not taken further");
                swept.errors += 1;
            }
        }
    }

    async fn export(&self, until: Time, swept: &mut Swept) {
        let exports = match self.exporter.exports.running(COMPANIES).await {
            Ok(exports) => exports,
            Err(error) => {
                tracing::error!(%error, "exports not read");
                swept.errors += 1;
                return;
            }
        };
        for export in exports {
            if self.engine.clock.now() >= until {
                return;
            }
            self.export_one(export, until, swept).await;
        }
    }

    /// Part after part, as long as there is time.
    async fn export_one(&self, mut export: Export, until: Time, swept: &mut Swept) {
        while export.status == ExportStatus::Running && self.engine.clock.now() < until {
            match self.exporter.further(&export, until).await {
                Ok(Some(next)) => {
                    swept.exported += next.parts.len() - export.parts.len();
                    if next.status == ExportStatus::Failed {
                        tracing::error!(company = next.company, "an export failed");
                        swept.errors += 1;
                    }
                    export = next;
                }
                Ok(None) => return,
                Err(error) => {
                    let company = &export.company;
                    tracing::error!(company, %error, "export not taken further");
                    swept.errors += 1;
                    return;
                }
            }
        }
    }
}
