//! Properties over random values, in async code.

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, TestRunner};

/// Checks `property` on `cases` random values; a value for which it does not hold is made as simple as possible.
pub(crate) async fn holds_for_all<S: Strategy>(
    cases: u32,
    strategy: S,
    property: impl AsyncFn(S::Value) -> Result<(), String>,
) where
    S::Value: Clone,
{
    let mut runner = TestRunner::new(Config {
        failure_persistence: None,
        ..Config::default()
    });
    for _ in 0..cases {
        let mut tree = strategy.new_tree(&mut runner).unwrap();
        let value = tree.current();
        let Err(reason) = property(value.clone()).await else {
            continue;
        };
        let mut worst = (value, reason);
        let mut simpler = tree.simplify();
        let mut steps = 0;
        while simpler && steps < 500 {
            steps += 1;
            let value = tree.current();
            simpler = match property(value.clone()).await {
                Err(reason) => {
                    worst = (value, reason);
                    tree.simplify()
                }
                Ok(()) => tree.complicate(),
            };
        }
        panic!("{}\nin the case {:#?}", worst.1, worst.0);
    }
}
