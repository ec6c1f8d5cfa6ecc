//! Bugs planted to be found.

use docmill_simulation::{Plant, Story, search, shrink};

/// Within so many seeds each has to be found.
const SEEDS: u64 = 5_000;

fn find(plant: Plant) -> Story {
    let found = search(0..SEEDS, Some(plant));
    let tape = found
        .failure
        .unwrap_or_else(|| panic!("{} is not found", plant.name()));
    let story = shrink(tape.clone(), Some(plant)).unwrap();
    let broken = story.violation.promise;
    assert!(plant.breaks().contains(&broken), "{}: {story}", plant.name());
    println!(
        "{}: seed {}, {} acts and faults, {} steps, {broken}",
        plant.name(),
        story.seed,
        story.causes,
        story.lines.len()
    );
    story
}

macro_rules! found {
    ($($test:ident: $plant:ident),* $(,)?) => {
        $(#[test]
        fn $test() {
            find(Plant::$plant);
        })*

        #[test]
        fn every_plant_has_its_test() {
            assert_eq!([$(Plant::$plant),*], Plant::ALL);
        }
    };
}

found! {
    counting_instead_of_a_set_is_found: CountsInsteadOfSet,
    a_missing_fencing_token_is_found: NoFencingToken,
    a_missing_condition_on_the_attempt_is_found: NoConditionOnAttempt,
    an_acknowledgement_before_the_effect_is_found: AcknowledgesFirst,
    a_lease_that_is_never_renewed_is_found: LeaseNeverRenewed,
    completing_twice_is_found: CompletesTwice,
    a_merge_without_condition_is_found: MergesWithoutCondition,
    progress_that_falls_is_found: ProgressFalls,
    a_closed_connection_that_fails_its_batch_is_found: GoneFailsTheBatch,
    an_ignored_cancel_is_found: CancelIgnored,
    a_live_lease_that_is_taken_is_found: LiveLeasesTaken,
    changes_that_are_forgotten_are_found: ChangesForgotten,
    an_ignored_deadline_is_found: DeadlineIgnored,
    a_sweep_that_never_runs_is_found: NobodySweeps,
    a_forgotten_idempotency_key_is_found: KeysForgotten,
    a_stranger_who_is_let_in_is_found: EverybodyOwnsEverything,
    outputs_that_share_a_key_are_found: OutputsShareAKey,
    ignored_limits_are_found: LimitsIgnored,
    a_charge_in_full_is_found: ChargesInFull,
    a_standing_that_is_kept_for_ever_is_found: StaleStanding,
    pushes_that_ask_nobody_are_found: PushesUnasked,
    a_standing_that_is_kept_for_a_request_is_found: LooksOnce,
    a_list_that_forgets_its_tenant_is_found: ListForgetsTenant,
    a_window_counted_outside_the_transaction_is_found: CountedOutside,
    a_refused_creation_that_is_counted_is_found: RefusedCounted,
    a_repeated_creation_that_takes_again_is_found: RepeatTakesAgain,
    an_ignored_floor_is_found: FloorIgnored,
    a_charge_from_a_stale_record_is_found: ChargesFromStaleRecord,
    an_edit_of_a_stale_result_is_found: EditsStaleResult,
    forgotten_answers_are_found: AnswersForgotten,
    tokens_that_are_never_settled_are_found: TokensNeverSettled,
}

#[test]
fn the_story_of_a_plant_is_short_and_the_same_each_time() {
    let (one, same) = (find(Plant::KeysForgotten), find(Plant::KeysForgotten));
    assert_eq!(one, same);
    assert!(one.causes <= 3, "{one}");
}
