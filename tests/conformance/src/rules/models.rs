//! Rests of providers and budgets of tenants: [`docmill_core::model::ModelDesk`].

use docmill_core::running::Tenant;
use futures::future::join_all;

use crate::Ports;
use crate::make::at;

const MONTH: &str = "2100-01";

/// Who rests is not asked before the latest end that anybody heard of.
pub async fn a_rest_ends_and_is_only_ever_put_off(ports: &Ports) {
    let provider = ports.unique();
    assert_eq!(ports.desk.resting(&provider, at(0)).await, Ok(None));
    ports.desk.rest(&provider, at(5_000)).await.unwrap();
    ports.desk.rest(&provider, at(2_000)).await.unwrap();
    assert_eq!(
        ports.desk.resting(&provider, at(4_999)).await,
        Ok(Some(at(5_000)))
    );
    assert_eq!(ports.desk.resting(&provider, at(5_000)).await, Ok(None));
    assert_eq!(ports.desk.resting(&ports.unique(), at(0)).await, Ok(None));
    ports.desk.rest(&provider, at(9_000)).await.unwrap();
    assert_eq!(
        ports.desk.resting(&provider, at(5_000)).await,
        Ok(Some(at(9_000)))
    );
}

/// No more is set aside than a month has.
pub async fn a_month_has_its_limit(ports: &Ports) {
    let (user, company) = (Tenant::User(ports.unique()), Tenant::Company(ports.unique()));
    assert_eq!(ports.desk.reserve(&user, MONTH, 101, 100).await, Ok(false));
    assert_eq!(ports.desk.reserve(&user, MONTH, 60, 100).await, Ok(true));
    assert_eq!(ports.desk.reserve(&user, MONTH, 41, 100).await, Ok(false));
    assert_eq!(ports.desk.reserve(&user, MONTH, 40, 100).await, Ok(true));
    assert_eq!(ports.desk.spent(&user, MONTH).await, Ok(100));
    assert_eq!(ports.desk.reserve(&user, "2100-02", 100, 100).await, Ok(true));
    assert_eq!(ports.desk.reserve(&company, MONTH, 100, 100).await, Ok(true));
}

/// Also when many ask at once.
pub async fn a_month_has_its_limit_in_a_race(ports: &Ports) {
    let user = Tenant::User(ports.unique());
    let asked = join_all((0..12).map(|_| ports.desk.reserve(&user, MONTH, 10, 50))).await;
    assert_eq!(asked.iter().filter(|answer| **answer == Ok(true)).count(), 5);
}

/// A call that cost less leaves the rest to the next.
pub async fn what_was_set_aside_and_not_spent_comes_back(ports: &Ports) {
    let user = Tenant::User(ports.unique());
    assert_eq!(ports.desk.reserve(&user, MONTH, 80, 100).await, Ok(true));
    ports.desk.settle(&user, MONTH, 80, 30).await.unwrap();
    assert_eq!(ports.desk.spent(&user, MONTH).await, Ok(30));
    ports.desk.settle(&user, MONTH, 0, 0).await.unwrap();
    // A call may cost more than was thought.
    ports.desk.settle(&user, MONTH, 0, 90).await.unwrap();
    assert_eq!(ports.desk.spent(&user, MONTH).await, Ok(120));
    assert_eq!(ports.desk.reserve(&user, MONTH, 1, 100).await, Ok(false));
}
