//! `timetable`: a picture, a document or a sheet of a weekly timetable becomes blocks of time and calendar files.

#![allow(dead_code, unused_imports, reason = "put together piece by piece")]

#[cfg(test)]
mod acceptance_back;
mod edit;
mod exports;
mod model;
mod result;
mod settings;
#[cfg(test)]
mod testing;
mod validate;
