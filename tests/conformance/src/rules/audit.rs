//! Audit trails.

use docmill_core::access::Standing;
use docmill_core::audit::{Deed, Entry};
use docmill_core::ids::audit_id;
use docmill_core::running::Tenant;

use crate::Ports;
use crate::make::at;

fn entry(ports: &Ports, ms: i64, company: Option<&str>) -> Entry {
    let which = usize::try_from(ms).unwrap();
    Entry {
        id: audit_id(at(ms), ports.entropy.as_ref()),
        at: at(ms),
        actor: "actor".to_owned(),
        action: Deed::ALL[which % Deed::ALL.len()],
        subject: "zoé@example.com".to_owned(),
        company_id: company.map(ToOwned::to_owned),
        standing: Standing::ALL[which % Standing::ALL.len()],
    }
}

/// Each once, as it was written, whatever the size of the pages.
pub async fn entries_come_newest_first_page_by_page(ports: &Ports) {
    let company = ports.unique();
    let trail = Tenant::Company(company.clone());
    let mut written: Vec<Entry> = (0..15).map(|ms| entry(ports, ms, Some(&company))).collect();
    for one in written.iter().chain(written.first()) {
        ports.audit.append(&trail, one).await.unwrap();
    }
    written.reverse();
    for limit in [1, 4, 15, 100] {
        let mut read: Vec<Entry> = Vec::new();
        loop {
            let before = read.last().map(|entry| entry.id.clone());
            let page = ports.audit.page(&trail, before.as_deref(), limit).await.unwrap();
            assert!(page.len() <= limit);
            if page.is_empty() {
                break;
            }
            read.extend(page);
        }
        assert_eq!(read, written, "{limit}");
    }
}

/// Not even those of a company and a user with the same id.
pub async fn trails_know_nothing_of_each_other(ports: &Ports) {
    let id = ports.unique();
    let (company, user) = (Tenant::Company(id.clone()), Tenant::User(id.clone()));
    let (one, other) = (entry(ports, 1, Some(&id)), entry(ports, 2, None));
    ports.audit.append(&company, &one).await.unwrap();
    ports.audit.append(&user, &other).await.unwrap();
    assert_eq!(ports.audit.page(&company, None, 10).await, Ok(vec![one]));
    assert_eq!(ports.audit.page(&user, None, 10).await, Ok(vec![other]));
    let nobody = Tenant::User(ports.unique());
    assert_eq!(ports.audit.page(&nobody, None, 10).await, Ok(vec![]));
}
