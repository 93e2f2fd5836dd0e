//! The real roof: driver loop, sockets, media threads, journal, live board.
