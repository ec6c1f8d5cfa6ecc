//! What a function does rarely, or in somebody else's stead. Each of these tests misses a permission that no other does
//! (`make iam-mutants`); rare states are written into the tables by hand.

#![allow(clippy::unwrap_used, reason = "tests")]

use docmill_cli::client::{Job, NewJob};
use docmill_core::ids::sha256_hex;
use docmill_system_tests::{Lane, Stack, User, claims_of, novel, now_ms, stack, texts, unique, wait};
use serde_json::{Value, json};

const PRIORITIES: [&str; 3] = ["high", "normal", "low"];

fn queue<'a>(stack: &'a Stack, kind: &str, priority: &str) -> &'a str {
    stack.value(&format!("DOCMILL_{kind}_{}_URL", priority.to_uppercase()))
}

fn low() -> NewJob {
    NewJob {
        priority: Some("low".to_owned()),
        ..novel()
    }
}

async fn dynamodb(stack: &Stack, action: &str, table: &str, mut request: Value) -> Value {
    request["TableName"] = json!(stack.value(&format!("DOCMILL_{table}_TABLE")));
    stack.dynamodb(action, request).await
}

/// Changes a job's record by hand.
async fn edit(stack: &Stack, job_id: &str, update: &str, values: Value) {
    let request = json!({
        "Key": {"job_id": {"S": job_id}}, "UpdateExpression": update, "ExpressionAttributeValues": values,
        "ConditionExpression": "attribute_exists(job_id)",
    });
    dynamodb(stack, "UpdateItem", "JOBS", request).await;
}

fn reason(job: &Job) -> &Value {
    &job.raw["waiting_for"]["reason"]
}

/// The message is lost, then missed: by the sweep, for each queue.
#[tokio::test]
async fn a_lost_message_of_each_queue_is_sent_by_the_sweep() {
    let stack = stack!();
    let lane = Lane::take(&stack).await;
    lane.close().await;
    let user = stack.user("lost-messages").await;
    let mut jobs = Vec::new();
    for _ in PRIORITIES {
        jobs.push(user.submit_as(&low(), texts::STORY).await);
        lane.drain(1).await;
    }
    lane.open().await;
    for (job, priority) in jobs.iter().zip(PRIORITIES) {
        edit(
            &stack,
            &job.job_id,
            "SET priority = :priority",
            json!({":priority": {"S": priority}}),
        )
        .await;
        stack.make_due(&job.job_id, Some(600_000)).await;
    }
    stack.sweep().await;
    for job in &jobs {
        user.completed(&job.job_id).await;
    }
    lane.give_back().await;
}

/// Somebody else seems to work on the chunk, so its message is given back until their lease is over, and not for as long
/// as a message is hidden otherwise.
#[tokio::test]
async fn a_message_that_comes_too_early_comes_again_soon() {
    let stack = stack!();
    let lane = Lane::take(&stack).await;
    lane.close().await;
    let user = stack.user("too-early").await;
    let job = user.submit_as(&low(), &texts::novel_of(700_000)).await;
    let plan = lane.drain(1).await.remove(0);
    lane.work_on(&plan).await;
    let total = user.job(&job.job_id).await.total_chunks.unwrap() as usize;
    assert!(total >= 3, "{total}");
    let chunks = lane.drain(total).await;
    let (held, others) = chunks.split_at(3);
    for (body, priority) in held.iter().zip(PRIORITIES) {
        let n = serde_json::from_str::<Value>(body).unwrap()["n"].to_string();
        let lease =
            json!({"M": {"token": {"S": "somebody"}, "until": {"N": (now_ms() + 4_000).to_string()}}});
        let request = json!({
            "Key": {"job_id": {"S": job.job_id}}, "UpdateExpression": "SET leases.#n = :lease",
            "ExpressionAttributeNames": {"#n": n}, "ExpressionAttributeValues": {":lease": lease},
        });
        dynamodb(&stack, "UpdateItem", "JOBS", request).await;
        stack.send_raw(queue(&stack, "QUEUE", priority), body).await;
    }
    lane.open().await;
    for body in others {
        lane.work_on(body).await;
    }
    user.completed(&job.job_id).await;
    lane.give_back().await;
}

#[tokio::test]
async fn dead_letters_of_each_queue_are_set_aside() {
    let stack = stack!();
    let _alone = Lane::take(&stack).await;
    for priority in PRIORITIES {
        let url = queue(&stack, "DLQ", priority);
        let poison = unique("poison");
        stack.send_raw(url, &poison).await;
        stack.sweep().await;
        assert_eq!(stack.messages_in(url).await, 0, "{priority}");
        let parked = format!("parked/{}", sha256_hex(poison.as_bytes()));
        assert_eq!(stack.keys(&parked).await.len(), 1, "{priority}");
    }
}

#[tokio::test]
async fn an_old_job_goes_with_all_that_hangs_on_it() {
    let stack = stack!();
    let user = stack.user("old-job").await;
    let job = user.completed(&user.submit(texts::STORY).await.job_id).await;
    user.history(&job).await;
    let prefixes = ["uploads", "jobs", "results"].map(|folder| format!("{folder}/{}/", job.job_id));
    for prefix in &prefixes {
        assert!(!stack.keys(prefix).await.is_empty(), "{prefix}");
    }
    let values = json!({":past": {"N": "1"}, ":now": {"N": now_ms().to_string()}});
    edit(
        &stack,
        &job.job_id,
        "SET expires_at = :past, due_at = :now",
        values,
    )
    .await;
    let swept = stack.sweep().await;
    assert!(swept["forgotten"].as_u64() >= Some(1), "{swept}");
    assert_eq!(stack.record(&job.job_id).await, Value::Null);
    for prefix in &prefixes {
        assert!(stack.keys(prefix).await.is_empty(), "{prefix}");
    }
    let request = json!({
        "KeyConditionExpression": "job_id = :id", "ExpressionAttributeValues": {":id": {"S": job.job_id}}, "ConsistentRead": true,
    });
    let left = dynamodb(&stack, "Query", "EVENTS", request).await;
    assert_eq!(left["Items"], json!([]));
}

#[tokio::test]
async fn an_event_that_was_lost_leaves_a_gap_that_is_shown() {
    let stack = stack!();
    let user = stack.user("gap").await;
    let job = user.completed(&user.submit(texts::STORY).await.job_id).await;
    user.history(&job).await;
    let key = json!({"Key": {"job_id": {"S": job.job_id}, "entry": {"S": "e#00000000000000000002"}}});
    dynamodb(&stack, "DeleteItem", "EVENTS", key).await;
    edit(
        &stack,
        &job.job_id,
        "SET due_at = :now",
        json!({":now": {"N": now_ms().to_string()}}),
    )
    .await;
    stack.sweep().await;
    let history = user.history(&job).await;
    assert_eq!(
        (history[1].version, history[1].kind.as_str()),
        (2, "gap"),
        "{history:#?}"
    );
}

/// Changes a set of running jobs by hand: `ADD` or `DELETE`.
async fn places(stack: &Stack, verb: &str, tenant: &str, ids: &[String]) {
    let request = json!({
        "Key": {"pk": {"S": tenant}, "sk": {"S": "running"}}, "UpdateExpression": format!("{verb} jobs :jobs"),
        "ExpressionAttributeValues": {":jobs": {"SS": ids}},
    });
    dynamodb(stack, "UpdateItem", "ACCOUNTS", request).await;
}

/// Ids of jobs that do not exist.
fn nobodys(count: usize) -> Vec<String> {
    (1..=count)
        .map(|n| format!("019aa000-0000-7000-8000-0000000000{n:02}"))
        .collect()
}

#[tokio::test]
async fn places_of_jobs_that_are_over_are_given_to_who_waits() {
    let stack = stack!();
    let user = stack.user("places").await;
    let over = user.completed(&user.submit(texts::STORY).await.job_id).await;
    let ids = [nobodys(3), vec![over.job_id.clone()]].concat();
    places(&stack, "ADD", &format!("user#{}", over.owner), &ids).await;
    let waiting = user.submit(texts::STORY).await;
    assert_eq!(reason(&waiting), "tenant_limit", "{:#}", waiting.raw);
    // One of a company, whose places are looked at as well.
    let company = json!({":company": {"S": user.company().await}});
    edit(&stack, &waiting.job_id, "SET company_id = :company", company).await;
    let job = user.sweep_until_over(&waiting.job_id).await;
    assert_eq!(job.status, "completed", "{:#}", job.raw);
    assert!(stack.running(Some(&over.owner)).await.is_empty());
}

/// A job that waits for nothing but a place of the company.
async fn waiting(user: &User, company: &str) -> Job {
    let stack = &user.stack;
    let mine = format!("user#{}", claims_of(&user.token).1["sub"].as_str().unwrap());
    places(stack, "ADD", &mine, &nobodys(4)).await;
    let job = user.submit_as(&low(), texts::STORY).await;
    assert_eq!(reason(&job), "tenant_limit", "{:#}", job.raw);
    edit(
        stack,
        &job.job_id,
        "SET company_id = :company",
        json!({":company": {"S": company}}),
    )
    .await;
    places(stack, "DELETE", &mine, &nobodys(4)).await;
    job
}

/// Without the sweep: who leaves a place starts who waits for it, be it a cancel or a worker.
#[tokio::test]
async fn a_place_of_a_company_goes_to_who_waits_for_it() {
    let stack = stack!();
    let lane = Lane::take(&stack).await;
    lane.close().await;
    let (user, colleague) = (stack.user("company").await, stack.user("colleague").await);
    let company = user.company().await;
    user.let_in(&company, &colleague).await;
    let tenant = format!("company#{company}");
    let mut running = Vec::new();
    for _ in 0..2 {
        let job = user.submit_as(&low(), texts::STORY).await;
        edit(
            &stack,
            &job.job_id,
            "SET company_id = :company",
            json!({":company": {"S": company}}),
        )
        .await;
        running.push(job.job_id);
    }
    // All of the fifty that a company may have.
    places(&stack, "ADD", &tenant, &[nobodys(48), running.clone()].concat()).await;
    let first = waiting(&colleague, &company).await;
    let second = waiting(&colleague, &company).await;
    let plans = lane.drain(2).await;

    user.client.cancel(&running[0]).await.unwrap();
    assert_eq!(reason(&colleague.job(&first.job_id).await), "queue");
    assert_eq!(reason(&colleague.job(&second.job_id).await), "tenant_limit");
    let plan = plans.iter().find(|body| body.contains(&running[1])).unwrap();
    lane.work_on(plan).await;
    assert_eq!(user.job(&running[1]).await.status, "completed");
    assert_eq!(reason(&colleague.job(&second.job_id).await), "queue");

    lane.open().await;
    for job in [first, second] {
        colleague.completed(&job.job_id).await;
    }
    places(&stack, "DELETE", &tenant, &nobodys(48)).await;
    lane.give_back().await;
}

/// Rows of the live table under the owner's feed.
async fn listeners(stack: &Stack, owner: &str) -> Vec<Value> {
    let request = json!({
        "KeyConditionExpression": "topic = :topic", "ConsistentRead": true,
        "ExpressionAttributeValues": {":topic": {"S": format!("owner#{owner}")}},
    });
    let found = dynamodb(stack, "Query", "LIVE", request).await;
    found["Items"].as_array().cloned().unwrap_or_default()
}

#[tokio::test]
async fn who_hangs_up_is_forgotten() {
    let stack = stack!();
    let user = stack.user("hung-up").await;
    // It is over and told: nothing more is sent, at which a connection that ended would be noticed as well.
    let job = user.completed(&user.submit(texts::STORY).await.job_id).await;
    user.history(&job).await;
    let owner = job.owner;
    let mut socket = user.client.live().await.unwrap();
    socket.subscribe_mine().await.unwrap();
    wait::within("the snapshot", socket.next()).await.unwrap();
    assert_eq!(listeners(&stack, &owner).await.len(), 1);
    socket.close().await;
    wait::until("the rows of the connection to go", async || {
        listeners(&stack, &owner).await.is_empty().then_some(())
    })
    .await;
}

/// A connection that ended without a word is found when something is to be sent over it.
#[tokio::test]
async fn who_is_gone_is_forgotten() {
    let stack = stack!();
    let user = stack.user("gone-for-good").await;
    let owner = user
        .completed(&user.submit(texts::STORY).await.job_id)
        .await
        .owner;
    let expires = (now_ms() + 600_000).to_string();
    let row = json!({"Item": {
        "topic": {"S": format!("owner#{owner}")}, "connection_id": {"S": unique("nobody")},
        "expires_at": {"N": expires}, "ttl": {"N": "9999999999"}, "owner": {"S": owner},
    }});
    dynamodb(&stack, "PutItem", "LIVE", row).await;
    user.completed(&user.submit(texts::STORY).await.job_id).await;
    wait::until("the row of the connection to go", async || {
        listeners(&stack, &owner).await.is_empty().then_some(())
    })
    .await;
}

/// The worker that makes the plan sends the chunks.
#[tokio::test]
async fn chunks_go_on_the_queue_of_their_job() {
    let stack = stack!();
    let user = stack.user("urgent").await;
    let urgent = NewJob {
        priority: Some("high".to_owned()),
        ..novel()
    };
    let job = user.submit_as(&urgent, &texts::novel_of(400_000)).await;
    let job = user.completed(&job.job_id).await;
    assert!(job.raw["total_chunks"].as_u64() > Some(1), "{}", job.raw);
}
