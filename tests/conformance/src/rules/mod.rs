//! The rules, one file a port.

use futures::future::LocalBoxFuture;

use crate::Ports;

pub mod allowance;
pub mod audit;
pub mod blobs;
pub mod callbacks;
pub mod companies;
pub mod creation;
pub mod deletions;
pub mod details;
pub mod events;
pub mod exports;
pub mod ledger;
pub mod listing;
pub mod live;
pub mod models;
pub mod moves;
pub mod operations;
pub mod queues;
pub mod races;
pub mod running;
pub mod sandbox;
pub mod secrets;
pub mod service;
pub mod steps;
pub mod transfers;

/// A rule that every implementation has to pass.
#[derive(Clone, Copy)]
pub struct Rule {
    /// File and function.
    pub name: &'static str,
    /// Panics where the rule does not hold.
    pub run: fn(Ports) -> LocalBoxFuture<'static, ()>,
}

macro_rules! rules {
    ($($file:ident::$rule:ident,)*) => {
        /// All of them.
        pub const ALL: &[Rule] = &[$(Rule {
            name: concat!(stringify!($file), "::", stringify!($rule)),
            run: |ports| Box::pin(async move { $file::$rule(&ports).await }),
        }),*];
    };
}

rules! {
    models::a_rest_ends_and_is_only_ever_put_off,
    models::a_month_has_its_limit,
    models::a_month_has_its_limit_in_a_race,
    models::what_was_set_aside_and_not_spent_comes_back,
    creation::a_created_record_reads_back_as_it_was,
    creation::an_unknown_job_is_unknown,
    creation::a_creation_writes_its_details,
    creation::a_key_is_used_once,
    creation::a_key_is_used_once_in_a_race,
    creation::a_key_is_forgotten,
    creation::a_repeated_creation_changes_nothing,
    steps::every_guard_holds_and_fails,
    steps::every_edit_is_made,
    steps::random_steps_agree_with_core,
    moves::random_moves_agree_with_core,
    moves::a_terminal_move_agrees_with_core,
    races::one_of_many_claims_holds,
    races::every_chunk_counts_once,
    races::one_of_many_endings_holds,
    races::endings_and_steps_pass_each_other,
    running::a_user_has_no_more_places_than_the_limit,
    running::a_place_is_left_at_the_end,
    running::places_go_to_no_more_than_there_are,
    running::a_company_shares_its_places,
    running::a_refused_step_takes_no_place,
    running::who_waits_is_listed_oldest_first,
    running::only_who_is_over_or_gone_is_vacated,
    running::only_what_is_over_and_out_of_time_is_forgotten,
    listing::the_newest_come_first,
    listing::pages_join_without_gaps,
    listing::jobs_of_one_moment_come_once,
    listing::filters_choose,
    listing::strangers_are_not_listed,
    listing::a_company_lists_its_jobs,
    listing::a_listing_has_what_it_shows,
    listing::due_jobs_are_found_by_shard_and_time,
    details::the_latest_word_stands,
    details::many_failures_fit,
    details::what_is_forgotten_is_gone,
    events::events_come_in_order,
    events::a_version_is_written_once,
    blobs::an_object_reads_back,
    blobs::a_missing_object_is_missing,
    blobs::a_changed_object_is_told_from_the_one_asked_for,
    blobs::a_large_object_is_not_read,
    blobs::ranges_end_where_the_object_ends,
    blobs::keys_are_listed_in_order_and_deleted,
    transfers::a_signed_put_stores_what_was_signed,
    transfers::a_signed_put_refuses_anything_else,
    transfers::a_signed_get_names_the_file,
    transfers::parts_make_an_object,
    transfers::wrong_parts_make_none,
    queues::every_message_arrives,
    queues::nothing_to_send_is_fine,
    queues::dead_letters_are_hidden_then_removed,
    callbacks::every_callback_arrives,
    secrets::a_tenant_begins_with_the_first_generation,
    secrets::each_rotation_counts,
    secrets::each_rotation_counts_in_a_race,
    live::a_ticket_is_taken_once,
    live::a_ticket_is_taken_once_in_a_race,
    live::a_late_ticket_is_none,
    live::a_connection_has_an_owner_for_its_time,
    live::subscribers_hear_of_their_topic,
    live::a_lost_connection_is_forgotten,
    companies::a_company_has_its_first_admin,
    companies::an_invitation_is_taken_once_and_in_time,
    companies::an_invitation_is_taken_once_in_a_race,
    companies::who_is_in_does_not_come_in_again,
    companies::a_company_keeps_an_admin,
    companies::a_company_keeps_an_admin_in_a_race,
    companies::companies_know_nothing_of_each_other,
    companies::a_dissolved_company_lets_nobody_in,
    companies::a_large_company_is_dissolved_too,
    companies::what_is_kept_under_a_company_s_name_is_forgotten,
    ledger::a_month_brings_its_credits_once,
    ledger::reserved_credits_are_settled_once,
    ledger::nothing_is_reserved_below_the_floor,
    ledger::a_window_lets_in_so_many,
    ledger::a_window_lets_in_so_many_in_a_race,
    ledger::credits_hold_in_a_race,
    ledger::a_retry_pays_again,
    ledger::a_refused_creation_costs_nothing,
    ledger::a_ledger_is_read_by_pages,
    ledger::users_and_checks_are_found,
    allowance::as_many_start_as_may,
    allowance::as_many_are_paid_as_can_be,
    deletions::a_deletion_is_made_once_more_in_its_time,
    deletions::a_company_is_being_deleted_until_it_is_gone,
    exports::a_company_has_one_export_at_a_time,
    exports::an_export_goes_on_from_its_latest_revision,
    audit::entries_come_newest_first_page_by_page,
    audit::trails_know_nothing_of_each_other,
    operations::the_board_follows_a_job,
    operations::pages_of_the_board_join_without_gaps,
    operations::records_are_read_many_at_once,
    operations::an_end_is_counted_once,
    operations::ends_are_counted_in_a_race,
    operations::tallies_stand_under_their_time,
    operations::a_letter_is_kept_and_settled_once,
    operations::letters_are_listed_and_counted,
    queues::depths_are_those_of_each_queue,
    sandbox::a_reader_gets_its_task_and_answers,
    sandbox::an_unknown_reader_is_an_error,
    sandbox::a_reader_that_fails_has_crashed_and_its_output_is_kept,
    service::all_is_well,
    service::a_frame_to_nobody_finds_the_connection_gone,
}
