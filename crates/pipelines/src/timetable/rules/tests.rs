//! Whole tables, from their words or their cells.
