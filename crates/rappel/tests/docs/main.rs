//! What the pages say is true: commands run, configurations are accepted and served, links lead
//! somewhere, named tests exist.

mod commands;
mod engine;
mod pages;
mod settings;
mod tables;
mod unit;
