//! What a person says: kubectl command lines and what they print.
