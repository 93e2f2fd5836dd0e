//! RTP, telephone-event and their bookkeeping.
