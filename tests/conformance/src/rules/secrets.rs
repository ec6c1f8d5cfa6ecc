//! Generations of the secrets that callbacks are signed with: [`docmill_core::callback::CallbackSecrets`].

use std::collections::BTreeSet;

use docmill_core::callback::Generation;
use docmill_core::running::Tenant;
use futures::future::join_all;

use crate::Ports;
use crate::make::at;

fn generation(number: u32, ms: i64) -> Generation {
    Generation {
        number,
        rotated_at: Some(at(ms)),
    }
}

/// Nothing needs to be written before it.
pub async fn a_tenant_begins_with_the_first_generation(ports: &Ports) {
    let tenant = Tenant::User(ports.unique());
    for _ in 0..2 {
        let found = ports.callback_secrets.generation(&tenant).await;
        assert_eq!(found, Ok(Generation::FIRST));
    }
}

/// For its tenant alone: a company is not the user of the same name.
pub async fn each_rotation_counts(ports: &Ports) {
    let secrets = &ports.callback_secrets;
    let name = ports.unique();
    let (user, company) = (Tenant::User(name.clone()), Tenant::Company(name));
    let (second, third) = (generation(2, 1_000), generation(3, 3_000));
    assert_eq!(secrets.rotate(&user, at(1_000)).await, Ok(second));
    assert_eq!(secrets.generation(&user).await, Ok(second));
    assert_eq!(secrets.generation(&company).await, Ok(Generation::FIRST));
    assert_eq!(secrets.rotate(&company, at(1_000)).await, Ok(second));
    assert_eq!(secrets.rotate(&user, at(3_000)).await, Ok(third));
    assert_eq!(secrets.generation(&user).await, Ok(third));
    assert_eq!(secrets.generation(&company).await, Ok(second));
}

/// However many come at the same moment, each has a number of its own.
pub async fn each_rotation_counts_in_a_race(ports: &Ports) {
    let tenant = Tenant::User(ports.unique());
    let rotated = join_all((0..8).map(|_| ports.callback_secrets.rotate(&tenant, at(0)))).await;
    let numbers: BTreeSet<u32> = rotated
        .into_iter()
        .map(|generation| generation.unwrap().number)
        .collect();
    assert_eq!(numbers, (2..=9).collect());
}
