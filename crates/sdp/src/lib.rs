//! Session description and offer/answer.
