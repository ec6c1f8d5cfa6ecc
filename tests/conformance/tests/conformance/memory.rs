//! The ports in memory.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use docmill_conformance::rules::sandbox::READERS;
use docmill_conformance::{Downloaded, Ports, Wire};
use docmill_core::job::Priority;
use docmill_core::ports::SignedRequest;
use docmill_memory::{Memory, MemoryDepths, OsEntropy, SystemClock};

pub(crate) fn ports() -> Ports {
    let clock = Arc::new(SystemClock);
    let memory = Memory::new(clock.clone()).with_readers(READERS.to_vec());
    Ports {
        jobs: memory.jobs.clone(),
        details: memory.details.clone(),
        events: memory.events.clone(),
        blobs: memory.blobs.clone(),
        transfers: memory.transfers.clone(),
        queue: memory.queue.clone(),
        dead_letters: memory.queue.clone(),
        callbacks: memory.callbacks.clone(),
        callback_secrets: memory.callback_secrets.clone(),
        live: memory.live.clone(),
        companies: memory.companies.clone(),
        ledger: memory.ledger.clone(),
        desk: memory.providers.desk.clone(),
        deletions: memory.deletions.clone(),
        exports: memory.exports.clone(),
        audit: memory.audit.clone(),
        board: memory.jobs.clone(),
        figures: memory.jobs.clone(),
        letters: memory.letters.clone(),
        depths: Arc::new(MemoryDepths::new(memory.queue.clone(), memory.callbacks.clone())),
        health: memory.health.clone(),
        sandbox: memory.sandbox.clone(),
        connections: Some(memory.connections.clone()),
        clock,
        entropy: Arc::new(OsEntropy),
        wire: Arc::new(MemoryWire { memory }),
        cases: 300,
    }
}

struct MemoryWire {
    memory: Memory,
}

#[async_trait]
impl Wire for MemoryWire {
    async fn upload(&self, request: &SignedRequest, bytes: Bytes) -> Option<String> {
        let content_type = request.headers.get("content-type").map(String::as_str);
        self.memory
            .transfers
            .upload(&request.url, content_type, bytes)
            .ok()
    }

    async fn download(&self, url: &str) -> Option<Downloaded> {
        let download = self.memory.transfers.download(url)?;
        Some(Downloaded {
            content_type: download.content_type,
            disposition: download.file_name,
            bytes: download.bytes,
        })
    }

    fn checks_signatures(&self) -> bool {
        true
    }

    async fn receive(&self, priority: Priority) -> Vec<String> {
        let deliveries = self.memory.queue.receive(priority, 10);
        deliveries
            .iter()
            .for_each(|delivery| self.memory.queue.acknowledge(delivery));
        deliveries.into_iter().map(|delivery| delivery.body).collect()
    }

    async fn receive_callbacks(&self) -> Vec<String> {
        let callbacks = self.memory.callbacks.take();
        callbacks
            .iter()
            .map(|callback| serde_json::to_string(callback).unwrap())
            .collect()
    }

    async fn bury(&self, priority: Priority, body: &str) {
        self.memory.queue.bury(priority, body);
    }
}
